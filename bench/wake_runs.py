"""Runs recordings through both wake engines and through our listeners, in two processes; counts wakes of each."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from json import loads
from pathlib import Path

from bench.manifest import Recording
from bench.options import Options
from bench.speech import room
from bench.wake_noise import SNRS_DB, Surroundings, surroundings
from bench.wake_scores import Engines, Heard, Setting, wakes
from gateway.assembly import SECOND_SUFFIX, Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.config import WakeConfig
from gateway.errors import ConfigError
from gateway.models import ModelStore
from gateway.paths import models_dir
from gateway.recordings import read_recording

WORDS = ("alexa", "okay_nabu", "hey_jarvis", "hey_mycroft")
PROCESSES = 2
PIECES = 16
"""Of about the same length, so that both processes are done at about the same time."""
SECOND_DEFAULT = 0.5
"""From where on openWakeWord fires where nobody chose otherwise."""
LEVELS = (
    0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9,
    0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.992, 0.994, 0.996, 0.998, 0.999,
)  # fmt: skip
"""Thresholds of the engines alone, for the curves."""
BEFORE_S, AFTER_S = 1.5, 1.5
BETWEEN_S = 0.7
"""Of quiet between recordings that wake nobody: the second model decides within 0.6 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often each woke to one phrase in one stretch of sound."""

    name: str
    """The recording's."""
    kind: str
    label: str
    word: str
    """What was listened for."""
    snr_db: int | None
    """How much noise was added; None for none."""
    seconds: float
    first: int
    second: int
    both: int
    """The engines at their own defaults, alone and both required."""
    first_at: tuple[int, ...]
    second_at: tuple[int, ...]
    both_at: tuple[int, ...]
    """The same at each of `LEVELS`."""
    ours: tuple[int, ...]
    """Our listener, with each of the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What one process does at a time."""

    options: Options
    settings: tuple[Setting, ...]
    said: tuple[tuple[Recording, str], ...] = ()
    """Recordings with the phrase that is said in each; every one is a stream of its own, once as it is and in noise."""
    unsaid: tuple[Recording, ...] = ()
    """Recordings in which none is said: one long stream, in which all phrases are listened for."""
    around: tuple[Recording, ...] = ()
    """The noises and rooms."""


def run(
    options: Options,
    settings: Sequence[Setting],
    *,
    said: Sequence[tuple[Recording, str]],
    unsaid: Sequence[Recording],
    around: Sequence[Recording],
) -> list[Counts]:
    """Return what woke whom. Raises VoiceError."""
    pieces = [
        *(
            _Piece(options=options, settings=tuple(settings), said=tuple(part), around=tuple(around))
            for part in _parts(said)
        ),
        *(_Piece(options=options, settings=tuple(settings), unsaid=tuple(part)) for part in _parts(unsaid)),
    ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=PROCESSES, mp_context=context) as pool:
        return list(chain.from_iterable(pool.map(_run, pieces)))


def _parts[T](items: Sequence[T]) -> Iterator[Sequence[T]]:
    size = -(-len(items) // PIECES) or 1
    return (items[start : start + size] for start in range(0, len(items), size))


def _run(piece: _Piece) -> list[Counts]:
    return asyncio.run(_counted(piece))


async def _counted(piece: _Piece) -> list[Counts]:
    words = WORDS if piece.unsaid else tuple(dict.fromkeys(word for _, word in piece.said))
    bench = _Bench(piece, words)
    try:
        return [counts async for counts in (bench.unsaid() if piece.unsaid else bench.said())]
    finally:
        bench.close()


class _Bench:
    """Both engines, and a second model for our listeners."""

    def __init__(self, piece: _Piece, words: tuple[str, ...]) -> None:
        store = ModelStore(models_dir())
        self._piece = piece
        self._assembly = Assembly(replace(piece.options.config, wake=WakeConfig(words=words)))
        models = {word: store.find(word + SECOND_SUFFIX).main for word in words}
        self._engines = Engines(self._assembly.wake(words), next(iter(models.values())).parent, models)
        self._defaults = {word: _cutoff(store.find(word).main) for word in words}
        second = self._assembly.second_opinion(words)
        if second is None:
            raise ConfigError("openWakeWord is not installed: ./scripts/bootstrap")
        self._second = second

    async def said(self) -> AsyncIterator[Counts]:
        """Yield what each recording of a phrase woke, as it is and in noise."""
        around = surroundings(self._piece.around)
        for recording, word in self._piece.said:
            for snr_db, pcm in _streams(recording, around):
                await self._engines.reset()
                heard = await self._engines.hear(pcm)
                yield await self._counts(recording, word, heard[word], len(pcm), snr_db)

    async def unsaid(self) -> AsyncIterator[Counts]:
        """Yield what each recording woke in which nothing of the sort is said."""
        between = room(BETWEEN_S)
        await self._engines.reset()
        for recording in self._piece.unsaid:
            pcm = read_recording(recording.path)
            heard = await self._engines.hear(pcm + between)
            for word in WORDS:
                yield await self._counts(recording, word, heard[word], len(pcm), None)

    def close(self) -> None:
        """Let the threads go."""
        self._assembly.close()

    async def _counts(self, recording: Recording, word: str, heard: Heard, size: int, snr_db: int | None) -> Counts:
        default = self._defaults[word]
        return Counts(
            name=recording.name,
            kind=recording.kind,
            label=recording.label,
            word=word,
            snr_db=snr_db,
            seconds=size / SAMPLE_BYTES / RATE_HZ,
            first=heard.wakes_first(default),
            second=heard.wakes_second(SECOND_DEFAULT),
            both=heard.wakes_both(default, SECOND_DEFAULT),
            first_at=tuple(heard.wakes_first(level) for level in LEVELS),
            second_at=tuple(heard.wakes_second(level) for level in LEVELS),
            both_at=tuple(heard.wakes_both(level, level) for level in LEVELS),
            ours=tuple(await wakes(word, heard, self._second, self._piece.settings)),
        )


def _streams(recording: Recording, around: Surroundings) -> Iterator[tuple[int | None, bytes]]:
    """Yield `recording` in a quiet room, and with each ratio of noise: near the microphone, and across a room."""
    pcm = read_recording(recording.path)
    yield None, room(BEFORE_S) + pcm + room(AFTER_S)
    for snr_db in SNRS_DB:
        for mixed in around.around(recording.name, pcm, snr_db=snr_db, before_s=BEFORE_S, after_s=AFTER_S):
            yield snr_db, mixed


def _cutoff(config: Path) -> float:
    """Return from where on microWakeWord fires, as the model's own file has it."""
    return float(loads(config.read_bytes())["micro"]["probability_cutoff"])
