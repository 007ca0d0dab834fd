"""Forgetting by voice, asked of a real ledger: what was just said, and today, there or by whoever is logged in."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.events import Outcome
from gateway.ledger.rows import TurnRow, new_id
from gateway.server import remembering
from gateway.server.remembering import LedgerMemory
from gateway.wire.ledger_words import ForgetTurns, LedgerDone, Turns, TurnsForgotten
from gateway.wire.messages import Message
from tests.gateway.server.kept_ledger import NotingLedger, RealLedger, real_ledger

NOW = datetime.now(UTC)
"""One moment for all of it: midnight may pass while the tests run."""
TODAY = NOW.astimezone().date()


def said(satellite_id: str = "shelf", *, outcome: str = "action", user_id: str = "", days_ago: int = 0) -> TurnRow:
    at = NOW - timedelta(days=days_ago)
    return TurnRow(id=new_id(), at=at, satellite_id=satellite_id, outcome=outcome, user_id=user_id, heard="a secret")


@pytest.fixture
async def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RealLedger]:
    monkeypatch.setattr("gateway.ledger.ledger.BALLAST_BYTES", 4_096)
    async with real_ledger(tmp_path) as ledger:
        yield ledger


def left(ledger: RealLedger) -> list[str]:
    return [entry.row.id for entry in ledger.ledger.page().entries]


class TestAtASatellite:
    async def test_what_was_just_said_there_is_forgotten_and_nothing_else(self, ledger: RealLedger) -> None:
        before, last, elsewhere = said(), said(), said("kitchen")
        for row in (before, last, elsewhere):
            ledger.keep(row, b"")
        assert await LedgerMemory(ledger).forget_last("shelf") == 1
        assert left(ledger) == [elsewhere.id, before.id]
        assert {by for _, by in ledger.asked} == {"voice:shelf"}
        assert [(act.act, act.by, act.turns) for act in ledger.acts] == [("forget", "voice:shelf", 1)]

    async def test_turns_in_which_something_was_forgotten_are_passed_over(self, ledger: RealLedger) -> None:
        meant = said()
        ledger.keep(meant, b"")
        for _ in range(remembering.FEW + 1):
            ledger.keep(said(outcome=Outcome.FORGOTTEN), b"")
        assert await LedgerMemory(ledger).forget_last("shelf") == 1
        assert meant.id not in left(ledger)

    async def test_a_wake_without_words_is_not_what_was_just_said(self, ledger: RealLedger) -> None:
        ledger.keep(said(), b"")
        ledger.keep(replace(said(outcome="nothing_heard"), kind="false_wake"), b"")
        assert await LedgerMemory(ledger).forget_last("shelf") == 1
        assert [entry.row.kind for entry in ledger.ledger.page().entries] == ["false_wake"]

    async def test_where_nothing_was_said_nothing_is_forgotten(self, ledger: RealLedger) -> None:
        ledger.keep(said("kitchen"), b"")
        memory = LedgerMemory(ledger)
        assert (await memory.forget_last("shelf"), await memory.said_today("shelf", TODAY)) == (0, 0)
        assert await memory.forget_today("shelf", TODAY) == 0

    async def test_today_ends_at_midnight_as_the_clocks_here_show_it(self, ledger: RealLedger) -> None:
        older = said(days_ago=1)
        for row in (older, said(), said("kitchen"), said(outcome=Outcome.FORGOTTEN), said()):
            ledger.keep(row, b"")
        memory = LedgerMemory(ledger)
        assert await memory.said_today("shelf", TODAY) == 2
        assert await memory.forget_today("shelf", TODAY) == 2
        assert {(entry.row.satellite_id, entry.row.id == older.id) for entry in ledger.ledger.page().entries} == {
            ("shelf", True),
            ("kitchen", False),
        }

    async def test_a_yes_after_midnight_is_about_the_day_that_was_asked_about(self, ledger: RealLedger) -> None:
        before, after = said(days_ago=1), said()
        for row in (before, after):
            ledger.keep(row, b"")
        memory, asked_on = LedgerMemory(ledger), TODAY - timedelta(days=1)
        assert await memory.said_today("shelf", asked_on) == 1
        assert await memory.forget_today("shelf", asked_on) == 1
        assert left(ledger) == [after.id]

    async def test_a_long_day_is_counted_page_by_page(
        self, ledger: RealLedger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(7):
            ledger.keep(said(), b"")
        monkeypatch.setattr(remembering, "MOST_TURNS", 3)
        assert await LedgerMemory(ledger).said_today("shelf", TODAY) == 7
        monkeypatch.setattr(remembering, "MOST_PAGES", 2)
        assert await LedgerMemory(ledger).said_today("shelf", TODAY) == 6, "no more than that is looked through"


class TestByWhoeverIsLoggedIn:
    async def test_their_own_turns_are_forgotten_wherever_they_were_said(self, ledger: RealLedger) -> None:
        others = said(user_id="another")
        nobodys = said()
        for row in (said(user_id="me"), said("", user_id="me"), others, nobodys):
            ledger.keep(row, b"")
        memory = LedgerMemory(ledger, by="home", user_id="me")
        assert await memory.forget_last("shelf") == 1
        assert await memory.said_today("", TODAY) == 1
        assert await memory.forget_today("", TODAY) == 1
        assert left(ledger) == [nobodys.id, others.id]
        assert {by for _, by in ledger.asked} == {"home"}
        assert {act.user_id for act in ledger.acts} == {"me"}

    async def test_nobody_at_no_place_has_said_anything(self, ledger: RealLedger) -> None:
        ledger.keep(said(""), b"")
        memory = LedgerMemory(ledger, by="home")
        assert [
            await memory.forget_last(""),
            await memory.said_today("", TODAY),
            await memory.forget_today("", TODAY),
        ] == [None] * 3
        assert len(left(ledger)) == 1


class TestWithoutALedger:
    async def test_nothing_can_be_done_and_that_is_known(self) -> None:
        memory = LedgerMemory(NotingLedger())
        assert await memory.forget_last("shelf") is None
        assert await memory.said_today("shelf", TODAY) is None
        assert await memory.forget_today("shelf", TODAY) is None

    @pytest.mark.parametrize("answer", [LedgerDone(id=1), Turns(id=1, error="ledger")])
    async def test_an_answer_that_is_none_is_none(self, answer: Message) -> None:
        assert await LedgerMemory(NotingLedger(answers=lambda _: (answer, b""))).said_today("shelf", TODAY) is None

    @pytest.mark.parametrize("answer", [LedgerDone(id=1), TurnsForgotten(id=1, error="ledger")])
    async def test_what_is_not_forgotten_is_not_said_to_be(self, answer: Message) -> None:
        def answers(asked: Message) -> tuple[Message, bytes]:
            return (answer if isinstance(asked, ForgetTurns) else Turns(id=1)), b""

        assert await LedgerMemory(NotingLedger(answers=answers)).forget_today("", TODAY) is None
        assert await LedgerMemory(NotingLedger(answers=answers)).forget_today("shelf", TODAY) is None
