"""The ledger as the process that hears has it: by way of the launcher, as it may write nothing itself.

Turns are handed over one after the other, each when the one before is on disk. Where the ledger is being started anew
they wait, few and not for long: what is not kept soon is not kept at all.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Final

import msgspec

from gateway.errors import LedgerError, LinkError, ProtocolError
from gateway.ledger.rows import TurnRow, encoded
from gateway.processes.ledger_words import (
    MOST_SOUND_BYTES,
    AskLedger,
    Gone,
    KeepTurn,
    Learned,
    LedgerSays,
    TurnKept,
)
from gateway.processes.link import Link
from gateway.processes.words import ToVoice
from gateway.rules import Rule
from gateway.wire.ledger_words import Kept
from gateway.wire.messages import Message
from gateway.wire.taught_rules import rule_of

MOST_WAITING: Final = 64
"""Turns that are not on disk yet; a ledger that is started anew is back before a household says so much."""
MOST_WAITING_BYTES: Final = 8 * 1024 * 1024
"""Of sound, in all of them: a dozen long utterances."""
WAITING_S: Final = 120.0
"""A ledger that is not back by then does not come back; what was said is not held in memory for it."""
MOST_ASKED: Final = 32
"""Questions that wait for their answer at once."""
ANSWER_S: Final = 30.0
"""To forget ten thousand turns, on an old memory card."""
HANDED_OVER_S: Final = 2.0
"""How long a question waits for the turns before it to be on disk: who asks for what was just said means those too."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A turn that is not known to be on disk."""

    message: KeepTurn
    until_s: float


