"""What was recognised for somebody else, and what they say to the house then: both are one turn."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words that the house was told."""

    text: str
    satellite_id: str = ""
    area_id: str = ""
    user_id: str = ""
    """Who said it, where somebody was logged in."""
    conversation_id: str = ""
