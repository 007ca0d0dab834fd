from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, invariant, multiple, rule

from gateway.broker.pairing import MOST_ATTEMPTS, MOST_WRONG, WINDOW_S, Attempt, Closing, PairingWindow
from gateway.errors import ProtocolError
from gateway.wire.broker_words import PairBegin
from gateway.wire.codes import client_proof, server_proof
from gateway.wire.peers import Role

VOICE, BROKER = b"v" * 32, b"b" * 32
OTHER_CODE = "A" * 16


class House:
    """A window with a clock of its own, and what was told of it."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.told: list[Closing] = []
        self.window = PairingWindow(VOICE, BROKER, self.told.append, clock=lambda: self.now_s)


@pytest.fixture
def house() -> House:
    return House()


def begin(role: Role = Role.HOME, *, protocol: int = 1, name: str = "Device") -> PairBegin:
    return PairBegin(protocol=protocol, role=role, name=name, nonce="ab" * 32)


def refusal(act: Callable[[], object]) -> str:
    """Return the code of the refusal that has to come."""
    with pytest.raises(ProtocolError) as refused:
        act()
    return refused.value.refusal


def test_the_right_proof_is_answered_with_ours_and_closes_the_window(house: House) -> None:
    code = house.window.open(Role.SATELLITE, "Kitchen")
    attempt = house.window.begin(begin(Role.SATELLITE, name="Shelf"))
    assert (attempt.role, attempt.name, attempt.area) == (Role.SATELLITE, "Shelf", "Kitchen")
    assert attempt.agreement.server_nonce == attempt.server_nonce
    assert (attempt.agreement.voice_fingerprint, attempt.agreement.broker_fingerprint) == (VOICE, BROKER)
    proof = house.window.prove(attempt, client_proof(code, attempt.agreement))
    assert proof == server_proof(code, attempt.agreement)
    assert not house.window.is_open
    assert house.told == []  # who proves it knows


def test_without_a_window_nobody_may_begin(house: House) -> None:
    assert not house.window.is_open
    assert refusal(lambda: house.window.begin(begin())) == "window_closed"
    house.window.close(Closing.STOPPED)
    assert house.told == []


def test_the_window_closes_by_itself_after_five_minutes(house: House) -> None:
    house.window.open(Role.HOME)
    house.now_s += WINDOW_S - 0.001
    assert house.window.is_open
    house.now_s += 0.001
    assert not house.window.is_open
    assert house.told == [Closing.EXPIRED]


def test_a_proof_that_comes_after_the_end_of_the_window_is_not_looked_at(house: House) -> None:
    code = house.window.open(Role.HOME)
    attempt = house.window.begin(begin())
    house.now_s += WINDOW_S
    assert refusal(lambda: house.window.prove(attempt, client_proof(code, attempt.agreement))) == "window_closed"
    assert house.told == [Closing.EXPIRED]


def test_five_wrong_proofs_close_the_window_and_four_do_not(house: House) -> None:
    code = house.window.open(Role.HOME)
    last = house.window.begin(begin())
    for _ in range(MOST_WRONG - 1):
        attempt = house.window.begin(begin())
        assert refusal(lambda attempt=attempt: house.window.prove(attempt, b"\0" * 32)) == "wrong_code"  # type: ignore[misc]
    assert house.window.is_open
    assert refusal(lambda: house.window.prove(last, b"\0" * 32)) == "too_many_wrong_codes"
    assert not house.window.is_open
    assert house.told == [Closing.TOO_MANY_WRONG_CODES]
    assert refusal(lambda: house.window.prove(last, client_proof(code, last.agreement))) == "window_closed"


def test_a_try_is_good_for_one_proof(house: House) -> None:
    code = house.window.open(Role.HOME)
    attempt = house.window.begin(begin())
    proof = client_proof(code, attempt.agreement)
    assert refusal(lambda: house.window.prove(attempt, b"\0" * 32)) == "wrong_code"
    assert refusal(lambda: house.window.prove(attempt, proof)) == "window_closed"
    assert house.window.is_open


def test_a_new_window_ends_the_one_before_and_its_tries_count_for_nothing(house: House) -> None:
    old_code = house.window.open(Role.HOME)
    attempt = house.window.begin(begin())
    new_code = house.window.open(Role.HOME)
    assert new_code != old_code
    assert house.told == [Closing.REPLACED]
    assert refusal(lambda: house.window.prove(attempt, client_proof(old_code, attempt.agreement))) == "window_closed"
    again = house.window.begin(begin())
    assert refusal(lambda: house.window.prove(again, client_proof(old_code, again.agreement))) == "wrong_code"


def test_the_clients_proof_is_not_the_servers(house: House) -> None:
    code = house.window.open(Role.HOME)
    attempt = house.window.begin(begin())
    assert refusal(lambda: house.window.prove(attempt, server_proof(code, attempt.agreement))) == "wrong_code"


def test_the_window_is_for_one_kind_of_device(house: House) -> None:
    house.window.open(Role.SATELLITE)
    assert refusal(lambda: house.window.begin(begin(Role.HOME))) == "wrong_role"
    assert refusal(lambda: house.window.begin(begin(Role.CONSENT))) == "wrong_role"


def test_another_version_of_the_protocol_is_told_so(house: House) -> None:
    house.window.open(Role.HOME)
    assert refusal(lambda: house.window.begin(begin(protocol=2))) == "wrong_version"


def test_a_few_devices_may_try_at_once_and_room_is_made_when_one_goes(house: House) -> None:
    house.window.open(Role.HOME)
    attempts = [house.window.begin(begin()) for _ in range(MOST_ATTEMPTS)]
    assert refusal(lambda: house.window.begin(begin())) == "too_many"
    house.window.forget(attempts[0])
    house.window.begin(begin())
    house.window.close(Closing.STOPPED)
    house.window.forget(attempts[1])
    assert house.told == [Closing.STOPPED]


class Windows(RuleBasedStateMachine):
    """Anything may be done with a window in any order; a model of few lines knows what has to come of it."""

    attempts: Bundle[Attempt] = Bundle("attempts")

    @initialize()
    def start(self) -> None:
        self.house = House()
        self.code: str | None = None
        self.until_s = self.wrong = 0.0
        self.alive: set[Attempt] = set()
        self.told: list[Closing] = []

    def end(self, why: Closing | None) -> None:
        self.code = None
        self.alive = set()
        if why is not None:
            self.told.append(why)

    @rule(role=st.sampled_from([Role.HOME, Role.SATELLITE]))
    def open(self, role: Role) -> None:
        if self.code is not None:
            self.end(Closing.REPLACED)
        self.role = role
        self.code = self.house.window.open(role)
        self.until_s = self.house.now_s + WINDOW_S
        self.wrong = 0

    @rule(seconds=st.sampled_from([0.5, 100.0, WINDOW_S]))
    def wait(self, seconds: float) -> None:
        self.house.now_s += seconds
        if self.code is not None and self.house.now_s >= self.until_s:
            self.end(Closing.EXPIRED)

    @rule()
    def stop(self) -> None:
        self.house.window.close(Closing.STOPPED)
        if self.code is not None:
            self.end(Closing.STOPPED)

    @rule(target=attempts, role=st.sampled_from(list(Role)))
    def begin(self, role: Role) -> Attempt | MultipleResults[Attempt]:
        if self.code is None:
            assert refusal(lambda: self.house.window.begin(begin(role))) == "window_closed"
        elif role is not self.role:
            assert refusal(lambda: self.house.window.begin(begin(role))) == "wrong_role"
        elif len(self.alive) == MOST_ATTEMPTS:
            assert refusal(lambda: self.house.window.begin(begin(role))) == "too_many"
        else:
            attempt = self.house.window.begin(begin(role))
            self.alive.add(attempt)
            return attempt
        return multiple()

    @rule(attempt=attempts)
    def forget(self, attempt: Attempt) -> None:
        self.house.window.forget(attempt)
        self.alive.discard(attempt)

    @rule(attempt=attempts)
    def prove_wrong(self, attempt: Attempt) -> None:
        refused = refusal(lambda: self.house.window.prove(attempt, client_proof(OTHER_CODE, attempt.agreement)))
        if attempt not in self.alive:
            assert refused == "window_closed"
            return
        self.alive.discard(attempt)
        self.wrong += 1
        if self.wrong == MOST_WRONG:
            assert refused == "too_many_wrong_codes"
            self.end(Closing.TOO_MANY_WRONG_CODES)
        else:
            assert refused == "wrong_code"

    @rule(attempt=attempts)
    def prove_right(self, attempt: Attempt) -> None:
        code = self.code or OTHER_CODE
        proof = client_proof(code, attempt.agreement)
        if attempt in self.alive:
            assert self.house.window.prove(attempt, proof) == server_proof(code, attempt.agreement)
            self.end(None)
        else:
            assert refusal(lambda: self.house.window.prove(attempt, proof)) == "window_closed"

    @invariant()
    def the_model_and_the_window_agree(self) -> None:
        assert self.house.window.is_open == (self.code is not None)
        assert self.house.told == self.told


Windows.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestWindows = Windows.TestCase
