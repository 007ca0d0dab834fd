"""Whole turns on real models, in this process: voices, paces, noises, and all wake words with no pause after them."""

from collections.abc import Callable

import pytest

from gateway.events import Event, IntentRecognized, Outcome, Reply, Transcript, TurnEnded, WakeDetected
from gateway.turn.earlier import Earlier
from gateway.turn.words import plain_words
from tests.e2e.conftest import Turn
from tests.fakes import ScriptedCloud, ScriptedMemory
from tests.voices import Voices, hiss, hum, louder, mixed, music, silence

COMMAND = "turn on the kitchen lights."
QUIET = silence(0.5)


def outcome(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], TurnEnded)
    return events[-1].outcome


def woken_by(events: list[Event]) -> str | None:
    return next((event.wake_word for event in events if isinstance(event, WakeDetected)), None)


def assert_lights_on(events: list[Event]) -> None:
    heard = [event.text for event in events if isinstance(event, Transcript)]
    assert outcome(events) is Outcome.ACTION, heard
    intent = next(event for event in events if isinstance(event, IntentRecognized))
    assert (intent.name, intent.slots) == ("HassTurnOn", {"area": "Kitchen", "domain": "light"}), heard


@pytest.mark.parametrize("said", ["Okay Nabu", "Hey Jarvis"])
@pytest.mark.parametrize("pace", [0.85, 1.0, 1.2])
async def test_words_right_after_the_wake_word_are_not_lost(turn: Turn, voices: Voices, said: str, pace: float) -> None:
    takes = [await turn(QUIET + voices.piper(f"{said} {COMMAND}", pace, take)) for take in range(3)]
    woken = [events for events in takes if woken_by(events) == said.casefold().replace(" ", "_")]
    assert len(woken) >= 2
    for events in woken:
        assert_lights_on(events)


async def test_hey_mycroft_wakes_too_with_half_a_breath_after_it(turn: Turn, voices: Voices) -> None:
    events = await turn(QUIET + voices.piper(f"Hey Mycroft, {COMMAND}", 1.2))
    assert woken_by(events) == "hey_mycroft"
    assert_lights_on(events)


async def test_alexa_wakes_too_with_half_a_breath_after_it(turn: Turn, voices: Voices) -> None:
    events = await turn(QUIET + voices.piper(f"Alexa, {COMMAND}"))
    assert woken_by(events) == "alexa"
    assert_lights_on(events)


@pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3", "en-gb+m3"])
@pytest.mark.parametrize("words_per_minute", [130, 200])
async def test_a_command_is_understood_in_many_voices(
    turn: Turn, voices: Voices, voice: str, words_per_minute: int
) -> None:
    command = voices.espeak("turn on the kitchen lights", voice, words_per_minute)
    assert_lights_on(await turn(QUIET + voices.piper("Okay Nabu.") + silence(0.4) + command))


@pytest.mark.parametrize("pace", [0.75, 1.5])
async def test_a_command_is_understood_at_many_paces(turn: Turn, voices: Voices, pace: float) -> None:
    assert_lights_on(await turn(QUIET + voices.piper("Okay Nabu.") + silence(0.4) + voices.piper(COMMAND, pace)))


@pytest.mark.parametrize("factor", [0.15, 1.4])
async def test_a_command_is_understood_soft_and_loud(turn: Turn, voices: Voices, factor: float) -> None:
    assert_lights_on(await turn(louder(QUIET + voices.piper(f"Okay Nabu, {COMMAND}"), factor)))


@pytest.mark.parametrize("noise", [hiss, hum, music], ids=["hiss", "hum", "music"])
async def test_a_command_is_understood_over_noise(turn: Turn, voices: Voices, noise: object) -> None:
    said = QUIET + voices.piper(f"Okay Nabu, {COMMAND}") + QUIET
    assert_lights_on(await turn(mixed(said, noise(4.0), snr_db=15)))  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum", "music", "babble"])
@pytest.mark.parametrize("is_awake", [False, True])
async def test_nobody_is_answered_who_did_not_speak(
    turn: Turn, no_speech: dict[str, bytes], kind: str, is_awake: bool
) -> None:
    events = await turn(no_speech[kind], is_awake=is_awake)
    assert outcome(events) in (Outcome.NO_WAKE, Outcome.NOTHING_HEARD)
    assert not {event.type for event in events} & {"wake", "action", "question", "reply", "reply_audio"}


async def test_talk_that_is_not_meant_for_it_wakes_nobody(turn: Turn, voices: Voices) -> None:
    talk = [
        "I said that the lights in the kitchen should be on by now.",
        "Have you seen my jar of this? Hey, my craft is better than yours.",
        "Okay, now who wants dinner? Electra and Alex are late again.",
    ]
    for sentence in talk:
        assert outcome(await turn(QUIET + voices.piper(sentence))) is Outcome.NO_WAKE


