"""Commands with a pause in them, at a word's end: spoken in two parts, or recordings that are opened in quiet places.

The pause is filled with the noise of a room, or with the recording's own.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from bench.manifest import Recording
from bench.speech import in_room, spoken
from bench.speech_end import SpeechEnd
from gateway.audio import RATE_HZ, SAMPLE_BYTES, samples
from gateway.events import Intent
from gateway.recordings import read_recording
from gateway.turn.stages import TextToSpeech
from gateway.turn.standing import is_same
from gateway.turn.words import plain_words

PAUSES_S = (0.3, 0.45, 0.6)
"""As long as people pause between two words of a sentence."""
BEFORE_S, AFTER_S = 0.6, 2.6
"""What is heard around a command; after it, so much that nothing ends for want of sound."""
LONGER = (" in the {area}", " in ten minutes", " to fifty percent", " to red", " and thirty seconds")
"""With what complete commands go on."""
SPLITS = 2
"""How many word boundaries of one sentence are tried, and how many quiet places of one recording."""
WINDOW = RATE_HZ // 100
"""Samples of a window in which loudness is measured."""
EDGE_S = 0.25
"""So near to the ends of what is said no pause is put."""
QUIET_DB = 30.0
"""What is so much quieter than the loudest window is not speech."""

type Match = Callable[[str], Awaitable[Intent | None]]
type Recognize = Callable[[bytes], Awaitable[str]]
"""Returns the likeliest reading of a sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A sentence in two parts."""

    first: str
    rest: str
    meant: Intent
    """What all of it means."""
    is_complete: bool
    """Whether the first part means something by itself."""

    @property
    def text(self) -> str:
        """All of it, with the pause shown."""
        return f"{self.first} … {self.rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A command with a pause in it."""

    split: Split
    pause_s: float
    pcm: bytes
    rest_end_ms: int
    """Where speech ends, by one pass of Silero over all of it."""
    is_recorded: bool


async def splits(sentences: Sequence[str], areas: Sequence[str], match: Match, most: int) -> list[Split]:
    """Return sentences in two parts, at most so many whose first part means nothing, and as many where it does."""
    incomplete: list[Split] = []
    complete: list[Split] = []
    for number, sentence in enumerate(sentences):
        words = sentence.split()
        boundaries = [1 + (number + step * 3) % (len(words) - 1) for step in range(SPLITS)] if len(words) > 1 else []
        for at in dict.fromkeys(boundaries):
            await _add(" ".join(words[:at]), " ".join(words[at:]), match, incomplete, complete)
        for longer in LONGER:
            for area in areas if "{area}" in longer else ("",):
                await _add(sentence, longer.format(area=area).strip(), match, incomplete, complete)
    return [*_spread(incomplete, most), *_spread(complete, most)]


async def spoken_clips(parts: Sequence[Split], tts: TextToSpeech) -> list[Clip]:
    """Return these sentences in our own voice, with pauses of all lengths in turn."""
    clips = []
    for number, (split, pause_s) in enumerate(zip(parts, cycle(PAUSES_S), strict=False)):
        first, rest = _trimmed(await spoken(split.first, tts)), _trimmed(await spoken(split.rest, tts))
        clips.append(_clip(split, pause_s, first, bytes(_size(pause_s)), rest, seed=number, is_recorded=False))
    return clips


async def recorded_clips(recordings: Sequence[Recording], match: Match, recognize: Recognize, most: int) -> list[Clip]:
    """Return recordings with a pause, where what is heard before it is how the true text begins."""
    clips: list[Clip] = []
    for recording in recordings:
        meant = await match(recording.transcript)
        if meant is None or len(clips) >= most:
            continue
        pcm = read_recording(recording.path)
        for at in _quiet_places(pcm):
            first, rest = pcm[:at], pcm[at:]
            split = await _heard_split(await recognize(first), recording.transcript, meant, match)
            if split is not None:
                pause_s = PAUSES_S[len(clips) % len(PAUSES_S)]
                pause = _noise_of(pcm, _size(pause_s))
                clips.append(_clip(split, pause_s, first, pause, rest, seed=len(clips), is_recorded=True))
    return clips


