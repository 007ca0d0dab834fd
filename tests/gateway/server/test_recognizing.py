"""`recognize` over a real connection: the words are answered when they are over, and what is none is empty."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.audio import FRAME_BYTES
from gateway.server import intake
from gateway.turn.stages import Tongue
from gateway.wire.request_words import Forget, Recognize, Recognized
from tests.fakes import LIGHT_ON, ScriptedStt, ScriptedTts, ScriptedUnderstanding, quiet, recognized, speech, stages
from tests.gateway.server.scripted_gateway import scripted_gateway

COMMAND = (quiet(320), speech(960), quiet(1_600))


async def test_words_are_answered_before_the_sound_is_over_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Recognize(id=7, language="en-GB"))
        await home.send_sound(7, *COMMAND, is_over=False)
        answer = await home.told(Recognized)
        assert (answer.id, answer.text, answer.error) == (7, "turn on the lamp", "")
        await home.send_sound(7, quiet(640))
        assert gateway.equipment.kept == gateway.equipment.given
        home.say(Recognize(id=8))
        await home.send_sound(8, *COMMAND)
        assert (await home.told(Recognized, 2)).id == 8
        assert not [message for message in home.heard if type(message).__name__ == "Refused"]


async def test_a_complete_command_is_waited_after_as_nothing_could_correct_it_later(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, speech(960), quiet(384), speech(640), quiet(1_600))
        assert (await home.told(Recognized)).text == "turn on the lamp"
        stt = gateway.equipment.given[0].stt
        assert isinstance(stt, ScriptedStt)
        assert len(stt.heard[-1]) > (960 + 384 + 640) * 32


async def test_a_reading_that_means_something_here_is_taken(tmp_path: Path) -> None:
    scripted = stages(stt=ScriptedStt(recognized("turn on the lamb", "turn on the lamp")))
    async with scripted_gateway(tmp_path, scripted) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, *COMMAND)
        assert (await home.told(Recognized)).text == "turn on the lamp"


async def test_words_that_mean_nothing_here_are_words(tmp_path: Path) -> None:
    scripted = stages(stt=ScriptedStt(recognized("tell me a story", "sell me a story")))
    async with scripted_gateway(tmp_path, scripted) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, speech(960))
        assert (await home.told(Recognized)).text == "tell me a story", "also where the sound ends with the words"


@pytest.mark.parametrize(
    ("sound", "stt"),
    [
        ((quiet(5_120),), ScriptedStt(recognized("x"))),
        ((quiet(960),), ScriptedStt(recognized("x"))),
        ((), ScriptedStt(recognized("x"))),
        (COMMAND, ScriptedStt(recognized("hum", score=-1.5))),
        (COMMAND, ScriptedStt(recognized("thank you"))),
        ((speech(16_000), quiet(1_600)), ScriptedStt(recognized("and then he said"))),
    ],
    ids=["nobody speaks", "it ends before", "no sound at all", "noise", "an invention", "a television"],
)
async def test_what_is_no_words_is_empty(tmp_path: Path, sound: tuple[list[bytes], ...], stt: ScriptedStt) -> None:
    async with scripted_gateway(tmp_path, stages(stt=stt)) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, *sound)
        answer = await home.told(Recognized)
        assert (answer.text, answer.error) == ("", "")


async def test_a_cough_does_not_use_up_the_time_there_is_to_speak(tmp_path: Path) -> None:
    scripted = stages(stt=ScriptedStt(recognized("hmm"), recognized("turn on the lamp")))
    async with scripted_gateway(tmp_path, scripted) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, speech(192), quiet(1_280), *COMMAND)
        assert (await home.told(Recognized)).text == "turn on the lamp"


async def test_what_ends_within_the_wake_words_tail_is_not_recognised(tmp_path: Path) -> None:
    stt = ScriptedStt(recognized("turn on the lamp"))
    async with scripted_gateway(tmp_path, stages(stt=stt)) as gateway, gateway.home() as home:
        home.say(Recognize(id=1, wake_tail_ms=300))
        await home.send_sound(1, speech(256), quiet(1_280), speech(640), quiet(1_600))
        assert (await home.told(Recognized)).text == "turn on the lamp"
        assert len(stt.heard) == 1


async def test_another_language_is_not_understood(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Recognize(id=1, language="de-AT"))
        assert (await home.told(Recognized)).error == "unsupported_language"
        assert gateway.equipment.given == []


async def test_a_failing_engine_is_told_and_the_ears_come_back(tmp_path: Path) -> None:
    scripted = stages(stt=ScriptedStt(recognized("x"), fails=True))
    async with scripted_gateway(tmp_path, scripted) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, *COMMAND)
        assert (await home.told(Recognized)).error == "engine"
        assert gateway.equipment.kept == gateway.equipment.given == [scripted]


async def test_sound_that_stops_coming_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.SoundIntake.__init__, "__defaults__", (0.1,))
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Recognize(id=1))
        await home.send_sound(1, speech(320), is_over=False)
        assert (await home.told(Recognized)).error == "late"


async def test_a_forgotten_request_gives_its_ears_back_and_says_nothing(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Recognize(id=1), Recognize(id=2))
        await home.send_sound(1, speech(320), is_over=False)
        home.say(Forget(id=1), Forget(id=77))
        await home.send_sound(1, *COMMAND)
        await home.send_sound(2, *COMMAND)
        assert (await home.told(Recognized)).id == 2
        assert len(home.all_told(Recognized)) == 1
        assert sorted(map(id, gateway.equipment.kept)) == sorted(map(id, gateway.equipment.given))


async def test_a_home_that_goes_leaves_no_ears_behind(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(*(Recognize(id=number) for number in range(1, 5)))
        for number in range(1, 5):
            await home.channel.play_for(number, bytes(FRAME_BYTES))
        home.say(Recognize(id=5, language="de"))
        await home.told(Recognized)
        assert len(gateway.equipment.given) == 4
    await gateway.equipment.until_kept(4)
    assert sorted(map(id, gateway.equipment.kept)) == sorted(map(id, gateway.equipment.given))


async def test_in_a_home_of_two_languages_it_is_heard_in_the_one_that_is_asked_for(tmp_path: Path) -> None:
    german = ScriptedUnderstanding(replace(LIGHT_ON, text="schalte die Lampe ein"), language="de")
    other = Tongue(understanding=german, tts=ScriptedTts())
    stt = ScriptedStt(recognized("schalte die Lampe ein", language="de"))
    async with scripted_gateway(tmp_path, stages(stt=stt, other=other)) as gateway, gateway.home() as home:
        gateway.equipment.other = other
        home.say(Recognize(id=1, language="de-AT"), Recognize(id=2, language="fr"))
        assert (await home.told(Recognized)).error == "unsupported_language"
        await home.send_sound(1, *COMMAND)
        assert (await home.told(Recognized, 2)).text == "schalte die Lampe ein"
    assert stt.languages == ["de-AT"]
