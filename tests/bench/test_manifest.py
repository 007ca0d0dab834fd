from pathlib import Path

import pytest

from bench.manifest import chosen, read_manifest
from gateway.errors import ConfigError

HEADER = "path,kind,lang,label,transcript,human,speaker\n"


def manifest(folder: Path, *rows: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_paths_are_relative_to_the_manifest(tmp_path: Path) -> None:
    (recording,) = read_manifest(manifest(tmp_path, "a/b.flac,command,en,,turn on the lamp,human,x"))
    assert recording.path == tmp_path / "a" / "b.flac"
    assert (recording.name, recording.transcript) == ("a/b.flac", "turn on the lamp")


def test_who_may_be_human_counts_as_human(tmp_path: Path) -> None:
    rows = [
        f"{number}.wav,command,en,,,{human}," for number, human in enumerate(("human", "human? (old)", "synthetic"))
    ]
    assert [recording.is_human for recording in read_manifest(manifest(tmp_path, *rows))] == [True, True, False]


def test_recordings_are_chosen_by_kind_and_language(tmp_path: Path) -> None:
    recordings = read_manifest(
        manifest(tmp_path, "1.wav,command,en,,,,", "2.wav,command,de,,,,", "3.wav,speech,en,,,,", "4.wav,word,en,,,,")
    )
    assert [r.name for r in chosen(recordings, "command", language="en")] == ["1.wav"]
    assert [r.name for r in chosen(recordings, "command", "speech")] == ["1.wav", "2.wav", "3.wav"]


def test_a_missing_manifest_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--manifest"):
        read_manifest(tmp_path / "manifest.csv")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("path,kind\na.wav,command\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no column human, label, lang, transcript"):
        read_manifest(path)


def test_sound_is_no_manifest(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(ConfigError, match="cannot be read as CSV"):
        read_manifest(path)
