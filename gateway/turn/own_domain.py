"""Which of the household's own sentences was meant, where none was heard as it is written.

They are few, and alike but for their values; so beside the recogniser's score counts how far each sounds from what was
heard: the recogniser alone would rather have a short sentence than one with a word in it that is hard to hear. What is
fixed in a sentence may have been heard as anything, a value only as something like it: one that is not in its list
must not become another that is. The method and its measurements: docs/own-sentences.md.
"""

from collections.abc import Sequence
from typing import Final

from gateway.suggestions import Replacement
from gateway.turn.weighing import Weighed

SOUND_WEIGHT: Final = 60.0
"""Of the share of phonemes that would have to be others, in the units of a log-probability."""
WILD_NATS: Final = 1.5
"""What each word that stands where any may takes from the same: it sounds like itself."""
LEAST_MARGIN: Final = 3.0
"""By how much it must be ahead of any other meaning, with the sound counted."""
LEAST_GAIN: Final = -1.4
"""By how much each token may be less likely than what was heard (natural logarithms)."""
ALLOWED: Final = 6.0
"""The same of the whole, in a long sentence of which a single word would hide among the others; and besides:"""
ALLOWED_A_VALUE: Final = 2.5
"""For each value that was misheard. One that is not in its list is less likely by ten, as a rule."""
ALLOWED_A_WORD: Final = 6.0
"""For each word or two that are fixed in the sentence."""
LEAST_LIKELY: Final = -2.5
"""How likely each token must be, whatever was heard."""
MOST_CHANGED: Final = 0.3
"""The share of all phonemes that may be others."""
MOST_REPLACED: Final = 0.75
"""The share of the phonemes that may be others, of the words by which a value differs from what was heard."""


def own_meaning(weighed: Sequence[Weighed]) -> Weighed | None:
    """Return the household's own sentence that was meant; None where that is not clear, or it was none of them."""
    best, *others = sorted(weighed, key=_score, reverse=True)
    if not best.intent.is_own or not _is_likely(best):
        return None
    if best.suggestion.wild_words or best.suggestion.cost > MOST_CHANGED:
        return None
    if any(map(_is_too_much, best.suggestion.replaced)):
        return None
    return best if all(_score(best) - _score(other) >= LEAST_MARGIN for other in others) else None


def _score(one: Weighed) -> float:
    suggestion = one.suggestion
    changed = SOUND_WEIGHT * suggestion.cost + WILD_NATS * suggestion.wild_words
    return one.likelihood.log_probability - changed


def _is_likely(one: Weighed) -> bool:
    tokens = max(one.likelihood.tokens, 1)
    replaced = [each for each in one.suggestion.replaced if not each.is_filler]
    allowed = ALLOWED + sum(ALLOWED_A_VALUE if each.is_value else ALLOWED_A_WORD for each in replaced)
    if one.gain < LEAST_GAIN or one.gain * tokens < -allowed:
        return False
    return one.likelihood.log_probability / tokens >= LEAST_LIKELY


def _is_too_much(replaced: Replacement) -> bool:
    if replaced.is_filler:
        return False
    if not replaced.used:  # what was said and is not in the sentence may change what it means
        return True
    return replaced.is_value and replaced.cost > MOST_REPLACED
