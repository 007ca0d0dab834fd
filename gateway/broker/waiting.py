"""The requests that wait for a person: which may wait at all, how long, and what a yes to one has to say.

In memory only, and with no I/O: time is handed in. What leaves this place by `take` was approved, and is here no more.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_hex
from typing import Final

from gateway.broker.destination import Destination
from gateway.broker.outgoing import Outgoing
from gateway.errors import ProtocolError
from gateway.wire.consent_words import MOST_WAITING, ReplacedWords

WAITS_S: Final = 300.0
"""Time to walk to a screen, read, and decide; who decides later may not remember what was asked."""
MOST_A_MINUTE: Final = 5
MINUTE_S: Final = 60.0
REFUSAL_HOLDS_S: Final = 600.0
"""Who said no to these bytes is not asked again at once."""
MOST_REFUSALS: Final = 64
"""Five a minute for ten minutes are fewer; the oldest is forgotten first."""
MOST_NONCES: Final = 8
"""For one request: a few pages that show it at once; the oldest is shown no more then."""


@dataclass(slots=True, kw_only=True)
class Request:
    """One request, from the moment when somebody is asked."""

    id: str
    satellite_id: str
    destination: Destination
    outgoing: Outgoing
    hash: bytes
    """What an approval is for (`outgoing.consent_hash`)."""
    replaced: tuple[ReplacedWords, ...] = ()
    asked_at: datetime
    until: datetime
    """By the clock on the wall, which may jump."""
    until_s: float
    """By one that does not, but may stand still while a machine sleeps."""
    nonces: dict[str, str] = field(default_factory=dict)
    """Whom each was told to."""

    @property
    def digest(self) -> bytes:
        """What the same bytes to the same place have in common, whenever they are asked for."""
        return hashlib.sha256(self.destination.id.encode() + b"\0" + self.outgoing.raw).digest()


class Waiting:
    """All of them. What raises, raises ProtocolError, and changes nothing."""

    def __init__(self, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        """`clock` is monotonic, in seconds; `now` tells the time of day, in UTC."""
        self._clock = clock
        self._now = now
        self._requests: dict[str, Request] = {}
        self._asked_s: deque[float] = deque(maxlen=MOST_A_MINUTE)
        self._refusals: dict[bytes, float] = {}

    @property
    def requests(self) -> tuple[Request, ...]:
        """Those that wait, the oldest first; some may be over (`expired`)."""
        return tuple(self._requests.values())

    def check_room(self, satellite_id: str) -> None:
        """Raise where nobody is to be asked now: `already_waiting` or `too_many`."""
        if any(request.satellite_id == satellite_id for request in self._requests.values()):
            raise ProtocolError("already_waiting", "one request of this satellite waits for a decision already")
        now_s = self._clock()
        is_often = len(self._asked_s) == MOST_A_MINUTE and now_s - self._asked_s[0] < MINUTE_S
        if is_often or len(self._requests) >= MOST_WAITING:
            raise ProtocolError("too_many", f"at most {MOST_A_MINUTE} requests a minute; wait a little")

    def add(
        self, request_id: str, satellite_id: str, destination: Destination, outgoing: Outgoing, request_hash: bytes,
        replaced: tuple[ReplacedWords, ...],
    ) -> Request:  # fmt: skip
        """Let a request wait. Raises as `check_room`, and `refused_lately`."""
        self.check_room(satellite_id)
        now, now_s = self._now(), self._clock()
        request = Request(
            id=request_id,
            satellite_id=satellite_id,
            destination=destination,
            outgoing=outgoing,
            hash=request_hash,
            replaced=replaced,
            asked_at=now,
            until=now + timedelta(seconds=WAITS_S),
            until_s=now_s + WAITS_S,
        )
        if self._refusals.get(request.digest, now_s) > now_s:
            raise ProtocolError("refused_lately", "somebody said no to exactly this within the last ten minutes")
        self._asked_s.append(now_s)
        self._requests[request_id] = request
        return request

    def get(self, request_id: str) -> Request:
        """Return a request that waits. Raises `not_waiting`."""
        request = self._requests.get(request_id)
        if request is None or self._is_over(request):
            raise ProtocolError("not_waiting", "this request does not wait any more; what became of it is in the list")
        return request

    def show(self, request_id: str, to: str) -> tuple[Request, str]:
        """Return a request with a nonce for who is shown it. Raises `not_waiting`."""
        request = self.get(request_id)
        nonce = token_hex(16)
        request.nonces[nonce] = to
        while len(request.nonces) > MOST_NONCES:
            del request.nonces[next(iter(request.nonces))]
        return request, nonce

    def check(self, request_id: str, request_hash: str, nonce: str, by: str) -> Request:
        """Return the request that a yes is for: it waits, these are its bytes, and they were shown to who says it.

        Raises `not_waiting`, `altered`, `not_shown`.
        """
        request = self.get(request_id)
        if not compare_digest(request.hash.hex(), request_hash):
            raise ProtocolError("altered", "that is not what waits here; look at it again")
        if not compare_digest(request.nonces.get(nonce, ""), by):
            raise ProtocolError("not_shown", "what waits was not shown to who says yes; open it again")
        return request

    def left_s(self, request: Request) -> float:
        """Return how long a request may still be decided; 0 where it is over."""
        by_wall_s = (request.until - self._now()).total_seconds()
        return max(0.0, min(request.until_s - self._clock(), by_wall_s, WAITS_S))

    def take(self, request_id: str) -> Request:
        """Return a request, which waits no more."""
        return self._requests.pop(request_id)

    def refuse(self, request_id: str) -> Request:
        """Return a request that waits no more, and whose bytes are not asked for again for a while."""
        request = self._requests.pop(request_id)
        self._refusals.pop(request.digest, None)
        self._refusals[request.digest] = self._clock() + REFUSAL_HOLDS_S
        while len(self._refusals) > MOST_REFUSALS:
            del self._refusals[next(iter(self._refusals))]
        return request

    def expired(self) -> tuple[Request, ...]:
        """Return those whose time is over, which wait no more."""
        over = tuple(request for request in self._requests.values() if self._is_over(request))
        for request in over:
            del self._requests[request.id]
        return over

    def forget_shown_but_to(self, known: frozenset[str]) -> None:
        """Let what was shown to anybody else not have been: to peers that are none any more."""
        for request in self._requests.values():
            request.nonces = {nonce: whom for nonce, whom in request.nonces.items() if whom in known}

    def _is_over(self, request: Request) -> bool:
        return self.left_s(request) <= 0
