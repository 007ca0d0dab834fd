"""The configuration: one TOML file, every key with a default, so that no file is needed at all.

An error names the file, the key, what was found and what is allowed. Reads the file, and decides nothing else.
"""

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import voluptuous as vol

from gateway.errors import ConfigError
from gateway.languages import is_same_language
from gateway.offer import HIGHEST_SENSITIVITY, LOWEST_SENSITIVITY, USUAL_SENSITIVITY, Settings
from gateway.paths import config_file

LARGEST_BYTES = 64 * 1024
"""A configuration of every key is below one kilobyte."""
COMPUTE_TYPES = ("int8", "int8_float32", "float32", "bfloat16", "float16")
MOST_THREADS = 64
MOST_USUAL_THREADS = 2
HIGHEST_PORT = 65_535
MOST_HYPOTHESES = 20
"""Beyond this the beam costs seconds and finds nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeConfig:
    """Which words wake, and how easily."""

    words: tuple[str, ...] = ("okay_nabu",)
    sensitivity: int = USUAL_SENSITIVITY
    second_opinion: bool = True
    """Ask openWakeWord too, where it is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SttConfig:
    """How speech is recognised."""

    model: str = "tiny.en"
    language: str = "en"
    second_language: str = ""
    """What the household speaks besides; empty for nothing else."""
    hypotheses: int = 10
    """How many readings are tried, best first; the beam is as wide."""
    threads: int = 0
    """0: as `cpu_threads` says."""
    compute_type: str = "int8"

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are spoken here, one or two; the first counts where it is not clear which it is."""
        is_one = not self.second_language or is_same_language(self.language, self.second_language)
        return (self.language,) if is_one else (self.language, self.second_language)

    @property
    def cpu_threads(self) -> int:
        """How many threads recognise: half of the processor's cores and two at the most, where nobody chooses.

        Over a command each does little and waits for the other. Two on two cores take half as long again as one, and
        twice the processor time.
        """
        return self.threads or max(min((os.process_cpu_count() or 1) // 2, MOST_USUAL_THREADS), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TtsConfig:
    """Whose voice answers."""

    voice: str = "en_US-joe-medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """Which pauses end what is said, in milliseconds."""

    pause_ms: int = 160
    understood_pause_ms: int = 300
    open_pause_ms: int = 650
    end_pause_ms: int = 800
    unfinished_pause_ms: int = 1_500
    max_speech_ms: int = 15_000
    no_speech_ms: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeConfig:
    """Which house answers, and from where in it one speaks."""

    house: str = ""
    """A house file; empty for the demo house."""
    area: str = ""
    """The name of the area where the satellite stands; empty for nowhere in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SatelliteConfig:
    """This machine's own microphone and speaker; empty for the system's defaults."""

    microphone: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Where Home Assistant and satellites find the gateway."""

    host: str = ""
    """The address to listen on; empty for all of this machine's."""
    port: int = 10870
    """For voice; the broker (pairing, consent) has the one after it."""
    announce: bool = True
    """Tell the network by zeroconf that there is a gateway here."""
    strict: bool = True
    """Do not serve where the process that hears finds a way out of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WyomingConfig:
    """The same services in a protocol without protection, for set-ups that have nothing else."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 10300


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it."""

    wake: WakeConfig = WakeConfig()
    stt: SttConfig = SttConfig()
    tts: TtsConfig = TtsConfig()
    endpoint: EndpointConfig = EndpointConfig()
    home: HomeConfig = HomeConfig()
    satellite: SatelliteConfig = SatelliteConfig()
    server: ServerConfig = ServerConfig()
    wyoming: WyomingConfig = WyomingConfig()

    @property
    def settings(self) -> Settings:
        """What of it can be changed while the gateway runs."""
        return Settings(
            stt_model=self.stt.model,
            voice=self.tts.voice,
            wake_words=self.wake.words,
            wake_sensitivity=self.wake.sensitivity,
        )

    def set_to(self, settings: Settings) -> Config:
        """Return the same configuration with these settings."""
        return replace(
            self,
            wake=replace(self.wake, words=settings.wake_words, sensitivity=settings.wake_sensitivity),
            stt=replace(self.stt, model=settings.stt_model),
            tts=replace(self.tts, voice=settings.voice),
        )


def load_config(path: Path | None = None) -> Config:
    """Read `path`, or the user's own file, or neither where there is none and none was named. Raises ConfigError."""
    chosen = path or config_file()
    try:
        with chosen.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        if path is None:
            return Config()
        raise ConfigError(f"{chosen}: there is no such configuration file") from error
    except OSError as error:
        raise ConfigError(f"{chosen}: cannot be read ({error.strerror})") from error
    if len(text) > LARGEST_BYTES:
        raise ConfigError(f"{chosen}: more than {LARGEST_BYTES} bytes; that is no configuration file")
    try:
        return parse_config(tomllib.loads(text.decode("utf-8")), str(chosen))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{chosen}: not TOML: {error}") from error


