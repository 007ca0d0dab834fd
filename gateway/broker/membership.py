"""Who is a peer, and how somebody becomes one or is one no more: store, window and doors in step with each other."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from gateway.broker.pairing import WINDOW_S, Attempt, Closing, PairingWindow
from gateway.broker.records import GATEWAY, Records
from gateway.errors import ConfigError, ProtocolError
from gateway.wire.broker_words import PairBegin, PairDone, PairingClosed, PairingOpen, PeerWords
from gateway.wire.codes import in_groups
from gateway.wire.identity import gateway_id
from gateway.wire.peers import Peer, Role

type TellPeers = Callable[[list[Peer]], None]
type TellClosed = Callable[[PairingClosed], None]

_LOG = logging.getLogger(__name__)


class Membership:
    """The peers of this gateway. Whoever opened the window hears how it ended, once. Used within an event loop."""

    def __init__(
        self,
        records: Records,
        voice_fingerprint: bytes,
        broker_fingerprint: bytes,
        *,
        tell_voice: TellPeers,
        tell_broker: TellPeers,
        window_s: float = WINDOW_S,
    ) -> None:
        """The voice's and the broker's door are each told the peers that they let in, whenever these change."""
        self.gateway_id: Final = gateway_id(voice_fingerprint, broker_fingerprint)
        self._records, self._store = records, records.peers
        self._opened_by = GATEWAY
        self._tell_voice, self._tell_broker = tell_voice, tell_broker
        self._window = PairingWindow(voice_fingerprint, broker_fingerprint, self._closed, window_s=window_s)
        self._window_s = window_s
        self._at_close: tuple[TellClosed, ...] = ()

    @property
    def wants_home(self) -> bool:
        """Whether no Home Assistant is paired, and there is room for one."""
        return not self._store.has_home and not self._store.is_full

    @property
    def may_pair(self) -> bool:
        """Whether the window is open."""
        return self._window.is_open

    def peers(self) -> tuple[PeerWords, ...]:
        """Return all peers."""
        return self._store.peers()

    def tell(self) -> None:
        """Tell both doors whom to let in."""
        self._tell_voice(self._store.voice_peers())
        self._tell_broker(self._store.broker_peers())

    def open_window(self, role: Role, area: str, tell_closed: TellClosed, *, by: str) -> PairingOpen:
        """Open the window for one device; return the code as people read it. `tell_closed` hears how it ended.

        `by` is who the audit log says has opened it. Raises ProtocolError `wrong_role` or `too_many`.
        """
        if role is Role.CONSENT:
            raise ProtocolError("wrong_role", "only a home or a satellite can be paired", about="open_pairing")
        if self._store.is_full:
            message = "there is no room for another peer; `local-voice peers revoke` makes some"
            raise ProtocolError("too_many", message, about="open_pairing")
        code = self._window.open(role, area)
        self._opened_by = by
        expiry = asyncio.get_running_loop().call_later(self._window_s, self._window.close, Closing.EXPIRED)
        self._at_close = (lambda _: expiry.cancel(), tell_closed)
        _LOG.info("pairing: window opened for a %s", role)
        return PairingOpen(code=in_groups(code), seconds=round(self._window_s))

    def close_window(self, why: Closing) -> None:
        """Close the window, where one is open."""
        self._window.close(why)

    def begin(self, words: PairBegin) -> Attempt:
        """Return the try of a device that wants to be a peer. Raises ProtocolError (`PairingWindow.begin`)."""
        return self._window.begin(words)

    def forget(self, attempt: Attempt) -> None:
        """End a try whose device has gone."""
        self._window.forget(attempt)

    def prove(self, attempt: Attempt, proof: bytes) -> PairDone:
        """Take the device for a peer if its proof is right; return what it has to know.

        Raises ProtocolError (`PairingWindow.prove`), or `not_stored` where it could not be written down.
        """
        own_proof = self._window.prove(attempt, proof)
        try:
            new = self._records.pair(by=self._opened_by, name=attempt.name, role=attempt.role, area=attempt.area)
        except ConfigError as error:
            _LOG.error("pairing: %s", error)
            self._closed(Closing.STOPPED)
            raise ProtocolError("not_stored", "the gateway could not keep the pairing; its log says why") from error
        _LOG.info("pairing: %s is a peer now: %s", new.peer.id, new.peer.role)
        self.tell()
        self._closed(Closing.PAIRED, new.peer)
        return PairDone(
            proof=own_proof.hex(),
            gateway_id=self.gateway_id,
            peer_id=new.peer.id,
            voice_token=new.voice_token,
            broker_token=new.broker_token,
        )

    def revoke(self, peer_id: str, *, by: str) -> None:
        """Let a peer in no more; its connections end at once. Who is none is none afterwards.

        `by` is who the audit log says wanted it. Raises ProtocolError `not_stored` where it could not be written down.
        """
        try:
            was_peer = self._records.revoke(peer_id, by=by)
        except ConfigError as error:
            _LOG.error("revoking: %s", error)
            raise ProtocolError("not_stored", "the gateway could not write it down; its log says why") from error
        if was_peer:
            _LOG.info("revoked: %s", peer_id)
            self.tell()

    def _closed(self, why: Closing, peer: PeerWords | None = None) -> None:
        _LOG.info("pairing: window closed: %s", why)
        at_close, self._at_close = self._at_close, ()
        for tell in at_close:
            tell(PairingClosed(reason=why, peer=peer))
