"""Where each file of a model can be taken from: installed packages, or what a person named. Reads no file's content."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gateway.errors import ModelError
from gateway.models.registry import Model, check_name
from gateway.models.store import packaged_path
from gateway.models.transfer import HTTPS, Source

MAX_FILES = 32
"""A model has fewer than ten files; a folder with more is not one."""


def packaged(model: Model) -> dict[str, tuple[Source, ...]]:
    """Return the pieces of each file in the installed packages, by the file's name. Raises ModelError without them."""
    found: dict[str, tuple[Source, ...]] = {}
    for file in model.files:
        parts = [packaged_path(part) for part in file.parts or (f"{model.package}/{file.name}",)]
        found[file.name] = tuple(part for part in parts if part and part.is_file())
        if len(found[file.name]) < len(parts):
            wanted = f"local-voice[{model.extra}]" if model.extra else " ".join(model.distributions)
            raise ModelError(
                f"{model.name} comes in a package that is not installed; install it: uv pip install '{wanted}', "
                f"or have it elsewhere: local-voice models add {model.name} --from FOLDER_OR_ADDRESS"
            )
    return found


def matched(model: Model, sources: Sequence[str]) -> dict[str, tuple[Source, ...]]:
    """Return the one among `sources` of each file, by the file's name. Raises ModelError where one is missing."""
    offered, folders = offered_by(sources)
    found: dict[str, tuple[Source, ...]] = {}
    for file in model.files:
        source = offered.get(file.name) or next((f"{folder}{file.name}" for folder in folders), None)
        if source is None:
            raise ModelError(f"{model.name} needs {file.name}, and it is not in {' '.join(sources)}")
        found[file.name] = (source,)
    return found


def offered_by(sources: Sequence[str]) -> tuple[dict[str, Source], list[str]]:
    """Return what `sources` hold, by the file's name, and those of them that are folders on a server.

    Raises ModelError for a source that is not there.
    """
    offered: dict[str, Source] = {}
    folders: list[str] = []
    for source in sources:
        path = Path(source).expanduser()
        if "://" in source:
            name = unquote(urlsplit(source).path.rpartition("/")[2])
            if name:
                offered[name] = source
            else:
                folders.append(source)
        elif path.is_dir():
            offered |= {inside.name: inside for inside in sorted(path.iterdir()) if _is_of_a_model(inside)}
        elif path.is_file():
            offered[path.name] = path
        else:
            raise ModelError(f"{source}: there is no such file or folder, and it is no {HTTPS} address")
    for name in offered:
        check_name(name)
    if len(offered) > MAX_FILES:
        raise ModelError(f"{' '.join(sources)}: {len(offered)} files, and a model has at most {MAX_FILES}")
    return offered, folders


def _is_of_a_model(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")
