"""What may be known of consent without its code: which request may leave, and that nothing else ever does.

Beside it is the real consent on a real log. Whoever sends, sends when it is told to, also when it must not.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Final

from hypothesis.stateful import RuleBasedStateMachine, invariant

from gateway.broker.audit import Action
from gateway.broker.audit_rows import AuditRow, decoded
from gateway.broker.consent import MOST_WRONG_PINS, WRONG_PINS_WITHIN_S, Consent
from gateway.broker.destination import Destination
from gateway.broker.outgoing import Outgoing, consent_hash, with_key
from gateway.broker.records import OWNER
from gateway.broker.waiting import MOST_A_MINUTE
from gateway.errors import ProtocolError, VoiceError
from tests.gateway.broker.consent_world import World
from tests.gateway.broker.consenting import CANARIES, Consenting, Order, Wire

HOMES: Final = ("home-a", "home-b")


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


class ConsentModel(RuleBasedStateMachine):
    """The model, and what is always so; what may be done is in `consent_machine`."""

    template: ClassVar[Path]
    sequences: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        ConsentModel.sequences += 1
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

    def is_pin(self, pin: str) -> bool:
        now_s = self.house.clock_s
        if len(self.wrong_pins_s) == MOST_WRONG_PINS and now_s - self.wrong_pins_s[0] < WRONG_PINS_WITHIN_S:
            return False
        if self.pin and pin != self.pin:
            self.wrong_pins_s.append(now_s)
            return False
        return True

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
        assert state.sent_bytes == sum(int(str(row.detail["bytes"])) for row in sent) == sum(state.sent_days.values())
        assert list(state.sent_days) == sorted({row.at[:10] for row in sent})
        self.check_told([decided.request_id for decided in self.house.decided])
        self.look_for_canaries(repr(state))
        self.look_for_canaries("".join(self.world.logged[self.read_logs :]))
        self.read_logs = len(self.world.logged)

    def look_for_canaries(self, text: str) -> None:
        assert not [canary for canary in CANARIES if canary in text]
