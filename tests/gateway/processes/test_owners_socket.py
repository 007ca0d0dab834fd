"""A socket for the owner, made for a process that may make none."""

import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from gateway.errors import ProcessError
from gateway.processes.owners_socket import owners_socket


def test_one_that_was_left_behind_is_replaced_and_goes_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.sock").touch()
    with owners_socket(tmp_path, "a.sock") as listening:
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert stat.S_IMODE((tmp_path / "a.sock").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == []


def test_a_path_may_be_as_long_as_any(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    with owners_socket(folder, "a.sock"):
        assert (folder / "a.sock").is_socket()


def test_what_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="cannot be made"), owners_socket(tmp_path / "absent", "a.sock"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root")
def test_where_root_makes_it_the_folders_owner_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 65_534, 65_534)
        with owners_socket(Path(folder), "a.sock"):
            assert (Path(folder) / "a.sock").stat().st_uid == 65_534

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "chown", refuse)
        with owners_socket(Path(folder), "a.sock"):
            assert (Path(folder) / "a.sock").stat().st_uid == 0
