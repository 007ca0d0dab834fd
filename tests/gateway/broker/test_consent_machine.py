"""Anything may be done with consent in any order; a model of it knows what may leave, and nothing else ever does.

The broker's consent is the real one on a real log; what sends does so when it is told to, also when it must not, and
some of it does not stop when it should.
"""

import asyncio
import os
import shutil
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from gateway.broker import cloud_store
from gateway.broker.audit import Action, AuditLog
from gateway.broker.audit_rows import AuditRow, Detail, decoded
from gateway.broker.ballast import Ballast
from gateway.broker.consent import MOST_WRONG_PINS, WRONG_PINS_WITHIN_S, Consent
from gateway.broker.consent_rows import ConsentRows
from gateway.broker.destination import Destination
from gateway.broker.outgoing import Outgoing, audio_request, consent_hash, text_request, with_key
from gateway.broker.records import OWNER
from gateway.broker.sending import Sending
from gateway.broker.waiting import MINUTE_S, MOST_A_MINUTE, MOST_NONCES, REFUSAL_HOLDS_S, WAITS_S, Request, Waiting
from gateway.errors import ProtocolError, VoiceError
from gateway.wire.broker_words import AuditHead
from gateway.wire.consent_words import AddDestination, Approve
from tests.gateway.broker.consent_world import World, make_template
from tests.gateway.broker.consenting import (
    CANARIES,
    CHAT,
    NEVER,
    PCM,
    PIN,
    QUESTION,
    TRANSCRIPTION,
    Consenting,
    Order,
    Wire,
    answers,
    breaks,
    chat_service,
    fails,
    transcription_service,
    turns,
)

IS_FULL: Final = "LOCAL_VOICE_FULL" in os.environ
SEQUENCES: Final = 20_000 if IS_FULL else 2_000
STEPS: Final = 16
SABOTAGED_SEQUENCES: Final = 10_000
"""So many are tried at most before what is wrong has to be found; a few hundred do."""
HOMES: Final = ("home-a", "home-b")
SATELLITES: Final = ("shelf", "kitchen")
OTHER_KEY: Final = "sk-canary-of-the-key-2"
LATEST: Final = 4
"""So many of the last requests things are done with."""
ANYTHING: Final = settings(
    max_examples=SEQUENCES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate, Phase.shrink],
)

latest = st.integers(0, LATEST - 1)
somebody = st.sampled_from([OWNER, *HOMES])
satellites = st.sampled_from(SATELLITES)
texts = st.sampled_from([QUESTION, "other", "third"])
RACES: Final = ("", "before", "while", "after", "after")
"""When one of the requests that are revoked is to leave: never, just before, before that returns, or then."""
REVOKING: Final[list[tuple[str, tuple[Any, ...]]]] = [
    *(("turn_the_switch", how) for how in product((False, False, True), RACES, (False, True))),
    *(("put", how) for how in product((chat_service(), chat_service(key=OTHER_KEY)), RACES, (False, True))),
    *(("put", how) for how in product((transcription_service(key=""),), RACES, (False,))),
    *(("remove", how) for how in product((CHAT, TRANSCRIPTION), RACES)),
    *(("withdraw", how) for how in 4 * [*product(SATELLITES, RACES)]),
    *(("revoke_or_pair", (home,)) for home in 8 * HOMES),
    *(("set_pin", (pin,)) for pin in ("", "", PIN)),
]
"""Methods below and what they are given; some more often, so that each kind has its share."""
seldom = st.sampled_from([False, False, False, True])


@dataclass
class Case:
    """What the model knows of a request."""

    id: str
    satellite: str
    destination: Destination
    outgoing: Outgoing
    until_s: float
    until: datetime
    state: str = "waiting"
    """Then `approved`, then `over`; or `over` at once."""
    approved_by: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    """All nonces, and to whom."""
    nonces: dict[str, str] = field(default_factory=dict)
    """Those that are good."""
    was_tried: bool = False
    """Whether its bytes were asked for, which is possible once."""
    is_revoked: bool = False
    is_being_revoked: bool = False
    """Until that returns, bytes may be handed out or not."""
    is_answered: bool = False
    is_dead: bool = False
    """The process that knew it is no more."""
    wire: Wire | None = None

    @property
    def hash(self) -> str:
        return consent_hash(self.id, self.destination, self.outgoing).hex()

    @property
    def has_left(self) -> bool:
        return self.wire is not None and bool(self.wire.released)


