"""What a gateway's broker tells of requests that want to leave the home, and what can be asked of it about them.

A person's yes or no goes to the broker on a connection that what hears has no part in. Of what a request consists of
nothing is kept here: a preview is handed on to who asked for it.
"""

import asyncio
import binascii
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from homeassistant.util.hass_dict import HassKey

from .errors import NotConnectedError, RefusedError
from .listeners import Listeners
from .preview_hash import is_of
from .wire.consent_messages import (
    AllowCloud,
    Approve,
    AskAnswer,
    AskPreview,
    CloudAnswer,
    Consent,
    ConsentDone,
    DecidedWords,
    Preview,
    PreviewPart,
    Refuse,
    WaitingWords,
    WatchConsent,
)
from .wire.messages import Refused
from .wire.open_request import OpenRequest

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from .wire.codec import Message
    from .wire.connection import Connection

ASKED_S: Final = 10.0
"""For an answer, all parts of a preview included. Nothing is computed for it, nor is what is sent waited for."""
MOST_OPEN: Final = 16
"""Questions at once: as many as requests may wait."""
LARGEST_PREVIEW_BYTES: Final = 2 * 1024 * 1024
"""A minute of 16 kHz sound as WAV, which is twice what a turn lasts."""
WAITING: Final = "waiting"
"""What a request does that nobody has decided yet, beside the broker's own words for what became of it."""
UNDECIDED: Final = frozenset({WAITING, "sending"})
"""After which something else becomes of a request."""
GONE: Final = "gone"
"""What became of a request that the broker does not know any more."""
KNOWN: Final[HassKey[dict[str, dict[str, Fate]]]] = HassKey("local_voice_requests")
"""By entry: the requests that were told of, so that nobody is asked again because the entry is loaded anew."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a request, without a word of what is in it."""

    request_id: str
    satellite_id: str
    content: str
    destination_id: str
    fate: str
    """`waiting`, one of the broker's (`DecidedWords.fate`), or `gone`."""


