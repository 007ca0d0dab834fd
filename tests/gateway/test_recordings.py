import os
import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gateway.audio import RATE_HZ, level_dbfs, samples
from gateway.errors import AudioError
from gateway.events import Sound
from gateway.recordings import LARGEST_BYTES, read_recording, write_wav
from tests.soundcard import tone

CONTAINERS = [
    *[("WAV", width) for width in ("PCM_U8", "PCM_24", "FLOAT", "ULAW")],
    *[("WAVEX", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")],
]
TONE = np.frombuffer(tone(440, seconds=1), "<i2")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "said.wav"


def refusal(path: Path) -> str:
    """Return why `path` is not read; it must be one line that names the file and a way out."""
    with pytest.raises(AudioError) as caught:
        read_recording(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "; " in message
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_a_recording_in_our_own_format_is_read_bit_by_bit(file: Path) -> None:
    noise = np.random.default_rng(1).integers(-32_768, 32_767, 50_000, dtype=np.int16)
    soundfile.write(file, noise, RATE_HZ)
    assert read_recording(file) == noise.tobytes()


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_width_and_channels_become_the_same_sound(
    file: Path, container: tuple[str, str], rate_hz: int, channels: int
) -> None:
    mono = np.frombuffer(tone(440, seconds=1, rate_hz=rate_hz), "<i2") / 32_768
    soundfile.write(file, np.tile(mono, (channels, 1)).T, rate_hz, format=container[0], subtype=container[1])
    pcm = read_recording(file)
    assert len(samples(pcm)) == pytest.approx(RATE_HZ, rel=0.01)
    assert level_dbfs(pcm) == pytest.approx(level_dbfs(TONE.tobytes()), abs=0.5)
    spectrum = np.abs(np.fft.rfft(samples(pcm)))
    assert np.argmax(spectrum) * RATE_HZ / len(samples(pcm)) == pytest.approx(440, abs=3)


def test_channels_are_averaged(file: Path) -> None:
    soundfile.write(file, np.array([[1000, 3000]] * 1600, dtype=np.int16), RATE_HZ)
    assert set(samples(read_recording(file))) == {2000}


def test_floats_beyond_full_scale_are_clipped(file: Path) -> None:
    soundfile.write(file, np.array([0.5, 3.0, -3.0, 1.0, -1.0], dtype=np.float32), RATE_HZ, subtype="FLOAT")
    assert list(samples(read_recording(file))) == [16_384, 32_767, -32_768, 32_767, -32_768]


def test_a_wav_that_was_written_into_a_pipe_is_read_to_its_end(file: Path) -> None:
    soundfile.write(file, TONE, RATE_HZ)
    content = bytearray(file.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    file.write_bytes(content)
    assert read_recording(file) == TONE.tobytes()


def test_a_part_of_odd_length_before_the_sound_is_passed_over(file: Path) -> None:
    soundfile.write(file, TONE, RATE_HZ)
    content = file.read_bytes()
    extra = b"note\x03\x00\x00\x00abc\x00"
    riff = (len(content) - 8 + len(extra)).to_bytes(4, "little")
    file.write_bytes(b"RIFF" + riff + content[8:36] + extra + content[36:])
    assert read_recording(file) == TONE.tobytes()


def test_a_missing_file_is_refused(file: Path) -> None:
    assert refusal(file) == "there is no such file; check the name"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).startswith("is a directory")


def test_a_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").startswith("is not an ordinary file")


def test_a_file_without_bytes_is_refused(file: Path) -> None:
    file.touch()
    assert refusal(file).startswith("is empty (0 bytes)")


def test_a_path_through_a_file_is_refused(file: Path) -> None:
    file.touch()
    assert refusal(file / "x.wav").startswith("cannot be read (Not a directory)")


def test_a_recording_that_may_not_be_read_is_refused(file: Path) -> None:
    soundfile.write(file, TONE, RATE_HZ)
    file.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65_534)  # permissions mean nothing to root
    try:
        message = refusal(file)
    finally:
        if is_root:
            os.seteuid(0)
    assert message.startswith("may not be read")


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff\xe0" + bytes(500), b"RIFF\x10\0\0\0AVI " + bytes(99), b"x", b"fLaX" * 9]
)
def test_what_is_no_sound_file_is_refused_whatever_its_name(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert refusal(file).startswith("is not a WAV, FLAC or OGG file")


@pytest.mark.parametrize("container", [("WAV", "PCM_16"), ("WAVEX", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9, 0.999])
def test_a_recording_that_is_cut_off_is_refused(file: Path, container: tuple[str, str], kept: float) -> None:
    noise = np.random.default_rng(2).normal(0, 3000, 80_000).astype(np.int16)
    soundfile.write(file, noise, RATE_HZ, format=container[0], subtype=container[1])
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept)])
    message = refusal(file)
    assert "cut off" in message or "damaged" in message


