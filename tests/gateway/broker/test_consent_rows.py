"""What the audit log says of requests: enough to know after a crash what is known, and how much has left this month."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from gateway.ballast import Ballast
from gateway.broker import records
from gateway.broker.audit import Action, AuditError
from gateway.broker.audit_rows import AuditRow, decoded
from gateway.broker.consent_rows import ANSWERED, NOT_SENT, UNKNOWN, ConsentRows
from gateway.broker.destination import Content
from gateway.broker.outgoing import Outgoing
from gateway.broker.records import GATEWAY, OWNER, Records
from gateway.broker.waiting import Request
from gateway.wire.broker_words import LONGEST_ROW_CHARS
from gateway.wire.messages import NAME_CHARS
from tests.gateway.broker.running import locked
from tests.gateway.broker.test_waiting import HASH, destination

NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
TODAY = "2026-11-22"
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
BYTES = 1_000


class Log:
    """The rows of one gateway, with a clock to turn."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.records = Records(folder, now=lambda: self.now)
        self.rows = ConsentRows(self.records)

    def start(self) -> None:
        self.records.broker_started(version="1", configuration="c")

    def approve(self, request_id: str) -> None:
        self.rows.approved(request(request_id), by="home", user="")

    def send(self, request_id: str) -> None:
        self.approve(request_id)
        self.rows.sends(request(request_id), BYTES)

    def results(self) -> list[tuple[str, str]]:
        return [(row.about, str(row.detail["outcome"])) for row in self.all() if row.action == Action.RESULT]

    def all(self) -> list[AuditRow]:
        return list(filter(None, map(decoded, self.records.audit.rows(0, self.records.audit.head.size))))


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "gateway")
    with closing(log.records):
        log.start()
        yield log


def request(request_id: str = "r1", to: str = "work") -> Request:
    return Request(
        id=request_id,
        satellite_id="shelf",
        destination=destination(to),
        outgoing=Outgoing(content=Content.TEXT, raw=b"raw", body_at=0),
        hash=HASH,
        asked_at=NOW,
        until=NOW,
        until_s=0.0,
    )


def test_each_row_says_who_and_what_and_no_word_of_it(log: Log) -> None:
    log.rows.approved(request(), by="home", user="u7")
    log.rows.approved(request("r2"), by=OWNER, user="")
    log.rows.refused(request("r3"), by="home", user="u7")
    log.rows.refused(request("r4"), by=OWNER, user="")
    log.rows.sends(request(), BYTES)
    log.rows.resulted("r1", ANSWERED, status=200, received=7)
    log.rows.resulted("r2", NOT_SENT, reason="late")
    told = [(row.actor, row.action, row.about, row.detail) for row in log.all()[1:]]
    approved = {"destination": "work", "host": "cloud.example", "content": "text", "bytes": 3}
    approved |= {"hash": HASH.hex(), "key_version": 1}
    refused = {"destination": "work", "content": "text", "hash": HASH.hex()}
    assert told == [
        ("home", "approve", "r1", approved | {"user": "u7"}),
        ("owner", "approve", "r2", approved),
        ("home", "refuse", "r3", refused | {"user": "u7"}),
        ("owner", "refuse", "r4", refused),
        ("gateway", "send", "r1", {"bytes": BYTES}),
        ("gateway", "result", "r1", {"outcome": "answered", "status": 200, "received": 7}),
        ("gateway", "result", "r2", {"outcome": "not_sent", "reason": "late"}),
    ]


def test_a_request_is_consumed_with_its_yes_and_cannot_be_again_ever(log: Log, tmp_path: Path) -> None:
    log.approve("r1")
    for _ in range(2):
        with pytest.raises(AuditError, match="consumed"):
            log.approve("r1")
    log.records.close()
    with closing(Log(tmp_path / "gateway").records) as again, pytest.raises(AuditError, match="consumed"):
        ConsentRows(again).approved(request(), by=OWNER, user="")


def test_the_longest_row_that_there_can_be_fits(log: Log) -> None:
    long = "x" * 32
    log.rows.approved(request("0" * 32, to=long), by="0" * 32, user="0" * 32)
    with pytest.raises(AuditError, match=str(LONGEST_ROW_CHARS)):
        log.rows.approved(request("1" * 32), by="0" * 32, user="ä" * NAME_CHARS)


@pytest.mark.usefixtures("impatient")
def test_what_cannot_be_written_down_is_an_error_each_time(log: Log, tmp_path: Path) -> None:
    writes: tuple[Callable[[], object], ...] = (
        lambda: log.rows.approved(request(), by=OWNER, user=""),
        lambda: log.rows.refused(request(), by=OWNER, user=""),
        lambda: log.rows.sends(request(), BYTES),
        lambda: log.rows.resulted("r1", ANSWERED),
    )
    with locked(tmp_path / "gateway"):
        for write in writes:
            with pytest.raises(AuditError, match="cannot be written"):
                write()
    assert len(log.all()) == 1


# After a crash


def test_what_is_known_of_each_request_is_told_once_the_oldest_first(log: Log) -> None:
    log.approve("waited")
    log.send("was sent")
    log.send("answered")
    log.rows.resulted("answered", ANSWERED)
    log.rows.refused(request("refused"), by=OWNER, user="")
    assert log.rows.settle() == 2
    assert log.results() == [("answered", ANSWERED), ("waited", NOT_SENT), ("was sent", UNKNOWN)]
    assert log.rows.settle() == 0
    log.start()
    assert log.rows.settle() == 0


