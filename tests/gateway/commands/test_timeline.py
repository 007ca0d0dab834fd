import io
import json

from rich.console import Console

from gateway.commands.timeline import ENDINGS, EXIT_CODES, OUTCOMES, JsonLines, Timeline
from gateway.events import (
    ActionDone,
    ConsentAsked,
    Event,
    Hypothesis,
    IntentRecognized,
    NothingHeard,
    Outcome,
    PartialTranscript,
    QuestionAsked,
    Reply,
    ReplyAudio,
    Sound,
    SpeechEnded,
    SpeechResumed,
    SpeechStarted,
    StateChange,
    Transcript,
    TurnEnded,
    TurnFailed,
    WakeDetected,
)

LAMP = StateChange(entity_id="light.lamp", name="Lamp", before="off", after="on")
READINGS = (Hypothesis(text="turn on the lamb", score=-0.1), Hypothesis(text="turn on the lamp", score=-0.2))
EVENTS: list[tuple[Event, str]] = [
    (
        WakeDetected(t_ms=1_500, wake_word="okay_nabu", score=0.98, second_score=0.9),
        "okay nabu (98%, second opinion 90%)",
    ),
    (WakeDetected(t_ms=1_500, wake_word="alexa", score=0.98), "alexa (98%)"),
    (SpeechStarted(t_ms=1_600), "begins"),
    (PartialTranscript(t_ms=2_000, text="turn [on"), "“turn [on” …"),
    (SpeechResumed(t_ms=2_700), "goes on"),
    (SpeechEnded(t_ms=2_600, reason="understood"), "is over: a complete command, then a short pause"),
    (Transcript(t_ms=3_000, text="turn on the lamb", score=-0.1, hypotheses=READINGS), "“turn on the lamb” (90% sure)"),
    (
        IntentRecognized(t_ms=3_000, name="HassTurnOn", slots={"name": "Lamp"}, heard="the lamb", used="the lamp"),
        "HassTurnOn(name=Lamp) as if it were “the lamp”",
    ),
    (IntentRecognized(t_ms=3_000, name="HassNevermind", slots={}, heard="a", used="a"), "HassNevermind()"),
    (QuestionAsked(t_ms=3_100, text="Should I [really]?"), "“Should I [really]?”"),
    (ActionDone(t_ms=3_200, intent="HassTurnOn", changes=(LAMP, LAMP)), "Lamp: off → on; Lamp: off → on"),
    (ConsentAsked(t_ms=3_250, request_id="0123", content="audio"), "asked whether audio may be sent"),
    (Reply(t_ms=3_300, text="Done", first_sound_ms=700), "“Done”"),
    (NothingHeard(t_ms=3_300, reason="noise"), "noise, or speech too unclear to act on"),
    (TurnFailed(t_ms=3_300, code="engine"), "engine"),
    (TurnEnded(t_ms=3_300, outcome=Outcome.ACTION, stages_ms={}), "done"),
    (
        TurnEnded(t_ms=3_300, outcome=Outcome.ANSWER, stages_ms={"stt": 600.4, "first_sound": 700.0}),
        "answered · ms after speech: stt 600, first sound 700",
    ),
]
"""Each kind of event, and what a person reads of it."""


def shown(event: Event, writer: type[Timeline | JsonLines]) -> str:
    out = io.StringIO()
    writer(Console(file=out, width=120)).write(event)
    return out.getvalue().strip()


def test_a_person_reads_when_and_what_in_plain_words() -> None:
    for event, words in EVENTS:
        line = shown(event, Timeline)
        assert line.startswith(f"{event.t_ms / 1000:.2f} s")
        assert line.endswith(words)


def test_a_program_reads_a_json_object_a_line() -> None:
    for event, _ in EVENTS:
        values = json.loads(shown(event, JsonLines))
        assert (values["type"], values["t_ms"]) == (event.type, event.t_ms)


def test_sound_is_not_shown() -> None:
    event = ReplyAudio(t_ms=0, sound=Sound(rate_hz=16_000, pcm=b""))
    assert shown(event, Timeline) == shown(event, JsonLines) == ""


def test_every_way_to_end_has_its_words_and_its_exit_code() -> None:
    assert set(OUTCOMES) == set(EXIT_CODES) == set(Outcome)
    assert set(ENDINGS) == {"understood", "pause", "max_length", "end_of_audio"}
