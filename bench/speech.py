"""What is said and heard in benchmarks: sentences in our own voice, a quiet room, and someone talking in it."""

from collections.abc import AsyncIterator

import numpy as np

from gateway.audio import FULL_SCALE, RATE_HZ, resample
from gateway.events import Sound
from gateway.turn.stages import TextToSpeech

COMMANDS = (
    "Turn on the kitchen lights.",
    "What's the temperature in the bedroom?",
    "Set a timer for ten minutes.",
    "Cancel the timer.",
    "Turn off all the lights.",
    "Close the blinds in the living room.",
    "What time is it?",
    "Set the living room lights to fifty percent.",
    "Is the front door locked?",
    "Add milk to the shopping list.",
    "Order a pizza with extra cheese.",
    "What is the weather like?",
)
"""Actions, questions, and one that means nothing: a turn of each kind."""
TALK = "They had the first strawberries of the year at the market."
"""Somebody talks in the room, and not to us."""
ROOM_DBFS = -60.0
"""The hiss of a quiet room and its microphone."""


class Silent:
    """A voice that takes no time."""

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Yield next to nothing."""
        del text
        yield Sound(rate_hz=RATE_HZ, pcm=bytes(2))

    async def prepare(self, text: str) -> None:
        """Have nothing to prepare."""
        del text


async def spoken(text: str, tts: TextToSpeech) -> bytes:
    """Return `text` in our own voice, 16 kHz mono s16le."""
    sounds = [sound async for sound in tts.speak(text)]
    return b"".join(resample(sound.pcm, sound.rate_hz, RATE_HZ) for sound in sounds)


async def varied(tts: TextToSpeech) -> AsyncIterator[bytes]:
    """Yield `COMMANDS` for ever, each time a little louder or softer and with another hiss below."""
    said = [await spoken(text, tts) for text in COMMANDS]
    number = 0
    while True:
        loudness = 0.5 + 0.05 * (number % 11)
        yield in_room(said[number % len(said)], loudness=loudness, seed=number)
        number += 1


def in_room(pcm: bytes, *, loudness: float = 1.0, seed: int = 1) -> bytes:
    """Return `pcm`, scaled by `loudness`, in a quiet room."""
    return _s16le(np.frombuffer(pcm, dtype="<i2") * loudness + _hiss(len(pcm) // 2, seed))


def room(seconds: float, talk: bytes = b"", every_s: float = 20.0) -> bytes:
    """Return a quiet room in which `talk` is said once in `every_s`."""
    count = int(seconds * RATE_HZ)
    values = _hiss(count, seed=7)
    voice = np.frombuffer(talk, dtype="<i2")
    for start in range(RATE_HZ, count - len(voice), int(every_s * RATE_HZ)):
        values[start : start + len(voice)] += voice * 0.3
    return _s16le(values)


def _hiss(count: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).standard_normal(count) * FULL_SCALE * 10 ** (ROOM_DBFS / 20)


def _s16le(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    return np.clip(values, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
