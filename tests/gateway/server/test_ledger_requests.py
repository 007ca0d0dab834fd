"""What a home asks about what is remembered, over a real connection: relayed, played, or answered here."""

from pathlib import Path

import pytest

from gateway.engines.learned import LearnedUnderstanding
from gateway.errors import LedgerError
from gateway.events import Intent
from gateway.server.ledger_requests import ANSWERED, LedgerRequests
from gateway.server.services import Services
from gateway.wire.learning_words import (
    AskRules,
    AskTuning,
    CorrectTurn,
    MarkWake,
    RemoveRule,
    Rules,
    SetSensitivity,
    Tuning,
    TurnCorrected,
)
from gateway.wire.ledger_words import (
    QUESTIONS,
    AskStats,
    AskTurns,
    ChangeKept,
    ForgetTurns,
    LedgerDone,
    PlayTurn,
    Question,
    SelectionWords,
    Stats,
    Turns,
    TurnsForgotten,
)
from gateway.wire.messages import Message
from gateway.wire.peers import Role
from gateway.wire.request_words import Converse, Conversed, Recognize, Recognized, Speaking, Spoken
from gateway.wire.voice_words import HouseUsable
from tests.fakes import quiet, speech
from tests.gateway.server.kept_ledger import WITH_SOUND, NotingLedger, real_ledger
from tests.gateway.server.remembering import KnownSentences
from tests.gateway.server.scripted_gateway import ScriptedHousehold, decoded, scripted_gateway
from tests.gateway.server.test_home_session import HOUSE

TURN_ID = "0123456789abcdef" * 2
LAMP_ON = Intent(name="HassTurnOn", slots={"name": "Lamp"}, text="turn on the lamp")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (AskTurns(id=1, words="lamp", of_user="user"), Turns(id=1, before=7)),
        (ForgetTurns(id=1, everything=True, user_id="user"), TurnsForgotten(id=1, turns=2)),
        (
            ForgetTurns(id=1, selection=SelectionWords(turn_ids=("a" * 32,)), keep_rules=True),
            TurnsForgotten(id=1, turns=1),
        ),
        (AskRules(id=1), Rules(id=1)),
        (RemoveRule(id=1, rule_id=TURN_ID), LedgerDone(id=1, error="no_rule")),
        (SetSensitivity(id=1, satellite_id="shelf", sensitivity=40), LedgerDone(id=1)),
        (ChangeKept(id=1, transcripts_s=None, audio_s=None), LedgerDone(id=1)),
    ],
)
async def test_what_the_ledger_can_answer_it_is_asked(tmp_path: Path, asked: Message, answer: Message) -> None:
    ledger = NotingLedger(answers=lambda _: (answer, b""))
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        gateway.pair(Role.SATELLITE, peer_id="shelf")
        home_id = (await home.greeted()).peer_id
        home.say(asked)
        assert await home.told(type(answer)) == answer
        assert ledger.asked == [(asked, home_id)]


async def test_what_was_recorded_is_played_as_speech_is(tmp_path: Path) -> None:
    pcm = bytes(range(256)) * 300
    ledger = NotingLedger(answers=lambda _: (LedgerDone(id=1), pcm))
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        home.say(PlayTurn(id=1, turn_id=TURN_ID))
        assert await home.told(Spoken) == Spoken(id=1)
        assert await home.told(Speaking) == Speaking(id=1, rate_hz=16_000)
        assert home.sounds[1] == pcm


@pytest.mark.parametrize(
    ("answer", "error"), [(LedgerDone(id=1, error="no_clip", message="none"), "no_clip"), (Turns(id=1), "ledger")]
)
async def test_where_nothing_is_played_it_is_said_why(tmp_path: Path, answer: Message, error: str) -> None:
    ledger = NotingLedger(answers=lambda _: (answer, b""))
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        home.say(PlayTurn(id=1, turn_id=TURN_ID))
        assert (await home.told(Spoken)).error == error
        assert home.all_told(Speaking) == []


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (CorrectTurn(id=1, turn_id=TURN_ID, meant="turn on the lamp"), TurnCorrected),
        (MarkWake(id=1, turn_id=TURN_ID), Tuning),
        (AskTuning(id=1, satellite_id="shelf"), Tuning),
        (AskStats(id=1), Stats),
    ],
)
async def test_what_takes_understanding_is_answered_here_from_what_the_ledger_has(
    tmp_path: Path, asked: Message, kind: type[TurnCorrected | Tuning | Stats], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.ledger.BALLAST_BYTES", 4_096)
    learning = LearnedUnderstanding(KnownSentences({"turn on the lamp": LAMP_ON}))
    async with (
        real_ledger(tmp_path / "ledger") as ledger,
        scripted_gateway(tmp_path, ledger=ledger, learning=learning) as gateway,
        gateway.home() as home,
    ):
        gateway.pair(Role.SATELLITE, peer_id="shelf")
        home.say(asked)
        answer = await home.told(kind)
        assert answer.error == ("unknown_turn" if isinstance(asked, CorrectTurn | MarkWake) else "")
        assert ledger.asked


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (AskTuning(id=1, satellite_id="shelf"), Tuning),
        (SetSensitivity(id=1, satellite_id="shelf", sensitivity=40), LedgerDone),
    ],
)
async def test_a_satellite_that_is_not_paired_is_not_tuned(
    tmp_path: Path, asked: Message, kind: type[Tuning | LedgerDone]
) -> None:
    ledger = NotingLedger()
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        gateway.pair(Role.HOME, peer_id="shelf")
        home.say(asked)
        assert (await home.told(kind)).error == "unknown_satellite"
        assert ledger.asked == []


