"""Pages of turns and rules: how much fits on one, and where the next begins.

Rows are numbered as they are made, whoever's they are. Who may see their own only is told the number under a cipher
that this process made up: how much others spoke in between is none of their business.
"""

import secrets
from hashlib import blake2b
from typing import Final

import msgspec

from gateway.rules import Rule
from gateway.wire.learning_words import AskRules, Rules, RuleWords
from gateway.wire.ledger_words import TurnWords
from gateway.wire.taught_rules import rule_words

LARGEST_PAGE_BYTES: Final = 60_000
"""Of JSON: a page ends before, as a message to a home may have no more than 64 KiB."""
HALF_BITS: Final = 26
"""Two halves are a number that every reader of JSON takes for one."""
_HALF: Final = 2**HALF_BITS - 1
_ROUNDS: Final = 6
_COMMA: Final = 1


class HiddenPlaces:
    """Where pages end, for those who may not know how much there is: each place is another number, and back.

    After a restart the places that were told before are others: whoever was turning pages begins anew.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def hidden(self, place: int) -> int:
        """Return what is told of a place."""
        left, right = place >> HALF_BITS & _HALF, place & _HALF
        for number in range(_ROUNDS):
            left, right = right, left ^ self._mixed(number, right)
        return left << HALF_BITS | right

    def found(self, told: int) -> int:
        """Return the place of which this was told."""
        left, right = told >> HALF_BITS & _HALF, told & _HALF
        for number in reversed(range(_ROUNDS)):
            left, right = right ^ self._mixed(number, left), left
        return left << HALF_BITS | right

    def _mixed(self, number: int, half: int) -> int:
        digest = blake2b(bytes([number]) + half.to_bytes(4), digest_size=4, key=self._key).digest()
        return int.from_bytes(digest) & _HALF


def fitting(words: list[TurnWords] | list[RuleWords]) -> int:
    """Return how many of these, from the first on, fit on a page."""
    size_bytes = 0
    for number, one in enumerate(words):
        size_bytes += len(msgspec.json.encode(one)) + _COMMA
        if size_bytes > LARGEST_PAGE_BYTES:
            return number
    return len(words)


def rules_page(asked: AskRules, rules: tuple[Rule, ...]) -> Rules:
    """Return the newest rules that were made before number `before`, counted from the oldest."""
    end = len(rules) if asked.before is None else min(asked.before, len(rules))
    words = [rule_words(rule) for rule in rules[len(rules) - end :]]
    most = fitting(words)
    left = end - most
    return Rules(id=asked.id, rules=tuple(words[:most]), before=left or None)
