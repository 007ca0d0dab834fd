"""The voice port: who is let in, the sessions of homes and satellites, and what the household has to say to them.

One session's error never ends another. Logs hold ids, outcomes and durations, never words.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from typing import Final

from aiohttp import web

from gateway.events import Announcement
from gateway.server.cloud_answers import CloudAnswer, CloudAnswers
from gateway.server.home_session import HomeSession
from gateway.server.ledger_requests import LedgerRequests
from gateway.server.satellites import Satellites
from gateway.server.services import Services
from gateway.server.translate import offered
from gateway.timers import TimerFinished
from gateway.turn.endpoint import EndpointSettings
from gateway.wire.admission import Admission
from gateway.wire.channel import Channel, accepted_channel, server_websocket
from gateway.wire.handshake import greet
from gateway.wire.listener import Listener
from gateway.wire.peers import Peer, PeerTable, Role
from gateway.wire.voice_words import TO_GATEWAY

PATH: Final = "/voice"
MOST_CONNECTIONS: Final = 224
"""With the broker's 32: 256."""
SATELLITE_MESSAGES_PER_S: Final = 20
"""It says ten times a second what it has played."""
SATELLITE_BYTES_PER_S: Final = 64_000
"""Twice real time: what waited while the network was away comes at once."""
HOME_MESSAGES_PER_S: Final = 500
HOME_BYTES_PER_S: Final = 1_000_000
"""The largest sound file within half a minute."""
GOODBYE_S: Final = 2.5
"""Sessions that do not end by themselves within this are cut off; with the listener's own time, five seconds in all."""

_LOG = logging.getLogger(__name__)


class VoiceServer:
    """The gateway on the voice port. Belongs to the event loop that is running when it is made."""

    def __init__(
        self,
        *,
        bound: socket.socket,
        context: ssl.SSLContext,
        gateway_id: str,
        version: str,
        services: Services,
        endpoint: EndpointSettings,
    ) -> None:
        """`bound` is `port.bind`'s, `context` the voice identity's; `endpoint` says which pauses end what is said.

        Nobody is let in before `replace_peers`.
        """
        self._gateway_id = gateway_id
        self._version = version
        self._peers = PeerTable()
        self._admission = Admission(self._peers, frozenset({Role.HOME, Role.SATELLITE}))
        self._services = services
        self._endpoint = endpoint
        self._satellites = Satellites(services, endpoint)
        self._cloud_answers = CloudAnswers(services, self._satellites)
        self.ledger: Final = LedgerRequests(services, self._satellites.is_paired)
        self._sessions: dict[asyncio.Task[None], Channel] = {}
        self._one_less = asyncio.Event()
        self._is_closing = False
        self._listener = Listener(
            bound, context, {PATH: self._answer}, most_connections=MOST_CONNECTIONS, name="voice port"
        )

    @property
    def port(self) -> int:
        """The port's number."""
        return self._listener.port

    @property
    def connections(self) -> int:
        """How many connections are open, strangers included."""
        return self._listener.connections

    def start(self) -> None:
        """Listen."""
        self._listener.start()

    async def close(self) -> None:
        """End every conversation and connection, telling the peers `stopping`; takes five seconds at the most."""
        self._is_closing = True
        await self._cloud_answers.close()
        await self._satellites.close()
        for session in self._sessions:
            session.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while self._sessions:
                    self._one_less.clear()
                    await self._one_less.wait()
        for channel in self._sessions.values():
            channel.cut("stopping")
        await self._listener.close()

    def replace_peers(self, peers: list[Peer]) -> None:
        """Let in these peers from now on; the connections of those that are gone end at once."""
        self._admission.replace_peers(peers)
        self._satellites.know(self._peers.by_role(Role.SATELLITE))

    def house_changed(self) -> None:
        """Know that the household's areas may be others, for another reason than what a home said here."""
        self._satellites.house_changed()

    def offer_changed(self) -> None:
        """Tell homes what is offered and in use now; satellites use it as soon as no turn is under way there."""
        self._satellites.offer_changed(offered(self._services.equipment.offer()))

    def timer_finished(self, timer: TimerFinished) -> None:
        """Ring where the timer was set; where that satellite is gone, wherever somebody may hear it; return at once."""
        self._satellites.ringing.up(timer)

    def announcement(self, announcement: Announcement) -> None:
        """Say it at all satellites but the one that it was said to, as soon as its sound is there."""
        self._satellites.announcement(announcement)

    def decided(self, answer: CloudAnswer) -> None:
        """Say what became of a request to the cloud, at the satellite where it was asked for."""
        self._cloud_answers.decided(answer)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        peer = self._admission.admit(request)
        if self._is_closing:
            raise web.HTTPServiceUnavailable
        websocket = server_websocket()
        await websocket.prepare(request)
        self._listener.vouch(request)
        channel = _channel(peer, websocket, request)
        with self._admission.present(peer, channel):
            session = asyncio.create_task(self._session(peer, channel))
            self._sessions[session] = channel
            try:
                await asyncio.wait({session})
                await channel.close("stopping" if session.cancelled() else "")
            finally:
                session.cancel()
                del self._sessions[session]
                self._one_less.set()
        _LOG.info("%s %s: connection ended: %s", peer.role, peer.id, channel.end or "the peer went")
        return websocket

    async def _session(self, peer: Peer, channel: Channel) -> None:
        try:
            if await greet(channel, peer, gateway_id=self._gateway_id, version=self._version):
                _LOG.info("%s %s: connected", peer.role, peer.id)
                await self._serve(peer, channel)
        except Exception as error:  # noqa: BLE001 - the end of a session: a fault in one must not end another
            # no traceback: it may hold what was said
            _LOG.error("%s %s: session failed: %s", peer.role, peer.id, type(error).__name__)
            channel.end = channel.end or "internal"

    async def _serve(self, peer: Peer, channel: Channel) -> None:
        if peer.role is Role.HOME:
            session = HomeSession(peer, channel, self._services, self._satellites, self._endpoint, self.ledger)
            await session.run()
        else:
            await self._satellites.serve(peer, channel)


def _channel(peer: Peer, websocket: web.WebSocketResponse, request: web.BaseRequest) -> Channel:
    is_home = peer.role is Role.HOME
    return accepted_channel(
        websocket,
        request,
        TO_GATEWAY,
        messages_per_s=HOME_MESSAGES_PER_S if is_home else SATELLITE_MESSAGES_PER_S,
        bytes_per_s=HOME_BYTES_PER_S if is_home else SATELLITE_BYTES_PER_S,
    )
