"""Turns in which others speak as well: what whoever speaks nearest said counts where all of it means nothing."""

from dataclasses import replace

import pytest

from gateway.audio import FRAME_MS, FRAME_SAMPLES
from gateway.events import Event, Intent, IntentRecognized, Outcome, Recognition, Transcript, TurnEnded
from gateway.turn.ear import Ear
from gateway.turn.hearing import CLEAR_SCORE
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.fakes import (
    LIGHT_ON,
    SPEECH,
    UNLOCK,
    ScriptedHome,
    ScriptedStt,
    ScriptedUnderstanding,
    heard,
    quiet,
    recognized,
    stages,
)

LAMP_ON = replace(LIGHT_ON, entity_id="light.lamp")
PLAY = Intent(name="HassMediaSearchAndPlay", slots={"search_query": "clay"}, text="play clay")
NOTHING = Recognition(hypotheses=())
BOTH = recognized("You better talk. Turn on the lamp. You better talk.", score=-0.5)
LAMP = recognized(LIGHT_ON.text)
DOOR = recognized(UNLOCK.text)
TALK = recognized("You better talk.")


def voice(ms: int, *, volume: int) -> list[bytes]:
    """Return frames in which somebody speaks so loud; their first bytes say so to the scripted VAD."""
    return [bytes([SPEECH, volume]) * FRAME_SAMPLES for _ in range(ms // FRAME_MS)]


def crowd() -> list[list[bytes]]:
    """Return talk, somebody near whose voice drops by 11 dB, and talk again 18 dB below."""
    near = [voice(960, volume=32), voice(320, volume=9)]
    return [quiet(320), voice(960, volume=4), *near, voice(960, volume=4), quiet(1_000)]


async def turn(
    *recognitions: Recognition, known: tuple[Intent, ...] = (LAMP_ON, UNLOCK)
) -> tuple[list[Event], ScriptedStt, ScriptedHome]:
    stt, home = ScriptedStt(*recognitions), ScriptedHome()
    parts: Stages = stages(stt=stt, understanding=ScriptedUnderstanding(*known), home=home)
    ear = Ear(heard(*crowd()), parts)
    return [event async for event in run_turn(ear, parts, Place(), is_awake=True)], stt, home


def outcome(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], TurnEnded)
    return events[-1].outcome


@pytest.mark.parametrize(
    ("stretches", "looked_at"),
    [([LAMP, LAMP, DOOR], 2), ([TALK, LAMP, TALK], 3), ([DOOR, LAMP, LAMP], 3), ([LAMP, NOTHING, TALK], 3)],
)
async def test_what_two_louder_stretches_mean_was_said_or_one_where_no_other_means_anything(
    stretches: list[Recognition], looked_at: int
) -> None:
    events, stt, home = await turn(BOTH, *stretches)
    assert [request.intent for request in home.requests] == [LAMP_ON]
    assert len(stt.heard) == 1 + looked_at
    assert all(len(stretch) < len(stt.heard[0]) for stretch in stt.heard[1:])
    (told,) = [event for event in events if isinstance(event, IntentRecognized)]
    (written,) = [event for event in events if isinstance(event, Transcript)]
    assert (told.used, told.is_nearest) == (LIGHT_ON.text, True)
    assert written.text == LIGHT_ON.text


async def test_where_one_is_clearly_heard_nothing_is_cut_off() -> None:
    clear = recognized("Turn off all of the kitchen lights.", score=CLEAR_SCORE)
    events, stt, home = await turn(clear, LAMP, LAMP, LAMP)
    assert (home.requests, outcome(events)) == ([], Outcome.NOT_UNDERSTOOD)
    assert len(stt.heard) == 1


@pytest.mark.parametrize("stretches", [[LAMP, DOOR, TALK], [TALK, TALK, TALK], [NOTHING, NOTHING, NOTHING]])
async def test_where_they_do_not_agree_nothing_is_done(stretches: list[Recognition]) -> None:
    events, stt, home = await turn(BOTH, *stretches)
    assert (home.requests, outcome(events)) == ([], Outcome.NOT_UNDERSTOOD)
    assert len(stt.heard) == 4
    (written,) = [event for event in events if isinstance(event, Transcript)]
    assert written.text == BOTH.hypotheses[0].text


@pytest.mark.parametrize(
    ("said", "stretches"), [(PLAY, [TALK, recognized(PLAY.text), TALK]), (LIGHT_ON, [LAMP, TALK, TALK])]
)
async def test_what_may_have_any_words_in_it_is_heard_twice_or_not_at_all(
    said: Intent, stretches: list[Recognition]
) -> None:
    _, _, home = await turn(BOTH, *stretches, known=(said,))
    assert home.requests == []
    _, _, home = await turn(BOTH, recognized(said.text), TALK, recognized(said.text), known=(said,))
    assert [request.intent for request in home.requests] == [said]


async def test_where_all_of_it_means_something_nobody_looks_for_a_part() -> None:
    _, stt, home = await turn(LAMP, DOOR)
    assert ([request.intent for request in home.requests], len(stt.heard)) == ([LAMP_ON], 1)


async def test_what_is_about_what_was_said_before_is_left_as_it_is() -> None:
    _, stt, home = await turn(recognized("Forget what I just said."), LAMP)
    assert (home.requests, len(stt.heard)) == ([], 1)


async def test_where_nothing_was_heard_in_all_of_it_somebody_near_may_be() -> None:
    _, _, home = await turn(NOTHING, LAMP, LAMP)
    assert [request.intent for request in home.requests] == [LAMP_ON]
