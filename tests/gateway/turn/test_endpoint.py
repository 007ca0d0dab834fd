import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audio import FRAME_MS
from gateway.turn.endpoint import Endpoint, EndpointSettings, Standing, Step

SPEECH, QUIET, UNSURE = 0.9, 0.1, 0.4


def steps(endpoint: Endpoint, probability: float, ms: int) -> list[Step]:
    return [endpoint.push(probability) for _ in range(ms // FRAME_MS)]


def changes(endpoint: Endpoint, probability: float, ms: int) -> list[Step]:
    return [step for step in steps(endpoint, probability, ms) if step is not Step.NOTHING]


def test_speech_begins_with_its_first_frame_once_it_is_long_enough() -> None:
    endpoint = Endpoint()
    assert changes(endpoint, QUIET, 320) == []
    assert changes(endpoint, SPEECH, 320) == [Step.STARTED]
    assert endpoint.speech_start_ms == 320
    assert endpoint.speech_end_ms == 640


def test_a_click_is_no_speech() -> None:
    endpoint = Endpoint()
    assert changes(endpoint, SPEECH, 64) == []
    assert changes(endpoint, QUIET, 640) == []
    assert endpoint.speech_start_ms is None
    assert endpoint.silence_ms == 0
    assert not endpoint.is_over(Standing.COMPLETE)


def test_a_pause_is_told_once() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    assert changes(endpoint, QUIET, 800) == [Step.PAUSED]
    assert endpoint.silence_ms == 800
    assert endpoint.speech_end_ms == 640
    assert endpoint.speech_ms == 640 + 800


@pytest.mark.parametrize(
    ("standing", "ends_ms"),
    [
        (Standing.COMPLETE, 320),
        (Standing.MAY_GO_ON, 672),
        (Standing.UNKNOWN, 800),
        (Standing.UNFINISHED, 1_504),
    ],
)
def test_how_long_a_pause_is_the_end_depends_on_the_words_before_it(standing: Standing, ends_ms: int) -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    changes(endpoint, QUIET, ends_ms - FRAME_MS)
    assert not endpoint.is_over(standing)
    endpoint.push(QUIET)
    assert endpoint.is_over(standing)


def test_who_sets_longer_pauses_has_them_in_the_same_order() -> None:
    slow = EndpointSettings(understood_pause_ms=900, end_pause_ms=2_000)
    assert slow.pause_after(Standing.MAY_GO_ON) == 900
    assert slow.pause_after(Standing.UNFINISHED) == 2_000


def test_who_speaks_on_after_a_pause_has_not_finished() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    assert changes(endpoint, QUIET, 416) == [Step.PAUSED]
    assert endpoint.is_over(Standing.COMPLETE)
    assert changes(endpoint, SPEECH, 640) == [Step.RESUMED]
    assert not endpoint.is_over(Standing.COMPLETE)
    assert changes(endpoint, QUIET, 800) == [Step.PAUSED]


def test_what_may_become_speech_again_is_no_end() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    changes(endpoint, QUIET, 768)
    assert changes(endpoint, SPEECH, 64) == []
    assert endpoint.silence_ms == 832
    assert not endpoint.is_over(Standing.UNKNOWN)


def test_a_click_in_a_pause_does_not_lengthen_it() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    changes(endpoint, QUIET, 320)
    assert changes(endpoint, SPEECH, 64) == []
    changes(endpoint, QUIET, 416)
    assert endpoint.is_over(Standing.UNKNOWN)


def test_a_frame_of_doubt_changes_nothing_either_way() -> None:
    endpoint = Endpoint()
    assert changes(endpoint, UNSURE, 640) == []
    changes(endpoint, SPEECH, 320)
    assert changes(endpoint, UNSURE, 960) == []
    assert endpoint.speech_end_ms == 1920


def test_nobody_speaks_on_for_ever() -> None:
    endpoint = Endpoint()
    assert changes(endpoint, SPEECH, 15_008)[:2] == [Step.STARTED, Step.TOO_LONG]


def test_nobody_is_waited_for_for_ever() -> None:
    endpoint = Endpoint(EndpointSettings(no_speech_ms=1_000))
    assert changes(endpoint, QUIET, 992) == []
    assert endpoint.push(QUIET) is Step.NO_SPEECH


@given(st.lists(st.floats(min_value=0, max_value=1), max_size=600))
def test_whatever_is_heard_the_end_comes_after_the_start_and_starts_come_once(probabilities: list[float]) -> None:
    endpoint = Endpoint()
    told = [endpoint.push(probability) for probability in probabilities]
    assert told.count(Step.STARTED) <= 1
    for before, after in zip((0, *range(len(told))), range(len(told)), strict=False):
        if told[after] is Step.RESUMED:
            assert Step.PAUSED in told[: after + 1]
        assert before <= after
    if endpoint.speech_start_ms is not None:
        assert endpoint.speech_end_ms is not None
        assert endpoint.speech_start_ms < endpoint.speech_end_ms <= len(told) * FRAME_MS
