"""What a gateway can be asked for, and what it is set to: models, voices, wake words. Plain data that travels."""

from dataclasses import dataclass

LOWEST_SENSITIVITY, USUAL_SENSITIVITY, HIGHEST_SENSITIVITY = 0, 50, 100
"""How easily the wake word is taken for said: at `USUAL_SENSITIVITY` as measured in `docs/benchmarks.md`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice that is installed."""

    id: str
    """As in the configuration: a model's name, or `espeak-LANGUAGE`."""
    name: str
    """For people."""
    language: str
    """BCP 47, as the voice says it: `en-US`, `de`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeWordModel:
    """A wake word that is installed."""

    id: str
    phrase: str
    """As it is said: `Okay Nabu`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the gateway is set to."""

    stt_model: str
    voice: str
    wake_words: tuple[str, ...]
    """Those that are listened for, one at least."""
    wake_sensitivity: int = USUAL_SENSITIVITY


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """What is to be different; None stays as it is."""

    stt_model: str | None = None
    voice: str | None = None
    wake_words: tuple[str, ...] | None = None
    wake_sensitivity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is installed, and what of it is in use."""

    language: str
    """Of recognition and understanding."""
    stt_models: tuple[str, ...]
    """Whisper models for that language."""
    voices: tuple[Voice, ...]
    wake_words: tuple[WakeWordModel, ...]
    settings: Settings