def test_a_flac_that_promises_more_than_it_holds_is_refused(file: Path) -> None:
    soundfile.write(file, TONE, RATE_HZ, format="FLAC")
    content = bytearray(file.read_bytes())
    content[22:26] = (20_000).to_bytes(4, "big")
    file.write_bytes(content)
    message = refusal(file)
    assert "cut off" in message or "damaged" in message


def test_a_wav_that_ends_within_its_header_is_refused(file: Path) -> None:
    soundfile.write(file, TONE, RATE_HZ)
    for length in (12, 20, 40):
        file.write_bytes(file.read_bytes()[:length])
        assert refusal(file).startswith("is cut off before its sound begins")
        soundfile.write(file, TONE, RATE_HZ)


def test_a_wav_of_endless_parts_is_refused(file: Path) -> None:
    file.write_bytes(b"RIFF\xff\xff\xff\x7fWAVE" + b"junk\0\0\0\0" * 2_000)
    assert "in its first 1000 parts" in refusal(file)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(file: Path, value: float) -> None:
    sound = np.zeros(100_000, dtype=np.float32)
    sound[90_000] = value
    soundfile.write(file, sound, RATE_HZ, subtype="FLOAT")
    assert refusal(file).startswith("holds samples that are no numbers")


def test_ten_minutes_are_read_and_a_sample_more_is_refused(file: Path) -> None:
    soundfile.write(file, np.zeros(8_000 * 600, dtype=np.int16), 8_000, format="FLAC")
    assert len(read_recording(file)) == 2 * RATE_HZ * 600
    soundfile.write(file, np.zeros(8_000 * 600 + 1, dtype=np.int16), 8_000, format="FLAC")
    assert refusal(file).startswith("is longer than 10 minutes")


def test_a_header_that_lies_about_a_long_recording_does_not_help(file: Path) -> None:
    soundfile.write(file, np.zeros(8_000 * 601, dtype=np.int16), 8_000, format="OGG", subtype="OPUS")
    assert refusal(file).startswith("is longer than 10 minutes")


def test_a_huge_file_is_refused_before_it_is_read(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(LARGEST_BYTES + 1)
    assert "cut it into pieces" in refusal(file)


def test_a_recording_without_a_single_sample_is_refused(file: Path) -> None:
    soundfile.write(file, np.zeros(0, dtype=np.int16), RATE_HZ)
    assert refusal(file).startswith("holds no sound")


@pytest.mark.parametrize("rate_hz", [1_000, 1_000_000])
def test_an_absurd_rate_is_refused(file: Path, rate_hz: int) -> None:
    soundfile.write(file, TONE, rate_hz)
    assert refusal(file).startswith(f"its sample rate is {rate_hz} Hz")


def test_absurdly_many_channels_are_refused(file: Path) -> None:
    soundfile.write(file, np.zeros((100, 33), dtype=np.int16), RATE_HZ)
    assert refusal(file).startswith("has 33 channels")


def test_a_header_of_nonsense_is_refused(file: Path) -> None:
    file.write_bytes(b"RIFF\x40\0\0\0WAVEdata\x04\0\0\0abcd" + bytes(40))
    assert refusal(file).startswith("is damaged")


def test_what_is_written_can_be_read(file: Path) -> None:
    write_wav(file, Sound(rate_hz=22_050, pcm=tone(440, seconds=1, rate_hz=22_050)))
    info = soundfile.info(file)
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (22_050, 1, "PCM_16", 22_050)
    assert len(read_recording(file)) == pytest.approx(2 * RATE_HZ, abs=4)


def test_writing_replaces_an_earlier_recording_and_leaves_nothing_else(file: Path) -> None:
    file.write_bytes(b"earlier")
    write_wav(file, Sound(rate_hz=RATE_HZ, pcm=TONE.tobytes()))
    assert read_recording(file) == TONE.tobytes()
    assert list(file.parent.iterdir()) == [file]


def test_writing_into_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"cannot be written \(No such file or directory\); choose another place"):
        write_wav(tmp_path / "no" / "reply.wav", Sound(rate_hz=RATE_HZ, pcm=b""))


def test_a_directory_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="not an ordinary file"):
        write_wav(tmp_path, Sound(rate_hz=RATE_HZ, pcm=b""))


def test_a_disk_without_room_keeps_the_earlier_recording_and_nothing_half_written(file: Path) -> None:
    file.write_bytes(b"earlier")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(AudioError, match="cannot be written"):
            write_wav(file, Sound(rate_hz=RATE_HZ, pcm=TONE.tobytes()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == b"earlier"
    assert list(file.parent.iterdir()) == [file]
