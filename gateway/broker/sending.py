"""One approved request on its way out: sent at most once, and not at all once it is revoked.

What is checked, written down and put on the wire happens in one step of the event loop (`_release`), so whoever revokes
comes before it, and nothing leaves, or after it, and the connection is cut.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.broker.audit import AuditError
from gateway.broker.cloud_store import CloudStore
from gateway.broker.consent_rows import ANSWERED, FAILED, NOT_SENT, ConsentRows
from gateway.broker.destination import Destination
from gateway.broker.egress import Answer, EgressError, Release
from gateway.broker.outgoing import with_key
from gateway.broker.reduction import restored
from gateway.broker.waiting import Request
from gateway.errors import VoiceError
from gateway.wire.consent_words import LONGEST_ANSWER_CHARS

CUT_S: Final = 1.0
"""A connection that is cut is gone at once; this is for a program that hangs."""

_LOG = logging.getLogger(__name__)


class Sender(Protocol):
    """What sends (`egress.Egress`)."""

    def send(self, destination: Destination, release: Release) -> Awaitable[Answer]:
        """Send what `release` returns, once, and return the answer. Raises EgressError, and what `release` raises."""


class _RevokedError(VoiceError):
    """It must not be sent any more."""

    code = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of it."""

    fate: str
    """`answered`, `failed` or `revoked`."""
    reason: str = ""
    status: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    text: str = ""


class Sending:
    """One request, from the yes to the answer. Belongs to the event loop that is running when it is made."""

    def __init__(
        self,
        request: Request,
        approved_by: str,
        *,
        cloud: CloudStore,
        rows: ConsentRows,
        sender: Sender,
        ended: Callable[[Request, Sent], None],
    ) -> None:
        """Begin. `ended` is called once, whatever becomes of it, after that was written down."""
        self.request: Final = request
        self.approved_by: Final = approved_by
        self._cloud = cloud
        self._rows = rows
        self._sender = sender
        self._ended = ended
        self._was_released = False
        self._sent_bytes = 0
        self._revoked_by = ""
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._send())
        self._task.add_done_callback(self._finish)

    @property
    def is_revoked(self) -> bool:
        """Whether it must not leave any more."""
        return bool(self._revoked_by)

    def revoke(self, why: str) -> None:
        """Let nothing more of it leave; `cut` returns when it is over."""
        self._revoked_by = self._revoked_by or why
        self._task.cancel()

    async def cut(self) -> None:
        """Return when it is over, and its end is told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CUT_S):
                await self._over.wait()

    def _finish(self, task: asyncio.Task[Sent]) -> None:
        """Write down and tell how it ended; one that is cancelled may never have begun."""
        if task.cancelled():
            sent = Sent(fate="revoked", reason=self._revoked_by or "stopped", sent_bytes=self._sent_bytes)
        else:
            sent = task.result()
        self._write_down(sent)
        self._over.set()
        self._ended(self.request, sent)

    async def _send(self) -> Sent:
        try:
            answer = await self._sender.send(self.request.destination, self._release)
            text = restored(answer.text, self.request.replaced)[:LONGEST_ANSWER_CHARS]
        except EgressError as error:
            _LOG.warning("request %s: not answered: %s", self.request.id, error.reason)
            return self._failed(error.reason, status=error.status, received_bytes=error.received_bytes)
        except AuditError as error:
            _LOG.error("request %s: not sent: %s", self.request.id, error)
            return self._failed("not_stored")
        except _RevokedError:
            return Sent(fate="revoked", reason=self._revoked_by or "destination", sent_bytes=self._sent_bytes)
        except Exception as error:  # noqa: BLE001 - the end of a request: a fault in one must not end the broker
            _LOG.error("request %s: failed: %s", self.request.id, type(error).__name__)  # a traceback may hold words
            return self._failed("internal")
        return Sent(
            fate="answered",
            status=answer.status,
            sent_bytes=self._sent_bytes,
            received_bytes=answer.received_bytes,
            text=text,
        )

    def _release(self) -> bytes:
        """Return what to write now, with the key; by then the audit log says that it leaves. Never a second time."""
        was_released, self._was_released = self._was_released, True
        if was_released or self._task.done():
            raise _RevokedError("it is sent once, if at all")
        destination = self.request.destination
        if self._revoked_by or not self._cloud.is_allowed or self._cloud.get(destination.id) != destination:
            raise _RevokedError("it was revoked before it was sent")
        content = with_key(self.request.outgoing, destination.key)
        self._rows.sends(self.request, len(content))
        self._sent_bytes = len(content)
        return content

    def _failed(self, reason: str, *, status: int = 0, received_bytes: int = 0) -> Sent:
        return Sent(
            fate="failed",
            reason=reason,
            status=status,
            sent_bytes=self._sent_bytes,
            received_bytes=received_bytes,
        )

    def _write_down(self, sent: Sent) -> None:
        outcome = ANSWERED if sent.fate == "answered" else FAILED if sent.sent_bytes else NOT_SENT
        try:
            self._rows.resulted(
                self.request.id, outcome, reason=sent.reason, status=sent.status, received=sent.received_bytes
            )
        except AuditError as error:
            _LOG.error("request %s: what became of it is not in the audit log: %s", self.request.id, error)
