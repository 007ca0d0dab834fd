"""What a command comes to once its meaning is known: what it would change, having it done in time, and the answer.

Spoken turns, delayed commands, commands that a home or another program sends in writing: all of them obey like this.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final, Protocol

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Intent, Outcome
from gateway.house import Entity
from gateway.turn import policy
from gateway.turn.policy import Demand, Refusal
from gateway.turn.stages import Understanding

ACTION_DEADLINE_S: Final = 5.0
"""A home that needs longer to switch a light is not there."""
NEVER_MIND: Final = "HassNevermind"
NO_INTENT: Final = "no_intent"
"""The error answer to what means nothing here."""
DELAYED_COMMAND: Final = "conversation_command"
"""The slot of a sentence such as "… in ten minutes"."""
_ENDS: Final = (".", "!", "?", "…")


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
    doubted: ActionRequest | None = None
    """As `doubted` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One command of a request, and what the home did."""

    intent: Intent
    result: ActionResult


async def obey(request: ActionRequest, doer: Doer, understanding: Understanding) -> Obeyed:
    """Do it without asking back, and word the answer: what lacks a yes or a PIN is refused, as is what nobody may ask.

    Raises HomeError, EngineError.
    """
    demand = await demanded(request, doer, understanding)
    lacking = None if demand is None else demand.lacks(request)
    if lacking is not None:
        return Obeyed(outcome=Outcome.NOT_CONFIRMED, speech=policy.refused(understanding.language, lacking))
    done = await perform(request, doer)
    return Obeyed(
        outcome=outcome_of(done),
        speech=await answer(done, understanding),
        error=next((one.result.error for one in done if one.result.error and not _refusal(one.result)), None),
        doubted=doubted(request, done),
    )


def outcome_of(done: tuple[Done, ...]) -> Outcome:
    """Return how what was done ends: the home may have refused what was asked for here."""
    if any(one.result.changes for one in done):
        return Outcome.ACTION
    return Outcome.NOT_CONFIRMED if any(_refusal(one.result) for one in done) else Outcome.ANSWER


def doubted(request: ActionRequest, done: tuple[Done, ...]) -> ActionRequest | None:
    """Return what somebody is to be asked about after all, where the home would not do `request` without a yes.

    It knows better how things are: a door that was locked a moment ago seemed to be unlocked already. None where that
    is not why nothing was done, and of several commands in one breath, of which others were done.
    """
    refusals = [_refusal(one.result) for one in done]
    if request.is_confirmed or refusals != [Refusal.NOT_CONFIRMED]:
        return None
    return replace(request, is_doubted=True)


def each(request: ActionRequest) -> tuple[ActionRequest, ...]:
    """Return a request for each of the commands that were said in one breath."""
    intents = (replace(request.intent, also=()), *request.intent.also)
    return tuple(replace(request, intent=intent) for intent in intents)


def foreseen(request: ActionRequest, doer: Doer) -> tuple[Entity, ...]:
    """Return what all of it would change, as it would be afterwards, by what is known."""
    return tuple(entity for one in each(request) for entity in doer.foresee(one))


async def answer(done: tuple[Done, ...], understanding: Understanding) -> str:
    """Return what to say to all that was done, a sentence each; what is the same is said once."""
    answers = [await _answer(one, understanding) for one in done]
    said = list(dict.fromkeys(filter(None, answers)))
    before = [text if text.endswith(_ENDS) else f"{text}." for text in said[:-1]]
    return " ".join([*before, *said[-1:]])


async def _answer(done: Done, understanding: Understanding) -> str:
    refusal = _refusal(done.result)
    if refusal is not None:
        return policy.refused(understanding.language, refusal)
    return await understanding.answer(done.intent, done.result)


async def demanded(request: ActionRequest, doer: Doer, understanding: Understanding) -> Demand | None:
    """Return what has to be before all of it is done, now or, for a delayed command, when its time has come."""
    return policy.together([await _demanded(one, doer, understanding) for one in each(request)])


async def _demanded(request: ActionRequest, doer: Doer, understanding: Understanding) -> Demand | None:
    command = request.intent.slots.get(DELAYED_COMMAND)
    if command is not None:
        intent = await understanding.match(str(command), area_id=request.area_id)
        if intent is None:
            return None
        request = replace(request, intent=intent)
    return policy.demanded(
        foreseen(request, doer),
        area_id=request.area_id,
        language=understanding.language,
        is_delayed=command is not None,
    )


async def perform(request: ActionRequest, doer: Doer) -> tuple[Done, ...]:
    """Return what the home did, one command after the other; after one that could not be done, the others are.

    Raises HomeError where it does not say so within `ACTION_DEADLINE_S` of each.
    """
    return tuple([Done(intent=one.intent, result=await _perform(one, doer)) for one in each(request)])


async def _perform(request: ActionRequest, doer: Doer) -> ActionResult:
    if request.intent.is_own:  # Home Assistant was asked, by the sentence, and did not know it
        return ActionResult(error=NO_INTENT)
    try:
        async with asyncio.timeout(ACTION_DEADLINE_S):
            return await doer.perform(request)
    except TimeoutError as error:
        raise HomeError(f"the home did not answer within {ACTION_DEADLINE_S:g} s") from error


def _refusal(result: ActionResult) -> Refusal | None:
    """Return why the home, which judges by itself, did not do something; None where that is not why."""
    return Refusal(result.error) if result.error is not None and result.error in Refusal else None
