"""Where the peers are installed: `.venv-bench`, from requirements/bench.txt. `scripts/bootstrap bench` makes it."""

from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from bench.options import PROJECT
from gateway.errors import ConfigError

FOLDER: Final = PROJECT / ".venv-bench"
WAY_OUT: Final = "run scripts/bootstrap bench, or measure with scripts/bench"


def peers_python(folder: Path = FOLDER) -> Path:
    """Return the Python that has the peers. Raises ConfigError where they are not installed."""
    python = folder / "bin" / "python"
    if not python.exists() or not (folder / ".bootstrap").exists():
        raise ConfigError(f"what we are measured against is not installed; {WAY_OUT}")
    return python


def version_of(name: str, folder: Path = FOLDER) -> str:
    """Return which version of a package the peers have. Raises ConfigError where they have none."""
    places = [str(place) for place in folder.glob("lib/python3*/site-packages")]
    found = next(iter(distributions(name=name, path=places)), None)
    if found is None:
        raise ConfigError(f"{name} is not installed beside the peers; {WAY_OUT}")
    return found.version
