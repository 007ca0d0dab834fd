"""Who is let in at a port: who has a token, after few wrong ones, with a few connections at a time."""

import json
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from aiohttp import web

from gateway.errors import ProtocolError
from gateway.wire.channel import Channel
from gateway.wire.peers import Peer, PeerTable, Role

MOST_FAILURES: Final = 5
WINDOW_S: Final = 60.0
"""This many failures within this time, and there is a pause."""
PAUSE_S: Final = 60.0
MOST_REMEMBERED: Final = 1_024
"""Addresses that failed lately; the oldest is forgotten first."""
CONNECTIONS_A_PEER: Final = 8
_SCHEME: Final = "Bearer "
_LONGEST_TOKEN_CHARS: Final = 256


class Throttle:
    """Counts failures and pauses whoever fails too often."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._paused_until_s: OrderedDict[str, float] = OrderedDict()

    def pause_s(self, who: str) -> float:
        """Return how long `who` still has to wait; 0 for no pause."""
        return max(0.0, self._paused_until_s.get(who, 0.0) - self._clock())

    def failed(self, who: str) -> None:
        """Count a failure of `who`."""
        now_s = self._clock()
        failures = self._failures.setdefault(who, deque(maxlen=MOST_FAILURES))
        self._failures.move_to_end(who)
        failures.append(now_s)
        if len(failures) == MOST_FAILURES and failures[0] > now_s - WINDOW_S:
            del self._failures[who]
            self._paused_until_s[who] = now_s + PAUSE_S
        for remembered in (self._failures, self._paused_until_s):
            while len(remembered) > MOST_REMEMBERED:
                remembered.popitem(last=False)


class Admission:
    """The door of one port."""

    def __init__(self, peers: PeerTable, roles: frozenset[Role], throttle: Throttle | None = None) -> None:
        """Let in `peers` in one of `roles`."""
        self._peers = peers
        self._roles = roles
        self._throttle = throttle or Throttle()
        self._present: dict[str, set[Channel]] = {}

    def admit(self, request: web.BaseRequest) -> Peer:
        """Return who asks to be let in.

        Raises HTTPUnauthorized for a wrong token, HTTPTooManyRequests during a pause, HTTPForbidden in another role,
        HTTPServiceUnavailable where the peer has too many connections: JSON with `code` and `message`.
        """
        header = request.headers.get("Authorization", "")
        token = header[len(_SCHEME) :][:_LONGEST_TOKEN_CHARS] if header.startswith(_SCHEME) else ""
        who = f"{request.remote} {self._peers.claimed(token)}"  # whose token is right is not paused with its neighbours
        pause_s = self._throttle.pause_s(who)
        if pause_s:
            raise _refusal(web.HTTPTooManyRequests, "paused", f"too many wrong tokens; wait {pause_s:.0f} s")
        peer = self._peers.find(token)
        if peer is None:
            self._throttle.failed(who)
            raise _refusal(web.HTTPUnauthorized, "unknown_token", "this token is not, or no longer, known; pair again")
        if peer.role not in self._roles:
            raise _refusal(web.HTTPForbidden, "not_allowed", f"a {peer.role} has no business at this port")
        if len(self._present.get(peer.id, ())) >= CONNECTIONS_A_PEER:
            message = f"a peer has at most {CONNECTIONS_A_PEER} connections"
            raise _refusal(web.HTTPServiceUnavailable, "too_many_connections", message)
        return peer

    @contextmanager
    def present(self, peer: Peer, channel: Channel) -> Iterator[None]:
        """Count `channel` as the peer's for the time of the block; who was revoked since `admit` is cut off."""
        channels = self._present.setdefault(peer.id, set())
        channels.add(channel)
        if peer not in self._peers.by_role(peer.role):
            channel.cut("revoked")
        try:
            yield
        finally:
            channels.discard(channel)
            if not channels and self._present.get(peer.id) is channels:
                del self._present[peer.id]

    def replace_peers(self, peers: list[Peer]) -> None:
        """Know these peers from now on; the connections of those that are gone end at once."""
        for gone in self._peers.replace(peers):
            for channel in list(self._present.get(gone, ())):
                channel.cut("revoked")


def check_may_say(role: Role, kind: type, allowed: tuple[type, ...], name: str) -> None:
    """Raise ProtocolError `not_allowed` where a role may not say this kind of message."""
    if kind not in allowed:
        raise ProtocolError("not_allowed", f"a {role} may not say this", about=name)


def _refusal(kind: type[web.HTTPException], code: str, message: str) -> web.HTTPException:
    return kind(text=json.dumps({"code": code, "message": message}), content_type="application/json")
