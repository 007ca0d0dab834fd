"""`converse`: words that a home was told, understood and done in that home; what opens a door is asked about first.

A question waits under its conversation's id: the next words of that conversation are its answer, or a new command.
What nobody here can answer, or the cloud is to be asked, a person is asked about as in a turn; there is no sound of it.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Intent, Outcome
from gateway.house import Entity
from gateway.server.recognizing import check_language
from gateway.server.services import ConnectedHome, Equipment, Household
from gateway.turn import cloud as words
from gateway.turn import policy
from gateway.turn.asking import ask, withdraw
from gateway.turn.obey import NEVER_MIND, Obeyed, carry_out, protected
from gateway.turn.stages import NO_CLOUD, Cloud, Understanding
from gateway.wire.messages import TEXT_CHARS
from gateway.wire.request_words import Converse, Conversed

QUESTION_S: Final = 60.0
"""Who says yes later than this may mean something else."""
MOST_QUESTIONS: Final = 32
"""That wait for an answer at once; the oldest is forgotten first."""
COMMAND_CHARS: Final = 500
"""Half a minute of fast speech; what is longer is no command, and is not looked at."""
NOWHERE: Final = ""
"""The satellite of what a home was told itself: an answer that comes later is only on the page."""
QUESTION: Final = "question"
"""The outcome of what waits for its yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is to be done on a yes."""

    request: ActionRequest
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThisHome:
    """One home of the household, as what acts (`obey.Doer`)."""

    household: Household
    home: ConnectedHome

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.household.foresee(request)

    async def perform(self, request: ActionRequest) -> ActionResult:
        return await self.household.perform_in(self.home, request)


class Conversing:
    """The conversations of one home."""

    def __init__(
        self,
        home: ConnectedHome,
        household: Household,
        equipment: Equipment,
        clock: Callable[[], float],
        cloud: Cloud = NO_CLOUD,
    ) -> None:
        """`home` is the one that says something, and has it done; `clock` is wall time in seconds."""
        self._doer = _ThisHome(household=household, home=home)
        self._household = household
        self._equipment = equipment
        self._clock = clock
        self._cloud = cloud
        self._questions: OrderedDict[str, _Question] = OrderedDict()

    async def converse(self, asked: Converse) -> Conversed:
        """Do what was said; return the answer. Raises ProtocolError for another language, EngineError."""
        understanding = self._equipment.understanding
        check_language(asked.language, understanding.language)
        question = self._question(asked.conversation_id)
        try:
            if question is not None and policy.is_yes(asked.text, understanding.language):
                request = replace(question.request, is_confirmed=True, converse_id=asked.id)
                return _answer(asked, await carry_out(request, self._doer, understanding))
            wished = words.wish([asked.text], understanding.language)
            if wished is not None and (answer := await self._ask_cloud(asked, wished, understanding.language)):
                return answer
            area_id = self._household.area_id(asked.area_id) if asked.area_id else None
            intent = await _meaning(asked.text, area_id, understanding)
            if question is not None and (intent is None or intent.name == NEVER_MIND):
                return _refused(asked, understanding)
            if intent is None or intent.name == NEVER_MIND:
                return await self._nothing_to_do(asked, intent, understanding)
            request = ActionRequest(intent=intent, area_id=area_id, satellite_id="", converse_id=asked.id)
            return await self._command(asked, request, understanding)
        except HomeError as error:
            speech = policy.home_is_away(understanding.language)
            return Conversed(id=asked.id, speech=speech, outcome=Outcome.ERROR, error=error.code, message=str(error))

    async def _nothing_to_do(self, asked: Converse, intent: Intent | None, understanding: Understanding) -> Conversed:
        """Take back what waits, or ask whether the cloud may be asked what nobody here can answer, or say sorry."""
        language = understanding.language
        if (intent is not None or words.takes_back([asked.text], language)) and await withdraw(self._cloud, NOWHERE):
            return Conversed(id=asked.id, speech=words.withdrawn(language), outcome=Outcome.NEVER_MIND)
        if intent is not None:
            return Conversed(id=asked.id, outcome=Outcome.NEVER_MIND)
        wished = words.question(asked.text, language)
        if wished is not None and (answer := await self._ask_cloud(asked, wished, language)):
            return answer
        sorry = (await understanding.sorry())[:TEXT_CHARS]
        return Conversed(id=asked.id, speech=sorry, outcome=Outcome.NOT_UNDERSTOOD)

    async def _ask_cloud(self, asked: Converse, wished: words.Wish, language: str) -> Conversed | None:
        """Have a person asked whether the cloud may be; return None where nothing is to be said of that."""
        names_in = self._household.names_in
        said = await ask(wished, self._cloud, names_in, language=language, satellite_id=NOWHERE)
        if said is None:
            return None
        outcome = Outcome.CONSENT_ASKED if said.request_id else Outcome.NOT_UNDERSTOOD
        return Conversed(id=asked.id, speech=said.speech, outcome=outcome)

    async def _command(self, asked: Converse, request: ActionRequest, understanding: Understanding) -> Conversed:
        """Do it, or ask whether to; where nobody could answer, it is refused."""
        opened = await protected(request, self._doer, understanding)
        if not opened:
            return _answer(asked, await carry_out(request, self._doer, understanding))
        question = policy.question(opened, understanding.language)
        if question is None or not asked.conversation_id:
            return _refused(asked, understanding)
        self._ask(asked.conversation_id, request)
        return Conversed(id=asked.id, speech=question[:TEXT_CHARS], outcome=QUESTION, is_question=True)

    def _ask(self, conversation_id: str, request: ActionRequest) -> None:
        self._questions[conversation_id] = _Question(request=request, until_s=self._clock() + QUESTION_S)
        while len(self._questions) > MOST_QUESTIONS:
            self._questions.popitem(last=False)

    def _question(self, conversation_id: str) -> _Question | None:
        """Return what this conversation was asked, once; what was asked too long ago is forgotten."""
        question = self._questions.pop(conversation_id, None)
        return question if question is not None and self._clock() < question.until_s else None


async def _meaning(text: str, area_id: str | None, understanding: Understanding) -> Intent | None:
    return await understanding.match(text, area_id=area_id) if len(text) <= COMMAND_CHARS else None


def _answer(asked: Converse, obeyed: Obeyed) -> Conversed:
    return Conversed(id=asked.id, speech=obeyed.speech[:TEXT_CHARS], outcome=obeyed.outcome, error=obeyed.error or "")


def _refused(asked: Converse, understanding: Understanding) -> Conversed:
    return Conversed(id=asked.id, speech=policy.refused(understanding.language), outcome=Outcome.NOT_CONFIRMED)
