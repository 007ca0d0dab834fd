from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.broker import waiting
from gateway.broker.destination import Content, Destination, Kind
from gateway.broker.outgoing import Outgoing
from gateway.broker.waiting import (
    MINUTE_S,
    MOST_A_MINUTE,
    MOST_NONCES,
    REFUSAL_HOLDS_S,
    WAITS_S,
    Request,
    Waiting,
)
from gateway.errors import ProtocolError
from gateway.wire.consent_words import MOST_WAITING, ReplacedWords

HASH = b"h" * 32
NOW = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)


class Queue:
    """Requests that wait, with clocks of their own."""

    def __init__(self) -> None:
        self.now = NOW
        self.clock_s = 1_000.0
        self.waiting = Waiting(lambda: self.clock_s, lambda: self.now)

    def wait(self, seconds: float) -> None:
        self.clock_s += seconds
        self.now += timedelta(seconds=seconds)

    def add(
        self, request_id: str = "r1", satellite_id: str = "shelf", raw: bytes = b"raw", to: str = "work"
    ) -> Request:
        outgoing = Outgoing(content=Content.TEXT, raw=raw, body_at=0)
        return self.waiting.add(request_id, satellite_id, destination(to), outgoing, HASH, ())


@pytest.fixture
def queue() -> Queue:
    return Queue()


def destination(name: str) -> Destination:
    return Destination(
        id=name,
        kind=Kind.CHAT,
        host="cloud.example",
        port=443,
        path="/v1/chat/completions",
        model="m",
        is_local=False,
        key="",
        key_version=1,
        added_at="",
    )


def refusal(act: Callable[[], object]) -> str:
    """Return the code of the refusal that has to come."""
    with pytest.raises(ProtocolError) as refused:
        act()
    return refused.value.refusal


def test_what_waits_is_had_by_its_id_with_all_that_came_with_it(queue: Queue) -> None:
    outgoing = Outgoing(content=Content.TEXT, raw=b"raw", body_at=2)
    replaced = (ReplacedWords(placeholder="[person 1]", original="Ann"),)
    added = queue.waiting.add("r1", "shelf", destination("work"), outgoing, HASH, replaced)
    assert queue.waiting.get("r1") is added
    assert queue.waiting.requests == (added,)
    assert (added.id, added.satellite_id, added.destination.id) == ("r1", "shelf", "work")
    assert (added.outgoing, added.hash, added.replaced) == (outgoing, HASH, replaced)
    assert added.asked_at == NOW
    assert queue.waiting.left_s(added) == WAITS_S == 300


def test_a_satellite_has_one_request_that_waits(queue: Queue) -> None:
    first = queue.add("r1", "shelf")
    assert refusal(lambda: queue.add("r2", "shelf", b"other")) == "already_waiting"
    second = queue.add("r3", "kitchen")
    assert queue.waiting.requests == (first, second)
    queue.waiting.take("r1")
    queue.add("r4", "shelf")


def test_five_are_asked_about_within_a_minute_and_no_more(queue: Queue) -> None:
    for number in range(MOST_A_MINUTE):
        queue.add(f"r{number}", f"s{number}")
        queue.wait(1)
    assert refusal(lambda: queue.add("one more", "s9")) == "too_many"
    assert refusal(lambda: queue.waiting.check_room("s9")) == "too_many"
    queue.wait(MINUTE_S - MOST_A_MINUTE - 0.001)
    assert refusal(lambda: queue.add("one more", "s9")) == "too_many"
    queue.wait(0.001)
    queue.add("one more", "s9")
    assert refusal(lambda: queue.add("two more", "s10")) == "too_many"


def test_so_many_wait_and_no_more(queue: Queue) -> None:
    for number in range(MOST_WAITING):
        queue.add(f"r{number}", f"s{number}")
        queue.wait(MINUTE_S / MOST_A_MINUTE)
    assert refusal(lambda: queue.add("one more", "s99")) == "too_many"
    queue.waiting.take("r3")
    queue.add("one more", "s99")


# How long


def test_it_waits_for_five_minutes(queue: Queue) -> None:
    request = queue.add()
    queue.wait(WAITS_S - 0.001)
    assert queue.waiting.expired() == ()
    assert queue.waiting.get("r1") is request
    assert 0 < queue.waiting.left_s(request) < 0.01
    queue.wait(0.001)
    assert queue.waiting.left_s(request) == 0
    assert refusal(lambda: queue.waiting.get("r1")) == "not_waiting"
    assert refusal(lambda: queue.waiting.show("r1", "owner")) == "not_waiting"
    assert queue.waiting.expired() == (request,)
    assert queue.waiting.expired() == ()
    assert queue.waiting.requests == ()


@pytest.mark.parametrize("clock", ["one that stood still", "one on the wall that stood still"])
def test_either_clock_is_enough_for_the_time_to_be_over(queue: Queue, clock: str) -> None:
    request = queue.add()
    if clock == "one that stood still":  # a machine that slept
        queue.now += timedelta(seconds=WAITS_S)
    else:
        queue.clock_s += WAITS_S
    assert queue.waiting.expired() == (request,)


def test_a_clock_on_the_wall_that_is_turned_back_gives_no_more_time(queue: Queue) -> None:
    request = queue.add()
    queue.now -= timedelta(hours=2)
    assert queue.waiting.left_s(request) == WAITS_S
    queue.clock_s += WAITS_S
    assert queue.waiting.expired() == (request,)


