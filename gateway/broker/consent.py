"""Consent: a request is proposed, shown, approved or refused by a person, and sent at most once. There is no other way.

Everything here happens on one event loop, and what must not come apart has no `await` in it. Proposals and what became
of them are in memory only; the audit log has who said yes to what, and what left.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex
from time import monotonic
from typing import Final

from gateway.broker.audit import AuditError
from gateway.broker.cloud_store import destination_words
from gateway.broker.consent_rows import ConsentRows
from gateway.broker.decided import Decided, DecidedList
from gateway.broker.destination import Content, Destination
from gateway.broker.outgoing import MARKER, Outgoing, audio_request, consent_hash, text_request
from gateway.broker.records import OWNER, Records
from gateway.broker.reduction import reduced
from gateway.broker.sending import Sender, Sending, Sent
from gateway.broker.waiting import Request, Waiting
from gateway.errors import ConfigError, ProtocolError
from gateway.wire.consent_words import (
    AddDestination,
    AllowCloud,
    Approve,
    AskPreview,
    ConsentIs,
    Preview,
    Refuse,
    ReplacedWords,
    WaitingWords,
)
from gateway.wire.peers import Role

MOST_WRONG_PINS: Final = 5
WRONG_PINS_WITHIN_S: Final = 300.0
"""Four digits would take a week to try out."""

_LOG = logging.getLogger(__name__)


class Consent:
    """All requests of one gateway. What raises, raises ProtocolError with one of the codes of `ConsentDone`."""

    def __init__(
        self,
        records: Records,
        sender: Sender,
        *,
        decided: Callable[[Decided], None],
        clock: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`decided` hears what became of each request, once. `clock` and `now` are as `Waiting` has them."""
        self._records, self._cloud = records, records.cloud
        self._rows = ConsentRows(records)
        self._sender = sender
        self._decided = decided
        self._clock, self._now = clock, now
        self._waiting = Waiting(clock, now)
        self._sending: dict[str, Sending] = {}
        self._done = DecidedList()
        self._wrong_pins_s: deque[float] = deque(maxlen=MOST_WRONG_PINS)
        self._listeners: list[Callable[[], None]] = []

    # How it stands

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever `state` is different from now on; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def state(self) -> ConsentIs:
        """Return how it stands, without a word of what is in it. Raises AuditError."""
        month, sent_days = self._rows.sent(self._now())
        return ConsentIs(
            is_allowed=self._cloud.is_allowed,
            has_pin=self._cloud.has_pin,
            destinations=tuple(map(destination_words, self._cloud.destinations)),
            waiting=tuple(map(self._words, self._waiting.requests)),
            decided=self._done.words(),
            month=month,
            sent_bytes=sum(sent_days.values()),
            sent_days=sent_days,
        )

    @property
    def is_allowed(self) -> bool:
        """The switch."""
        return self._cloud.is_allowed

    @property
    def contents(self) -> tuple[Content, ...]:
        """What there are destinations for."""
        return tuple(content for content in Content if self._cloud.for_content(content) is not None)

    # Proposing, by what hears

    def propose_text(self, satellite_id: str, text: str, names: tuple[tuple[str, str], ...]) -> str:
        """Have a person asked whether this may be sent; return the request's id. `names` are (name, kind).

        Raises `malformed`, `switched_off`, `no_destination`, `already_waiting`, `too_many`, `refused_lately`.
        """
        if not text.strip():
            raise ProtocolError("malformed", "there is nothing to ask")
        self._check_may_propose(satellite_id)
        destination = self._destination(Content.TEXT)
        satellites = ((peer.name, "device") for peer in self._records.peers.peers() if peer.role is Role.SATELLITE)
        without = reduced(text, (*names, *satellites))
        return self._wait(satellite_id, destination, text_request(destination, without.text), without.replaced)

    def propose_audio(self, satellite_id: str, pcm: bytes, *, language: str) -> str:
        """Likewise for sound: 16 kHz mono s16le."""
        self._check_may_propose(satellite_id)
        destination = self._destination(Content.AUDIO)
        return self._wait(satellite_id, destination, audio_request(destination, pcm, language=language), ())

    async def withdraw(self, satellite_id: str) -> int:
        """Let nothing be sent that was asked for at a satellite; return how many requests there were."""
        return await self._revoke(lambda request: request.satellite_id == satellite_id, "withdrawn", "")

    # Deciding, by a person

    def preview(self, ask: AskPreview, *, by: str) -> tuple[Preview, Outgoing]:
        """Return what waits, for somebody to see it, and its bytes. Raises `not_waiting`."""
        self.expire()
        request, nonce = self._waiting.show(ask.request_id, by)
        outgoing, destination = request.outgoing, request.destination
        preview = Preview(
            id=ask.id,
            request_id=request.id,
            hash=request.hash.hex(),
            nonce=nonce,
            key_version=destination.key_version,
            destination=destination_words(destination),
            method=outgoing.method,
            content=outgoing.content.value,
            satellite_id=request.satellite_id,
            left_s=int(self._waiting.left_s(request)),
            size_bytes=len(outgoing.raw),
            body_at=outgoing.body_at,
            marker=MARKER if destination.key else "",
            audio_at=outgoing.audio_at,
            audio_bytes=outgoing.audio_bytes,
            replaced=request.replaced,
        )
        return preview, outgoing

    def approve(self, yes: Approve, *, by: str) -> None:
        """Send a request, once: it is consumed when this returns, and on its way.

        Raises `switched_off`, `not_waiting`, `altered`, `not_shown`, `wrong_pin`, `pin_locked`, `not_stored`.
        """
        self.expire()
        if not self._cloud.is_allowed:
            raise ProtocolError("switched_off", "cloud requests are switched off")
        request = self._waiting.check(yes.request_id, yes.hash, yes.nonce, by)
        self._check_pin(yes.pin)
        try:
            self._rows.approved(request, by=by, user=yes.user)
        except AuditError as error:
            raise ProtocolError("not_stored", f"nothing is sent: {error}") from error
        self._waiting.take(request.id)
        self._done.put(request, self._now(), Sent(fate="sending"))
        self._sending[request.id] = Sending(
            request, by, cloud=self._cloud, rows=self._rows, sender=self._sender, ended=self._ended
        )
        _LOG.info("request %s: approved by %s", request.id, by)
        self._tell()

    def refuse(self, no: Refuse, *, by: str) -> None:
        """Do not send a request, nor ask for the same again for ten minutes. Raises `not_waiting`."""
        self.expire()
        self._waiting.get(no.request_id)
        request = self._waiting.refuse(no.request_id)
        try:
            self._rows.refused(request, by=by, user=no.user)
        except AuditError as error:
            _LOG.error("request %s: the refusal is not in the audit log: %s", request.id, error)
        self._over(request, Sent(fate="refused"))

    def answer(self, request_id: str) -> str:
        """Return what came back. Raises `not_known`."""
        text = self._done.text(request_id)
        if text is None:
            raise ProtocolError("not_known", "there is no answer to that any more")
        return text

    # The owner's and the switch

    async def allow(self, switch: AllowCloud, *, by: str) -> None:
        """Turn the switch; off, nothing waits or is being sent any more when this returns. Raises `not_stored`."""
        try:
            self._records.allow_cloud(switch.is_allowed, by=by, user=switch.user)
        except ConfigError as error:
            raise ProtocolError("not_stored", str(error)) from error
        finally:
            if not switch.is_allowed:
                await self._revoke(lambda _: True, "revoked", "switched_off")
            self._tell()

    async def add_destination(self, words: AddDestination, *, by: str) -> None:
        """Add a destination, or replace one; what waits for that one is revoked. Raises `malformed`, `not_stored`."""
        try:
            self._records.add_destination(words, by=by)
        except AuditError as error:
            raise ProtocolError("not_stored", str(error)) from error
        except ConfigError as error:
            raise ProtocolError("malformed", str(error)) from error
        await self._revoke(lambda request: request.destination.id == words.name, "revoked", "destination")
        self._tell()

    async def remove_destination(self, name: str, *, by: str) -> None:
        """Forget a destination; what waits for it is revoked. Raises `no_such_destination`, `not_stored`."""
        try:
            was_there = self._records.remove_destination(name, by=by)
        except ConfigError as error:
            raise ProtocolError("not_stored", str(error)) from error
        finally:
            await self._revoke(lambda request: request.destination.id == name, "revoked", "destination")
            self._tell()
        if not was_there:
            raise ProtocolError("no_such_destination", f"there is no destination {name!r}")

    def set_pin(self, pin: str, *, by: str) -> None:
        """Have approvals take a PIN, or none. Raises `malformed` or `not_stored`."""
        try:
            self._records.set_pin(pin, by=by)
        except AuditError as error:
            raise ProtocolError("not_stored", str(error)) from error
        except ConfigError as error:
            raise ProtocolError("malformed", str(error)) from error
        self._wrong_pins_s.clear()
        self._tell()

    def know_peers(self, peer_ids: frozenset[str]) -> None:
        """Know who is a peer: what one that is none any more was shown, or said yes to, counts no more (`cut`)."""
        known = peer_ids | {OWNER}
        self._waiting.forget_shown_but_to(known)
        for sending in self._sending.values():
            if sending.approved_by not in known:
                sending.revoke("peer_revoked")

    async def forget(self) -> None:
        """Keep nothing in memory of what was asked or answered: what waits or is being sent ends, answers are gone."""
        await self._revoke(lambda _: True, "withdrawn", "forgotten")
        self._done.clear()
        self._tell()

    async def cut(self) -> None:
        """Return when no byte leaves any more of what was revoked."""
        await asyncio.gather(*(sending.cut() for sending in self._sending.values() if sending.is_revoked))

    # Beginning, time, end

    def settle(self) -> None:
        """Write down what is known of requests that the broker's last end cut short. Raises AuditError."""
        cut_short = self._rows.settle()
        if cut_short:
            _LOG.warning("%d approved requests were cut short by the last end; nothing is sent again", cut_short)

    def expire(self) -> None:
        """Let what nobody decided in time wait no more."""
        for request in self._waiting.expired():
            self._over(request, Sent(fate="expired"))

    async def close(self) -> None:
        """Let nothing wait or be sent any more; may be called again."""
        await self._revoke(lambda _: True, "revoked", "stopped")

    def _check_may_propose(self, satellite_id: str) -> None:
        self.expire()
        if not self._cloud.is_allowed:
            raise ProtocolError("switched_off", "cloud requests are switched off")
        self._waiting.check_room(satellite_id)

    def _destination(self, content: Content) -> Destination:
        destination = self._cloud.for_content(content)
        if destination is None:
            raise ProtocolError("no_destination", f"there is nowhere to send {content} to")
        return destination

    def _wait(
        self, satellite_id: str, destination: Destination, outgoing: Outgoing, replaced: tuple[ReplacedWords, ...]
    ) -> str:
        request_id = token_hex(16)
        request_hash = consent_hash(request_id, destination, outgoing)
        self._waiting.add(request_id, satellite_id, destination, outgoing, request_hash, replaced)
        _LOG.info("request %s: %d bytes wait for a yes", request_id, len(outgoing.raw))
        self._tell()
        return request_id

    def _check_pin(self, pin: str) -> None:
        now_s = self._clock()
        if len(self._wrong_pins_s) == MOST_WRONG_PINS and now_s - self._wrong_pins_s[0] < WRONG_PINS_WITHIN_S:
            raise ProtocolError("pin_locked", "too many wrong PINs; wait five minutes, or refuse")
        if not self._cloud.is_pin(pin):
            self._wrong_pins_s.append(now_s)
            raise ProtocolError("wrong_pin", "that is not the PIN")

    async def _revoke(self, which: Callable[[Request], bool], fate: str, reason: str) -> int:
        """End what waits and what is being sent; return how many. When this returns, no byte of it leaves any more."""
        sending = [one for one in self._sending.values() if which(one.request)]
        for one in sending:
            one.revoke(reason or fate)
        waiting = [self._waiting.take(request.id) for request in self._waiting.requests if which(request)]
        for request in waiting:  # only now: whoever is told may fail
            self._over(request, Sent(fate=fate, reason=reason))
        await self.cut()
        return len(waiting) + len(sending)

    def _over(self, request: Request, sent: Sent) -> None:
        """Know what became of a request that was not sent."""
        _LOG.info("request %s: %s", request.id, sent.fate)
        self._decided(self._done.put(request, self._now(), sent))
        self._tell()

    def _ended(self, request: Request, sent: Sent) -> None:
        """Know what became of a request that was approved."""
        del self._sending[request.id]
        self._over(request, sent)

    def _words(self, request: Request) -> WaitingWords:
        return WaitingWords(
            request_id=request.id,
            satellite_id=request.satellite_id,
            content=request.outgoing.content.value,
            destination_id=request.destination.id,
            size_bytes=len(request.outgoing.raw),
            asked_at=request.asked_at.isoformat(timespec="seconds"),
            left_s=int(self._waiting.left_s(request)),
        )

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
