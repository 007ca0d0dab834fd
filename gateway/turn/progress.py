"""How far a turn has come: its clock, how it will have ended, and when each stage was done."""

from collections.abc import Callable

from gateway.events import Outcome, TurnEnded, TurnFailed


class Progress:
    """One turn's times. Audio time goes with the samples; after the end of speech it goes on with the wall clock."""

    def __init__(self, audio_ms: Callable[[], int], clock: Callable[[], float]) -> None:
        """`audio_ms` is how much audio was pulled so far, `clock` is wall time in seconds."""
        self._audio_ms = audio_ms
        self._clock = clock
        self._speech_ended_s: float | None = None
        self._speech_ended_ms = 0
        self._done_s: dict[str, float] = {}
        self._latest_ms = 0
        self.outcome = Outcome.NOTHING_HEARD

    @property
    def now_ms(self) -> int:
        """Audio time of this moment; never less than it was before."""
        now_ms = self._audio_ms()
        if self._speech_ended_s is not None:
            now_ms = self._speech_ended_ms + round((self._clock() - self._speech_ended_s) * 1000)
        return self.not_before(now_ms)

    def not_before(self, t_ms: int) -> int:
        """Return `t_ms`, or the time of the latest event where that was later: events are told in order."""
        self._latest_ms = max(self._latest_ms, t_ms)
        return self._latest_ms

    def speech_ended(self, end_ms: int, wall_s: float) -> int:
        """Remember when speech ended, in audio and in wall time; return the audio time for the event."""
        self._speech_ended_ms = self.not_before(end_ms)
        self._speech_ended_s = wall_s
        return self._speech_ended_ms

    def mark(self, stage: str) -> None:
        """Remember that `stage` is done; the last time counts."""
        self._done_s[stage] = self._clock()

    def since_speech_ms(self) -> int:
        """Return the wall time since the end of speech."""
        return 0 if self._speech_ended_s is None else round((self._clock() - self._speech_ended_s) * 1000)

    def failed(self, code: str) -> TurnFailed:
        """Return the event of a failure, which is then how the turn ends."""
        self.outcome = Outcome.ERROR
        return TurnFailed(t_ms=self.now_ms, code=code)

    def ended(self) -> TurnEnded:
        """Return the last event."""
        ended_s = self._speech_ended_s
        stages_ms: dict[str, float] = {}
        if ended_s is not None:  # what was done before the last words took no time after them
            stages_ms = {stage: max(0.0, s - ended_s) * 1000 for stage, s in self._done_s.items()}
        return TurnEnded(t_ms=self.now_ms, outcome=self.outcome, stages_ms=stages_ms)
