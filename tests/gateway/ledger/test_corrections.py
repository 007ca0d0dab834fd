"""Corrections and rules as JSON: both ways, and cut rather than refused."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest

from gateway.errors import LedgerError
from gateway.ledger.corrections import (
    LARGEST_CORRECTION_BYTES,
    LARGEST_RULE_BYTES,
    decoded_correction,
    decoded_rule,
    encoded_correction,
    encoded_rule,
)
from gateway.rules import LONGEST_RULE_CHARS, RuleKind
from tests.gateway.ledger.ledgers import BEGIN, corrected, rule

LONG = "\x01" * 10_000  # six bytes each in JSON


def test_a_correction_comes_back_as_it_was() -> None:
    correction = corrected(slots={"name": "Lamp", "areas": ("Kitchen", 1, None)}, rule_id="a" * 32)
    assert decoded_correction(encoded_correction(correction)) == correction


def test_a_correction_that_is_long_everywhere_is_cut() -> None:
    long = corrected(
        LONG,
        intent=LONG,
        slots={f"{number}{LONG}": (LONG,) * 99 for number in range(99)},
        entity_id=LONG,
        rule_id=LONG,
        by=LONG,
    )
    raw = encoded_correction(long)
    assert len(raw) <= LARGEST_CORRECTION_BYTES
    assert len(decoded_correction(raw).meant) == LONGEST_RULE_CHARS


def test_a_rule_comes_back_as_it_was() -> None:
    one = rule(turn_id="a" * 32)
    assert decoded_rule(encoded_rule(one)) == one
    alias = rule("the big one", kind=RuleKind.ALIAS, meant="", entity_id="light.ceiling")
    assert decoded_rule(encoded_rule(alias)) == alias


def test_a_rule_that_is_long_everywhere_fits() -> None:
    text = LONG[:LONGEST_RULE_CHARS]
    raw = encoded_rule(rule(text, meant=text, entity_id=LONG, language=LONG, by=LONG))
    assert len(raw) <= LARGEST_RULE_BYTES
    assert decoded_rule(raw).said == text


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../etc"},
        {"made_at": BEGIN.replace(tzinfo=None)},
        {"said": ""},
        {"said": "x" * 201},
        {"meant": "x" * 201},
    ],
)
def test_what_is_no_rule_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(LedgerError):
        encoded_rule(rule(**change))  # type: ignore[arg-type]


def test_times_are_utc() -> None:
    at = BEGIN.astimezone(timezone(timedelta(hours=1)))
    correction = decoded_correction(encoded_correction(corrected(corrected_at=at)))
    one = decoded_rule(encoded_rule(rule(made_at=at)))
    assert correction.corrected_at == one.made_at == BEGIN
    assert correction.corrected_at.tzinfo is one.made_at.tzinfo is UTC
    raw = encoded_rule(rule()).replace(b"12:00:00Z", b"12:00:00")
    assert decoded_rule(raw).made_at == BEGIN
    with pytest.raises(LedgerError, match="a time in UTC"):
        encoded_correction(replace(corrected(), corrected_at=BEGIN.replace(tzinfo=None)))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"kind":"secret"}'])
def test_what_is_neither_is_refused(raw: bytes) -> None:
    with pytest.raises(LedgerError, match="not a correction"):
        decoded_correction(raw)
    with pytest.raises(LedgerError, match="not a rule"):
        decoded_rule(raw)
