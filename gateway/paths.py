"""Where things lie on this machine, by the XDG base directory rules. Creates nothing and opens nothing."""

import os
from pathlib import Path

APPLICATION = "local-voice"
SERVICE_DATA = Path("/var/lib")
"""Where systemd lets a service keep what it has to remember."""


def data_dir() -> Path:
    """Return where models and other data of this user lie."""
    return _base("XDG_DATA_HOME", ".local/share") / APPLICATION


def models_dir() -> Path:
    """Return where models that were added lie, one folder each."""
    return data_dir() / "models"


def gateway_dir() -> Path:
    """Return where the gateway keeps its identities and its peers."""
    return data_dir() / "gateway"


def owned_gateway_dir() -> Path:
    """Return the folder of the gateway that this person owns; for root, who has none, the machine's service's."""
    own, service = gateway_dir(), SERVICE_DATA / APPLICATION / "gateway"
    is_service_meant = os.geteuid() == 0 and not (own / "voice.pem").exists() and service.is_dir()
    return service if is_service_meant else own


def satellite_file() -> Path:
    """Return where a satellite keeps whom it was paired with."""
    return data_dir() / "satellite.json"


def config_file() -> Path:
    """Return the configuration file that is read where none is named."""
    return _base("XDG_CONFIG_HOME", ".config") / APPLICATION / "config.toml"


def cache_dir() -> Path:
    """Return where things lie that can be made again."""
    return _base("XDG_CACHE_HOME", ".cache") / APPLICATION


def _base(variable: str, default: str) -> Path:
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else Path.home() / default  # the rules say to ignore relative paths
