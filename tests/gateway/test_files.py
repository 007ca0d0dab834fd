"""Files that are written wholly or not at all."""

import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.files import make_private, new_file, write_privately, write_whole

SOMEBODY = 65_000

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can write as another user than the folder's")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Return a folder that is somebody else's."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, SOMEBODY, SOMEBODY)
    return folder


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    write_privately(tmp_path / "new" / "key", b"secret")
    found = (tmp_path / "new" / "key").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o600, os.geteuid())


@as_root
def test_what_root_writes_for_a_service_the_service_can_read(theirs: Path) -> None:
    write_privately(theirs / "peers.json", b"{}")
    found = (theirs / "peers.json").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o600, SOMEBODY, SOMEBODY)


@as_root
def test_what_else_root_writes_there_is_roots(theirs: Path) -> None:
    write_whole(theirs / "reply.wav", b"RIFF")
    assert (theirs / "reply.wav").stat().st_uid == 0


@as_root
def test_a_root_that_may_not_give_it_away_keeps_it(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    write_privately(theirs / "peers.json", b"{}")
    found = (theirs / "peers.json").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o600, 0)


# Files that are new


def test_a_new_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with new_file(path) as file:
        file.write(b"half, ")
        assert list(tmp_path.iterdir()) == [path]  # a kill would leave it where it is seen
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        file.write(b"and half")
    assert path.read_bytes() == b"half, and half"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_goes_wrong_leaves_nothing_of_a_new_file(tmp_path: Path) -> None:
    with suppress(OSError), new_file(tmp_path / "export.zip") as file:
        file.write(b"half")
        raise OSError("the disk is full")
    assert not list(tmp_path.iterdir())


def test_a_new_file_takes_no_others_place(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError), new_file(path):
        pytest.fail("there was one already")
    assert path.read_bytes() == b"mine"


def test_a_link_to_some_other_file_is_not_made_private(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"theirs")
    other.chmod(0o644)
    (tmp_path / "ledger.db").symlink_to(other)
    with pytest.raises(OSError, match="symbolic link"):
        make_private(tmp_path / "ledger.db")
    assert stat.S_IMODE(other.stat().st_mode) == 0o644
