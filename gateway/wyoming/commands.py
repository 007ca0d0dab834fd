"""Sentences from a Wyoming client: what they mean, and doing it. What needs a yes is refused: nobody can be asked."""

import asyncio
from typing import Final

from wyoming import intent as wyoming_intent
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, NotHandled

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Intent
from gateway.turn import policy
from gateway.turn.run import ACTION_DEADLINE_S, NEVER_MIND
from gateway.wyoming.requests import Command, asked, check_language
from gateway.wyoming.services import Services

SATELLITE_ID: Final = "wyoming"
"""Whose commands these are: one for all, as the protocol does not tell satellites apart."""
START_TIMER: Final = "HassStartTimer"
NO_TIMERS: Final = "no_timer_support"
"""A timer would run out unheard: there is no way to tell a Wyoming client later."""


class Commands:
    """What is meant, and what is done about it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._understanding = services.understanding

    async def recognize(self, event: Event) -> Eventable:
        """Return what a sentence means. Raises ProtocolError."""
        intent = await self._match(event)
        if intent is None:
            return wyoming_intent.NotRecognized(text=await self._understanding.sorry())
        entities = [wyoming_intent.Entity(name=name, value=value) for name, value in intent.slots.items()]
        return wyoming_intent.Intent(name=intent.name, entities=entities)

    async def handle(self, event: Event) -> Eventable:
        """Do what a sentence asks for; return the answer. Raises ProtocolError, HomeError."""
        intent = await self._match(event)
        if intent is None:
            return NotHandled(text=await self._understanding.sorry())
        if intent.name == NEVER_MIND:
            return Handled(text="")
        request = ActionRequest(intent=intent, satellite_id=SATELLITE_ID)
        if policy.protected(self._services.home.foresee(request)):
            return NotHandled(text=policy.refused(self._understanding.language))
        result = ActionResult(error=NO_TIMERS) if intent.name == START_TIMER else await self._perform(request)
        text = await self._understanding.answer(intent, result)
        return Handled(text=text) if result.error is None else NotHandled(text=text)

    async def _match(self, event: Event) -> Intent | None:
        command = asked(Command, event)
        check_language(command.language, self._services.names.language)
        return await self._understanding.match(command.text, area_id=None)

    async def _perform(self, request: ActionRequest) -> ActionResult:
        try:
            async with asyncio.timeout(ACTION_DEADLINE_S):
                return await self._services.home.perform(request)
        except TimeoutError as error:
            raise HomeError(f"the home did not answer within {ACTION_DEADLINE_S} s") from error
