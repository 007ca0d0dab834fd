"""What the processes have to say to each other: the launcher passes it on, and answers for one that is away.

So each can be started anew alone. What holds until it is said otherwise is told to a new voice process, too. A process
that reads nothing is cut off by its link, and ends; who had something to say to it has no part in that.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from time import monotonic
from typing import Any, Final

from msgspec import structs

from gateway.errors import LinkError
from gateway.processes.ledger_words import (
    ActRecorded,
    AskLedger,
    AskVoice,
    Gone,
    KeepTurn,
    Learned,
    LedgerSays,
    OfAudit,
    OfLedger,
    RecordAct,
    TurnKept,
    VoiceSays,
)
from gateway.processes.link import Link
from gateway.processes.words import (
    AskedOfLedger,
    CloudIs,
    KeepSettings,
    OfCloud,
    Peers,
    Propose,
    Proposed,
    SettingsKept,
    Withdraw,
    Withdrawn,
)
from gateway.wire.messages import Message

MOST_PROPOSALS, PROPOSALS_WITHIN_S = 20, 60.0
"""The broker asks about five; a voice process that was taken over must not keep it busy with a megabyte each."""
MOST_ASKED: Final = 64
"""Questions of one kind that wait for an answer at once: twice what voice, or the ledger, asks for itself."""
MOST_KEPT: Final = 4
"""Turns that are on their way to the disk: voice gives the next when it knows of the one before. A megabyte each."""
LEDGER_AWAY: Final = "the ledger is being started again; try again"
VOICE_AWAY: Final = "what hears is being started again; try again"
BROKER_AWAY: Final = "the broker is being started again; try again"
NOTHING: Final = Learned(is_there=False)
"""What is known of a ledger that has never been there."""


class Side(StrEnum):
    """A process that is spoken with."""

    BROKER = "broker"
    VOICE = "voice"
    LEDGER = "ledger"


class _Asked:
    """Questions that one side has for another, which are answered for it where it is away, or asked too much."""

    def __init__(self, refused: Callable[[int, str, str], Message], most: int = MOST_ASKED) -> None:
        """`refused` makes an answer of a question's number, a code and a message; `most` wait at once."""
        self.refused = refused
        self._most = most
        self._waiting: set[int] = set()

    def may_ask(self, number: int) -> bool:
        if len(self._waiting) >= self._most:
            return False
        self._waiting.add(number)
        return True

    def answered(self, number: int) -> bool:
        """Tell whether that was asked, and waits no more."""
        is_asked = number in self._waiting
        self._waiting.discard(number)
        return is_asked

    def end(self) -> list[int]:
        """Return what waits no more."""
        waiting, self._waiting = sorted(self._waiting), set()
        return waiting