class RelayedLedger:
    """What is remembered (`server.services.Ledger`). Belongs to the event loop that is running when it is made."""

    def __init__(self, link: Link[ToVoice]) -> None:
        self._link = link
        self._numbers = count(1)
        self._learned = Learned(is_there=False)
        self._kept = Kept(is_there=False)
        self._deletions: int | None = None
        """How many a ledger that was there knew of last."""
        self._rules: tuple[Rule, ...] = ()
        self._changed: list[Callable[[], None]] = []
        self._gone: list[Callable[[bool], None]] = []
        self._waiting: OrderedDict[int, _Waiting] = OrderedDict()
        self._handed: int | None = None
        """The turn that the ledger has been given, and has not said of that it is on disk."""
        self._look: asyncio.TimerHandle | None = None
        self._is_handed_over = asyncio.Event()
        self._is_handed_over.set()
        self._asked: dict[int, asyncio.Future[LedgerSays]] = {}

    @property
    def kept(self) -> Kept:
        """How long things are kept, by what the ledger said last."""
        return self._kept

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What was taught, the newest first."""
        return self._rules

    def sensitivity(self, satellite_id: str) -> int | None:
        """Return how eagerly a satellite is to wake; None where it does as the gateway does."""
        return self._learned.sensitivities.get(satellite_id)

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever `kept`, `rules` or a sensitivity is different."""
        self._changed.append(changed)

    def on_gone(self, gone: Callable[[bool], None]) -> None:
        """Call `gone` whenever something was forgotten; with True when it was everything."""
        self._gone.append(gone)

    # Turns

    def keep(self, row: TurnRow, pcm: bytes) -> None:
        """Have a turn remembered, some time soon. `pcm` is what was said, 16 kHz mono s16le; it may be empty."""
        try:
            raw = encoded(row)
        except LedgerError as error:
            _LOG.error("a turn at %s is not kept: %s", row.satellite_id, error)
            return
        number = next(self._numbers)
        message = KeepTurn(id=number, turn=msgspec.Raw(raw), sound=pcm[:MOST_SOUND_BYTES])
        self._waiting[number] = _Waiting(message=message, until_s=asyncio.get_running_loop().time() + WAITING_S)
        self._is_handed_over.clear()
        self._bound()
        self._hand_over()
        self._drop_in_time()

    def _bound(self) -> None:
        """Forget the oldest turns that wait, where there are too many of them."""
        while len(self._waiting) > MOST_WAITING or self._waiting_bytes() > MOST_WAITING_BYTES:
            number, _ = self._waiting.popitem(last=False)
            self._lost(number)

    def _waiting_bytes(self) -> int:
        return sum(len(waiting.message.sound) for waiting in self._waiting.values())

    def _lost(self, number: int) -> None:
        _LOG.warning("a turn is not kept: the ledger does not take it (number %d)", number)
        if self._handed == number:
            self._handed = None

    def _hand_over(self) -> None:
        """Give the ledger the oldest turn that waits, unless it has one that is not on disk yet."""
        if not self._waiting:
            self._handed = None
            self._is_handed_over.set()
        elif self._handed is None and self._learned.is_there:
            self._handed = next(iter(self._waiting))
            self._say(self._waiting[self._handed].message)

    def _drop_in_time(self) -> None:
        """Forget the turns that waited too long, and look again when the next one will have."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        loop = asyncio.get_running_loop()
        while self._waiting:
            number, oldest = next(iter(self._waiting.items()))
            if loop.time() < oldest.until_s:
                self._look = loop.call_at(oldest.until_s, self._drop_in_time)
                break
            del self._waiting[number]
            self._lost(number)
        self._hand_over()

    def _turn_kept(self, kept: TurnKept) -> None:
        if self._waiting.pop(kept.id, None) is None:
            return
        if kept.error:
            _LOG.warning("a turn is not kept: %s", kept.error)
        if self._handed == kept.id:
            self._handed = None
        self._drop_in_time()

    # Questions

    async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
        """Return the answer to one of `wire.ledger_words`, and the sound that goes with it.

        It is asked after the turns that were to be kept before. Raises LedgerError where no answer comes.
        """
        if not self._learned.is_there:
            raise LedgerError("there is no ledger at the moment; the gateway's log says why", refusal="away")
        if len(self._asked) >= MOST_ASKED:
            raise LedgerError(f"the ledger is asked {MOST_ASKED} things already; try again", refusal="too_many")
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            await self._handed_over()
            self._say(AskLedger(id=number, by=by, question=question))  # type: ignore[arg-type]  # checked when it is read
            async with asyncio.timeout(ANSWER_S):
                said = await answer
        except TimeoutError as error:
            raise LedgerError("the ledger does not answer; try again", refusal="away") from error
        finally:
            del self._asked[number]
        if said.answer is None:
            raise LedgerError(said.message or "the ledger has no answer", refusal=said.error)
        return said.answer, said.sound

    async def _handed_over(self) -> None:
        try:
            async with asyncio.timeout(HANDED_OVER_S):
                await self._is_handed_over.wait()
        except TimeoutError:
            _LOG.warning("the ledger is asked before it has kept %d turns", len(self._waiting))

    def _answered(self, said: LedgerSays) -> None:
        """Take an answer; one that nobody waits for any more is passed over."""
        waiting = self._asked.get(said.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    # What the ledger says

    def told(self, message: TurnKept | LedgerSays | Learned | Gone) -> None:
        """Take what the ledger says."""
        match message:
            case TurnKept():
                self._turn_kept(message)
            case LedgerSays():
                self._answered(message)
            case Learned():
                self._learn(message)
            case Gone():
                self._forget(is_everything=message.everything)

    def _learn(self, learned: Learned) -> None:
        """Know what the ledger says; one that has just begun has none of the turns that wait."""
        before, self._learned = self._learned, learned
        self._rules = _rules(learned)
        self._kept = Kept(
            is_there=learned.is_there,
            transcripts_s=learned.transcripts_s,
            audio_s=learned.audio_s,
            false_wakes_s=learned.false_wakes_s,
            deletions=learned.deletions,
        )
        if learned.is_there and not before.is_there:
            self._handed = None
            if self._deletions not in (None, learned.deletions):  # it ended before it could say so
                self._forget(is_everything=False)
            self._hand_over()
        elif not learned.is_there:
            self._handed = None
            self._nobody_answers()
        if learned.is_there:
            self._deletions = learned.deletions
        if learned != before:
            for changed in self._changed:
                changed()

    def _nobody_answers(self) -> None:
        """End the questions that a ledger was asked that has ended."""
        for number, waiting in self._asked.items():
            if not waiting.done():
                waiting.set_result(LedgerSays(id=number, error="away", message="the ledger has just ended; try again"))

    def _forget(self, *, is_everything: bool) -> None:
        """Forget what waits, too: it was said before."""
        self._waiting.clear()
        self._drop_in_time()
        for gone in self._gone:
            gone(is_everything)

    def _say(self, message: Message) -> None:
        try:
            self._link.say(message)
        except LinkError as error:
            _LOG.error("the ledger cannot be reached: %s", error.code)


def _rules(learned: Learned) -> tuple[Rule, ...]:
    """Return what was taught, without what nobody here understands."""
    now, rules = datetime.now(UTC), []
    for words in learned.rules:
        try:
            rules.append(rule_of(words, now=now))
        except ProtocolError as error:
            _LOG.error("rule %s is not used: %s", words.rule_id, error)
    return tuple(rules)
