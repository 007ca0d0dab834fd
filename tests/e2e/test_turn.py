"""`local-voice turn` as a person calls it: exit codes, events, and what it writes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.recordings import read_recording
from tests.e2e.program import Finished, run
from tests.voices import Voices, silence

LIGHTS = "Okay Nabu, turn on the kitchen lights."
OPEN = "Okay Nabu, open the garage door."
ACTED = ["wake", "speech_start", "speech_end", "transcript", "intent", "action", "reply", "end"]
FIELDS = {
    "wake": {"wake_word", "score", "second_score"},
    "speech_start": set(),
    "partial": {"text"},
    "speech_resumed": set(),
    "speech_end": {"reason"},
    "transcript": {"text", "score", "hypotheses"},
    "intent": {"name", "slots", "heard", "used", "rule_ids", "replaced", "is_asked", "is_nearest"},
    "question": {"text", "is_secret"},
    "action": {"intent", "changes"},
    "reply": {"text", "first_sound_ms"},
    "nothing_heard": {"reason"},
    "end": {"outcome", "stages_ms"},
}

type WriteWav = Callable[[str, bytes], Path]


@pytest.fixture
def lights(wav: WriteWav, voices: Voices) -> Path:
    return wav("lights.wav", silence(0.5) + voices.piper(LIGHTS))


def check_events(finished: Finished) -> None:
    """Check what holds for the events of every turn."""
    times_ms = [event["t_ms"] for event in finished.lines]
    assert times_ms == sorted(times_ms)
    assert all(isinstance(t_ms, int) and t_ms >= 0 for t_ms in times_ms)
    for event in finished.lines:
        assert list(event)[:2] == ["type", "t_ms"]
        assert set(event) == {"type", "t_ms"} | FIELDS[event["type"]]
    assert finished.types.count("end") == 1
    assert finished.types[-1] == "end"
    assert finished.err == ""


def test_a_command_is_done_and_answered(lights: Path, tmp_path: Path) -> None:
    reply = tmp_path / "reply.wav"
    finished = run("turn", lights, "--fast", "--json", "--out", reply)
    assert finished.code == 0
    assert finished.types == ACTED
    check_events(finished)
    assert finished.event("wake")["wake_word"] == "okay_nabu"
    hypotheses = finished.event("transcript")["hypotheses"]
    assert hypotheses[0]["text"] == finished.event("transcript")["text"]
    assert len(hypotheses) > 1
    intent = finished.event("intent")
    assert (intent["name"], intent["slots"]) == ("HassTurnOn", {"area": "Kitchen", "domain": "light"})
    changes = finished.event("action")["changes"]
    assert {change["entity_id"] for change in changes} == {"light.kitchen_ceiling", "light.kitchen_counter"}
    assert all(change["before"] == "off" for change in changes)
    end = finished.event("end")
    assert end["outcome"] == "action"
    assert set(end["stages_ms"]) == {"endpoint", "stt", "intent", "action", "first_sound"}
    assert finished.event("reply")["first_sound_ms"] == pytest.approx(end["stages_ms"]["first_sound"], abs=50)
    heard = run("transcribe", reply, "--json").lines[0]["text"]
    assert words(heard) == words(finished.event("reply")["text"])


def test_at_the_pace_of_life_the_same_happens(lights: Path) -> None:
    fast, real = run("turn", lights, "--fast", "--json"), run("turn", lights, "--json")
    assert real.types == fast.types == ACTED
    check_events(real)
    assert real.seconds > len(read_recording(lights)) / 32_000
    assert real.event("end")["stages_ms"]["first_sound"] < 3_000
    speech_end_ms = real.event("speech_end")["t_ms"]
    assert speech_end_ms == pytest.approx(fast.event("speech_end")["t_ms"], abs=100)


def test_a_person_sees_what_happened_line_by_line(lights: Path) -> None:
    finished = run("turn", lights, "--fast")
    lines = finished.out.splitlines()
    assert finished.code == 0
    for number, word in enumerate(("wake", "speech", "speech", "heard", "meaning", "changed")):
        assert word in lines[number].split()
    assert "HassTurnOn(area=Kitchen, domain=light)" in finished.out
    assert "“Turned on the lights”" in finished.out
    assert "Ceiling Light: off → on" in finished.out
    assert "done" in lines[-1].split() or "done" in lines[-2].split()


def test_a_question_is_answered_and_nothing_changes(wav: WriteWav, voices: Voices) -> None:
    path = wav("question.wav", silence(0.5) + voices.piper("Okay Nabu, what's the temperature in the bedroom?"))
    finished = run("turn", path, "--fast", "--json")
    check_events(finished)
    assert finished.code == 0
    assert finished.types == [kind for kind in ACTED if kind != "action"]
    assert finished.event("reply")["text"] == "19.2 degrees"
    assert finished.event("end")["outcome"] == "answer"


def test_what_the_house_cannot_do_is_answered_with_a_sorry(wav: WriteWav, voices: Voices, tmp_path: Path) -> None:
    path = wav("pizza.wav", silence(0.5) + voices.piper("Okay Nabu, order a pizza with extra cheese."))
    finished = run("turn", path, "--fast", "--json", "--out", tmp_path / "sorry.wav")
    check_events(finished)
    assert finished.code == 4
    assert finished.types == ["wake", "speech_start", "speech_end", "transcript", "reply", "end"]
    assert finished.event("reply")["text"].startswith("Sorry")
    assert finished.event("end")["outcome"] == "not_understood"
    assert "sorry" in words(run("transcribe", tmp_path / "sorry.wav", "--json").lines[0]["text"])


def test_the_wake_word_and_then_nothing_ends_quietly_after_five_seconds(
    wav: WriteWav, voices: Voices, tmp_path: Path
) -> None:
    path = wav("wake.wav", silence(0.5) + voices.piper("Okay Nabu.") + silence(8))
    finished = run("turn", path, "--fast", "--json", "--out", tmp_path / "reply.wav")
    check_events(finished)
    assert finished.code == 3
    assert finished.types == ["wake", "nothing_heard", "end"]
    assert finished.event("nothing_heard")["reason"] == "silence"
    waited_ms = finished.event("end")["t_ms"] - finished.event("wake")["t_ms"]
    assert waited_ms == pytest.approx(5_000, abs=300)
    assert not (tmp_path / "reply.wav").exists()


def test_without_the_wake_word_nothing_is_recognised(wav: WriteWav, voices: Voices) -> None:
    path = wav("no-wake.wav", silence(0.5) + voices.piper("Turn on the kitchen lights."))
    finished = run("turn", path, "--fast", "--json")
    check_events(finished)
    assert finished.code == 3
    assert finished.types == ["nothing_heard", "end"]
    awake = run("turn", path, "--fast", "--json", "--no-wake")
    assert awake.code == 0
    assert awake.types == ACTED[1:]


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum", "music", "babble"])
def test_sounds_that_are_no_speech_get_no_answer(kind: str, no_speech: dict[str, bytes], wav: WriteWav) -> None:
    finished = run("turn", wav(f"{kind}.wav", no_speech[kind]), "--fast", "--json", "--no-wake")
    check_events(finished)
    assert finished.code == 3
    assert finished.event("nothing_heard")
    assert not {"action", "question", "reply"} & set(finished.types)


def test_a_garage_is_opened_only_after_a_yes(wav: WriteWav, voices: Voices) -> None:
    command = silence(0.5) + voices.piper(OPEN) + silence(3)
    said = run("turn", wav("yes.wav", command + voices.piper("Yes.") + silence(0.5)), "--fast", "--json")
    check_events(said)
    assert said.code == 0
    question = said.types.index("question")
    assert said.types[question:] == ["question", "speech_start", "speech_end", "transcript", "action", "reply", "end"]
    assert said.event("question")["text"] == "Should I open the Garage Door?"
    assert said.event("action")["changes"][0]["after"].startswith("open")
    assert said.event("end")["outcome"] == "action"
    for name, answer in (("no.wav", voices.piper("No, don't.")), ("silent.wav", silence(9))):
        refused = run("turn", wav(name, command + answer), "--fast", "--json")
        check_events(refused)
        assert refused.code == 0
        assert "action" not in refused.types
        assert refused.event("end")["outcome"] == "not_confirmed"
        assert refused.event("reply")["text"] == "Okay, I left it as it is."


def test_never_mind_ends_a_turn_without_a_word(wav: WriteWav, voices: Voices) -> None:
    path = wav("never.wav", silence(0.5) + voices.piper("Okay Nabu, never mind."))
    finished = run("turn", path, "--fast", "--json")
    check_events(finished)
    assert finished.code == 0
    assert finished.types == ["wake", "speech_start", "speech_end", "transcript", "intent", "end"]
    assert finished.event("end")["outcome"] == "never_mind"


def test_a_house_of_ones_own_is_understood_from_where_one_stands(wav: WriteWav, voices: Voices, tmp_path: Path) -> None:
    house = tmp_path / "house.yaml"
    house.write_text(
        "areas:\n  - name: Attic\n  - name: Cellar\n"
        "entities:\n"
        "  - {name: Attic Lamp, domain: light, area: Attic}\n"
        "  - {name: Cellar Lamp, domain: light, area: Cellar}\n"
    )
    path = wav("here.wav", silence(0.3) + voices.piper("Turn on the lights."))
    arguments = ("turn", path, "--fast", "--json", "--no-wake", "--home", house)
    here = run(*arguments, "--area", "cellar")
    assert here.code == 0
    assert [change["name"] for change in here.event("action")["changes"]] == ["Cellar Lamp"]
    assert run(*arguments).code == 4, "without a place, nobody knows which lights"


def test_another_wake_word_can_be_chosen(wav: WriteWav, voices: Voices, tmp_path: Path) -> None:
    path = wav("jarvis.wav", silence(0.5) + voices.piper("Hey Jarvis, turn on the kitchen lights."))
    assert run("turn", path, "--fast", "--json").code == 3
    config = tmp_path / "config.toml"
    config.write_text('[wake]\nwords = ["okay_nabu", "hey_jarvis"]\n')
    finished = run("turn", path, "--fast", "--json", "--config", config)
    assert finished.code == 0
    assert finished.event("wake")["wake_word"] == "hey_jarvis"


def words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
