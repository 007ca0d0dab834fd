"""The turns of one satellite, one after the other: chime, reply, barge-in; and between them timers and messages.

It decides nothing about what is said; it plays what a turn yields, and stops playing when somebody interrupts. Where
the microphone and the speaker are, in this machine or at the other end of a connection, is its device's business.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Protocol

from gateway.chimes import timer_ring
from gateway.errors import EngineError, VoiceError
from gateway.events import Event, QuestionAsked, Reply, ReplyAudio, Sound, SpeechStarted, TurnFailed, WakeDetected
from gateway.server.delayed import answer_to
from gateway.server.notice import Notice, Then
from gateway.server.timer_phrases import LATE_S, is_up
from gateway.timers import TimerFinished
from gateway.turn.answer import wait_for_answer
from gateway.turn.ear import Ear
from gateway.turn.earlier import Earlier
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.interruption import Interruption, wait_for_interruption
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


type _Interlude = Callable[[], Coroutine[None, None, str | None]]
"""What happens between turns. Returns what the next one begins with: the wake word that was said already, an empty one
where it needs none, None where it waits for one."""


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
        while not self.is_over:
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
        raise StopAsyncIteration


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
        began: Callable[[str], None] = lambda _: None,
        heard: Callable[[bytes], None] = lambda _: None,
        over: Callable[[], None] = lambda: None,
    ) -> None:
        """`show` gets every event; `may_answer` tells whether a wake word that was heard is this satellite's to answer.

        `began` is told when a turn is this satellite's: the wake word, empty where it needed none. `heard` gets the
        sound of what is said in it, and `over` is called after it, cut short or not.
        """
        self._place = place
        self._device = device
        self._feed = _Feed(device.frames())
        self._ear = Ear(self._feed, stages, endpoint)
        self._endpoint = endpoint
        self._stages = stages
        self._show = show
        self._may_answer = may_answer
        self._began = began
        self._heard = heard
        self._over = over
        self._waiting: asyncio.Queue[_Interlude] = asyncio.Queue(MOST_WAITING)
        self._notices: set[Notice] = set()
        self._is_idle = True
        self._is_over = False
        self._hushed = asyncio.Event()
        self._earlier = Earlier()

    @property
    def stages(self) -> Stages:
        """The stages of its turns."""
        return self._stages

    def move(self, place: Place) -> None:
        """Have the next turn happen there."""
        if place != self._place:
            self._place = place
            self._interlude(_nothing)  # a turn that only waits for the wake word begins anew

    async def use(self, stages: Stages) -> None:
        """Have turns run with other stages; return when those before are used no more."""
        used = asyncio.Event()

        async def change() -> None:
            self._stages = stages
            self._ear = Ear(self._feed, stages, self._endpoint)
            used.set()

        await self._waiting.put(change)
        await used.wait()

    def forget(self) -> None:
        """Forget what was said before."""
        self._earlier.forget()

    def timer_finished(self, timer: TimerFinished) -> None:
        """Ring, or do what was asked for later, as soon as no turn is under way."""
        command = timer.command
        self._interlude(lambda: self._interruptibly(self._delayed(timer, command) if command else self._ring(timer)))

    def announce(self, notice: Notice) -> None:
        """Play what is to be heard as soon as no turn is under way, interrupted as a reply is; then do what follows."""
        if not self._is_over and self._interlude(lambda: self._give(notice)):
            self._notices.add(notice)
        else:
            notice.end()

    async def run(self) -> None:
        """Take turns until the microphone ends. Raises AudioError or LinkError where it fails."""
        woken_by: str | None = None
        waiting: asyncio.Task[_Interlude] = asyncio.create_task(self._waiting.get())
        try:
            while not self._feed.is_over:
                self._is_idle = woken_by is None
                turn = asyncio.create_task(self._turn(woken_by))
                try:
                    await asyncio.wait({turn, waiting}, return_when=asyncio.FIRST_COMPLETED)
                    if not (waiting.done() and self._is_idle):
                        woken_by = await turn
                finally:
                    await drop(turn)
                if waiting.done() and woken_by is None:
                    woken_by = await waiting.result()()
                    waiting = asyncio.create_task(self._waiting.get())
        finally:
            self._is_over = True
            for notice in self._notices:
                notice.end()
            self._earlier.forget()
            await drop(waiting)
        if self._feed.failure is not None:
            raise self._feed.failure

    def _interlude(self, interlude: _Interlude) -> bool:
        """Let it come when it can; return whether it will."""
        if self._waiting.full():
            return False
        self._waiting.put_nowait(interlude)
        return True

    async def _turn(self, woken_by: str | None) -> str | None:
        """Take one turn, without a wake word where it is `woken_by` one; return what wakes the next one likewise."""
        is_awake = woken_by is not None
        self._device.show_listening(is_awake)
        if woken_by is not None:
            self._began(woken_by)
        self._hushed.clear()
        chime: asyncio.Task[None] | None = None
        has_begun = asyncio.Event()
        try:
            turn = run_turn(
                self._ear,
                self._stages,
                self._place,
                is_awake=is_awake,
                hush=self._hushed,
                earlier=self._earlier,
                heard=self._heard,
            )
            async with aclosing(turn) as events:
                async for event in events:
                    self._show(event)
                    match event:
                        case WakeDetected() if not self._may_answer(event.wake_word):
                            return None
                        case WakeDetected():
                            self._is_idle = False
                            self._began(event.wake_word)
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
                            return await self._interruptibly(self._play_reply(events))
        finally:
            self._device.show_listening(False)
            self._feed.is_muted = False
            self._over()
            await drop(chime)
        return None

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

    async def _interruptibly(self, playing: Coroutine[None, None, None]) -> str | None:
        """Let `playing` sound; return the wake word that silenced it, where what follows is for us to hear."""
        return self._woken_by(await self._while_interruptible(playing))

    def _woken_by(self, interruption: Interruption | None) -> str | None:
        wake_word = None if interruption is None else interruption.wake_word
        return wake_word if wake_word is not None and self._may_answer(wake_word) else None

    async def _while_interruptible(self, playing: Coroutine[None, None, None]) -> Interruption | None:
        """Let `playing` sound until it ends or somebody interrupts; return what interrupted it."""
        self._hushed.clear()
        player = asyncio.create_task(playing)
        watcher = asyncio.create_task(
            wait_for_interruption(self._ear, self._stages.stt, self._stages.languages, suspect=self._hush)
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
            await drop(watcher, player)

    async def _hush(self) -> None:
        self._hushed.set()
        await self._device.silence()

    async def _give(self, notice: Notice) -> str | None:
        """Let a notice be heard, and have follow what is to follow, unless somebody cut it short."""
        try:
            interruption = await self._while_interruptible(self._play(notice))
            notice.heard()
            if interruption is not None or notice.is_withdrawn or notice.then is Then.NOTHING:
                return self._woken_by(interruption)
            if notice.then is Then.LISTEN:
                return ""
            notice.answer = await self._answer(notice)
            return None
        finally:
            self._notices.discard(notice)
            notice.end()

    async def _play(self, notice: Notice) -> None:
        """Play a notice; where somebody is to speak after one without sound, the chime says so."""
        for sound in notice.sounds:
            if not self._hushed.is_set():
                await self._device.write(sound)
        await self._device.drain()
        if notice.then is Then.NOTHING or notice.is_withdrawn:
            return
        if notice.sounds:
            await asyncio.sleep(QUESTION_ECHO_S)
        else:
            await self._device.chime()

    async def _answer(self, notice: Notice) -> str:
        """Return what is said next; nothing where nobody waits for it any more, or it cannot be recognised."""
        self._device.show_listening(True)
        answering = asyncio.create_task(wait_for_answer(self._ear, self._stages.stt))
        withdrawn = asyncio.create_task(notice.until_withdrawn())
        try:
            await asyncio.wait({answering, withdrawn}, return_when=asyncio.FIRST_COMPLETED)
            return answering.result() if answering.done() else ""
        except EngineError as error:
            self._failed(error.code)
            return ""
        finally:
            self._device.show_listening(False)
            await drop(answering, withdrawn)

    async def _ring(self, timer: TimerFinished) -> None:
        """Ring for a while; after the first round say which timer it is, where it has a name, or that it is late."""
        for number in range(RING_ROUNDS):
            if not self._hushed.is_set():
                await self._device.write(timer_ring())
            if number == 0 and (timer.name or timer.late_s >= LATE_S):
                stages = self._stages.in_language(timer.language)
                await self._say(is_up(timer, stages.understanding.language), stages)
        await self._device.drain()

    async def _delayed(self, timer: TimerFinished, command: str) -> None:
        """Do what was asked for earlier, and answer here."""
        try:
            stages = self._stages.in_language(timer.language)
            await self._say(await answer_to(timer, command, stages, self._failed), stages)
        except EngineError as error:
            self._failed(error.code)
        await self._device.drain()

    async def _say(self, text: str, stages: Stages) -> None:
        """Say something in the language of these stages unless somebody said stop; what cannot be said is shown."""
        try:
            async for sound in stages.tts.speak(text):
                if not self._hushed.is_set():
                    await self._device.write(sound)
        except EngineError as error:
            self._failed(error.code)

    def _failed(self, code: str) -> None:
        self._show(TurnFailed(t_ms=self._ear.now_ms, code=code))


async def _nothing() -> None:
    """Take no time."""