def parse_config(values: dict[str, Any], source: str) -> Config:
    """Return the configuration in `values`. Raises ConfigError, which calls the file `source`."""
    try:
        checked = _SCHEMA(values)
    except vol.MultipleInvalid as error:
        raise ConfigError(f"{source}: {_said(error.errors[0], values)}") from error
    sections = {name: section(**checked.get(name, {})) for name, section in _SECTIONS.items()}
    return Config(**sections)


def _said(error: vol.Invalid, values: dict[str, Any]) -> str:
    """Return an error in words: the key, what was found, what is allowed."""
    path = [str(key) for key in error.path]
    key = ".".join(path)
    found: object = values
    for step in error.path:
        found = found.get(str(step)) if isinstance(found, dict) else None
    if error.msg == "extra keys not allowed":
        section = _SECTIONS.get(path[0]) if len(path) > 1 else None
        known = list(_SECTIONS) if section is None else list(section.__dataclass_fields__)
        return f"{key}: there is no such key; known are: {', '.join(known)}"
    return f"{key}: found {found!r}, {error.msg}"


def _number(lowest: int, highest: int) -> Any:
    message = f"must be a whole number from {lowest} to {highest}"

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise vol.Invalid(message)
        return value

    return check


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise vol.Invalid("must be text in quotation marks")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise vol.Invalid("must be true or false")
    return value


def _one_of(*allowed: str) -> Any:
    def check(value: object) -> str:
        if value not in allowed:
            raise vol.Invalid(f"must be one of {', '.join(allowed)}")
        return str(value)

    return check


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise vol.Invalid('must be a list of names, such as ["okay_nabu", "alexa"]')
    return tuple(value)


_SECTIONS: dict[str, Any] = {
    "wake": WakeConfig,
    "stt": SttConfig,
    "tts": TtsConfig,
    "endpoint": EndpointConfig,
    "home": HomeConfig,
    "satellite": SatelliteConfig,
    "server": ServerConfig,
    "wyoming": WyomingConfig,
}

_SCHEMA = vol.Schema(
    {
        "wake": {
            "words": _words,
            "sensitivity": _number(LOWEST_SENSITIVITY, HIGHEST_SENSITIVITY),
            "second_opinion": _flag,
        },
        "stt": {
            "model": _text,
            "language": _text,
            "second_language": _text,
            "hypotheses": _number(1, MOST_HYPOTHESES),
            "threads": _number(0, MOST_THREADS),
            "compute_type": _one_of(*COMPUTE_TYPES),
        },
        "tts": {"voice": _text},
        "endpoint": {
            "pause_ms": _number(96, 1_000),
            "understood_pause_ms": _number(96, 2_000),
            "open_pause_ms": _number(200, 5_000),
            "end_pause_ms": _number(200, 5_000),
            "unfinished_pause_ms": _number(200, 5_000),
            "max_speech_ms": _number(1_000, 28_000),
            "no_speech_ms": _number(1_000, 60_000),
        },
        "home": {"house": _text, "area": _text},
        "satellite": {"microphone": _text, "speaker": _text},
        "server": {"host": _text, "port": _number(1, HIGHEST_PORT - 1), "announce": _flag, "strict": _flag},
        "wyoming": {"enabled": _flag, "host": _text, "port": _number(1, HIGHEST_PORT)},
    }
)
