"""Sound files made by the library's own encoders, whole, cut, mutated and hostile."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import av
import numpy as np
import pytest
import soundfile
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import sound_files
from gateway.audio import level_dbfs, samples
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.sound_files import DECODING_S, HIGHEST_OUT_HZ, LARGEST_BYTES, LONGEST_S, LOWEST_OUT_HZ, decode

CONTAINERS = (
    ("mp3", "libmp3lame", 44_100),
    ("ogg", "vorbis", 44_100),
    ("ogg", "libopus", 48_000),
    ("flac", "flac", 22_050),
    ("wav", "pcm_s16le", 16_000),
    ("wav", "pcm_f32le", 44_100),
    ("wav", "pcm_u8", 8_000),
    ("adts", "aac", 44_100),
    ("ipod", "aac", 44_100),
)
"""Container, codec, rate in Hz."""


def encoded(container: str, codec: str, rate_hz: int, *, seconds: float = 1.0, layout: str = "mono") -> bytes:
    """Return a file with a tone of half the full scale in it."""
    file = io.BytesIO()
    if codec == "vorbis":  # the library has no encoder for it
        blocks = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels) for frame in tone(rate_hz, seconds, layout)]
        soundfile.write(file, np.concatenate(blocks), rate_hz, format="OGG", subtype="VORBIS")
        return file.getvalue()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate_hz, layout=layout)
        assert isinstance(stream, AudioStream)
        for frame in tone(rate_hz, seconds, layout):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def tone(rate_hz: int, seconds: float, layout: str) -> Iterator[AudioFrame]:
    """Yield a tone of 440 Hz."""
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    wave = (16_384 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
    channels = 2 if layout == "stereo" else 1
    for start in range(0, len(wave), 1_024):
        block = np.repeat(wave[start : start + 1_024], channels).reshape(1, -1)
        frame = AudioFrame.from_ndarray(block, format="s16", layout=layout)
        frame.sample_rate = rate_hz
        yield frame


FILES = {f"{container}/{codec}": encoded(container, codec, rate_hz) for container, codec, rate_hz in CONTAINERS}


@pytest.mark.parametrize(("container", "codec", "rate_hz"), CONTAINERS)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_every_common_file_becomes_mono_sound_at_its_own_rate(
    container: str, codec: str, rate_hz: int, layout: str
) -> None:
    sound = decode(encoded(container, codec, rate_hz, layout=layout))
    assert sound.rate_hz == rate_hz
    assert sound.duration_ms == pytest.approx(1_000, abs=110)
    assert level_dbfs(sound.pcm) == pytest.approx(-9.0, abs=1.0)


@pytest.mark.parametrize(("rate_hz", "played_hz"), [(4_000, LOWEST_OUT_HZ), (96_000, HIGHEST_OUT_HZ)])
def test_rates_that_no_satellite_plays_are_brought_to_one_that_it_does(rate_hz: int, played_hz: int) -> None:
    sound = decode(encoded("wav", "pcm_s16le", rate_hz))
    assert sound.rate_hz == played_hz
    assert sound.duration_ms == pytest.approx(1_000, abs=2)
    crossings = np.count_nonzero(np.diff(np.signbit(samples(sound.pcm))))
    assert crossings == pytest.approx(880, abs=4)


def test_samples_that_are_no_numbers_are_silent() -> None:
    file = bytearray(FILES["wav/pcm_f32le"])
    start = file.index(b"data") + 8
    file[start : start + 400] = b"\xff" * 400
    sound = decode(bytes(file))
    assert sound.pcm[:200] == bytes(200)
    assert level_dbfs(sound.pcm) > -10


@pytest.mark.parametrize("name", ["mp3/libmp3lame", "ogg/vorbis", "flac/flac", "wav/pcm_s16le", "adts/aac"])
def test_of_a_file_that_is_cut_off_what_is_there_is_played(name: str) -> None:
    container, _, codec = name.partition("/")
    whole = encoded(container, codec, 44_100, seconds=6)
    sound = decode(whole[: len(whole) * 2 // 3])
    assert 1_000 < sound.duration_ms < 5_000


def test_words_about_the_sound_may_be_in_any_encoding() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as out:
        out.metadata["title"] = "Zaehne"
        stream = out.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for frame in tone(16_000, 0.5, "mono"):
            out.mux(stream.encode(frame))
    tagged = file.getvalue()
    assert b"Zaehne" in tagged
    assert decode(tagged.replace(b"Zaehne", b"Z\xe4h\xffne")).duration_ms == pytest.approx(500)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello, this is no sound", "cannot be read"),
        (bytes(5_000), "cannot be read"),
        (bytes(LARGEST_BYTES + 1), f"at most {LARGEST_BYTES}"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:5,\nhttp://127.0.0.1:1/a.mp3\n#EXT-X-ENDLIST\n", "cannot be read"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "cannot be read"),
        (encoded("aiff", "pcm_s16be", 16_000), "cannot be read"),
        (FILES["wav/pcm_s16le"].partition(b"data")[0] + b"data" + bytes(4), "no sound"),
        (encoded("wav", "pcm_s16le", 2_000), "unusual"),
        (encoded("wav", "pcm_u8", 8_000, seconds=LONGEST_S + 1), "longer than 5 minutes"),
    ],
    ids=["empty", "text", "zeros", "large", "playlist", "concat", "aiff", "nothing", "slow", "long"],
)
def test_what_is_no_short_sound_file_is_refused_in_one_line(data: bytes, reason: str) -> None:
    with pytest.raises(AudioError, match=reason) as refused:
        decode(data)
    assert "\n" not in str(refused.value)


def test_a_film_without_sound_and_sound_of_unknown_kinds_are_refused() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10, width=16, height=16, pix_fmt="yuv420p")
        out.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        out.mux(stream.encode(None))
    with pytest.raises(AudioError, match="holds no sound"):
        decode(file.getvalue())
    with pytest.raises(AudioError, match="unknown kind"):
        decode(encoded("wav", "adpcm_ms", 16_000))


def test_a_file_that_goes_on_at_another_rate_is_never_played_at_the_wrong_one() -> None:
    joined = encoded("adts", "aac", 16_000) + encoded("adts", "aac", 44_100)
    with pytest.raises(AudioError, match="unusual sample rate"):
        decode(joined)


def test_a_file_that_refers_to_another_is_refused_even_by_a_format_that_may(
    monkeypatch: pytest.MonkeyPatch, wav: Callable[[str, bytes], Path]
) -> None:
    other = wav("other.wav", bytes(32_000))
    monkeypatch.chdir(other.parent)
    monkeypatch.setattr(sound_files, "_FORMATS", "concat,wav")
    with pytest.raises(AudioError, match="cannot be read"):
        decode(f"ffconcat version 1.0\nfile '{other.name}'\n".encode())


def test_decoding_that_takes_too_long_is_given_up() -> None:
    calls = iter(range(1_000))
    with pytest.raises(AudioError, match="longer than 10 s"):
        decode(FILES["mp3/libmp3lame"], clock=lambda: next(calls) * (DECODING_S / 5))


@given(
    name=st.sampled_from(sorted(FILES)),
    edits=st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.integers(0, 255)), max_size=40),
    kept=st.floats(0, 1),
)
@settings(max_examples=250, deadline=None)
def test_a_damaged_file_is_played_or_refused_and_soon(
    name: str, edits: list[tuple[float, bool, int]], kept: float
) -> None:
    file = bytearray(FILES[name])
    for place, is_header, value in edits:
        file[int(place * ((400 if is_header else len(file)) - 1))] = value
    begun_s = monotonic()
    sound = decoded_or_refused(bytes(file[: int(len(file) * max(kept, 0.1))]))
    assert monotonic() - begun_s < DECODING_S
    if sound is not None:
        assert LOWEST_OUT_HZ <= sound.rate_hz <= HIGHEST_OUT_HZ
        assert 0 < sound.duration_ms <= LONGEST_S * 1_000 + 100


def decoded_or_refused(data: bytes) -> Sound | None:
    """Return the sound in a file; None where it is refused as it should be."""
    try:
        return decode(data)
    except AudioError:
        return None
