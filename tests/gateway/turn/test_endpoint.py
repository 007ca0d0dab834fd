from hypothesis import given
from hypothesis import strategies as st

from gateway.audio import FRAME_MS
from gateway.turn.endpoint import Endpoint, EndpointSettings, Step

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
    assert not endpoint.may_end_if_understood


def test_a_pause_is_told_once_and_then_the_end() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    assert changes(endpoint, QUIET, 800) == [Step.PAUSED, Step.ENDED]
    assert endpoint.silence_ms == 800
    assert endpoint.speech_end_ms == 640


def test_who_speaks_on_after_a_pause_has_not_finished() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    assert changes(endpoint, QUIET, 416) == [Step.PAUSED]
    assert endpoint.may_end_if_understood
    assert changes(endpoint, SPEECH, 640) == [Step.RESUMED]
    assert not endpoint.may_end_if_understood
    assert changes(endpoint, QUIET, 800) == [Step.PAUSED, Step.ENDED]


def test_a_click_in_a_pause_does_not_lengthen_it() -> None:
    endpoint = Endpoint()
    changes(endpoint, SPEECH, 640)
    changes(endpoint, QUIET, 320)
    assert changes(endpoint, SPEECH, 64) == []
    assert changes(endpoint, QUIET, 416) == [Step.ENDED]


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
