"""Recordings as files: any of WAV, FLAC and OGG becomes 16 kHz mono s16le, and sound becomes a WAV.

Each unusable file is one AudioError of one line that names the file and the way out. Knows nothing of sound devices.
"""

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from gateway.audio import FULL_SCALE, RATE_HZ, samples
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.files import write_whole

LONGEST_S = 600
"""A voice turn takes seconds; ten minutes leave room for a whole test session in one file."""
LARGEST_BYTES = 256 * 1024 * 1024
"""Ten minutes of 48 kHz stereo in 32 bits are 230 MB."""
LOWEST_HZ, HIGHEST_HZ = 4_000, 384_000
"""Speech needs 4 kHz at the least; no sound device goes beyond 384 kHz."""
MOST_CHANNELS = 32
"""More than any microphone array for rooms has."""

_BLOCK_FRAMES = 65_536
_HEADER_BYTES = 12
_CHUNK_HEADER_BYTES = 8
_MOST_CHUNKS = 1_000
"""Ordinary files have fewer than twenty; a hostile one could have millions."""
_UNKNOWN_LENGTH_BYTES = 0x7FFF_0000
"""Programs that write WAV into a pipe promise this much or more, meaning "until the end"."""
_OGG_LARGEST_PAGE_BYTES = 65_307
_OGG_PAGE_HEADER_BYTES = 27
_OGG_LAST_PAGE_FLAG = 4
_CONVERT = "convert it to a WAV file"
_AGAIN = "copy or record it again"

type _Floats = np.ndarray[tuple[int], np.dtype[np.float32]]


def read_recording(path: Path) -> bytes:
    """Return the sound in `path` as 16 kHz mono s16le; channels are averaged, what is too loud is clipped.

    Raises AudioError for whatever is not a whole WAV, FLAC or OGG file of at most `LONGEST_S`.
    """
    try:
        _check_is_small_file(path)
        with path.open("rb") as file:
            _check_is_whole(path, file)
            return _decode(path, file)
    except FileNotFoundError as error:
        raise AudioError(f"{path}: there is no such file; check the name") from error
    except PermissionError as error:
        raise AudioError(f"{path}: may not be read; check its permissions") from error
    except soundfile.LibsndfileError as error:
        reason = error.error_string.removeprefix("Error : ").rstrip(". \n")
        raise AudioError(f"{path}: is damaged ({reason}); {_AGAIN}") from error
    except OSError as error:
        raise AudioError(f"{path}: cannot be read ({error.strerror}); check the disk") from error


