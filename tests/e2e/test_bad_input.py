"""What cannot be used gets one clear line that names the thing and a way out; nothing half-written is left behind."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gateway.audio import RATE_HZ
from tests.e2e.program import DEADLINE_S, Finished, run, started
from tests.voices import Voices, silence

type WriteWav = Callable[[str, bytes], Path]


def refused(finished: Finished, *said: str) -> str:
    """Check that a program refused its input as it should; return its one line."""
    assert finished.code == 2, finished
    assert finished.out == ""
    assert finished.err.endswith("\n")
    lines = finished.err.splitlines()
    assert len(lines) == 1, finished.err
    assert lines[0].startswith("local-voice: ")
    assert "Traceback" not in lines[0]
    for words in said:
        assert words in lines[0]
    return lines[0]


def truncated(path: Path) -> None:
    soundfile.write(path, np.zeros(RATE_HZ, dtype=np.int16), RATE_HZ)
    path.write_bytes(path.read_bytes()[:20_000])


def jpeg(path: Path) -> None:
    path.write_bytes(bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb0043") + bytes(2_000))


def not_a_number(path: Path) -> None:
    values = np.zeros(RATE_HZ, dtype=np.float32)
    values[100] = np.nan
    soundfile.write(path, values, RATE_HZ, subtype="FLOAT")


def too_long(path: Path) -> None:
    soundfile.write(path, np.zeros(8_000 * 601, dtype=np.int16), 8_000)


def empty(path: Path) -> None:
    path.touch()


def directory(path: Path) -> None:
    path.mkdir()


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


RECORDINGS = {
    "truncated": (truncated, "is cut off after"),
    "empty": (empty, "is empty (0 bytes)"),
    "jpeg": (jpeg, "is not a WAV, FLAC or OGG file"),
    "nan": (not_a_number, "holds samples that are no numbers"),
    "too long": (too_long, "is longer than 10 minutes"),
    "directory": (directory, "is a directory"),
    "missing": (missing, "there is no such file"),
}


@pytest.mark.parametrize("kind", RECORDINGS)
def test_a_recording_that_cannot_be_used(kind: str, tmp_path: Path) -> None:
    make, reason = RECORDINGS[kind]
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "said.wav"
    make(path)
    reply = tmp_path / "out" / "reply.wav"
    reply.parent.mkdir()
    line = refused(run("turn", path, "--fast", "--json", "--out", reply), f"{path}: {reason}")
    assert "; " in line
    assert list(reply.parent.iterdir()) == []


def test_every_command_that_reads_recordings_refuses_them_alike(tmp_path: Path) -> None:
    path = tmp_path / "none.wav"
    for arguments in (("transcribe", path), ("demo", "--wav", path, "--out", tmp_path / "replies")):
        refused(run(*arguments), f"{path}: there is no such file; check the name")
    assert not (tmp_path / "replies").exists()


def test_one_bad_recording_of_several_is_refused_before_any_work(tmp_path: Path, wav: WriteWav) -> None:
    good, bad = wav("good.wav", silence(1)), tmp_path / "bad.wav"
    bad.touch()
    refused(run("transcribe", good, bad, "--json"), f"{bad}: is empty")


def test_a_reply_that_cannot_be_written(tmp_path: Path, wav: WriteWav, voices: Voices) -> None:
    path = wav("lights.wav", silence(0.3) + voices.piper("Turn on the kitchen lights."))
    finished = run("turn", path, "--fast", "--no-wake", "--out", tmp_path / "none" / "reply.wav")
    assert finished.code == 2
    assert finished.err.count("\n") == 1
    assert f"{tmp_path}/none/reply.wav: cannot be written (No such file or directory)" in finished.err
    assert not (tmp_path / "none").exists()


def test_a_damaged_model(tmp_path: Path, wav: WriteWav, damaged_model: Path) -> None:
    environ = {"XDG_DATA_HOME": str(damaged_model)}
    said = (f"{damaged_model}/local-voice/models/tiny.en/model.bin: damaged: its SHA-256 is", "models add tiny.en")
    path = wav("silence.wav", silence(1))
    for arguments in (("turn", path, "--fast"), ("transcribe", path), ("listen",), ("serve",)):
        refused(run(*arguments, environ=environ), *said)
    doctor = run("doctor", environ=environ)
    assert doctor.code == 2
    assert "damaged" in doctor.out.replace("\n", " ")
    assert doctor.err == ""


def test_a_model_that_is_not_installed(wav: WriteWav) -> None:
    line = refused(run("transcribe", wav("silence.wav", silence(1)), "--model", "base"))
    assert line == "local-voice: the model base is not installed; add it: local-voice models add base"


def test_a_model_that_does_not_exist(wav: WriteWav) -> None:
    refused(run("transcribe", wav("silence.wav", silence(1)), "--model", "enormous"), "'enormous'; known are: ")


def test_a_model_that_does_not_know_the_language(wav: WriteWav) -> None:
    path = wav("silence.wav", silence(1))
    refused(run("transcribe", path, "--language", "de"), "hears English only, not 'de'; choose a multilingual one")


def test_a_wake_word_without_a_model(wav: WriteWav) -> None:
    path = wav("silence.wav", silence(1))
    refused(run("turn", path, "--fast", "--wake", "hey_house"), "wake.words: ", "'hey_house', must be of: okay_nabu, ")


def test_a_house_that_cannot_be_used(tmp_path: Path, wav: WriteWav) -> None:
    path, house = wav("silence.wav", silence(1)), tmp_path / "house.yaml"
    house.write_text("areas:\n  - name: Hall\nentities:\n  - {name: Lamp, domain: lamp, area: Hall}\n")
    for arguments in (("turn", path, "--fast"), ("understand", "turn on the lamp"), ("listen",)):
        line = refused(run(*arguments, "--home", house), f"{house}: ", "Lamp", "the known domains are: ")
        assert "light" in line
    house.write_text("areas: [")
    refused(run("understand", "hello", "--home", house), f"{house}: ")
    refused(run("understand", "hello", "--home", tmp_path / "none.yaml"), f"{tmp_path}/none.yaml: ")


def test_a_place_that_the_house_does_not_have() -> None:
    line = refused(run("understand", "turn on the lights", "--area", "Narnia"), "found 'Narnia'")
    assert "it has: Kitchen, Living Room" in line


def test_a_configuration_that_cannot_be_used(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    for text, said in (
        ("[stt]\nthreads = -1\n", "stt.threads: found -1, must be a whole number from 0 to 64"),
        ("[stt\n", "not TOML"),
        ('[home]\narea = "Narnia"\n', "home.area: found 'Narnia'"),
        (f'[home]\nhouse = "{tmp_path}/none.yaml"\n', f"{tmp_path}/none.yaml: "),
    ):
        config.write_text(text)
        refused(run("understand", "turn on the lights", "--config", config), said)
    refused(run("serve", "--config", tmp_path / "none.toml"), f"{tmp_path}/none.toml: there is no such configuration")
    own = tmp_path / "config" / "local-voice"
    own.mkdir(parents=True)
    (own / "config.toml").write_text("[stt]\nbeam = 5\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    refused(run("understand", "hello", environ=environ), f"{own}/config.toml: stt.beam: there is no such key")


def test_a_command_line_that_means_nothing() -> None:
    for arguments in ((), ("dance",), ("turn",), ("say", "hello", "--loud")):
        finished = run(*arguments)
        assert finished.code == 2
        assert finished.out == ""
        assert "usage: local-voice" in finished.err
        assert "Traceback" not in finished.err


def test_text_that_is_no_sentence(tmp_path: Path) -> None:
    refused(run("say", "   ", "--out", tmp_path / "x.wav"), "TEXT: found 3 characters")
    refused(run("understand", "-", text="x" * 5_000), "a line of more than 1000 bytes is no sentence")
    assert list(tmp_path.glob("*.wav")) == []


def test_input_that_is_no_text() -> None:
    finished = run("understand", "-", text=b"\xff\xfe turn on\n")
    refused(finished, "standard input: is not text in UTF-8")


def test_a_reader_that_goes_away_ends_a_command_quietly() -> None:
    with started("models", "list", "--json") as running:
        assert running.process.stdout is not None
        os.dup2(os.open(os.devnull, os.O_RDONLY), running.process.stdout.fileno())  # nobody holds the pipe's other end
        running.process.wait(DEADLINE_S)
    assert running.err == []
    assert running.process.returncode == 0
