"""What the Wyoming server offers: the stages that do it, their names, and turns at them. The launcher fills it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.errors import EngineError
from gateway.events import Event
from gateway.turn.spoken import Said, Spoken
from gateway.turn.stages import Home, SpeechToText, TextToSpeech, Understanding
from gateway.turn.wake import Wake


class WakeEars(Protocol):
    """What follows one stream and says when its wake word was said: a `turn.wake.WakeListener`."""

    async def hear(self, frame: bytes) -> Wake | None:
        """Take the stream's next frame; return the wake word that is now certain, if one is."""

    async def reset(self) -> None:
        """Forget the stream: another follows."""


class Turn(Protocol):
    """A turn that is under way, for the ledger."""

    def tell(self, event: Event) -> None:
        """Take what happened."""

    def ended(self, outcome: str, speech: str, *, error: str = "") -> None:
        """Have it remembered: how it ended, and what was answered."""


class Turns(Protocol):
    """What is remembered of what clients have done, a step at a time: steps with the same key are one turn."""

    def recognized(self, key: str, spoken: Spoken) -> None:
        """Take what was recognised."""

    def nothing_heard(self, at: datetime, reason: str, *, is_woken: bool) -> None:
        """Take that nothing was said that was meant for us."""

    def begin(self, said: Said, *, key: str) -> AbstractContextManager[Turn]:
        """Return the turn in which this is said to the house; what had happened by its end is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How what is offered is called."""

    version: str
    language: str
    """Of speech recognition and sentences."""
    stt_model: str
    voice: str
    voice_language: str
    wake_words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What may be others a moment later, because somebody chose so."""

    names: Names
    stt: SpeechToText
    tts: TextToSpeech


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The stages, shared by all connections but for the ears: each stream has its own."""

    engines: Callable[[], Engines]
    """Those in use now; asked for each piece of work, so that nobody keeps a model that was replaced."""
    understanding: Understanding
    home: Home
    new_wake: Callable[[], Awaitable[WakeEars]]
    """Raises ModelError, EngineError."""
    turns: Turns


class Turnstile:
    """Lets one at a time at a model, so that a satellite waits for one stranger's sentence at most."""

    def __init__(self, answer_s: float) -> None:
        """`answer_s` is for waiting and work together."""
        self._answer_s = answer_s
        self._lock = asyncio.Lock()

    async def run[T](self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what `work` returns. Raises what it raises, and EngineError where it is not done in time."""
        try:
            async with asyncio.timeout(self._answer_s), self._lock:
                return await work()
        except TimeoutError as error:
            raise EngineError(f"there was no answer within {self._answer_s:.0f} s") from error
