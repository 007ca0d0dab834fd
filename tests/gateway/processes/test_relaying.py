"""What the launcher passes on between broker, voice and ledger, and how it answers for one that is away."""

from typing import Any, Final

import pytest
from msgspec import structs

from gateway.errors import LinkError
from gateway.processes import relaying
from gateway.processes.ledger_words import (
    ActRecorded,
    AskKept,
    AskLedger,
    AskVoice,
    Gone,
    KeepTurn,
    KeptIs,
    Learned,
    LedgerSays,
    RecordAct,
    TurnKept,
    VoiceSays,
)
from gateway.processes.relaying import MOST_ASKED, MOST_KEPT, Relay, Side
from gateway.processes.words import CloudIs, Peers, Propose, Proposed, SettingsKept
from gateway.wire.ledger_words import AskStats
from gateway.wire.messages import Message

ACT: Final = RecordAct(id=4, by="owner", act="forget", turns=2)
TURN: Final = KeepTurn(id=1, turn=b"{}", sound=b"\0\0")  # type: ignore[arg-type]  # as raw as any
LEARNED: Final = Learned(sensitivities={"kitchen": 40}, transcripts_s=3_600)


def ask(number: int = 3) -> AskLedger:
    return AskLedger(id=number, by="home", question=AskKept(id=1))


def ask_voice(number: int = 5) -> AskVoice:
    return AskVoice(id=number, by="owner", question=AskStats(id=1))


