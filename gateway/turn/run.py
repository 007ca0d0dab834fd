"""One voice turn, in order: wake, endpoint, speech to text, the home's own sentences, intent, policy, action, reply.

Somebody who wants what was said forgotten, who names the cloud, or who takes back what it was to be asked, is heard
before all of the house's own sentences.
A complete command is done before it is certain that nothing follows. Its reply waits until that is certain; words that
do follow correct the same turn.
`run_turn` is pulled: whoever plays the reply holds it back, and closing it ends the turn at once, wherever it is.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic

from gateway.errors import HomeError, VoiceError
from gateway.events import (
    ActionDone,
    ActionRequest,
    ActionResult,
    Event,
    Intent,
    NothingHeard,
    Outcome,
    SentenceAnswer,
    Transcript,
    TurnEnded,
    WakeDetected,
)
from gateway.turn import asking_back, obey, policy
from gateway.turn.about_us import AboutUs
from gateway.turn.choice import NOISE, Choice
from gateway.turn.ear import Ear, Utterance
from gateway.turn.earlier import Earlier
from gateway.turn.hearing import Hearing
from gateway.turn.home_sentences import home_sentence, is_own
from gateway.turn.permission import permitted
from gateway.turn.pin import pin_in
from gateway.turn.policy import Demand, Refusal
from gateway.turn.progress import Progress
from gateway.turn.putting_back import putting_back
from gateway.turn.speaking import Speaking
from gateway.turn.stages import Stages
from gateway.turn.standing import is_same
from gateway.turn.tasks import drop
from gateway.turn.yes import is_yes

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a turn happens."""

    area_id: str | None = None
    satellite_id: str = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What an utterance came to."""

    text: str = ""
    """What is still to be said."""
    result: ActionResult | None = None
    """What our own understanding of it did; none where that did nothing."""
    is_own: bool = False
    """Whether it was a sentence of the home's own: what that did is not known."""
    failure: HomeError | None = None
    """How the turn ends once that is said."""


async def run_turn(
    ear: Ear,
    stages: Stages,
    place: Place,
    *,
    is_awake: bool = False,
    hush: asyncio.Event | None = None,
    earlier: Earlier | None = None,
    heard: Callable[[bytes], None] = lambda _: None,
    clock: Callable[[], float] = monotonic,
) -> AsyncGenerator[Event]:
    """Yield what happens in the next turn that `ear` hears, `TurnEnded` last.

    `is_awake` skips the wake word; once `hush` is set nothing more is spoken; `earlier` is where what is said is kept
    for the turn after this one; `heard` gets the sound of what is said, 16 kHz mono s16le, but not of an answer to a
    question. No error of a stage gets out: it ends the turn as `TurnFailed` with its code.
    """
    events: asyncio.Queue[Event] = asyncio.Queue(maxsize=1)  # the turn is never further ahead than one event
    turn = _Turn(ear, stages, place, events, hush or asyncio.Event(), earlier or Earlier(), heard, clock)
    task = asyncio.create_task(turn.run(is_awake=is_awake))
    try:
        while True:
            event = await events.get()
            yield event
            if isinstance(event, TurnEnded):
                return
    finally:
        await drop(task)


