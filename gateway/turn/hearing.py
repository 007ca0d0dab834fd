"""What a turn hears: words, what follows them, answers; what happens meanwhile, and what each sound means here."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from gateway.errors import EngineError
from gateway.events import (
    Event,
    Intent,
    PartialTranscript,
    SpeechEnded,
    SpeechResumed,
    SpeechStarted,
)
from gateway.foreground import foregrounds
from gateway.turn.answer import ANSWER_MS
from gateway.turn.choice import Choice, choose
from gateway.turn.context import Context
from gateway.turn.ear import Ear, Glimpse, Interpret, Utterance
from gateway.turn.endpoint import Standing
from gateway.turn.progress import Progress
from gateway.turn.resolving import resolved
from gateway.turn.stages import Stages, Understanding
from gateway.turn.standing import is_about_us, is_same, standing

SECOND_CHANCE_MS: Final = 3_000
"""A sound without words this soon after the wake word is not what the person wanted to say."""

CLEAR_SCORE: Final = -0.2
"""What is read as surely as this was said by one person."""


class Hearing:
    """One turn's."""

    def __init__(
        self,
        ear: Ear,
        stages: Stages,
        progress: Progress,
        tell: Callable[[Event], Awaitable[None]],
        context: Context,
        *,
        area_id: str | None,
        satellite_id: str,
    ) -> None:
        """`tell` gets what happens, `context` knows what "it" is; sentences mean what they do in the area `area_id`.

        Each is understood in the language that it is heard in, one of those of `stages`.
        """
        self._ear = ear
        self._stages = stages
        self._progress = progress
        self._tell = tell
        self._context = context
        self._area_id = area_id
        self._satellite_id = satellite_id

    async def words(self) -> Utterance | None:
        """Return what somebody said, None where nobody spoke; a cough does not use up the time there is to speak."""
        begun_ms = self._ear.now_ms
        utterance = await self._next(self._interpret, glimpse=self._glimpse)
        while utterance is not None and utterance.silence_reason and self._ear.now_ms - begun_ms < SECOND_CHANCE_MS:
            again = await self._next(self._interpret, glimpse=self._glimpse)
            if again is None:
                break
            utterance = again
        return utterance

    async def rest(self) -> Utterance | None:
        """Return all that was said where speech goes on after an early end, None where it does not."""
        resumed_ms = await self._ear.wait_for_more()
        if resumed_ms is None:
            return None
        await self._tell(SpeechResumed(t_ms=self._progress.not_before(resumed_ms)))
        return await self._to_the_end(self._interpret_patiently, self._glimpse)

    async def answer(self, language: str) -> Choice | None:
        """Return what is said to our question in this language, None where nobody speaks in time.

        How it stands is nobody's concern.
        """
        utterance = await self._next(
            lambda pcm: self.recognize(pcm, language=language), no_speech_ms=ANSWER_MS, glimpse=self._glimpse
        )
        return None if utterance is None else utterance.choice

    async def secret(self, language: str) -> tuple[str, ...]:
        """Return the readings of what is said to our question in this language, likeliest first; nobody is told."""

        async def written_down(pcm: bytes) -> Choice:
            return await choose(await self._stages.stt.recognize(pcm, language=language), _means_nothing)

        utterance = await self._next(written_down, no_speech_ms=ANSWER_MS, glimpse=None)
        return () if utterance is None else utterance.choice.readings

    async def since(self, utterance: Utterance) -> tuple[bytes, Choice]:
        """Return what was said after an utterance that ended early, by itself: its sound, and what it means."""
        pcm = self._ear.since(utterance.end_ms)
        return pcm, await self.understand(pcm, language=utterance.choice.recognition.language)

    async def _next(
        self, interpret: Interpret, *, no_speech_ms: int | None = None, glimpse: Glimpse | None
    ) -> Utterance | None:
        """Return what somebody said next, None where nobody spoke in time."""
        started_ms = await self._ear.wait_for_speech(no_speech_ms=no_speech_ms)
        if started_ms is None:
            return None
        await self._tell(SpeechStarted(t_ms=self._progress.not_before(started_ms)))
        return await self._to_the_end(interpret, glimpse)

    async def _to_the_end(self, interpret: Interpret, glimpse: Glimpse | None) -> Utterance:
        progress = self._progress
        utterance = await self._ear.wait_for_end(interpret, glimpse)
        end_ms = progress.speech_ended(utterance.end_ms, utterance.ended_s)
        progress.mark("endpoint")
        await self._tell(SpeechEnded(t_ms=end_ms, reason=utterance.reason))
        return utterance

    async def _glimpse(self, pcm: bytes) -> None:
        """Tell what is said so far; what cannot be seen at a glimpse is heard at the end."""
        with suppress(EngineError):
            text = await self._stages.stt.glimpse(pcm)
            if text:
                await self._tell(PartialTranscript(t_ms=self._progress.now_ms, text=text))

    async def recognize(self, pcm: bytes, *, language: str = "") -> Choice:
        """Recognise it, and look for what it means here; how it stands is nobody's concern.

        `language` is the one that it is in, where that is known.
        """
        recognition = await self._stages.stt.recognize(pcm, language=language)
        self._progress.mark("stt")
        understanding = self._understanding(recognition.language)
        choice = await choose(recognition, lambda text: self._match(text, understanding))
        self._progress.mark("intent")
        return choice

    async def understand(self, pcm: bytes, *, language: str = "") -> Choice:
        """Recognise it, and find out what was meant where the likeliest reading means nothing here."""
        choice = await self.recognize(pcm, language=language)
        understanding, stt = self._understanding(choice.recognition.language), self._stages.stt
        choice = await resolved(choice, pcm, stt, understanding, area_id=self._area_id)
        self._progress.mark("intent")
        return choice

    async def _interpret(self, pcm: bytes) -> Choice:
        """Understand it, and look whether it is all of it."""
        choice = await self.understand(pcm)
        understanding, home = self._understanding(choice.recognition.language), self._stages.home
        stands = await standing(choice, understanding, home, area_id=self._area_id, satellite_id=self._satellite_id)
        if stands is Standing.UNKNOWN and choice.intent is None and not choice.asked:
            choice = await self._in_foreground(choice, pcm)
        return replace(choice, standing=stands)

    async def _in_foreground(self, choice: Choice, pcm: bytes) -> Choice:
        """Return what whoever speaks nearest said, where all that was said means nothing and others speak as well.

        That is what two of its louder stretches mean, or one while no other means anything: unless any words may stand
        in it, as in "play …".
        """
        if choice.heard is not None and (
            choice.heard.score >= CLEAR_SCORE or is_about_us(choice, choice.recognition.language)
        ):
            return choice
        found: list[Choice] = []
        for stretch in foregrounds(pcm):
            nearer = replace(await self.understand(stretch, language=choice.recognition.language), is_nearest=True)
            if nearer.intent is None:
                continue
            if any(other.intent is not None and is_same(nearer.intent, other.intent) for other in found):
                return nearer
            found.append(nearer)
        return found[0] if len(found) == 1 and not _has_any_words(found[0].intent) else choice

    async def _interpret_patiently(self, pcm: bytes) -> Choice:
        """Do the same for somebody who has gone on once, and may do so again."""
        choice = await self._interpret(pcm)
        return replace(choice, standing=Standing.MAY_GO_ON) if choice.standing is Standing.COMPLETE else choice

    def _understanding(self, language: str) -> Understanding:
        return self._stages.in_language(language).understanding

    async def _match(self, text: str, understanding: Understanding) -> Intent | None:
        """Return what a sentence means here, by itself or else after what was said before."""
        intent = await understanding.match(text, area_id=self._area_id)
        if intent is None:
            for reading in self._context.readings(text, understanding.language):
                intent = await understanding.match(reading, area_id=self._area_id)
                if intent is not None:
                    break
        return intent


def _has_any_words(intent: Intent | None) -> bool:
    """Tell whether it has words in it that are no name of this house: a title, an item, a timer's name."""
    return intent is not None and (intent.any_words > 0 or ("name" in intent.slots and intent.entity_id is None))


async def _means_nothing(_: str) -> Intent | None:
    return None
