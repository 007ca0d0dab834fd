"""What one idle satellite stream costs: a quiet room in which somebody talks now and then, with both wake engines."""

import asyncio
from collections.abc import AsyncIterator
from statistics import median

from bench.findings import Finding, Section, at_most
from bench.options import Options
from bench.process import cpu_s
from bench.speech import TALK, room, spoken
from gateway.assembly import Assembly
from gateway.audio import FRAME_MS, frames, paced
from gateway.turn.wake import WakeListener

WARM_UP_S = 10.0
FAST_S = 60.0
REAL_S = 20.0
ROUNDS = 3
"""Real time is measured this often, each time beside the bare clock; the medians count."""

METHOD = """\
Sound of a quiet room (hiss at -60 dBFS) in which a sentence that wakes nobody is said every 20 seconds goes through
the wake listener in frames of 32 ms, both wake engines loaded. Processor time of the whole process, all threads, so
other programs add nothing but cold caches. *At real-time pace* the processor sleeps between frames, and each finds it
cold, which makes the same work several times as expensive as for a stream *as fast as possible*: what one more stream
costs lies between the two. The benchmark's clock, which wakes the process 31 times a second, is measured without a
listener, in turn with it, and taken off; in real life a microphone or a socket does its work."""


def measure(options: Options) -> Section:
    """Return what it costs, in percent of a core. Takes two minutes. Raises ModelError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    assembly = Assembly(options.config)
    try:
        talk = await spoken(TALK, assembly.tts())
        listener = WakeListener(assembly.wake(), assembly.second_opinion())
        await _share(_at_once(room(WARM_UP_S, talk)), listener, WARM_UP_S)
        fast = await _share(_at_once(room(FAST_S, talk)), listener, FAST_S)
        pcm = room(REAL_S, talk)
        real, clock = [], []
        for _ in range(ROUNDS):
            real.append(await _share(paced(pcm, realtime=True), listener, REAL_S))
            clock.append(await _share(paced(pcm, realtime=True), None, REAL_S))
    finally:
        assembly.close()
    return Section(
        title="An idle satellite",
        method=METHOD,
        findings=(
            Finding(
                key="idle_percent", what="one stream at real-time pace", value=median(real) - median(clock),
                unit="% of a core", target=at_most(1.0),
            ),
            Finding(
                key="clock_percent", what="the benchmark's clock, which is not in it", value=median(clock),
                unit="% of a core",
            ),
            Finding(
                key="busy_percent", what="one stream as fast as possible", value=fast, unit="% of a core",
                target=at_most(1.0),
            ),
        ),
    )  # fmt: skip


async def _share(sound: AsyncIterator[bytes], listener: WakeListener | None, seconds: float) -> float:
    """Return how much processor time `seconds` of sound take, in percent of the sound's own time."""
    before_s = cpu_s()
    async for frame in sound:
        if listener is not None:
            await listener.hear(frame)
    return (cpu_s() - before_s) / seconds * 100


async def _at_once(pcm: bytes) -> AsyncIterator[bytes]:
    for number, frame in enumerate(frames(pcm)):
        if number % (1000 // FRAME_MS) == 0:
            await asyncio.sleep(0)
        yield frame
