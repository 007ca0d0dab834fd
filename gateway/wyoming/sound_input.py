"""A Wyoming client's sound as the gateway hears it: 16 kHz mono s16le."""

from typing import Final

import numpy as np

from gateway.audio import RATE_HZ, SAMPLE_BYTES, Resampler, samples
from gateway.errors import ProtocolError
from gateway.wyoming.requests import Format

LOWEST_HZ: Final = 8_000
HIGHEST_HZ: Final = 48_000
MOST_CHANNELS: Final = 2


class SoundInput:
    """One stream of sound, converted piece by piece."""

    def __init__(self, form: Format) -> None:
        """Raises ProtocolError for a format that is not understood."""
        is_known = (
            LOWEST_HZ <= form.rate <= HIGHEST_HZ and form.width == SAMPLE_BYTES and 1 <= form.channels <= MOST_CHANNELS
        )
        if not is_known:
            raise ProtocolError(
                "unsupported_format",
                f"sound has {LOWEST_HZ} to {HIGHEST_HZ} Hz, {SAMPLE_BYTES} bytes a sample, 1 or 2 channels",
            )
        self.format = form
        self._resampler: Resampler | None = None

    def feed(self, payload: bytes) -> bytes:
        """Return what can already be said of the sound so far. Raises ProtocolError for half a sample."""
        if len(payload) % (SAMPLE_BYTES * self.format.channels):
            raise ProtocolError("malformed", "a piece of sound does not end with a whole sample")
        if self._resampler is None:
            self._resampler = Resampler(self.format.rate, RATE_HZ)
        return self._resampler.feed(_mono(payload, self.format.channels))

    def finish(self) -> bytes:
        """Return the rest; nothing may be fed afterwards."""
        return b"" if self._resampler is None else self._resampler.finish()


def _mono(payload: bytes, channels: int) -> bytes:
    if channels == 1:
        return payload
    return bytes(samples(payload).reshape(-1, channels).mean(axis=1).astype(np.int16).tobytes())
