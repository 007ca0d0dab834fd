"""When a turn wants the cloud asked, and what it says of that. Pure: it reads words and returns words.

That somebody says "ask the cloud" allows nothing: it has a person asked, who decides elsewhere, and never by voice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from gateway.turn.choice import Choice
from gateway.turn.cloud_phrases import PHRASES, Phrases
from gateway.turn.cloud_wordings import WORDINGS, Wordings
from gateway.turn.proposals import LONGEST_CHARS, CloudState, Content, Refusal
from gateway.turn.words import plain_words

FEWEST_WORDS: Final = 3
"""Of a question that nobody asked the cloud: what is shorter is a command that went wrong."""
MOST_READINGS: Final = 3
"""That are looked at: what is less likely is not what was said."""
MOST_SPOKEN_CHARS: Final = 600
"""Of an answer: about forty seconds of speech."""
_TOLD_UNASKED: Final = frozenset({Refusal.ALREADY_WAITING, Refusal.TOO_MANY, Refusal.REFUSED_LATELY})
"""Why no person is asked, where somebody may wonder who did not name the cloud."""
_MOST_BEGINNING_WORDS: Final = 4
_PLEASE: Final = ("please", "bitte", "s il te plaît", "s il vous plaît", "por favor", "alsjeblieft", "per favore")
_BETWEEN: Final = " \t,.:;!-\u2013\u2014…"
"""What may stand between "ask the cloud" and what it is to be asked, and is no part of it."""
_SENTENCE_END: Final = re.compile(r"[.!?…][\"'”»)]*(?=\s|$)")
_MARKS: Final = re.compile(r"^\s*(?:#{1,6}\s+|[-*+•]\s+|>\s*)|[*`]+|(?<!\w)_+|_+(?!\w)", re.MULTILINE)
"""How texts are set off for the eye (Markdown)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Something that the cloud is to be asked."""

    content: Content
    text: str = ""
    """Empty where an utterance is to be listened to."""
    is_explicit: bool = True
    """Whether somebody named the cloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    openings: re.Pattern[str]
    asks: re.Pattern[str]
    politeness: re.Pattern[str]


def likely_texts(choice: Choice) -> tuple[str, ...]:
    """Return the readings to look at, likeliest first; none that is less likely than one that means something here."""
    texts: list[str] = []
    for hypothesis in choice.likeliest[:MOST_READINGS]:
        texts.append(hypothesis.text)
        if hypothesis is choice.used:
            break
    return tuple(texts)


def wish(texts: Iterable[str], language: str) -> Wish | None:
    """Return what somebody wants the cloud to be asked, by the first of these readings that says so."""
    return next((found for text in texts if (found := _wish(text, _code(language))) is not None), None)


def question(text: str, language: str) -> Wish | None:
    """Return what the cloud could be asked by itself: words that look like a question, or ask to know something."""
    code = _code(language)
    if code not in PHRASES or len(text) > LONGEST_CHARS or len(plain_words(text)) < FEWEST_WORDS:
        return None
    patterns = _patterns(code)
    plain_text = _plain_quotes(text)
    rest = plain_text[_end(patterns.openings, plain_text) :]
    is_polite = patterns.politeness.search(plain_text[: len(plain_text) - len(rest)]) is not None
    asks = _begins(rest, PHRASES[code].questions) or (rest.rstrip().endswith("?") and not is_polite)
    return Wish(content=Content.TEXT, text=text.strip(), is_explicit=False) if asks else None


def takes_back(texts: Iterable[str], language: str) -> bool:
    """Tell whether one of these readings takes back what was asked for."""
    code = _code(language)
    return code in PHRASES and any(bare(text, code) in PHRASES[code].forgets for text in texts)


def bare(text: str, code: str) -> str:
    """Return the plain words of a sentence, without what stands around them and says nothing.

    `code` is a language that there are phrases of.
    """
    plain = _plain_quotes(text)
    return _without_please(plain_words(plain[_end(_patterns(code).openings, plain) :]))


# What is said


def asked(wished: Wish, language: str) -> str:
    """Return what to say where a person is asked."""
    words = _words(language)
    return words.asked if wished.is_explicit else f"{words.cannot} {words.asked}"


def not_ready(state: CloudState, language: str) -> str:
    """Return what to say where nothing of the kind could be asked."""
    words = _words(language)
    return words.switched_off if state is CloudState.SWITCHED_OFF else words.not_set_up


