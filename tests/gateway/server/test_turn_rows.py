"""The events of one satellite's turns, as rows for the ledger."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.events import (
    ActionDone,
    ConsentAsked,
    Event,
    Hypothesis,
    IntentRecognized,
    NothingHeard,
    Outcome,
    PartialTranscript,
    QuestionAsked,
    Reply,
    ReplyAudio,
    Sound,
    SpeechEnded,
    SpeechResumed,
    SpeechStarted,
    StateChange,
    Transcript,
    TurnEnded,
    TurnFailed,
    WakeDetected,
)
from gateway.ledger.rows import TurnRow, decoded, encoded
from gateway.server.turn_rows import CUT_SHORT, MOST_CHANGES, TurnRows
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from tests.fakes import LIGHT_ON, heard, quiet, speech, stages, wake_word

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WAKE = WakeDetected(t_ms=100, wake_word="alexa", score=0.876, second_score=0.7)
SPEECH: list[Event] = [SpeechStarted(t_ms=600), SpeechEnded(t_ms=1_900, reason="pause")]
READINGS = (Hypothesis(text="Turn on the life.", score=-0.3), Hypothesis(text="Turn on the light.", score=-0.4))
HEARD = Transcript(t_ms=2_000, text="Turn on the life.", score=-0.3, hypotheses=READINGS)
UNDERSTOOD = IntentRecognized(
    t_ms=2_010, name="HassTurnOn", slots={"name": "Light"}, heard=READINGS[0].text, used=READINGS[1].text
)
CHANGE = StateChange(entity_id="light.light", name="Light", before="off", after="on")
DONE = ActionDone(t_ms=2_100, intent="HassTurnOn", changes=(CHANGE,))
REPLY = Reply(t_ms=2_200, text="Turned on the light", first_sound_ms=412)
SOUND = ReplyAudio(t_ms=2_200, sound=Sound(rate_hz=16_000, pcm=b"\0\0"))
QUESTION = QuestionAsked(t_ms=2_050, text="Unlock the front door?")
ANSWER_SPEECH: list[Event] = [SpeechStarted(t_ms=4_000), SpeechEnded(t_ms=4_300, reason="pause")]


def answer(text: str) -> Transcript:
    return Transcript(t_ms=4_400, text=text, score=-0.1, hypotheses=(Hypothesis(text=text, score=-0.1),))


def ended(outcome: Outcome) -> TurnEnded:
    return TurnEnded(t_ms=9_000, outcome=outcome, stages_ms={"stt": 120.4})


class Satellite:
    """What a session does with the events of its turns."""

    def __init__(self) -> None:
        self.rows: list[TurnRow] = []
        self.area_id: str | None = "kitchen"
        self.collected = TurnRows("shelf", self.rows.append, area_id=lambda: self.area_id, now=lambda: NOW)

    def hears(self, *events: Event) -> None:
        for event in events:
            self.collected(event)
            if isinstance(event, WakeDetected):
                self.collected.began(event.wake_word)

    @property
    def row(self) -> TurnRow:
        (row,) = self.rows
        return row


def row_of(*events: Event) -> TurnRow:
    satellite = Satellite()
    satellite.hears(WAKE, *events)
    return satellite.row


def test_a_command_is_a_row_with_all_that_was_told() -> None:
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, DONE, REPLY, SOUND, ended(Outcome.ACTION))
    assert row == TurnRow(
        id=row.id,
        at=NOW,
        satellite_id="shelf",
        area_id="kitchen",
        kind="turn",
        outcome="action",
        wake_word="alexa",
        wake_score=0.876,
        second_score=0.7,
        hypotheses=READINGS,
        heard="Turn on the life.",
        used="Turn on the light.",
        why='heard "Turn on the life."; took "Turn on the light.", the likeliest reading that means something here',
        intent="HassTurnOn",
        slots={"name": "Light"},
        changes=(CHANGE,),
        reply="Turned on the light",
        stages_ms={"stt": 120.4, "first_sound": 412.0},
        audio_ms=1_300,
    )
    assert decoded(encoded(row)) == row


LATER_SPEECH: list[Event] = [SpeechResumed(t_ms=2_500), SpeechEnded(t_ms=3_300, reason="pause")]
BACK = StateChange(entity_id="light.light", name="Light", before="on", after="off")


def test_later_words_correct_what_was_heard_and_understood_and_what_was_done_stays_told() -> None:
    whole = Transcript(t_ms=3_400, text="Turn on the fan.", score=-0.2, hypotheses=READINGS[:1])
    meant = IntentRecognized(t_ms=3_410, name="HassTurnOn", slots={"name": "Fan"}, heard=whole.text, used=whole.text)
    first = (*SPEECH, HEARD, UNDERSTOOD, DONE)
    put_back = ActionDone(t_ms=3_500, intent="HassTurnOff", changes=(BACK,))
    row = row_of(*first, *LATER_SPEECH, whole, meant, put_back, REPLY, ended(Outcome.ACTION))
    assert (row.heard, row.used, row.slots) == (whole.text, whole.text, {"name": "Fan"})
    assert (row.hypotheses, row.changes, row.audio_ms) == (READINGS[:1], (CHANGE, BACK), 2_700)
    unmeant = row_of(*first, *LATER_SPEECH, whole, ended(Outcome.ANSWER))
    assert (unmeant.heard, unmeant.intent, unmeant.used) == (whole.text, "", "")


def test_later_words_that_add_nothing_leave_a_row_as_it_was() -> None:
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, DONE, *LATER_SPEECH, REPLY, ended(Outcome.ACTION))
    assert (row.heard, row.used, row.audio_ms) == (HEARD.text, READINGS[1].text, 1_300)


def test_after_later_words_an_answer_is_an_answer_all_the_same() -> None:
    question = (QUESTION, *ANSWER_SPEECH, answer("Yes."))
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, *LATER_SPEECH, HEARD, UNDERSTOOD, *question, ended(Outcome.ACTION))
    assert row.heard == HEARD.text
    assert 'heard "Yes."' in row.why


def test_what_was_heard_so_far_is_not_remembered() -> None:
    row = row_of(SPEECH[0], PartialTranscript(t_ms=1_000, text="Turn on"), SPEECH[1], HEARD, ended(Outcome.ANSWER))
    assert row == replace(row_of(*SPEECH, HEARD, ended(Outcome.ANSWER)), id=row.id)


def test_the_first_sound_is_told_once() -> None:
    end = TurnEnded(t_ms=9_000, outcome=Outcome.ACTION, stages_ms={"first_sound": 411.7})
    assert row_of(*SPEECH, HEARD, UNDERSTOOD, REPLY, end).stages_ms == {"first_sound": 411.7}


@pytest.mark.parametrize("outcome", [Outcome.ACTION, Outcome.ANSWER])
def test_the_likeliest_reading_needs_no_other_in_its_place(outcome: Outcome) -> None:
    intent = IntentRecognized(t_ms=1, name="HassGetState", slots={}, heard=HEARD.text, used=HEARD.text)
    row = row_of(*SPEECH, HEARD, intent, REPLY, ended(outcome))
    assert row.why == 'heard "Turn on the life."; that is the likeliest reading, and it means something here'
    assert row.outcome == outcome


def test_a_sentence_of_the_homes_own_has_no_intent_of_ours() -> None:
    row = row_of(*SPEECH, HEARD, REPLY, ended(Outcome.ANSWER))
    assert row.why == 'heard "Turn on the life."; the home has a sentence of its own for that'
    assert (row.used, row.intent, row.reply) == ("", "", REPLY.text)


def test_what_means_nothing_here_is_said_to() -> None:
    row = row_of(*SPEECH, HEARD, REPLY, ended(Outcome.NOT_UNDERSTOOD))
    assert row.why == 'heard "Turn on the life."; no reading of it means anything that can be done here'
    assert row.kind == "turn"


def test_a_yes_is_part_of_why() -> None:
    row = row_of(
        *SPEECH, HEARD, UNDERSTOOD, QUESTION, SOUND, *ANSWER_SPEECH, answer("Yes."), DONE, REPLY, ended(Outcome.ACTION)
    )
    assert row.why.endswith('means something here; asked "Unlock the front door?"; heard "Yes."')
    assert (row.heard, row.hypotheses, row.audio_ms) == (HEARD.text, READINGS, 1_300)
    assert row.changes == (CHANGE,)


@pytest.mark.parametrize(
    ("answered", "told"),
    [
        ([*ANSWER_SPEECH, answer("No.")], 'asked "Unlock the front door?"; heard "No.", which is not a yes'),
        ([], 'asked "Unlock the front door?"; no answer was heard'),
        (ANSWER_SPEECH, 'asked "Unlock the front door?"; no answer was heard'),
    ],
)
def test_a_question_without_a_yes_is_told(answered: list[Event], told: str) -> None:
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, QUESTION, *answered, REPLY, ended(Outcome.NOT_CONFIRMED))
    assert row.why.endswith(f"means something here; {told}")
    assert row.changes == ()


def test_what_nobody_could_be_asked_about_is_told() -> None:
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, REPLY, ended(Outcome.NOT_CONFIRMED))
    assert row.why.endswith("; it is protected, and nobody was asked for a yes")


def test_a_command_that_was_taken_back() -> None:
    intent = IntentRecognized(t_ms=1, name="HassNevermind", slots={}, heard=HEARD.text, used=HEARD.text)
    row = row_of(*SPEECH, HEARD, intent, ended(Outcome.NEVER_MIND))
    assert row.why.endswith("means something here; it was taken back, so nothing was done")
    assert row.reply == ""


def test_a_request_to_the_cloud_that_was_taken_back() -> None:
    row = row_of(*SPEECH, HEARD, REPLY, ended(Outcome.NEVER_MIND))
    assert row.why == 'heard "Turn on the life."; what the cloud was to be asked was taken back'


def test_a_turn_that_had_something_forgotten_and_one_that_was_not_told_to_after_all() -> None:
    row = row_of(*SPEECH, HEARD, REPLY, ended(Outcome.FORGOTTEN))
    assert row.why == 'heard "Turn on the life."; what was said before was to be forgotten'
    asked = QuestionAsked(t_ms=2_050, text="Should I?")
    row = row_of(*SPEECH, HEARD, asked, REPLY, ended(Outcome.NOT_CONFIRMED))
    assert row.why == 'heard "Turn on the life."; asked "Should I?"; no answer was heard'


@pytest.mark.parametrize(("rule_ids", "named"), [(("0a",), "rule 0a"), (("0a", "0b"), "rules 0a, 0b")])
def test_what_this_household_taught_is_named(rule_ids: tuple[str, ...], named: str) -> None:
    row = row_of(*SPEECH, HEARD, replace(UNDERSTOOD, rule_ids=rule_ids), DONE, REPLY, ended(Outcome.ACTION))
    assert row.why == f'heard "Turn on the life."; took it for "Turn on the light.", by {named} of this household'


@pytest.mark.parametrize(("content", "what"), [("text", "the words"), ("audio", "the recording")])
def test_a_request_to_the_cloud_is_told_by_its_id(content: str, what: str) -> None:
    consent = ConsentAsked(t_ms=2_050, request_id="0123", content=content)
    row = row_of(*SPEECH, HEARD, consent, REPLY, ended(Outcome.CONSENT_ASKED))
    assert row.why.endswith(f"; a person was asked whether {what} may be sent to the cloud, request 0123")


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([NothingHeard(t_ms=1, reason="silence")], "nobody spoke"),
        (
            [*SPEECH, HEARD, NothingHeard(t_ms=1, reason="noise")],
            'heard "Turn on the life."; that was taken for noise, or for words that were not said to us',
        ),
        ([*SPEECH, NothingHeard(t_ms=1, reason="no_words")], "there were no words in it"),
        ([NothingHeard(t_ms=1, reason="something new")], "nothing was said"),
        ([], "nothing was said"),
    ],
)
def test_a_wake_word_and_then_nothing_is_a_false_wake(events: list[Event], why: str) -> None:
    row = row_of(*events, ended(Outcome.NOTHING_HEARD))
    assert (row.kind, row.outcome, row.why) == ("false_wake", "nothing_heard", why)
    assert (row.wake_word, row.wake_score) == ("alexa", 0.876)


def test_what_is_overheard_without_a_wake_word_is_not_kept() -> None:
    satellite = Satellite()
    satellite.collected.began("")
    satellite.hears(*SPEECH, HEARD, NothingHeard(t_ms=1, reason="noise"), ended(Outcome.NOTHING_HEARD))
    row = satellite.row
    assert (row.kind, row.heard, row.hypotheses) == ("turn", "", ())
    assert row.why == "that was taken for noise, or for words that were not said to us"


def test_a_failure_is_told_by_its_code() -> None:
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, REPLY, TurnFailed(t_ms=1, code="home"), ended(Outcome.ERROR))
    assert row.why.endswith("means something here; something failed: home")
    assert row.outcome == "error"


def test_a_failure_before_anything_was_heard() -> None:
    row = row_of(TurnFailed(t_ms=1, code="engine"), ended(Outcome.ERROR))
    assert (row.kind, row.outcome, row.why) == ("turn", "error", "something failed: engine")


def test_waiting_for_a_wake_word_is_no_turn() -> None:
    satellite = Satellite()
    satellite.hears(NothingHeard(t_ms=1, reason="no_wake"), ended(Outcome.NO_WAKE))
    satellite.hears(TurnFailed(t_ms=1, code="engine"), ended(Outcome.ERROR))
    assert satellite.rows == []


def test_a_turn_that_was_left_to_another_satellite_leaves_nothing() -> None:
    satellite = Satellite()
    satellite.collected(WAKE)
    satellite.collected.forget()
    satellite.hears(*SPEECH, HEARD, ended(Outcome.NOT_UNDERSTOOD))
    assert satellite.rows == []


def test_a_wake_word_that_silenced_a_reply_begins_a_turn_without_a_score() -> None:
    satellite = Satellite()
    satellite.hears(WAKE, *SPEECH, HEARD, UNDERSTOOD, DONE, REPLY)
    satellite.collected.began("alexa")
    satellite.hears(*SPEECH, HEARD, REPLY, ended(Outcome.NOT_UNDERSTOOD))
    first, second = satellite.rows
    assert first.outcome == "action"
    assert first.why.endswith("means something here; it was cut short")
    assert first.stages_ms == {"first_sound": 412.0}
    assert (second.wake_word, second.wake_score, second.outcome) == ("alexa", None, "not_understood")


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([HEARD], CUT_SHORT),
        ([HEARD, UNDERSTOOD, REPLY], CUT_SHORT),
        ([HEARD, UNDERSTOOD, DONE], "action"),
        ([HEARD, ConsentAsked(t_ms=1, request_id="0123", content="text")], "consent_asked"),
        ([TurnFailed(t_ms=1, code="engine")], "error"),
    ],
)
def test_of_a_turn_that_was_cut_short_what_had_happened_is_kept(events: list[Event], outcome: str) -> None:
    satellite = Satellite()
    satellite.hears(WAKE, *events)
    satellite.collected.finish()
    satellite.collected.finish()
    assert satellite.row.outcome == outcome
    assert satellite.row.why.endswith("it was cut short")


def test_a_wake_word_without_a_word_after_it_that_was_cut_short_is_no_row() -> None:
    satellite = Satellite()
    satellite.hears(WAKE, SPEECH[0])
    satellite.hears(WAKE, *SPEECH, HEARD, REPLY, ended(Outcome.NOT_UNDERSTOOD))
    assert satellite.row.outcome == "not_understood"


def test_one_turn_leaves_nothing_for_the_next() -> None:
    satellite = Satellite()
    satellite.hears(WAKE, *SPEECH, HEARD, UNDERSTOOD, DONE, REPLY, ended(Outcome.ACTION))
    satellite.area_id = None
    satellite.collected.began("")
    satellite.hears(*SPEECH, HEARD, REPLY, ended(Outcome.NOT_UNDERSTOOD))
    first, second = satellite.rows
    assert first.id != second.id
    assert (second.area_id, second.wake_word, second.intent, second.changes) == ("", "", "", ())


def test_a_cough_before_the_command_is_not_its_sound() -> None:
    cough: list[Event] = [SpeechStarted(t_ms=200), SpeechEnded(t_ms=300, reason="pause")]
    row = row_of(*cough, *SPEECH, HEARD, REPLY, ended(Outcome.NOT_UNDERSTOOD))
    assert row.audio_ms == 1_300


def test_of_more_changes_than_a_row_holds_the_first_are_kept() -> None:
    many = ActionDone(t_ms=1, intent="HassTurnOff", changes=(CHANGE,) * (MOST_CHANGES + 1))
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, many, many, ended(Outcome.ACTION))
    assert len(row.changes) == MOST_CHANGES


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.NO_WAKE])
def test_every_outcome_makes_a_row_that_can_be_kept(outcome: Outcome) -> None:
    row = row_of(*SPEECH, HEARD, ended(outcome))
    assert row.outcome == outcome
    assert decoded(encoded(row)) == row


async def test_a_turn_as_it_really_happens_is_a_row() -> None:
    satellite = Satellite()
    parts = stages()
    ear = Ear(heard(quiet(320), wake_word(), quiet(320), speech(960), quiet(1_000)), parts)
    async for event in run_turn(ear, parts, Place(area_id="kitchen")):
        satellite.hears(event)
    row = satellite.row
    assert (row.kind, row.outcome, row.wake_word) == ("turn", "action", "okay_nabu")
    assert row.intent == LIGHT_ON.name
    assert row.reply == "answer to HassTurnOn"
    assert 900 <= row.audio_ms <= 1_000
    assert list(row.stages_ms) == ["stt", "intent", "endpoint", "action", "first_sound"]


def test_that_a_pin_was_asked_for_is_told_and_nothing_of_what_was_said_then() -> None:
    pin = QuestionAsked(t_ms=2_100, text="What is the PIN?", is_secret=True)
    row = row_of(*SPEECH, HEARD, UNDERSTOOD, QUESTION, answer("Yes."), pin, DONE, ended(Outcome.ACTION))
    assert row.why.endswith(f'asked "{QUESTION.text}"; heard "Yes."; asked for the PIN')
