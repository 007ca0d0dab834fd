"""What was recognised for somebody else, who is likely to say it to the house in a moment: both are one turn."""

from dataclasses import dataclass
from datetime import datetime

from gateway.events import Hypothesis


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An utterance, written down."""

    at: datetime
    """When its sound began to come. UTC."""
    ended_s: float
    """Monotonic wall time at which its last speech was heard."""
    text: str
    """What was written down."""
    hypotheses: tuple[Hypothesis, ...]
    """All readings, likeliest first."""
    pcm: bytes
    """16 kHz mono s16le."""
    audio_ms: int
    recognized_ms: float
    """How long after its end it was recognised: wall time."""
