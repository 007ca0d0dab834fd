"""Turns that act before it is certain that nothing follows, and what later words make of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Self

import pytest

from gateway.errors import EngineError, HomeError
from gateway.events import (
    ActionDone,
    ActionRequest,
    ActionResult,
    Event,
    Intent,
    IntentRecognized,
    Outcome,
    PartialTranscript,
    Recognition,
    Reply,
    SentenceAnswer,
    StateChange,
    Transcript,
    TurnEnded,
)
from gateway.house import Entity
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.fakes import (
    LIGHT_ON,
    NEVER_MIND,
    UNLOCK,
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedTts,
    ScriptedUnderstanding,
    quiet,
    recognized,
    speech,
    stages,
)

LAMP = replace(LIGHT_ON, entity_id="light.lamp")
BEDROOM = Intent(name="HassTurnOn", slots={"name": "Bed Lamp"}, entity_id="light.bed", text="turn on the bed lamp")
FAN_ON = Intent(name="HassTurnOn", slots={"name": "Fan"}, entity_id="fan.attic", text="turn on the fan")
TIMER = Intent(name="HassStartTimer", slots={"minutes": 5}, text="set a timer for five minutes")
ASKED_FIRST = replace(LAMP, slots={"name": "Lamp", "area": "Vault"}, text="unlock the vault and turn on the lamp")
GOES_ON = (speech(960), quiet(512), speech(640), quiet(2_000))
"""Somebody who pauses for half a second."""


class SwitchingHome(ScriptedHome):
    """Switches the one thing that is named, and says so; notes how much had been heard when it was asked."""

    def __init__(self, *on: str, protects: str = "nothing", fails: str = "") -> None:
        super().__init__()
        self.states = dict.fromkeys(("light.lamp", "light.bed", "fan.attic"), "off") | dict.fromkeys(on, "on")
        self.protects = protects
        self.fails = fails
        self.ear: Ear | None = None
        self.asked_ms: list[int] = []

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        if request.intent.text == self.protects:
            return (UNLOCKED,)
        after = self._after(request.intent)
        entity_id = request.intent.entity_id
        return (Entity(id=entity_id, name="", state=after),) if entity_id and after != self.states[entity_id] else ()

    async def perform(self, request: ActionRequest) -> ActionResult:
        self.requests.append(request)
        self.asked_ms.append(0 if self.ear is None else self.ear.now_ms)
        intent = request.intent
        if self.fails and self.fails in (intent.name, intent.text):
            raise HomeError("scripted")
        if intent.entity_id is None:
            return ActionResult()
        before, after = self.states[intent.entity_id], self._after(intent)
        self.states[intent.entity_id] = after
        entity = Entity(id=intent.entity_id, name="", state=after)
        change = StateChange(entity_id=entity.id, name=entity.name, before=before, after=after)
        return ActionResult(matched=(entity,), changes=(change,) if before != after else ())

    @staticmethod
    def _after(intent: Intent) -> str:
        return "on" if intent.name == "HassTurnOn" else "off"


def parts_for(home: ScriptedHome, *texts: str, knows: tuple[Intent, ...] = ()) -> Stages:
    known = (LAMP, BEDROOM, FAN_ON, TIMER, NEVER_MIND, UNLOCK, *knows)
    stt = ScriptedStt(*(recognized(text) for text in texts))
    return stages(stt=stt, understanding=ScriptedUnderstanding(*known), home=home)


class Frames:
    """Frames, as a microphone has them: no generator, as waiting for one may be cancelled."""

    def __init__(self, *stretches: list[bytes]) -> None:
        self.left = [frame for stretch in stretches for frame in stretch]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


async def turn(parts: Stages, *stretches: list[bytes]) -> list[tuple[Event, int]]:
    """Return what happened, and how much had been heard by then."""
    ear = Ear(Frames(*stretches), parts)
    if isinstance(parts.home, SwitchingHome):
        parts.home.ear = ear
    return [(event, ear.now_ms) async for event in run_turn(ear, parts, Place(), is_awake=True)]


def types(told: list[tuple[Event, int]]) -> list[str]:
    return [event.type for event, _ in told]


def all_of[E](told: list[tuple[Event, int]], kind: type[E]) -> list[E]:
    return [event for event, _ in told if isinstance(event, kind)]


def end(told: list[tuple[Event, int]]) -> TurnEnded:
    (ended,) = all_of(told, TurnEnded)
    return ended


async def test_a_complete_command_is_done_at_once_and_answered_when_nothing_follows() -> None:
    home = SwitchingHome()
    told = await turn(parts_for(home, LAMP.text), speech(960), quiet(2_000))
    assert types(told)[:5] == ["speech_start", "speech_end", "transcript", "intent", "action"]
    assert 960 + 300 <= home.asked_ms[0] < 960 + 500
    (replied_ms,) = [now_ms for event, now_ms in told if isinstance(event, Reply)]
    assert 960 + 650 <= replied_ms < 960 + 750
    assert end(told).outcome is Outcome.ACTION


async def test_what_may_go_on_is_done_when_nothing_follows() -> None:
    home = SwitchingHome()
    longer = replace(BEDROOM, text=f"{LAMP.text} in the bedroom")
    await turn(parts_for(home, LAMP.text, knows=(longer,)), speech(960), quiet(2_000))
    assert 960 + 650 <= home.asked_ms[0] < 960 + 750


async def test_a_protected_action_is_never_early() -> None:
    home = SwitchingHome(protects=UNLOCK.text)
    told = await turn(parts_for(home, UNLOCK.text, "yes"), speech(960), quiet(1_500), speech(320), quiet(1_500))
    (asked_ms,) = [now_ms for event, now_ms in told if event.type == "question"]
    assert asked_ms >= 960 + 800
    assert home.requests[0].is_confirmed
    assert "speech_resumed" not in types(told)


async def test_later_words_correct_the_turn_and_what_was_done_is_put_back() -> None:
    home = SwitchingHome()
    parts = parts_for(home, LAMP.text, BEDROOM.text)
    told = await turn(parts, *GOES_ON)
    assert types(told) == [
        *("speech_start", "speech_end", "transcript", "intent", "action"),
        *("speech_resumed", "speech_end", "transcript", "intent", "action", "action"),
        *("reply", "reply_audio", "reply_audio", "reply_audio", "end"),
    ]
    assert home.states == {"light.lamp": "off", "light.bed": "on", "fan.attic": "off"}
    assert [event.used for event in all_of(told, IntentRecognized)] == [LAMP.text, BEDROOM.text]
    assert [event.text for event in all_of(told, Transcript)] == [LAMP.text, BEDROOM.text]
    put_back = all_of(told, ActionDone)[-1]
    assert (put_back.intent, put_back.changes[0].after) == ("HassTurnOff", "off")
    times = [event.t_ms for event, _ in told]
    assert times == sorted(times)
    assert len(all_of(told, Reply)) == 1
    assert all(ms >= 0 for ms in end(told).stages_ms.values())


async def test_what_both_commands_are_about_stays_as_the_second_one_has_it() -> None:
    home = SwitchingHome()
    same = replace(LAMP, slots={"name": "Lamp", "color": "red"}, text="make the lamp red")
    told = await turn(parts_for(home, LAMP.text, same.text, knows=(same,)), *GOES_ON)
    assert home.states["light.lamp"] == "on"
    assert len(home.requests) == 2
    assert len(all_of(told, ActionDone)) == 1


async def test_what_was_already_so_is_not_put_back() -> None:
    home = SwitchingHome("light.lamp")
    await turn(parts_for(home, LAMP.text, BEDROOM.text), *GOES_ON)
    assert home.states == {"light.lamp": "on", "light.bed": "on", "fan.attic": "off"}


@pytest.mark.parametrize("later", ["turn on the lamp", "turn on the lamp please"])
async def test_words_that_add_nothing_leave_the_first_command_as_it_was(later: str) -> None:
    home = SwitchingHome()
    told = await turn(parts_for(home, LAMP.text, later, "please"), *GOES_ON)
    assert len(home.requests) == 1
    assert types(told).count("transcript") == 1
    assert types(told)[-2] == "reply_audio"
    assert "speech_resumed" in types(told)
    assert all(ms >= 0 for ms in end(told).stages_ms.values())


async def test_noise_after_a_command_is_not_even_looked_at_by_itself() -> None:
    home = SwitchingHome()
    parts = parts_for(home, LAMP.text)
    noise = recognized("so they had some", score=-1.5)
    parts.stt.recognitions.append(noise)  # type: ignore[attr-defined]
    told = await turn(parts, *GOES_ON)
    assert len(home.requests) == 1
    assert end(told).outcome is Outcome.ACTION
    assert len(parts.stt.heard) == 2  # type: ignore[attr-defined]


async def test_another_command_by_itself_is_done_as_well() -> None:
    home = SwitchingHome()
    told = await turn(parts_for(home, LAMP.text, f"{LAMP.text} {FAN_ON.text}", FAN_ON.text), *GOES_ON)
    assert home.states == {"light.lamp": "on", "light.bed": "off", "fan.attic": "on"}
    assert all_of(told, Reply)[0].text == "answer to HassTurnOn"


async def test_never_mind_puts_back_what_was_done() -> None:
    home = SwitchingHome()
    told = await turn(parts_for(home, LAMP.text, "turn on the lamp never mind", NEVER_MIND.text), *GOES_ON)
    assert home.states["light.lamp"] == "off"
    assert end(told).outcome is Outcome.NEVER_MIND
    assert "reply" not in types(told)


async def test_a_correction_that_has_to_be_asked_about_is_asked_about() -> None:
    for answer, states in (("yes", "on"), ("no", "off")):
        home = SwitchingHome(protects=ASKED_FIRST.text)
        parts = parts_for(home, LAMP.text, ASKED_FIRST.text, answer, knows=(ASKED_FIRST,))
        told = await turn(parts, *GOES_ON, speech(320), quiet(1_500))
        assert types(told).count("question") == 1
        assert home.states["light.lamp"] == states


async def test_what_cannot_be_put_back_is_left() -> None:
    home = SwitchingHome(fails="HassTurnOff")
    told = await turn(parts_for(home, LAMP.text, BEDROOM.text), *GOES_ON)
    assert home.states == {"light.lamp": "on", "light.bed": "on", "fan.attic": "off"}
    assert end(told).outcome is Outcome.ACTION


async def test_what_would_have_to_be_asked_about_is_not_put_back() -> None:
    class Guarded(SwitchingHome):
        def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
            return (UNLOCKED,) if request.intent.name == "HassTurnOff" else super().foresee(request)

    guarded = Guarded()
    await turn(parts_for(guarded, LAMP.text, BEDROOM.text), *GOES_ON)
    assert guarded.states["light.lamp"] == "on"


async def test_a_home_that_is_away_is_spoken_about_once() -> None:
    home = SwitchingHome(fails=LAMP.text)
    told = await turn(parts_for(home, LAMP.text), speech(960), quiet(2_000))
    assert all_of(told, Reply)[0].text == "Home Assistant does not answer."
    assert types(told)[-2:] == ["error", "end"]


async def test_a_home_that_was_away_for_the_first_command_may_do_the_second_one() -> None:
    home = SwitchingHome(fails=LAMP.text)
    told = await turn(parts_for(home, LAMP.text, BEDROOM.text), *GOES_ON)
    assert home.states["light.bed"] == "on"
    assert end(told).outcome is Outcome.ACTION


async def test_after_a_sentence_of_the_homes_own_nothing_is_put_back() -> None:
    home = SwitchingHome()
    home.own = SentenceAnswer(text=BEDROOM.text, speech="Cosy.")
    told = await turn(parts_for(home, LAMP.text, BEDROOM.text), *GOES_ON)
    assert home.states["light.lamp"] == "on"
    assert all_of(told, Reply)[0].text == "Cosy."


async def test_an_action_that_turns_out_to_be_protected_is_asked_about_and_nothing_else_is_heard() -> None:
    class Changing(SwitchingHome):
        """Has become one that asks, between the look and the deed."""

        looks = 0

        def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
            self.looks += 1
            return (UNLOCKED,) if self.looks > 2 else super().foresee(request)

    home = Changing()
    told = await turn(parts_for(home, LAMP.text, "yes"), speech(960), quiet(800), speech(320), quiet(1_500))
    assert types(told).count("question") == 1
    assert [request.is_confirmed for request in home.requests] == [True]


async def test_what_the_home_wants_a_yes_for_after_all_is_asked_about_though_it_was_to_be_done_early() -> None:
    class Doubtful(SwitchingHome):
        """Knows better than what it told."""

        def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
            return (UNLOCKED,) if request.is_doubted else super().foresee(request)

        async def perform(self, request: ActionRequest) -> ActionResult:
            done = await super().perform(request)
            return done if request.is_confirmed else ActionResult(error="not_confirmed")

    home = Doubtful()
    told = await turn(parts_for(home, LAMP.text, "yes"), speech(960), quiet(800), speech(320), quiet(1_500))
    assert types(told).count("question") == 1
    assert [request.is_confirmed for request in home.requests] == [False, True]


async def test_the_reply_is_prepared_while_the_home_acts() -> None:
    tts = ScriptedTts()

    class Slow(SwitchingHome):
        async def perform(self, request: ActionRequest) -> ActionResult:
            for _ in range(5):
                await asyncio.sleep(0)
            assert tts.prepared == ["answer to HassTurnOn"]
            return await super().perform(request)

    parts = replace(parts_for(Slow(), LAMP.text), tts=tts)
    await turn(parts, speech(960), quiet(2_000))
    assert tts.prepared == ["answer to HassTurnOn"] * 2
    assert tts.said == ["answer to HassTurnOn"]


async def test_what_is_said_so_far_is_told_while_somebody_speaks() -> None:
    parts = parts_for(SwitchingHome(), LAMP.text)
    parts.stt.partial = "turn on"  # type: ignore[attr-defined]
    told = await turn(parts, speech(2_500), quiet(2_000))
    assert [event.text for event in all_of(told, PartialTranscript)] == ["turn on"] * 2
    assert types(told)[:3] == ["speech_start", "partial", "partial"]


async def test_a_glimpse_that_fails_or_sees_nothing_is_not_told() -> None:
    class Blind(ScriptedStt):
        async def glimpse(self, pcm: bytes) -> str:
            self.glimpses.append(pcm)
            if len(self.glimpses) > 1:
                raise EngineError("scripted")
            return ""

    blind = Blind(recognized(LAMP.text))
    told = await turn(replace(parts_for(SwitchingHome()), stt=blind), speech(2_500), quiet(2_000))
    assert len(blind.glimpses) == 2
    assert "partial" not in types(told)
    assert end(told).outcome is Outcome.ACTION


async def test_later_words_that_cannot_be_recognised_end_the_turn() -> None:
    class Failing(ScriptedStt):
        async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
            if self.heard:
                raise EngineError("scripted")
            return await super().recognize(pcm, language=language)

    home = SwitchingHome()
    told = await turn(replace(parts_for(home), stt=Failing(recognized(LAMP.text))), *GOES_ON)
    assert types(told)[-2:] == ["error", "end"]
    assert home.states["light.lamp"] == "on"


async def test_who_goes_on_again_is_waited_for() -> None:
    home = SwitchingHome()
    parts = parts_for(home, LAMP.text, BEDROOM.text, FAN_ON.text)
    told = await turn(parts, speech(960), quiet(512), speech(640), quiet(512), speech(640), quiet(2_000))
    expected: Mapping[str, str] = {"light.lamp": "off", "light.bed": "off", "fan.attic": "on"}
    assert home.states == expected
    assert types(told).count("speech_resumed") == 1
