"""This machine's own microphone and speaker, joined with turns: chime, reply, barge-in, and timers that ring.

It decides nothing about what is said; it plays what a turn yields, and stops playing when somebody interrupts.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress

from gateway.errors import EngineError, HomeError, VoiceError
from gateway.events import (
    ActionRequest,
    Event,
    Intent,
    QuestionAsked,
    Reply,
    ReplyAudio,
    SpeechStarted,
    TurnFailed,
    WakeDetected,
)
from gateway.home.timer import TimerFinished
from gateway.satellite.chime import ChimeCanceller, timer_ring, wake_chime
from gateway.satellite.speaker import Speaker
from gateway.turn import policy
from gateway.turn.ear import Ear
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.interruption import Interruption, wait_for_interruption
from gateway.turn.run import ACTION_DEADLINE_S, Place, run_turn
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop
from gateway.turn.wake import SECOND_OPINION_MS

CHIME_AFTER_S = 0.25
"""Who speaks on without a pause is not talked over."""
QUESTION_ECHO_S = 0.2
"""What the room and the sound system still hold of our question; it must not answer itself."""
DECISION_S = (SECOND_OPINION_MS + 150) / 1000
"""What silenced us was the wake word or was not: known by then, with a little for the models' own time."""
LAST_WORDS_S = 1.0
"""A turn that was hushed ends with the clause that is being synthesised."""
RING_ROUNDS = 30
"""A minute; whoever is at home has heard it."""
TIMERS_WAITING = 100
"""As many as a home keeps."""


class Feed:
    """The microphone's frames without our own chime; nothing at all while we ask."""

    def __init__(self, microphone: AsyncIterator[bytes], canceller: ChimeCanceller) -> None:
        self._microphone = microphone
        self._canceller = canceller
        self.is_muted = False
        self.failure: VoiceError | None = None
        """Why there are no more frames."""
        self.is_over = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            try:
                frame = await anext(self._microphone)
            except StopAsyncIteration:
                self.is_over = True
                raise
            except VoiceError as error:
                self.is_over, self.failure = True, error
                raise
            if not self.is_muted:
                return self._canceller.clean(frame)


