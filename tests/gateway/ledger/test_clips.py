"""Clips as files."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.errors import LedgerError
from gateway.ledger import clips as module
from gateway.ledger.clips import Clips

ONE, TWO = "ab" + "0" * 30, "cd" + "1" * 30


def test_a_clip_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    clips = Clips(tmp_path / "clips")
    assert clips.read(ONE) is None
    assert list(clips.ids()) == []
    clips.write(ONE, b"one")
    clips.write(TWO, b"two")
    path = tmp_path / "clips" / "ab" / f"{ONE}.bin"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert clips.read(ONE) == b"one"
    assert list(clips.ids()) == [ONE, TWO]


def test_removing_a_clip_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    clips = Clips(tmp_path / "clips")
    clips.remove([ONE])
    clips.write(ONE, b"one")
    clips.remove([ONE, TWO])
    clips.remove([ONE])
    assert list(clips.ids()) == []


def test_what_was_not_finished_is_removed_and_nobody_elses_file(tmp_path: Path) -> None:
    clips = Clips(tmp_path / "clips")
    clips.write(ONE, b"one")
    folder = tmp_path / "clips" / "ab"
    (folder / f".{ONE}.bin.0a1b2c3d.part").write_bytes(b"begun")
    (folder / "notes.txt").write_bytes(b"of a person")
    (tmp_path / "clips" / "file").write_bytes(b"of a person")
    (folder / f"{TWO}.bin").write_bytes(b"in the wrong folder")
    clips.remove_unfinished()
    assert sorted(path.name for path in folder.iterdir()) == [f"{ONE}.bin", f"{TWO}.bin", "notes.txt"]
    assert list(clips.ids()) == [ONE]


def test_what_cannot_be_done_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="no clip can be kept there"):
        Clips(tmp_path / "file").write(ONE, b"")
    clips = Clips(tmp_path / "clips")
    (tmp_path / "clips" / "ab" / f"{ONE}.bin").mkdir(parents=True)
    (tmp_path / "clips" / "ab" / "x.part").mkdir()
    with pytest.raises(LedgerError, match="cannot be written"):
        clips.write(ONE, b"one")
    with pytest.raises(LedgerError, match="cannot be read"):
        clips.read(ONE)
    with pytest.raises(LedgerError, match="cannot be removed"):
        clips.remove([ONE])
    with pytest.raises(LedgerError, match="an unfinished clip cannot be removed"):
        clips.remove_unfinished()
    monkeypatch.setattr(module, "LARGEST_BYTES", 2)
    clips.write(TWO, b"two")
    with pytest.raises(LedgerError, match="more than 2 bytes"):
        clips.read(TWO)


def test_clips_leave_room_for_what_else_the_machine_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = Clips(tmp_path / "clips")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_blocks=9_000_000, f_bavail=70_000, f_frsize=4096))
    assert clips.has_room(1_000)
    assert not clips.has_room(70_000 * 4096 - module.RESERVED_BYTES + 1)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_blocks=2_000, f_bavail=101, f_frsize=4096))
    assert clips.has_room(4096)
    assert not clips.has_room(4097)


def test_where_nobody_can_tell_how_much_there_is_clips_are_tried(tmp_path: Path) -> None:
    assert Clips(tmp_path / "nowhere" / "clips").has_room(1)