def not_asked(wished: Wish, refusal: str, language: str) -> str:
    """Return what to say where no person is asked; empty where nobody asked for the cloud, nor needs to know of it."""
    words = _words(language)
    reasons: dict[str, str] = {
        Refusal.ALREADY_WAITING: words.already_waiting,
        Refusal.TOO_MANY: words.too_many,
        Refusal.REFUSED_LATELY: words.refused_lately,
        Refusal.SWITCHED_OFF: words.switched_off,
        Refusal.NO_DESTINATION: words.not_set_up,
    }
    if wished.is_explicit:
        return reasons.get(refusal, words.away)
    return f"{words.cannot} {reasons[refusal]}" if refusal in _TOLD_UNASKED else ""


def nothing_kept(language: str) -> str:
    """Return what to say where the cloud is to listen to what was said before, and that is not there."""
    return _words(language).nothing_kept


def withdrawn(language: str) -> str:
    """Return what to say where a request was taken back."""
    return _words(language).withdrawn


def says(text: str, language: str) -> str:
    """Return the cloud's answer as it is spoken: as the cloud's, and only the beginning of a long one."""
    words = _words(language)
    plain = _spoken(text)
    beginning = _beginning(plain)
    said = words.says.format(text=beginning)
    return said if beginning == plain else f"{said} {words.more}"


def heard(text: str, language: str) -> str:
    """Return how it is said what the cloud has recognised."""
    beginning = _beginning(_spoken(text))
    whole = beginning if _SENTENCE_END.search(beginning[-1:]) else f"{beginning}."
    return _words(language).heard.format(text=whole)


def ended(fate: str, language: str) -> str:
    """Return what to say of a request that ended without an answer; empty where nothing is to be said."""
    words = _words(language)
    ends = {"failed": words.failed, "refused": words.not_sent, "revoked": words.not_sent, "expired": words.expired}
    return ends.get(fate, "")


def _wish(text: str, code: str) -> Wish | None:
    if code not in PHRASES or len(text) > LONGEST_CHARS:
        return None
    plain = _plain_quotes(text).strip()
    found = _patterns(code).asks.match(plain)
    if found is None:
        return None
    rest = plain[found.end() :].strip(_BETWEEN)
    words = plain_words(rest)
    if _without_please(words) in PHRASES[code].listens:
        return Wish(content=Content.AUDIO)
    after = plain[found.end() :].lstrip(_BETWEEN).rstrip()
    return Wish(content=Content.TEXT, text=after) if words else None


def _words(language: str) -> Wordings:
    """Return a language's wordings; English ones where there are none: nothing is proposed in such a language."""
    return WORDINGS.get(_code(language), WORDINGS["en"])


def _code(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].casefold()


@cache
def _patterns(code: str) -> _Patterns:
    phrases: Phrases = PHRASES[code]
    openings = rf"\W*(?:{phrases.openings}(?!\w)\W*)*"
    flags = re.IGNORECASE
    return _Patterns(
        openings=re.compile(openings, flags),
        asks=re.compile(rf"{openings}(?:{phrases.asks})(?!\w)(?:\W+(?:{phrases.then}))?", flags),
        politeness=re.compile(rf"(?<!\w){phrases.politeness}(?!\w)", flags),
    )


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return 0 if found is None else found.end()


def _without_please(words: list[str]) -> str:
    said = " ".join(words)
    for please in _PLEASE:
        said = said.removesuffix(f" {please}")
    return said


def _begins(text: str, beginnings: frozenset[str]) -> bool:
    words = plain_words(text)
    return any(" ".join(words[:count]) in beginnings for count in range(1, _MOST_BEGINNING_WORDS + 1))


def _plain_quotes(text: str) -> str:
    return text.replace("\u2019", "'")


def _spoken(text: str) -> str:
    """Return a text without what is only for the eye, in one line."""
    lines = (" ".join(line.split()) for line in _MARKS.sub("", text).splitlines())
    return " ".join(line for line in lines if line)


def _beginning(text: str) -> str:
    """Return as many whole sentences as may be spoken, or words where the first sentence is longer."""
    if len(text) <= MOST_SPOKEN_CHARS:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text) if found.end() <= MOST_SPOKEN_CHARS]
    if ends:
        return text[: ends[-1]]
    return text[:MOST_SPOKEN_CHARS].rpartition(" ")[0] or text[:MOST_SPOKEN_CHARS]
