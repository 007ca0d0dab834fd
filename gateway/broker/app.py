"""The broker, put together: what it keeps, the owner's socket, and the port with its doors `/pair` and `/broker`."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.broker import conversations
from gateway.broker.consent import Consent
from gateway.broker.decided import Decided
from gateway.broker.desk import Desk
from gateway.broker.destination import Content
from gateway.broker.egress import Egress
from gateway.broker.membership import Membership, TellPeers
from gateway.broker.owner import OwnerSocket
from gateway.broker.pairing import WINDOW_S, Closing
from gateway.broker.records import GATEWAY, Records
from gateway.broker.sending import Sender
from gateway.broker.watchers import Watchers
from gateway.offer import SettingsChange
from gateway.protection import Protection
from gateway.wire import pairing
from gateway.wire.admission import Admission
from gateway.wire.broker_words import PAIRING_TO_BROKER, TO_BROKER, PairingOpen
from gateway.wire.channel import Channel, accepted_channel, server_websocket
from gateway.wire.identity import Identity
from gateway.wire.listener import Listener
from gateway.wire.messages import Vocabulary
from gateway.wire.peers import Peer, PeerTable, Role

PATH: Final = "/broker"
MOST_CONNECTIONS: Final = 32
"""With the voice port's 224: 256."""
MESSAGES_PER_S: Final = 5
"""People cause them."""
EXPIRY_LOOK_S: Final = 1.0
"""So often it is looked whether a request has waited long enough; a decision looks itself."""

_LOG = logging.getLogger(__name__)


class Broker:
    """The gateway on the broker's port. Belongs to the event loop that is running when it is made."""

    def __init__(
        self,
        folder: Path,
        bound: socket.socket,
        identity: Identity,
        voice_fingerprint: bytes,
        *,
        version: str,
        configuration: str,
        tell_voice: TellPeers,
        show_code: Callable[[PairingOpen], None],
        decided: Callable[[Decided], None] = lambda _: None,
        cloud_changed: Callable[[bool, tuple[Content, ...]], None] = lambda _allowed, _contents: None,
        sender: Sender | None = None,
        window_s: float = WINDOW_S,
    ) -> None:
        """Serve the peers in `folder`, which is kept until `close`, on a socket from `port.bind`.

        `configuration` is a digest of the configuration's meaning. `tell_voice` hears whom the voice port lets in, at
        the start and whenever it changes; `show_code` shows the code of the window that the first start opens for a
        home. `decided` hears what became of each request to the cloud, `cloud_changed` whether any may be proposed, and
        what for; `sender` sends them. Raises ConfigError where another gateway keeps the folder, or something in it is
        not usable; `bound` is closed then.
        """
        try:
            self._records = Records(folder)
        except BaseException:
            bound.close()
            raise
        self._version = version
        self._configuration = configuration
        self._show_code = show_code
        self._has_opened = False
        self._channels: set[Channel] = set()
        self._admission = Admission(PeerTable(), frozenset({Role.CONSENT, Role.SATELLITE}))
        self._membership = Membership(
            self._records,
            voice_fingerprint,
            identity.fingerprint,
            tell_voice=tell_voice,
            tell_broker=self._know_peers,
            window_s=window_s,
        )
        self._watchers = Watchers(self._records.audit)
        self.consent: Final = Consent(self._records, sender or Egress(), decided=decided)
        self._cloud_changed = cloud_changed
        self._desk = Desk(self.consent)
        self._timekeeper: asyncio.Task[None] | None = None
        self._owner = OwnerSocket(self._membership, self._records, self._watchers, self._desk, folder)
        handlers = {pairing.PATH: self._pair, PATH: self._be_peer}
        self._listener = Listener(
            bound, identity.server_context(), handlers, most_connections=MOST_CONNECTIONS, name="broker's port"
        )

    @property
    def port(self) -> int:
        """The port's number."""
        return self._listener.port

    async def start(self) -> None:
        """Write down that it starts, listen, and tell whom to let in. Raises ConfigError."""
        self.consent.settle()
        self._records.broker_started(version=self._version, configuration=self._configuration)
        await self._owner.start()
        self._membership.tell()
        self.consent.on_change(self._tell_cloud)
        self._tell_cloud()
        self._timekeeper = asyncio.create_task(self._keep_time())
        self._listener.start()

    def open_first_window(self) -> None:
        """Open the window for a home where there is none, once; to be called when voice serves: pairing takes both."""
        if not self._has_opened and self._membership.wants_home:
            self._show_code(self._membership.open_window(Role.HOME, "", lambda _: None, by=GATEWAY))
        self._has_opened = True

    def voice_started(self, protection: Protection, *, is_new: bool) -> None:
        """Take note of a voice process that is about to serve, or, where it is not new, serves already.

        Raises AuditError where that cannot be written down: then it must not serve.
        """
        if is_new:
            self._records.voice_started(protection, version=self._version)
        self._watchers.set_protection(protection)

    def keep_settings(self, change: SettingsChange) -> None:
        """Remember what was chosen in a home, over restarts. Raises ConfigError where it cannot be."""
        self._records.keep_settings(change)

    def record_act(self, act: str, about: str, *, by: str, user: str, counts: Mapping[str, int]) -> None:
        """Write down what is done with the ledger. Raises ConfigError where it cannot be, or is nothing of the kind."""
        self._records.record_act(act, about, by=by, user=user, counts=counts)

    def is_satellite(self, peer_id: str) -> bool:
        """Tell whether this is a satellite that is paired."""
        return any(peer.id == peer_id and peer.role is Role.SATELLITE for peer in self._membership.peers())

    async def close(self) -> None:
        """Close the window, end every connection, and let go of the folder. May be called again."""
        self._membership.close_window(Closing.STOPPED)
        if self._timekeeper is not None:
            self._timekeeper.cancel()
        await self.consent.close()
        await self._owner.close()
        await asyncio.gather(*(channel.close("stopping") for channel in self._channels))
        await self._listener.close()
        self._records.close()

    def _know_peers(self, peers: list[Peer]) -> None:
        self._admission.replace_peers(peers)
        self.consent.know_peers(frozenset(peer.id for peer in peers))

    def _tell_cloud(self) -> None:
        self._cloud_changed(self.consent.is_allowed, self.consent.contents)

    async def _keep_time(self) -> None:
        """Let requests expire when their time is over."""
        while True:
            await asyncio.sleep(EXPIRY_LOOK_S)
            self.consent.expire()

    async def _pair(self, request: web.BaseRequest) -> web.StreamResponse:
        websocket = server_websocket()
        async with self._channel(request, websocket, PAIRING_TO_BROKER) as channel:
            await conversations.pair(channel, self._membership)
        return websocket

    async def _be_peer(self, request: web.BaseRequest) -> web.StreamResponse:
        peer = self._admission.admit(request)
        websocket = server_websocket()
        async with self._channel(request, websocket, TO_BROKER) as channel:
            self._listener.vouch(request)
            with self._admission.present(peer, channel):
                await conversations.be_peer(channel, peer, self._membership, self._watchers, self._desk, self._version)
        _LOG.info("%s %s: connection ended: %s", peer.role, peer.id, channel.end or "the peer went")
        return websocket

    @asynccontextmanager
    async def _channel(
        self, request: web.BaseRequest, websocket: web.WebSocketResponse, heard: Vocabulary
    ) -> AsyncIterator[Channel]:
        await websocket.prepare(request)
        channel = accepted_channel(websocket, request, heard, messages_per_s=MESSAGES_PER_S)
        self._channels.add(channel)
        try:
            yield channel
        finally:
            self._channels.discard(channel)
            await channel.close()
