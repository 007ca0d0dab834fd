"""A household's rules as they travel, and back."""

from datetime import datetime

from gateway.errors import ProtocolError
from gateway.rules import Rule, RuleKind
from gateway.wire.learning_words import RuleWords
from gateway.wire.moments import moment, moment_of


def rule_words(rule: Rule) -> RuleWords:
    """Return a rule as it is shown."""
    return RuleWords(
        rule_id=rule.id,
        kind=rule.kind.value,
        said=rule.said,
        meant=rule.meant,
        entity_id=rule.entity_id,
        language=rule.language,
        made_at=moment(rule.made_at),
        turn_id=rule.turn_id,
        by=rule.by,
    )


def rule_of(words: RuleWords, *, now: datetime) -> Rule:
    """Return a rule; made `now` where that is not said. Raises ProtocolError for one of a kind that is none."""
    if words.kind not in RuleKind:
        raise ProtocolError("malformed", "there is no such kind of rule")
    return Rule(
        id=words.rule_id,
        kind=RuleKind(words.kind),
        said=words.said,
        meant=words.meant,
        entity_id=words.entity_id,
        language=words.language,
        made_at=moment_of(words.made_at) or now,
        turn_id=words.turn_id,
        by=words.by,
    )
