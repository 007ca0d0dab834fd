"""Rows are paged, selected and searched: the newest first, and none left out."""

from datetime import UTC, date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import LedgerError
from gateway.events import StateChange
from gateway.ledger import reading
from gateway.ledger.selection import LAST_HOUR_S, MOST_IDS, Selection, of_day
from tests.gateway.ledger.ledgers import (
    BEGIN,
    DAY,
    HOUR,
    Hands,
    opened,
    turn,
)


def test_pages_are_newest_first_and_leave_nothing_out(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ids = [str(ledger.record(turn())) for _ in range(7)]
        first = ledger.page(limit=3)
        assert [entry.row.id for entry in first.entries] == ids[:3:-1]
        ledger.record(turn())
        ledger.delete(Selection(ids=(ids[4],)))
        second = ledger.page(before=first.before, limit=3)
        assert [entry.row.id for entry in second.entries] == ids[3:0:-1]
        last = ledger.page(before=second.before, limit=3)
        assert ([entry.row.id for entry in last.entries], last.before) == (ids[:1], None)
        assert len(ledger.page(limit=0).entries) == 1


def test_rows_are_selected_by_what_is_plain(tmp_path: Path) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    rows = {
        "hall": turn(area_id="hall"),
        "satellite": turn(satellite_id="hall-1"),
        "error": turn(outcome="error"),
        "wake": turn(kind="false_wake"),
        "nobody": turn(user_id=""),
        "yesterday": turn(at=BEGIN - DAY),
        "late": turn(at=BEGIN.replace(hour=22, minute=59)),
        "midnight": turn(at=BEGIN.replace(hour=23)),
    }
    with opened(tmp_path, Hands()) as ledger:
        for row in rows.values():
            ledger.record(row)

        def found(selection: Selection) -> set[str]:
            ids = {entry.row.id for entry in ledger.page(selection).entries}
            return {name for name, row in rows.items() if row.id in ids}

        everybody = set(rows)
        assert found(Selection()) == everybody
        assert found(Selection(area_id="hall")) == {"hall"}
        assert found(Selection(satellite_id="hall-1")) == {"satellite"}
        assert found(Selection(outcome="error")) == {"error"}
        assert found(Selection(kind="false_wake")) == {"wake"}
        assert found(Selection(user_id="")) == {"nobody"}
        assert found(Selection(user_id="user-1", area_id="hall")) == {"hall"}
        assert found(Selection(user_id="somebody else")) == set()
        assert found(Selection(ids=(rows["hall"].id, rows["wake"].id))) == {"hall", "wake"}
        assert found(Selection(ids=())) == set()
        assert found(of_day(date(2026, 11, 21), UTC)) == {"yesterday"}
        assert found(of_day(date(2026, 11, 22), berlin)) == everybody - {"yesterday", "midnight"}
        assert found(Selection(last_s=LAST_HOUR_S)) == everybody
        with pytest.raises(LedgerError, match="at most 1000 rows"):
            ledger.page(Selection(ids=("a",)))
        with pytest.raises(LedgerError, match="at most 1000 rows"):
            ledger.page(Selection(ids=("0" * 32,) * (MOST_IDS + 1)))
        ledger.page(Selection(ids=("0" * 32,) * MOST_IDS))


def test_a_day_with_a_change_of_clocks_has_its_25_hours() -> None:
    day = of_day(date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
    assert day.since is not None
    assert day.until is not None
    assert day.until - day.since == 25 * HOUR


def test_words_are_found_wherever_they_were_said_done_or_answered(tmp_path: Path) -> None:
    rows = {
        "heard": turn(heard="Turn on the \u201cDisco\u201d Ball"),
        "reply": turn(reply='The "ball\\park" is open'),
        "change": turn(changes=(StateChange(entity_id="light.x", name="Glühwürmchen", before="off", after="on"),)),
        "slot": turn(slots={"name": "Waterfall"}),
        "id": turn(satellite_id="waterfall"),
    }
    with opened(tmp_path) as ledger:
        for row in rows.values():
            ledger.record(row)

        def found(words: str) -> set[str]:
            ids = {entry.row.id for entry in ledger.search(words).entries}
            return {name for name, row in rows.items() if row.id in ids}

        assert found("disco ball") == {"heard"}
        assert found("ball") == {"heard", "reply"}
        assert found('"BALL\\park"') == {"reply"}
        assert found("GLÜHWÜRM") == {"change"}
        assert found("gluehwurm") == set()
        assert found("waterfall") == {"slot"}, "a satellite's id is not a word that was said"
        assert found("satellite_id") == set()
        assert found("turn waterfall") == {"slot"}
        assert found("") == set(rows)
        assert len(ledger.search("turn", Selection(satellite_id="waterfall")).entries) == 1


def test_a_search_can_be_taken_up_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as ledger:
        ids = [str(ledger.record(turn(heard=f"this is {('even', 'odd')[number % 2]}"))) for number in range(6)]
        first = ledger.search("even", limit=2)
        assert [entry.row.id for entry in first.entries] == [ids[4], ids[2]]
        rest = ledger.search("even", before=first.before, limit=2)
        assert ([entry.row.id for entry in rest.entries], rest.before) == ([ids[0]], None)
        monkeypatch.setattr(reading, "SEARCH_S", -1.0)
        late = ledger.search("even")
        assert late.entries == ()
        assert late.before is not None
        assert [entry.row.id for entry in ledger.search("even", before=late.before).entries] == [ids[4]]