def test_one_that_is_over_keeps_others_out_until_it_is_looked_at(queue: Queue) -> None:
    queue.add()
    queue.wait(WAITS_S)
    assert refusal(lambda: queue.waiting.check_room("shelf")) == "already_waiting"
    queue.waiting.expired()
    queue.waiting.check_room("shelf")


# Showing, and a yes


def test_a_yes_is_for_what_was_shown_to_who_says_it(queue: Queue) -> None:
    request = queue.add()
    shown, nonce = queue.waiting.show("r1", "owner")
    assert shown is request
    assert queue.waiting.check("r1", HASH.hex(), nonce, "owner") is request
    assert queue.waiting.requests == (request,), "checking takes nothing away"
    assert queue.waiting.take("r1") is request
    assert refusal(lambda: queue.waiting.check("r1", HASH.hex(), nonce, "owner")) == "not_waiting"


def test_every_time_it_is_shown_there_is_a_new_nonce_and_the_others_stay_good(queue: Queue) -> None:
    queue.add()
    nonces = [queue.waiting.show("r1", "owner")[1] for _ in range(MOST_NONCES)]
    assert len(set(nonces)) == MOST_NONCES
    assert all(len(bytes.fromhex(nonce)) == 16 for nonce in nonces)
    for nonce in nonces:
        queue.waiting.check("r1", HASH.hex(), nonce, "owner")
    queue.waiting.show("r1", "owner")
    assert refusal(lambda: queue.waiting.check("r1", HASH.hex(), nonces[0], "owner")) == "not_shown"
    queue.waiting.check("r1", HASH.hex(), nonces[1], "owner")


def test_a_yes_to_something_else_is_none(queue: Queue) -> None:
    queue.add()
    queue.add("r2", "kitchen", b"other")
    _, nonce = queue.waiting.show("r1", "owner")
    _, other = queue.waiting.show("r2", "owner")

    def said(request_id: str, request_hash: bytes, nonce: str, by: str) -> str:
        return refusal(lambda: queue.waiting.check(request_id, request_hash.hex(), nonce, by))

    assert said("r3", HASH, nonce, "owner") == "not_waiting"
    assert said("r1", b"H" * 32, nonce, "owner") == "altered"
    assert said("r1", b"", nonce, "owner") == "altered"
    assert said("r1", HASH, other, "owner") == "not_shown"
    assert said("r1", HASH, "0" * 32, "owner") == "not_shown"
    assert said("r1", HASH, "", "owner") == "not_shown"
    assert said("r1", HASH, nonce, "home") == "not_shown"


def test_what_was_shown_to_who_is_no_peer_any_more_was_not(queue: Queue) -> None:
    queue.add()
    _, owners = queue.waiting.show("r1", "owner")
    _, homes = queue.waiting.show("r1", "home")
    queue.waiting.forget_shown_but_to(frozenset({"owner", "another"}))
    queue.waiting.check("r1", HASH.hex(), owners, "owner")
    assert refusal(lambda: queue.waiting.check("r1", HASH.hex(), homes, "home")) == "not_shown"


# A no


def test_what_was_refused_is_not_asked_for_again_for_ten_minutes(queue: Queue) -> None:
    request = queue.add()
    assert queue.waiting.refuse("r1") is request
    assert refusal(lambda: queue.waiting.get("r1")) == "not_waiting"
    assert refusal(lambda: queue.add("r2", "kitchen")) == "refused_lately"
    assert queue.waiting.requests == ()
    queue.add("r3", "shelf", b"other bytes")
    queue.add("r4", "kitchen", to="elsewhere")
    queue.wait(REFUSAL_HOLDS_S - 0.001)
    assert refusal(lambda: queue.add("r5", "bath")) == "refused_lately"
    queue.wait(0.001)
    queue.add("r6", "bath")


def test_what_may_not_be_asked_for_does_not_count_as_asked(queue: Queue) -> None:
    queue.add()
    queue.waiting.refuse("r1")
    for _ in range(MOST_A_MINUTE):
        assert refusal(lambda: queue.add("r2")) == "refused_lately"
    for number in range(MOST_A_MINUTE - 1):
        queue.add(f"s{number}", f"s{number}", b"other %d" % number)


def test_so_many_refusals_are_remembered_and_the_oldest_is_forgotten_first(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_REFUSALS", 2)
    for raw in (b"first", b"second", b"third"):
        queue.add("r1", raw=raw)
        queue.waiting.refuse("r1")
    for raw in (b"second", b"third"):
        assert refusal(lambda raw=raw: queue.add("r2", raw=raw)) == "refused_lately"  # type: ignore[misc]
    queue.add("r1", raw=b"first")
    queue.waiting.refuse("r1")
    assert refusal(lambda: queue.add("r2", raw=b"first")) == "refused_lately"
    queue.add("r2", raw=b"second")


def test_who_says_no_again_has_ten_minutes_again(queue: Queue) -> None:
    queue.add("r1", "shelf")
    queue.add("r2", "kitchen")
    queue.waiting.refuse("r1")
    queue.wait(WAITS_S / 2)
    queue.waiting.refuse("r2")
    queue.wait(REFUSAL_HOLDS_S - 0.001)
    assert refusal(lambda: queue.add("r3")) == "refused_lately"
    queue.wait(0.001)
    queue.add("r3")
