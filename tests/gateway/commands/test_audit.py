import argparse
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.ballast import Ballast
from gateway.broker.audit import Action
from gateway.commands import audit as command
from gateway.errors import ConfigError
from gateway.paths import gateway_dir
from tests.gateway.broker.audit_logs import filled, opened, tampering

RECIPE = Path(__file__).parents[3] / "docs" / "audit.md"
DEADLINE_S = 60.0


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["audit", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what a command says that goes well."""
    assert run(*arguments) == 0
    return capsys.readouterr().out


def lived() -> None:
    """Write what a gateway does in a while."""
    with opened(gateway_dir()) as log:
        log.append("gateway", Action.START, "voice", layers=["seccomp", "own_user"], missing=[], same_user=False)
        log.append("owner", Action.PAIR, "4711", role="satellite")
        log.append("owner", Action.PAIR, "4711", undone=2)
        log.append("owner", Action.DOWNLOAD, "tiny.en", host="")
        log.append("voice", Action.CONFIGURE)


def test_what_was_done_is_shown_in_words(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lived()
    heading, *lines = said(capsys, "show").splitlines()
    assert heading.split() == ["row", "when", "who", "what", "more"]
    told = [re.sub(r"(\d+) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", r"\1 ", " ".join(line.split())) for line in lines]
    assert told == [
        "1 gateway started: voice layers: seccomp, own_user; missing: none; same user: no",
        "2 owner paired: 4711 role: satellite",
        "3 owner did not happen: row 2",
        "4 owner fetched a model: tiny.en host: none",
        "5 voice changed the settings",
    ]


def test_what_left_is_told_as_plainly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    with opened(gateway_dir()) as log:
        log.append("owner", Action.CONFIGURE, "destination:work", change="added", host="h", kind="chat", local=False)
        log.append("owner", Action.CONFIGURE, "cloud", allowed=True)
        log.append(
            "owner", Action.APPROVE, "4711", destination="work", host="h", content="text", bytes=9, key_version=1
        )
        log.append("gateway", Action.SEND, "4711", bytes=31)
        log.append("gateway", Action.RESULT, "4711", outcome="answered", status=200, received=99)
        log.append("0815", Action.REFUSE, "4712", destination="work", content="audio", user="ab")
    told = [" ".join(line.split()[3:]) for line in said(capsys, "show").splitlines()[1:]]
    assert told == [
        "owner changed the settings: destination:work change: added; host: h; kind: chat; local: no",
        "owner changed the settings: cloud allowed: yes",
        "owner approved: 4711 bytes: 9; content: text; destination: work; host: h; key version: 1",
        "gateway sent: 4711 bytes: 31",
        "gateway what came back: 4711 outcome: answered; received: 99; status: 200",
        "0815 refused: 4712 content: audio; destination: work; user: ab",
    ]


def test_the_last_rows_are_shown_as_they_are_hashed(capsys: pytest.CaptureFixture[str]) -> None:
    lived()
    lines = said(capsys, "show", "--last", "2", "--json").splitlines()
    with opened(gateway_dir()) as log:
        assert lines == log.rows(3, 2)


def test_a_log_in_which_nothing_is_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    filled(gateway_dir(), 0)
    assert said(capsys, "show") == "Nothing was done yet.\n"


def test_where_there_is_no_log_it_is_said_and_none_is_made() -> None:
    with pytest.raises(ConfigError, match=r"audit\.db: there is no audit log yet; `local-voice serve` begins one"):
        run("show")
    assert not gateway_dir().exists()


def test_a_whole_log_is_verified_against_the_head_that_somebody_kept(capsys: pytest.CaptureFixture[str]) -> None:
    older, head = filled(gateway_dir(), 2), filled(gateway_dir(), 2)
    short = f"4:{head.hash[:16]}"
    assert said(capsys, "verify") == (
        f"Every row is what was written: {short}\n"
        "Home Assistant shows the same, unless somebody put back an older log or took its key.\n"
    )
    for seen in (short, f"2:{older.hash}", f" 4:{head.hash.upper()} "):
        assert said(capsys, "verify", "--head", seen) == f"Every row is what was written: {short}\n"


def test_a_log_that_is_not_what_was_written_is_told_by_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    head = filled(gateway_dir(), 3)
    assert run("verify", "--head", f"9:{head.hash}") == command.ALTERED
    assert "row 4: is missing (there were 9 rows when the head was taken down)" in capsys.readouterr().out
    assert run("verify", "--head", f"2:{head.hash}") == command.ALTERED
    with tampering(gateway_dir()) as database:
        database.execute("DELETE FROM rows WHERE seq = 2")
    capsys.readouterr()
    assert run("verify") == command.ALTERED
    assert capsys.readouterr().out == (
        "The audit log is not what was written. row 2: is missing (after row 1 comes row 3)\n"
    )


def test_rows_that_somebody_else_wrote_move_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    filled(gateway_dir(), 1)
    row = {"seq": 2, "at": "x\x1b[2J", "actor": "\x1b[31m[red]", "action": "dance", "detail": {"a\nb": 5}}
    with tampering(gateway_dir()) as database:
        for seq, text in ((2, json.dumps(row)), (3, "no row"), (4, "no\x1b[2J\nrow")):
            database.execute("INSERT INTO rows SELECT ?, ?, hash, signature FROM rows WHERE seq = 1", (seq, text))
    shown = said(capsys, "show")
    assert "\x1b" not in shown
    assert "dance" in shown
    assert "[red]" in shown
    assert shown.count("not what was written: see") == 2
    assert "\x1b" not in said(capsys, "show", "--json")


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "--last", "0"),
        ("show", "--last", "-1"),
        ("show", "--last", "²"),
        ("show", "--last", "10001"),
        ("show", "--last", "1" * 5_000),
        ("verify", "--head", "42"),
        ("verify", "--head", "42:0a1b"),
        ("verify", "--head", "42:" + "g" * 16),
        ("dance",),
    ],
)
def test_arguments_that_mean_nothing_are_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run(*arguments)
    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err


# Without this program


def recipe() -> str:
    """Return the program in the documentation."""
    found = re.search(r"```python\n(.*?)```", RECIPE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def by_hand(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", recipe(), str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_an_exported_log_is_verified_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived()
    path = tmp_path / "log.jsonl"
    out = said(capsys, "export", str(path))
    with opened(gateway_dir()) as log:
        short = f"5:{log.head.hash[:16]}"
        rows = log.rows(0, 5)
    assert out == f"{path}: the log up to {short}; docs/audit.md says how to verify it by hand.\n"
    assert path.read_text(encoding="utf-8").splitlines()[:-1] == rows
    done = by_hand(path)
    assert (done.returncode, done.stdout) == (0, f"{short}\n"), done.stderr


@pytest.mark.parametrize("change", [("4711", "4712"), ('"seq":2', '"seq":3'), ('"signature": "', '"signature": "00')])
def test_an_exported_log_that_was_changed_is_found_by_hand(tmp_path: Path, change: tuple[str, str]) -> None:
    lived()
    path = tmp_path / "log.jsonl"
    run("export", str(path))
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    assert by_hand(path).returncode == 1


def test_a_log_without_a_head_is_exported_too(tmp_path: Path) -> None:
    filled(gateway_dir(), 1)
    with tampering(gateway_dir()) as database:
        database.execute("DELETE FROM head")
        database.execute("UPDATE rows SET row = 'two' || char(10) || 'lines'")
    path = tmp_path / "log.jsonl"
    assert run("export", str(path)) == 0
    assert path.read_text(encoding="utf-8") == 'two lines\n{"head": null}\n'


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    filled(gateway_dir(), 1)
    with pytest.raises(ConfigError, match=r"nowhere/log: cannot be written \(No such file or directory\); choose"):
        run("export", str(tmp_path / "nowhere" / "log"))


# Root, who looks at the service's


NOBODY = 65534
WRITING = """
import os, signal, sys
from pathlib import Path
from gateway.broker.audit import Action, AuditLog
os.setgroups([]), os.setgid(65534), os.setuid(65534)
log = AuditLog(Path(sys.argv[1]))
log.append("owner", Action.START)
log.close() if sys.argv[2] == "stopped" else os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks at the logs of others")
@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_root_leaves_no_files_of_its_own_beside_the_services_log(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory() as place:  # which another user may enter
        Path(place).chmod(0o755)
        monkeypatch.setenv("XDG_DATA_HOME", place)
        folder = gateway_dir()
        folder.mkdir(parents=True)
        os.chown(folder, NOBODY, NOBODY)
        look_at_what_somebody_else_wrote(folder, end)


def look_at_what_somebody_else_wrote(folder: Path, end: str) -> None:
    done = subprocess.run([sys.executable, "-c", WRITING, str(folder), end], timeout=DEADLINE_S, check=False)
    assert done.returncode == (0 if end == "stopped" else -signal.SIGKILL)
    assert run("verify") == 0
    assert run("show") == 0
    assert {path.stat().st_uid for path in folder.iterdir()} == {NOBODY}
    with opened(folder) as log:
        assert log.head.size == 1
