"""Which user the process that hears can become: one that owns nothing, where this machine lets us."""

import os
import select
import signal
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from gateway.sandbox.privileges import drop_capabilities

VOICE_USER: Final = 10_871
"""A number that no account has: above those that systems give to people and services, below those of containers."""
CAP_SETGID: Final = 6
CAP_SETUID: Final = 7
TRIAL_S: Final = 5.0
"""How long the trial may take: a hundred times what it does, for slow cards; more only where a disk hangs."""
MOST_TRIED: Final = 1_000
"""Of so many files and folders it is seen whether they can be read, those on top first. Who closes a folder to others
does so at its top."""
LONGEST_REASON_BYTES: Final = 4_096
"""A path cannot be longer."""
_FINE: Final = "fine"
_LATE: Final = f"user {VOICE_USER} could not read everything within {TRIAL_S:.0f} s"


def voice_user(readable: Sequence[Path]) -> tuple[int | None, str]:
    """Return the user that the voice process can become, and ""; or None, and why not.

    It takes the right to change the user, and that one must be able to read all of `readable`; a process of its own
    tries that. To be called before there are other threads.
    """
    if not _may_change_user():
        return None, "only root can change the user"
    if os.getuid() == VOICE_USER:
        return None, f"everything runs as user {VOICE_USER} already"
    reason = _tried(readable)
    return (None, reason) if reason else (VOICE_USER, "")


def _may_change_user() -> bool:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapEff:"):
            capabilities = int(line.split()[1], 16)
            return bool(capabilities >> CAP_SETUID & capabilities >> CAP_SETGID & 1)
    return False


def _tried(readable: Sequence[Path]) -> str:
    """Return why the user cannot be had, found out by a process that becomes that user; "" where it can."""
    answer, question = os.pipe()
    child = os.fork()
    if child == 0:
        _try(readable, question)
    os.close(question)
    try:
        has_answered, _, _ = select.select([answer], [], [], TRIAL_S)
        said = os.read(answer, LONGEST_REASON_BYTES).decode("utf-8", errors="replace") if has_answered else _LATE
    finally:
        os.close(answer)
    if said == _LATE:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said.removeprefix(_FINE) if said else "a process of its own failed to try it"


def _try(readable: Sequence[Path], question: int) -> NoReturn:
    """Say in the child what came of it, and end there whatever happens, without what Python does at an end."""
    try:
        said = _became_and_read(readable) or _FINE
        os.write(question, said.encode("utf-8", errors="replace")[:LONGEST_REASON_BYTES])
    finally:
        os._exit(0)


def _became_and_read(readable: Sequence[Path]) -> str:
    try:
        os.setgroups([])
        os.setresgid(VOICE_USER, VOICE_USER, VOICE_USER)
        os.setresuid(VOICE_USER, VOICE_USER, VOICE_USER)
        drop_capabilities()  # without root's, some of which open every file
    except OSError as error:
        return f"this system does not let it become user {VOICE_USER} ({os.strerror(error.errno or 0)})"
    return _unreadable(readable)


def _unreadable(readable: Sequence[Path]) -> str:
    """Return what of this cannot be read, in words; "" where all of what was tried can."""
    waiting = deque(readable)
    for _ in range(MOST_TRIED):
        if not waiting:
            break
        path = waiting.popleft()
        try:
            waiting += _opened(path)
        except PermissionError:
            return f"{path}: user {VOICE_USER} cannot read it"
        except OSError:  # it is not there, or is nothing that one reads
            continue
    return ""


def _opened(path: Path) -> list[Path]:
    """Open a file or folder; return what is in it."""
    if path.is_dir():
        with os.scandir(path) as entries:
            return [Path(entry) for entry in entries]
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    return []
