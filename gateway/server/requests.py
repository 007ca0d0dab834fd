"""The open requests of one home: each has an id, and ends with one answer under it, or with none where it is forgotten.

What a request does is somebody else's business; here it is begun, fed, bounded, ended, and its faults become answers.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

from gateway.errors import LedgerError, ProtocolError, VoiceError
from gateway.server.intake import SoundIntake, TextIntake
from gateway.turn.tasks import drop
from gateway.wire.ledger_words import Question
from gateway.wire.messages import TEXT_CHARS, Message, name_of
from gateway.wire.request_words import ChangeSettings, Converse, Detect, Recognize, Speak
from gateway.wire.timer_words import CancelTimer

MOST_OPEN: Final = 32
"""As many as satellites of a large house, each of them speaking or listening."""
MOST_LISTENING: Final = 8
"""Of those, the ones with ears: models of their own, 4 MiB each."""
MOST_REMEMBERED: Final = 1_024
"""Ids that were used; what is on its way to one that is over is no mistake."""

type Request = Recognize | Detect | Speak | Converse | ChangeSettings | CancelTimer | Question
type Input = SoundIntake | TextIntake

_LOG = logging.getLogger(__name__)


class Answered(Protocol):
    """The kind of message that answers: made from the id, and why it could not be done."""

    def __call__(self, *, id: int, error: str, message: str) -> Message:  # noqa: A002 - the field's name on the wire
        """Return the answer."""


@dataclass(slots=True, kw_only=True)
class _Open:
    """A request that is not over."""

    task: asyncio.Task[None]
    intake: Input | None


class Requests:
    """One home's. Belongs to the event loop that is running when it is made."""

    def __init__(self, home_id: str, say: Callable[[Message], None]) -> None:
        """`say` sends an answer."""
        self._home_id = home_id
        self._say = say
        self._open: dict[int, _Open] = {}
        self._used: dict[int, None] = {}

    def use(self, request_id: int, about: type[Message]) -> None:
        """Know that an id is used, here or for something else. Raises ProtocolError where it was used before."""
        if self.is_used(request_id):
            raise ProtocolError("out_of_order", "this id was used already; count up", about=name_of(about))
        self._used[request_id] = None
        while len(self._used) > MOST_REMEMBERED:
            del self._used[next(iter(self._used))]

    def is_used(self, request_id: int) -> bool:
        """Tell whether an id is used, or was, as far as is remembered."""
        return request_id in self._open or request_id in self._used

    def begin(
        self,
        asked: Request,
        answered: Answered,
        work: Callable[[], Awaitable[Message]],
        intake: Input | None = None,
    ) -> None:
        """Do `work` for what was `asked`, and say what it returns, or why it failed as `answered`.

        Raises ProtocolError where the id was used before.
        """
        request_id = asked.id
        self.use(request_id, type(asked))
        is_listening = isinstance(intake, SoundIntake)
        if len(self._open) >= MOST_OPEN or (is_listening and self._listening() >= MOST_LISTENING):
            most = f"at most {MOST_OPEN} requests at once, {MOST_LISTENING} of them with sound"
            self._say(answered(id=request_id, error="too_many", message=most))
            return
        task = asyncio.create_task(self._run(request_id, name_of(type(asked)), answered, work))
        self._open[request_id] = _Open(task=task, intake=intake)
        task.add_done_callback(lambda _: self._open.pop(request_id))

    def intake(self, request_id: int) -> Input | None:
        """Return what takes more of an open request's sound or text; None where it takes none, or is over."""
        open_ = self._open.get(request_id)
        return None if open_ is None else open_.intake

    def forget(self, request_id: int) -> bool:
        """End a request without an answer; return whether it was open."""
        open_ = self._open.get(request_id)
        if open_ is not None:
            open_.task.cancel()
        return open_ is not None

    async def close(self) -> None:
        """End all of them."""
        await drop(*(open_.task for open_ in self._open.values()))

    async def _run(
        self, request_id: int, name: str, answered: Answered, work: Callable[[], Awaitable[Message]]
    ) -> None:
        begun_s = monotonic()
        code = "forgotten"
        try:
            self._say(await work())
            code = "done"
        except VoiceError as error:
            code = error.refusal if isinstance(error, ProtocolError | LedgerError) else error.code
            self._say(answered(id=request_id, error=code, message=str(error)[:TEXT_CHARS]))
        except Exception as error:  # noqa: BLE001 - the end of a request: the home is told
            code = type(error).__name__
            self._say(answered(id=request_id, error="internal", message=f"the gateway failed: {code}"))
        finally:
            _LOG.info("%s: %s %d: %s after %.2f s", self._home_id, name, request_id, code, monotonic() - begun_s)

    def _listening(self) -> int:
        return sum(isinstance(open_.intake, SoundIntake) for open_ in self._open.values())
