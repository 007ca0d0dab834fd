"""What a rule would do to earlier turns: those that were right are tried again, by the readings that are kept of them.

Only turns in which a rule's words occur can come to mean something else; the others are counted as they are read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import msgspec

from gateway.events import Outcome
from gateway.rules import Rule, is_about, words_in
from gateway.server.meanings import Learning, is_same, meaning_of, readings
from gateway.server.remembered import Asker
from gateway.wire.learning_words import MOST_HARMED, HarmWords, MeaningWords
from gateway.wire.ledger_words import SelectionWords, TurnWords

MOST_READ: Final = 2_000
"""Turns that are read one after the other: a week of a talkative household. Beyond, the ledger searches for words."""
MOST_TOUCHED: Final = 500
"""Turns that are tried again: three seconds of matching on a slow machine."""
REPLAY_S: Final = 15.0
"""So long earlier turns are looked for."""
MOST_SEARCHED_WORDS: Final = 8
LARGEST_HARM_BYTES: Final = 32 * 1024
"""Of what is shown, so that it fits into a message with everything else."""
SHOWN_CHARS: Final = 300
"""Of what was heard."""

_RIGHT: Final = frozenset({Outcome.ACTION, Outcome.ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The turns that were right."""

    count: int
    touched: tuple[TurnWords, ...]
    """Those among them that one of the rules could change."""
    is_all: bool
    """False where there were more than could be tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What would be understood otherwise, and was right."""

    shown: tuple[HarmWords, ...] = ()
    count: int = 0


NO_HARM: Final = Harm()


async def earlier_turns(
    asker: Asker, rules: Sequence[Rule], but: str, *, clock: Callable[[], float] = monotonic
) -> Earlier:
    """Return the turns that were right, but for one; with those that one of `rules` could change."""
    looking = _Looking(asker, rules, but, clock() + REPLAY_S, clock)
    await looking.read()
    if not looking.is_done and (words := _common_words(rules)):
        await looking.search(words)
    return Earlier(count=looking.count, touched=tuple(looking.touched), is_all=looking.is_done)


async def harm_of(rule: Rule, earlier: Earlier, understanding: Learning) -> Harm:
    """Return which of these turns would come to mean something else by `rule`."""
    with_rule = understanding.with_rules((rule, *understanding.rules))
    harmed: list[HarmWords] = []
    for turn in earlier.touched:
        if not _is_touched(turn, (rule,)):
            continue
        recognition, area_id = readings(turn), turn.area_id or None
        before = await meaning_of(recognition, understanding, area_id)
        if not _is_right_still(turn, before):
            continue
        after = await meaning_of(recognition, with_rule, area_id)
        if not is_same(before, after):
            heard = turn.heard[:SHOWN_CHARS]
            harmed.append(HarmWords(turn_id=turn.turn_id, heard=heard, before=before, after=after))
    return Harm(shown=_fitting(harmed), count=len(harmed))


class _Looking:
    """Goes through the ledger, newest first."""

    def __init__(
        self, asker: Asker, rules: Sequence[Rule], but: str, until_s: float, clock: Callable[[], float]
    ) -> None:
        self._asker = asker
        self._rules = rules
        self._but = but
        self._until_s = until_s
        self._clock = clock
        self._before: int | None = None
        self.is_done = False
        """Whether the oldest turn was reached."""
        self.count = 0
        self.touched: list[TurnWords] = []

    async def read(self) -> None:
        """Go through the newest turns."""
        read = 0
        while not self.is_done and read < MOST_READ and (page := await self._page("")) is not None:
            read += max(1, len(page))

    async def search(self, words: str) -> None:
        """Go through those before them in which these words occur."""
        while not self.is_done and await self._page(words) is not None:
            pass

    async def _page(self, words: str) -> tuple[TurnWords, ...] | None:
        """Take the next page; None where there is no time or room for one."""
        if self._clock() >= self._until_s or len(self.touched) >= MOST_TOUCHED:
            return None
        page = await self._asker.page(SelectionWords(kind="turn"), words=words, before=self._before)
        self._before, self.is_done = page.before, page.before is None
        for turn in page.turns:
            if turn.turn_id != self._but and _was_right(turn):
                self.count += 1
                if _is_touched(turn, self._rules):
                    self.touched.append(turn)
        return page.turns


def _was_right(turn: TurnWords) -> bool:
    """Tell whether a turn was right: nobody corrected it, or it is known what it should have been."""
    if turn.wake_mark:
        return False
    return turn.correction is not None or (turn.outcome in _RIGHT and bool(turn.intent))


def _is_right_still(turn: TurnWords, meaning: MeaningWords) -> bool:
    """Tell whether a turn that was right is, as things are: what the house no longer knows cannot be harmed."""
    if turn.correction is not None:
        return is_same(meaning, turn.correction.meaning)
    return bool(meaning.intent)


def _is_touched(turn: TurnWords, rules: Sequence[Rule]) -> bool:
    texts = [turn.heard, *(one.text for one in turn.hypotheses)]
    return any(is_about(rule, text) for rule in rules for text in texts)


def _common_words(rules: Sequence[Rule]) -> str:
    """Return the words that occur wherever one of `rules` could make a difference."""
    said = [[word.text for word in words_in(rule.said)] for rule in rules]
    common = [word for word in dict.fromkeys(said[0]) if all(word in words for words in said)] if said else []
    return " ".join(common[:MOST_SEARCHED_WORDS])


def _fitting(harmed: list[HarmWords]) -> tuple[HarmWords, ...]:
    """Return the first of them, as many as a message has room for."""
    shown: list[HarmWords] = []
    room = LARGEST_HARM_BYTES
    for one in harmed[:MOST_HARMED]:
        room -= len(msgspec.json.encode(one))
        if room < 0:
            break
        shown.append(one)
    return tuple(shown)
