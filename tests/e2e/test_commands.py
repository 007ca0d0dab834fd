"""The other commands as a person calls them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gateway.recordings import read_recording
from tests.e2e.program import run
from tests.soundcard import SoundCard
from tests.voices import Voices, silence

DOCTOR_S = 40.0
"""It says ten seconds; tests share their cores."""
SCENES = [
    ["wake", "speech_start", "speech_end", "transcript", "intent", "action", "reply", "end"],
    ["wake", "speech_start", "speech_end", "transcript", "intent", "reply", "end"],
    ["wake", "speech_start", "speech_end", "transcript", "intent", "action", "reply", "end"],
    [
        *("wake", "speech_start", "speech_end", "transcript", "intent", "question"),
        *("speech_start", "speech_end", "transcript", "action", "reply", "end"),
    ],
    ["wake", "speech_start", "speech_end", "transcript", "reply", "end"],
    ["nothing_heard", "end"],
]

type WriteWav = Callable[[str, bytes], Path]


def plain(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())


# understand


def test_a_sentence_is_understood_and_answered() -> None:
    finished = run("understand", "turn on the kitchen lights", "--json")
    assert (finished.code, finished.err) == (0, "")
    assert finished.lines == [
        {"intent": "HassTurnOn", "slots": {"area": "Kitchen", "domain": "light"}, "answer": "Turned on the lights"}
    ]


def test_what_means_nothing_is_told_and_counts() -> None:
    finished = run("understand", "order a pizza", "--json")
    assert (finished.code, finished.err) == (4, "")
    assert finished.lines == [{"intent": None, "slots": {}, "answer": "Sorry, I couldn't understand that"}]


def test_sentences_are_read_from_standard_input_and_the_house_remembers() -> None:
    text = "lock the front door\n\n  is the garage door open?\nset the bedroom temperature to 21 degrees\nblah blah"
    finished = run("understand", "-", "--json", text=text)
    assert finished.code == 4
    assert [line["intent"] for line in finished.lines] == [
        "HassTurnOn",
        "HassGetState",
        "HassClimateSetTemperature",
        None,
    ]
    people = run("understand", "-", text="turn on the sofa lamp\nwhich lights are on?\n")
    assert people.code == 0
    assert "HassTurnOn(name=Sofa Lamp)" in people.out
    assert "Sofa Lamp" in people.out.splitlines()[-1] + people.out.splitlines()[-2]
    assert run("understand", "-", text="").code == 0


def test_from_where_one_speaks_decides_which_lights() -> None:
    finished = run("understand", "turn off the lights", "--area", "lounge", "--json")
    assert finished.lines[0]["slots"] == {"area": "Living Room", "domain": "light"}


# transcribe and say


def test_what_is_said_can_be_read(tmp_path: Path) -> None:
    said = {"one.wav": "The washing machine has finished.", "two.wav": "Somebody is at the front door."}
    for name, text in said.items():
        finished = run("say", text, "--out", tmp_path / name)
        assert (finished.code, finished.out, finished.err) == (0, "", "")
        with soundfile.SoundFile(tmp_path / name) as sound:
            assert (sound.samplerate, sound.channels, sound.subtype) == (22_050, 1, "PCM_16")
    finished = run("transcribe", *[tmp_path / name for name in said], "--json")
    assert (finished.code, finished.err) == (0, "")
    assert [Path(line["file"]).name for line in finished.lines] == list(said)
    for line, text in zip(finished.lines, said.values(), strict=True):
        assert plain(line["text"]) == plain(text)
        assert line["text"] == line["hypotheses"][0]["text"]
        assert line["score"] == line["hypotheses"][0]["score"] <= 0
        assert line["ms"] > 0
        scores = [hypothesis["score"] for hypothesis in line["hypotheses"]]
        assert scores == sorted(scores, reverse=True)
    people = run("transcribe", tmp_path / "one.wav")
    assert "washing machine" in people.out
    assert "%" in people.out


def test_a_minute_is_transcribed_whole(wav: WriteWav, voices: Voices) -> None:
    sentences = (
        "Turn on the lights in the kitchen.",
        "What is the temperature in the bedroom?",
        "Set a timer for ten minutes.",
        "Close the blinds in the living room.",
        "Is the front door locked?",
    )
    pieces = [voices.piper(sentence) + silence(1.2) for sentence in sentences]
    while sum(map(len, pieces)) < 60 * 32_000:
        pieces.append(pieces[len(pieces) - len(sentences)])
    finished = run("transcribe", wav("minute.wav", b"".join(pieces)), "--json")
    assert finished.code == 0
    heard = plain(finished.lines[0]["text"]).replace("10", "ten").split()
    expected = plain(" ".join(sentences[number % len(sentences)] for number in range(len(pieces)))).split()
    assert len(set(expected) - set(heard)) == 0
    assert len(heard) == pytest.approx(len(expected), rel=0.1)


def test_silence_has_no_words_worth_the_name(wav: WriteWav) -> None:
    finished = run("transcribe", wav("silence.wav", silence(3)), "--json")
    assert finished.code == 0
    assert len(finished.lines[0]["text"]) < 20


def test_other_formats_and_rates_are_heard_alike(tmp_path: Path, voices: Voices) -> None:
    values = np.frombuffer(voices.piper("Close the blinds in the living room."), "<i2").repeat(3) / 32_768
    files = [tmp_path / "stereo.wav", tmp_path / "mono.flac", tmp_path / "mono.ogg"]
    soundfile.write(files[0], np.stack([values, values], axis=1), 48_000, subtype="PCM_24")
    soundfile.write(files[1], values, 48_000)
    soundfile.write(files[2], values, 48_000, format="OGG", subtype="VORBIS")
    lines = run("transcribe", *files, "--json").lines
    assert [plain(line["text"]) for line in lines] == ["close the blinds in the living room"] * 3


# doctor


def test_doctor_measures_every_stage_and_gives_advice() -> None:
    finished = run("doctor")
    assert (finished.code, finished.err) == (0, "")
    for words in ("Configuration", "Processor", "tiny.en", "en_US-joe-medium", "okay_nabu", "whole", "Advice"):
        assert words in finished.out
    for stage in ("wake", "vad", "stt tiny.en", "intent", "tts"):
        assert any(line.strip().startswith(stage) for line in finished.out.splitlines())
    assert finished.seconds < DOCTOR_S


def test_doctor_says_that_a_model_does_not_hear_the_language_and_goes_on() -> None:
    finished = run("doctor", "--language", "de")
    assert (finished.code, finished.err) == (0, "")
    assert "does not hear German" in finished.out
    assert "tiny.en does not run as it is configured here" in finished.out


def test_doctor_names_the_missing_package(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text('raise OSError("PortAudio library not found")\n')
    finished = run("doctor", environ={"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)})
    assert (finished.code, finished.err) == (0, "")
    assert "sudo apt install alsa-utils or libportaudio2" in finished.out
    assert "none found" in finished.out
    for arguments in (("listen",), ("say", "hello")):
        finished = run(*arguments, environ={"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)})
        assert finished.code == 2
        assert finished.err.count("\n") == 1
        assert "install the package alsa-utils" in finished.err


def test_doctor_lists_the_sound_devices(soundcard: SoundCard) -> None:
    finished = run("doctor", environ=soundcard.environ)
    assert finished.code == 0
    assert "none found" not in finished.out
    assert "default" in finished.out or "pulse" in finished.out


# demo


def test_the_demo_shows_every_kind_of_turn(tmp_path: Path) -> None:
    finished = run("demo", "--json", "--out", tmp_path / "replies")
    assert (finished.code, finished.err) == (0, "")
    turns: list[list[str]] = [[]]
    for event in finished.lines:
        if event["type"] != "partial":  # comes when there is time
            turns[-1].append(event["type"])
        if event["type"] == "end":
            turns.append([])
    assert turns[:-1] == SCENES
    outcomes = [event["outcome"] for event in finished.lines if event["type"] == "end"]
    assert outcomes == ["action", "answer", "action", "action", "not_understood", "no_wake"]
    replies = [event["text"] for event in finished.lines if event["type"] == "reply"]
    written = sorted((tmp_path / "replies").iterdir())
    assert [path.name for path in written] == [f"reply-{number}.wav" for number in range(1, 6)]
    heard = run("transcribe", *written, "--json").lines
    assert plain(heard[2]["text"]) == plain(replies[2])
    assert "sorry" in plain(heard[4]["text"])


def test_the_demo_takes_a_recording_of_ones_own_and_says_what_to_do_next(
    wav: WriteWav, voices: Voices, tmp_path: Path
) -> None:
    path = wav("own.wav", silence(0.4) + voices.piper("Okay Nabu, what time is it?"))
    finished = run("demo", "--wav", path, "--out", tmp_path / "replies")
    assert finished.code == 0
    assert "HassGetCurrentTime" in finished.out
    assert "What to do next" in finished.out
    assert ".venv/bin/local-voice listen" in finished.out
    assert (tmp_path / "replies" / "reply-1.wav").is_file()
    assert read_recording(tmp_path / "replies" / "reply-1.wav")
