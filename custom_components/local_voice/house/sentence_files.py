"""The files in which a household writes sentences of its own: `custom_sentences/<language>/*.yaml`.

They are read as Home Assistant reads them. What cannot be is named, and the others are read all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import yaml  # type: ignore[import-untyped]  # the stubs are not among what the tests bring along
from home_assistant_intents import get_languages
from homeassistant.util import language as language_util

FOLDER: Final = "custom_sentences"
MOST_FILES: Final = 64
LARGEST_FILE_BYTES: Final = 128 * 1024
"""Two thousand sentences; nobody writes a longer file by hand."""
_LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class SentenceFile:
    """What is in one file."""

    name: str
    """As its path in the folder of sentences."""
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SentenceFiles:
    """All of a language."""

    files: tuple[SentenceFile, ...] = ()
    unusable: tuple[str, ...] = ()
    """The names of those that are no such files, or too large, or too many."""


def read_sentence_files(config_folder: Path, language: str) -> SentenceFiles:
    """Return the files for a language. Reads from disk: not for the event loop."""
    variants = language_util.matches(language, set(get_languages()))
    folder = config_folder / FOLDER / variants[0] if variants else None
    if folder is None or not folder.is_dir():
        return SentenceFiles()
    paths = sorted(islice(folder.rglob("*.yaml"), MOST_FILES + 1))
    files, unusable = [], []
    for number, path in enumerate(paths):
        name = path.relative_to(folder.parent).as_posix()
        content = _content(path) if number < MOST_FILES else None
        if content is None:
            unusable.append(name)
        else:
            files.append(SentenceFile(name, content))
    return SentenceFiles(tuple(files), tuple(unusable))


def _content(path: Path) -> Mapping[str, Any] | None:
    """Return what is in a file; None where that cannot be used."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
        content = yaml.load(raw.decode("utf-8"), Loader=_LOADER) if len(raw) <= LARGEST_FILE_BYTES else None  # noqa: S506 - both are the safe loader
    except OSError, ValueError, yaml.YAMLError, RecursionError:
        return None
    return content if isinstance(content, dict) else None
