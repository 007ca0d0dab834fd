"""The turns of one satellite, one after the other: chime, reply, barge-in; and between them timers and messages.

It decides nothing about what is said; it plays what a turn yields, and stops playing when somebody interrupts. Where
the microphone and the speaker are, in this machine or at the other end of a connection, is its device's business.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing, suppress
from typing import Protocol

from gateway.chimes import timer_ring
from gateway.errors import EngineError, HomeError, VoiceError
from gateway.events import (
    ActionRequest,
    Event,
    Intent,
    QuestionAsked,
    Reply,
    ReplyAudio,
    Sound,
    SpeechStarted,
    TimerFinished,
    TurnFailed,
    WakeDetected,
)
from gateway.turn import policy
from gateway.turn.ear import Ear
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.interruption import Interruption, wait_for_interruption
from gateway.turn.obey import obey
from gateway.turn.run import Place, run_turn
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
MOST_WAITING = 100
"""Timers and messages that wait for a turn to end; a home keeps as many timers."""


class Device(Protocol):
    """A satellite's microphone and speaker. Every method that waits raises AudioError or LinkError where it fails."""

    def frames(self) -> AsyncIterator[bytes]:
        """Return the microphone's frames (`FRAME_BYTES`, 16 kHz mono s16le), without the chime's own sound.

        No generator: waiting for a frame may be cancelled, and the next one is still to come.
        """

    def show_listening(self, is_listening: bool) -> None:
        """Show whether what is said now is being recognised."""

    async def chime(self) -> None:
        """Play the sound that says "I am listening"; return when it has been heard."""

    async def write(self, sound: Sound) -> None:
        """Play `sound` after what was written before; return when little of it (a quarter of a second) is unheard."""

    async def drain(self) -> None:
        """Return when everything that was written has been heard."""

    async def silence(self) -> None:
        """Stop at once and forget what was not yet heard."""


type _Interlude = Callable[[], Coroutine[None, None, None]]


class _Feed:
    """The microphone's frames; nothing at all while we ask."""

    def __init__(self, microphone: AsyncIterator[bytes]) -> None:
        self._microphone = microphone
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
                return frame


