"""The process that keeps the ledger: `python -m gateway.ledger_process`, which the launcher starts.

It gives up network and all files but its own folder before it opens anything. It is told of turns and asked by voice,
by way of the launcher, and asked by the owner at `ledger.sock`, which it was given listening.
"""

import argparse
import asyncio
import logging
import os
import socket
from collections import deque
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gateway.confinement import confine_keeper
from gateway.errors import LedgerError, ProcessError
from gateway.ledger.folders import make_folder
from gateway.ledger.ledger import Ledger
from gateway.ledger.rows import decoded
from gateway.ledger_acts import OWNER
from gateway.ledger_desk import LedgerDesk, refusal
from gateway.ledger_owner import OwnersDoor
from gateway.ledger_receipts import Receipts
from gateway.processes.beginning import begun, linked
from gateway.processes.habits import leave, log_what_happens, run_quietly, write_logs
from gateway.processes.ledger_words import (
    MOST_SATELLITES,
    ActRecorded,
    Answer,
    AskClip,
    Asked,
    AskKept,
    AskLedger,
    AskTimers,
    AskVoice,
    AskWakes,
    Gone,
    KeepCorrection,
    KeepTurn,
    Learned,
    LedgerBegin,
    LedgerReady,
    LedgerSays,
    MarkTurn,
    TurnKept,
    VoiceSays,
    VoicesQuestion,
)
from gateway.processes.link import Link
from gateway.processes.words import LARGEST_BYTES, Ping, Pong, Stop, ToLedger
from gateway.protection import Layer
from gateway.rules import MOST_RULES
from gateway.sandbox.privileges import die_with_parent, harden
from gateway.wire.learning_words import AskRules, AskTuning, CorrectTurn, MarkWake, RuleWords, SetSensitivity
from gateway.wire.ledger_words import AskStats, AskTurns
from gateway.wire.taught_rules import rule_words

SWEEP_S: Final = 60.0
"""What is past its date cannot be read at once; it is removed within this."""
MOST_TURNS, TURNS_WITHIN_S = 120, 60.0
"""A house speaks a turn a second at most; a voice process that was taken over must not fill the disk."""
MOST_ACTS, ACTS_WITHIN_S = 100, 60.0
"""Of voice's: fewer than the audit log takes, so that none is dropped that is owed. A person plays one in some seconds;
a voice process that was taken over must not bury the receipt of what it had forgotten."""
LOOKS: Final = (AskTurns, AskStats, AskRules, AskWakes, AskKept, AskTimers)
"""Questions of which the audit log is told nothing."""
FOR_OWNER: Final = (AskTurns, AskStats, AskWakes, AskClip, KeepCorrection, MarkTurn, SetSensitivity)
"""What voice asks to answer the owner: nothing that forgets or plays."""
MOST_ASKED: Final = 64
"""Questions that are being answered at once."""
VOICE_S: Final = 110.0
"""A correction is tried on everything that was right before; the owner's program waits a little longer than this."""
LARGEST_LEARNED_BYTES: Final = LARGEST_BYTES - 64 * 1024
"""Of rules in one message between processes: all there may be, unless somebody made them large on purpose."""
VOICE: Final = "voice"
"""Who acts where voice says that the owner does, who has not asked."""

_HEARD: Final = msgspec.json.Decoder(ToLedger)
_LOG = logging.getLogger(__name__)


