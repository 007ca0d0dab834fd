"""Many rooms: how many satellites one gateway hears at once, what each costs, and how long those wait who speak."""

import asyncio
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median
from typing import Final

from bench.findings import Finding, Section, Table, at_least, at_most, figure, percent
from bench.hall import IDLE, MOST_WAIT_MS, Hall, Step, Talk
from bench.options import Options
from bench.running import Gateway, running
from bench.scale_sounds import SPEAKING, sounds
from gateway.errors import ConfigError
from gateway.wire.broker_words import MOST_PEERS
from gateway.wire.peers import Role

TRIAL, STEP_S, TRIAL_S = 32, 20.0, 8.0
"""A first crowd tells what each costs, and so where to look."""
GRAIN: Final = 8
"""How exactly the most is found."""
MOST_STEPS: Final = 5
PATIENT: Final = "[endpoint]\nno_speech_ms = 15000\n"
"""Who was woken first waits for all the others before it is spoken to."""
METHOD: Final = f"""\
The real `serve`, all four processes, on one core; on the other core satellites that stream a quiet room in which a
sentence is said every 20 seconds, nobody the same at the same time, over TLS, at the pace of life: 31 frames a second
each. A number of them is *sustained* where in {STEP_S:.0f} s no frame is dropped, no connection ends, and in the second
half 19 of 20 answers to a ping, which queue behind the sound, take at most {MOST_WAIT_MS:.0f} ms. Other programs on the
machine lower the number; how much of the time the gateway waited for its core is in the table. Numbers are tried
in steps of {GRAIN} at least; at most {MOST_PEERS} peers can be paired with a gateway. *Who speaks*: the gateway has
both cores, {IDLE} satellites stream, and others are woken one after the other and then all spoken to, so that every
sentence ends at the same moment; counted is from there to the transcript, which the gateway logs, and to the reply's
first sound, at the satellite. One recogniser serves them in the order in which
they paused, so the last of n waits n times as long as the first, and twice as long as the mean at the most."""


def measure(options: Options) -> Section:
    """Return how many it hears, and what that costs. Takes four minutes. Raises VoiceError."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise ConfigError("bench scale needs two cores: one for the gateway, another for those who stream")
    ours, theirs = frozenset(cores[:1]), frozenset(cores[-1:])
    with tempfile.TemporaryDirectory(prefix="lv-crowd-") as name:
        heard = asyncio.run(sounds(options, Path(name)))
        with _gateway(options, MOST_PEERS, cores=ours) as gateway:
            steps = _search(Hall(gateway, theirs, heard.quiet))
        with _gateway(options, IDLE + max(SPEAKING), more=PATIENT) as gateway:
            talks = [Hall(gateway, theirs, heard.quiet).talk(number, heard) for number in SPEAKING]
    return _section(steps, talks)


@contextmanager
def _gateway(options: Options, peers: int, *, more: str = "", cores: frozenset[int] | None = None) -> Iterator[Gateway]:
    with running(model=options.model, roles=[Role.SATELLITE] * peers, more=more, cores=cores) as gateway:
        yield gateway


def _search(hall: Hall) -> list[Step]:
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


def _rounded(number: float) -> int:
    return max(GRAIN, min(MOST_PEERS, int(number) // GRAIN * GRAIN))


def _most(steps: Sequence[Step]) -> int:
    return max((step.satellites for step in steps if step.is_sustained), default=0)


def _section(steps: Sequence[Step], talks: Sequence[Talk]) -> Section:
    most = max((step for step in steps if step.is_sustained), key=lambda step: step.satellites, default=steps[0])
    last = talks[-1]
    return Section(
        title="Many rooms",
        method=METHOD,
        findings=(
            Finding(
                key="satellites_per_core", what="satellites that one core sustains", value=_most(steps),
                target=at_least(64),
            ),
            Finding(
                key="dropped_frames", what="frames that were dropped at that number", value=most.dropped,
                target=at_most(0),
            ),
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
                key="scale_sound_ms", what="… the reply's first sound, mean", value=mean(last.spoken_ms or [math.nan]),
                unit="ms",
            ),
            Finding(
                key="scale_dropped", what="frames that were dropped while people spoke",
                value=sum(talk.dropped for talk in talks), target=at_most(0),
            ),
            Finding(
                key="scale_unanswered", what="sentences that got no reply",
                value=sum(talk.speaking - len(talk.spoken_ms) for talk in talks), target=at_most(0),
            ),
        ),
        tables=(_steps_table("On one core", steps), _talks_table(talks)),
    )  # fmt: skip


def _steps_table(caption: str, steps: Sequence[Step]) -> Table:
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


def _talks_table(talks: Sequence[Talk]) -> Table:
    return Table(
        caption="Who speaks at once: after the end of speech, ms",
        headings=(
            "speaking", "transcript: first", "mean", "last", "last / mean", "replies", "first sound, mean", "dropped",
        ),
        rows=tuple(
            (
                str(talk.speaking),
                *(f"{of(talk.transcript_ms):.0f}" for of in (min, mean, max)),
                figure(max(talk.transcript_ms) / mean(talk.transcript_ms)),
                str(len(talk.spoken_ms)),
                f"{mean(talk.spoken_ms or [math.nan]):.0f}",
                str(talk.dropped),
            )
            for talk in talks
        ),
    )  # fmt: skip
