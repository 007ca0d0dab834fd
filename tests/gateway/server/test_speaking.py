"""`speak` over a real connection: the sound of a text, as it is made, under the request's id."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from gateway.errors import ConfigError, EngineError, VoiceError
from gateway.events import Sound
from gateway.server import intake
from gateway.wire.request_words import Forget, Speak, Speaking, SpeakMore, Spoken
from tests.gateway.server.scripted_gateway import scripted_gateway

WORD_BYTES = 20
"""Of each word's sound."""


async def test_a_text_is_said_once_with_its_rate_sound_and_end(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Speak(id=3, text="The lamp is on.", language="en-US", voice="joe"))
        assert await home.told(Spoken) == Spoken(id=3)
        assert [type(message).__name__ for message in home.heard if not isinstance(message, bytes)][-2:] == [
            "Speaking",
            "Spoken",
        ]
        assert await home.told(Speaking) == Speaking(id=3, rate_hz=16_000)
        assert len(home.sounds[3]) == 4 * WORD_BYTES
        assert gateway.equipment.said == [("The lamp is on.", "en-US", "joe")]


async def test_a_text_in_pieces_is_spoken_sentence_by_sentence(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Speak(id=1, text="Well. The la", more=True))
        await home.told(Speaking)
        await home.until(lambda: 1 in home.sounds)
        assert gateway.equipment.said == [("Well. ", "", "")]
        home.say(SpeakMore(id=1, text="mp is on. \n", more=True), SpeakMore(id=1, text=" "))
        await home.told(Spoken)
        assert " ".join("".join(said for said, _, _ in gateway.equipment.said).split()) == "Well. The lamp is on."
        assert len(home.all_told(Speaking)) == 1
        home.say(SpeakMore(id=1, text="on its way"), SpeakMore(id=2, text="never begun"))
        assert (await home.refused("out_of_order")).about == "speak_more"
        assert len([message for message in home.heard if type(message).__name__ == "Refused"]) == 1


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_an_empty_text_is_spoken_at_once(tmp_path: Path, text: str) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Speak(id=1, text=text))
        assert await home.told(Spoken) == Spoken(id=1)
        assert not home.all_told(Speaking)
        assert gateway.equipment.said == []


async def test_a_piece_after_the_last_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:

        async def patient(text: str, **_: str) -> AsyncGenerator[Sound]:
            await gateway.household.may_go_on.wait()
            yield Sound(rate_hz=16_000, pcm=b"\0\0")

        monkeypatch.setattr(gateway.equipment, "speak", patient)
        gateway.household.may_go_on.clear()
        home.say(Speak(id=1, text="All of it."), SpeakMore(id=1, text="More."))
        assert (await home.refused("out_of_order")).message == "this text was whole already"
        gateway.household.may_go_on.set()
        assert await home.told(Spoken) == Spoken(id=1)


@pytest.mark.parametrize(
    ("fault", "code"), [(ConfigError("no such voice"), "unsupported_voice"), (EngineError("scripted"), "engine")]
)
async def test_a_voice_that_cannot_speak_says_why(tmp_path: Path, fault: VoiceError, code: str) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        gateway.equipment.fault = fault
        home.say(Speak(id=1, text="Hello.", voice="nobody"))
        spoken = await home.told(Spoken)
        assert (spoken.error, spoken.message) == (code, str(fault))


async def test_all_of_a_text_has_the_rate_of_its_first_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def changing(text: str, **_: str) -> AsyncGenerator[Sound]:
        yield Sound(rate_hz=16_000 if "One" in text else 32_000, pcm=bytes(32_000))

    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        monkeypatch.setattr(gateway.equipment, "speak", changing)
        home.say(Speak(id=1, text="One. ", more=True))
        await home.told(Speaking)
        home.say(SpeakMore(id=1, text="Two."))
        await home.told(Spoken)
        assert [told.rate_hz for told in home.all_told(Speaking)] == [16_000]
        assert len(home.sounds[1]) == 32_000 + 16_000


async def test_a_text_that_nobody_goes_on_writing_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.TextIntake.__init__, "__defaults__", (0.1,))
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Speak(id=1, text="The la", more=True))
        assert (await home.told(Spoken)).error == "late"


async def test_speech_that_is_forgotten_stops_and_its_voice_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go: list[bool] = []

    async def endless(text: str, **_: str) -> AsyncGenerator[Sound]:
        try:
            while True:
                yield Sound(rate_hz=16_000, pcm=bytes(8_000))
        finally:
            let_go.append(True)

    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        monkeypatch.setattr(gateway.equipment, "speak", endless)
        home.say(Speak(id=1, text="For ever."))
        await home.until(lambda: 1 in home.sounds)
        home.say(Forget(id=1))
        monkeypatch.undo()
        home.say(Speak(id=2, text="Over."))
        assert (await home.told(Spoken)).id == 2
        assert let_go == [True]
