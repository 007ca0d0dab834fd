"""The pairing window: closed, or open for one device, one code, five minutes and five tries. Says nothing to anybody.

closed ── open ──► open ── right proof ──► closed
                    └───── expired, five wrong proofs, opened anew, stopped ──► closed
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Final

from gateway.errors import ProtocolError
from gateway.wire.broker_words import PairBegin
from gateway.wire.codes import NONCE_BYTES, Agreement, client_proof, is_same, new_code, server_proof
from gateway.wire.messages import PROTOCOL_VERSION, WRONG_VERSION
from gateway.wire.peers import Role

WINDOW_S: Final = 300.0
"""Time enough to walk to another room with the code."""
MOST_WRONG: Final = 5
"""A person mistypes; more than this is no person."""
MOST_ATTEMPTS: Final = 4
"""One device pairs; a few more may ask at the same time without being in its way."""


class Closing(StrEnum):
    """Why a window was closed."""

    PAIRED = "paired"
    EXPIRED = "expired"
    TOO_MANY_WRONG_CODES = "too_many_wrong_codes"
    REPLACED = "replaced"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attempt:
    """One device's try: good for one proof, in the window in which it began."""

    role: Role
    name: str
    area: str
    server_nonce: bytes
    agreement: Agreement = field(repr=False)


@dataclass(slots=True, kw_only=True)
class _Window:
    role: Role
    area: str
    code: str
    until_s: float
    wrong: int = 0
    attempts: set[Attempt] = field(default_factory=set)


class PairingWindow:
    """At most one open window. Every method first closes one whose time is over."""

    def __init__(
        self,
        voice_fingerprint: bytes,
        broker_fingerprint: bytes,
        closed: Callable[[Closing], None],
        *,
        clock: Callable[[], float] = monotonic,
        window_s: float = WINDOW_S,
    ) -> None:
        """`closed` is told of each window's end, except of the right proof, which `prove` returns from."""
        self._fingerprints = voice_fingerprint, broker_fingerprint
        self._closed = closed
        self._clock = clock
        self._window_s = window_s
        self._window: _Window | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody may pair now."""
        return self._current() is not None

    def open(self, role: Role, area: str = "") -> str:
        """Open a window for one device in this role; return its code. One that is open is replaced."""
        self.close(Closing.REPLACED)
        code = new_code()
        self._window = _Window(role=role, area=area, code=code, until_s=self._clock() + self._window_s)
        return code

    def close(self, why: Closing) -> None:
        """Close the window, where one is open."""
        if self._current() is not None:
            self._end(why)

    def begin(self, words: PairBegin) -> Attempt:
        """Return the try of a device that wants to be a peer.

        Raises ProtocolError `window_closed`, `wrong_version`, `wrong_role` or `too_many`.
        """
        window = self._current()
        if window is None:
            raise _no_window()
        if words.protocol != PROTOCOL_VERSION:
            raise ProtocolError(WRONG_VERSION, f"this is protocol version {PROTOCOL_VERSION}")
        if words.role is not window.role:
            raise ProtocolError("wrong_role", "the window is open for another kind of device")
        if len(window.attempts) >= MOST_ATTEMPTS:
            raise ProtocolError("too_many", "too many devices are pairing at once")
        server_nonce = secrets.token_bytes(NONCE_BYTES)
        voice_fingerprint, broker_fingerprint = self._fingerprints
        agreement = Agreement(
            role=words.role,
            name=words.name,
            client_nonce=bytes.fromhex(words.nonce),
            server_nonce=server_nonce,
            voice_fingerprint=voice_fingerprint,
            broker_fingerprint=broker_fingerprint,
        )
        attempt = Attempt(
            role=window.role, name=words.name, area=window.area, server_nonce=server_nonce, agreement=agreement
        )
        window.attempts.add(attempt)
        return attempt

    def prove(self, attempt: Attempt, proof: bytes) -> bytes:
        """Return our own proof for the right one, which closes the window.

        Raises ProtocolError `wrong_code`, `too_many_wrong_codes`, or `window_closed`, also for a try that is over.
        """
        window = self._current()
        if window is None or attempt not in window.attempts:
            raise _no_window()
        window.attempts.discard(attempt)
        if is_same(proof, client_proof(window.code, attempt.agreement)):
            self._window = None
            return server_proof(window.code, attempt.agreement)
        window.wrong += 1
        if window.wrong < MOST_WRONG:
            raise ProtocolError("wrong_code", "the code is not right")
        self._end(Closing.TOO_MANY_WRONG_CODES)
        raise ProtocolError("too_many_wrong_codes", "the code is not right, and the window is closed now")

    def forget(self, attempt: Attempt) -> None:
        """End a try whose device has gone."""
        if self._window is not None:
            self._window.attempts.discard(attempt)

    def _current(self) -> _Window | None:
        if self._window is not None and self._clock() >= self._window.until_s:
            self._end(Closing.EXPIRED)
        return self._window

    def _end(self, why: Closing) -> None:
        self._window = None
        self._closed(why)


def _no_window() -> ProtocolError:
    return ProtocolError("window_closed", "nobody may pair now")