class LedgerProcess:
    """The whole process, from its first message to its end."""

    def __init__(self, link: Link[ToLedger], folder: Path, layers: tuple[Layer, ...], door: socket.socket) -> None:
        """Open the ledger in `folder`. Raises LedgerError."""
        self._link = link
        self._layers = layers
        self._ledger = Ledger(folder)
        self._receipts = Receipts(self._ledger, link.say)
        self._desk = LedgerDesk(
            self._ledger,
            self._receipts,
            learned=self._tell_learned,
            gone=self._tell_gone,
            owing=self._receipts.owing,
        )
        self._door = OwnersDoor(door, self._answer_owner)
        self._told: Learned | None = None
        self._turns_s: deque[float] = deque(maxlen=MOST_TURNS)
        self._acts_s: deque[float] = deque(maxlen=MOST_ACTS)
        self._numbers = count(1)
        self._of_voice: dict[int, asyncio.Future[VoiceSays]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until it is told to stop, or nobody is there to tell it. Raises VoiceError."""
        tasks = [asyncio.create_task(work()) for work in (self._sweep, self._receipts.pay, self._door.serve)]
        try:
            self._link.say(LedgerReady(layers=self._layers))
            self._tell_learned()
            while (message := await self._link.hear()) is not None and not isinstance(message, Stop):
                self._heard(message)
        finally:
            tasks += self._answering
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._ledger.close()

    def _heard(self, message: ToLedger) -> None:
        match message:
            case KeepTurn():
                self._link.say(TurnKept(id=message.id, error=self._keep(message)))
            case AskLedger():
                self._asked(message)
            case VoiceSays():
                waiting = self._of_voice.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
            case ActRecorded():
                self._receipts.recorded(message)
            case Ping():
                self._link.say(Pong())
            case _:
                raise ProcessError("the launcher began twice")

    def _keep(self, message: KeepTurn) -> str:
        """Remember a turn; return "" when it is on disk, or is not to be kept, or why it cannot be."""
        now_s = monotonic()
        if len(self._turns_s) == MOST_TURNS and now_s - self._turns_s[0] < TURNS_WITHIN_S:
            return f"more than {MOST_TURNS} turns within a minute"
        self._turns_s.append(now_s)
        try:
            self._ledger.record(decoded(message.turn), message.sound or None)
        except LedgerError as error:
            _LOG.error("a turn is not kept: %s", error)
            return str(error)
        return ""

    def _asked(self, message: AskLedger) -> None:
        """Answer a question of voice's; what can be done at once is, in the order in which it was asked."""
        is_forged = message.by == OWNER and not self._may_act_for_owner(message.question)
        if not isinstance(message.question, LOOKS) and not self._may_act():
            said = refusal(message.question, "too_many", "too much at once; wait a minute")
            self._link.say(LedgerSays(id=message.id, answer=said))
            return

        async def answer() -> None:
            by = VOICE if is_forged else message.by
            said, sound = await self._desk.answer(message.question, by=by, is_here=False)
            self._link.say(LedgerSays(id=message.id, answer=said, sound=sound))

        if len(self._answering) >= MOST_ASKED:
            self._link.say(LedgerSays(id=message.id, error="busy", message="too many questions at once; try again"))
            return
        task = asyncio.create_task(answer(), eager_start=True)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _may_act_for_owner(self, question: Asked) -> bool:
        """Tell whether the owner has asked voice something, and this is what it takes to answer that."""
        return bool(self._of_voice) and isinstance(question, FOR_OWNER)

    def _may_act(self) -> bool:
        """Tell whether voice has not done too much lately: of each act the audit log is told, and owed no end."""
        now_s = monotonic()
        if len(self._acts_s) == MOST_ACTS and now_s - self._acts_s[0] < ACTS_WITHIN_S:
            return False
        self._acts_s.append(now_s)
        return True

    async def _answer_owner(self, asked: Asked) -> tuple[Answer, bytes]:
        """Answer what takes understanding with voice's help, and all else at the desk."""
        if isinstance(asked, CorrectTurn | AskTuning | MarkWake | AskStats):
            return await self._ask_voice(asked), b""
        return await self._desk.answer(asked, by=OWNER)

    async def _ask_voice(self, question: VoicesQuestion) -> Answer:
        number = next(self._numbers)
        said: asyncio.Future[VoiceSays] = asyncio.get_running_loop().create_future()
        self._of_voice[number] = said
        try:
            self._link.say(AskVoice(id=number, by=OWNER, question=question))
            async with asyncio.timeout(VOICE_S):
                answer = await said
        except TimeoutError:
            return refusal(question, "away", "what hears does not answer; try again")
        finally:
            del self._of_voice[number]
        return answer.answer or refusal(question, answer.error or "away", answer.message)

    async def _sweep(self) -> None:
        """Remove what is past its date, each minute."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                self._ledger.sweep()
            except LedgerError as error:
                _LOG.error("what is past its date is not removed yet: %s", error)

    def _tell_gone(self, everything: bool) -> None:
        self._link.say(Gone(everything=everything))

    def _tell_learned(self) -> None:
        """Tell voice what holds, where that is something else than it was told."""
        kept = self._ledger.retention
        learned = Learned(
            rules=_fitting([rule_words(rule) for rule in self._ledger.rules()[:MOST_RULES]]),
            sensitivities=dict(list(self._ledger.sensitivities().items())[:MOST_SATELLITES]),
            transcripts_s=kept.transcripts_s,
            audio_s=kept.audio_s,
            false_wakes_s=kept.false_wakes_s,
            deletions=self._ledger.deletions,
        )
        if learned != self._told:
            self._told = learned
            self._link.say(learned)


def _fitting(rules: list[RuleWords]) -> tuple[RuleWords, ...]:
    """Return the newest rules, as many as fit into one message."""
    size_bytes = 0
    for number, rule in enumerate(rules):
        size_bytes += len(msgspec.json.encode(rule)) + 1
        if size_bytes > LARGEST_LEARNED_BYTES:
            _LOG.error("%d rules are not used: they are too long together", len(rules) - number)
            return tuple(rules[:number])
    return tuple(rules)


async def _run(handed: argparse.Namespace) -> int:
    async def serve(link: Link[ToLedger]) -> None:
        with socket.socket(fileno=handed.port) as door:
            begin = await link.hear()
            if isinstance(begin, LedgerBegin):
                folder = Path(begin.folder)
                layers = _confined(folder, handed.parent)
                await LedgerProcess(link, folder, layers, door).run()

    return await linked(handed.link, _HEARD, serve)


def _confined(folder: Path, parent: int) -> tuple[Layer, ...]:
    """Give up all but `folder`, which is made where it is missing. Raises LedgerError."""
    try:
        make_folder(folder)
    except OSError as error:
        raise LedgerError(f"{folder}: cannot be made ({error.strerror}); check its permissions") from error
    os.chdir("/")  # where this was started may be closed to it from here on
    layers = confine_keeper(folder)
    die_with_parent(parent)  # once more: the kernel forgets it with the namespace
    harden()
    return layers


def main() -> int:
    """Run the process; return its exit code."""
    return asyncio.run(_run(begun()))


if __name__ == "__main__":
    write_logs()
    log_what_happens()
    leave(run_quietly(main))
