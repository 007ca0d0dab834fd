from gateway.events import Outcome, TurnEnded, TurnFailed
from gateway.turn.progress import Progress


class Times:
    def __init__(self) -> None:
        self.audio_ms = 0
        self.wall_s = 100.0

    def progress(self) -> Progress:
        return Progress(lambda: self.audio_ms, lambda: self.wall_s)


def test_time_is_audio_time_until_speech_ended_and_then_goes_on_with_the_wall_clock() -> None:
    times = Times()
    progress = times.progress()
    times.audio_ms = 1_000
    assert progress.now_ms == 1_000
    assert progress.since_speech_ms() == 0
    times.wall_s = 100.5
    assert progress.speech_ended(1_200, 100.4) == 1_200
    assert progress.now_ms == 1_300
    assert progress.since_speech_ms() == 100


def test_time_never_goes_back() -> None:
    times = Times()
    progress = times.progress()
    times.audio_ms = 2_000
    assert progress.now_ms == 2_000
    assert progress.not_before(1_500) == 2_000
    assert progress.speech_ended(1_800, 100.0) == 2_000


def test_stages_count_from_the_end_of_speech_and_the_last_time_counts() -> None:
    times = Times()
    progress = times.progress()
    progress.mark("stt")
    progress.speech_ended(0, 100.0)
    times.wall_s = 100.25
    progress.mark("stt")
    progress.outcome = Outcome.ANSWER
    assert progress.ended() == TurnEnded(t_ms=250, outcome=Outcome.ANSWER, stages_ms={"stt": 250.0})


def test_without_speech_there_are_no_stages() -> None:
    progress = Times().progress()
    progress.mark("stt")
    assert progress.ended() == TurnEnded(t_ms=0, outcome=Outcome.NOTHING_HEARD, stages_ms={})


def test_a_failure_is_how_the_turn_ends() -> None:
    progress = Times().progress()
    assert progress.failed("model") == TurnFailed(t_ms=0, code="model")
    assert progress.ended().outcome is Outcome.ERROR
