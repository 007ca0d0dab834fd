"""What one idle satellite costs: a quiet room in which somebody talks now and then, beside openWakeWord alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import median

from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

from bench.findings import Finding, Section, at_most
from bench.options import Options
from bench.process import cpu_s
from bench.speech import TALK, room, spoken
from gateway.assembly import Assembly
from gateway.audio import FRAME_MS, frames, paced
from gateway.turn.wake import WakeListener

WARM_UP_S = 10.0
FAST_S = 40.0
REAL_S = 15.0
ROUNDS = 3
"""Each way is measured this often, in turn with the others; the medians count."""
CHUNK_FRAMES = 2
"""wyoming-satellite sends 64 ms at a time, and wyoming-openwakeword looks at each as it comes."""
OURS, THEIRS, NOBODY = "ours", "openWakeWord", "nobody"

METHOD = """\
Sound of a quiet room (hiss at -60 dBFS) in which a sentence that wakes nobody is said every 20 seconds goes through
our wake listener in frames of 32 ms, both wake engines loaded, and in turn with it through openWakeWord alone
(pyopen-wakeword, with the same wake word, called as wyoming-openwakeword calls it, 64 ms at a time, but without its
server and sockets, which are left out on either side). Processor time of the whole process, all threads, so
other programs add nothing but cold caches. *At real-time pace* the processor sleeps between frames, and each finds it
cold, which makes the same work several times as expensive as for a stream *as fast as possible*: what one more stream
costs lies between the two. The benchmark's clock, which wakes the process 31 times a second, is measured without a
listener, in turn with both, and taken off; in real life a microphone or a socket does its work."""

type Hear = Callable[[bytes], Awaitable[object]]
"""Takes the next frame."""


def measure(options: Options) -> Section:
    """Return what it costs, in percent of a core. Takes three minutes. Raises ModelError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    assembly = Assembly(options.config)
    try:
        talk = await spoken(TALK, assembly.tts())
        listener = WakeListener(assembly.wake(), assembly.second_opinion())
        ways: dict[str, Hear] = {
            OURS: listener.hear,
            THEIRS: _OpenWakeWord(options.config.wake.words[0]).hear,
            NOBODY: _ignore,
        }
        for hear in ways.values():
            await _share(_at_once(room(WARM_UP_S, talk)), hear, WARM_UP_S)
        fast: dict[str, list[float]] = {name: [] for name in ways}
        real: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, hear in ways.items():
                fast[name].append(await _share(_at_once(room(FAST_S, talk)), hear, FAST_S))
                real[name].append(await _share(paced(room(REAL_S, talk), realtime=True), hear, REAL_S))
    finally:
        assembly.close()
    clock = median(real[NOBODY])
    ours, theirs = median(real[OURS]) - clock, median(real[THEIRS]) - clock
    busy, busy_theirs = median(fast[OURS]), median(fast[THEIRS])
    return Section(
        title="An idle satellite",
        method=METHOD,
        findings=(
            Finding(
                key="idle_percent", what="one stream at real-time pace", value=ours, unit="% of a core",
                target=at_most(1.0),
            ),
            Finding(
                key="oww_idle_percent", what="openWakeWord alone, likewise", value=theirs, unit="% of a core"
            ),
            Finding(
                key="idle_ratio", what="the one as a share of the other", value=ours / theirs, target=at_most(0.25)
            ),
            Finding(
                key="clock_percent", what="the benchmark's clock, which is not in it", value=clock,
                unit="% of a core",
            ),
            Finding(
                key="busy_percent", what="one stream as fast as possible", value=busy, unit="% of a core",
                target=at_most(1.0),
            ),
            Finding(
                key="oww_busy_percent", what="openWakeWord alone, likewise", value=busy_theirs, unit="% of a core"
            ),
            Finding(
                key="busy_ratio", what="the one as a share of the other", value=busy / busy_theirs,
                target=at_most(0.25),
            ),
        ),
    )  # fmt: skip


class _OpenWakeWord:
    """One stream through openWakeWord, as its server has it."""

    def __init__(self, wake_word: str) -> None:
        self._features = OpenWakeWordFeatures.from_builtin()
        self._model = OpenWakeWord.from_builtin(Model(wake_word))
        self._chunk: list[bytes] = []

    async def hear(self, frame: bytes) -> float:
        """Return the best score of what this frame completes."""
        self._chunk.append(frame)
        if len(self._chunk) < CHUNK_FRAMES:
            return 0.0
        pcm = b"".join(self._chunk)
        self._chunk.clear()
        scores = (
            score
            for embedding in self._features.process_streaming(pcm)
            for score in self._model.process_streaming(embedding)
        )
        return max(scores, default=0.0)


async def _ignore(frame: bytes) -> None:
    del frame


async def _share(sound: AsyncIterator[bytes], hear: Hear, seconds: float) -> float:
    """Return how much processor time `seconds` of sound take, in percent of the sound's own time."""
    before_s = cpu_s()
    async for frame in sound:
        await hear(frame)
    return (cpu_s() - before_s) / seconds * 100


async def _at_once(pcm: bytes) -> AsyncIterator[bytes]:
    for number, frame in enumerate(frames(pcm)):
        if number % (1000 // FRAME_MS) == 0:
            await asyncio.sleep(0)
        yield frame
