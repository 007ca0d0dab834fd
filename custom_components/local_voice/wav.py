"""The header before PCM that makes it a WAV file."""

import struct
from typing import Final

UNKNOWN_BYTES: Final = 0xFFFFFFFF
"""The length of sound that is still being made, as ffmpeg writes it to a pipe; readers go on to the end of the file."""
_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM: Final = 1
_SAMPLE_BYTES: Final = 2


def wav_header(rate_hz: int, sound_bytes: int = UNKNOWN_BYTES) -> bytes:
    """Return the header of mono s16le sound."""
    riff_bytes = min(sound_bytes + _HEADER.size - 8, UNKNOWN_BYTES)
    form = (16, _PCM, 1, rate_hz, rate_hz * _SAMPLE_BYTES, _SAMPLE_BYTES, _SAMPLE_BYTES * 8)
    return _HEADER.pack(b"RIFF", riff_bytes, b"WAVE", b"fmt ", *form, b"data", sound_bytes)
