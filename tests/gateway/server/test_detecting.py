"""`detect` over a real connection: which wake word was said, and where what is said after it begins."""

from pathlib import Path

import pytest

from gateway.wire.request_words import Detect, Detected
from tests.fakes import ScriptedOpinion, ScriptedWakeWord, quiet, speech, stages, wake_word
from tests.gateway.server.scripted_gateway import scripted_gateway

SAID = (quiet(960), wake_word(), quiet(320))


@pytest.mark.parametrize("asked_for", [(), ("okay_nabu",), ("no_such_word", "okay_nabu")])
async def test_a_wake_word_is_told_with_what_was_heard_of_it(tmp_path: Path, asked_for: tuple[str, ...]) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Detect(id=5, wake_words=asked_for))
        await home.send_sound(5, *SAID, is_over=False)
        told = await home.told(Detected)
        assert (told.id, told.wake_word, told.error) == (5, "okay_nabu", "")
        assert (told.heard_ms, told.lead_in_ms, told.tail_ms) == (992, 64, 328)
        assert gateway.equipment.kept == gateway.equipment.given


async def test_the_lead_in_grows_while_the_second_model_makes_up_its_mind(tmp_path: Path) -> None:
    scripted = stages(second_opinion=ScriptedOpinion(0.0, 0.9))
    async with scripted_gateway(tmp_path, scripted) as gateway, gateway.home() as home:
        home.say(Detect(id=1))
        await home.send_sound(1, *SAID)
        told = await home.told(Detected)
        assert told.heard_ms == 992 + (told.lead_in_ms - 64)
        assert told.lead_in_ms > 64


async def test_the_end_of_the_sound_without_a_wake_word_is_told(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Detect(id=1))
        await home.send_sound(1, quiet(640), speech(320))
        assert await home.told(Detected) == Detected(id=1, heard_ms=960)


async def test_a_wake_word_that_was_not_asked_for_is_passed_over(tmp_path: Path) -> None:
    scripted = stages(wake=ScriptedWakeWord("alexa"))
    async with scripted_gateway(tmp_path, scripted) as gateway, gateway.home() as home:
        home.say(Detect(id=1, wake_words=("okay_nabu",)))
        await home.send_sound(1, *SAID)
        assert (await home.told(Detected)).wake_word == ""


async def test_wake_words_that_nobody_listens_for_are_not_waited_for(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Detect(id=1, wake_words=("alexa", "computer")))
        told = await home.told(Detected)
        assert (told.error, told.message) == ("unknown_wake_word", "this gateway listens for: okay_nabu")
        assert gateway.equipment.given == []
