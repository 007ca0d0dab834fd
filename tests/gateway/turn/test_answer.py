import pytest

from gateway.errors import EngineError
from gateway.events import Recognition
from gateway.turn.answer import wait_for_answer
from gateway.turn.ear import Ear
from tests.fakes import ScriptedStt, heard, quiet, recognized, speech, stages


async def answer(*stretches: list[bytes], recognition: Recognition, fails: bool = False) -> str:
    stt = ScriptedStt(recognition, fails=fails)
    return await wait_for_answer(Ear(heard(*stretches), stages(stt=stt)), stt)


@pytest.mark.parametrize("said", ["the living room", "Okay.", "turn on the lamp"])
async def test_an_answer_is_written_down_whatever_it_means(said: str) -> None:
    assert await answer(quiet(6_400), speech(960), quiet(1_000), recognition=recognized(said, "other")) == said


async def test_who_says_nothing_gives_no_answer() -> None:
    assert await answer(quiet(9_000), recognition=recognized("yes")) == ""


@pytest.mark.parametrize(
    "recognition",
    [
        recognized("Thank you.", score=-0.9),
        recognized("yes", score=-0.9, no_speech=0.9),
        recognized("mumble", score=-2.5),
        recognized("..."),
        Recognition(hypotheses=()),
    ],
    ids=["invented", "no speech", "unlikely", "no words", "nothing"],
)
async def test_noise_is_no_answer(recognition: Recognition) -> None:
    assert await answer(speech(320), quiet(1_000), recognition=recognition) == ""


async def test_a_television_gives_no_answer() -> None:
    assert await answer(speech(16_000), recognition=recognized("and now the news")) == ""


async def test_a_failing_engine_is_told() -> None:
    with pytest.raises(EngineError):
        await answer(speech(320), quiet(1_000), recognition=recognized("yes"), fails=True)
