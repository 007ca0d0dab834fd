"""Where the crowds of `bench scale` come from, and how it goes for a gateway and for them."""

import math
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

import msgspec

from bench.crowd import SETTLING_S, Order, Part, Report
from bench.options import PROJECT
from bench.running import Gateway, on_cores
from bench.scale_sounds import SPEAKING, Sounds
from gateway.errors import EngineError

MOST_WAIT_MS: Final = 100.0
"""19 of 20 answers must take less in the second half of a step: what grows is past that within seconds."""
GONE_S: Final = 1.0
"""For the gateway to notice that a crowd has gone, and to log what it has dropped."""
IDLE: Final = 16
"""Who streams beside those who speak."""
ANSWERED_S: Final = 12.0
"""After the end of speech the last of all has its reply, whose sound a crowd plays in no time."""
_DROPPED: Final = re.compile(r"(\d+) frames were dropped")
_TRANSCRIPT: Final = re.compile(r"\bturn: .*\bstt (\d+)")
"""What the gateway logs of a turn: among others the transcript, in milliseconds after the end of speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How so many satellites fared."""

    satellites: int
    cpu: float
    """Of a core, by all of the gateway's processes."""
    queued: float
    """For how much of the time its threads could have run, and no processor was free: other programs, mostly."""
    waits_ms: tuple[float, ...]
    """Of the second half."""
    dropped: int
    lost: int
    """Connections that ended."""
    late_ms: float
    mib: float
    """Memory of all of the gateway's processes, beyond what they had before anybody came."""

    @property
    def p95_ms(self) -> float:
        """Of the answers to pings."""
        return quantiles(self.waits_ms, n=20)[-1] if len(self.waits_ms) > 1 else math.inf

    @property
    def is_sustained(self) -> bool:
        """Whether nothing was dropped and nobody had to wait."""
        return not self.dropped and not self.lost and self.p95_ms <= MOST_WAIT_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """How long those waited who spoke at once."""

    speaking: int
    transcript_ms: tuple[float, ...]
    """From the end of speech, for each turn."""
    spoken_ms: tuple[float, ...]
    """To the first sound of the reply."""
    dropped: int
    """Frames, of all who streamed."""


class Hall:
    """A gateway, and where its crowds come from."""

    def __init__(self, gateway: Gateway, cores: frozenset[int], quiet: Path) -> None:
        self._gateway = gateway
        self._cores = cores
        self._quiet = quiet
        self._before = gateway.usage()

    def step(self, satellites: int, seconds: float) -> Step:
        """Have so many stream."""
        parts = [self._idle(token, number) for number, token in enumerate(self._gateway.tokens[:satellites])]
        logged = len(self._gateway.log)
        with self._crowd(parts, seconds) as crowd:
            before, start_s = self._gateway.usage(), time.monotonic()
            report = crowd.report()
            after, took_s = self._gateway.usage(), time.monotonic() - start_s
        return Step(
            satellites=satellites,
            cpu=(after.cpu_s - before.cpu_s) / took_s,
            queued=(after.queued_s - before.queued_s) / took_s,
            waits_ms=tuple(wait for fate in report.fates for at_s, wait in fate.waits_ms if at_s >= seconds / 2),
            dropped=_dropped(self._gateway.log, logged),
            lost=sum(not fate.is_open for fate in report.fates),
            late_ms=report.late_ms,
            mib=after.resident_mib - self._before.resident_mib,
        )

    def talk(self, speaking: int, sounds: Sounds) -> Talk:
        """Have so many speak at once, beside those who only stream. Raises EngineError where nobody is heard."""
        tokens, index = self._gateway.tokens, SPEAKING.index(speaking)
        end_s = sounds.end_s[index]
        speakers = [
            Part(token=token, sound=str(path), speech_end_s=end_s)
            for token, path in zip(tokens[IDLE:], sounds.said[index], strict=False)
        ]
        idle = [self._idle(token, number) for number, token in enumerate(tokens[:IDLE])]
        logged = len(self._gateway.log)
        with self._crowd([*speakers, *idle], end_s - SETTLING_S + ANSWERED_S) as crowd:
            fates = crowd.report().fates[:speaking]
        transcripts_ms = _transcripts_ms(self._gateway.log, logged)
        if not transcripts_ms:
            raise EngineError("nobody who spoke was heard; is the machine busy with something else?")
        return Talk(
            speaking=speaking,
            transcript_ms=transcripts_ms,
            spoken_ms=tuple(fate.spoken_ms for fate in fates if fate.spoken_ms is not None),
            dropped=_dropped(self._gateway.log, logged),
        )

    def _idle(self, token: str, number: int) -> Part:
        return Part(token=token, sound=str(self._quiet), from_s=1.7 * number)

    @contextmanager
    def _crowd(self, parts: Sequence[Part], seconds: float) -> Iterator[_Crowd]:
        """Have a crowd stream during the block; afterwards the gateway has noticed that it has gone."""
        address = self._gateway.address
        order = Order(
            host=address.host, port=address.port, pin=self._gateway.pin.hex(), seconds=seconds, parts=tuple(parts)
        )
        with on_cores(self._cores):
            process = subprocess.Popen(
                (sys.executable, "-m", "bench.crowd"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT
            )
        with process:
            yield _Crowd(process, order)
        time.sleep(GONE_S)


class _Crowd:
    """The process of those who stream."""

    def __init__(self, process: subprocess.Popen[bytes], order: Order) -> None:
        """Return when all of them stream. Raises EngineError where they cannot."""
        if process.stdin is None or process.stdout is None:
            raise EngineError("a crowd cannot be spoken to")
        self._said = process.stdout
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        if self._said.readline() != b"begun\n":
            raise EngineError("the satellites did not come in; what the gateway logs says why")

    def report(self) -> Report:
        """Return how it went, once it is over. Raises EngineError."""
        line = self._said.readline()
        if not line:
            raise EngineError("the satellites were gone before their time")
        return msgspec.json.decode(line, type=Report)


def _dropped(log: deque[str], since: int) -> int:
    return sum(int(found.group(1)) for line in list(log)[since:] if (found := _DROPPED.search(line)))


def _transcripts_ms(log: deque[str], since: int) -> tuple[float, ...]:
    return tuple(float(found.group(1)) for line in list(log)[since:] if (found := _TRANSCRIPT.search(line)))
