import pytest
from wyoming.event import Event

from gateway.errors import ProtocolError
from gateway.wyoming.requests import Command, Detect, Format, Synthesize, Transcribe, asked, check_language, check_name


def test_fields_of_newer_clients_are_passed_over() -> None:
    event = Event("transcribe", {"language": "en", "vad_sensitivity": "relaxed", "transcript_names": ["x"], "new": 1})
    assert asked(Transcribe, event) == Transcribe(language="en")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Transcribe, {"language": 1}),
        (Transcribe, {"name": "x" * 256}),
        (Detect, {"names": "okay_nabu"}),
        (Detect, {"names": [None]}),
        (Detect, {"names": ["x"] * 65}),
        (Format, {"rate": 16_000, "width": 2}),
        (Format, {"rate": 16_000.5, "width": 2, "channels": 1}),
        (Format, {"rate": True, "width": 2, "channels": 1}),
        (Synthesize, {}),
        (Synthesize, {"text": None}),
        (Synthesize, {"text": "x", "voice": "joe"}),
        (Command, {"text": ["x"]}),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused_without_repeating_it(
    kind: type[Command], data: dict[str, object]
) -> None:
    with pytest.raises(ProtocolError, match=r"^e: a field is missing, of the wrong kind, or too long$") as refusal:
        asked(kind, Event("e", data))
    assert refusal.value.refusal == "malformed"


@pytest.mark.parametrize("code", [None, "", "en", "EN", "en-US", "en_GB"])
def test_the_language_may_be_spoken_anywhere(code: str | None) -> None:
    check_language(code, "en")


def test_another_language_or_model_is_refused() -> None:
    with pytest.raises(ProtocolError, match="only en is understood"):
        check_language("de", "en")
    with pytest.raises(ProtocolError, match=r"tiny\.en is all there is"):
        check_name("large", "tiny.en")
