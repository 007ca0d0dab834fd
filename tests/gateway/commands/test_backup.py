"""`local-voice backup` and `local-voice restore`."""

import argparse
import io
import shutil
import stat
import sys
from pathlib import Path

import pytest

from gateway.backup import sealing
from gateway.ballast import Ballast
from gateway.commands import backup as command
from gateway.commands import restore as restoring
from gateway.errors import ConfigError
from gateway.paths import gateway_dir
from tests.gateway.backup.gateways import identified, lived
from tests.gateway.ledger.ledgers import opened, told


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SCRYPT", {"n": 2, "r": 1, "p": 1})
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "three short words\n") -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    parser = argparse.ArgumentParser()
    actions = parser.add_subparsers()
    command.register(actions)
    restoring.register(actions)
    args = parser.parse_args(arguments)
    code = args.run(args)
    assert isinstance(code, int)
    return code


def test_a_gateway_is_moved_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(gateway_dir())
    path = tmp_path / "gateway.backup"
    assert run(monkeypatch, "backup", str(path)) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Written: {path}, 9 files of {gateway_dir()}, {path.stat().st_size} bytes, encrypted.\n")
    assert "What was said is not in it: what you delete later would come back with it." in out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="a gateway has been here, or still is"):
        run(monkeypatch, "restore", str(path))
    shutil.rmtree(gateway_dir())
    with pytest.raises(ConfigError, match=r"gateway\.backup: that is not its passphrase"):
        run(monkeypatch, "restore", str(path), typed="three other words\n")
    assert not gateway_dir().exists()
    assert run(monkeypatch, "restore", str(path)) == 0
    out = capsys.readouterr().out
    assert f"Restored: {gateway_dir()}, as it was on 20" in out
    assert "(2 paired, without what was said).\nIts audit log ends at 4:" in out
    with opened(gateway_dir() / "ledger") as ledger:
        assert (told(ledger), len(ledger.rules())) == ([], 1)


def test_what_was_said_goes_along_where_somebody_wants_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = lived(gateway_dir())
    path = tmp_path / "all.backup"
    run(monkeypatch, "backup", str(path), "--with-turns")
    assert "what you delete from now on comes back when you restore it" in capsys.readouterr().out
    shutil.rmtree(gateway_dir())
    run(monkeypatch, "restore", str(path))
    assert "with what was said" in capsys.readouterr().out
    with opened(gateway_dir() / "ledger") as ledger:
        assert told(ledger) == [row.id for row in turns]


def test_a_gateway_without_an_audit_log_is_restored_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    identified(gateway_dir())
    run(monkeypatch, "backup", str(tmp_path / "new.backup"))
    shutil.rmtree(gateway_dir())
    run(monkeypatch, "restore", str(tmp_path / "new.backup"))
    assert "Its audit log cannot be read: " in capsys.readouterr().out


def test_a_backup_takes_no_others_place_and_what_fails_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gateway.backup"
    with pytest.raises(ConfigError, match="no gateway has run here yet"):
        run(monkeypatch, "backup", str(path))
    with pytest.raises(ConfigError, match="at least 12 characters"):
        run(monkeypatch, "backup", str(path), typed="short\n")
    assert not list(tmp_path.glob("*backup*"))
    path.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="is there already"):
        run(monkeypatch, "backup", str(path))
    with pytest.raises(ConfigError, match="cannot be written"):
        run(monkeypatch, "backup", str(tmp_path / "no" / "such"))
    assert path.read_bytes() == b"mine"
    with pytest.raises(ConfigError, match="cannot be read"):
        run(monkeypatch, "restore", str(tmp_path / "no" / "such"))
    with pytest.raises(ConfigError, match="no backup of a gateway"):
        run(monkeypatch, "restore", str(path))


def test_at_a_terminal_the_passphrase_is_typed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identified(gateway_dir())
    monkeypatch.setattr(command, "is_at_terminal", lambda: True)
    with pytest.raises(ConfigError, match="two different passphrases"):
        run(monkeypatch, "backup", str(tmp_path / "a"), typed="three short words\nthree shirt words\n")
    assert run(monkeypatch, "backup", str(tmp_path / "a"), typed="three short words\n" * 2) == 0