class _Turn:
    """One turn's way through its stages."""

    def __init__(
        self,
        ear: Ear,
        stages: Stages,
        place: Place,
        events: asyncio.Queue[Event],
        hush: asyncio.Event,
        earlier: Earlier,
        heard: Callable[[bytes], None],
        clock: Callable[[], float],
    ) -> None:
        self._ear = ear
        self._stages = stages
        self._place = place
        self._tell = events.put
        self._earlier = earlier
        self._heard = heard
        self._rest: asyncio.Task[Utterance | None] | None = None
        self._progress = Progress(lambda: ear.now_ms, clock)
        self._hearing = Hearing(
            ear,
            stages,
            self._progress,
            self._tell,
            earlier.context,
            area_id=place.area_id,
            satellite_id=place.satellite_id,
        )
        self._speaking = Speaking(stages.tts, self._progress, self._tell, hush)
        self._about_us = AboutUs(
            stages,
            self._progress,
            self._speaking,
            self._tell,
            earlier,
            self._says_yes_to,
            satellite_id=place.satellite_id,
        )

    async def run(self, *, is_awake: bool) -> None:
        """Run all of it; every way out ends with `TurnEnded`."""
        try:
            if is_awake or await self._wake():
                await self._hear_and_obey()
        except VoiceError as error:
            await self._tell(self._progress.failed(error.code))
        except Exception as error:  # noqa: BLE001 - the end of a turn: a fault in one must not end the service
            _LOG.error("turn failed: %s", type(error).__name__)  # the traceback may hold what was said
            await self._tell(self._progress.failed("internal"))
        await self._tell(self._progress.ended())

    async def _wake(self) -> bool:
        wake = await self._ear.wait_for_wake()
        now_ms = self._progress.now_ms
        if wake is None:
            self._progress.outcome = Outcome.NO_WAKE
            await self._tell(NothingHeard(t_ms=now_ms, reason="no_wake"))
            return False
        await self._tell(
            WakeDetected(t_ms=now_ms, wake_word=wake.wake_word, score=wake.score, second_score=wake.second_score)
        )
        return True

    async def _hear_and_obey(self) -> None:
        progress = self._progress
        utterance = await self._hearing.words()
        if utterance is None:
            await self._tell(NothingHeard(t_ms=progress.now_ms, reason="silence"))
            return
        answer = await (self._obey_early(utterance) if utterance.may_go_on else self._obey(utterance))
        await self._speaking.say(answer.text)
        if answer.failure is not None:
            raise answer.failure

    async def _obey(self, utterance: Utterance) -> _Answer:
        """See to what somebody said; return what is still to be said."""
        progress = self._progress
        self._heard(utterance.pcm)
        choice = utterance.choice
        if choice.heard is not None:
            await self._tell(_transcript(progress.now_ms, choice))
        silence_reason = utterance.silence_reason
        self._go_on_in(choice.recognition.language)
        if await self._about_us.sees_to(utterance):
            return _Answer()
        if silence_reason is not None:
            await self._tell(NothingHeard(t_ms=progress.now_ms, reason=silence_reason))
            return _Answer()
        if (own := await self._own_sentence(choice)) is not None:
            return await self._answered(own, choice)
        if await self._about_us.is_talk(choice):
            await self._tell(NothingHeard(t_ms=progress.now_ms, reason=NOISE))
            return _Answer()
        if choice.asked:
            choice = await self._asked_back(choice)
            if is_own(choice) and (own := await self._own_sentence(choice)) is not None:
                return await self._answered(own, choice)
        if choice.intent is None or choice.intent.is_own:
            await self._about_us.not_understood(choice.recognition.hypotheses[0])
            return _Answer()
        return await self._understood(choice, choice.intent)

    async def _obey_early(self, utterance: Utterance) -> _Answer:
        """See to it at once, and to what is said after it; return what is to be said once nothing follows."""
        self._rest = asyncio.create_task(self._hearing.rest())
        try:
            first = await self._obey(utterance)
            if first.text:
                await self._stages.tts.prepare(first.text)
            await asyncio.wait({self._rest})
            rest = None if self._rest.cancelled() else self._rest.result()
        finally:
            await drop(self._rest)
        return first if rest is None else await self._correct(utterance, first, rest)

    async def _correct(self, utterance: Utterance, first: _Answer, rest: Utterance) -> _Answer:
        """Do what was meant where later words tell that it was something else; return what is to be said then.

        These are all words, or the later ones by themselves. Where neither means anything else, the first stands.
        """
        meant = utterance.choice.intent
        intent = rest.choice.intent
        is_instead = intent is not None
        if meant is None or (intent is not None and is_same(intent, meant)):
            return first
        if intent is None:
            if rest.silence_reason is not None:
                return first
            pcm, choice = await self._hearing.since(utterance)
            if choice.intent is None:
                return first
            rest = replace(rest, choice=choice, pcm=pcm)
            is_instead = choice.intent.name == obey.NEVER_MIND
        answer = await self._obey(rest)
        if is_instead and first.result is not None and not answer.is_own:
            await self._put_back(first.result, answer.result)
        return answer

    async def _put_back(self, done: ActionResult, instead: ActionResult | None) -> None:
        """Have it as it was before, as far as that is known and simple; what cannot be is left as it is."""
        for intent in putting_back(done, instead):
            request = self._request(intent)
            if await self._demanded(request) is None:
                with suppress(HomeError):
                    await self._perform(request)

    def _go_on_in(self, language: str) -> None:
        """Understand, ask and answer in the language that was spoken, if it is one of the household's."""
        self._stages = self._stages.in_language(language)
        self._speaking.use(self._stages.tts)
        self._about_us.use(self._stages)

    @property
    def _language(self) -> str:
        return self._stages.understanding.language

    async def _own_sentence(self, choice: Choice) -> SentenceAnswer | None:
        request = None if choice.intent is None else self._request(choice.intent)
        place = self._place
        return await home_sentence(
            choice, request, self._stages, area_id=place.area_id, satellite_id=place.satellite_id
        )

    async def _answered(self, own: SentenceAnswer, choice: Choice) -> _Answer:
        """Tell what was understood, as far as we know it; the home has done it."""
        progress = self._progress
        intent = choice.intent
        if intent is not None and intent.is_own and own.text == intent.text:
            await self._tell(choice.recognized(intent, t_ms=self._progress.now_ms))
        progress.mark("sentence")
        progress.outcome = Outcome.ANSWER
        return _Answer(text=own.speech, is_own=True)

    def _request(self, intent: Intent) -> ActionRequest:
        place = self._place
        return ActionRequest(
            intent=intent, area_id=place.area_id, satellite_id=place.satellite_id, language=self._language
        )

    async def _understood(self, choice: Choice, intent: Intent) -> _Answer:
        progress = self._progress
        await self._tell(choice.recognized(intent, t_ms=self._progress.now_ms))
        if intent.name == obey.NEVER_MIND:
            progress.outcome = Outcome.NEVER_MIND
            return _Answer()
        request = self._request(intent)
        demand = await self._demanded(request)
        return await (self._act(request) if demand is None else self._act_if_permitted(request, demand))

    async def _demanded(self, request: ActionRequest) -> Demand | None:
        return await obey.demanded(request, self._stages.home, self._stages.understanding)

    async def _act_if_permitted(self, request: ActionRequest, demand: Demand) -> _Answer:
        """Ask first, and do it or leave it; return what is to be said of it."""
        allowed = await permitted(
            request, demand, self._language, says_yes_to=self._says_yes_to, pin_after=self._pin_after
        )
        if isinstance(allowed, Refusal):
            self._progress.outcome = Outcome.NOT_CONFIRMED
            return _Answer(text=policy.refused(self._language, allowed))
        return await self._act(allowed)

    async def _asked_back(self, choice: Choice) -> Choice:
        """Ask what was meant; return `choice` with that, or with nothing where neither was, or nobody answers.

        Whoever says another command instead of an answer means that.
        """
        question = asking_back.question(choice.asked, self._language)
        answer = None if question is None else await self._answer_to(question)
        if answer is None or answer.heard is None:
            return replace(choice, asked=())
        said = answer.heard.text
        is_agreed = is_yes(said, self._language)
        meant = asking_back.answered(said, choice.asked, self._language, is_yes=is_agreed)
        if meant is not None:
            return replace(choice, asked=(), intent=meant.intent, replaced=meant.replaced, is_answered=True)
        return replace(choice, asked=()) if answer.intent is None else answer

    async def _says_yes_to(self, question: str) -> bool:
        """Ask back; tell whether a yes came."""
        answer = await self._answer_to(question)
        return answer is not None and answer.heard is not None and is_yes(answer.heard.text, self._language)

    async def _answer_to(self, question: str) -> Choice | None:
        """Ask back; return what was answered, None where nobody did."""
        await drop(self._rest)  # it was no action to do early after all: now somebody is to answer
        await self._speaking.ask(question)
        answer = await self._hearing.answer(self._language)
        if answer is not None and answer.heard is not None:
            await self._tell(_transcript(self._progress.now_ms, answer))
        return answer

    async def _pin_after(self, question: str) -> str:
        """Ask for the PIN; return its digits, none where nobody said any. No event tells them, nothing keeps them."""
        await self._speaking.ask(question, is_secret=True)
        return pin_in(await self._hearing.secret(self._language), self._language)

    async def _act(self, request: ActionRequest) -> _Answer:
        """Do it, or ask first where the home wants that; return what is to be said of it."""
        foretelling = asyncio.create_task(self._foretell(request))
        try:
            done = await self._perform(request)
            self._progress.mark("action")
        except HomeError as error:
            return _Answer(text=policy.home_is_away(self._language), failure=error)
        finally:
            await drop(foretelling)
        doubted = obey.doubted(request, done)
        if doubted is not None and (demand := await self._demanded(doubted)) is not None:
            return await self._act_if_permitted(doubted, demand)
        self._progress.outcome = obey.outcome_of(done)
        for one in done:
            self._earlier.context.happened(one.intent)
        text = await obey.answer(done, self._stages.understanding)
        return _Answer(text=text, result=done[0].result if len(done) == 1 else None)

    async def _perform(self, request: ActionRequest) -> tuple[obey.Done, ...]:
        """Have one command done after the other, and tell of each as soon as it is."""
        done = []
        for command in obey.each(request):
            (one,) = await obey.perform(command, self._stages.home)
            if changes := one.result.changes:
                await self._tell(ActionDone(t_ms=self._progress.now_ms, intent=one.intent.name, changes=changes))
            done.append(one)
        return tuple(done)

    async def _foretell(self, request: ActionRequest) -> None:
        """Have the reply prepared that is likely to come, while the home still acts."""
        home, understanding = self._stages.home, self._stages.understanding
        foreseen = [
            obey.Done(intent=command.intent, result=ActionResult(matched=home.foresee(command)))
            for command in obey.each(request)
        ]
        if all(one.result.matched for one in foreseen):
            await self._stages.tts.prepare(await obey.answer(tuple(foreseen), understanding))


def _transcript(t_ms: int, choice: Choice) -> Transcript:
    """Return the event of what was heard; `choice.heard` is there."""
    heard = choice.recognition.hypotheses[0]
    return Transcript(t_ms=t_ms, text=heard.text, score=heard.score, hypotheses=choice.recognition.hypotheses)
