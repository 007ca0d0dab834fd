"""Many rooms: how many satellites one gateway hears at once, what each costs, and how long those wait who speak."""

import asyncio
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Final

import msgspec

from bench.crowd import SETTLING_S, Order, Part, Report
from bench.findings import Finding, Section, Table, at_least, at_most, figure, percent
from bench.options import PROJECT, Options
from bench.running import Gateway, on_cores, running
from bench.speech import TALK, in_room, room, spoken
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, samples
from gateway.errors import ConfigError, EngineError
from gateway.wire.broker_words import MOST_PEERS
from gateway.wire.peers import Role

TRIAL, STEP_S, TRIAL_S = 32, 20.0, 8.0
"""A first crowd tells what each costs, and so where to look."""
GRAIN: Final = 8
"""How exactly the most is found."""
MOST_STEPS: Final = 5
MOST_WAIT_MS: Final = 100.0
"""19 of 20 answers must take less in the second half of a step: what grows is past that within seconds."""
MOST_LATE_MS: Final = 200.0
"""A crowd whose own frames are this late tells nothing of the gateway."""
GONE_S: Final = 1.0
"""For the gateway to notice that a crowd has gone, and to log what it has dropped."""
SPEAKING: Final = (1, 2, 4, 8)
IDLE: Final = 16
"""Who streams beside those who speak."""
APART_S: Final = 1.2
"""Between two wake words: who says the same one sooner is taken for the same person, heard in two rooms."""
BEFORE_S: Final = 0.8
ANSWERED_S: Final = 12.0
"""After the end of speech the last of all has its reply, whose sound a crowd plays in no time."""
SPEECH_DBFS: Final = -45.0
WAKE_WORD: Final = "Okay Nabu."
SENTENCES: Final = (
    "Turn on the kitchen lights.",
    "What's the temperature in the bedroom?",
    "Set a timer for ten minutes.",
    "Set the living room lights to fifty percent.",
    "Turn off all the lights.",
    "Close the blinds in the living room.",
    "What time is it?",
    "Add milk to the shopping list.",
)
PATIENT: Final = "[endpoint]\nno_speech_ms = 15000\n"
"""Who was woken first waits for all the others before it is spoken to."""
_DROPPED: Final = re.compile(r"(\d+) frames were dropped")
_TRANSCRIPT: Final = re.compile(r"\bturn: .*\bstt (\d+)")
"""What the gateway logs of a turn: among others the transcript, in milliseconds after the end of speech."""

METHOD: Final = f"""\
The real `serve`, all four processes, on one core; on the other core satellites that stream a quiet room in which a
sentence is said every 20 seconds, nobody the same at the same time, over TLS, at the pace of life: 31 frames a second
each. A number of them is *sustained* where in {STEP_S:.0f} s no frame is dropped, no connection ends, and in the second
half 19 of 20 answers to a ping, which queue behind the sound, take at most {MOST_WAIT_MS:.0f} ms. Other programs on the
machine lower the number; how much of the time the gateway waited for its core is in the table. Numbers are tried
in steps of {GRAIN} at least; at most {MOST_PEERS} peers can be paired with a gateway. With *two cores* the gateway has
both, and shares one with the crowd. *Who speaks*: {IDLE} satellites stream, and others are woken one after the other
and then all spoken to, so that every sentence ends at the same moment; counted is from there to the transcript, which
the gateway logs, and to the reply's first sound, at the satellite. One recogniser serves them in the order in which
they paused, so the last of n waits n times as long as the first, and twice as long as the mean at the most."""


def measure(options: Options) -> Section:
    """Return how many it hears, and what that costs. Takes four minutes. Raises VoiceError."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise ConfigError("bench scale needs two cores: one for the gateway, another for those who stream")
    ours, theirs = frozenset(cores[:1]), frozenset(cores[-1:])
    with tempfile.TemporaryDirectory(prefix="lv-crowd-") as name:
        sounds = asyncio.run(_sounds(options, Path(name)))
        with _gateway(options, MOST_PEERS, cores=ours) as gateway:
            hall = _Hall(gateway, theirs, sounds.quiet)
            one_core = _search(hall)
        with _gateway(options, MOST_PEERS) as gateway:
            hall = _Hall(gateway, theirs, sounds.quiet)
            two_cores = [hall.step(min(MOST_PEERS, number), STEP_S) for number in _beside(one_core)]
        with _gateway(options, IDLE + max(SPEAKING), more=PATIENT) as gateway:
            talks = [_Hall(gateway, theirs, sounds.quiet).talk(number, sounds) for number in SPEAKING]
    return _section(one_core, two_cores, talks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sounds:
    """Files of 16 kHz mono s16le."""

    quiet: Path
    said: tuple[tuple[Path, ...], ...]
    """For each number of speakers, what each hears."""
    end_s: tuple[float, ...]
    """For each number, when all sentences end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
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
class _Talk:
    """How long those waited who spoke at once."""

    speaking: int
    transcript_ms: tuple[float, ...]
    """From the end of speech, for each turn."""
    spoken_ms: tuple[float, ...]
    """To the first sound of the reply."""


