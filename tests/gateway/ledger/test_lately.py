"""A turn that was on its way when it was deleted does not come after all."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.events import Outcome
from gateway.ledger.lately import MOST, ON_ITS_WAY, Lately
from gateway.ledger.selection import EVERYTHING, LAST_HOUR_S, Selection
from tests.gateway.ledger.ledgers import BEGIN, Hands, opened, told, turn

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "selection",
    [
        EVERYTHING,
        Selection(area_id="kitchen", last_s=LAST_HOUR_S),
        Selection(since=BEGIN - SECOND, until=BEGIN + SECOND),
    ],
)
def test_what_began_before_a_deletion_is_deleted_though_it_comes_later(tmp_path: Path, selection: Selection) -> None:
    hands = Hands()
    with opened(tmp_path, hands) as ledger:
        on_its_way = turn(at=hands.wall)
        hands.pass_by(SECOND)
        ledger.delete(selection)
        hands.pass_by(SECOND)
        assert ledger.record(on_its_way) is None
        assert told(ledger) == []
        assert ledger.stats(1).total.turns == 1
        assert ledger.record(turn(at=hands.wall)) is not None


def test_a_row_that_was_deleted_and_is_handed_over_again_stays_away(tmp_path: Path) -> None:
    with opened(tmp_path, Hands()) as ledger:
        row, other = turn(), turn()
        ledger.record(row)
        ledger.delete(Selection(ids=(row.id,)))
        assert ledger.record(row) is None
        assert ledger.record(other) == other.id


@pytest.mark.parametrize(
    "selection",
    [
        Selection(ids=("f" * 32,)),
        Selection(satellite_id="hall-1"),
        Selection(user_id=""),
        Selection(outcome="error"),
        Selection(kind="false_wake"),
        Selection(since=BEGIN + SECOND),
        Selection(until=BEGIN),
        Selection(corrected=True),
    ],
)
def test_what_was_not_meant_comes(selection: Selection) -> None:
    lately = Lately()
    lately.deleted(selection, BEGIN + SECOND)
    assert not lately.is_meant(turn())
    lately.deleted(Selection(corrected=False, kind="turn"), BEGIN + SECOND)
    assert lately.is_meant(turn())


def test_the_turn_that_had_it_deleted_stays() -> None:
    lately = Lately()
    lately.deleted(EVERYTHING, BEGIN)
    assert not lately.is_meant(turn(outcome=Outcome.FORGOTTEN))


def test_what_is_older_than_any_turn_is_none_that_was_on_its_way() -> None:
    lately = Lately()
    lately.deleted(EVERYTHING, BEGIN)
    assert lately.is_meant(turn(at=BEGIN - ON_ITS_WAY))
    assert not lately.is_meant(turn(at=BEGIN - ON_ITS_WAY - SECOND))
    for _ in range(MOST):
        lately.deleted(Selection(ids=()), BEGIN)
    assert not lately.is_meant(turn())