async def test_where_nothing_understands_it_cannot_be_answered(tmp_path: Path) -> None:
    services = Services(household=ScriptedHousehold(), equipment=None, decode=decoded)  # type: ignore[arg-type]
    with pytest.raises(LedgerError, match="nothing can be taught here"):
        await LedgerRequests(services, lambda _: True).understand(AskStats(id=1), by="owner")


async def test_without_a_ledger_every_question_is_answered_by_that(tmp_path: Path) -> None:
    questions: tuple[Question, ...] = (
        AskTurns(id=1),
        PlayTurn(id=2, turn_id=TURN_ID),
        AskStats(id=3),
        ForgetTurns(id=4, everything=True),
        CorrectTurn(id=5, turn_id=TURN_ID, meant="x"),
        AskRules(id=6),
        RemoveRule(id=7, rule_id=TURN_ID),
        MarkWake(id=8, turn_id=TURN_ID),
        AskTuning(id=9, satellite_id="shelf"),
        SetSensitivity(id=10, satellite_id="shelf"),
        ChangeKept(id=11, transcripts_s=None, audio_s=None),
    )
    assert {type(question) for question in questions} == set(QUESTIONS)
    learning = LearnedUnderstanding(KnownSentences({}))
    async with scripted_gateway(tmp_path, learning=learning) as gateway, gateway.home() as home:
        gateway.pair(Role.SATELLITE, peer_id="shelf")
        home.say(*questions)
        kinds = (Turns, Spoken, Stats, TurnsForgotten, TurnCorrected, Rules, LedgerDone, Tuning)
        await home.until(lambda: sum(isinstance(told, kinds) for told in home.heard) == len(questions))
        answers = {told.id: told for told in home.heard if isinstance(told, kinds)}
        for question in questions:
            assert type(answers[question.id]) is ANSWERED[type(question)]
            assert answers[question.id].error in ("ledger", "away")


async def test_what_was_recognised_and_then_said_to_the_house_is_one_row(tmp_path: Path) -> None:
    ledger = NotingLedger(kept=WITH_SOUND)
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        await home.told(HouseUsable)
        home.say(Recognize(id=1, conversation_id="conversation"))
        await home.send_sound(1, quiet(320), speech(960), quiet(1_600))
        await home.told(Recognized)
        home.say(
            Converse(
                id=2,
                text="turn on the lamp",
                conversation_id="conversation",
                area_id="Kitchen",
                satellite_id="box",
                user_id="user",
            )
        )
        await home.told(Conversed)
        row = ledger.row
        assert (row.satellite_id, row.area_id, row.user_id, row.conversation_id) == (
            "box", "kitchen", "user", "conversation"
        )  # fmt: skip
        assert (row.outcome, row.intent, row.slots, row.reply) == (
            "action", "HassTurnOn", {"name": "Lamp"}, "answer to HassTurnOn"
        )  # fmt: skip
        assert [change.entity_id for change in row.changes] == ["light.lamp"]
        assert len(row.hypotheses) == 1
        assert row.audio_ms > 500
        assert len(ledger.clips[0]) > 20_000


async def test_silence_and_what_fails_are_rows_too(tmp_path: Path) -> None:
    ledger = NotingLedger()
    async with scripted_gateway(tmp_path, ledger=ledger) as gateway, gateway.home() as home:
        home.tell(HOUSE)
        await home.told(HouseUsable)
        home.say(Recognize(id=1, wake_tail_ms=200))
        await home.send_sound(1, quiet(960))
        await home.told(Recognized)
        home.say(Converse(id=2, text="turn on the lamp", language="de"))
        await home.told(Conversed)
        assert [(row.kind, row.outcome) for row in ledger.rows] == [("false_wake", "nothing_heard"), ("turn", "error")]
