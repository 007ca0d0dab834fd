"""Who speaks nearest: the stretch of a sound that is louder than what else is to be heard.

Where other people talk as well, recognition writes down those, too. Who said the wake word mostly stands nearer, and is
louder: what is well below is cut off before and after.
"""

from dataclasses import dataclass
from math import log10
from typing import Final

import numpy as np

from gateway.audio import RATE_HZ, SAMPLE_BYTES, samples

STEP_MS: Final = 20
"""Between two looks at how loud it is."""
AROUND_MS: Final = 150
"""How much is kept before and after: soft beginnings and endings."""
MOMENT_MS: Final = 100
"""Over which it is measured how loud what is cut off is."""
LOUDEST_PERCENT: Final = 95
"""What is louder than so much of it is as loud as who speaks nearest."""
MOST_BELOW_DB: Final = 30.0
"""Where it is further below than this for half of the time before, nobody else is to be heard: of who speaks alone
nothing is cut off, however softly they end."""
LEAST_BEFORE_MS: Final = 200
"""Less before tells nothing."""
LEAST_BELOW_DB: Final = 5.0
"""Where the loud moments of what would be cut off are nearer than this, the same person speaks there."""
GAP_MS: Final = 300
"""A soft moment no longer than this is within a stretch: between two words."""

type Power = np.ndarray[tuple[int], np.dtype[np.float64]]
"""Of each sample."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A way to tell what is well below."""

    window_ms: int
    """Over which it is measured how loud it is."""
    below_db: float
    """Than the loudest; what is further below is cut off."""
    is_from_first_to_last: bool = False
    """Whether all between the first and the last loud moment is kept, and not only the stretch with most energy."""


CUTS: Final = (Cut(200, 13.0), Cut(100, 8.0), Cut(200, 10.0, is_from_first_to_last=True))
"""Several, as none is right for every voice: what two of them agree on was said (docs/understanding.md)."""


def foregrounds(pcm: bytes, cuts: tuple[Cut, ...] = CUTS) -> tuple[bytes, ...]:
    """Return the louder stretches of 16 kHz mono s16le, each once; none where nothing else is to be heard.

    Raises AudioError for half a sample.
    """
    power = np.square(samples(pcm), dtype=np.float64)
    if power.size == 0:
        return ()
    found = dict.fromkeys(_stretch(power, cut) for cut in cuts)
    return tuple(pcm[one.start * SAMPLE_BYTES : one.stop * SAMPLE_BYTES] for one in found if _is_near(power, one))


def _is_near(power: Power, stretch: range) -> bool:
    """Tell whether somebody else is to be heard before it, and nobody as loud before or after."""
    before, after = power[: stretch.start], power[stretch.stop :]
    if before.size < RATE_HZ * LEAST_BEFORE_MS // 1000:
        return False
    loud_db = _level_db(power[stretch.start : stretch.stop], LOUDEST_PERCENT)
    is_softer = all(
        _level_db(part, LOUDEST_PERCENT) <= loud_db - LEAST_BELOW_DB for part in (before, after) if part.size
    )
    return is_softer and _level_db(before, 50) >= loud_db - MOST_BELOW_DB


def _level_db(power: Power, percent: int) -> float:
    """Return what so much of it is softer than, in moments."""
    return _db(float(np.percentile(_around(power, MOMENT_MS), percent)))


def _db(power: float) -> float:
    return 10 * log10(max(power, 1e-9))


def _around(power: Power, window_ms: int) -> Power:
    """Return the mean power around each step."""
    window = RATE_HZ * window_ms // 1000
    summed = np.cumsum(np.pad(power, (window // 2 + 1, window // 2)))
    return ((summed[window:] - summed[:-window]) / window)[:: RATE_HZ * STEP_MS // 1000]


def _stretch(power: Power, cut: Cut) -> range:
    """Return the samples of it."""
    step, around = (RATE_HZ * ms // 1000 for ms in (STEP_MS, AROUND_MS))
    power_around = _around(power, cut.window_ms)
    least = np.percentile(power_around, LOUDEST_PERCENT) * 10 ** (-cut.below_db / 10)
    loud = np.flatnonzero(power_around >= least)
    pauses = () if cut.is_from_first_to_last else np.flatnonzero(np.diff(loud) > GAP_MS // STEP_MS) + 1
    runs = np.split(loud, pauses)
    run = max(runs, key=lambda places: float(power_around[places[0] : places[-1] + 1].sum()))
    return range(max(int(run[0]) * step - around, 0), min(int(run[-1]) * step + around, power.size))
