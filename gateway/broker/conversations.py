"""What is said on the broker's port, once a connection is there: becoming a peer, and being one."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final

from gateway.broker.desk import ASKED, Desk
from gateway.broker.membership import Membership
from gateway.broker.watchers import Watchers
from gateway.errors import LinkError, ProtocolError
from gateway.wire.broker_words import (
    MAY_SEND,
    Leave,
    ListPeers,
    PairBegin,
    PairChallenge,
    PairProof,
    Peers,
    RevokePeer,
    WatchAudit,
)
from gateway.wire.channel import Channel
from gateway.wire.consent_words import WatchConsent
from gateway.wire.handshake import greet, listen
from gateway.wire.messages import Message, name_of
from gateway.wire.peers import Peer

BEGIN_S: Final = 5.0
"""A device says it as soon as it is connected."""
PROOF_S: Final = 20.0
"""A device needs no time for it; both deadlines together are before the listener's, so that `late` is said."""

_LOG = logging.getLogger(__name__)


async def pair(channel: Channel, membership: Membership) -> None:
    """Let somebody become a peer, if the window is open and the code is right; tell why not, if not."""
    try:
        await _pair(channel, membership)
    except ProtocolError as error:
        _LOG.info("pairing: refused: %s", error.refusal)
        channel.refuse(error)
        channel.end = channel.end or error.refusal


async def _pair(channel: Channel, membership: Membership) -> None:
    if not membership.may_pair:
        raise ProtocolError("window_closed", "nobody may pair now")
    begin = await _heard(channel, PairBegin, BEGIN_S)
    if begin is None:
        return
    attempt = membership.begin(begin)
    try:
        channel.say(PairChallenge(nonce=attempt.server_nonce.hex()))
        message = await _heard(channel, PairProof, PROOF_S)
        if message is not None:
            channel.say(membership.prove(attempt, bytes.fromhex(message.proof)))
    finally:
        membership.forget(attempt)


async def _heard[Awaited: Message](channel: Channel, kind: type[Awaited], within_s: float) -> Awaited | None:
    """Return the next message, which has to be of this kind; None when the device has gone. Raises ProtocolError."""
    try:
        async with asyncio.timeout(within_s):
            message = await channel.hear()
    except TimeoutError as error:
        raise ProtocolError("late", f"this takes longer than {within_s:.0f} seconds", about=name_of(kind)) from error
    if message is None or isinstance(message, kind):
        return message
    raise ProtocolError("out_of_order", f"now is the time for `{name_of(kind)}`", about=name_of(kind))


async def be_peer(
    channel: Channel, peer: Peer, membership: Membership, watchers: Watchers, desk: Desk, version: str
) -> None:
    """Answer a peer until its connection ends, or has to."""
    if not await greet(channel, peer, gateway_id=membership.gateway_id, version=version):
        return
    answering = _Answering(channel, peer, membership, watchers, desk)
    try:
        await listen(channel, peer.role, MAY_SEND[peer.role], answering.answer, _no_sound)
    except LinkError:
        pass  # the connection has ended while something was being answered
    finally:
        await answering.close()


class _Answering:
    """Answers one peer, and tells it what it watches."""

    def __init__(self, channel: Channel, peer: Peer, membership: Membership, watchers: Watchers, desk: Desk) -> None:
        self._channel = channel
        self._peer = peer
        self._membership = membership
        self._watchers = watchers
        self._desk = desk
        self._following: dict[type[Message], asyncio.Task[None]] = {}

    async def answer(self, message: Message) -> None:
        """Do what is asked. Raises ProtocolError, LinkError."""
        channel, peer, membership = self._channel, self._peer, self._membership
        match message:
            case ListPeers():
                channel.say(Peers(peers=membership.peers()))
            case RevokePeer():
                membership.revoke(message.peer_id, by=peer.id)
                await self._desk.cut()
                channel.say(Peers(peers=membership.peers()))
            case Leave():
                membership.revoke(peer.id, by=peer.id)
            case WatchAudit():
                self._follow(message, self._watchers.follow(channel, message))
            case WatchConsent():
                self._follow(message, self._desk.follow(channel))
            case _ if isinstance(message, ASKED):
                await self._desk.answer(message, peer.id, channel.say_patiently)
            case _:
                raise _said_already(message)

    async def close(self) -> None:
        """Tell nothing more."""
        for task in self._following.values():
            task.cancel()
        await asyncio.gather(*self._following.values(), return_exceptions=True)

    def _follow(self, watch: Message, following: Coroutine[None, None, None]) -> None:
        if type(watch) in self._following:
            following.close()
            raise _said_already(watch)
        self._following[type(watch)] = asyncio.create_task(following)


def _said_already(message: Message) -> ProtocolError:
    """Return what refuses something that is said once a connection."""
    return ProtocolError("out_of_order", "that was said already", about=name_of(type(message)))


def _no_sound(_: bytes) -> None:
    raise ProtocolError("not_allowed", "nothing is heard at this port")