class Relay:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._links: dict[Side, Link[Any]] = {}
        self._lasting: dict[type[Message], Message] = {}
        self._proposed_s: deque[float] = deque(maxlen=MOST_PROPOSALS)
        self._of_ledger = _Asked(lambda number, code, why: LedgerSays(id=number, error=code, message=why))
        self._of_voice = _Asked(lambda number, code, why: VoiceSays(id=number, error=code, message=why))
        self._keeping = _Asked(lambda number, code, _: TurnKept(id=number, error=code), most=MOST_KEPT)
        self._of_audit = _Asked(lambda number, _, why: ActRecorded(id=number, error=why))

    def came(self, side: Side, link: Link[Any]) -> None:
        """Speak with this process from now on; a voice process is told what holds."""
        self._links[side] = link
        if side is Side.VOICE:
            for known in self._lasting.values():
                link.say(known)

    def went(self, side: Side) -> None:
        """Take it that it has ended: answer for it what it was asked, and forget what it waited for."""
        self._links.pop(side, None)
        match side:
            case Side.LEDGER:
                self._end(self._of_ledger, Side.VOICE, LEDGER_AWAY)
                self._keeping.end()
                self._of_voice.end()
                self._of_audit.end()
                self._nobody_remembers()
            case Side.VOICE:
                self._end(self._of_voice, Side.LEDGER, VOICE_AWAY)
                self._of_ledger.end()
                self._keeping.end()
            case Side.BROKER:
                self._end(self._of_audit, Side.LEDGER, BROKER_AWAY)

    def from_broker(self, message: Peers | SettingsKept | OfCloud | ActRecorded) -> None:
        """Pass on what the broker says."""
        match message:
            case ActRecorded():
                self._of_audit.answered(message.id)
                self._say(Side.LEDGER, message)
            case Peers() | CloudIs():
                self._lasting[type(message)] = message
                self._say(Side.VOICE, message)
            case _:
                self._say(Side.VOICE, message)

    def from_voice(self, message: KeepSettings | Propose | Withdraw | AskedOfLedger) -> None:
        """Pass on what the process that hears says; where nobody is there, answer that nothing comes of it."""
        match message:
            case Propose() if not self._may_propose():
                self._say(Side.VOICE, Proposed(id=message.id, error="too_many"))
            case KeepTurn():
                self._keep(message)
            case AskLedger():
                self._ask(self._of_ledger, Side.VOICE, Side.LEDGER, message, LEDGER_AWAY)
            case VoiceSays() if not self._of_voice.answered(message.id):
                pass  # nobody waits for it
            case VoiceSays():
                self._say(Side.LEDGER, message)
            case _ if Side.BROKER in self._links:
                self._say(Side.BROKER, message)
            case KeepSettings():
                away = "the broker is being started again, so the choice would be forgotten; try again"
                self._say(Side.VOICE, SettingsKept(id=message.id, error=away))
            case Propose():
                self._say(Side.VOICE, Proposed(id=message.id, error="away"))
            case Withdraw():  # what a broker knew of requests ended with it
                self._say(Side.VOICE, Withdrawn(id=message.id))

    def from_ledger(self, message: OfLedger | OfAudit) -> None:
        """Pass on what the ledger says."""
        match message:
            case RecordAct():
                self._ask(self._of_audit, Side.LEDGER, Side.BROKER, message, BROKER_AWAY)
            case AskVoice():
                self._ask(self._of_voice, Side.LEDGER, Side.VOICE, message, VOICE_AWAY)
            case LedgerSays():
                self._of_ledger.answered(message.id)
                self._say(Side.VOICE, message)
            case Learned():
                self._lasting[Learned] = message
                self._say(Side.VOICE, message)
            case Gone():
                self._say(Side.VOICE, message)
                self._say(Side.BROKER, message)
            case TurnKept():
                if self._keeping.answered(message.id):
                    self._say(Side.VOICE, message)

    def _keep(self, turn: KeepTurn) -> None:
        """Have a turn kept; without a ledger voice has it until there is one."""
        if Side.LEDGER in self._links:
            self._ask(self._keeping, Side.VOICE, Side.LEDGER, turn, LEDGER_AWAY)

    def _nobody_remembers(self) -> None:
        """Say that there is no ledger now; what was learned before holds."""
        known = self._lasting.get(Learned)
        away = structs.replace(known, is_there=False) if isinstance(known, Learned) else NOTHING
        if away != known:
            self.from_ledger(away)

    def _ask(
        self, asked: _Asked, asker: Side, other: Side, message: KeepTurn | RecordAct | AskVoice | AskLedger, away: str
    ) -> None:
        if other not in self._links:
            self._say(asker, asked.refused(message.id, "away", away))
        elif not asked.may_ask(message.id):
            self._say(asker, asked.refused(message.id, "busy", f"{MOST_ASKED} others wait already; try again"))
        else:
            self._say(other, message)

    def _end(self, asked: _Asked, asker: Side, why: str) -> None:
        for number in asked.end():
            self._say(asker, asked.refused(number, "away", why))

    def _may_propose(self) -> bool:
        """Tell whether voice has not said `Propose` too often."""
        now_s = monotonic()
        if len(self._proposed_s) == MOST_PROPOSALS and now_s - self._proposed_s[0] < PROPOSALS_WITHIN_S:
            return False
        self._proposed_s.append(now_s)
        return True

    def _say(self, side: Side, message: Message) -> None:
        link = self._links.get(side)
        if link is not None:
            with suppress(LinkError):
                link.say(message)
