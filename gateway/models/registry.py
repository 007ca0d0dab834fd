"""What a model is, and the models that this program knows: `registry.toml`. Looks at no model file.

A model that a person adds on their own is described in the same words by a manifest in its folder.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from gateway.errors import ModelError

MANIFEST = ".manifest.json"
MAX_MANIFEST_BYTES = 64 * 1024
"""A manifest names a handful of files; anything larger is not one."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
"""What a model and its files may be called: the names become folders and files."""


class Kind(StrEnum):
    """What a model is for."""

    STT = "stt"
    TTS = "tts"
    WAKE = "wake"
    WAKE_SECOND = "wake-second"
    VAD = "vad"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model: whole only with this size and SHA-256."""

    name: str
    bytes: int
    sha256: str
    parts: tuple[str, ...] = ()
    """`package/file` of each piece, in order, where a package has the file in pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model by name; engines that want one file want the first of `files`."""

    name: str
    kind: Kind
    files: tuple[ModelFile, ...]
    about: str = ""
    languages: tuple[str, ...] = ()
    """BCP 47 tags, or `*` for many."""
    licence: str = "unknown"
    upstream: str = ""
    """Who made it, and under which name there."""
    package: str = ""
    """`package/folder` of an installed Python package that has the files; empty for a person's own model."""
    distributions: tuple[str, ...] = ()
    """The distributions that bring the package."""
    extra: str | None = None
    """Our own extra that asks for those distributions, where they do not come by default."""

    def __post_init__(self) -> None:
        """Refuse a model that cannot be kept under its names. Raises ModelError."""
        for name in (self.name, *(file.name for file in self.files)):
            check_name(name)
        if not self.files:
            raise ModelError(f"{self.name} has no files")

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def is_in_parts(self) -> bool:
        """Whether the package's files must be joined before the model can be used."""
        return any(file.parts for file in self.files)


def check_name(name: str) -> None:
    """Raise ModelError where a model or its file cannot be called `name`."""
    if not NAME.fullmatch(name):
        raise ModelError(f"{name!r} cannot be the name of a model or of its file: use letters, digits and . _ + -")


@cache
def registered_models() -> tuple[Model, ...]:
    """Return the models that this program knows, in the order of the registry."""
    table = tomllib.loads(resources.files("gateway.models").joinpath("registry.toml").read_text(encoding="utf-8"))
    return tuple(_model(entry) for entry in table["model"])


def read_manifest(folder: Path) -> Model:
    """Return what the person's own model in `folder` is. Raises ModelError where the manifest cannot be used."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            return _model({"name": folder.name, **json.loads(file.read(MAX_MANIFEST_BYTES))})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(
            f"{path}: cannot be read as a model's manifest; delete the folder, and add the model again"
        ) from error


def write_manifest(folder: Path, model: Model) -> None:
    """Write down in `folder` what the person's own model is."""
    files = [{"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in model.files]
    manifest = {"kind": model.kind, "languages": model.languages, "licence": model.licence, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _model(entry: dict[str, Any]) -> Model:
    """Return `entry`, as TOML or JSON has it, as a model. Raises TypeError, ValueError or KeyError for any other."""
    lists: dict[str, Any] = {
        key: tuple(str(item) for item in entry[key]) for key in ("languages", "distributions") if key in entry
    }
    files = tuple(
        ModelFile(
            name=str(file["name"]),
            bytes=int(file["bytes"]),
            sha256=str(file["sha256"]),
            parts=tuple(file.get("parts", ())),
        )
        for file in entry["files"]
    )
    values: dict[str, Any] = {**entry, "kind": Kind(entry["kind"]), "files": files, **lists}
    return Model(**values)