async def _add(first: str, rest: str, match: Match, incomplete: list[Split], complete: list[Split]) -> None:
    meant, before = await match(f"{first} {rest}"), await match(first)
    if meant is None or (before is not None and is_same(before, meant)):
        return
    split = Split(first=first, rest=rest, meant=meant, is_complete=before is not None)
    (complete if split.is_complete else incomplete).append(split)


async def _heard_split(heard: str, transcript: str, meant: Intent, match: Match) -> Split | None:
    """Return the sentence in the two parts that a sound's first part shows; None where that is at no word's end."""
    words, said = plain_words(transcript), plain_words(heard)
    if not said or len(said) >= len(words) or words[: len(said)] != said:
        return None
    first, rest = " ".join(said), " ".join(words[len(said) :])
    before = await match(first)
    if before is not None and is_same(before, meant):
        return None
    return Split(first=first, rest=rest, meant=meant, is_complete=before is not None)


def _clip(split: Split, pause_s: float, *sounds: bytes, seed: int, is_recorded: bool) -> Clip:
    """Return these sounds, one after the other, in a room."""
    pcm = in_room(b"".join([bytes(_size(BEFORE_S)), *sounds, bytes(_size(AFTER_S))]), seed=seed)
    rest_end_ms = round((SpeechEnd().seconds(pcm) or 0.0) * 1000)
    return Clip(split=split, pause_s=pause_s, pcm=pcm, rest_end_ms=rest_end_ms, is_recorded=is_recorded)


def _spread(found: Sequence[Split], most: int) -> Iterator[Split]:
    """Yield at most so many, from all over."""
    step = max(1, len(found) // most) if most else 1
    return islice(found, 0, len(found), step) if len(found) <= most else islice(found, 0, step * most, step)


def _size(seconds: float) -> int:
    return int(seconds * RATE_HZ) * SAMPLE_BYTES


def _loudness(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the level of each window in decibels."""
    values = samples(pcm).astype(np.float64)
    windows = values[: len(values) // WINDOW * WINDOW].reshape(-1, WINDOW)
    level: np.ndarray[tuple[int], np.dtype[np.float64]] = 10 * np.log10(np.mean(windows**2, axis=1) + 1.0)
    return level


def _speech(pcm: bytes) -> tuple[int, int]:
    """Return where what is said begins and ends, in samples."""
    loudness = _loudness(pcm)
    if not len(loudness):
        return 0, len(pcm) // SAMPLE_BYTES
    loud = np.flatnonzero(loudness > loudness.max() - QUIET_DB)
    return int(loud[0]) * WINDOW, (int(loud[-1]) + 1) * WINDOW


def _trimmed(pcm: bytes) -> bytes:
    begin, end = _speech(pcm)
    return pcm[begin * SAMPLE_BYTES : end * SAMPLE_BYTES]


def _quiet_places(pcm: bytes) -> list[int]:
    """Return the quietest places within what is said, as positions in bytes, quietest first."""
    loudness = np.convolve(_loudness(pcm), np.ones(3) / 3, mode="same")
    begin, end = _speech(pcm)
    edge = int(EDGE_S * RATE_HZ)
    first, last = (begin + edge) // WINDOW, (end - edge) // WINDOW
    places: list[int] = []
    for at in np.argsort(loudness[first:last]) + first if last > first else ():
        if all(abs(int(at) - place) > edge // WINDOW for place in places):
            places.append(int(at))
        if len(places) == SPLITS:
            break
    return [place * WINDOW * SAMPLE_BYTES for place in places]


def _noise_of(pcm: bytes, size: int) -> bytes:
    """Return so many bytes of a recording's own noise: its quietest tenth of a second, again and again."""
    loudness = np.convolve(_loudness(pcm), np.ones(10) / 10, mode="valid")
    at = int(np.argmin(loudness)) * WINDOW * SAMPLE_BYTES
    piece = pcm[at : at + 10 * WINDOW * SAMPLE_BYTES]
    return (piece * (size // max(len(piece), 1) + 1))[:size]
