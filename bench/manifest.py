"""Reads the list of recordings: a CSV with the columns `path, kind, lang, label, transcript, human, seconds`.

Further columns are ignored. Reads no recording.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ConfigError

COLUMNS = ("path", "kind", "lang", "label", "transcript", "human")
MOST_ROWS = 1_000_000
"""Nobody waits for more; a larger file is no manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One row."""

    path: Path
    name: str
    """The path as the manifest has it."""
    kind: str
    """`command`, `wake_positive`, `wake_other`, `negative_speech` …"""
    language: str
    label: str
    """The wake word that is said, or what the sound is."""
    transcript: str
    is_human: bool
    """Whether a person spoke; where the manifest is not sure, it is taken to be so."""
    slots: str = ""
    """What is asked for, as a JSON object; empty where nobody says so."""


def read_manifest(path: Path) -> tuple[Recording, ...]:
    """Return all rows. Raises ConfigError for a file that is missing or lacks a column."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            missing = set(COLUMNS) - set(rows.fieldnames or ())
            if missing:
                raise ConfigError(
                    f"{path}: has no column {', '.join(sorted(missing))}; needed are: {', '.join(COLUMNS)}"
                )
            return tuple(_recording(path.parent, row) for _, row in zip(range(MOST_ROWS), rows, strict=False))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: there is no such manifest; name one with --manifest, or set LOCAL_VOICE_SHARED"
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read as CSV ({error})") from error


def chosen(recordings: Iterable[Recording], *kinds: str, language: str | None = None) -> tuple[Recording, ...]:
    """Return the recordings of these kinds, in one language where one is named."""
    return tuple(r for r in recordings if r.kind in kinds and language in (None, r.language))


def _recording(folder: Path, row: dict[str, str]) -> Recording:
    return Recording(
        path=folder / row["path"],
        name=row["path"],
        kind=row["kind"],
        language=row["lang"],
        label=row["label"],
        transcript=row["transcript"],
        is_human=row["human"].startswith(("human", "yes", "true", "1")),
        slots=row.get("slots") or "",
    )
