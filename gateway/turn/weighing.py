"""How much speaks for a sentence that may have been said: what the recogniser says of it, and what it changes.

Sentences are put in order by how likely they are, less what they change. For the first of them, the chance that it was
meant is a logistic function of that; its weights were fitted to what 1,200 recordings came to, in houses with and
without the names that are said in them (docs/understanding.md). What may not happen, whatever the chance, is a rule: a
name that is not in this house must never become one that is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp
from re import compile as pattern
from typing import Final

from gateway.events import Intent
from gateway.suggestions import Likelihood, Replacement, Suggestion, replaced_words
from gateway.turn.words import plain_words

EDIT_NATS: Final = 0.5
"""What each phoneme that would have to be another one takes from a sentence's likelihood (a natural logarithm)."""
LEFT_OUT_NATS: Final = 2.0
"""The same for each word that was heard and is not in it, or is in it and was not heard."""
WILD_NATS: Final = 1.5
"""The same for each word that stands where any may: of "timer named pizza" and "timer for name pizza" the former."""
MOST_MARGIN: Final = 10.0
"""More than that is the same."""
MOST_REPLACED: Final = 0.6
"""The share of a name's phonemes that may be others: "incubi" for "EcoBee" is 0.43, "house" for "office" 0.62."""
SURE_REPLACED: Final = 0.25
"""The same times how sure recognition was of what it heard instead: "Jane" is not "John", though it sounds like it."""
SURE_OTHER: Final = 0.4
"""The same from which on nobody need be asked: another name was said, which is not here."""
SURE_REPLACED_WORD: Final = 0.85
"""The same of any other word: "kitchen" is not "here"."""
OTHER_NAME: Final = 0.3
"""From here on a name is another one than was heard, and from `MOST_REPLACED` on any word."""
CLEARLY_HEARD: Final = 0.9
"""From here on a name that sounds like another one was said as it was heard: "bathroom" is not "bedroom"."""
LEAST_OF_ANOTHER: Final = 0.15
"""The share of its phonemes that are others, of such a name: "first four" is still "first floor"."""
SHORT_NAME_CHARS: Final = 4
"""In a name as short, every sound tells it from others: "Jane" and "John", "den" and "then"."""
LEAST_GAIN_OF_OTHER: Final = -1.0
"""What has such a word is nearly as likely as what was heard, or else it was not said: "red" is no "out"."""
LEAST_GAIN_OF_FEWER: Final = -0.25
"""A reading that has a word less than the likeliest is nearly as likely, and not misheard, or else the word was said:
"is the lamp on" is no "the lamp on"."""
MOST_WILD: Final = 2 / 3
"""The share of words that stand where any may, where something was misheard: much that is said sounds like "play …"."""
MOST_CHANGED: Final = 0.36
"""The share of all phonemes that may be others where recognition thinks little of it: "let's start" is no "stop"."""
LEAST_PER_TOKEN_CHANGED: Final = -2.5
"""So much, or less, of each token."""
LEAST_PER_TOKEN: Final = -3.0
"""Where each token is less likely than that, what was heard was hardly speech."""
LEAST_PER_TOKEN_READ: Final = -4.0
"""The same of what is one of recognition's own readings, word for word: single words are never likely."""
LEAST_PER_TOKEN_WILD: Final = -1.5
"""The same of what was misheard and has any words in it, which sound like much that is said: "they came to clay"."""
LEAST_CHANCE: Final = 0.5
"""From here on a sentence is taken."""
LEAST_CHANCE_ASKED: Final = 0.25
"""From here on it is asked about."""
_NUMBER: Final = pattern(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Of the logistic function."""

    bias: float
    gain: float
    margin: float
    per_token: float
    loss: float
    edit: float
    wild: float
    left_out: float


FITTED: Final = Weights(
    bias=3.9, gain=0.58, margin=0.09, per_token=0.7, loss=-0.16, edit=-0.19, wild=-0.4, left_out=-1.9
)


class Doubt(StrEnum):
    """Why a sentence is not simply taken."""

    NONE = "none"
    UNSURE = "unsure"
    """It may well have been meant."""
    UNLIKE = "unlike"
    """A name would have to be quite another one than was heard."""
    LEFT_OUT = "left_out"
    """Something was said that is not in it, or it has something that was not said."""
    UNLIKELY = "unlikely"
    """It was hardly meant."""


ASKED_ABOUT: Final = frozenset({Doubt.UNSURE, Doubt.UNLIKE, Doubt.NONE})
"""It may well have been meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A sentence with what speaks for it."""

    intent: Intent
    suggestion: Suggestion
    likelihood: Likelihood
    gain: float
    """How much likelier each token is than those of what was heard; below 0 where it is not."""
    margin: float
    """How much more speaks for it than for any other meaning, in nats; `MOST_MARGIN` at most."""
    sure_of_name: float = 0.0
    """The share of a name's phonemes that are others, times how sure recognition was of these; the highest, 0 to 1."""
    sure_of_likeliest: float = 0.0
    """The same of what the likeliest reading has in the name's place, where it is another one that it sounds like."""
    sure_of_word: float = 0.0
    """The same of all words that make a difference."""
    clearest_name: float = 0.0
    """How sure recognition was of the word of another name in which it differs from the used one; the highest."""
    is_other_number: bool = False
    """Whether it has a number in place of another one that was heard."""

    @property
    def chance(self) -> float:
        """How likely it is that this was meant, 0 to 1."""
        weights, suggestion = FITTED, self.suggestion
        total = (
            weights.bias
            + weights.gain * self.gain
            + weights.margin * self.margin
            + weights.per_token * self.likelihood.per_token
            + weights.loss * max(-self.gain * max(self.likelihood.tokens, 1), 0.0)
            + weights.edit * suggestion.edits
            + weights.wild * suggestion.wild_words
            + weights.left_out * (suggestion.left_out + suggestion.fewer)
        )
        return 1 / (1 + exp(-total))

    @property
    def doubt(self) -> Doubt:
        """Why it is not to be taken without asking."""
        is_read = not self.suggestion.edits
        sure_of_name = self.sure_of_name if is_read else max(self.sure_of_name, self.sure_of_likeliest)
        if self.chance < LEAST_CHANCE_ASKED or sure_of_name > SURE_OTHER or self._is_another_sentence:
            return Doubt.UNLIKELY
        if self.suggestion.left_out:
            return Doubt.LEFT_OUT
        if self._has_another_name:
            return Doubt.UNLIKE
        is_fewer = self.suggestion.fewer and (self.suggestion.edits or self.gain < LEAST_GAIN_OF_FEWER)
        is_unsure = is_fewer or self.is_other_number or self.chance < LEAST_CHANCE
        if is_unsure or self.likelihood.per_token < (LEAST_PER_TOKEN_READ if is_read else LEAST_PER_TOKEN):
            return Doubt.UNSURE
        return Doubt.NONE

    @property
    def _is_another_sentence(self) -> bool:
        suggestion, per_token = self.suggestion, self.likelihood.per_token
        is_hardly_likely = self.intent.any_words > 0 and per_token < LEAST_PER_TOKEN_WILD
        if (suggestion.edits or suggestion.in_place_of) and (suggestion.wild_share > MOST_WILD or is_hardly_likely):
            return True
        return not suggestion.is_own and suggestion.cost > MOST_CHANGED and per_token < LEAST_PER_TOKEN_CHANGED

    @property
    def _has_another_name(self) -> bool:
        replaced = self.suggestion.replaced
        if any(map(_is_quite_another_name, replaced)):
            return True
        if self.sure_of_name > SURE_REPLACED or self.clearest_name > CLEARLY_HEARD:
            return True
        if self.sure_of_word > SURE_REPLACED_WORD or (self.suggestion.wild_words and _has_another_filler(replaced)):
            return True
        return self.gain < LEAST_GAIN_OF_OTHER and any(map(_is_another, replaced_words(replaced)))


def score(suggestion: Suggestion, likelihood: Likelihood) -> float:
    """Return what speaks for a sentence, in nats: by this they are put in order."""
    changed = EDIT_NATS * suggestion.edits + LEFT_OUT_NATS * (suggestion.left_out + suggestion.fewer)
    return likelihood.log_probability - changed - WILD_NATS * suggestion.wild_words


def weighed(
    meanings: Sequence[tuple[Intent, Suggestion, Likelihood]], of_heard: Likelihood, of_text: Mapping[str, Likelihood]
) -> tuple[Weighed, ...]:
    """Return distinct meanings, that for which most speaks first, with what speaks for them.

    `of_heard` is the likelihood of what was heard, `of_text` that of each reading that they sound like.
    """
    scores = [score(suggestion, likelihood) for _, suggestion, likelihood in meanings]
    return tuple(
        Weighed(
            intent=intent,
            suggestion=suggestion,
            likelihood=likelihood,
            gain=(likelihood.log_probability - of_heard.log_probability) / max(likelihood.tokens, of_heard.tokens, 1),
            margin=min(own - max([*scores[:place], *scores[place + 1 :]], default=-MOST_MARGIN), MOST_MARGIN)
            if len(scores) > 1
            else MOST_MARGIN,
            sure_of_name=_sure_of_other(_names(suggestion.replaced), of_text[suggestion.heard]),
            sure_of_likeliest=_sure_of_other(_names(suggestion.in_place_of), of_heard),
            clearest_name=_clearest(_names(suggestion.replaced), of_text[suggestion.heard]),
            sure_of_word=_sure_of_other(replaced_words(suggestion.replaced), of_text[suggestion.heard]),
            is_other_number=_is_other_number(suggestion.sentence, of_heard),
        )
        for place, ((intent, suggestion, likelihood), own) in enumerate(zip(meanings, scores, strict=True))
    )


def _names(replaced: Sequence[Replacement]) -> list[Replacement]:
    return [one for one in replaced if one.is_name]


def _is_quite_another_name(one: Replacement) -> bool:
    return one.is_name and one.cost > (OTHER_NAME if len(one.used) <= SHORT_NAME_CHARS else MOST_REPLACED)


def _is_another(one: Replacement) -> bool:
    return one.cost > (OTHER_NAME if one.is_name else MOST_REPLACED)


def _has_another_filler(replaced: Sequence[Replacement]) -> bool:
    """Tell whether "in" became "for": where any word may stand, that tells a room from a name."""
    return any(one.is_filler and one.heard and one.used and one.cost > MOST_REPLACED for one in replaced)


def _is_other_number(sentence: str, heard: Likelihood) -> bool:
    said = {number for word, _ in heard.words for number in _NUMBER.findall(word.replace(",", ""))}
    used = set(_NUMBER.findall(sentence.replace(",", "")))
    return bool(said - used) and bool(used - said)


def _clearest(names: Sequence[Replacement], heard: Likelihood) -> float:
    words = _plain(heard)
    others = [
        word
        for one in names
        if one.cost >= LEAST_OF_ANOTHER
        for word in one.heard.split()
        if word not in one.used.casefold().split()
    ]
    return max((_sureness("".join(plain_words(word)), words) for word in others), default=0.0)


def _plain(heard: Likelihood) -> list[tuple[str, float]]:
    return [("".join(plain_words(word)), log_probability) for word, log_probability in heard.words]


def _sure_of_other(replaced: Sequence[Replacement], heard: Likelihood) -> float:
    words = _plain(heard)
    return max((one.cost * _sureness("".join(plain_words(one.heard)), words) for one in replaced), default=0.0)


def _sureness(said: str, words: Sequence[tuple[str, float]]) -> float:
    """Return how likely words were, on average, where they stand next to each other; 0 where they do not."""
    for first in range(len(words)):
        text, total = "", 0.0
        for count, (word, log_probability) in enumerate(words[first:], start=1):
            text += word
            total += log_probability
            if text == said:
                return exp(total / count)
            if not said.startswith(text):
                break
    return 0.0
