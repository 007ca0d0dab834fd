"""Has a person asked whether something may be sent to the cloud, and has that taken back: in time, or not at all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.house import KnownName
from gateway.turn import cloud as words
from gateway.turn.cloud import Wish
from gateway.turn.proposals import CloudState, Content, Proposal, Proposed, Refusal
from gateway.turn.stages import Cloud

PROPOSE_S: Final = 5.0
"""Somebody waits for it: a broker that needs longer to take a question is not there."""
WITHDRAW_S: Final = 2.0
"""Somebody who said "never mind" expects no answer; whether there was anything to take back is known by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of a wish."""

    speech: str
    request_id: str = ""
    """Empty where no person is asked."""


async def ask(
    wished: Wish,
    cloud: Cloud,
    names_in: Callable[[str], tuple[KnownName, ...]],
    *,
    language: str,
    satellite_id: str,
    sound: bytes = b"",
) -> Asked | None:
    """Have a person asked; return what to say, None where nobody is asked and nothing is to be said of it.

    `sound` is the utterance before, where one is kept; `names_in` knows the names of the house.
    """
    state = cloud.state(wished.content)
    if state is not CloudState.READY:
        return Asked(speech=words.not_ready(state, language)) if wished.is_explicit else None
    if wished.content is Content.AUDIO and not sound:
        return Asked(speech=words.nothing_kept(language))
    proposal = Proposal(
        satellite_id=satellite_id,
        content=wished.content,
        text=wished.text,
        sound=sound if wished.content is Content.AUDIO else b"",
        language=language,
        names=names_in(wished.text),
    )
    proposed = await _proposed(proposal, cloud)
    if proposed.request_id:
        return Asked(speech=words.asked(wished, language), request_id=proposed.request_id)
    speech = words.not_asked(wished, proposed.refusal, language)
    return Asked(speech=speech) if speech else None


async def withdraw(cloud: Cloud, satellite_id: str) -> bool:
    """Have nothing sent that was asked for there; tell whether there was anything."""
    try:
        async with asyncio.timeout(WITHDRAW_S):
            return await cloud.withdraw(satellite_id) > 0
    except TimeoutError:
        return False


async def _proposed(proposal: Proposal, cloud: Cloud) -> Proposed:
    try:
        async with asyncio.timeout(PROPOSE_S):
            return await cloud.propose(proposal)
    except TimeoutError:
        return Proposed(refusal=Refusal.AWAY)
