"""Forgets what was said just before or, after a yes, today, when somebody says so: in time, or it says that it did not.

That is a wish about what is kept, not about what is being done: "forget it" and "never mind" are none (`cloud`). None
of what is said here repeats a word of what is forgotten.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Final

from gateway.turn.cloud import bare, withdrawn
from gateway.turn.forgetting_phrases import PHRASES, Phrases
from gateway.turn.stages import Memory

FORGET_S: Final = 10.0
"""A day's rows and sounds are gone within a second on a slow disk; who waits for longer thinks that we did not hear."""
COUNT_S: Final = 3.0
"""Somebody waits for the question; a ledger that needs longer to count is not there."""
UNKNOWN: Final = "what is remembered did not say in time that it is forgotten"
"""For whoever has to look into it."""
LONGEST_CHARS: Final = 200
"""What is longer is no such sentence, and is not looked at."""


class Wish(StrEnum):
    """What is to be forgotten."""

    LAST = "last"
    TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What became of a wish."""

    speech: str
    is_known: bool = True
    """False where what is remembered did not say that it is forgotten."""


def wish(texts: Iterable[str], language: str) -> Wish | None:
    """Return what somebody wants forgotten, by the first of these readings that says so."""
    return next((found for text in texts if (found := _wish(text, _code(language))) is not None), None)


def this_day() -> date:
    """Return which day it is by the clocks here: the one that somebody means who says "today" now."""
    return datetime.now().astimezone().date()


async def question(memory: Memory, satellite_id: str, language: str, *, today: date, is_own: bool = False) -> str:
    """Return what to ask before today is forgotten; empty where there is nothing to lose, or nobody can tell.

    `is_own` where not a satellite's turns are meant, but somebody's own.
    """
    count = await _in_time(memory.said_today(satellite_id, today), COUNT_S)
    if not count:
        return ""
    words = _words(language)
    asked = words.question_own if is_own else words.question_there
    return asked.format(things=_things(count, words))


async def forget(
    wished: Wish, memory: Memory, satellite_id: str, language: str, *, today: date, is_withdrawn: bool = False
) -> Forgotten:
    """Have it forgotten; return what to say. `is_withdrawn` where the cloud was to be asked it and is not any more.

    `today` is the day on which it was wished for, and asked about.
    """
    is_last = wished is Wish.LAST
    forgetting = memory.forget_last(satellite_id) if is_last else memory.forget_today(satellite_id, today)
    count = await _in_time(forgetting, FORGET_S)
    words = _words(language)
    if count is None:
        speech = words.unknown
    elif not count:
        speech = words.nothing
    else:
        speech = words.forgotten if is_last else words.forgotten_today.format(things=_things(count, words))
    before = f"{withdrawn(language)} " if is_withdrawn else ""
    return Forgotten(speech=before + speech, is_known=count is not None)


def kept(language: str) -> str:
    """Return what to say where no yes came."""
    return _words(language).kept


def _wish(text: str, code: str) -> Wish | None:
    if code not in PHRASES or len(text) > LONGEST_CHARS:
        return None
    said = bare(text, code)
    return next((wished for wished, pattern in _patterns(code) if pattern.fullmatch(said)), None)


async def _in_time(doing: Awaitable[int | None], deadline_s: float) -> int | None:
    try:
        async with asyncio.timeout(deadline_s):
            return await doing
    except TimeoutError:
        return None


def _things(count: int, words: Phrases) -> str:
    return words.one if count == 1 else words.many.format(count=count)


def _words(language: str) -> Phrases:
    """Return a language's words; English ones where there are none: nobody can wish for it in such a language."""
    return PHRASES.get(_code(language), PHRASES["en"])


def _code(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].casefold()


@cache
def _patterns(code: str) -> tuple[tuple[Wish, re.Pattern[str]], ...]:
    phrases = PHRASES[code]
    return (Wish.TODAY, re.compile(phrases.today)), (Wish.LAST, re.compile(phrases.last))