class LocalSatellite:
    """One microphone, one speaker, one turn after the other."""

    def __init__(
        self,
        microphone: AsyncIterator[bytes],
        speaker: Speaker,
        stages: Stages,
        place: Place,
        endpoint: EndpointSettings,
        *,
        show: Callable[[Event], None],
        listening: Callable[[bool], None],
    ) -> None:
        """`show` gets every event, `listening` whether what is said now is being recognised."""
        self._canceller = ChimeCanceller()
        self._feed = Feed(microphone, self._canceller)
        self._ear = Ear(self._feed, stages, endpoint)
        self._speaker = speaker
        self._stages = stages
        self._place = place
        self._show = show
        self._listening = listening
        self._finished: asyncio.Queue[TimerFinished] = asyncio.Queue(TIMERS_WAITING)
        self._is_idle = True
        self._hushed = asyncio.Event()

    def timer_finished(self, timer: TimerFinished) -> None:
        """Ring as soon as no turn is under way."""
        if not self._finished.full():
            self._finished.put_nowait(timer)

    async def run(self) -> None:
        """Take turns until the microphone ends. Raises AudioError where it fails."""
        is_awake = False
        timer: asyncio.Task[TimerFinished] = asyncio.create_task(self._finished.get())
        try:
            while not self._feed.is_over:
                self._is_idle = not is_awake
                turn = asyncio.create_task(self._turn(is_awake=is_awake))
                try:
                    await asyncio.wait({turn, timer}, return_when=asyncio.FIRST_COMPLETED)
                    if not (timer.done() and self._is_idle):
                        is_awake = await turn
                finally:
                    await drop(turn)
                if timer.done() and not is_awake:
                    is_awake = await self._timer_is_up(timer.result())
                    timer = asyncio.create_task(self._finished.get())
        finally:
            await drop(timer)
        if self._feed.failure is not None:
            raise self._feed.failure

    async def _turn(self, *, is_awake: bool) -> bool:
        """Take one turn; return whether the next one begins without a wake word, as this one was interrupted by it."""
        self._listening(is_awake)
        self._hushed.clear()
        chime: asyncio.Task[None] | None = None
        has_begun = asyncio.Event()
        try:
            turn = run_turn(self._ear, self._stages, self._place, is_awake=is_awake, hush=self._hushed)
            async with aclosing(turn) as events:
                async for event in events:
                    self._show(event)
                    match event:
                        case WakeDetected():
                            self._is_idle = False
                            self._listening(True)
                            chime = asyncio.create_task(self._chime(has_begun))
                        case SpeechStarted():
                            has_begun.set()
                        case QuestionAsked():
                            self._feed.is_muted = True
                        case ReplyAudio():
                            await self._play_question(event)
                        case Reply():
                            self._listening(False)
                            return await self._while_interruptible(self._play_reply(events)) is Interruption.WAKE
        finally:
            self._listening(False)
            self._feed.is_muted = False
            await drop(chime)
        return False

    async def _chime(self, has_begun: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CHIME_AFTER_S):
                await has_begun.wait()
                return
        self._canceller.chime_started()
        await self._speaker.write(wake_chime())
        await self._speaker.drain()

    async def _play_question(self, event: ReplyAudio) -> None:
        await self._speaker.write(event.sound)
        await self._speaker.drain()
        await asyncio.sleep(QUESTION_ECHO_S)
        self._feed.is_muted = False

    async def _play_reply(self, events: AsyncGenerator[Event]) -> None:
        async for event in events:
            self._show(event)
            if isinstance(event, ReplyAudio) and not self._hushed.is_set():
                await self._speaker.write(event.sound)
        await self._speaker.drain()

    async def _while_interruptible(self, playing: Coroutine[None, None, None]) -> Interruption | None:
        """Let `playing` sound until it ends or somebody interrupts; return what interrupted it."""
        self._hushed.clear()
        player = asyncio.create_task(playing)
        watcher = asyncio.create_task(
            wait_for_interruption(self._ear, self._stages.stt, self._stages.understanding.language, suspect=self._hush)
        )
        try:
            await asyncio.wait({player, watcher}, return_when=asyncio.FIRST_COMPLETED)
            if self._hushed.is_set() and not watcher.done():
                await asyncio.wait({watcher}, timeout=DECISION_S)
            if watcher.done() and not watcher.cancelled() and watcher.exception() is None:
                await self._hush()
                await asyncio.wait({player}, timeout=LAST_WORDS_S)
                return watcher.result()
            await player
            return None
        finally:
            await drop(watcher)
            await drop(player)

    async def _hush(self) -> None:
        self._hushed.set()
        await self._speaker.silence()

    async def _timer_is_up(self, timer: TimerFinished) -> bool:
        """Ring, or carry out what was to be done at this time; return whether the next turn is awake already."""
        sounds = self._delayed(timer.command) if timer.command else self._ring()
        return await self._while_interruptible(sounds) is Interruption.WAKE

    async def _ring(self) -> None:
        for _ in range(RING_ROUNDS):
            if not self._hushed.is_set():
                await self._speaker.write(timer_ring())
        await self._speaker.drain()

    async def _delayed(self, command: str) -> None:
        intent = await self._stages.understanding.match(command, area_id=self._place.area_id)
        if intent is None:
            return
        try:
            async for sound in self._stages.tts.speak(await self._carried_out(intent)):
                if not self._hushed.is_set():
                    await self._speaker.write(sound)
        except (EngineError, HomeError) as error:
            self._show(TurnFailed(t_ms=self._ear.now_ms, code=error.code))
        await self._speaker.drain()

    async def _carried_out(self, intent: Intent) -> str:
        """Do what was asked for earlier, unless it needs a yes: nobody may be there to give it. Return the answer."""
        request = ActionRequest(intent=intent, area_id=self._place.area_id, satellite_id=self._place.satellite_id)
        if policy.protected(self._stages.home.foresee(request)):
            return policy.refused(self._stages.understanding.language)
        try:
            async with asyncio.timeout(ACTION_DEADLINE_S):
                result = await self._stages.home.perform(request)
        except TimeoutError as error:
            raise HomeError(f"the home did not answer within {ACTION_DEADLINE_S} s") from error
        return await self._stages.understanding.answer(intent, result)