class Conversation:
    """One device, one turn after the other."""

    def __init__(
        self,
        device: Device,
        stages: Stages,
        place: Place,
        endpoint: EndpointSettings,
        *,
        show: Callable[[Event], None],
        may_answer: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`show` gets every event; `may_answer` tells whether a wake word that was heard is this satellite's to answer.

        `place` may be set anew: the next turn happens there.
        """
        self.place = place
        self._device = device
        self._feed = _Feed(device.frames())
        self._ear = Ear(self._feed, stages, endpoint)
        self._stages = stages
        self._show = show
        self._may_answer = may_answer
        self._waiting: asyncio.Queue[_Interlude] = asyncio.Queue(MOST_WAITING)
        self._is_idle = True
        self._hushed = asyncio.Event()

    def timer_finished(self, timer: TimerFinished) -> None:
        """Ring, or do what was asked for later, as soon as no turn is under way."""
        self._interlude(lambda: self._delayed(timer, timer.command) if timer.command else self._ring())

    def announce(self, sounds: Iterable[Sound]) -> None:
        """Play `sounds` as soon as no turn is under way; they are interrupted as a reply is."""
        self._interlude(lambda: self._play(sounds))

    async def run(self) -> None:
        """Take turns until the microphone ends. Raises AudioError or LinkError where it fails."""
        is_awake = False
        waiting: asyncio.Task[_Interlude] = asyncio.create_task(self._waiting.get())
        try:
            while not self._feed.is_over:
                self._is_idle = not is_awake
                turn = asyncio.create_task(self._turn(is_awake=is_awake))
                try:
                    await asyncio.wait({turn, waiting}, return_when=asyncio.FIRST_COMPLETED)
                    if not (waiting.done() and self._is_idle):
                        is_awake = await turn
                finally:
                    await drop(turn)
                if waiting.done() and not is_awake:
                    is_awake = self._is_next_awake(await self._while_interruptible(waiting.result()()))
                    waiting = asyncio.create_task(self._waiting.get())
        finally:
            await drop(waiting)
        if self._feed.failure is not None:
            raise self._feed.failure

    def _interlude(self, interlude: _Interlude) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(interlude)

    async def _turn(self, *, is_awake: bool) -> bool:
        """Take one turn; return whether the next one begins without a wake word, as this one was interrupted by it."""
        self._device.show_listening(is_awake)
        self._hushed.clear()
        chime: asyncio.Task[None] | None = None
        has_begun = asyncio.Event()
        try:
            turn = run_turn(self._ear, self._stages, self.place, is_awake=is_awake, hush=self._hushed)
            async with aclosing(turn) as events:
                async for event in events:
                    self._show(event)
                    match event:
                        case WakeDetected() if not self._may_answer(event.wake_word):
                            return False
                        case WakeDetected():
                            self._is_idle = False
                            self._device.show_listening(True)
                            chime = asyncio.create_task(self._chime(has_begun))
                        case SpeechStarted():
                            has_begun.set()
                        case QuestionAsked():
                            self._feed.is_muted = True
                        case ReplyAudio():
                            await self._play_question(event)
                        case Reply():
                            self._device.show_listening(False)
                            return self._is_next_awake(await self._while_interruptible(self._play_reply(events)))
        finally:
            self._device.show_listening(False)
            self._feed.is_muted = False
            await drop(chime)
        return False

    async def _chime(self, has_begun: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CHIME_AFTER_S):
                await has_begun.wait()
                return
        await self._device.chime()

    async def _play_question(self, event: ReplyAudio) -> None:
        await self._device.write(event.sound)
        await self._device.drain()
        await asyncio.sleep(QUESTION_ECHO_S)
        self._feed.is_muted = False

    async def _play_reply(self, events: AsyncGenerator[Event]) -> None:
        async for event in events:
            self._show(event)
            if isinstance(event, ReplyAudio) and not self._hushed.is_set():
                await self._device.write(event.sound)
        await self._device.drain()

    def _is_next_awake(self, interruption: Interruption | None) -> bool:
        """Tell whether what follows is for us: the wake word silenced us, and nobody else heard it before."""
        wake_word = None if interruption is None else interruption.wake_word
        return wake_word is not None and self._may_answer(wake_word)

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
        await self._device.silence()

    async def _play(self, sounds: Iterable[Sound]) -> None:
        for sound in sounds:
            if not self._hushed.is_set():
                await self._device.write(sound)
        await self._device.drain()

    async def _ring(self) -> None:
        for _ in range(RING_ROUNDS):
            if not self._hushed.is_set():
                await self._device.write(timer_ring())
        await self._device.drain()

    async def _delayed(self, timer: TimerFinished, command: str) -> None:
        """Do what was asked for earlier as if it was said where the timer was set, and answer here."""
        try:
            intent = await self._stages.understanding.match(command, area_id=timer.area_id)
            if intent is None:
                return
            try:
                answer = await self._carried_out(intent, timer)
            except HomeError as error:
                self._show(TurnFailed(t_ms=self._ear.now_ms, code=error.code))
                answer = policy.home_is_away(self._stages.understanding.language)
            async for sound in self._stages.tts.speak(answer):
                if not self._hushed.is_set():
                    await self._device.write(sound)
        except EngineError as error:
            self._show(TurnFailed(t_ms=self._ear.now_ms, code=error.code))
        await self._device.drain()

    async def _carried_out(self, intent: Intent, timer: TimerFinished) -> str:
        """Do what was asked for earlier, unless it needs a yes that nobody gave: nobody may be there to give it now.

        Return the answer.
        """
        request = ActionRequest(
            intent=intent,
            area_id=timer.area_id,
            satellite_id=timer.satellite_id,
            is_confirmed=timer.is_confirmed,
        )
        return (await obey(request, self._stages.home, self._stages.understanding)).speech
