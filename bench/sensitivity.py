"""What the wake sensitivity does: who wakes it, and what wakes it by mistake, from 0 to 100."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bench.findings import Finding, Section, Table, percent
from bench.manifest import Recording, read_manifest
from bench.options import Options
from bench.speech import room
from bench.wake import AFTER_S, BEFORE_S, BETWEEN_S, HOUR_S, WORD, WORDS, negatives, positives
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, frames
from gateway.config import WakeConfig
from gateway.offer import HIGHEST_SENSITIVITY, LOWEST_SENSITIVITY
from gateway.recordings import read_recording
from gateway.turn.stages import WakeWord
from gateway.turn.wake import WakeListener

SENSITIVITIES = tuple(range(LOWEST_SENSITIVITY, HIGHEST_SENSITIVITY + 1, 25))

METHOD = f"""\
As in `bench wake`, with a listener for each sensitivity at the same recordings at the same time: recall over people's
“{WORD}”, false wakes of the four phrases in everything in which none of them is said."""

type Wakes = Counter[int]
"""How often it woke, by sensitivity."""


class _AskedOnce:
    """A wake model that several listeners ask about the same frame."""

    def __init__(self, wake: WakeWord) -> None:
        self._wake = wake
        self._scores: Mapping[str, float] = {}

    async def hear(self, frame: bytes) -> None:
        self._scores = await self._wake.scores(frame)

    async def scores(self, _frame: bytes) -> Mapping[str, float]:
        return self._scores

    async def reset(self) -> None:
        await self._wake.reset()


class _Listeners:
    """One for each sensitivity, at the same stream."""

    def __init__(self, options: Options, word: str) -> None:
        self._assembly = Assembly(replace(options.config, wake=WakeConfig(words=(word,))))
        self._first = _AskedOnce(self._assembly.wake())
        self._listeners = {
            sensitivity: WakeListener(self._first, self._assembly.second_opinion(), sensitivity=sensitivity)
            for sensitivity in SENSITIVITIES
        }

    async def wakes(self, pcm: bytes) -> Wakes:
        """Return how often `pcm`, the stream's next stretch, wakes each."""
        found: Wakes = Counter()
        for frame in frames(pcm):
            await self._first.hear(frame)
            for sensitivity, listener in self._listeners.items():
                found[sensitivity] += await listener.hear(frame) is not None
        return found

    async def reset(self) -> None:
        for listener in self._listeners.values():
            await listener.reset()

    def close(self) -> None:
        self._assembly.close()


def measure(options: Options) -> Section:
    """Return recall and false wakes of each sensitivity. Takes some minutes. Raises VoiceError."""
    recordings = read_manifest(options.manifest)
    return asyncio.run(_measure(options, positives(recordings), negatives(recordings)))


async def _measure(options: Options, meant: list[Recording], others: list[Recording]) -> Section:
    woken = await _woken(options, meant)
    sounds = [read_recording(recording.path) for recording in others]
    false: Wakes = Counter()
    for word in WORDS:
        false += await _false_wakes(options, word, sounds)
    hours = len(WORDS) * sum(map(len, sounds)) / SAMPLE_BYTES / RATE_HZ / HOUR_S
    return _section(len(meant), woken, false, hours)


async def _woken(options: Options, meant: Iterable[Recording]) -> Wakes:
    """Return how many of the recordings wake each."""
    listeners = _Listeners(options, WORD)
    woken: Wakes = Counter()
    try:
        for recording in meant:
            await listeners.reset()
            wakes = await listeners.wakes(room(BEFORE_S) + read_recording(recording.path) + room(AFTER_S))
            woken.update(sensitivity for sensitivity, count in wakes.items() if count > 0)
    finally:
        listeners.close()
    return woken


async def _false_wakes(options: Options, word: str, sounds: Iterable[bytes]) -> Wakes:
    listeners = _Listeners(options, word)
    found: Wakes = Counter()
    try:
        between = room(BETWEEN_S)
        for pcm in sounds:
            found += await listeners.wakes(pcm + between)
    finally:
        listeners.close()
    return found


def _section(meant: int, woken: Wakes, false: Wakes, hours: float) -> Section:
    recall = {sensitivity: percent(woken[sensitivity] / max(meant, 1)) for sensitivity in SENSITIVITIES}
    an_hour = {sensitivity: round(false[sensitivity] / max(hours, 1e-9), 2) for sensitivity in SENSITIVITIES}
    return Section(
        title="Wake sensitivity",
        method=METHOD,
        findings=(
            Finding(key="sensitivity_positives", what=f"recordings of “{WORD}”", value=meant),
            Finding(key="sensitivity_hours", what="hours of other sound, all phrases together", value=round(hours, 2)),
        ),
        tables=(
            Table(
                caption="By sensitivity",
                headings=("sensitivity", "wake", "false wakes an hour of one phrase"),
                rows=tuple((str(s), f"{recall[s]} %", str(an_hour[s])) for s in SENSITIVITIES),
            ),
        ),
    )
