"""What was chosen in Home Assistant, kept over restarts: a small JSON file that wins over the configuration file."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from gateway.errors import ConfigError
from gateway.files import read_bounded, write_privately
from gateway.json_depth import is_too_deep
from gateway.offer import Offer, Settings, SettingsChange

NAME = "settings.json"
LARGEST_BYTES = 16 * 1024
"""Four settings take 200 bytes."""
TITLES: Mapping[str, str] = MappingProxyType(
    {"stt_model": "Whisper model", "voice": "voice", "wake_words": "wake words", "wake_sensitivity": "sensitivity"}
)
"""What people call the settings."""

_LOG = logging.getLogger(__name__)


class SettingsFile:
    """The choices of one gateway. What was not chosen is as the configuration has it."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where the gateway keeps what it has to remember; a file there that cannot be used is logged."""
        self.path = folder / NAME
        self.chosen = self._read()
        """All that was ever chosen, the latest of each."""

    def usable(self, offer: Offer) -> SettingsChange:
        """Return those of the choices that there still is a model for; log the others."""
        usable = SettingsChange()
        for name, value in self.chosen.named.items():
            choice = SettingsChange(**{name: value})
            refusal = offer.refusal(choice)
            if refusal:
                _LOG.warning("%s: %s; the configuration's holds", self.path, refusal)
            else:
                usable = choice.after(usable)
        return usable

    def add(self, change: SettingsChange) -> None:
        """Remember `change`, too. Raises ConfigError where that is not possible."""
        chosen = change.after(self.chosen)
        write_privately(self.path, msgspec.json.format(msgspec.json.encode(chosen.named), indent=2) + b"\n")
        self.chosen = chosen

    def _read(self) -> SettingsChange:
        try:
            content = read_bounded(self.path, LARGEST_BYTES)
            return SettingsChange() if content is None else _parsed(content)
        except (ConfigError, msgspec.DecodeError, UnicodeDecodeError) as error:
            _LOG.error("%s is passed over, the configuration holds: %s", self.path, error)
            return SettingsChange()


def told(settings: Settings, chosen: SettingsChange) -> Iterator[str]:
    """Yield what the gateway is set to, a phrase each, and where that comes from."""
    for name, what in TITLES.items():
        value = getattr(settings, name)
        shown = ", ".join(value) if isinstance(value, tuple) else value
        yield f"{what} {shown}" + (" (chosen in Home Assistant)" if chosen.named.get(name) == value else "")


def _parsed(content: bytes) -> SettingsChange:
    if is_too_deep(content):
        raise ConfigError("it nests too deeply")
    return msgspec.json.decode(content, type=SettingsChange)
