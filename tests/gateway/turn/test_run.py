"""Event lists: one for each kind of turn."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from gateway.errors import AudioError, HomeError
from gateway.events import (
    ActionDone,
    ActionRequest,
    Event,
    Intent,
    IntentRecognized,
    NothingHeard,
    Outcome,
    QuestionAsked,
    Reply,
    ReplyAudio,
    SentenceAnswer,
    SpeechEnded,
    Transcript,
    TurnEnded,
    TurnFailed,
    WakeDetected,
)
from gateway.house import Entity
from gateway.turn.choice import LONGEST_ASKED_WORDS
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.fakes import (
    LIGHT_ON,
    UNLOCK,
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedUnderstanding,
    heard,
    quiet,
    recognized,
    speech,
    stages,
    wake_word,
)

COMMAND = (quiet(320), wake_word(), quiet(320), speech(960), quiet(1_000))


async def turn(*stretches: list[bytes], parts: Stages | None = None, is_awake: bool = False) -> list[Event]:
    parts = parts or stages()
    ear = Ear(heard(*stretches), parts)
    place = Place(area_id="kitchen", satellite_id="test")
    return [event async for event in run_turn(ear, parts, place, is_awake=is_awake)]


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def the[E](events: list[Event], kind: type[E]) -> E:
    (event,) = [event for event in events if isinstance(event, kind)]
    return event


def outcome(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], TurnEnded)
    return events[-1].outcome


async def test_a_command_is_heard_understood_done_and_answered() -> None:
    home = ScriptedHome()
    events = await turn(*COMMAND, parts=stages(home=home))
    assert types(events) == [
        "wake",
        "speech_start",
        "speech_end",
        "transcript",
        "intent",
        "action",
        "reply",
        "reply_audio",
        "reply_audio",
        "reply_audio",
        "end",
    ]
    assert outcome(events) is Outcome.ACTION
    assert the(events, WakeDetected).wake_word == "okay_nabu"
    assert the(events, SpeechEnded).t_ms == 320 + 32 + 320 + 960
    assert the(events, ActionDone).changes == home.changes
    assert the(events, Reply).text == "answer to HassTurnOn"
    (request,) = home.requests
    assert (request.intent, request.area_id, request.satellite_id) == (LIGHT_ON, "kitchen", "test")


async def test_events_are_told_in_order_of_time_and_every_stage_has_its_time() -> None:
    events = await turn(*COMMAND)
    times = [event.t_ms for event in events]
    assert times == sorted(times)
    assert isinstance(events[-1], TurnEnded)
    assert list(events[-1].stages_ms) == ["stt", "intent", "endpoint", "action", "first_sound"]


async def test_what_changes_nothing_is_an_answer() -> None:
    events = await turn(
        *COMMAND, parts=stages(stt=ScriptedStt(recognized("what time is it")), home=ScriptedHome(changes=()))
    )
    assert outcome(events) is Outcome.ANSWER
    assert "action" not in types(events)
    assert "reply" in types(events)


async def test_a_less_likely_reading_is_used_where_it_means_something_and_that_is_told() -> None:
    events = await turn(*COMMAND, parts=stages(stt=ScriptedStt(recognized("turn on the lamb", "turn on the lamp"))))
    intent = the(events, IntentRecognized)
    assert (intent.heard, intent.used) == ("turn on the lamb", "turn on the lamp")
    assert the(events, Transcript).text == "turn on the lamb"


async def test_what_means_nothing_here_is_answered_with_sorry_and_nothing_is_done() -> None:
    home = ScriptedHome()
    events = await turn(*COMMAND, parts=stages(stt=ScriptedStt(recognized("order a pizza")), home=home))
    assert types(events) == ["wake", "speech_start", "speech_end", "transcript", "reply", "reply_audio", "end"]
    assert outcome(events) is Outcome.NOT_UNDERSTOOD
    assert home.requests == []


async def test_without_a_wake_word_nothing_is_recognised() -> None:
    stt = ScriptedStt(recognized("turn on the lamp"))
    events = await turn(quiet(320), speech(960), quiet(1_000), parts=stages(stt=stt))
    assert types(events) == ["nothing_heard", "end"]
    assert the(events, NothingHeard).reason == "no_wake"
    assert outcome(events) is Outcome.NO_WAKE
    assert stt.heard == []


async def test_a_wake_word_and_then_silence_ends_quietly() -> None:
    events = await turn(quiet(320), wake_word(), quiet(6_000))
    assert types(events) == ["wake", "nothing_heard", "end"]
    assert the(events, NothingHeard).reason == "silence"
    assert outcome(events) is Outcome.NOTHING_HEARD


async def test_noise_is_not_spoken_about() -> None:
    events = await turn(
        *COMMAND, quiet(6_000), parts=stages(stt=ScriptedStt(recognized("Thank you.", score=-1.5, no_speech=0.9)))
    )
    assert the(events, NothingHeard).reason == "no_words"
    assert "reply" not in types(events)
    assert outcome(events) is Outcome.NOTHING_HEARD


async def test_who_talks_on_without_asking_for_anything_is_not_spoken_to() -> None:
    talk = " ".join(f"word{number}" for number in range(LONGEST_ASKED_WORDS + 1))
    events = await turn(*COMMAND, parts=stages(stt=ScriptedStt(recognized(talk))))
    assert the(events, NothingHeard).reason == "noise"
    assert "reply" not in types(events)
    assert outcome(events) is Outcome.NOTHING_HEARD


async def test_what_nobody_would_say_to_a_house_is_not_answered_unless_it_is_a_question() -> None:
    understanding = ScriptedUnderstanding()
    understanding.talk = frozenset({"a cheddar block", "where does cheddar come from"})
    for said, is_answered in (("a cheddar block", False), ("where does cheddar come from", True), ("flub it", True)):
        parts = stages(stt=ScriptedStt(recognized(said)), understanding=understanding)
        events = await turn(*COMMAND, parts=parts)
        assert ("reply" in types(events)) is is_answered, said
        assert outcome(events) is (Outcome.NOT_UNDERSTOOD if is_answered else Outcome.NOTHING_HEARD)


async def test_a_cough_does_not_use_up_the_turn() -> None:
    stt = ScriptedStt(recognized("Thank you.", score=-1.5), recognized("turn on the lamp"))
    events = await turn(
        wake_word(), quiet(320), speech(320), quiet(1_000), speech(960), quiet(1_000), parts=stages(stt=stt)
    )
    assert types(events).count("speech_start") == 2
    assert outcome(events) is Outcome.ACTION


async def test_who_keeps_coughing_is_given_up_on() -> None:
    stt = ScriptedStt(recognized("Thank you.", score=-1.5))
    coughs = [frames for _ in range(9) for frames in (speech(320), quiet(1_000))]
    events = await turn(wake_word(), quiet(320), *coughs, parts=stages(stt=stt))
    assert types(events).count("speech_start") == 3
    assert outcome(events) is Outcome.NOTHING_HEARD


async def test_never_mind_ends_the_turn_without_a_word() -> None:
    home = ScriptedHome()
    events = await turn(*COMMAND, parts=stages(stt=ScriptedStt(recognized("never mind")), home=home))
    assert types(events) == ["wake", "speech_start", "speech_end", "transcript", "intent", "end"]
    assert outcome(events) is Outcome.NEVER_MIND
    assert home.requests == []


async def test_an_awake_turn_needs_no_wake_word() -> None:
    events = await turn(speech(960), quiet(1_000), is_awake=True)
    assert types(events)[0] == "speech_start"
    assert outcome(events) is Outcome.ACTION


def unlocking(*answers: str, language: str = "en") -> tuple[Stages, ScriptedHome]:
    parts = stages()
    home = ScriptedHome(foreseen=(UNLOCKED,))
    texts = [recognized("unlock the front door"), *(recognized(answer) for answer in answers)]
    understanding = ScriptedUnderstanding(
        *parts.understanding.intents.values(),  # type: ignore[attr-defined]
        language=language,
    )
    return stages(stt=ScriptedStt(*texts), home=home, understanding=understanding), home


async def test_a_protected_action_is_done_after_a_yes() -> None:
    parts, home = unlocking("Yes.")
    events = await turn(*COMMAND, speech(320), quiet(1_000), parts=parts)
    assert types(events) == [
        *("wake", "speech_start", "speech_end", "transcript", "intent", "question", "reply_audio"),
        *("speech_start", "speech_end", "transcript", "action", "reply", "reply_audio", "reply_audio", "reply_audio"),
        "end",
    ]
    assert the(events, QuestionAsked).text == "Should I unlock the Front Door?"
    assert [request.is_confirmed for request in home.requests] == [True]


async def test_a_protected_action_is_not_done_after_a_no() -> None:
    parts, home = unlocking("No, don't.")
    events = await turn(*COMMAND, speech(320), quiet(1_000), parts=parts)
    assert the(events, Reply).text == "Okay, I left it as it is."
    assert outcome(events) is Outcome.NOT_CONFIRMED
    assert home.requests == []


async def test_a_protected_action_is_not_done_where_nobody_answers() -> None:
    parts, home = unlocking("Yes.")
    events = await turn(*COMMAND, quiet(9_000), parts=parts)
    assert outcome(events) is Outcome.NOT_CONFIRMED
    assert home.requests == []


async def test_noise_is_no_yes() -> None:
    parts, home = unlocking("")
    parts.stt.recognitions[1] = recognized("Yes.", score=-0.9, no_speech=0.9)  # type: ignore[attr-defined]
    events = await turn(*COMMAND, speech(320), quiet(1_000), parts=parts)
    assert outcome(events) is Outcome.NOT_CONFIRMED
    assert home.requests == []


async def test_in_a_language_without_a_yes_protected_actions_are_refused() -> None:
    parts, home = unlocking("Jes.", language="eo")
    events = await turn(*COMMAND, speech(320), quiet(1_000), parts=parts)
    assert "question" not in types(events)
    assert outcome(events) is Outcome.NOT_CONFIRMED
    assert home.requests == []


async def test_a_protected_action_that_is_asked_for_later_is_asked_about_at_once() -> None:
    later = Intent(
        name="HassStartTimer",
        slots={"conversation_command": UNLOCK.text, "minutes": 2},
        text="unlock the front door in two minutes",
    )

    class Foreseeing(ScriptedHome):
        """Knows what unlocking comes to, and that setting a timer opens nothing."""

        def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
            return (UNLOCKED,) if request.intent == UNLOCK else ()

    for answer, confirmed in (("Yes.", [True]), ("No.", [])):
        home = Foreseeing()
        parts = stages(
            stt=ScriptedStt(recognized(later.text), recognized(answer)),
            understanding=ScriptedUnderstanding(later, UNLOCK),
            home=home,
        )
        events = await turn(*COMMAND, speech(320), quiet(1_000), parts=parts)
        assert the(events, QuestionAsked).text == "Should I unlock the Front Door?"
        assert [request.is_confirmed for request in home.requests] == confirmed
        assert all(request.intent == later for request in home.requests)


async def test_a_later_command_that_means_nothing_here_is_nothing_to_ask_about() -> None:
    later = Intent(name="HassStartTimer", slots={"conversation_command": "sing"}, text="sing in ten minutes")
    home = ScriptedHome(foreseen=(UNLOCKED,))
    parts = stages(stt=ScriptedStt(recognized(later.text)), understanding=ScriptedUnderstanding(later), home=home)
    events = await turn(*COMMAND, parts=parts)
    assert "question" not in types(events)
    assert [request.is_confirmed for request in home.requests] == [False]


async def test_a_failing_engine_ends_the_turn_with_its_code() -> None:
    events = await turn(*COMMAND, parts=stages(stt=ScriptedStt(recognized("x"), fails=True)))
    assert types(events) == ["wake", "speech_start", "error", "end"]
    assert the(events, TurnFailed).code == "engine"
    assert outcome(events) is Outcome.ERROR


async def test_a_home_that_does_not_answer_ends_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.turn.obey.ACTION_DEADLINE_S", 0.01)
    events = await turn(*COMMAND, parts=stages(home=ScriptedHome(delay_s=60)))
    assert the(events, TurnFailed).code == "home"


async def test_a_home_that_cannot_be_asked_is_spoken_about_before_the_turn_ends() -> None:
    events = await turn(*COMMAND, parts=stages(home=ScriptedHome(fault=HomeError("scripted"))))
    assert the(events, Reply).text == "Home Assistant does not answer."
    assert types(events)[-2:] == ["error", "end"]
    assert the(events, TurnFailed).code == "home"
    assert outcome(events) is Outcome.ERROR


async def test_a_fault_of_our_own_ends_one_turn_and_its_words_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        events = await turn(*COMMAND, parts=stages(home=ScriptedHome(fault=KeyError("turn on the lamp"))))
    assert the(events, TurnFailed).code == "internal"
    assert "KeyError" in caplog.text
    assert "lamp" not in caplog.text


async def test_a_microphone_that_fails_ends_the_turn() -> None:
    async def failing() -> AsyncIterator[bytes]:
        for frame in quiet(320):
            yield frame
        raise AudioError("unplugged")

    parts = stages()
    events = [event async for event in run_turn(Ear(failing(), parts), parts, Place())]
    assert types(events) == ["error", "end"]
    assert the(events, TurnFailed).code == "audio"


@pytest.mark.parametrize("after", ["wake", "speech_start", "transcript", "reply"])
async def test_closing_a_turn_ends_everything_that_it_was_doing(after: str) -> None:
    parts = stages(stt=ScriptedStt(recognized("turn on the lamp"), loops=5))
    before = asyncio.all_tasks()
    async with aclosing(run_turn(Ear(heard(*COMMAND), parts), parts, Place())) as events:
        async for event in events:
            if event.type == after:
                break
    assert asyncio.all_tasks() == before


async def test_a_hushed_turn_says_no_more_and_ends() -> None:
    parts = stages()
    hush = asyncio.Event()
    told: list[str] = []
    async for event in run_turn(Ear(heard(*COMMAND), parts), parts, Place(), hush=hush):
        told.append(event.type)
        if isinstance(event, Reply):
            hush.set()
    assert told[told.index("reply") :] == ["reply", "reply_audio", "end"]


async def test_a_turn_is_never_further_ahead_than_whoever_pulls_it() -> None:
    parts = stages()
    pulled: list[Event] = []
    async with aclosing(run_turn(Ear(heard(*COMMAND), parts), parts, Place())) as events:
        async for event in events:
            pulled.append(event)
            if isinstance(event, Reply):
                for _ in range(1_000):
                    await asyncio.sleep(0)
                break
    assert not any(isinstance(event, ReplyAudio) for event in pulled)


async def test_a_sentence_of_the_homes_own_is_answered_by_the_home_and_nothing_else_is_done() -> None:
    home = ScriptedHome(own=SentenceAnswer(text="good night", speech="Sleep well."))
    events = await turn(*COMMAND, parts=stages(stt=ScriptedStt(recognized("good night")), home=home))
    assert types(events) == [
        *("wake", "speech_start", "speech_end", "transcript", "reply", "reply_audio", "reply_audio", "end")
    ]
    assert the(events, Reply).text == "Sleep well."
    assert outcome(events) is Outcome.ANSWER
    assert isinstance(events[-1], TurnEnded)
    assert "sentence" in events[-1].stages_ms
    assert home.requests == []


async def test_a_sentence_of_the_homes_own_goes_before_what_we_understand_in_any_reading() -> None:
    home = ScriptedHome(own=SentenceAnswer(text="turn on the lamb", speech=""))
    stt = ScriptedStt(recognized("turn on the lamb", "turn on the lamp"))
    events = await turn(*COMMAND, parts=stages(stt=stt, home=home))
    assert home.sentences == [("turn on the lamp", "turn on the lamb")]
    assert types(events) == ["wake", "speech_start", "speech_end", "transcript", "end"], "nothing to say: it ends"
    assert outcome(events) is Outcome.ANSWER


@pytest.mark.parametrize("fault", [HomeError("scripted"), TimeoutError()])
async def test_a_home_that_does_not_say_whether_it_has_a_sentence_has_none(fault: Exception) -> None:
    class Silent(ScriptedHome):
        async def sentence(self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str) -> None:
            assert (area_id, satellite_id) == ("kitchen", "test")
            raise fault

    assert outcome(await turn(*COMMAND, parts=stages(home=Silent()))) is Outcome.ACTION


async def test_silence_and_a_yes_are_no_sentences() -> None:
    silent = ScriptedHome()
    await turn(*COMMAND, quiet(6_000), parts=stages(stt=ScriptedStt(recognized("Thank you.", score=-1.5)), home=silent))
    assert silent.sentences == []
    parts, home = unlocking("Yes.")
    await turn(*COMMAND, speech(320), quiet(1_000), parts=parts)
    assert home.sentences == [("unlock the front door",)]
