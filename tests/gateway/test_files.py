"""Files that are written wholly or not at all."""

import os
import stat
from pathlib import Path

import pytest

from gateway.files import write_privately, write_whole

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
