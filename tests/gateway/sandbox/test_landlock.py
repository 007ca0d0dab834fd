"""Landlock is of threads, so that a thread of the tests can give up its files and be gone."""

import ctypes
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.sandbox import landlock
from gateway.sandbox.kernel import system_call
from gateway.sandbox.landlock import FILES, LANDLOCK_CREATE_RULESET_VERSION, NETWORK, SCOPES, SYSTEM, known, restrict
from tests.gateway.sandbox.running import READABLE, ROOT, run, told


def abi_of_the_kernel() -> int:
    try:
        return system_call("landlock_create_ruleset", 0, 0, LANDLOCK_CREATE_RULESET_VERSION)
    except OSError:
        return 0


ABI: Final = abi_of_the_kernel()
landlocked = pytest.mark.skipif(ABI == 0, reason="this kernel has no Landlock")


def since(abi: int) -> pytest.MarkDecorator:
    return pytest.mark.skipif(abi > ABI, reason=f"this kernel's Landlock is of version {ABI}, older than {abi}")


def restricted[T](call: Callable[[], T], *readable: Path, writable: tuple[Path, ...] = ()) -> T:
    """Return what `call` returns in a thread that may only read `readable`, and keep files in `writable`.

    Raises what it raises.
    """
    found: list[Any] = []

    def inside() -> None:
        assert restrict(readable, writable) == ABI
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001 (it is raised where it belongs)
            found.append(error)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    if isinstance(found[0], Exception):
        raise found[0]
    result: T = found[0]
    return result


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def beginning(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(16)


@landlocked
def test_what_is_readable_is_read_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(b"weights")
    assert restricted((tmp_path / "model" / "weights").read_bytes, tmp_path) == b"weights"
    assert restricted(lambda: listed(tmp_path), tmp_path) == ["model"]
    assert restricted((tmp_path / "model" / "weights").read_bytes, tmp_path / "model" / "weights") == b"weights"


@landlocked
def test_nothing_else_is_opened(tmp_path: Path) -> None:
    """Also not as root, of whom the permissions of a file ask nothing."""
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "model").write_bytes(b"model")
    for call in ((tmp_path / "secret").read_bytes, lambda: listed(tmp_path), lambda: listed(Path("/"))):
        with pytest.raises(PermissionError):
            restricted(call, tmp_path / "model")
    for path in ("/etc/shadow", "/etc/ssh", "/root", "/dev/kmsg", "/var/lib"):
        with pytest.raises((PermissionError, FileNotFoundError)):
            restricted(partial(beginning, path))


@landlocked
def test_nothing_is_written_made_moved_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"model")
    (tmp_path / "folder").mkdir()
    for call in (
        lambda: path.write_bytes(b"other"),
        lambda: os.close(os.open(path, os.O_RDWR)),
        path.unlink,
        lambda: path.rename(tmp_path / "folder" / "model"),
        lambda: (tmp_path / "new").write_bytes(b""),
        (tmp_path / "new").mkdir,
        (tmp_path / "folder").rmdir,
        lambda: (tmp_path / "new").symlink_to(path),
        lambda: os.mkfifo(tmp_path / "new"),
        lambda: Path("/proc/self/comm").write_text("other", encoding="ascii"),
    ):
        with pytest.raises(OSError, match=r"ermission|cross-device") as refused:
            restricted(call, tmp_path)
        assert refused.value.errno in (errno.EACCES, errno.EXDEV)
    assert path.read_bytes() == b"model"


@landlocked
def test_files_are_kept_in_a_folder_that_is_writable_and_nowhere_else(tmp_path: Path) -> None:
    kept, other = tmp_path / "kept", tmp_path / "other"
    kept.mkdir()
    other.mkdir()
    (other / "file").write_bytes(b"other")

    def keep() -> list[str]:
        (kept / "clips").mkdir()
        unfinished = kept / "clips" / "new.part"
        unfinished.write_bytes(b"one")
        unfinished.replace(kept / "clips" / "new")
        (kept / "gone").write_bytes(b"two")
        (kept / "gone").write_bytes(b"cut")
        (kept / "gone").unlink()
        (kept / "empty").mkdir()
        (kept / "empty").rmdir()
        return listed(kept)

    assert restricted(keep, writable=(kept,)) == ["clips"]
    assert (kept / "clips" / "new").read_bytes() == b"one"
    (kept / "file").write_bytes(b"kept")
    for call in (
        (other / "file").read_bytes,
        (other / "new").touch,
        lambda: (kept / "file").rename(other / "moved"),
        lambda: (kept / "link").symlink_to(other),
        lambda: os.mkfifo(kept / "pipe"),
        lambda: (kept / "hard").hardlink_to(other / "file"),
    ):
        with pytest.raises(OSError, match=r"ermission|cross-device"):
            restricted(call, writable=(kept,))
    assert listed(other) == ["file"]


