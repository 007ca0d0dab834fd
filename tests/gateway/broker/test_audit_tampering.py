"""Whatever somebody does to whichever of a thousand rows is found, and the first bad row is named."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from time import perf_counter
from typing import Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.broker import audit_chain
from gateway.broker.audit_chain import Flaw, Seen, StoredRow, empty_hash, row_bytes, row_hash, signed_bytes, verify
from gateway.broker.audit_rows import AuditRow, decoded, encoded
from gateway.wire.broker_words import AuditHead

ROWS: Final = 1_000
FEWER_ROWS: Final = ROWS // 10
"""For sabotage, and where each row's signature is looked at, which takes its time."""
KEY: Final = Ed25519PrivateKey.generate()
PUBLIC: Final = KEY.public_key().public_bytes_raw()
STRANGER: Final = Ed25519PrivateKey.generate()
type Tamper = Callable[[list[StoredRow], int], list[StoredRow]]
"""Changes a log at the row with that index, and says which log is left."""


def text(number: int, about: str = "") -> str:
    at = "2026-11-22T04:05:06+00:00"
    return encoded(AuditRow(seq=number, at=at, actor="owner", action="configure", about=about))


def chained(texts: list[str], previous: bytes, first: int, key: Ed25519PrivateKey) -> list[StoredRow]:
    """Return rows as somebody writes them who knows how, and has this key."""
    rows: list[StoredRow] = []
    for seq, row in enumerate(texts, start=first):
        previous = row_hash(previous, row)
        rows.append(StoredRow(seq=seq, text=row, hash=previous, signature=key.sign(row_bytes(previous))))
    return rows


def head_of(rows: list[StoredRow], key: Ed25519PrivateKey = KEY) -> AuditHead:
    link = rows[-1].hash if rows else empty_hash(PUBLIC)
    head = AuditHead(
        size=len(rows), hash=link.hex(), at="2026-11-22T04:05:06+00:00", key=PUBLIC.hex(), signature="0" * 128
    )
    return msgspec.structs.replace(head, signature=key.sign(signed_bytes(head)).hex())


@cache
def log(count: int = ROWS) -> tuple[list[StoredRow], AuditHead]:
    rows = chained([text(number) for number in range(1, count + 1)], empty_hash(PUBLIC), 1, KEY)
    return rows, head_of(rows)


def numbered(rows: list[StoredRow]) -> list[StoredRow]:
    return [replace(row, seq=number) for number, row in enumerate(rows, start=1)]


def flip_text(rows: list[StoredRow], at: int) -> list[StoredRow]:
    row = rows[at]
    place = at % len(row.text)
    changed = row.text[:place] + chr(ord(row.text[place]) ^ 1) + row.text[place + 1 :]
    return [*rows[:at], replace(row, text=changed), *rows[at + 1 :]]


def flip_hash(rows: list[StoredRow], at: int) -> list[StoredRow]:
    changed = bytearray(rows[at].hash)
    changed[at % 32] ^= 1
    return [*rows[:at], replace(rows[at], hash=bytes(changed)), *rows[at + 1 :]]


def drop(rows: list[StoredRow], at: int) -> list[StoredRow]:
    return [*rows[:at], *rows[at + 1 :]]


def drop_and_number(rows: list[StoredRow], at: int) -> list[StoredRow]:
    return numbered(drop(rows, at))


def reorder(rows: list[StoredRow], at: int) -> list[StoredRow]:
    """Change places with the next; the last with the first."""
    changed = list(rows)
    other = (at + 1) % len(rows)
    changed[at], changed[other] = changed[other], changed[at]
    return changed


def reorder_and_number(rows: list[StoredRow], at: int) -> list[StoredRow]:
    return numbered(reorder(rows, at))


def truncate(rows: list[StoredRow], at: int) -> list[StoredRow]:
    return rows[:at]


