"""A home of two languages, with real models: each is heard, understood and answered by its own; a third never is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.config import Config, SttConfig
from gateway.engines.espeak import EspeakTextToSpeech
from gateway.engines.stt import WhisperSpeechToText
from gateway.engines.whisper_model import Window
from gateway.events import ActionDone, Event, Outcome, Recognition, Reply
from gateway.models import Addition, ModelStore, add
from tests.real_house import RealHouse, changed, outcome, real_house
from tests.voices import Voices, silence

pytestmark = pytest.mark.models

HOUSE = """
name: Flat
areas:
  - {name: Kitchen, aliases: [Küche]}
  - {name: Living Room, aliases: [Wohnzimmer]}
entities:
  - {name: Counter Light, domain: light, area: Kitchen, state: "off"}
  - {name: Lamp, aliases: [Stehlampe], domain: light, area: Living Room, state: "on"}
  - {name: Front Door, aliases: [Haustür], domain: lock, area: Living Room, state: locked}
"""
ENGLISH = (
    "Turn on the light in the kitchen.",
    "What time is it?",
    "Lock the front door.",
    "Set a timer for ten minutes.",
)
GERMAN = ("Mach das Licht in der Küche aus.", "Schalte bitte das Licht im Wohnzimmer aus.")
FRENCH = (
    "Allume la lumière de la cuisine.",
    "Éteins la lampe du salon.",
    "Ouvre la porte d'entrée.",
    "Quelle heure est-il ?",
    "Bonjour, comment allez-vous aujourd'hui ?",
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RealHouse]:
    store = ModelStore(tmp_path / "models")
    add(store, Addition(name="base"), progress=lambda *_: None)
    async with real_house(HOUSE, tmp_path, Config(stt=SttConfig(model="base", second_language="de")), store) as house:
        yield house


@pytest.fixture
def stt(house: RealHouse) -> WhisperSpeechToText:
    """It hears in two languages."""
    stt = house.stages.stt
    assert isinstance(stt, WhisperSpeechToText)
    return stt


async def hears(house: RealHouse, pcm: bytes) -> list[Event]:
    return await house.hears(silence(0.3) + pcm)


def replies(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Reply)]


async def test_commands_in_both_languages_are_done_and_answered_each_in_its_own(
    house: RealHouse, voices: Voices
) -> None:
    english = await hears(house, voices.piper("Turn on the light in the kitchen."))
    german = await hears(house, voices.espeak("Schalte bitte das Licht im Wohnzimmer aus.", "de", 150))
    for events, name, answer in ((english, "Counter Light", "Turned on the light"), (german, "Lamp", "ausgeschaltet")):
        assert (outcome(events), changed(events)) == (Outcome.ACTION, [name])
        assert answer in replies(events)[0]
    other = house.stages.other
    assert other is not None
    assert isinstance(other.tts, EspeakTextToSpeech), "no German voice of Piper's is there"
    assert house.stages.tts is not other.tts


async def test_a_third_language_is_never_recognised_nor_acted_upon(
    house: RealHouse, stt: WhisperSpeechToText, voices: Voices
) -> None:
    for sentence in FRENCH:
        pcm = voices.espeak(sentence, "fr-fr", 150)
        assert (await stt.recognize(pcm)).language in ("en", "de")
        events = await hears(house, pcm)
        assert not any(isinstance(event, ActionDone) for event in events)
        assert outcome(events) in (Outcome.NOTHING_HEARD, Outcome.NOT_UNDERSTOOD, Outcome.NOT_CONFIRMED)


async def test_what_is_said_is_read_in_its_own_language_and_encoded_once(
    stt: WhisperSpeechToText, voices: Voices, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper, encoded = stt._whisper, 0
    encode = whisper._encode

    def counted(features: object) -> object:
        nonlocal encoded
        encoded += 1
        return encode(features)  # type: ignore[arg-type]

    monkeypatch.setattr(whisper, "_encode", counted)
    for language, sounds in (
        ("en", [voices.piper(sentence) for sentence in ENGLISH]),
        ("de", [voices.espeak(sentence, "de", 150) for sentence in GERMAN]),
    ):
        for pcm in sounds:
            encoded = 0
            decoded = whisper.read(pcm, window=Window.FITTED, most_tokens=40, readings=5)
            assert (decoded.language, encoded) == (language, 1)


async def test_a_language_that_is_told_is_not_looked_for(
    stt: WhisperSpeechToText, voices: Voices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> tuple[str, ...]:
        raise AssertionError("nobody asked")

    monkeypatch.setattr(stt._whisper, "_spoken", fails)
    pcm = voices.espeak(GERMAN[1], "de", 150)

    def text(recognition: Recognition) -> str:
        return recognition.hypotheses[0].text

    german = await stt.recognize(pcm, language="de-AT")
    assert german.language == "de"
    assert text(german).endswith("das Licht im Wohnzimmer aus.")
    assert (await stt.recognize(pcm, language="en")).language == "en"
    texts = (GERMAN[1], "Turn off the light.")
    in_german = await stt.compare(pcm, texts, language="de")
    in_english = await stt.compare(pcm, texts)
    assert in_german[0].log_probability > in_english[0].log_probability
    assert in_german[0].log_probability > in_german[1].log_probability
