"""When an utterance begins and when it is over, from the speech probability of each frame.

Decides only: it counts frames, and knows no clock, no audio and no words, but whether these may go on.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from gateway.audio import FRAME_MS


class Standing(StrEnum):
    """Whether what was heard so far is all of it, as far as its words tell."""

    COMPLETE = "complete"
    """It means something here, and nothing that naturally follows would change what is done."""
    MAY_GO_ON = "may_go_on"
    """It means something here, and something else with words that may follow: "… in the kitchen"."""
    UNFINISHED = "unfinished"
    """It means nothing yet, and something with words that may follow: "turn on the …"."""
    UNKNOWN = "unknown"
    """None of these; or nobody has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """What counts as speech, and which pause ends it."""

    speech_probability: float = 0.5
    """From here on a frame is speech (Silero's own default)."""
    silence_probability: float = 0.35
    """Below this it no longer is; between the two nothing changes (Silero's own hysteresis)."""
    min_speech_ms: int = 96
    """Shorter bursts are clicks and coughs."""
    pause_ms: int = 160
    """First sign that this may have been the end: recognition starts now, in case it was."""
    understood_pause_ms: int = 300
    """Ends a complete command; words that come before `open_pause_ms` is over still correct it."""
    open_pause_ms: int = 650
    """Ends a command that may go on, and nothing is answered before: people pause for up to 0.6 s between two words."""
    end_pause_ms: int = 800
    """Ends what means nothing here, and what is asked about before it is done: nobody is to be cut off there."""
    unfinished_pause_ms: int = 1_500
    """Ends what plainly is not finished: who says "turn on the …" looks for the word."""
    max_speech_ms: int = 15_000
    """No command is this long; a television is."""
    no_speech_ms: int = 5_000
    """The wake word, and then nothing: give up quietly."""

    def pause_after(self, standing: Standing) -> int:
        """Return the pause that ends an utterance which stands like this, in milliseconds."""
        pauses_ms = {
            Standing.COMPLETE: self.understood_pause_ms,
            Standing.MAY_GO_ON: max(self.open_pause_ms, self.understood_pause_ms),
            Standing.UNFINISHED: max(self.unfinished_pause_ms, self.end_pause_ms),
            Standing.UNKNOWN: self.end_pause_ms,
        }
        return pauses_ms[standing]


class Step(Enum):
    """What a frame changed."""

    NOTHING = auto()
    STARTED = auto()
    PAUSED = auto()
    RESUMED = auto()
    TOO_LONG = auto()
    NO_SPEECH = auto()


class Endpoint:
    """Follows one utterance. Times are milliseconds since the first frame pushed."""

    def __init__(self, settings: EndpointSettings | None = None) -> None:
        self._settings = settings or EndpointSettings()
        self._now_ms = 0
        self._run_start_ms = 0
        self._run_ms = 0
        self._is_speech = False
        self._is_paused = False
        self.speech_start_ms: int | None = None
        self.speech_end_ms: int | None = None
        """The end of the last frame of speech so far."""

    @property
    def silence_ms(self) -> int:
        """How long it has been silent since the last speech; 0 before any."""
        return 0 if self.speech_end_ms is None else self._now_ms - self.speech_end_ms

    @property
    def speech_ms(self) -> int:
        """How long ago speech began; 0 before any."""
        return 0 if self.speech_start_ms is None else self._now_ms - self.speech_start_ms

    def is_over(self, standing: Standing) -> bool:
        """Tell whether the pause is long enough for what stands like this.

        It is not over while there is a sound like speech, even one that is still too short to count.
        """
        return self._run_ms == 0 and self.silence_ms >= self._settings.pause_after(standing)

    def push(self, speech_probability: float) -> Step:
        """Take the next frame's speech probability and say what it changed."""
        frame_start_ms = self._now_ms
        self._now_ms += FRAME_MS
        if speech_probability >= self._settings.speech_probability:
            self._is_speech = True
        elif speech_probability < self._settings.silence_probability:
            self._is_speech = False
        if self._is_speech:
            return self._speech(frame_start_ms)
        self._run_ms = 0
        return self._silence()

    def _speech(self, frame_start_ms: int) -> Step:
        if self._run_ms == 0:
            self._run_start_ms = frame_start_ms
        self._run_ms += FRAME_MS
        if self._run_ms < self._settings.min_speech_ms:
            return Step.NOTHING
        self.speech_end_ms = self._now_ms
        if self.speech_start_ms is None:
            self.speech_start_ms = self._run_start_ms
            return Step.STARTED
        if self._now_ms - self.speech_start_ms >= self._settings.max_speech_ms:
            return Step.TOO_LONG
        if self._is_paused:
            self._is_paused = False
            return Step.RESUMED
        return Step.NOTHING

    def _silence(self) -> Step:
        if self.speech_start_ms is None:
            return Step.NO_SPEECH if self._now_ms >= self._settings.no_speech_ms else Step.NOTHING
        if not self._is_paused and self.silence_ms >= self._settings.pause_ms:
            self._is_paused = True
            return Step.PAUSED
        return Step.NOTHING
