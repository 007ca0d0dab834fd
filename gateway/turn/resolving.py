"""What was meant, where the likeliest reading means nothing here: decided by sound, by meaning, and by the recogniser.

Sentences of this house that sound like what was heard are compared with it by the recogniser itself: how likely is each
what was said? One is taken only where it is nearly as likely as what was heard, where no other meaning is, and where it
changes little: a name that is not in this house must never become one that is. What comes close is asked about, and
everything else is not understood. The method and its measurements: docs/understanding.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.events import Hypothesis
from gateway.suggestions import Likelihood, Replacement, Suggestion
from gateway.turn.asking_back import MOST_ASKED
from gateway.turn.choice import Choice
from gateway.turn.own_domain import own_meaning
from gateway.turn.stages import SpeechToText, Understanding
from gateway.turn.standing import is_same

LEAST_GAIN: Final = -1.4
"""By how much each token of what is taken may be less likely than what was heard (natural logarithms)."""
LEAST_GAIN_OF_CLOSE: Final = -2.4
"""The same where next to nothing is changed."""
CLOSE_REPLACED: Final = 0.35
CLOSE_CHANGED: Final = 0.15
SAME_GAIN: Final = -0.5
"""From here on it is as likely as what was heard, however unlikely both are: a single word is."""
LEAST_MARGIN: Final = 3.0
"""By how much the whole must be likelier than any other meaning."""
LEAST_LIKELY: Final = -2.5
"""How likely each token must be, whatever was heard."""
MOST_CHANGED: Final = 0.4
"""The share of all phonemes that may be others."""
MOST_REPLACED: Final = 0.6
"""The share of one word's or name's phonemes that may be others: "incubi" for "EcoBee" is 0.56, "house" for "office"
0.62."""
MOST_TEXTS: Final = 3
"""Readings that suggestions are looked for."""
MOST_COMPARED: Final = 16
"""Each costs the recogniser some ten milliseconds."""


class Doubt(StrEnum):
    """Why a suggestion is not simply taken; the worst one counts."""

    NONE = "none"
    OTHER_MEANING = "other_meaning"
    """Another sentence, with another meaning, is as likely."""
    UNLIKE = "unlike"
    """A word or a name would have to be quite another one."""
    LEFT_OUT = "left_out"
    """Something was said that is not in it, or it has something that was not said."""
    TOO_OPEN = "too_open"
    """Any words would do, and those that are fixed were not heard."""
    UNLIKELY = "unlikely"
    """The recogniser would rather have heard something else."""


ASKED_ABOUT: Final = frozenset({Doubt.OTHER_MEANING, Doubt.UNLIKE, Doubt.NONE})
"""It may well have been meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A suggestion with what speaks for it."""

    suggestion: Suggestion
    likelihood: Likelihood
    gain: float
    """How much likelier each token is than those of what was heard; below 0 where it is not."""
    margin: float
    """How much likelier the whole is than the likeliest other meaning; infinite where there is none."""

    @property
    def doubt(self) -> Doubt:
        """Why it is not to be taken without asking."""
        per_token = self.likelihood.log_probability / max(self.likelihood.tokens, 1)
        worst = max((replaced.cost for replaced in self.suggestion.replaced if not replaced.is_filler), default=0.0)
        is_close = worst <= CLOSE_REPLACED and self.suggestion.cost <= CLOSE_CHANGED
        if self.gain < (LEAST_GAIN_OF_CLOSE if is_close else LEAST_GAIN):
            return Doubt.UNLIKELY
        if per_token < LEAST_LIKELY and self.gain < SAME_GAIN:
            return Doubt.UNLIKELY
        if any(_is_left_out(replaced) for replaced in self.suggestion.replaced):
            return Doubt.LEFT_OUT
        if self.suggestion.is_open and worst > CLOSE_REPLACED:
            return Doubt.TOO_OPEN
        is_unlike = any(
            replaced.cost > MOST_REPLACED for replaced in self.suggestion.replaced if not _is_no_word(replaced)
        )
        if self.suggestion.cost > MOST_CHANGED or is_unlike:
            return Doubt.UNLIKE
        return Doubt.OTHER_MEANING if self.margin < LEAST_MARGIN else Doubt.NONE


async def resolved(
    choice: Choice, pcm: bytes, stt: SpeechToText, understanding: Understanding, *, area_id: str | None
) -> Choice:
    """Return `choice` with what was meant, or with what is to be asked about; as it is where neither is known.

    `pcm` is the sound, 16 kHz mono s16le, that it was made from. Raises EngineError.
    """
    if choice.heard is None or choice.used == choice.heard or choice.silence_reason is not None:
        return choice
    return decided(choice, await weigh(choice, pcm, stt, understanding, area_id=area_id))


def decided(choice: Choice, weighed: Sequence[Weighed]) -> Choice:
    """Return `choice` as what was `weighed`, the likeliest first, makes it."""
    if not weighed:
        return choice
    own = own_meaning(weighed)
    best = own or weighed[0]
    is_clear = own is not None or (best.doubt is Doubt.NONE and not best.suggestion.intent.is_own)
    if is_clear and best.suggestion.intent == choice.intent:
        return choice
    if is_clear:
        intent, likelihood = best.suggestion.intent, best.likelihood
        used = Hypothesis(text=intent.text, score=likelihood.log_probability / max(likelihood.tokens, 1))
        return replace(choice, used=used, intent=intent, replaced=best.suggestion.replaced)
    close = [one.suggestion for one in weighed[:MOST_ASKED] if one.doubt in ASKED_ABOUT]
    return replace(choice, used=None, intent=None, asked=tuple(close))


async def weigh(
    choice: Choice, pcm: bytes, stt: SpeechToText, understanding: Understanding, *, area_id: str | None
) -> tuple[Weighed, ...]:
    """Return what may have been meant, the likeliest first. Raises EngineError.

    `pcm` is the sound, 16 kHz mono s16le, that `choice` was made from.
    """
    heard = choice.heard
    if heard is None:
        return ()
    suggestions = list(await understanding.suggestions(choice.readings[:MOST_TEXTS], area_id=area_id))
    if choice.intent is not None and choice.used is not None:
        suggestions.insert(0, Suggestion(intent=choice.intent, heard=choice.used.text, cost=0.0))
    suggestions = suggestions[:MOST_COMPARED]
    if not suggestions:
        return ()
    texts = [heard.text, *(suggestion.intent.text for suggestion in suggestions)]
    of_heard, *of_each = await stt.compare(pcm, texts)
    return _weighed(suggestions, of_each, of_heard)


def _weighed(
    suggestions: Sequence[Suggestion], of_each: Sequence[Likelihood], of_heard: Likelihood
) -> tuple[Weighed, ...]:
    by_meaning: list[tuple[Suggestion, Likelihood]] = []
    """The likeliest wording of each meaning, the likeliest meaning first."""
    in_order = sorted(zip(suggestions, of_each, strict=True), key=lambda pair: -pair[1].log_probability)
    for suggestion, likelihood in in_order:
        if not any(is_same(suggestion.intent, other.intent) for other, _ in by_meaning):
            by_meaning.append((suggestion, likelihood))
    return tuple(
        Weighed(
            suggestion=suggestion,
            likelihood=likelihood,
            gain=(likelihood.log_probability - of_heard.log_probability) / max(likelihood.tokens, of_heard.tokens, 1),
            margin=_margin(place, by_meaning),
        )
        for place, (suggestion, likelihood) in enumerate(by_meaning)
    )


def _margin(place: int, by_meaning: Sequence[tuple[Suggestion, Likelihood]]) -> float:
    others = [likelihood.log_probability for other, (_, likelihood) in enumerate(by_meaning) if other != place]
    return by_meaning[place][1].log_probability - max(others) if others else float("inf")


def _is_left_out(replaced: Replacement) -> bool:
    return _is_no_word(replaced) and not replaced.is_filler


def _is_no_word(replaced: Replacement) -> bool:
    return not replaced.heard or not replaced.used
