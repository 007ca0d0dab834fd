"""`converse`: words that a home was told, understood and done in that home; what opens a door is asked about first.

A question waits under its conversation's id: the next words of that conversation are its answer, or a new command.
A PIN is asked for after the yes; what answers that is told nobody and kept nowhere (`awaits_pin`).
What nobody here can answer, or the cloud is to be asked, a person is asked about as in a turn; there is no sound of it.
What was said is forgotten, too: who is logged in means what they said themselves, at a device what was said there.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import msgspec

from gateway.errors import HomeError, LedgerError
from gateway.events import (
    ActionDone,
    ActionRequest,
    ActionResult,
    ConsentAsked,
    Event,
    Intent,
    IntentRecognized,
    Outcome,
)
from gateway.house import Entity, Guard
from gateway.server.pipeline_turns import UNTOLD
from gateway.server.recognizing import check_language
from gateway.server.services import ConnectedHome, Equipment, Household
from gateway.turn import cloud as words
from gateway.turn import forgetting, policy
from gateway.turn.asking import ask, withdraw
from gateway.turn.obey import NEVER_MIND, Obeyed, demanded, obey
from gateway.turn.pin import pin_in
from gateway.turn.stages import NO_CLOUD, NO_MEMORY, Cloud, Memory, Understanding
from gateway.turn.yes import is_yes
from gateway.wire.messages import TEXT_CHARS
from gateway.wire.request_words import Converse, Conversed

QUESTION_S: Final = 60.0
"""Who writes yes later than this may mean something else."""
SPOKEN_QUESTION_S: Final = 30.0
"""At a microphone: ten seconds for the question, eight to begin with the answer, as at a satellite of the gateway's,
and the rest for saying and recognising it."""
MOST_QUESTIONS: Final = 32
"""That wait for an answer at once; the oldest is forgotten first."""
COMMAND_CHARS: Final = 500
"""Half a minute of fast speech; what is longer is no command, and is not looked at."""
NOWHERE: Final = ""
"""The satellite of what a home was told itself: an answer that comes later is only on the page."""
QUESTION: Final = "question"
"""The outcome of what waits for its yes."""


type Tell = Callable[[Event], None]
"""Takes what happens, for the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is to be done on a yes."""

    todo: ActionRequest | date
    """A day is to be forgotten; it is the one on which that was asked."""
    user_id: str
    """Who was asked, where somebody is logged in: nobody else's yes counts."""
    until_s: float
    is_for_pin: bool = False
    """Somebody said yes already; what is waited for is the PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThisHome:
    """One home of the household, as what acts (`obey.Doer`)."""

    household: Household
    home: ConnectedHome
    tell: Tell

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.household.foresee(request)

    async def perform(self, request: ActionRequest) -> ActionResult:
        result = await self.household.perform_in(self.home, request)
        if result.changes:
            self.tell(ActionDone(t_ms=0, intent=request.intent.name, changes=result.changes))
        return result


class Conversing:
    """The conversations of one home."""

    def __init__(
        self,
        home: ConnectedHome,
        household: Household,
        equipment: Equipment,
        clock: Callable[[], float],
        cloud: Cloud = NO_CLOUD,
        memory_of: Callable[[Converse], Memory] = lambda _: NO_MEMORY,
    ) -> None:
        """`home` is the one that says something, and has it done; `clock` is wall time in seconds.

        `memory_of` returns what is remembered of whoever says something: with a `user_id` their own turns.
        """
        self._home = home
        self._household = household
        self._equipment = equipment
        self._clock = clock
        self._cloud = cloud
        self._memory_of = memory_of
        self._questions: OrderedDict[str, _Question] = OrderedDict()

    def awaits_pin(self, conversation_id: str) -> bool:
        """Tell whether what is said next in a conversation is a PIN, as far as anybody can know, be it too late."""
        question = self._questions.get(conversation_id)
        return question is not None and question.is_for_pin

    async def converse(self, asked: Converse, tell: Tell = lambda _: None) -> Conversed:
        """Do what was said; return the answer. `tell` is told what happens; how it ended is in the answer.

        Raises ProtocolError for another language, EngineError.
        """
        stages = self._equipment.shared.in_language(asked.language)
        understanding = stages.understanding
        doer = _ThisHome(household=self._household, home=self._home, tell=tell)
        check_language(asked.language, stages.languages)
        is_secret = self.awaits_pin(asked.conversation_id)
        question = self._question(asked)
        try:
            if is_secret:
                return await self._with_pin(asked, question, understanding, doer)
            if question is not None and is_yes(asked.text, understanding.language):
                if isinstance(question.todo, date):
                    today, wished_for = question.todo, forgetting.Wish.TODAY
                    return await self._forget(asked, wished_for, understanding.language, today=today)
                request = replace(question.todo, is_confirmed=True, converse_id=asked.id)
                tell(_recognized(request.intent, asked.text, asked.text))
                return await self._confirmed(asked, request, understanding, doer)
            forgets = forgetting.wish([asked.text], understanding.language)
            if forgets is not None:
                return await self._about_memory(asked, forgets, understanding.language)
            wished = words.wish([asked.text], understanding.language)
            if wished is not None and (answer := await self._ask_cloud(asked, wished, understanding.language, tell)):
                return answer
            area_id = self._household.area_id(asked.area_id) if asked.area_id else None
            intent = await _meaning(asked.text, area_id, understanding)
            if intent is not None:
                tell(_recognized(intent, asked.text, intent.text))
            if question is not None and (intent is None or intent.name == NEVER_MIND):
                return _refused(asked, question, understanding.language)
            if intent is None or intent.name == NEVER_MIND:
                return await self._nothing_to_do(asked, intent, understanding, tell)
            request = ActionRequest(
                intent=intent,
                area_id=area_id,
                satellite_id=asked.satellite_id,
                converse_id=asked.id,
                language=understanding.language,
            )
            return await self._command(asked, request, understanding, doer)
        except HomeError as error:
            speech = policy.home_is_away(understanding.language)
            return Conversed(id=asked.id, speech=speech, outcome=Outcome.ERROR, error=error.code, message=str(error))

    async def _nothing_to_do(
        self, asked: Converse, intent: Intent | None, understanding: Understanding, tell: Tell
    ) -> Conversed:
        """Take back what waits, or ask whether the cloud may be asked what nobody here can answer, or say sorry."""
        language = understanding.language
        if (intent is not None or words.takes_back([asked.text], language)) and await withdraw(self._cloud, NOWHERE):
            return Conversed(id=asked.id, speech=words.withdrawn(language), outcome=Outcome.NEVER_MIND)
        if intent is not None:
            return Conversed(id=asked.id, outcome=Outcome.NEVER_MIND)
        wished = words.question(asked.text, language)
        if wished is not None and (answer := await self._ask_cloud(asked, wished, language, tell)):
            return answer
        sorry = (await understanding.sorry())[:TEXT_CHARS]
        return Conversed(id=asked.id, speech=sorry, outcome=Outcome.NOT_UNDERSTOOD)

    async def _ask_cloud(self, asked: Converse, wished: words.Wish, language: str, tell: Tell) -> Conversed | None:
        """Have a person asked whether the cloud may be; return None where nothing is to be said of that."""
        names_in = self._household.names_in
        said = await ask(wished, self._cloud, names_in, language=language, satellite_id=NOWHERE)
        if said is None:
            return None
        outcome = Outcome.NOT_UNDERSTOOD
        if said.request_id:
            outcome = Outcome.CONSENT_ASKED
            tell(ConsentAsked(t_ms=0, request_id=said.request_id, content=wished.content))
        return Conversed(id=asked.id, speech=said.speech, outcome=outcome)

    async def _command(
        self, asked: Converse, request: ActionRequest, understanding: Understanding, doer: _ThisHome
    ) -> Conversed:
        """Do it, or ask whether to; where nobody could answer, it is refused."""
        demand = await demanded(request, doer, understanding)
        if demand is None:
            obeyed = await obey(request, doer, understanding)
            request = obeyed.doubted or request
            demand = None if obeyed.doubted is None else await demanded(request, doer, understanding)
            if demand is None:
                return _answer(asked, obeyed)
        if demand.refusal is not None:
            return _answer(asked, await obey(request, doer, understanding))
        question = policy.question(demand.entities, understanding.language) or ""
        return self._ask(asked, question, request, understanding.language)

    async def _confirmed(
        self, asked: Converse, request: ActionRequest, understanding: Understanding, doer: _ThisHome
    ) -> Conversed:
        """Do what somebody said yes to, or ask for the PIN that it needs besides."""
        demand = await demanded(request, doer, understanding)
        if demand is None or demand.refusal is not None or demand.guard is not Guard.PIN:
            return _answer(asked, await obey(request, doer, understanding))
        question = policy.pin_question(understanding.language)
        return self._ask(asked, question, request, understanding.language, is_for_pin=True)

    async def _with_pin(
        self, asked: Converse, question: _Question | None, understanding: Understanding, doer: _ThisHome
    ) -> Conversed:
        """Do what was said yes to with the PIN that was said now; whatever was said instead is looked at no further."""
        pin = pin_in([asked.text[:COMMAND_CHARS]], understanding.language)
        if not pin or question is None or isinstance(question.todo, date):
            return _not_confirmed(asked, policy.refused(understanding.language))
        request = replace(question.todo, pin=pin, converse_id=asked.id)
        doer.tell(_recognized(request.intent, UNTOLD, UNTOLD))
        return _answer(asked, await obey(request, doer, understanding))

    async def _about_memory(self, asked: Converse, wished: forgetting.Wish, language: str) -> Conversed:
        """Forget what was said; all of today only after a yes."""
        today = forgetting.this_day()
        if wished is forgetting.Wish.TODAY:
            memory, is_own = self._memory_of(asked), bool(asked.user_id)
            question = await forgetting.question(memory, asked.satellite_id, language, today=today, is_own=is_own)
            if question:
                return self._ask(asked, question, today, language)
        return await self._forget(asked, wished, language, today=today)

    async def _forget(self, asked: Converse, wished: forgetting.Wish, language: str, *, today: date) -> Conversed:
        """Forget it, and send none of it."""
        is_withdrawn = await withdraw(self._cloud, NOWHERE)
        memory, there = self._memory_of(asked), asked.satellite_id
        forgotten = await forgetting.forget(wished, memory, there, language, today=today, is_withdrawn=is_withdrawn)
        conversed = Conversed(id=asked.id, speech=forgotten.speech, outcome=Outcome.FORGOTTEN)
        if forgotten.is_known:
            return conversed
        return msgspec.structs.replace(
            conversed, outcome=Outcome.ERROR, error=LedgerError.code, message=forgetting.UNKNOWN
        )

    def _ask(
        self,
        asked: Converse,
        question: str,
        todo: ActionRequest | date,
        language: str,
        *,
        is_for_pin: bool = False,
    ) -> Conversed:
        """Ask it; where it cannot be asked, or nobody could answer, it is refused."""
        until_s = self._clock() + (SPOKEN_QUESTION_S if asked.satellite_id else QUESTION_S)
        waiting = _Question(todo=todo, user_id=asked.user_id, until_s=until_s, is_for_pin=is_for_pin)
        if not question or not asked.conversation_id:
            return _refused(asked, waiting, language)
        self._questions[asked.conversation_id] = waiting
        while len(self._questions) > MOST_QUESTIONS:
            self._questions.popitem(last=False)
        return Conversed(id=asked.id, speech=question[:TEXT_CHARS], outcome=QUESTION, is_question=True)

    def _question(self, asked: Converse) -> _Question | None:
        """Return what whoever speaks was asked, once; what was asked too long ago is forgotten."""
        question = self._questions.pop(asked.conversation_id, None)
        is_open = question is not None and self._clock() < question.until_s and question.user_id == asked.user_id
        return question if is_open else None


def _recognized(intent: Intent, heard: str, used: str) -> IntentRecognized:
    return IntentRecognized(
        t_ms=0, name=intent.name, slots=intent.slots, heard=heard, used=used, rule_ids=intent.rule_ids
    )


async def _meaning(text: str, area_id: str | None, understanding: Understanding) -> Intent | None:
    intent = await understanding.match(text, area_id=area_id) if len(text) <= COMMAND_CHARS else None
    return None if intent is None or intent.is_own else intent  # that the home knew by itself, before it asked us


def _answer(asked: Converse, obeyed: Obeyed) -> Conversed:
    return Conversed(id=asked.id, speech=obeyed.speech[:TEXT_CHARS], outcome=obeyed.outcome, error=obeyed.error or "")


def _refused(asked: Converse, question: _Question, language: str) -> Conversed:
    kept = isinstance(question.todo, date)
    return _not_confirmed(asked, forgetting.kept(language) if kept else policy.refused(language))


def _not_confirmed(asked: Converse, speech: str) -> Conversed:
    return Conversed(id=asked.id, speech=speech, outcome=Outcome.NOT_CONFIRMED)
