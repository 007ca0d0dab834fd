"""Sentences from a Wyoming client: what they mean, and doing it. What needs a yes is refused: nobody can be asked."""

from typing import Final

from wyoming import intent as wyoming_intent
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, NotHandled

from gateway.events import ActionRequest, ActionResult, Intent, Outcome
from gateway.turn.obey import NEVER_MIND, obey
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
        if intent.name == START_TIMER:
            return NotHandled(text=await self._understanding.answer(intent, ActionResult(error=NO_TIMERS)))
        request = ActionRequest(intent=intent, satellite_id=SATELLITE_ID)
        obeyed = await obey(request, self._services.home, self._understanding)
        is_handled = obeyed.error is None and obeyed.outcome is not Outcome.NOT_CONFIRMED
        return Handled(text=obeyed.speech) if is_handled else NotHandled(text=obeyed.speech)

    async def _match(self, event: Event) -> Intent | None:
        command = asked(Command, event)
        check_language(command.language, self._understanding.language)
        return await self._understanding.match(command.text, area_id=None)
