from pathlib import Path

import numpy as np
import pytest

from bench.gold import Command, Meaning
from bench.manifest import Recording
from bench.understand_clips import (
    AFTER_S,
    BEFORE_S,
    LONGEST_S,
    Clip,
    Group,
    Noise,
    Said,
    Sounds,
    of_recordings,
    of_sentences,
    spread,
)
from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.config import Config
from gateway.errors import ConfigError, ModelError
from gateway.events import Sound
from gateway.models import ModelStore
from gateway.paths import models_dir
from gateway.recordings import write_wav

NO_VOICE = Path("no-voice.onnx")
ON = Meaning(commands=(Command(name="HassTurnOn", slots={}),))


def recording(folder: Path, name: str, kind: str, *, seconds: float = 1.0, said: str = "") -> Recording:
    """Return a recording of a tone."""
    path = folder / name
    tone = np.sin(np.arange(int(seconds * RATE_HZ)) / 9) * 8_000
    write_wav(path, Sound(rate_hz=RATE_HZ, pcm=tone.astype("<i2").tobytes()))
    return Recording(path=path, name=name, kind=kind, language="en", label="", transcript=said, is_human=True)


def clips(sounds: Sounds, said: tuple[Said, ...]) -> list[Clip]:
    return list(sounds.clips(said, {one.text: ON for one in said}))


def test_recordings_without_words_are_not_taken(tmp_path: Path) -> None:
    said = of_recordings([recording(tmp_path, "a.wav", "command", said="on "), recording(tmp_path, "b.wav", "command")])
    assert [(one.name, one.text, one.group) for one in said] == [("a.wav", "on", Group.PEOPLE)]


def test_sentences_are_spoken_at_all_speeds_both_near_and_across_a_room() -> None:
    said = of_sentences(["a", "b", "c", "d", "e", "f"])
    assert len({(one.length_scale, one.group) for one in said}) == 6


def test_what_is_drawn_is_from_all_over() -> None:
    assert spread(range(10), 3) == (0, 3, 6)
    assert spread(range(2), 3) == spread(range(2), None) == (0, 1)


def test_a_recording_is_heard_in_a_quiet_room_and_always_the_same(tmp_path: Path) -> None:
    said = of_recordings([recording(tmp_path, "a.wav", "command", said="on")])
    (clip,) = clips(Sounds(NO_VOICE, [], None), said)
    assert len(clip.pcm) == (BEFORE_S + 1.0 + AFTER_S) * RATE_HZ * SAMPLE_BYTES
    assert clip.noise is None
    assert 0 < np.abs(np.frombuffer(clip.pcm, dtype="<i2")[: RATE_HZ // 4]).max() < 300
    assert clips(Sounds(NO_VOICE, [], None), said) == [clip]


def test_what_is_too_long_or_no_sound_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = of_recordings([recording(tmp_path, "long.wav", "command", said="on", seconds=LONGEST_S + 1)])
    gone = Said(name="gone.wav", text="on", group=Group.PEOPLE, file=tmp_path / "gone.wav")
    assert clips(Sounds(NO_VOICE, [], None), (*said, gone)) == []
    told = capsys.readouterr().out
    assert "long.wav is longer than 28 s" in told
    assert "gone.wav: there is no such file" in told


def test_noise_is_below_what_is_said_and_around_it_and_of_both_kinds(tmp_path: Path) -> None:
    negatives = [recording(tmp_path, "rain.wav", "negative_noise"), recording(tmp_path, "talk.wav", "negative_speech")]
    said = tuple(
        one for number in range(12)
        for one in of_recordings([recording(tmp_path, f"{number}.wav", "command", said=f"on {number}")])
    )  # fmt: skip
    found = clips(Sounds(NO_VOICE, negatives, 10.0), said)
    assert {clip.noise for clip in found} == {Noise.NOISE, Noise.TALK}
    before = np.frombuffer(found[0].pcm, dtype="<i2")[: RATE_HZ // 4].astype(float)
    tone_rms = 8_000 / 2**0.5
    assert np.sqrt(np.mean(before**2)) == pytest.approx(tone_rms / 10**0.5, rel=0.05)


def test_noise_that_is_nowhere_is_missed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recordings of noise"):
        Sounds(NO_VOICE, [recording(tmp_path, "a.wav", "command")], 10.0)


@pytest.mark.models
def test_piper_says_the_same_each_time_and_slower_where_that_is_wanted(tmp_path: Path) -> None:
    try:
        voice = ModelStore(models_dir()).find(Config().tts.voice).main
    except ModelError:
        pytest.skip("needs the Piper voice")
    room = recording(tmp_path, "room.wav", "room_impulse_response", seconds=0.3)
    said = tuple(
        Said(name="Piper", text="turn on the lamp", group=group, length_scale=scale)
        for group, scale in ((Group.NEAR, 1.0), (Group.NEAR, 1.15), (Group.ACROSS, 1.0))
    )
    usual, slow, across = clips(Sounds(voice, [room], None), said)
    assert clips(Sounds(voice, [room], None), said[:1]) == [usual]
    assert len(slow.pcm) > len(usual.pcm)
    assert len(across.pcm) > len(usual.pcm)
