from datetime import UTC, datetime
from typing import Final

import pytest

from gateway.errors import ProtocolError
from gateway.rules import Rule, RuleKind
from gateway.wire.learning_words import RuleWords
from gateway.wire.taught_rules import rule_of, rule_words

NOW: Final = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
RULE: Final = Rule(
    id="1" * 32,
    kind=RuleKind.ALIAS,
    said="lamp",
    entity_id="light.b",
    language="en",
    made_at=NOW,
    turn_id="0" * 32,
    by="u1",
)


def test_a_rule_comes_back_as_it_was() -> None:
    assert rule_of(rule_words(RULE), now=NOW) == RULE


def test_it_is_made_now_where_that_is_not_said() -> None:
    assert rule_of(RuleWords(rule_id="1" * 32, kind="words", said="x"), now=NOW).made_at == NOW


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(ProtocolError):
        rule_of(RuleWords(rule_id="1" * 32, kind="spell", said="x"), now=NOW)
