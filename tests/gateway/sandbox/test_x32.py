"""A call that one may be killed for: what the end of the process that makes it is taken for."""

import errno
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.sandbox import x32
from gateway.sandbox.syscalls import architecture


def ending(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have another program in its place."""
    monkeypatch.setattr(x32, "_ALONE", script)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "import sys; sys.exit(1)",
        "raise PermissionError(1, 'of something else')",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import sys; sys.exit(100)",
    ],
)
def test_whatever_is_not_a_refusal_is_a_way_out(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    ending(monkeypatch, script)
    x32.make_socket()


def test_who_does_not_end_in_time_may_have_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ending(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(x32, "ALONE_S", 0.2)
    x32.make_socket()


def test_where_nobody_can_be_started_it_is_not_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path))  # not to be executed: EACCES, which is no refusal of the call
    x32.make_socket()


def test_who_is_killed_for_it_got_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    ending(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGSYS)")
    with pytest.raises(PermissionError, match="killed for it"):
        x32.make_socket()


def test_a_refusal_is_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    ending(monkeypatch, f"import sys; sys.exit({x32.REFUSED + errno.EAFNOSUPPORT})")
    with pytest.raises(OSError, match="Address family not supported") as refused:
        x32.make_socket()
    assert refused.value.errno == errno.EAFNOSUPPORT


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has x32")
def test_the_program_that_is_run_does_make_the_call() -> None:
    """Kernels without x32 say so; in one that has it the socket is made."""
    try:
        x32.make_socket()
    except OSError as error:
        assert error.errno == errno.ENOSYS  # noqa: PT017 -- both ends are right


def test_the_program_ends_well_where_its_call_is_one_that_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked by the numbers that are the machine's own, which everybody may use: or nothing could ever be found."""
    script = x32._ALONE.replace(str(0x4000_0000 + 41), str(architecture().number("socket")))
    assert script != x32._ALONE
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", script], timeout=60, check=False)
    assert ended.returncode == 0
