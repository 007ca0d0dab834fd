"""Which clips were understood, by us and by Home Assistant, and how often. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.gold import Meaning, Spelling, plain
from bench.understand_clips import Clip, Group
from bench.understand_turns import Ending, Turn

NEVER_MIND: Final = "HassNevermind"
"""Nothing is done, and nothing said: where something else was meant, that is no wrong action."""


class Verdict(StrEnum):
    """What became of one clip."""

    RIGHT = "right"
    ASKED = "asked"
    """We asked back."""
    REFUSED = "refused"
    """Not understood, and nothing done."""
    WRONG = "wrong"
    """Something else would have been done or answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """What Home Assistant made of a clip."""

    heard: str
    meaning: Meaning | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A clip, and what both made of it."""

    clip: Clip
    turn: Turn
    theirs: Theirs
    spelling: Spelling
    """Of the clip's house."""

    @property
    def ours(self) -> Verdict:
        """Whether we understood it."""
        return ours(self.turn, self.clip.meant, self.spelling)

    @property
    def peer(self) -> Verdict:
        """Whether Home Assistant did."""
        return of_meaning(self.theirs.meaning, self.clip.meant, self.spelling)

    @property
    def ten_best(self) -> Verdict:
        """Whether the likeliest reading that means anything would have been right."""
        return of_meaning(self.turn.ten_best, self.clip.meant, self.spelling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A clip in a house without a name that is said in it."""

    clip: Clip
    name: str
    meant: Meaning | None
    """What the sentence means without that name; mostly nothing."""
    turn: Turn
    spelling: Spelling

    @property
    def verdict(self) -> Verdict:
        """Whether nothing was done, but what it means anyway."""
        return ours(self.turn, self.meant, self.spelling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A recording that is no command to this house."""

    name: str
    kind: str
    turn: Turn

    @property
    def is_acted_on(self) -> bool:
        """Whether something would have been done or answered."""
        return self.turn.ending in (Ending.UNDERSTOOD, Ending.OTHER)

    @property
    def is_answered(self) -> bool:
        """Whether we said anything."""
        return self.is_acted_on or self.turn.ending in (Ending.SORRY, Ending.ASKED, Ending.FAILED)


type Side = Callable[[Case], Verdict]


def ours(turn: Turn, meant: Meaning | None, spelling: Spelling) -> Verdict:
    """Return whether a turn did what was `meant`, which may be nothing."""
    match turn.ending:
        case Ending.UNDERSTOOD:
            return of_meaning(turn.meaning, meant, spelling)
        case Ending.OTHER:
            return Verdict.WRONG
        case Ending.ASKED:
            return Verdict.ASKED
    return Verdict.REFUSED


def of_meaning(taken: Meaning | None, meant: Meaning | None, spelling: Spelling) -> Verdict:
    """Return whether what something was taken for is what was meant."""
    if taken is None:
        return Verdict.REFUSED
    if meant is not None and spelling.is_same(taken, meant):
        return Verdict.RIGHT
    return Verdict.REFUSED if all(one.name == NEVER_MIND for one in taken.commands) else Verdict.WRONG


def by_us(case: Case) -> Verdict:
    """Return our verdict."""
    return case.ours


def by_peer(case: Case) -> Verdict:
    """Return Home Assistant's."""
    return case.peer


def by_ten_best(case: Case) -> Verdict:
    """Return what it would be without us."""
    return case.ten_best


def rate(cases: Sequence[Case], side: Side, verdict: Verdict = Verdict.RIGHT) -> float:
    """Return the share of cases with this verdict, 0 to 1; 0 of none."""
    return sum(side(case) is verdict for case in cases) / max(len(cases), 1)


def rate_by_sentence(cases: Iterable[Case], side: Side) -> float:
    """Return the mean of each distinct sentence's share that is right: one that is said often does not count more."""
    by_sentence: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_sentence[plain(case.clip.said.text)].append(case)
    return sum(rate(said, side) for said in by_sentence.values()) / max(len(by_sentence), 1)


def errors_share(cases: Sequence[Case], of: Side) -> float:
    """Return our errors as a share of another side's; 0 where nobody made any, and our count where only we did."""
    us, them = (sum(side(case) is not Verdict.RIGHT for case in cases) for side in (by_us, of))
    return us / max(them, 1)


def of_groups(cases: Sequence[Case], *groups: Group) -> tuple[Case, ...]:
    """Return the cases of these groups."""
    return tuple(case for case in cases if case.clip.said.group in groups)
