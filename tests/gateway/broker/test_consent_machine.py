"""Anything may be done with consent in any order, and a model of it knows what may leave: nothing else ever does."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from gateway.ballast import Ballast
from gateway.broker import cloud_store
from gateway.broker.audit import Action, AuditLog
from gateway.broker.audit_rows import Detail
from gateway.broker.consent_rows import ConsentRows
from gateway.broker.outgoing import with_key
from gateway.broker.sending import Sending
from gateway.broker.waiting import WAITS_S, Request, Waiting
from gateway.errors import ProtocolError, VoiceError
from gateway.wire.broker_words import AuditHead
from tests.gateway.broker.consent_machine import Consents
from tests.gateway.broker.consent_model import ConsentModel
from tests.gateway.broker.consent_world import make_template

IS_FULL: Final = "LOCAL_VOICE_FULL" in os.environ
SEQUENCES: Final = 20_000 if IS_FULL else 2_000
STEPS: Final = 14
SABOTAGED_SEQUENCES: Final = 10_000
"""So many are tried at most before what is wrong has to be found; a few hundred do."""
ANYTHING: Final = settings(
    max_examples=SEQUENCES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate, Phase.shrink],
)


@pytest.fixture(autouse=True)
def _prepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})
    monkeypatch.setattr(Ballast, "refill", lambda _: None)
    Consents.template = make_template()
    ConsentModel.sequences = 0
    ConsentModel.done = Counter()
    yield
    shutil.rmtree(Consents.template)


def test_nothing_is_ever_sent_without_a_yes_to_it_nor_twice(state: Callable[[str], None]) -> None:
    started_s = monotonic()
    run_state_machine_as_test(Consents, settings=ANYTHING)
    done = ", ".join(f"{count} {what}" for what, count in sorted(Consents.done.items()))
    state(f"consent: {Consents.sequences} sequences in {monotonic() - started_s:.0f} s: {done}")
    for what in ("approved", "not approved", "released", "not released", "revoked", "expired", "crash", "forged"):
        assert Consents.done[what] > SEQUENCES // 20, what


# Without one of its checks, each of which has to be found missing


def _check_without_nonce(self: Waiting, request_id: str, request_hash: str, nonce: str, by: str) -> Request:
    request = self.get(request_id)
    if request.hash.hex() != request_hash:
        raise ProtocolError("altered", "")
    return request


def _check_without_hash(self: Waiting, request_id: str, request_hash: str, nonce: str, by: str) -> Request:
    request = self.get(request_id)
    if request.nonces.get(nonce) != by:
        raise ProtocolError("not_shown", "")
    return request


def _check_without_whom(self: Waiting, request_id: str, request_hash: str, nonce: str, by: str) -> Request:
    request = self.get(request_id)
    if request.hash.hex() != request_hash:
        raise ProtocolError("altered", "")
    if nonce not in request.nonces:
        raise ProtocolError("not_shown", "")
    return request


def _left_by_one_clock(self: Waiting, request: Request) -> float:
    return max(0.0, min(request.until_s - self._clock(), WAITS_S))


def _release_unseen(self: Sending) -> bytes:
    """Without a look at the switch and the destination."""
    if self._was_released or self._task.done() or self._revoked_by:
        raise VoiceError("not that")
    return _released(self)


def _release_revoked(self: Sending) -> bytes:
    """Without a look at whether it was revoked."""
    is_kept = self._cloud.get(self.request.destination.id) == self.request.destination
    if self._was_released or self._task.done() or not self._cloud.is_allowed or not is_kept:
        raise VoiceError("not that")
    return _released(self)


def _release_again(self: Sending) -> bytes:
    """Without a look at whether it was released before."""
    self._was_released = False
    return RELEASE(self)


def _released(self: Sending) -> bytes:
    self._was_released = True
    content = with_key(self.request.outgoing, self.request.destination.key)
    self._rows.sends(self.request, len(content))
    self._sent_bytes = len(content)
    return content


def _approve_without_consuming(self: AuditLog, actor: str, request_id: str, **detail: Detail) -> AuditHead:
    return self._append(actor, Action.APPROVE, request_id, detail)


def _take_and_keep(self: Waiting, request_id: str) -> Request:
    return self._requests[request_id]


def _forget_nothing(self: Waiting, known: frozenset[str]) -> None:
    pass


def _sends_without_row(self: ConsentRows, request: Request, sent_bytes: int) -> None:
    pass


def _settle_nothing(self: ConsentRows) -> int:
    return 0


RELEASE: Final = Sending._release
SABOTAGES: Final[dict[str, tuple[type, str, Callable[..., object]]]] = {
    "the nonce": (Waiting, "check", _check_without_nonce),
    "the hash": (Waiting, "check", _check_without_hash),
    "whom it was shown to": (Waiting, "check", _check_without_whom),
    "removing it when it is approved": (Waiting, "take", _take_and_keep),
    "the clock on the wall": (Waiting, "left_s", _left_by_one_clock),
    "forgetting what a revoked peer was shown": (Waiting, "forget_shown_but_to", _forget_nothing),
    "the switch before the bytes": (Sending, "_release", _release_unseen),
    "the revocation before the bytes": (Sending, "_release", _release_revoked),
    "once": (Sending, "_release", _release_again),
    "the row before the bytes": (ConsentRows, "sends", _sends_without_row),
    "consuming": (AuditLog, "approve", _approve_without_consuming),
    "settling": (ConsentRows, "settle", _settle_nothing),
}
QUICKLY_FOUND: Final = ("the nonce", "the hash", "once", "the row before the bytes", "consuming", "settling")
"""In a second or two."""


@pytest.mark.parametrize("missing", SABOTAGES if IS_FULL else QUICKLY_FOUND)
def test_consent_without_one_of_its_checks_is_found(
    missing: str, monkeypatch: pytest.MonkeyPatch, state: Callable[[str], None]
) -> None:
    kind, name, worse = SABOTAGES[missing]
    monkeypatch.setattr(kind, name, worse)
    quickly = settings(ANYTHING, max_examples=SABOTAGED_SEQUENCES, phases=[Phase.generate], database=None)
    started_s = monotonic()
    with pytest.raises((AssertionError, VoiceError)):
        run_state_machine_as_test(Consents, settings=quickly)
    state(f"consent without {missing}: found after {Consents.sequences} sequences, {monotonic() - started_s:.1f} s")
