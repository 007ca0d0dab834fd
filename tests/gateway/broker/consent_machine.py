"""All that may be done with consent, as rules: by people, by who sends, by time, and by what befalls a machine."""

from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from gateway.broker.outgoing import audio_request, text_request
from gateway.broker.records import OWNER
from gateway.broker.waiting import MINUTE_S, MOST_A_MINUTE, MOST_NONCES, REFUSAL_HOLDS_S, WAITS_S, Request
from gateway.errors import ProtocolError, VoiceError
from gateway.wire.consent_words import AddDestination, Approve
from tests.gateway.broker.consent_model import HOMES, Case, ConsentModel
from tests.gateway.broker.consenting import (
    CHAT,
    NEVER,
    PCM,
    PIN,
    QUESTION,
    TRANSCRIPTION,
    Order,
    answers,
    breaks,
    chat_service,
    fails,
    transcription_service,
    turns,
)

SATELLITES: Final = ("shelf", "kitchen")
OTHER_KEY: Final = "sk-canary-of-the-key-2"
LATEST: Final = 4
"""So many of the last requests things are done with."""
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

latest = st.integers(0, LATEST - 1)
somebody = st.sampled_from([OWNER, *HOMES])
satellites = st.sampled_from(SATELLITES)
texts = st.sampled_from([QUESTION, "other", "third"])
seldom = st.sampled_from([False, False, False, True])


class Consents(ConsentModel):
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