class Consents(RuleBasedStateMachine):
    template: ClassVar[Path]
    sequences: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        Consents.sequences += 1
        self.world = World(self.template)
        self.cases: list[Case] = []
        self.wrong: list[str] = []
        self.rows: list[AuditRow] = []
        self.read_logs = 0
        self.is_allowed = True
        self.pin = ""
        self.peers = {OWNER, *HOMES}
        self.begin()

    def teardown(self) -> None:
        self.world.close()

    def begin(self) -> None:
        """Begin as a new process, which knows nothing of what was asked."""
        self.asked_s: deque[float] = deque(maxlen=MOST_A_MINUTE)
        self.wrong_pins_s: deque[float] = deque(maxlen=MOST_WRONG_PINS)
        self.refusals: dict[tuple[str, bytes], float] = {}
        for case in self.cases:
            case.is_dead = True
        self.consent.know_peers(frozenset(self.peers))

    # What the model knows

    @property
    def house(self) -> Consenting:
        return self.world.house

    @property
    def consent(self) -> Consent:
        return self.world.house.consent

    def case(self, number: int) -> Case:
        return self.cases[-1 - number % len(self.cases)]

    def destination(self, name: str) -> Destination | None:
        return self.house.records.cloud.get(name)

    def alive(self, state: str = "") -> list[Case]:
        states = (state,) if state else ("waiting", "approved")
        return [case for case in self.cases if case.state in states and not case.is_dead]

    def look_at_the_clock(self) -> None:
        for case in self.alive("waiting"):
            if self.house.clock_s >= case.until_s or self.house.now >= case.until:
                case.state = "over"
                self.done["expired"] += 1

    def may_release(self, case: Case) -> bool:
        return (
            case.state == "approved"
            and not (case.was_tried or case.is_revoked or case.is_dead)
            and self.is_allowed
            and self.destination(case.destination.id) == case.destination
        )

    def was_done(self, act: Callable[[], object], *, may: bool) -> bool:
        """Do something, which has to be refused unless it `may` be; return whether it was done."""
        unwritten = len(self.world.unwritten)
        try:
            self.world.run(act)
        except ProtocolError as error:
            refusal = error.refusal
        else:
            assert may, "it was not refused"
            return True
        assert not may or (refusal == "not_stored" and len(self.world.unwritten) > unwritten), refusal
        return False

    # Ends of requests: each goes into the model when it happens

    def releasing(self, case: Case, *, is_behind: bool = False) -> Order:
        """Return the order to let the bytes of a request leave; it looks whether they should."""

        def order(wire: Wire) -> None:
            may, is_sure = self.may_release(case), not case.is_being_revoked
            unwritten, before = len(self.world.unwritten), len(wire.released)
            case.was_tried = True
            try:
                wire.release()
            except VoiceError:
                self.done["not released"] += 1
                if may and is_sure and len(self.world.unwritten) == unwritten:
                    self.wrong.append("what may leave does not")
                if not is_behind:
                    case.state = "over"
                raise
            self.done["released"] += 1
            told = [row.action for row in self.read_rows() if row.about == case.id]
            if not may:
                self.wrong.append("what must not leave does")
            if wire.released[before:] != [with_key(case.outgoing, case.destination.key)]:
                self.wrong.append("other bytes leave than were shown")
            if told != [Action.APPROVE, Action.SEND]:
                self.wrong.append(f"when it leaves, the log has of it: {told}")

        return order

    def ending(self, case: Case, order: Order, *, is_answer: bool = False) -> Order:
        """Return an order with which a request is over."""

        def end(wire: Wire) -> object:
            case.state, case.is_answered = "over", is_answer
            return order(wire)

        return end  # type: ignore[return-value]

    def end(self, case: Case) -> None:
        """Know that a request was revoked."""
        case.is_being_revoked = False
        if case.state == "waiting":
            case.state = "over"
        elif case.state == "approved":
            case.is_revoked = True
            if case.wire is None or not case.wire.is_stubborn:
                case.state = "over"
        self.done["revoked"] += 1

    def revoke(self, ends: list[Case], revoking: Callable[[], Awaitable[object]], racing: str) -> bool:
        """Revoke requests, while one of them is about to leave, or not; return whether that was written down."""
        racer = next((case for case in ends if case.wire and case.state == "approved"), None)
        for case in ends:
            case.is_being_revoked = True

        async def act() -> None:
            if racer and racer.wire and racing == "before":
                racer.wire.order(self.releasing(racer))
            task = asyncio.ensure_future(revoking())
            if racer and racer.wire and racing == "while":
                await asyncio.sleep(0)
                racer.wire.order(self.releasing(racer))
            await task
            for case in ends:
                self.end(case)
            if racer and racer.wire and racing == "after":
                await racer.wire.do(self.releasing(racer))

        unwritten = len(self.world.unwritten)
        try:
            self.world.run(act)
        except ProtocolError as error:
            refusal = error.refusal
        else:
            return True
        for case in ends:
            self.end(case)
        assert refusal == "no_such_destination" or len(self.world.unwritten) > unwritten
        return False

    # What may be done

    def go_on(self, satellite: str, text: str, is_sound: bool, by: str, is_stubborn: bool) -> None:
        """Do what comes next, if nothing comes in between."""
        case = next(iter(self.alive()), None)
        if case is None:
            self.put_back()
            self.propose(satellite, text, is_sound)
        elif case.state == "waiting":
            self.say_yes(case, self.good_yes(case, by), by, "", is_stubborn)
        elif case.wire:
            order = self.ending(case, answers(), is_answer=True) if case.has_left else self.releasing(case)
            self.world.run(lambda: case.wire and case.wire.do(order))

    going_on: Final = rule(satellite=satellites, text=texts, is_sound=seldom, by=somebody, is_stubborn=st.booleans())
    first, second, third = going_on(go_on), going_on(go_on), going_on(go_on)
    """Of three rules, one is nearly always among those that a sequence is made of."""

    def put_back(self) -> None:
        """Let there be what a proposal needs."""
        self.world.failing = 0
        if not self.is_allowed:
            self.switch(True)
        for words in (chat_service(), transcription_service()):
            if self.destination(words.name) is None:
                self.put(words, "", False)

    @rule(satellite=satellites, text=texts, is_sound=seldom)
    def propose(self, satellite: str, text: str, is_sound: bool) -> None:
        self.look_at_the_clock()
        ids: list[str] = []

        def act() -> None:
            if is_sound:
                ids.append(self.consent.propose_audio(satellite, PCM, language="de"))
            else:
                ids.append(self.house.propose(text, satellite))

        destination, now_s = self.destination(TRANSCRIPTION if is_sound else CHAT), self.house.clock_s
        if destination is None:
            self.was_done(act, may=False)
            return
        outgoing = audio_request(destination, PCM, language="de") if is_sound else text_request(destination, text)
        may = (
            self.is_allowed
            and satellite not in {case.satellite for case in self.alive("waiting")}
            and not (len(self.asked_s) == MOST_A_MINUTE and now_s - self.asked_s[0] < MINUTE_S)
            and self.refusals.get((destination.id, outgoing.raw), now_s) <= now_s
        )
        if self.was_done(act, may=may):
            until = self.house.now + timedelta(seconds=WAITS_S)
            self.asked_s.append(now_s)
            self.cases.append(Case(ids[0], satellite, destination, outgoing, now_s + WAITS_S, until))
            self.done["proposed"] += 1

    @precondition(lambda self: self.cases)
    @rule(what=st.sampled_from(["look", "refuse", "release behind", "forge", "forge"]), number=latest, by=somebody)
    def do_with_one(self, what: str, number: int, by: str) -> None:
        if what == "look":
            self.preview(number, by)
        elif what == "refuse":
            self.refuse(number, by)
        elif what == "release behind":
            self.release_behind(number)
        else:
            self.forge_one_that_was_approved(number)

    def preview(self, number: int, by: str) -> None:
        case = self.case(number)
        if by not in self.peers:
            return
        self.look_at_the_clock()

        def act() -> None:
            preview, outgoing = self.house.show(case.id, by=by)
            assert (preview.hash, outgoing) == (case.hash, case.outgoing)
            assert preview.nonce not in case.shown
            case.shown[preview.nonce] = case.nonces[preview.nonce] = by

        if self.was_done(act, may=case in self.alive("waiting")) and len(case.nonces) > MOST_NONCES:
            del case.nonces[next(iter(case.nonces))]

    @precondition(lambda self: self.cases)
    @rule(
        number=latest,
        other=latest,
        by=somebody,
        forged=st.sampled_from(["", "", "nonce", "other nonce", "other peer", "hash", "other hash", "pin"]),
        then=st.sampled_from(["", "", "", "crash", "", "", "withdraw"]),
        is_stubborn=st.booleans(),
    )
    def approve(self, number: int, other: int, by: str, forged: str, then: str, is_stubborn: bool) -> None:
        case, another = self.case(number), self.case(other)
        good = self.good_yes(case, by)
        said = {"hash": good.hash, "nonce": good.nonce, "pin": good.pin}
        match forged:
            case "nonce":
                said["nonce"] = NEVER
            case "other nonce":
                said["nonce"] = next(iter(another.shown), NEVER)
            case "other peer":
                self.preview(number, OWNER)
                said["nonce"] = next((nonce for nonce, whom in case.shown.items() if whom != by), NEVER)
            case "hash":
                said["hash"] = case.hash[::-1]
            case "other hash":
                said["hash"] = another.hash
            case "pin":
                said["pin"] = "a wrong one"
        self.say_yes(case, Approve(id=1, request_id=case.id, **said), by, then, is_stubborn)

    def good_yes(self, case: Case, by: str) -> Approve:
        """Return a yes as somebody says it who has seen the request, if that is possible."""
        if by not in case.shown.values():
            self.preview(self.cases[::-1].index(case), by)
        nonce = next((nonce for nonce, whom in reversed(case.shown.items()) if whom == by), NEVER)
        return Approve(id=1, request_id=case.id, hash=case.hash, nonce=nonce, pin=self.pin)

    def say_yes(self, case: Case, yes: Approve, by: str, then: str, is_stubborn: bool) -> None:
        """Say yes, and `then` do something before anything can come of it."""
        self.look_at_the_clock()
        is_for_it = yes.hash == case.hash and case.nonces.get(yes.nonce) == by
        may = self.is_allowed and case in self.alive("waiting") and is_for_it and self.is_pin(yes.pin)
        self.house.sender.is_stubborn = is_stubborn
        wires = len(self.house.sender.wires)

        async def act() -> None:
            self.consent.approve(yes, by=by)
            case.state, case.approved_by = "approved", by
            if then == "crash":
                self.world.die()
            if then == "withdraw":
                await self.consent.withdraw(case.satellite)
                for one in self.alive():
                    if one.satellite == case.satellite:
                        self.end(one)
            await turns()

        if not self.was_done(act, may=may):
            self.done["not approved"] += 1
            return
        self.done["approved"] += 1
        if len(self.house.sender.wires) > wires:
            case.wire = self.house.sender.wires[-1]
        if then == "crash":
            self.crash()

    def is_pin(self, pin: str) -> bool:
        now_s = self.house.clock_s
        if len(self.wrong_pins_s) == MOST_WRONG_PINS and now_s - self.wrong_pins_s[0] < WRONG_PINS_WITHIN_S:
            return False
        if self.pin and pin != self.pin:
            self.wrong_pins_s.append(now_s)
            return False
        return True

    def refuse(self, number: int, by: str) -> None:
        case = self.case(number)
        self.look_at_the_clock()
        if self.was_done(lambda: self.house.refuse(case.id, by=by), may=case in self.alive("waiting")):
            case.state = "over"
            self.refusals[case.destination.id, case.outgoing.raw] = self.house.clock_s + REFUSAL_HOLDS_S
            self.done["refused"] += 1

    @precondition(lambda self: any(case.wire for case in self.alive("approved")))
    @rule(
        number=latest,
        what=st.sampled_from(["release", "release", "release", "answer", "answer", "fail", "break"]),
    )
    def order(self, number: int, what: str) -> None:
        carried = [(case, case.wire) for case in self.alive("approved") if case.wire]
        case, wire = carried[number % len(carried)]
        if what == "answer" and not case.has_left:
            return  # nobody answers to nothing
        orders: dict[str, Order] = {
            "release": self.releasing(case),
            "answer": self.ending(case, answers(), is_answer=True),
            "fail": self.ending(case, fails("late")),
            "break": self.ending(case, breaks),
        }
        self.world.run(lambda: wire.do(orders[what]))

    def release_behind(self, number: int) -> None:
        """Ask for the bytes as no sender does: from elsewhere, after the end, once more."""
        case = self.case(number)

        def act() -> None:
            if case.wire and not case.is_dead:
                with suppress(VoiceError):
                    self.releasing(case, is_behind=True)(case.wire)

        self.world.run(act)

    @rule(revoking=st.sampled_from(REVOKING))
    def take_back(self, revoking: tuple[str, tuple[Any, ...]]) -> None:
        what, how = revoking
        getattr(self, what)(*how)

    def turn_the_switch(self, is_allowed: bool, racing: str, is_behind: bool) -> None:
        if is_behind and not self.world.failing:
            self.house.records.allow_cloud(is_allowed, by=OWNER)
            self.is_allowed = is_allowed
            self.let_leave()
        else:
            self.switch(is_allowed, racing)

    def switch(self, is_allowed: bool, racing: str = "") -> None:
        was_written = self.revoke([] if is_allowed else self.alive(), lambda: self.house.allow(is_allowed), racing)
        self.is_allowed = is_allowed and (was_written or self.is_allowed)

    def put(self, words: AddDestination, racing: str, is_behind: bool) -> None:
        if self.world.failing or is_behind:
            before = self.destination(words.name)
            try:
                self.house.records.add_destination(words, by=OWNER)
            except VoiceError:
                assert self.destination(words.name) == before
            self.let_leave()
            return
        ends = [case for case in self.alive() if case.destination.id == words.name]
        assert self.revoke(ends, lambda: self.consent.add_destination(words, by=OWNER), racing)

    def let_leave(self) -> None:
        """Order all bytes to leave that are on their way."""
        for case in self.alive("approved"):
            if case.wire:
                case.wire.order(self.releasing(case))
        self.world.run(turns)

    def remove(self, name: str, racing: str) -> None:
        ends = [case for case in self.alive() if case.destination.id == name]
        self.revoke(ends, lambda: self.consent.remove_destination(name, by=OWNER), racing)
        assert self.destination(name) is None

    def withdraw(self, satellite: str, racing: str) -> None:
        ends = [case for case in self.alive() if case.satellite == satellite]
        assert self.revoke(ends, lambda: self.consent.withdraw(satellite), racing)

    def revoke_or_pair(self, home: str) -> None:
        for case in self.alive("waiting"):
            self.preview(self.cases[::-1].index(case), home)
        self.peers ^= {home}
        ends: list[Case] = []
        if home not in self.peers:
            ends = [case for case in self.alive("approved") if case.approved_by == home]
            for case in self.alive("waiting"):
                case.nonces = {nonce: whom for nonce, whom in case.nonces.items() if whom != home}

        async def act() -> None:
            self.consent.know_peers(frozenset(self.peers - {OWNER}))
            for case in ends:
                case.is_revoked = True

        self.world.run(act)
        for case in ends:
            self.end(case)
        for case in self.alive("waiting"):
            if home not in self.peers and home in case.shown.values():
                self.say_yes(case, self.good_yes(case, home), home, "", is_stubborn=False)
        if ends:
            self.let_leave()

    def set_pin(self, pin: str) -> None:
        if self.was_done(lambda: self.consent.set_pin(pin, by=OWNER), may=True):
            self.pin = pin
            self.wrong_pins_s.clear()

    @rule(
        seconds=st.sampled_from([0.0, 1.0, MINUTE_S, WAITS_S - 1, WAITS_S, REFUSAL_HOLDS_S]),
        wall_days=st.sampled_from([0, 0, -40, -0.05, 0.002, 0.05, 40]),
        is_looked_at=st.booleans(),
    )
    def wait(self, seconds: float, wall_days: float, is_looked_at: bool) -> None:
        """Let time go by; somebody may turn the clock on the wall as well."""
        self.house.wait(seconds)
        self.house.now += timedelta(days=wall_days)
        if is_looked_at:
            self.look_at_the_clock()
            self.consent.expire()

    @rule(what=st.sampled_from(["full disk", "full disk for long", "crash", "restart"]))
    def suffer(self, what: str) -> None:
        if what == "crash":
            self.crash()
        elif what == "restart":
            self.restart()
        else:
            self.world.failing = 1 if what == "full disk" else 3

    def crash(self) -> None:
        self.world.crash()
        self.begin()
        self.settled()
        self.done["crash"] += 1

    def restart(self) -> None:
        ends, told = self.alive(), self.house.decided
        self.world.restart()
        for case in ends:
            self.end(case)
        self.check_told([decided.request_id for decided in told])
        self.begin()
        self.settled()

    def forge_one_that_was_approved(self, number: int) -> None:
        """Have a request wait again, under its id, as if this process had never known it."""
        case = self.case(number)
        if not (case.approved_by and self.is_allowed) or len(self.asked_s) == MOST_A_MINUTE or self.refusals:
            return
        self.look_at_the_clock()
        waiting = self.consent._waiting
        digest = bytes.fromhex(case.hash)
        again: Request = waiting.add(case.id, "forger", case.destination, case.outgoing, digest, ())
        self.asked_s.append(self.house.clock_s)
        _, nonce = waiting.show(case.id, OWNER)
        before = len(self.read_rows())
        yes = Approve(id=1, request_id=case.id, hash=case.hash, nonce=nonce, pin=self.pin)
        try:
            self.world.run(lambda: self.consent.approve(yes, by=OWNER))
        except ProtocolError:
            assert waiting.take(case.id) is again
        assert len(self.read_rows()) == before, "it was approved again"
        self.done["forged"] += 1

    # What is always so

    def read_rows(self) -> list[AuditRow]:
        audit = self.house.records.audit
        new = list(filter(None, map(decoded, audit.rows(len(self.rows), 1_000))))
        self.rows += new
        assert len(self.rows) == audit.head.size
        return self.rows

    def of(self, action: Action, rows: list[AuditRow]) -> Counter[str]:
        return Counter(row.about for row in rows if row.action == action)

    def settled(self) -> None:
        """See that there is no request of an earlier process of which the log does not say what became."""
        results = self.of(Action.RESULT, self.read_rows())
        assert results == Counter(case.id for case in self.cases if case.approved_by)

    def check_told(self, told: list[str]) -> None:
        over = [case.id for case in self.cases if case.state == "over" and not case.is_dead]
        assert sorted(told) == sorted(over), "each is told once, when it is over"

    @invariant()
    def nothing_left_that_must_not(self) -> None:
        assert self.wrong == []
        assert self.world.faults == []

    @invariant()
    def the_log_has_what_happened_and_nothing_else(self) -> None:
        known = len(self.rows)
        rows = self.read_rows()
        approved, sent, results = (self.of(action, rows) for action in (Action.APPROVE, Action.SEND, Action.RESULT))
        unwritten = self.of(Action.RESULT, self.world.unwritten)
        assert approved == Counter(case.id for case in self.cases if case.approved_by)
        assert sent == Counter(case.id for case in self.cases if case.has_left)
        for case in self.cases:
            if not case.is_dead and case.approved_by:
                assert results[case.id] + unwritten[case.id] == (case.state == "over")
        outcomes = {row.about: row.detail["outcome"] for row in rows if row.action == Action.RESULT}
        for case in self.cases:
            if outcome := outcomes.get(case.id):
                assert (outcome == "not_sent") == (not case.has_left)
                assert outcome != "answered" or case.is_answered
        self.look_for_canaries("".join(map(repr, rows[known:])))

    @invariant()
    def what_is_told_is_so(self) -> None:
        state = self.consent.state()
        assert [told.request_id for told in state.waiting] == [case.id for case in self.alive("waiting")]
        assert state.is_allowed == self.is_allowed
        sent = [row for row in self.rows if row.action == Action.SEND and row.at.startswith(state.month)]
        assert state.sent_bytes == sum(int(str(row.detail["bytes"])) for row in sent)
        self.check_told([decided.request_id for decided in self.house.decided])
        self.look_for_canaries(repr(state))
        self.look_for_canaries("".join(self.world.logged[self.read_logs :]))
        self.read_logs = len(self.world.logged)

    def look_for_canaries(self, text: str) -> None:
        assert not [canary for canary in CANARIES if canary in text]


@pytest.fixture(autouse=True)
def _prepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})
    monkeypatch.setattr(Ballast, "refill", lambda _: None)
    Consents.template = make_template()
    Consents.sequences = 0
    Consents.done = Counter()
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
