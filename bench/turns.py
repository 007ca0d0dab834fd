"""Turns at the pace of life: what each stage takes, and for how long the event loop is ever blocked."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.findings import Finding, Section, Table, at_most
from bench.options import Options
from bench.process import queued_for_processor_s
from bench.speech import COMMANDS, in_room, spoken
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, paced
from gateway.events import TurnEnded
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop

WAKE = "Okay Nabu, "
AFTER = bytes(2 * RATE_HZ * SAMPLE_BYTES)
BEFORE = bytes(RATE_HZ // 2 * SAMPLE_BYTES)
TICK_S = 0.002
STAGES = ("endpoint", "stt", "intent", "action", "first_sound")

METHOD = f"""\
{len(COMMANDS)} sentences after the wake word, spoken by our own voice, at real-time pace through the whole pipeline, in
one process. Stages are wall milliseconds after the last moment of speech at which each was done; medians. Meanwhile a
task of the event loop asks to be called every {TICK_S * 1000:.0f} ms and notes how much later it is. What the kernel
says the thread then waited for a processor (two cores, two of them Whisper's, and other programs) is taken off: what is
left is how long the loop was held by one callback, or by another thread's Python."""


def measure(options: Options) -> Section:
    """Return the times. Takes a minute and a half. Raises ModelError."""
    return asyncio.run(_measure(options))


@dataclass(slots=True)
class _Lateness:
    """How late the event loop was, each time, and in which stage."""

    seconds: list[float] = field(default_factory=list)
    """Without the time for which no processor was free."""
    total_seconds: list[float] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    stage: str = "idle"

    async def watch(self) -> None:
        while True:
            due_s, queued_s = time.perf_counter() + TICK_S, queued_for_processor_s()
            await asyncio.sleep(TICK_S)
            total_s = time.perf_counter() - due_s
            late_s = max(total_s - (queued_for_processor_s() - queued_s), 0.0)
            self.total_seconds.append(total_s)
            self.seconds.append(late_s)
            self.worst[self.stage] = max(self.worst[self.stage], late_s)


async def _measure(options: Options) -> Section:
    assembly = Assembly(options.config)
    home = assembly.home(assembly.house(), asyncio.get_running_loop())
    lateness = _Lateness()
    try:
        stages = await assembly.load(assembly.stages, home)
        said = [in_room(BEFORE + await spoken(WAKE + text, stages.tts) + AFTER) for text in COMMANDS]
        watching = asyncio.create_task(lateness.watch())
        try:
            ended = [await _turn(pcm, stages, assembly, lateness) for pcm in said]
        finally:
            await drop(watching)
    finally:
        home.close()
        assembly.close()
    return _section(ended, lateness)


async def _turn(pcm: bytes, stages: Stages, assembly: Assembly, lateness: _Lateness) -> TurnEnded:
    ear = Ear(_sound(pcm), stages, assembly.endpoint())
    lateness.stage = "waiting for the wake word"
    async for event in run_turn(ear, stages, Place()):
        lateness.stage = f"after {event.type}"
        if isinstance(event, TurnEnded):
            return event
    raise AssertionError("every turn ends with TurnEnded")


def _sound(pcm: bytes) -> AsyncIterator[bytes]:
    return paced(pcm, realtime=True)


def _section(ended: list[TurnEnded], lateness: _Lateness) -> Section:
    times = {stage: [e.stages_ms[stage] for e in ended if stage in e.stages_ms] for stage in STAGES}
    late_ms = sorted(second * 1000 for second in lateness.seconds)
    permille = quantiles(late_ms, n=1000)
    return Section(
        title="Turns at real-time pace",
        method=METHOD,
        findings=(
            Finding(
                key="action_ms", what="the home has acted, after the end of speech", value=_median(times["action"]),
                unit="ms",
            ),
            Finding(
                key="first_sound_ms", what="the reply begins to sound", value=_median(times["first_sound"]), unit="ms"
            ),
            Finding(
                key="blocked_ms", what="the event loop was blocked at most", value=late_ms[-1], unit="ms",
                target=at_most(20),
            ),
            Finding(key="blocked_p999_ms", what="… in all but one of a thousand calls", value=permille[-1], unit="ms"),
            Finding(
                key="late_ms", what="… waiting for a processor included", value=max(lateness.total_seconds) * 1000,
                unit="ms",
            ),
        ),
        tables=(
            Table(
                caption="Milliseconds after the end of speech",
                headings=("", *STAGES),
                rows=(
                    ("median", *(f"{_median(times[stage]):.0f}" for stage in STAGES)),
                    ("slowest", *(f"{max(times[stage], default=0):.0f}" for stage in STAGES)),
                ),
            ),
            Table(
                caption="Longest time for which the event loop was blocked",
                headings=("when", "ms"),
                rows=tuple(
                    (stage, f"{seconds * 1000:.1f}")
                    for stage, seconds in sorted(lateness.worst.items(), key=lambda item: -item[1])
                ),
            ),
        ),
    )  # fmt: skip


def _median(values: list[float]) -> float:
    return median(values) if values else 0.0