async def test_a_cough_after_the_wake_word_does_not_use_up_the_turn(turn: Turn, voices: Voices) -> None:
    cough = hiss(0.15, level_dbfs=-12)
    said = voices.piper("Okay Nabu.") + silence(0.3) + cough + silence(1.2) + voices.piper(COMMAND)
    assert_lights_on(await turn(QUIET + said))


@pytest.mark.parametrize("opening", ["Ask the cloud", "Please ask the cloud:", "Can you ask the cloud,"])
async def test_who_asks_the_cloud_is_heard_and_a_person_asked(turn: Turn, voices: Voices, opening: str) -> None:
    cloud = ScriptedCloud()
    question = "what is the capital of Australia?"
    events = await turn(QUIET + voices.piper(f"Okay Nabu. {opening} {question}"), cloud=cloud)
    assert outcome(events) is Outcome.CONSENT_ASKED
    assert [" ".join(plain_words(asked.text)) for asked in cloud.proposals] == ["what is the capital of australia"]


async def test_what_was_said_before_can_be_listened_to_by_the_cloud(
    turn: Turn, voices: Voices, read_back: Callable[[bytes], str]
) -> None:
    cloud, earlier = ScriptedCloud(), Earlier()
    events = await turn(
        QUIET + voices.piper("Okay Nabu. Order a pizza with extra cheese."), cloud=cloud, earlier=earlier
    )
    assert outcome(events) is Outcome.NOT_UNDERSTOOD
    events = await turn(QUIET + voices.piper("Okay Nabu. Ask the cloud to listen."), cloud=cloud, earlier=earlier)
    assert outcome(events) is Outcome.CONSENT_ASKED
    (asked,) = cloud.proposals
    assert "pizza with extra cheese" in read_back(asked.sound)
    earlier.forget()


async def test_a_question_that_the_house_cannot_answer_is_proposed_and_can_be_taken_back(
    turn: Turn, voices: Voices
) -> None:
    cloud = ScriptedCloud(waiting=1)
    events = await turn(QUIET + voices.piper("Okay Nabu. How many moons does Jupiter have?"), cloud=cloud)
    assert outcome(events) is Outcome.CONSENT_ASKED
    assert "jupiter" in cloud.proposals[0].text.casefold()
    for said in ("Never mind.", "Forget that."):
        assert outcome(await turn(QUIET + voices.piper(f"Okay Nabu. {said}"), cloud=cloud)) is Outcome.NEVER_MIND
    assert len(cloud.withdrawn) == 2


@pytest.mark.parametrize(
    "said", ["Forget what I just said.", "Please delete what I just said.", "Forget that I said that."]
)
async def test_what_was_said_before_can_be_forgotten(turn: Turn, voices: Voices, said: str) -> None:
    memory, cloud = ScriptedMemory(), ScriptedCloud()
    events = await turn(QUIET + voices.piper(f"Okay Nabu. {said}"), memory=memory, cloud=cloud)
    assert outcome(events) is Outcome.FORGOTTEN, [event.text for event in events if isinstance(event, Transcript)]
    assert memory.asked == [("forget_last", "local")]
    assert cloud.proposals == []


@pytest.mark.parametrize(
    ("answer", "ended"), [("Yes, please.", Outcome.FORGOTTEN), ("No, thank you.", Outcome.NOT_CONFIRMED)]
)
async def test_what_was_said_today_can_be_forgotten_but_only_after_a_yes(
    turn: Turn, voices: Voices, answer: str, ended: Outcome
) -> None:
    memory = ScriptedMemory()
    said = voices.piper("Okay Nabu. Forget everything I said today.") + silence(1.5) + voices.piper(answer)
    events = await turn(QUIET + said, memory=memory)
    assert outcome(events) is ended, [event.text for event in events if isinstance(event, Transcript)]
    assert (("forget_today", "local") in memory.asked) is (ended is Outcome.FORGOTTEN)
    assert [event.text for event in events if isinstance(event, Reply)] == [
        "Okay, I have forgotten 3 things." if ended is Outcome.FORGOTTEN else "Okay, I forgot nothing."
    ]


async def test_who_only_takes_a_request_back_has_nothing_forgotten(turn: Turn, voices: Voices) -> None:
    memory = ScriptedMemory()
    for said in ("Forget it.", "Don't forget what I said."):
        await turn(QUIET + voices.piper(f"Okay Nabu. {said}"), memory=memory)
    assert memory.asked == []