class Heard:
    """A link, as it is spoken to."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.reads = True

    def say(self, message: Message) -> None:
        if not self.reads:
            raise LinkError("scripted")
        self.said.append(message)


class Sides:
    """A relay with all three there."""

    def __init__(self, *sides: Side) -> None:
        self.relay = Relay()
        self.heard = {side: Heard() for side in sides or tuple(Side)}
        for side, link in self.heard.items():
            self.came(side, link)

    def came(self, side: Side, link: Any) -> None:
        self.relay.came(side, link)

    def said(self, side: Side) -> list[Message]:
        """Return what a side was told since somebody looked last."""
        link = self.heard[side]
        said, link.said = link.said, []
        return said


@pytest.fixture
def sides() -> Sides:
    return Sides()


# Voice and ledger


def test_a_turn_and_a_question_go_to_the_ledger_and_its_answers_back(sides: Sides) -> None:
    sides.relay.from_voice(TURN)
    sides.relay.from_voice(ask())
    assert sides.said(Side.LEDGER) == [TURN, ask()]
    kept, said = TurnKept(id=1), LedgerSays(id=3, answer=KeptIs(id=1))
    sides.relay.from_ledger(kept)
    sides.relay.from_ledger(said)
    assert sides.said(Side.VOICE) == [kept, said]
    assert sides.said(Side.BROKER) == []


def test_without_a_ledger_a_question_is_answered_and_a_turn_stays_with_voice() -> None:
    sides = Sides(Side.VOICE, Side.BROKER)
    sides.relay.from_voice(TURN)
    sides.relay.from_voice(ask())
    (said,) = sides.said(Side.VOICE)
    assert isinstance(said, LedgerSays)
    assert (said.id, said.answer, said.error) == (3, None, "away")


def test_what_a_ledger_was_asked_before_it_ended_is_answered_once(sides: Sides) -> None:
    sides.relay.from_voice(ask(3))
    sides.relay.from_voice(ask(4))
    sides.relay.from_ledger(LedgerSays(id=3, answer=KeptIs(id=1)))
    sides.said(Side.VOICE)
    sides.relay.went(Side.LEDGER)
    told = sides.said(Side.VOICE)
    assert [(type(one), getattr(one, "id", None)) for one in told] == [(LedgerSays, 4), (Learned, None)]
    sides.relay.went(Side.LEDGER)
    assert sides.said(Side.VOICE) == []


def test_too_many_questions_at_once_are_refused(sides: Sides) -> None:
    for number in range(MOST_ASKED + 1):
        sides.relay.from_voice(ask(number))
    assert len(sides.said(Side.LEDGER)) == MOST_ASKED
    (refused,) = sides.said(Side.VOICE)
    assert isinstance(refused, LedgerSays)
    assert (refused.id, refused.error) == (MOST_ASKED, "busy")
    sides.relay.from_ledger(LedgerSays(id=0, answer=KeptIs(id=1)))
    sides.relay.from_voice(ask(99))
    assert sides.said(Side.LEDGER) == [ask(99)]


def test_more_turns_at_once_than_voice_has_on_their_way_do_not_pile_up_before_the_ledger(sides: Sides) -> None:
    turns = [structs.replace(TURN, id=number) for number in range(MOST_KEPT + 1)]
    for turn in turns:
        sides.relay.from_voice(turn)
    assert sides.said(Side.LEDGER) == turns[:-1]
    assert sides.said(Side.VOICE) == [TurnKept(id=MOST_KEPT, error="busy")]
    sides.relay.from_ledger(TurnKept(id=0))
    sides.relay.from_voice(turns[-1])
    assert sides.said(Side.LEDGER) == turns[-1:]


def test_that_a_turn_is_kept_is_told_to_the_voice_that_said_it_alone(sides: Sides) -> None:
    sides.relay.from_voice(TURN)
    sides.relay.went(Side.VOICE)
    sides.came(Side.VOICE, sides.heard[Side.VOICE])
    sides.relay.from_ledger(TurnKept(id=1))
    assert sides.said(Side.VOICE) == []


def test_what_the_ledger_did_not_ask_is_not_answered(sides: Sides) -> None:
    sides.relay.from_voice(VoiceSays(id=7))
    assert sides.said(Side.LEDGER) == []


def test_a_new_voice_is_not_answered_what_the_one_before_asked(sides: Sides) -> None:
    sides.relay.from_voice(ask())
    sides.relay.went(Side.VOICE)
    sides.came(Side.VOICE, sides.heard[Side.VOICE])
    sides.relay.went(Side.LEDGER)
    assert [type(one) for one in sides.said(Side.VOICE)] == [Learned]


# What was learned


def test_what_was_learned_is_told_at_once_and_to_each_new_voice(sides: Sides) -> None:
    sides.relay.from_ledger(LEARNED)
    assert sides.said(Side.VOICE) == [LEARNED]
    sides.relay.went(Side.VOICE)
    sides.came(Side.VOICE, sides.heard[Side.VOICE])
    assert sides.said(Side.VOICE) == [LEARNED]


def test_what_was_learned_holds_while_the_ledger_is_away(sides: Sides) -> None:
    sides.relay.from_ledger(LEARNED)
    sides.relay.went(Side.LEDGER)
    away = Learned(is_there=False, sensitivities={"kitchen": 40}, transcripts_s=3_600)
    assert sides.said(Side.VOICE) == [LEARNED, away]
    sides.came(Side.VOICE, sides.heard[Side.VOICE])
    assert sides.said(Side.VOICE) == [away]


def test_a_ledger_that_was_never_there_is_said_not_to_be() -> None:
    sides = Sides(Side.VOICE)
    sides.relay.went(Side.LEDGER)
    assert sides.said(Side.VOICE) == [Learned(is_there=False)]


def test_what_was_forgotten_voice_and_broker_hear(sides: Sides) -> None:
    sides.relay.from_ledger(Gone(everything=True))
    assert sides.said(Side.VOICE) == sides.said(Side.BROKER) == [Gone(everything=True)]


# The owner's questions that take understanding


def test_the_owners_question_goes_to_voice_and_its_answer_back(sides: Sides) -> None:
    sides.relay.from_ledger(ask_voice())
    assert sides.said(Side.VOICE) == [ask_voice()]
    sides.relay.from_voice(VoiceSays(id=5, error="ledger"))
    assert sides.said(Side.LEDGER) == [VoiceSays(id=5, error="ledger")]
    sides.relay.went(Side.VOICE)
    assert sides.said(Side.LEDGER) == [], "it was answered"


def test_without_voice_and_when_it_ends_the_ledger_is_told(sides: Sides) -> None:
    sides.relay.from_ledger(ask_voice(5))
    sides.relay.went(Side.VOICE)
    sides.relay.from_ledger(ask_voice(6))
    told = sides.said(Side.LEDGER)
    assert [(type(one), one.id, one.error) for one in told if isinstance(one, VoiceSays)] == [
        (VoiceSays, 5, "away"),
        (VoiceSays, 6, "away"),
    ]


# The audit log


def test_an_act_goes_to_the_broker_and_that_it_is_written_back(sides: Sides) -> None:
    sides.relay.from_ledger(ACT)
    assert sides.said(Side.BROKER) == [ACT]
    sides.relay.from_broker(ActRecorded(id=4))
    assert sides.said(Side.LEDGER) == [ActRecorded(id=4)]
    sides.relay.went(Side.BROKER)
    assert sides.said(Side.LEDGER) == []


def test_without_a_broker_and_when_it_ends_an_act_is_not_written_down(sides: Sides) -> None:
    sides.relay.from_ledger(ACT)
    sides.relay.went(Side.BROKER)
    sides.relay.from_ledger(ACT)
    told = sides.said(Side.LEDGER)
    assert len(told) == 2
    assert all(isinstance(one, ActRecorded) and one.id == 4 and one.error for one in told)


# Whoever reads nothing


@pytest.mark.parametrize("side", list(Side))
def test_a_side_that_reads_nothing_is_nobody_elses_business(sides: Sides, side: Side) -> None:
    sides.heard[side].reads = False
    for message in (Peers(peers=()), CloudIs(is_allowed=False), SettingsKept(id=1), Proposed(id=1)):
        sides.relay.from_broker(message)
    for asked in (TURN, ask(), Propose(id=1, satellite_id="kitchen", content="text")):
        sides.relay.from_voice(asked)
    for said in (ACT, Gone(), LEARNED, TurnKept(id=1)):
        sides.relay.from_ledger(said)


def test_the_bounds_are_as_they_are_documented() -> None:
    assert (relaying.MOST_PROPOSALS, MOST_ASKED) == (20, 64)
