"""What was meant, where the likeliest reading means nothing here: decided by sound, by meaning, and by the recogniser.

Sentences of this house that sound like what was heard are compared with it by the recogniser itself: how likely is each
what was said? What is likely and changes little is taken, what may well have been meant is asked about, and everything
else is not understood. The method and its measurements: docs/understanding.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.events import Hypothesis, Intent
from gateway.suggestions import Likelihood, Suggestion
from gateway.turn.asking_back import MOST_ASKED
from gateway.turn.choice import NO_WORDS, Choice, Meaning, is_number_alone
from gateway.turn.own_domain import own_meaning
from gateway.turn.stages import SpeechToText, Understanding
from gateway.turn.standing import is_same
from gateway.turn.weighing import ASKED_ABOUT, Doubt, Weighed, score, weighed

MOST_TEXTS: Final = 4
"""Readings that suggestions are looked for."""
MOST_MEANINGS: Final = 3
"""The first, and those that speak against it."""
MOST_OWN_MEANINGS: Final = 10
"""Of the household's own sentences, which are alike but for a word."""
MOST_MATCHED: Final = 8
"""Sentences that are looked up, most of which mean the same: each takes some ten milliseconds."""

type _Meant = tuple[Intent, Suggestion, Likelihood]


async def resolved(
    choice: Choice, pcm: bytes, stt: SpeechToText, understanding: Understanding, *, area_id: str | None
) -> Choice:
    """Return `choice` with what was meant, or with what is to be asked about; as it is where neither is known.

    `pcm` is the sound, 16 kHz mono s16le, that it was made from. Raises EngineError.
    """
    if choice.heard is None or choice.used == choice.heard or choice.silence_reason == NO_WORDS:
        return choice
    return decided(choice, await weigh(choice, pcm, stt, understanding, area_id=area_id))


def decided(choice: Choice, found: Sequence[Weighed]) -> Choice:
    """Return `choice` as what was weighed, the first first, makes it."""
    if not found:
        return choice
    own = own_meaning(found)
    best = own or _saying_all(found)
    is_clear = own is not None or (best.doubt is Doubt.NONE and not best.intent.is_own)
    if is_clear and best.intent == choice.intent:
        return choice
    if is_clear:
        used = Hypothesis(text=best.intent.text, score=best.likelihood.per_token)
        return replace(choice, used=used, intent=best.intent, replaced=best.suggestion.replaced)
    close = [one for one in found[:MOST_ASKED] if one.doubt in ASKED_ABOUT]
    asked = tuple(Meaning(intent=one.intent, replaced=one.suggestion.replaced) for one in close)
    return replace(choice, used=None, intent=None, asked=asked if best.doubt in ASKED_ABOUT else ())


def _saying_all(found: Sequence[Weighed]) -> Weighed:
    """Return the first; where it leaves out what was said, and the next, for which enough speaks, does not, that one.

    "30 seconds timer" is no rival of "pause 30 seconds timer".
    """
    first, *others = found
    if first.doubt is Doubt.LEFT_OUT and others and others[0].doubt is Doubt.NONE:
        return others[0]
    return first


async def weigh(
    choice: Choice, pcm: bytes, stt: SpeechToText, understanding: Understanding, *, area_id: str | None
) -> tuple[Weighed, ...]:
    """Return what may have been meant, that for which most speaks first. Raises EngineError.

    `pcm` is the sound, 16 kHz mono s16le, that `choice` was made from.
    """
    heard = choice.heard
    if heard is None:
        return ()
    found = await understanding.suggestions(_texts(choice, heard))
    suggestions = [one for one in found if not is_number_alone(one.sentence)]
    if choice.used is not None and not any(one.heard == choice.used.text and not one.edits for one in suggestions):
        text = choice.used.text
        suggestions.append(Suggestion(sentence=text, written=(text,), heard=text, edits=0.0, cost=0.0))
    if not suggestions:
        return ()
    of_text = await _compared(pcm, heard.text, suggestions, stt, language=choice.recognition.language)
    each = [(one, max((of_text[text] for text in one.written), key=_log_probability)) for one in suggestions]
    each.sort(key=lambda pair: -score(*pair))
    built_in = await _meanings([one for one in each if not one[0].is_own][:MOST_MATCHED], understanding, area_id)
    own = await _meanings([one for one in each if one[0].is_own], understanding, area_id, most=MOST_OWN_MEANINGS)
    meanings = sorted((*built_in, *own), key=lambda meant: -score(*meant[1:]))
    return weighed(meanings, of_text[heard.text], of_text)


async def _meanings(
    each: Sequence[tuple[Suggestion, Likelihood]],
    understanding: Understanding,
    area_id: str | None,
    *,
    most: int = MOST_MEANINGS,
) -> list[_Meant]:
    """Return the first few meanings of these, each by the first sentence that has it."""
    found: list[_Meant] = []
    for suggestion, likelihood in each:
        intent = await understanding.match(suggestion.sentence, area_id=area_id)
        if intent is not None and not any(is_same(intent, other) for other, _, _ in found):
            found.append((intent, suggestion, likelihood))
        if len(found) == most:
            break
    return found


def _texts(choice: Choice, heard: Hypothesis) -> tuple[str, ...]:
    """Return the readings that suggestions are looked for, the likeliest first."""
    used = () if choice.used is None else (choice.used.text,)
    return tuple(dict.fromkeys((heard.text, *used, *choice.readings)))[:MOST_TEXTS]


async def _compared(
    pcm: bytes, heard: str, suggestions: Sequence[Suggestion], stt: SpeechToText, *, language: str
) -> dict[str, Likelihood]:
    """Return how likely what was heard is, the readings that were thought of, and each way to write a suggestion."""
    texts = [heard, *(text for suggestion in suggestions for text in (suggestion.heard, *suggestion.written))]
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, await stt.compare(pcm, distinct, language=language), strict=True))


def _log_probability(likelihood: Likelihood) -> float:
    return likelihood.log_probability