def test_what_was_before_the_last_start_is_not_looked_at_and_a_new_log_has_nothing(log: Log, tmp_path: Path) -> None:
    log.approve("long ago")
    log.start()
    assert log.rows.settle() == 0
    with closing(Log(tmp_path / "new").records) as new:
        assert ConsentRows(new).settle() == 0


def test_settling_goes_through_many_rows(log: Log) -> None:
    log.send("r1")
    for _ in range(2 * records.PAGE_ROWS):
        log.records.record_download("tiny.en", "example.org")
    assert log.rows.settle() == 1
    assert log.results() == [("r1", UNKNOWN)]


@pytest.mark.usefixtures("impatient")
def test_settling_that_fails_goes_on_where_it_was(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.approve("r1")
    log.send("r2")
    written = Records.append
    failing = locked(tmp_path / "gateway")

    def fail_second(self: Records, *arguments: object, **detail: object) -> int:
        size = written(self, *arguments, **detail)  # type: ignore[arg-type]
        failing.__enter__()
        return size

    with monkeypatch.context() as patched:
        patched.setattr(Records, "append", fail_second)
        with pytest.raises(AuditError, match="cannot be written"):
            log.rows.settle()
    failing.__exit__(None, None, None)
    assert log.results() == [("r1", NOT_SENT)]
    assert log.rows.settle() == 1
    assert log.results() == [("r1", NOT_SENT), ("r2", UNKNOWN)]


# The month


def test_the_bytes_of_a_month_are_those_that_left_in_it(log: Log) -> None:
    assert log.rows.sent(NOW) == ("2026-11", {})
    log.send("r1")
    log.approve("r2")
    assert log.rows.sent(NOW) == ("2026-11", {TODAY: BYTES})
    log.send("r3")
    log.send("r4")
    assert log.rows.sent(NOW) == ("2026-11", {TODAY: 3 * BYTES})
    assert log.rows.sent(NOW) == ("2026-11", {TODAY: 3 * BYTES})
    log.now = DECEMBER
    assert log.rows.sent(DECEMBER) == ("2026-12", {})
    log.send("r5")
    assert log.rows.sent(DECEMBER) == ("2026-12", {"2026-12-01": BYTES})
    assert log.rows.sent(NOW) == ("2026-11", {TODAY: 3 * BYTES}), "a clock that was turned back"
    assert ConsentRows(log.records).sent(DECEMBER) == ("2026-12", {"2026-12-01": BYTES}), "after a restart"


def test_each_day_has_what_left_on_it_and_they_are_in_order_whatever_the_clock_said(log: Log) -> None:
    for day in (22, 2, 30, 2):
        log.now = NOW.replace(day=day)
        log.send(f"r{len(log.all())}")
        assert log.rows.sent(NOW) == ConsentRows(log.records).sent(NOW)
    month, days = log.rows.sent(NOW)
    assert (month, list(days.items())) == (
        "2026-11",
        [("2026-11-02", 2 * BYTES), ("2026-11-22", BYTES), ("2026-11-30", BYTES)],
    )
    days.clear()
    assert len(log.rows.sent(NOW)[1]) == 3, "what was told is the listener's own"


def test_rows_from_when_the_clock_was_wrong_hide_none(log: Log) -> None:
    log.send("r1")
    log.now = datetime(1970, 1, 1, tzinfo=UTC)
    log.start()
    log.now = NOW
    assert ConsentRows(log.records).sent(NOW) == ("2026-11", {TODAY: BYTES})


def test_what_could_not_be_read_once_is_counted_the_next_time(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(records.PAGE_ROWS):
        log.send(f"r{number}")
    read = type(log.records.audit).rows
    pages: list[int] = []

    def fail_second(self: object, after: int, limit: int) -> list[str]:
        pages.append(after)
        if len(pages) == 2:
            raise AuditError("the disk failed")
        return read(log.records.audit, after, limit)

    with monkeypatch.context() as patched:
        patched.setattr(type(log.records.audit), "rows", fail_second)
        with pytest.raises(AuditError, match="the disk failed"):
            log.rows.sent(NOW)
    assert log.rows.sent(NOW) == ("2026-11", {TODAY: records.PAGE_ROWS * BYTES})


def test_rows_that_somebody_else_wrote_are_not_counted(log: Log, tmp_path: Path) -> None:
    log.send("r1")
    log.records.append(GATEWAY, Action.SEND, "r2", bytes="many")
    log.records.append(GATEWAY, Action.SEND, "r3")
    log.records.append(GATEWAY, Action.SEND, "r4", bytes=-7)
    log.send("r5")
    with closing(apsw.Connection(str(tmp_path / "gateway" / "audit.db"))) as tampered:
        tampered.execute("DROP TRIGGER rows_stay")
        tampered.execute("UPDATE rows SET row = 'nonsense' WHERE seq = 4")
        tampered.execute("UPDATE rows SET row = replace(row, '2026-11-22', '2026-11-99') WHERE row LIKE '%\"r5\"%'")
    assert log.rows.sent(NOW) == ("2026-11", {TODAY: BYTES})
