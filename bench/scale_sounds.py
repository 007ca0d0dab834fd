"""What the crowds of `bench scale` hear: a quiet room, and sentences that all end at the same moment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.crowd import SETTLING_S
from bench.options import Options
from bench.speech import TALK, in_room, room, spoken
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, samples

SPEAKING: Final = (1, 2, 4, 8)
"""So many speak at once."""
APART_S: Final = 1.2
"""Between two wake words: who says the same one sooner is taken for the same person, heard in two rooms."""
BEFORE_S: Final = 0.8
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounds:
    """Files of 16 kHz mono s16le."""

    quiet: Path
    said: tuple[tuple[Path, ...], ...]
    """For each number of speakers, what each hears."""
    end_s: tuple[float, ...]
    """For each number, when all sentences end."""


async def sounds(options: Options, folder: Path) -> Sounds:
    """Write them into `folder`. Raises VoiceError."""
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
    return Sounds(quiet=quiet, said=tuple(paths), end_s=tuple(ends))


def _bytes(seconds: float) -> int:
    return int(seconds * RATE_HZ) * SAMPLE_BYTES


def _put(pcm: bytearray, sound: bytes, start: int) -> None:
    pcm[start : start + len(sound)] = sound


def _trimmed(pcm: bytes) -> bytes:
    """Return a synthetic voice's sound from its first to its last sample that is louder than `SPEECH_DBFS`."""
    loud = abs(samples(pcm).astype("int32")) > 32_768 * 10 ** (SPEECH_DBFS / 20)
    indices = loud.nonzero()[0]
    return pcm[indices[0] * SAMPLE_BYTES : (indices[-1] + 1) * SAMPLE_BYTES] if len(indices) else pcm
