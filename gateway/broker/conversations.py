"""What is said on the broker's port, once a connection is there: becoming a peer, and being one."""

import asyncio
import logging
from typing import Final

from gateway.broker.membership import Membership
from gateway.broker.watchers import Watchers
from gateway.errors import ProtocolError
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


async def be_peer(channel: Channel, peer: Peer, membership: Membership, watchers: Watchers, version: str) -> None:
    """Answer a peer until its connection ends, or has to."""
    following: asyncio.Task[None] | None = None

    async def answer(message: Message) -> None:
        nonlocal following
        match message:
            case ListPeers():
                channel.say(Peers(peers=membership.peers()))
            case RevokePeer():
                membership.revoke(message.peer_id, by=peer.id)
                channel.say(Peers(peers=membership.peers()))
            case Leave():
                membership.revoke(peer.id, by=peer.id)
            case WatchAudit() if following is None:
                following = asyncio.create_task(watchers.follow(channel, message))
            case _:
                raise ProtocolError("out_of_order", "that was said already", about=name_of(type(message)))

    if not await greet(channel, peer, gateway_id=membership.gateway_id, version=version):
        return
    try:
        await listen(channel, peer.role, MAY_SEND[peer.role], answer, _no_sound)
    finally:
        if following is not None:
            following.cancel()
            await asyncio.wait({following})


def _no_sound(_: bytes) -> None:
    raise ProtocolError("not_allowed", "nothing is heard at this port")