@landlocked
@since(3)
def test_nothing_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"model")
    with pytest.raises(PermissionError):
        restricted(lambda: os.truncate(path, 0), tmp_path)


@landlocked
def test_what_goes_to_dev_null_goes_there() -> None:
    def throw_away() -> int:
        with Path("/dev/null").open("wb") as nothing:
            return nothing.write(b"noise")

    assert restricted(throw_away) == len(b"noise")


@landlocked
def test_what_every_program_needs_is_read() -> None:
    for path in ("/proc/self/status", "/proc/cpuinfo", "/proc/meminfo", "/dev/urandom", "/usr/bin/env", "/etc/passwd"):
        assert restricted(partial(beginning, path))
    assert restricted(lambda: listed(Path("/sys/devices/system/cpu")))


@landlocked
def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"model")
    absent = tmp_path / "absent"
    assert restricted((tmp_path / "model").read_bytes, absent, tmp_path / "model" / "below", tmp_path) == b"model"


@landlocked
@since(4)
def test_no_tcp_is_connected_or_bound() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as client, socket.socket() as server:
        with pytest.raises(PermissionError):
            restricted(lambda: client.connect(there.getsockname()))
        with pytest.raises(PermissionError):
            restricted(lambda: server.bind(("127.0.0.1", 0)))


@landlocked
@since(6)
def test_no_other_process_is_reached_by_a_signal_or_an_abstract_socket() -> None:
    found = told(f"""
import errno, json, os, socket
from pathlib import Path
from gateway.sandbox.landlock import restrict
with socket.socket(socket.AF_UNIX) as there, socket.socket(socket.AF_UNIX) as client:
    there.bind("\\0local-voice-test-" + str(os.getpid()))
    there.listen()
    restrict([Path({str(ROOT)!r})])
    answers = []
    for call in (lambda: client.connect(there.getsockname()), lambda: os.kill(os.getppid(), 0)):
        try:
            call()
            answers.append(0)
        except OSError as error:
            answers.append(error.errno)
    child = os.posix_spawn("/usr/bin/sleep", ["sleep", "60"], {{}})
    os.kill(child, {int(signal.SIGKILL)})
    answers.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(answers))
""", is_measured=False)  # fmt: skip
    assert found == [errno.EPERM, errno.EPERM, -signal.SIGKILL]


@landlocked
def test_a_program_that_it_starts_is_under_it_too() -> None:
    script = f"""
import subprocess
from pathlib import Path
from gateway.sandbox.landlock import restrict
restrict([Path(path) for path in {[str(path) for path in READABLE]!r}])
print(subprocess.run(["cat", "{ROOT / "README.md"}"], capture_output=True).returncode)
print(subprocess.run(["cat", "/proc/self/comm"], capture_output=True).stdout)
"""
    assert run(script, is_measured=False).splitlines() == ["1", "b'cat\\n'"]


def test_each_version_takes_away_what_it_knows() -> None:
    assert [known(FILES, abi).bit_length() for abi in (0, 1, 2, 3, 4, 5, 8, 9, 99)] == [
        0,
        13,
        14,
        15,
        15,
        16,
        16,
        17,
        17,
    ]
    assert [known(NETWORK, abi) for abi in (3, 4, 9, 10)] == [0, 0b11, 0b11, 0b1111]
    assert [known(SCOPES, abi) for abi in (5, 6)] == [0, 0b11]


@landlocked
@pytest.mark.parametrize("older", range(1, ABI))
def test_an_older_kernel_is_asked_for_no_more_than_it_knows(older: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []

    def make(name: str, *arguments: int) -> int:
        if name == "landlock_create_ruleset" and arguments[0]:
            asked.append(tuple((ctypes.c_uint64 * 3).from_address(arguments[0])))
            raise OSError(errno.EINVAL, "enough")
        return older

    monkeypatch.setattr(landlock, "system_call", make)
    assert restrict([]) == 0
    assert asked == [(known(FILES, older), known(NETWORK, older), known(SCOPES, older))]


def test_a_kernel_without_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *_: int) -> int:
        raise OSError(errno.EOPNOTSUPP, f"{name}: not supported")

    monkeypatch.setattr(landlock, "system_call", refuse)
    assert restrict([ROOT]) == 0


def test_what_the_system_offers_holds_nothing_of_anybody() -> None:
    assert not {"/", "/etc", "/home", "/root", "/var", "/run", "/tmp", "/dev", "/dev/shm"} & set(SYSTEM)  # noqa: S108
