"""Sound files from memory: MP3, OGG, FLAC, WAV, AAC or M4A becomes mono s16le. For announcements.

Nothing is opened but the bytes themselves: no playlist, no other file, no network. Decoding is work for a thread.
"""

import io
from collections.abc import Iterator
from time import monotonic
from typing import Final

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer

from gateway.audio import FULL_SCALE, Clock, resample
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.recordings import HIGHEST_HZ, LOWEST_HZ, MOST_CHANNELS

LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Four minutes of MP3."""
LONGEST_S: Final = 300
"""Nobody listens to a longer announcement."""
DECODING_S: Final = 10.0
"""A file of that size takes a second; who needs longer wants to keep us busy."""
LOWEST_OUT_HZ, HIGHEST_OUT_HZ = 8_000, 48_000
"""What a satellite plays."""

_FORMATS: Final = "mp3,ogg,flac,wav,aac,mov"
_CODECS: Final = frozenset(
    {
        *("mp3", "mp3float", "vorbis", "libvorbis", "opus", "libopus", "flac", "aac", "alac"),
        *("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw"),
    }
)
_INTEGERS: Final = {1: (128, 128), 2: (0, 2**15), 4: (0, 2**31), 8: (0, 2**63)}
"""By bytes a sample: what silence is, and how many steps there are to full scale."""
_CONVERT: Final = "convert it to MP3, OGG, FLAC or WAV"


def decode(data: bytes, *, clock: Clock = monotonic) -> Sound:
    """Return the sound in a file's bytes at its own rate, from `LOWEST_OUT_HZ` to `HIGHEST_OUT_HZ`, mixed to mono.

    Of a file that is cut off, what is there. Raises AudioError for everything that is not at most `LARGEST_BYTES` of
    sound that lasts at most `LONGEST_S`, and where decoding takes longer than `DECODING_S`.
    """
    if not data:
        raise AudioError("the sound file is empty (0 bytes); send it again")
    if len(data) > LARGEST_BYTES:
        raise AudioError(f"the sound file has {len(data)} bytes, at most {LARGEST_BYTES} are read; shorten it")
    tape, until_s = _Tape(), clock() + DECODING_S
    try:
        with _opened(data) as container:
            for frame in _frames(container, clock, until_s):
                tape.record(frame)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        if tape.is_empty:
            raise AudioError(f"the sound file cannot be read ({type(error).__name__}); {_CONVERT}") from error
    return tape.sound()


def _opened(data: bytes) -> InputContainer:
    options = {
        "format_whitelist": _FORMATS,
        "codec_whitelist": ",".join(sorted(_CODECS)),
        "protocol_whitelist": "",  # whatever a file refers to stays closed
    }
    return av.open(io.BytesIO(data), "r", options=options, timeout=DECODING_S)


def _frames(container: InputContainer, clock: Clock, until_s: float) -> Iterator[AudioFrame]:
    """Yield the first stream's sound; what cannot be decoded in between is left out. Raises AudioError at `until_s`."""
    stream = next(iter(container.streams.audio), None)
    if stream is None:
        raise AudioError(f"the sound file holds no sound; {_CONVERT}")
    if getattr(stream.codec_context, "name", None) not in _CODECS:  # a codec that is not there has no context
        raise AudioError(f"the sound file holds sound of an unknown kind; {_CONVERT}")
    for packet in container.demux(stream):
        if clock() > until_s:
            raise AudioError(f"decoding the sound file takes longer than {DECODING_S:.0f} s; {_CONVERT}")
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


class _Tape:
    """Frames, mixed to mono, one after the other."""

    def __init__(self) -> None:
        self._rate_hz = 0
        self._samples = 0
        self._pieces: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing was recorded."""
        return not self._pieces

    def record(self, frame: AudioFrame) -> None:
        """Take the next stretch. Raises AudioError for one that does not fit or is no usable sound."""
        rate_hz, channels = frame.sample_rate, frame.layout.nb_channels
        self._rate_hz = self._rate_hz or rate_hz
        if rate_hz != self._rate_hz or not LOWEST_HZ <= rate_hz <= HIGHEST_HZ or not 0 < channels <= MOST_CHANNELS:
            raise AudioError(f"the sound file has an unusual sample rate or number of channels; {_CONVERT}")
        self._samples += frame.samples
        if self._samples > LONGEST_S * rate_hz:
            raise AudioError(f"the sound file lasts longer than {LONGEST_S // 60} minutes; cut it into pieces")
        self._pieces.append(_mono(frame, channels))

    def sound(self) -> Sound:
        """Return everything that was recorded. Raises AudioError where that is nothing."""
        pcm = b"".join(self._pieces)
        if not pcm:
            raise AudioError(f"the sound file holds no sound; {_CONVERT}")
        rate_hz = min(max(self._rate_hz, LOWEST_OUT_HZ), HIGHEST_OUT_HZ)
        return Sound(rate_hz=rate_hz, pcm=resample(pcm, self._rate_hz, rate_hz))


def _mono(frame: AudioFrame, channels: int) -> bytes:
    """Return a frame's sound as mono s16le, whatever its samples are; what is no number is silence."""
    values = frame.to_ndarray()
    by_channel = values if frame.format.is_planar else values.reshape(-1, channels).T
    if values.dtype.kind == "f":
        floats = np.clip(np.nan_to_num(by_channel), -1.0, 1.0).astype(np.float32)
    else:
        middle, steps = _INTEGERS[values.dtype.itemsize]
        floats = ((by_channel.astype(np.float64) - middle) / steps).astype(np.float32)
    mixed = floats.mean(axis=0)
    return np.clip(np.rint(mixed * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
