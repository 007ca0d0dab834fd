"""What a gateway can be asked for, and what it is set to: models, voices, wake words. Plain data that travels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from gateway.languages import is_same_language

LOWEST_SENSITIVITY, USUAL_SENSITIVITY, HIGHEST_SENSITIVITY = 0, 50, 100
"""How easily the wake word is taken for said: at `USUAL_SENSITIVITY` as measured in `docs/benchmarks.md`."""

ROBOT = "espeak-"
"""How the ids of espeak-ng's voices begin; a language follows."""
MOST_NAMES = 12
"""So many are listed in a message; espeak-ng alone has a hundred voices."""


class Fitness(StrEnum):
    """How well a Whisper model hears commands in a language."""

    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"
    UNMEASURED = "unmeasured"


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
class SettingsChange:
    """What is to be different; None stays as it is."""

    stt_model: str | None = None
    voice: str | None = None
    wake_words: tuple[str, ...] | None = None
    wake_sensitivity: int | None = None

    @property
    def named(self) -> dict[str, Any]:
        """What is not None, by its name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def after(self, earlier: SettingsChange) -> SettingsChange:
        """Return both in one: what this leaves alone is as `earlier` has it."""
        return replace(earlier, **self.named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the gateway is set to."""

    stt_model: str
    voice: str
    wake_words: tuple[str, ...]
    """Those that are listened for, one at least."""
    wake_sensitivity: int = USUAL_SENSITIVITY

    def changed(self, change: SettingsChange) -> Settings:
        """Return what the gateway is set to after `change`."""
        return replace(self, **change.named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is installed, and what of it is in use."""

    language: str
    """Of recognition and understanding."""
    second_language: str = ""
    """What is recognised and understood besides; empty where that is nothing."""
    stt_models: tuple[str, ...]
    """Whisper models that hear what is spoken here."""
    stt_fitness: Mapping[str, Fitness] = field(default_factory=lambda: MappingProxyType({}))
    """How well each of them hears `language`."""
    voices: tuple[Voice, ...]
    wake_words: tuple[WakeWordModel, ...]
    settings: Settings

    def refusal(self, change: SettingsChange) -> str:
        """Return what of `change` there is not, and what there is; empty where all of it can be done."""
        voices = [voice.id for voice in self.voices]
        words = [word.id for word in self.wake_words]
        if change.stt_model is not None and change.stt_model not in self.stt_models:
            return _not_offered("Whisper model", change.stt_model, self.stt_models)
        if change.voice is not None and change.voice not in voices:
            return _not_offered("voice", change.voice, voices)
        for word in change.wake_words or ():
            if word not in words:
                return _not_offered("wake word", word, words)
        if change.wake_words is not None and not 0 < len(set(change.wake_words)) == len(change.wake_words):
            return "wake words: name one at least, and each once"
        sensitivity = USUAL_SENSITIVITY if change.wake_sensitivity is None else change.wake_sensitivity
        if not LOWEST_SENSITIVITY <= sensitivity <= HIGHEST_SENSITIVITY:
            return f"wake sensitivity: found {sensitivity}, must be {LOWEST_SENSITIVITY} to {HIGHEST_SENSITIVITY}"
        return ""

    def language_of(self, voice: str) -> str:
        """Return the language of the voice with this id; empty where there is none."""
        return next((one.language for one in self.voices if one.id == voice), "")

    def voice_for(self, language: str) -> Voice | None:
        """Return the voice to speak `language` with; None where none can.

        The one in use and Piper's come before espeak-ng's robot, even where they are of another country; among them
        the same country's comes first, then the one in use.
        """
        able = [voice for voice in self.voices if is_same_language(voice.language, language)]

        def rank(voice: Voice) -> tuple[bool, bool, bool]:
            is_in_use = voice.id == self.settings.voice
            is_robot = voice.id.startswith(ROBOT) and not is_in_use
            return is_robot, _tag(voice.language) != _tag(language), not is_in_use

        return min(able, key=rank, default=None)


def _tag(language: str) -> str:
    return language.replace("_", "-").casefold()


def _not_offered(what: str, name: str, there_are: Sequence[str]) -> str:
    more = len(there_are) - MOST_NAMES
    shown = ", ".join(there_are[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"there is no {what} {name!r} here; there are: {shown or 'none'}"
