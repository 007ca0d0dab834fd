"""What the gateway asks of this home: done by a task each, and answered before the gateway stops waiting."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol

from ..errors import NotConnectedError
from .client import Client
from .codec import Message
from .messages import ActionAsked, ActionDone, SentenceAsked, SentenceDone
from .open_request import Said
from .timer_messages import RingTimer, TimerRung

ASKED_S: Final = 10.0
"""For what the gateway asks without saying how long it waits."""
MOST_ASKED: Final = 32
"""At once: as many as satellites of a large house, each of them acting."""
FAILED: Final = "handle_error"
"""The language's error answer for an action that went wrong."""

_LOGGER = logging.getLogger(__name__)


class Home(Protocol):
    """What a connection needs of the house."""

    async def tell(self, say: Callable[[Message], Awaitable[None]]) -> None:
        """Tell the whole house, then what changes, until cancelled."""

    async def act(self, asked: ActionAsked, said: Said | None) -> ActionDone:
        """Do what is asked; `said` is what it is for, where that was said to Home Assistant."""

    async def sentence(self, asked: SentenceAsked) -> SentenceDone:
        """Do what one of Home Assistant's own sentences asks for."""

    async def ring(self, asked: RingTimer) -> TimerRung:
        """Have a timer that is up heard at a satellite of Home Assistant's."""


type Asked = ActionAsked | SentenceAsked | RingTimer


class Answering:
    """Of one connection; what is not done when it ends is cancelled, since nobody waits for it any more."""

    def __init__(self, home: Home, client: Client) -> None:
        """Have `home` do what is asked, and tell `client`."""
        self._home = home
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, asked: Asked) -> None:
        """Have something done. Who asks for too much at once is told that it failed."""
        if isinstance(asked, ActionAsked):
            failed: Message = ActionDone(id=asked.id, error=FAILED)
            doing: Coroutine[Any, Any, Message] = self._home.act(asked, self._client.said_for(asked.converse_id))
        elif isinstance(asked, SentenceAsked):
            failed = SentenceDone(id=asked.id)
            doing = self._home.sentence(asked)
        else:
            failed = TimerRung(id=asked.id)
            doing = self._home.ring(asked)
        if len(self._tasks) >= MOST_ASKED:
            doing.close()
            self._say(failed)
            return
        task = asyncio.create_task(self._do(asked, doing, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Do nothing more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, asked: Asked, doing: Coroutine[Any, Any, Message], failed: Message) -> None:
        try:
            async with asyncio.timeout(asked.deadline_ms / 1000 or ASKED_S):
                done = await doing
        except TimeoutError:
            _LOGGER.warning("%s %d was not done in time", asked.wire_name, asked.id)
            done = failed
        except Exception as error:  # noqa: BLE001 - its message may say what was said; only its type is logged
            _LOGGER.warning("%s %d failed: %s", asked.wire_name, asked.id, type(error).__name__)
            done = failed
        self._say(done)

    def _say(self, done: Message) -> None:
        with suppress(NotConnectedError):
            self._client.say(done)