def fork(rows: list[StoredRow], at: int) -> list[StoredRow]:
    """Write this row anew and all hashes after it, and sign that with a key that one has."""
    previous = rows[at - 1].hash if at else empty_hash(PUBLIC)
    texts = [text(at + 1, "forged"), *(row.text for row in rows[at + 1 :])]
    links = [previous := row_hash(previous, row) for row in texts]
    signature = bytes(64)
    forged = [
        StoredRow(seq=seq, text=row, hash=link, signature=signature)
        for seq, (row, link) in enumerate(zip(texts, links, strict=True), start=at + 1)
    ]
    return [*rows[:at], *forged]


def insert(rows: list[StoredRow], at: int) -> list[StoredRow]:
    return numbered([*rows[:at], rows[at], *rows[at:]])


TAMPERINGS: Final[dict[str, Tamper]] = {
    "flip": flip_text,
    "flip the hash": flip_hash,
    "drop": drop,
    "drop and number anew": drop_and_number,
    "reorder": reorder,
    "reorder and number anew": reorder_and_number,
    "truncate": truncate,
    "fork": fork,
    "repeat": insert,
}


def first_bad(tamper: Tamper, at: int, rows: int) -> int:
    """Return the number of the row that is to be named."""
    if at == rows - 1 and tamper in (reorder, reorder_and_number):
        return 1
    return at + 2 if tamper is insert else at + 1


def found(tamper: Tamper, count: int, places: range) -> tuple[int, int]:
    """Return at how many places it was found what somebody did, and how often the first bad row was named."""
    rows, head = log(count)
    flaws = {at: verify(tamper(rows, at), head, PUBLIC) for at in places}
    named = [at for at, flaw in flaws.items() if flaw and flaw.row == first_bad(tamper, at, count)]
    return sum(flaw is not None for flaw in flaws.values()), len(named)


def test_a_log_that_nobody_touched_is_whole() -> None:
    rows, head = log()
    assert verify(rows, head, PUBLIC) is None
    assert verify(rows, head, PUBLIC, witness=Seen(head.size, head.hash)) is None
    assert verify(rows, head, PUBLIC, witness=Seen(500, rows[499].hash.hex()[:16])) is None
    assert verify([], head_of([]), PUBLIC, witness=Seen(0, empty_hash(PUBLIC).hex())) is None


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_with_each_of_a_thousand_rows_is_found(name: str, state: Callable[[str], None]) -> None:
    assert found(TAMPERINGS[name], ROWS, range(ROWS)) == (ROWS, ROWS)
    state(f"audit log: {name}: {ROWS} of {ROWS} found, and the first bad row named")


def test_a_row_signature_that_is_not_the_logs_is_found_in_each_row() -> None:
    rows, head = log(FEWER_ROWS)
    for at, row in enumerate(rows):
        forged = replace(row, signature=STRANGER.sign(row_bytes(row.hash)))
        assert verify([*rows[:at], forged, *rows[at + 1 :]], head, PUBLIC) == Flaw(
            at + 1, "was not written by this log" if at == FEWER_ROWS - 1 else "its signature is not this log's"
        )


@pytest.mark.parametrize("name", ["flip", "drop", "reorder", "reorder and number anew", "repeat"])
def test_without_the_chain_it_would_not_be_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "_why_unchained", lambda *_: "")
    assert found(TAMPERINGS[name], FEWER_ROWS, range(FEWER_ROWS)) != (FEWER_ROWS, FEWER_ROWS)


@pytest.mark.parametrize("name", ["fork", "truncate"])
def test_without_the_signatures_it_would_not_be_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "is_signed", lambda *_: True)
    rows, _ = log(FEWER_ROWS)
    for at in range(FEWER_ROWS):
        left = TAMPERINGS[name](rows, at)
        assert verify(left, head_of(left, STRANGER), PUBLIC) is None


