"""Sentences of the home's own, custom ones and those of automations: the home says whether it has one, and does it."""

import asyncio

from gateway.errors import HomeError
from gateway.events import ActionRequest, SentenceAnswer
from gateway.turn import obey
from gateway.turn.choice import Choice
from gateway.turn.stages import Stages


async def home_sentence(
    choice: Choice, request: ActionRequest | None, stages: Stages, *, area_id: str | None, satellite_id: str
) -> SentenceAnswer | None:
    """Ask the home whether this is a sentence of its own; one that does not answer in time has none.

    `request` is what our own understanding of it asks for, where it has any.
    """
    texts = await _texts(choice, request, stages)
    try:
        async with asyncio.timeout(obey.ACTION_DEADLINE_S):
            return await stages.home.sentence(texts, area_id=area_id, satellite_id=satellite_id)
    except HomeError, TimeoutError:
        return None


async def _texts(choice: Choice, request: ActionRequest | None, stages: Stages) -> tuple[str, ...]:
    """Return the readings that may be sentences of the home's own.

    What opens something and was not heard, but only sounds like what was, is none: it has to be confirmed.
    """
    if request is None:
        return choice.readings
    if request.intent.is_own:
        return tuple(dict.fromkeys((request.intent.text, *choice.readings)))
    is_heard = choice.used in choice.recognition.hypotheses
    if not is_heard and await obey.demanded(request, stages.home, stages.understanding) is not None:
        return tuple(reading.text for reading in choice.likeliest)
    return choice.readings


def is_own(choice: Choice) -> bool:
    """Tell whether what was meant is one of them."""
    return choice.intent is not None and choice.intent.is_own
