import errno
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.sandbox import users
from gateway.sandbox.users import VOICE_USER, voice_user
from tests.gateway.sandbox.running import NOBODY, READABLE, as_root, told

ASK: Final = """
import json, sys
from pathlib import Path
from gateway.sandbox.users import voice_user
print(json.dumps(voice_user([Path(path) for path in sys.argv[1:]])))
"""


@as_root
def test_root_can_have_the_voice_be_another_user() -> None:
    assert told(ASK, *map(str, READABLE)) == [VOICE_USER, ""]


def test_others_cannot_change_the_user() -> None:
    assert told(ASK, *map(str, READABLE), user=NOBODY) == [None, "only root can change the user"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that other users reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@as_root
def test_a_folder_that_only_root_may_read_is_named(folder: Path) -> None:
    closed = folder / "models" / "closed"
    closed.mkdir(parents=True)
    (closed / "weights").write_bytes(b"weights")
    assert told(ASK, str(folder)) == [VOICE_USER, ""]
    (closed / "weights").chmod(0o600)
    assert told(ASK, str(folder)) == [None, f"{closed / 'weights'}: user {VOICE_USER} cannot read it"]
    closed.chmod(0o700)
    assert told(ASK, str(folder)) == [None, f"{closed}: user {VOICE_USER} cannot read it"]
    folder.chmod(0o700)
    assert told(ASK, str(folder)) == [None, f"{folder}: user {VOICE_USER} cannot read it"]


@as_root
def test_what_is_not_there_or_is_no_file_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "nowhere").symlink_to(folder / "absent")
    (folder / "round").symlink_to(folder)
    assert told(ASK, str(folder), str(folder / "absent")) == [VOICE_USER, ""]


@as_root
def test_who_is_that_user_already_is_told() -> None:
    """Its children would be the same user; the kernel lets a service have the right to change the user all the same."""
    assert told(f"""
import json
from gateway.sandbox import users
users._may_change_user = lambda: True
users.os.getuid = lambda: {VOICE_USER}
print(json.dumps(users.voice_user([])))
""") == [None, f"everything runs as user {VOICE_USER} already"]


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let the process of its own be tried without anything changing its user."""
    monkeypatch.setattr(users, "_may_change_user", lambda: True)
    yield monkeypatch
    with pytest.raises(ChildProcessError):  # none is left behind
        os.waitpid(-1, os.WNOHANG)


def test_a_trial_that_finds_nothing_wrong_gives_the_user(trial: pytest.MonkeyPatch) -> None:
    trial.setattr(users, "_became_and_read", lambda _: "")
    assert voice_user([]) == (VOICE_USER, "")


def test_a_trial_that_hangs_is_ended(trial: pytest.MonkeyPatch) -> None:
    trial.setattr(users, "TRIAL_S", 0.2)
    trial.setattr(users, "_became_and_read", lambda _: time.sleep(60))
    start_s = time.monotonic()
    assert voice_user([]) == (None, f"user {VOICE_USER} could not read everything within 5 s")
    assert time.monotonic() - start_s < 5


def test_a_trial_that_breaks_off_is_told(trial: pytest.MonkeyPatch) -> None:
    trial.setattr(users, "_became_and_read", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    assert voice_user([]) == (None, "a process of its own failed to try it")


def test_a_trial_that_fails_does_not_go_on_as_the_gateway(trial: pytest.MonkeyPatch) -> None:
    """The child of a fork has all that its parent was about to do still before it."""
    here = os.getpid()
    trial.setattr(users, "_became_and_read", lambda _: 1 // 0)
    assert voice_user([]) == (None, "a process of its own failed to try it")
    assert os.getpid() == here


def test_a_system_without_that_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have fewer users than that."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "setgroups", refuse)
    assert users._became_and_read([]) == (f"this system does not let it become user {VOICE_USER} (Invalid argument)")


def test_the_user_is_changed_wholly_before_anything_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[tuple[object, ...]] = []

    def opened(path: Path) -> list[Path]:
        done.append((path,))
        return []

    for name in ("setgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *ids, name=name: done.append((name, *ids)))
    monkeypatch.setattr(users, "drop_capabilities", lambda: done.append(("drop",)))
    monkeypatch.setattr(users, "_opened", opened)
    assert users._became_and_read([tmp_path]) == ""
    user = (VOICE_USER,) * 3
    assert done == [("setgroups", []), ("setresgid", *user), ("setresuid", *user), ("drop",), (tmp_path,)]


def test_only_so_much_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "deep").write_bytes(b"")
    opened: list[Path] = []
    really = users._opened

    def noted(path: Path) -> list[Path]:
        opened.append(path)
        return really(path)

    monkeypatch.setattr(users, "_opened", noted)
    monkeypatch.setattr(users, "MOST_TRIED", 25)
    assert users._unreadable([tmp_path]) == ""
    assert len(opened) == 25
    assert {path.parent for path in opened[1:21]} == {tmp_path}, "what is on top comes first"


def test_the_right_to_change_the_user_is_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for capabilities, may in (("c0", True), ("80", False), ("40", False), ("1fffffffff", True), ("0", False)):
        status = f"Name:\tx\nCapEff:\t{capabilities}\n"
        monkeypatch.setattr(Path, "read_text", lambda *_, status=status, **__: status)
        assert users._may_change_user() is may
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "Name:\tx\n")
    assert users._may_change_user() is False


def test_without_the_right_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_may_change_user", lambda: False)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("it was tried"))
    assert voice_user([]) == (None, "only root can change the user")


def test_what_is_closed_is_named_and_what_is_gone_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files come and go while they are looked at: a model is being replaced, a cache written."""
    gone, closed = tmp_path / "gone", tmp_path / "closed"

    def opened(path: Path) -> list[Path]:
        raise (FileNotFoundError if path == gone else PermissionError)(path)

    monkeypatch.setattr(users, "_opened", opened)
    assert users._unreadable([gone]) == ""
    assert users._unreadable([gone, closed]) == f"{closed}: user {VOICE_USER} cannot read it"


@as_root
def test_it_takes_no_time(state: Callable[[str], None]) -> None:
    took_ms = told(
        """
import json, sys, time
from pathlib import Path
from gateway.sandbox.users import voice_user
readable = [Path(path) for path in sys.argv[1:]]
def one_ms():
    start = time.perf_counter()
    assert voice_user(readable)[1] == ""
    return (time.perf_counter() - start) * 1e3
print(json.dumps(min(one_ms() for _ in range(5))))
""",
        *map(str, READABLE),
        is_measured=False,
    )
    state(f"whether the voice process can be a user of its own: found out in {took_ms:.0f} ms")
    assert took_ms < 100