def write_wav(path: Path, sound: Sound) -> None:
    """Write `sound` as a 16-bit mono WAV: wholly, or not at all. An earlier file of that name is replaced.

    Raises AudioError where that is not possible.
    """
    content = io.BytesIO()
    soundfile.write(content, samples(sound.pcm), sound.rate_hz, format="WAV", subtype="PCM_16")
    if path.exists() and not path.is_file():
        raise AudioError(f"{path}: is not an ordinary file and cannot be written over; choose another name")
    try:
        write_whole(path, content.getbuffer())
    except OSError as error:
        raise AudioError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def _check_is_small_file(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{path}: is a directory; name a recording in it")
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{path}: is not an ordinary file; save the sound to a WAV file first")
    if status.st_size == 0:
        raise AudioError(f"{path}: is empty (0 bytes); {_AGAIN}")
    if status.st_size > LARGEST_BYTES:
        raise AudioError(f"{path}: has {status.st_size} bytes, at most {LARGEST_BYTES} are read; cut it into pieces")


def _check_is_whole(path: Path, file: BinaryIO) -> None:
    """Raise AudioError for another format, and for files that libsndfile would silently read short."""
    header = file.read(_HEADER_BYTES)
    if header.startswith(b"RIFF") and header.endswith(b"WAVE"):
        _check_wav_is_whole(path, file)
    elif header.startswith(b"OggS"):
        _check_ogg_is_whole(path, file)
    elif not header.startswith(b"fLaC"):
        raise AudioError(f"{path}: is not a WAV, FLAC or OGG file, whatever its name says; convert it to a WAV file")
    file.seek(0)


def _check_wav_is_whole(path: Path, file: BinaryIO) -> None:
    for _ in range(_MOST_CHUNKS):
        header = file.read(_CHUNK_HEADER_BYTES)
        if len(header) < _CHUNK_HEADER_BYTES:
            raise AudioError(f"{path}: is cut off before its sound begins; {_AGAIN}")
        promised_bytes = int.from_bytes(header[4:], "little")
        if header.startswith(b"data"):
            break
        file.seek(promised_bytes + promised_bytes % 2, os.SEEK_CUR)
    else:
        raise AudioError(f"{path}: has no sound in its first {_MOST_CHUNKS} parts; {_CONVERT}")
    start = file.tell()
    present_bytes = file.seek(0, os.SEEK_END) - start
    if present_bytes < promised_bytes < _UNKNOWN_LENGTH_BYTES:
        raise AudioError(f"{path}: is cut off after {present_bytes} of {promised_bytes} bytes of sound; {_AGAIN}")


def _check_ogg_is_whole(path: Path, file: BinaryIO) -> None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _OGG_LARGEST_PAGE_BYTES, 0))
    tail = file.read(_OGG_LARGEST_PAGE_BYTES)
    page = tail[max(tail.rfind(b"OggS"), 0) :]
    is_last = len(page) >= _OGG_PAGE_HEADER_BYTES and page[5] & _OGG_LAST_PAGE_FLAG
    if is_last:
        segments = page[_OGG_PAGE_HEADER_BYTES : _OGG_PAGE_HEADER_BYTES + page[26]]
        if len(page) >= _OGG_PAGE_HEADER_BYTES + page[26] + sum(segments):
            return
    raise AudioError(f"{path}: is cut off: its last page is missing; {_AGAIN}")


def _decode(path: Path, file: BinaryIO) -> bytes:
    with soundfile.SoundFile(file) as sound:
        _check_is_sane(path, sound)
        resampler = soxr.ResampleStream(sound.samplerate, RATE_HZ, 1, dtype="float32", quality="HQ")
        pieces = [_s16le(resampler.resample_chunk(block)) for block in _mono_blocks(path, sound)]
        pieces.append(_s16le(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)))
    pcm = b"".join(pieces)
    if not pcm:
        raise AudioError(f"{path}: holds no sound; {_AGAIN}")
    return pcm


def _check_is_sane(path: Path, sound: soundfile.SoundFile) -> None:
    if not LOWEST_HZ <= sound.samplerate <= HIGHEST_HZ:
        allowed = f"{LOWEST_HZ} to {HIGHEST_HZ} Hz are read"
        raise AudioError(f"{path}: its sample rate is {sound.samplerate} Hz, {allowed}; convert it to 16000 Hz")
    if sound.channels > MOST_CHANNELS:
        raise AudioError(f"{path}: has {sound.channels} channels, at most {MOST_CHANNELS} are read; mix them down")
    _check_is_short(path, sound.frames, sound.samplerate)


def _check_is_short(path: Path, count: int, rate_hz: int) -> None:
    if count > LONGEST_S * rate_hz:
        raise AudioError(f"{path}: is longer than {LONGEST_S // 60} minutes; cut it into pieces")


def _mono_blocks(path: Path, sound: soundfile.SoundFile) -> Iterator[_Floats]:
    """Yield the sound in blocks, so that memory stays small however many channels there are."""
    count = 0
    while len(block := sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        count += len(block)
        _check_is_short(path, count, sound.samplerate)
        if not np.isfinite(block).all():
            raise AudioError(f"{path}: holds samples that are no numbers (NaN or infinite); {_CONVERT}")
        yield np.clip(block, -1.0, 1.0).mean(axis=1, dtype=np.float32)
    if count < sound.frames:
        raise AudioError(f"{path}: is cut off after {count} of {sound.frames} samples; {_AGAIN}")


def _s16le(block: _Floats) -> bytes:
    scaled = np.rint(block * np.float32(FULL_SCALE))
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()
