"""A request that is open: what was asked, what of the answer is not yet taken, and how long anybody waits for it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.core import Context, State

from ..errors import GatewayError, RefusedError
from .codec import LARGEST_MESSAGE_BYTES, Message
from .ledger_messages import ANSWERS
from .messages import Answered, Conversed, Detected, Recognized, SettingsChanged, Spoken
from .timer_messages import TimerCancelled

MOST_UNHEARD_BYTES: Final = 16 * 1024 * 1024
"""Six minutes of Piper's voice: who fetches none of it for so long has gone."""
SMALLEST_PIECE_BYTES: Final = 256
"""What a piece of sound counts at least: empty ones take room too."""
_LAST: Final = (Recognized, Detected, Spoken, Conversed, Answered, SettingsChanged, TimerCancelled, *ANSWERS)
"""After it, the gateway has forgotten the request."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that was said to Home Assistant, with Home Assistant's ids of where."""

    text: str
    language: str
    conversation_id: str
    context: Context
    area_id: str | None = None
    device_id: str | None = None
    satellite_id: str | None = None
    is_answer: bool = False
    """Whether it answers a question that was asked in its conversation."""
    states: list[State] = field(default_factory=list)
    """What was done, or asked about, meanwhile (`home.py`)."""


class OpenRequest:
    """One that is open: what was answered, and not yet taken."""

    def __init__(self, request_id: int, said: Said | None) -> None:
        self.id = request_id
        self.said = said
        self.is_over = False
        """Whether the gateway has said the last of it."""
        self._error: Callable[[], GatewayError] | None = None
        self._heard: asyncio.Queue[Message | bytes] = asyncio.Queue()
        self._unheard_bytes = 0

    def give(self, heard: Message | bytes) -> None:
        """Take what the gateway says about it."""
        self.is_over |= isinstance(heard, _LAST)
        self._unheard_bytes += _size_bytes(heard)
        if self._unheard_bytes > MOST_UNHEARD_BYTES:
            self.fail(lambda: RefusedError("too_slow"))
        else:
            self._heard.put_nowait(heard)

    def fail(self, error: Callable[[], GatewayError]) -> None:
        """End it at once: nothing more is heard, not even what waits."""
        self._error = error
        self._heard.put_nowait(b"")

    async def next(self) -> Message | bytes:
        """Return what is said next. Raises what it was ended with."""
        heard = b"" if self._error is not None else await self._heard.get()
        if self._error is not None:
            raise self._error()
        self._unheard_bytes -= _size_bytes(heard)
        return heard

    async def answer[Awaited: Message](self, kind: type[Awaited]) -> Awaited:
        """Return the next message of this kind. Raises RefusedError where it says why something was not done."""
        while not isinstance(heard := await self.next(), kind):
            pass
        if code := getattr(heard, "error", ""):
            self.is_over = True
            raise RefusedError(code, getattr(heard, "message", ""))
        return heard


def _size_bytes(heard: Message | bytes) -> int:
    return LARGEST_MESSAGE_BYTES if isinstance(heard, Message) else max(len(heard), SMALLEST_PIECE_BYTES)


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[None]:
    """Raise RefusedError `no_answer` where the block takes longer."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if limit.expired():
            raise RefusedError("no_answer") from error
        raise


async def ended(task: asyncio.Task[Any]) -> None:
    """End a task, however it ends."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # what went wrong after it was needed is nobody's business


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Return when `work` is done, however often whoever waits for it is cancelled meanwhile."""
    task, cancelled = asyncio.create_task(work), None
    while not task.done():
        try:
            await asyncio.wait({task})  # which does not hand on that it is cancelled
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()


async def closed(source: AsyncIterable[Any]) -> None:
    """Close a source that is not iterated any more, where it can be closed."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()
