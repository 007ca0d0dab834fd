import time

import pytest

from gateway.engines.whisper_doubt import is_doubtful, is_loop
from gateway.engines.whisper_model import Decoded
from gateway.events import Hypothesis


def decoded(*hypotheses: tuple[str, float], no_speech: float = 0.0, is_cut_off: bool = False) -> Decoded:
    return Decoded(
        language="en",
        hypotheses=tuple(Hypothesis(text=text, score=score) for text, score in hypotheses),
        no_speech_probability=no_speech,
        is_cut_off=is_cut_off,
    )


@pytest.mark.parametrize(
    "text",
    [
        "turn on turn on turn on",
        "The light. The light. The light.",
        "All that, all that, all that, all that.",
        "stop stop stop stop",
        "Turn on the light in the " * 4,
        "Set it to ten" + " ten" * 30,
        "ありがとうございました。" * 12,
        "打开灯" * 30,
        "!" * 60,
    ],
)
def test_what_says_the_same_again_and_again_is_a_loop(text: str) -> None:
    assert is_loop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Stop.",
        "no no no",
        "Turn it on, turn it on!",
        "the blue light, the red light and the green light",
        "Two two two, five five five, one zero one zero.",
        "Turn off the lights in the kitchen, turn off the lights in the bedroom, and turn off the lights in the hall.",
        "リビングの電気をつけて。",
        "She had your dark suit in greasy wash water all year.",
    ],
)
def test_what_people_say_is_no_loop(text: str) -> None:
    assert not is_loop(text)


def test_a_loop_is_found_in_no_time_in_the_longest_text() -> None:
    text = " ".join(f"word{number % 80}" for number in range(224))
    started_s = time.perf_counter()
    is_loop(text)
    assert time.perf_counter() - started_s < 0.1


def test_a_likely_reading_is_believed() -> None:
    assert not is_doubtful(decoded(("Turn on the light.", -0.2), ("turn on turn on turn on turn on", -0.9)))


def test_an_unlikely_reading_is_doubted_and_a_soft_one_is_not() -> None:
    assert is_doubtful(decoded(("Resumed.", -1.2)))
    assert not is_doubtful(decoded(("Resume.", -0.9)))


def test_a_loop_is_doubted_however_likely() -> None:
    assert is_doubtful(decoded(("the lamp the lamp the lamp the lamp", -0.1)))


def test_a_reading_that_was_cut_off_is_doubted() -> None:
    assert is_doubtful(decoded(("Turn on the light and", -0.2), is_cut_off=True))


def test_silence_is_believed() -> None:
    assert not is_doubtful(decoded(no_speech=0.99))
