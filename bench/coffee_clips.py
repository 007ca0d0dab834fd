"""Spoken coffee orders with what each asks for, in quiet and with other sound; the same in every run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.manifest import Recording, chosen
from bench.wake_noise import Surroundings
from gateway.audio import FULL_SCALE, RATE_HZ
from gateway.errors import ConfigError
from gateway.recordings import read_recording

KIND = "command_slots"
INTENT = "orderDrink"
"""The label of those recordings; others of this kind are about something else."""
NOISES: Mapping[str, tuple[str, ...]] = {
    "kitchen": ("negatives/noise/gsc_running_tap",),
    "café": (
        "negatives/conversation/pyannote_dev01",
        "negatives/conversation/pyannote_trn02",
        "negatives/conversation/pyannote_trn05",
        "negatives/conversation/pyannote_trn09",
        "negatives/conversation/pyannote_tst00",
    ),
}
"""Of each noise the recordings that sound together: water that runs; people who talk at several tables."""
AROUND_S = 0.3
"""How long there is only noise, before and after."""

type Slots = Mapping[str, str]
type _Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording."""

    recording: Recording
    slots: Slots
    """What is asked for, in lower case."""
    is_held_out: bool
    """Whether nobody looked at it while thresholds were chosen: every second one, by name."""


def orders(recordings: Sequence[Recording]) -> tuple[Order, ...]:
    """Return the coffee orders among the recordings. Raises ConfigError where there are none."""
    found = sorted(
        (one for one in chosen(recordings, KIND, language="en") if one.label == INTENT), key=lambda one: one.name
    )
    if not found:
        raise ConfigError(f"the manifest has no {KIND!r} recordings of {INTENT!r}")
    return tuple(
        Order(recording=one, slots=_slots(one.slots), is_held_out=place % 2 == 1) for place, one in enumerate(found)
    )


def noises(recordings: Sequence[Recording]) -> dict[str, Surroundings]:
    """Return the noises by name. Raises ConfigError where a recording is missing, AudioError."""
    by_name = {one.name.rpartition(".")[0]: one for one in recordings}
    found = {}
    for name, sources in NOISES.items():
        missing = [source for source in sources if source not in by_name]
        if missing:
            raise ConfigError(f"the manifest lacks what the noise {name!r} is made of: {', '.join(missing)}")
        found[name] = Surroundings(noises=(_together([by_name[source] for source in sources]),), echoes=())
    return found


def sounds(order: Order, around: Mapping[str, Surroundings], noise_db: float | None) -> Iterator[tuple[str, bytes]]:
    """Yield an order's sound (16 kHz mono s16le) in each noise, or once in quiet where there is to be none."""
    pcm = read_recording(order.recording.path)
    if noise_db is None:
        yield "quiet", pcm
        return
    for name, surroundings in around.items():
        name_there = order.recording.name
        mixed = surroundings.around(name_there, pcm, snr_db=noise_db, before_s=AROUND_S, after_s=AROUND_S)
        yield name, mixed[0]


def _together(recordings: Sequence[Recording]) -> _Samples:
    """Return what recordings sound like at once, each as loud as the others, as long as the shortest."""
    each = [np.frombuffer(read_recording(one.path), dtype="<i2").astype(np.float64) for one in recordings]
    length = min(map(len, each))
    mixed = np.sum([one[:length] / max(float(np.sqrt(np.mean(one[:length] ** 2))), 1.0) for one in each], axis=0)
    scaled: _Samples = mixed / float(np.max(np.abs(mixed))) * (FULL_SCALE / 2)
    return scaled


def _slots(text: str) -> Slots:
    """Return the slots of a row, without the blanks that some have around them."""
    values: dict[str, str] = json.loads(text)
    return {name: " ".join(str(value).casefold().split()) for name, value in values.items()}


def length_s(pcm: bytes) -> float:
    """Return how long a sound is."""
    return len(pcm) / 2 / RATE_HZ
