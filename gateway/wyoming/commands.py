"""Sentences from a Wyoming client: what they mean, and doing it. What needs a yes is refused: nobody can be asked."""

from dataclasses import dataclass
from typing import Final

from wyoming import intent as wyoming_intent
from wyoming.event import Event, Eventable
from wyoming.handle import Handled, NotHandled

from gateway.events import ActionDone, ActionRequest, ActionResult, Intent, IntentRecognized, Outcome
from gateway.house import Entity
from gateway.turn.obey import NEVER_MIND, obey
from gateway.turn.spoken import Said
from gateway.turn.stages import Home
from gateway.wyoming.requests import Command, asked, check_language
from gateway.wyoming.services import Services, Turn

SATELLITE_ID: Final = "wyoming"
"""Whose commands these are: one for all, as the protocol does not tell satellites apart."""
START_TIMER: Final = "HassStartTimer"
RECOGNIZED: Final = "recognized"
"""The outcome of what was only to be understood."""
NO_TIMERS: Final = "no_timer_support"
"""A timer would run out unheard: there is no way to tell a Wyoming client later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A home that does what is asked (`obey.Doer`), where a turn is told of what has changed."""

    home: Home
    turn: Turn

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.home.foresee(request)

    async def perform(self, request: ActionRequest) -> ActionResult:
        result = await self.home.perform(request)
        if result.changes:
            self.turn.tell(ActionDone(t_ms=0, intent=request.intent.name, changes=result.changes))
        return result


class Commands:
    """What is meant, and what is done about it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._understanding = services.understanding

    async def recognize(self, event: Event) -> Eventable:
        """Return what a sentence means. Raises ProtocolError."""
        text = self._text(event)
        with self._services.turns.begin(_said(text), key=text) as turn:
            intent = await self._match(text, turn)
            if intent is None:
                sorry = await self._understanding.sorry()
                turn.ended(Outcome.NOT_UNDERSTOOD, sorry)
                return wyoming_intent.NotRecognized(text=sorry)
            turn.ended(RECOGNIZED, "")
        entities = [wyoming_intent.Entity(name=name, value=value) for name, value in intent.slots.items()]
        return wyoming_intent.Intent(name=intent.name, entities=entities)

    async def handle(self, event: Event) -> Eventable:
        """Do what a sentence asks for; return the answer. Raises ProtocolError, HomeError."""
        text = self._text(event)
        with self._services.turns.begin(_said(text), key=text) as turn:
            return await self._handle(text, turn)

    async def _handle(self, text: str, turn: Turn) -> Eventable:
        intent = await self._match(text, turn)
        if intent is None:
            sorry = await self._understanding.sorry()
            turn.ended(Outcome.NOT_UNDERSTOOD, sorry)
            return NotHandled(text=sorry)
        if intent.name == NEVER_MIND:
            turn.ended(Outcome.NEVER_MIND, "")
            return Handled(text="")
        if intent.name == START_TIMER:
            speech = await self._understanding.answer(intent, ActionResult(error=NO_TIMERS))
            turn.ended(Outcome.ANSWER, speech)
            return NotHandled(text=speech)
        request = ActionRequest(intent=intent, satellite_id=SATELLITE_ID)
        obeyed = await obey(request, _Told(home=self._services.home, turn=turn), self._understanding)
        turn.ended(obeyed.outcome, obeyed.speech)
        is_handled = obeyed.error is None and obeyed.outcome is not Outcome.NOT_CONFIRMED
        return Handled(text=obeyed.speech) if is_handled else NotHandled(text=obeyed.speech)

    def _text(self, event: Event) -> str:
        command = asked(Command, event)
        check_language(command.language, self._understanding.language)
        return command.text

    async def _match(self, text: str, turn: Turn) -> Intent | None:
        intent = await self._understanding.match(text, area_id=None)
        if intent is not None:
            turn.tell(
                IntentRecognized(
                    t_ms=0,
                    name=intent.name,
                    slots=intent.slots,
                    heard=text,
                    used=intent.text,
                    rule_ids=intent.rule_ids,
                )
            )
        return intent


def _said(text: str) -> Said:
    return Said(text=text, satellite_id=SATELLITE_ID)
