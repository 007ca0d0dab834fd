"""One line in the log for each turn, and its outcome for others: ids, names of intents and times, never words."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.events import ConsentAsked, Event, IntentRecognized, Outcome, Reply, TurnEnded, TurnFailed, WakeDetected

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSummary:
    """What may be known of a turn outside of it."""

    outcome: Outcome
    wake_word: str
    """Empty where the turn needed none."""
    stages_ms: Mapping[str, float]


class TurnRecord:
    """Takes the events of one satellite's turns, one after the other."""

    def __init__(self, satellite_id: str, happened: Callable[[TurnSummary], None] = lambda _: None) -> None:
        """`happened` gets each turn when it is over."""
        self._satellite_id = satellite_id
        self._happened = happened
        self._wake_word = ""
        self._told: list[str] = []

    def __call__(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case WakeDetected():
                self._told = [f"wake {event.wake_word} {event.score:.2f}"]
            case IntentRecognized():
                self._told.append(f"intent {event.name}")
            case ConsentAsked():
                self._told.append(f"consent asked for {event.content}, request {event.request_id}")
            case Reply():
                self._told.append(f"first sound after {event.first_sound_ms} ms")
            case TurnFailed():
                _LOG.error("%s: failed: %s", self._satellite_id, event.code)
            case TurnEnded():
                self._ended(event)

    def began(self, wake_word: str) -> None:
        """Take what the turn began with; an empty word where it needed none."""
        self._wake_word = wake_word

    def forget(self) -> None:
        """Forget a turn that was left to another satellite."""
        self._wake_word, self._told = "", []

    def _ended(self, event: TurnEnded) -> None:
        stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in event.stages_ms.items())
        told = "; ".join([*self._told, f"ms after the end of speech: {stages or 'none'}"])
        _LOG.info("%s: turn: %s; %s", self._satellite_id, event.outcome, told)
        summary = TurnSummary(outcome=event.outcome, wake_word=self._wake_word, stages_ms=event.stages_ms)
        self.forget()
        self._happened(summary)
