"""Getting permission: what would be done is read back, somebody says yes, and the PIN where one is needed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway.events import ActionRequest
from gateway.house import Guard
from gateway.turn import policy
from gateway.turn.policy import Demand, Refusal


async def permitted(
    request: ActionRequest,
    demand: Demand,
    language: str,
    *,
    says_yes_to: Callable[[str], Awaitable[bool]],
    pin_after: Callable[[str], Awaitable[str]],
) -> ActionRequest | Refusal:
    """Return the request as it may be done, or why it may not.

    `says_yes_to` asks a question and tells whether a yes came; `pin_after` asks one and returns the digits that were
    said, none where nobody said any.
    """
    if demand.refusal is not None:
        return demand.refusal
    question = policy.question(demand.entities, language)
    if question is None or not await says_yes_to(question):
        return Refusal.NOT_CONFIRMED
    request = replace(request, is_confirmed=True)
    if demand.guard is Guard.PIN:
        request = replace(request, pin=await pin_after(policy.pin_question(language)))
        if not request.pin:
            return Refusal.NOT_CONFIRMED
    return request