class _Hall:
    """A gateway, and where its crowds come from."""

    def __init__(self, gateway: Gateway, cores: frozenset[int], quiet: Path) -> None:
        self._gateway = gateway
        self._cores = cores
        self._quiet = quiet
        self._before = gateway.usage()

    def step(self, satellites: int, seconds: float) -> _Step:
        """Have so many stream."""
        parts = [self._idle(token, number) for number, token in enumerate(self._gateway.tokens[:satellites])]
        logged = len(self._gateway.log)
        with self._crowd(parts, seconds) as crowd:
            before, start_s = self._gateway.usage(), time.monotonic()
            report = crowd.report()
            after, took_s = self._gateway.usage(), time.monotonic() - start_s
        return _Step(
            satellites=satellites,
            cpu=(after.cpu_s - before.cpu_s) / took_s,
            queued=(after.queued_s - before.queued_s) / took_s,
            waits_ms=tuple(wait for fate in report.fates for at_s, wait in fate.waits_ms if at_s >= seconds / 2),
            dropped=_dropped(self._gateway.log, logged),
            lost=sum(not fate.is_open for fate in report.fates),
            late_ms=report.late_ms,
            mib=after.resident_mib - self._before.resident_mib,
        )

    def talk(self, speaking: int, sounds: _Sounds) -> _Talk:
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
        return _Talk(
            speaking=speaking,
            transcript_ms=transcripts_ms,
            spoken_ms=tuple(fate.spoken_ms for fate in fates if fate.spoken_ms is not None),
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


@contextmanager
def _gateway(options: Options, peers: int, *, more: str = "", cores: frozenset[int] | None = None) -> Iterator[Gateway]:
    with running(model=options.model, roles=[Role.SATELLITE] * peers, more=more, cores=cores) as gateway:
        yield gateway


def _search(hall: _Hall) -> list[_Step]:
    """Return steps, among them the most that is sustained, and the least that is not, where there is one."""
    steps = [hall.step(TRIAL, TRIAL_S)]
    good, bad = 0, MOST_PEERS + GRAIN
    wanted = _rounded(TRIAL * 0.85 / max(steps[0].cpu, 0.01))
    for _ in range(MOST_STEPS):
        steps.append(hall.step(wanted, STEP_S))
        if steps[-1].is_sustained:
            good = wanted
        else:
            bad = wanted
        if bad - good <= GRAIN:
            break
        wanted = (
            _rounded((good + bad) / 2) if good and bad <= MOST_PEERS else _rounded(wanted * (1.5 if good else 0.75))
        )
    return sorted(steps[1:], key=lambda step: step.satellites)


def _beside(steps: Sequence[_Step]) -> tuple[int, ...]:
    """Return which numbers to try with two cores: the most that one has sustained, and a quarter more."""
    most = _most(steps) or GRAIN
    return (most,) if most >= MOST_PEERS else (most, _rounded(most * 1.25))


def _rounded(number: float) -> int:
    return max(GRAIN, min(MOST_PEERS, int(number) // GRAIN * GRAIN))


def _most(steps: Sequence[_Step]) -> int:
    return max((step.satellites for step in steps if step.is_sustained), default=0)


def _dropped(log: deque[str], since: int) -> int:
    return sum(int(found.group(1)) for line in list(log)[since:] if (found := _DROPPED.search(line)))


def _transcripts_ms(log: deque[str], since: int) -> tuple[float, ...]:
    return tuple(float(found.group(1)) for line in list(log)[since:] if (found := _TRANSCRIPT.search(line)))


async def _sounds(options: Options, folder: Path) -> _Sounds:
    assembly = Assembly(options.config)
    try:
        tts = await assembly.load(assembly.tts)
        talk = await spoken(TALK, tts)
        wake_word = _trimmed(await spoken(WAKE_WORD, tts))
        said = [_trimmed(await spoken(sentence, tts)) for sentence in SENTENCES]
    finally:
        assembly.close()
    quiet = folder / "quiet.pcm"
    quiet.write_bytes(room(60.0, talk))
    paths, ends = [], []
    for speaking in SPEAKING:
        longest = max(len(pcm) for pcm in said[:speaking])
        before = SETTLING_S + BEFORE_S
        begins_s = before + speaking * APART_S + 1.0
        end = _bytes(begins_s) + longest
        files = []
        for number in range(speaking):
            pcm = bytearray(end + _bytes(60.0))
            _put(pcm, wake_word, _bytes(before + number * APART_S))
            _put(pcm, said[number], end - len(said[number]))
            files.append(folder / f"{speaking}-{number}.pcm")
            files[-1].write_bytes(in_room(bytes(pcm), loudness=0.5, seed=number))
        paths.append(tuple(files))
        ends.append(end / SAMPLE_BYTES / RATE_HZ)
    return _Sounds(quiet=quiet, said=tuple(paths), end_s=tuple(ends))


def _bytes(seconds: float) -> int:
    return int(seconds * RATE_HZ) * SAMPLE_BYTES


def _put(pcm: bytearray, sound: bytes, start: int) -> None:
    pcm[start : start + len(sound)] = sound


def _trimmed(pcm: bytes) -> bytes:
    """Return a synthetic voice's sound from its first to its last sample that is louder than `SPEECH_DBFS`."""
    loud = abs(samples(pcm).astype("int32")) > 32_768 * 10 ** (SPEECH_DBFS / 20)
    indices = loud.nonzero()[0]
    return pcm[indices[0] * SAMPLE_BYTES : (indices[-1] + 1) * SAMPLE_BYTES] if len(indices) else pcm


def _section(one_core: Sequence[_Step], two_cores: Sequence[_Step], talks: Sequence[_Talk]) -> Section:
    most = max((step for step in one_core if step.is_sustained), key=lambda step: step.satellites, default=one_core[0])
    last = talks[-1]
    return Section(
        title="Many rooms",
        method=METHOD,
        findings=(
            Finding(
                key="satellites_per_core", what="satellites that one core sustains", value=_most(one_core),
                target=at_least(64),
            ),
            Finding(
                key="dropped_frames", what="frames that were dropped at that number", value=most.dropped,
                target=at_most(0),
            ),
            Finding(key="satellites_two_cores", what="… with two cores, shared with the crowd", value=_most(two_cores)),
            Finding(
                key="scale_percent_each", what="one of them takes", value=100 * most.cpu / most.satellites,
                unit="% of a core",
            ),
            Finding(key="scale_mib_each", what="… and of memory", value=most.mib / most.satellites, unit="MiB"),
            Finding(
                key="scale_queued_percent", what="of the time it waited for its core", value=percent(most.queued),
                unit="%",
            ),
            Finding(key="scale_wait_ms", what="an answer takes, 19 of 20", value=most.p95_ms, unit="ms"),
            Finding(
                key="scale_transcript_ms", what=f"transcript after the end of speech, {last.speaking} at once, mean",
                value=mean(last.transcript_ms), unit="ms",
            ),
            Finding(
                key="worst_wait_ratio", what="… the longest against the mean",
                value=max(last.transcript_ms) / mean(last.transcript_ms), target=at_most(2.0),
            ),
            Finding(
                key="scale_unanswered", what="sentences that got no reply",
                value=sum(talk.speaking - len(talk.spoken_ms) for talk in talks), target=at_most(0),
            ),
        ),
        tables=(_steps_table("On one core", one_core), _steps_table("On two cores", two_cores), _talks_table(talks)),
    )  # fmt: skip


def _steps_table(caption: str, steps: Sequence[_Step]) -> Table:
    return Table(
        caption=caption,
        headings=(
            "satellites", "% of a core", "… waited for", "answer: median, ms", "19 of 20", "worst", "dropped",
            "lost", "MiB each", "crowd late, ms", "",
        ),
        rows=tuple(
            (
                str(step.satellites),
                *(figure(percent(value)) for value in (step.cpu, step.queued)),
                *(figure(value) for value in (median(step.waits_ms or [math.inf]), step.p95_ms)),
                figure(max(step.waits_ms, default=math.inf)),
                str(step.dropped),
                str(step.lost),
                figure(step.mib / step.satellites),
                figure(step.late_ms),
                "sustained" if step.is_sustained else "not",
            )
            for step in steps
        ),
    )  # fmt: skip


def _talks_table(talks: Sequence[_Talk]) -> Table:
    return Table(
        caption="Who speaks at once: after the end of speech, ms",
        headings=("speaking", "transcript: first", "mean", "last", "last / mean", "replies", "first sound, mean"),
        rows=tuple(
            (
                str(talk.speaking),
                *(f"{of(talk.transcript_ms):.0f}" for of in (min, mean, max)),
                figure(max(talk.transcript_ms) / mean(talk.transcript_ms)),
                str(len(talk.spoken_ms)),
                f"{mean(talk.spoken_ms or [math.nan]):.0f}",
            )
            for talk in talks
        ),
    )