class CloudRequests:
    """Those of one gateway. What is asked raises NotConnectedError where the broker is away, RefusedError otherwise."""

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str, changed: Callable[[], None]) -> None:
        """`changed` is called whenever `latest` is another; `name` is the gateway's, for the log."""
        self.latest: Consent | None = None
        """How it stands; None while the broker is away, and where it is too old to know of it."""
        self.told_s = 0.0
        """When that was told, by the monotonic clock: what is left of a request's time counts from then."""
        self._hass = hass
        self._entry_id = entry_id
        self._name = name
        self._changed = changed
        self._connection: Connection | None = None
        self._ids = itertools.count(1)
        self._open: dict[int, tuple[OpenRequest, str]] = {}
        self._on_fate: Listeners[Fate] = Listeners()

    def on_fate(self, cb: Callable[[Fate], None]) -> Callable[[], None]:
        """Have `cb` called for each request once it waits, and once for each thing that becomes of it."""
        return self._on_fate.add(cb)

    def waiting(self, request_id: str) -> WaitingWords | None:
        """Return a request that waits; None where it does not."""
        waiting = () if self.latest is None else self.latest.waiting
        return next((words for words in waiting if words.request_id == request_id), None)

    # The connection

    def begin(self, connection: Connection) -> None:
        """Ask how it stands on a new connection. Raises NotConnectedError."""
        self._connection = connection
        connection.say(WatchConsent())

    def end(self) -> None:
        """Know nothing any more, and answer everybody that the broker is away: the connection has ended."""
        self._connection = None
        self.latest = None
        for request, _ in self._open.values():
            request.fail(NotConnectedError)
        self._open.clear()

    def told(self, heard: Message | bytes) -> bool:
        """Take what the broker says; return whether it was about this."""
        match heard:
            case Consent():
                self._take(heard)
            case Preview() | PreviewPart() | CloudAnswer() | ConsentDone():
                if (known := self._open.get(heard.id)) is not None:  # otherwise nobody waits for it any more
                    known[0].give(heard)
            case Refused():
                return self._refused(heard)
            case _:
                return False
        return True

    def _refused(self, refused: Refused) -> bool:
        """Take that something is not done; return whether it was about this. An older gateway does not know of it."""
        about = [request for request, kind in self._open.values() if kind == refused.about]
        for request in about:
            request.fail(lambda: RefusedError(refused.code))
        is_older = refused.about == WatchConsent.wire_name
        if is_older:
            _LOGGER.info("%s: its broker does not know of consent (%s): no cloud", self._name, refused.code)
        return is_older or bool(about)

    def _take(self, consent: Consent) -> None:
        self.latest, self.told_s = consent, monotonic()
        fates = {fate.request_id: fate for fate in _fates(consent)}
        known = self._hass.data.setdefault(KNOWN, {})
        before = known.get(self._entry_id)
        known[self._entry_id] = fates
        self._changed()
        for fate in fates.values():
            # What was decided before anybody here listened is no news.
            if before is None and fate.fate != WAITING:
                continue
            if before is None or before.get(fate.request_id) != fate:
                self._on_fate.tell(fate)
        for fate in (before or {}).values():
            if fate.fate in UNDECIDED and fate.request_id not in fates:
                self._on_fate.tell(replace(fate, fate=GONE))

    # What is asked

    async def preview(self, request_id: str) -> tuple[Preview, bytes]:
        """Return what would be sent, byte for byte. Raises RefusedError `altered` for what its hash is not of."""
        async with self._asking(AskPreview.wire_name) as (connection, request):
            connection.say(AskPreview(id=request.id, request_id=request_id))
            preview = await request.answer(Preview)
            if preview.size_bytes > LARGEST_PREVIEW_BYTES:
                raise RefusedError("too_large")
            raw = await _bytes(request, preview.size_bytes)
        if preview.request_id != request_id or not is_of(preview.hash, preview, raw):
            _LOGGER.error("%s: what its broker shows of request %s is not what it says it is", self._name, request_id)
            raise RefusedError("altered")
        return preview, raw

    async def approve(self, request_id: str, *, digest: str, nonce: str, pin: str, user_id: str) -> None:
        """Let a request be sent, once: somebody was shown the bytes that `digest` and `nonce` are of."""
        async with self._asking(Approve.wire_name) as (connection, request):
            yes = Approve(id=request.id, request_id=request_id, hash=digest, nonce=nonce, pin=pin, user=user_id)
            connection.say(yes)
            await request.answer(ConsentDone)

    async def refuse(self, request_id: str, *, user_id: str) -> None:
        """Let a request not be sent."""
        async with self._asking(Refuse.wire_name) as (connection, request):
            connection.say(Refuse(id=request.id, request_id=request_id, user=user_id))
            await request.answer(ConsentDone)

    async def allow(self, is_allowed: bool, *, user_id: str) -> None:
        """Turn the switch "Allow cloud requests"."""
        async with self._asking(AllowCloud.wire_name) as (connection, request):
            connection.say(AllowCloud(id=request.id, is_allowed=is_allowed, user=user_id))
            await request.answer(ConsentDone)

    async def answer(self, request_id: str) -> str:
        """Return what came back."""
        async with self._asking(AskAnswer.wire_name) as (connection, request):
            connection.say(AskAnswer(id=request.id, request_id=request_id))
            return (await request.answer(CloudAnswer)).text

    @asynccontextmanager
    async def _asking(self, kind: str) -> AsyncGenerator[tuple[Connection, OpenRequest]]:
        if self._connection is None or self.latest is None:
            raise NotConnectedError
        if len(self._open) >= MOST_OPEN:
            raise RefusedError("too_many")
        request = OpenRequest(next(self._ids), None)
        self._open[request.id] = request, kind
        limit = asyncio.timeout(ASKED_S)
        try:
            async with limit:
                yield self._connection, request
        except TimeoutError as error:
            if limit.expired():
                raise RefusedError("broker_silent") from error
            raise
        finally:
            self._open.pop(request.id, None)


def forget(hass: HomeAssistant, entry_id: str) -> None:
    """Forget which requests an entry was told of: it is gone."""
    hass.data.get(KNOWN, {}).pop(entry_id, None)


async def _bytes(request: OpenRequest, size_bytes: int) -> bytes:
    """Return the bytes that follow a preview. Raises RefusedError `altered` for others than were announced."""
    raw = bytearray()
    while len(raw) < size_bytes:
        if isinstance(part := await request.next(), PreviewPart):
            try:
                raw += binascii.a2b_base64(part.data, strict_mode=True)
            except binascii.Error as error:
                raise RefusedError("altered") from error
    if len(raw) != size_bytes:
        raise RefusedError("altered")
    return bytes(raw)


def _fates(consent: Consent) -> Iterator[Fate]:
    yield from map(_fate, consent.waiting)
    yield from map(_fate, consent.decided)


def _fate(words: WaitingWords | DecidedWords) -> Fate:
    return Fate(
        request_id=words.request_id,
        satellite_id=words.satellite_id,
        content=words.content,
        destination_id=words.destination_id,
        fate=words.fate if isinstance(words, DecidedWords) else WAITING,
    )
