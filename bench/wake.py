"""Who wakes it, and what wakes it by mistake, on recordings."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from bench.findings import Finding, Section, Table, at_least, percent
from bench.manifest import Recording, chosen, read_manifest
from bench.options import Options
from bench.speech import room
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, frames
from gateway.config import WakeConfig
from gateway.recordings import read_recording
from gateway.turn.wake import WakeListener

WORDS = ("alexa", "okay_nabu", "hey_jarvis", "hey_mycroft")
WORD = "alexa"
"""The one of which there are many recordings."""
OTHERS = (
    "wake_other", "negative_speech", "negative_noise", "negative_music", "speech", "command", "command_oov",
    "command_slots", "speaker", "word",
)  # fmt: skip
"""Kinds of recordings in which no wake word of ours is said."""
BEFORE_S, AFTER_S = 1.5, 1.5
BETWEEN_S = 0.7
"""Of quiet between recordings that wake nobody: the second model decides within 0.6 s."""
HOUR_S = 3600

METHOD = f"""\
Recordings go as fast as possible through the listener that `serve` uses: microWakeWord proposes, openWakeWord decides.
*Recall* is over the recordings labelled "{WORD}", of people, each in a quiet room ({BEFORE_S} s before it, {AFTER_S} s
after it); one that wakes twice counts once. *False wakes* are all wakes of each of the four phrases, listened for one
after the other, in one long stream of everything in which none of them is said: other wake words, talk, single words,
commands, read speech, noise and music."""


def measure(options: Options) -> Section:
    """Return recall and false wakes. Takes two minutes for the shared recordings. Raises VoiceError."""
    recordings = read_manifest(options.manifest)
    return asyncio.run(_measure(options, positives(recordings), negatives(recordings)))


def positives(recordings: Iterable[Recording]) -> list[Recording]:
    """Return the recordings in which `WORD` is said."""
    return [r for r in chosen(recordings, "wake_positive") if r.label.casefold() == WORD]


def negatives(recordings: Iterable[Recording]) -> list[Recording]:
    """Return the recordings in which none of `WORDS` is said."""
    return [r for r in chosen(recordings, *OTHERS) if not _is_ours(r)]


async def _measure(options: Options, positives: list[Recording], negatives: list[Recording]) -> Section:
    listener, assembly = _listener(options, WORD)
    try:
        missed = [r for r in positives if not await _is_woken(listener, read_recording(r.path))]
    finally:
        assembly.close()
    sounds = {recording: read_recording(recording.path) for recording in negatives}
    false = {word: await _false_wakes(options, word, sounds) for word in WORDS}
    hours = sum(map(len, sounds.values())) / SAMPLE_BYTES / RATE_HZ / HOUR_S
    return _section(len(positives), missed, false, hours)


async def _false_wakes(options: Options, word: str, sounds: dict[Recording, bytes]) -> Counter[Recording]:
    listener, assembly = _listener(options, word)
    try:
        between = room(BETWEEN_S)
        found = {recording: await _wakes(listener, pcm + between) for recording, pcm in sounds.items()}
        return +Counter(found)
    finally:
        assembly.close()


def _listener(options: Options, word: str) -> tuple[WakeListener, Assembly]:
    assembly = Assembly(replace(options.config, wake=WakeConfig(words=(word,))))
    return WakeListener(assembly.wake(), assembly.second_opinion()), assembly


async def _is_woken(listener: WakeListener, pcm: bytes) -> bool:
    await listener.reset()
    return await _wakes(listener, room(BEFORE_S) + pcm + room(AFTER_S)) > 0


async def _wakes(listener: WakeListener, pcm: bytes) -> int:
    """Return how often `pcm`, the stream's next stretch, wakes."""
    return sum([await listener.hear(frame) is not None for frame in frames(pcm)])


def _is_ours(recording: Recording) -> bool:
    """Tell whether one of our phrases is said, whatever the recording is for."""
    said = f"{recording.label} {recording.transcript}".casefold().replace("ok ", "okay ")
    return any(word.replace("_", " ") in said for word in WORDS)


def _section(positives: int, missed: list[Recording], false: dict[str, Counter[Recording]], hours: float) -> Section:
    total = sum(wakes.total() for wakes in false.values())
    recall = 1 - len(missed) / max(positives, 1)
    return Section(
        title="Waking",
        method=METHOD,
        findings=(
            Finding(key="positives", what=f"recordings of “{WORD}”", value=positives),
            Finding(key="recall", what="of them wake", value=percent(recall), unit="%", target=at_least(95)),
            Finding(key="false_wakes", what="false wakes of all four phrases together", value=total),
            Finding(key="negative_hours", what="hours in which each was listened for", value=round(hours, 2)),
            Finding(
                key="false_wakes_per_hour", what="false wakes of one phrase in an hour",
                value=round(total / max(hours * len(WORDS), 1e-9), 2),
            ),
        ),
        tables=(
            Table(
                caption="False wakes",
                headings=("phrase", "wakes", "in"),
                rows=tuple((word, str(wakes.total()), _kinds(wakes)) for word, wakes in false.items()),
            ),
        ),
        listing=(
            *(f"missed  {recording.name}" for recording in missed),
            *(f"false   {word:<12}{recording.name}" for word, wakes in false.items() for recording in wakes),
        ),
    )  # fmt: skip


def _kinds(recordings: Iterable[Recording]) -> str:
    counted = Counter(
        f"{recording.kind} “{recording.label}”" if recording.label else recording.kind for recording in recordings
    )
    return ", ".join(f"{kind}: {count}" if count > 1 else kind for kind, count in counted.most_common())
