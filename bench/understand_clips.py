"""What is said in `bench understand`: recorded commands, and sentences in Piper's voice, near and across a room.

Piper's chance is off, and everything that is drawn is drawn by the words, so that every run hears the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final
from zlib import crc32

import numpy as np
from piper import PiperVoice, SynthesisConfig

from bench.gold import Meaning, Source
from bench.manifest import Recording
from bench.speech import in_room
from bench.wake_noise import Surroundings, echoed, surroundings
from gateway.audio import RATE_HZ, SAMPLE_BYTES, resample
from gateway.errors import AudioError, ConfigError
from gateway.house import House
from gateway.recordings import read_recording

LENGTH_SCALES: Final = (0.85, 1.0, 1.15)
"""How long Piper draws what it says: quick, usual, slow."""
BEFORE_S: Final = 0.5
AFTER_S: Final = 1.0
"""The room around what is said: recordings end with their last word, as life does not."""
LONGEST_S: Final = 28.0
"""With what is around it Whisper hears so much at once; nobody gives a command for longer."""


class Group(StrEnum):
    """Who speaks."""

    PEOPLE = "people"
    SYNTHETIC = "synthetic recordings"
    NEAR = "Piper, near"
    ACROSS = "Piper, across a room"


class Noise(StrEnum):
    """What else is to be heard."""

    NOISE = "noise or music"
    TALK = "people who talk"


KINDS: Final = {Noise.NOISE: ("negative_noise", "negative_music"), Noise.TALK: ("negative_speech",)}
"""The recordings of each, by their kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence that is to be heard."""

    name: str
    text: str
    group: Group
    file: Path | None = None
    """The recording; Piper speaks what has none."""
    length_scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is said in one house."""

    source: Source
    house: House
    area_id: str
    said: tuple[Said, ...]
    is_frozen: bool
    """Whether what counts, and as what, stands in `gold.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What both sides hear."""

    said: Said
    meant: Meaning
    pcm: bytes
    """16 kHz mono s16le, with the room around it."""
    noise: Noise | None = None
    """What is below it."""


def of_recordings(recordings: Iterable[Recording]) -> tuple[Said, ...]:
    """Return the recordings that have a transcript."""
    return tuple(
        Said(
            name=one.name,
            text=one.transcript.strip(),
            group=Group.PEOPLE if one.is_human else Group.SYNTHETIC,
            file=one.path,
        )
        for one in recordings
        if one.transcript.strip()
    )


def of_sentences(texts: Iterable[str]) -> tuple[Said, ...]:
    """Return sentences for Piper to say: each third at the same speed, each second across a room."""
    return tuple(
        Said(
            name="Piper",
            text=text,
            group=Group.ACROSS if number % 2 else Group.NEAR,
            length_scale=LENGTH_SCALES[number % len(LENGTH_SCALES)],
        )
        for number, text in enumerate(texts)
    )


class Sounds:
    """Makes clips of what is said."""

    def __init__(self, voice: Path, recordings: Sequence[Recording], noise_db: float | None) -> None:
        """`voice` is a Piper model, among `recordings` are rooms, and what is `noise_db` below what is said.

        Raises AudioError; ConfigError where there is to be noise, and none is there.
        """
        self._model = voice
        self._noise_db = noise_db
        self._echoes = surroundings(recordings, ()).echoes
        noises = {noise: surroundings(recordings, kinds).noises for noise, kinds in KINDS.items()}
        self._noises = [(noise, Surroundings(noises=some, echoes=())) for noise, some in noises.items() if some]
        if noise_db is not None and not self._noises:
            raise ConfigError("there are no recordings of noise to mix in; set LOCAL_VOICE_SHARED")

    def clips(self, said: Sequence[Said], meanings: Mapping[str, Meaning]) -> Iterator[Clip]:
        """Yield what can be read, and is no longer than Whisper hears at once."""
        for one in said:
            try:
                pcm = self._spoken(one) if one.file is None else read_recording(one.file)
            except AudioError as error:
                print(f"left out: {error}")
                continue
            if len(pcm) > LONGEST_S * RATE_HZ * SAMPLE_BYTES:
                print(f"left out: {one.name} is longer than {LONGEST_S:.0f} s")
                continue
            noise, placed = self._placed(one, pcm)
            yield Clip(said=one, meant=meanings[one.text], pcm=placed, noise=noise)

    @cached_property
    def _voice(self) -> PiperVoice:
        return PiperVoice.load(self._model)

    def _spoken(self, said: Said) -> bytes:
        how = SynthesisConfig(length_scale=said.length_scale, noise_scale=0.0, noise_w_scale=0.0)
        sound = b"".join(chunk.audio_int16_bytes for chunk in self._voice.synthesize(said.text, how))
        pcm = resample(sound, self._voice.config.sample_rate, RATE_HZ)
        if said.group is not Group.ACROSS or not self._echoes:
            return pcm
        echo = self._echoes[_number(said.text) % len(self._echoes)]
        heard = echoed(np.frombuffer(pcm, dtype="<i2").astype(np.float64), echo)
        loudest = max(float(np.max(np.abs(heard))), 1.0)
        return (heard * min(1.0, np.iinfo("<i2").max / loudest)).astype("<i2").tobytes()

    def _placed(self, said: Said, pcm: bytes) -> tuple[Noise | None, bytes]:
        """Return what is below what is said, and both together, with the room around it."""
        if self._noise_db is None:
            return None, in_room(bytes(_size(BEFORE_S)) + pcm + bytes(_size(AFTER_S)), seed=_number(said.text))
        key = f"{said.name} {said.text}"
        noise, room = self._noises[_number(key) % len(self._noises)]
        (noisy,) = room.around(key, pcm, snr_db=self._noise_db, before_s=BEFORE_S, after_s=AFTER_S)
        return noise, noisy


def spread[T](items: Sequence[T], most: int | None) -> tuple[T, ...]:
    """Return at most so many, from all over."""
    if most is None or len(items) <= most:
        return tuple(items)
    return tuple(items[number * len(items) // most] for number in range(most))


def _size(seconds: float) -> int:
    return int(seconds * RATE_HZ) * SAMPLE_BYTES


def _number(text: str) -> int:
    return crc32(text.encode())