@pytest.mark.parametrize("name", ["fork", "truncate"])
def test_who_signs_the_head_without_the_key_is_found(name: str) -> None:
    rows, _ = log(FEWER_ROWS)
    for at in range(FEWER_ROWS):
        left = TAMPERINGS[name](rows, at)
        flaw = verify(left, head_of(left, STRANGER), PUBLIC)
        assert flaw is not None
        assert flaw.row == at + 1


def test_an_older_log_that_was_put_back_is_found_by_a_head_kept_outside_only() -> None:
    rows, head = log(FEWER_ROWS)
    seen = Seen(head.size, head.hash)
    for at in range(FEWER_ROWS):
        older = rows[:at]
        assert verify(older, head_of(older), PUBLIC) is None
        assert verify(older, head_of(older), PUBLIC, witness=seen) == Flaw(
            at + 1, f"is missing (there were {FEWER_ROWS} rows when the head was taken down)"
        )


def test_a_log_written_anew_with_the_stolen_key_is_found_by_a_head_kept_outside_only() -> None:
    rows, head = log(FEWER_ROWS)
    seen = Seen(head.size, head.hash[:16])
    for at in range(FEWER_ROWS):
        previous = rows[at - 1].hash if at else empty_hash(PUBLIC)
        texts = [text(at + 1, "forged"), *(row.text for row in rows[at + 1 :])]
        forged = [*rows[:at], *chained(texts, previous, at + 1, KEY)]
        assert verify(forged, head_of(forged), PUBLIC) is None
        flaw = verify(forged, head_of(forged), PUBLIC, witness=seen)
        assert flaw == Flaw(FEWER_ROWS, "it, or one before, is not what it was when the head was taken down")
        if at:
            assert verify(forged, head_of(forged), PUBLIC, witness=Seen(at, rows[at - 1].hash.hex())) is None


def test_a_row_that_chains_and_is_none_is_found() -> None:
    rows, _ = log(3)
    for bad, why in (("{}", "is not a row"), ("", "is not a row"), (text(7), "calls itself row 7")):
        forged = [*rows[:2], *chained([bad], rows[1].hash, 3, KEY)]
        assert verify(forged, head_of(forged), PUBLIC) == Flaw(3, why)
    assert str(Flaw(3, "is not a row")) == "row 3: is not a row"


def test_a_head_that_is_missing_or_not_of_these_rows_is_found() -> None:
    rows, head = log(3)
    assert verify(rows, None, PUBLIC) is not None
    assert verify(rows, msgspec.structs.replace(head, signature="zz"), PUBLIC) is not None
    assert verify(rows, msgspec.structs.replace(head, key="00" * 32), PUBLIC) is not None
    assert verify(rows, head, bytes(32)) is not None
    assert verify(rows, head_of(rows[:2]), PUBLIC) == Flaw(3, "was added by somebody else (the log had 2 rows)")
    other = head_of([*rows[:2], replace(rows[2], hash=bytes(32))])
    assert verify(rows, other, PUBLIC) == Flaw(3, "is not the row that the head was signed for")


def test_a_text_is_a_row_only_with_everything_in_it() -> None:
    row = AuditRow(
        seq=1, at="x", actor="owner", action="pair", about="é\n", detail={"layers": ["a"], "is": True, "n": 1}
    )
    assert decoded(encoded(row)) == row
    assert encoded(row) == (
        '{"about":"\\u00e9\\n","action":"pair","actor":"owner","at":"x","detail":{"is":true,"layers":["a"],"n":1},"seq":1}'
    )
    for bad in ("", "[]", "{", '{"seq":1}', '{"seq":1,"at":"","actor":"","action":"","detail":{"a":{}}}', "[" * 900):
        assert decoded(bad) is None


def test_verifying_takes_its_time(state: Callable[[str], None]) -> None:
    for count in (1_000, 10_000):
        rows, head = log(count)
        started = perf_counter()
        assert verify(rows, head, PUBLIC) is None
        state(f"audit log: {count} rows are verified in {perf_counter() - started:.2f} s")
