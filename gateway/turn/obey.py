"""What a command comes to once its meaning is known: what it would change, having it done in time, and the answer.

Spoken turns, delayed commands, commands that a home or another program sends in writing: all of them obey like this.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final, Protocol

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Outcome
from gateway.house import Entity
from gateway.turn import policy
from gateway.turn.stages import Understanding

ACTION_DEADLINE_S: Final = 5.0
"""A home that needs longer to switch a light is not there."""
NEVER_MIND: Final = "HassNevermind"
DELAYED_COMMAND: Final = "conversation_command"
"""The slot of a sentence such as "… in ten minutes"."""


class Doer(Protocol):
    """What does what is asked: a `stages.Home`, or one home of several."""

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        """Return what the request would change, as it would be afterwards, by what is known; changes nothing."""

    async def perform(self, request: ActionRequest) -> ActionResult:
        """Do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """What became of a command."""

    outcome: Outcome
    speech: str
    error: str | None = None
    """The key of the error answer that `speech` is, where nothing was done (`ActionResult.error`)."""


async def obey(request: ActionRequest, doer: Doer, understanding: Understanding) -> Obeyed:
    """Do it without asking back: what needs a yes that nobody gave is refused. Raises HomeError, EngineError."""
    if not request.is_confirmed and await protected(request, doer, understanding):
        return Obeyed(outcome=Outcome.NOT_CONFIRMED, speech=policy.refused(understanding.language))
    return await carry_out(request, doer, understanding)


async def carry_out(request: ActionRequest, doer: Doer, understanding: Understanding) -> Obeyed:
    """Do it, whatever it opens, and word the answer. Raises HomeError, EngineError."""
    result = await perform(request, doer)
    return Obeyed(
        outcome=Outcome.ACTION if result.changes else Outcome.ANSWER,
        speech=await understanding.answer(request.intent, result),
        error=result.error,
    )


async def protected(request: ActionRequest, doer: Doer, understanding: Understanding) -> tuple[Entity, ...]:
    """Return what needs a yes before: what it opens now or, for a delayed command, when its time has come."""
    command = request.intent.slots.get(DELAYED_COMMAND)
    if command is not None:
        intent = await understanding.match(str(command), area_id=request.area_id)
        if intent is None:
            return ()
        request = replace(request, intent=intent)
    return policy.protected(doer.foresee(request))


async def perform(request: ActionRequest, doer: Doer) -> ActionResult:
    """Return what the home did. Raises HomeError where it does not say so within `ACTION_DEADLINE_S`."""
    try:
        async with asyncio.timeout(ACTION_DEADLINE_S):
            return await doer.perform(request)
    except TimeoutError as error:
        raise HomeError(f"the home did not answer within {ACTION_DEADLINE_S:g} s") from error
