"""What a process of ours gives up before it works: network, user, capabilities, files. For good, as it cannot go back.

Namespaces, capabilities and Landlock are of threads in the kernel: all of this is for a process that has only one yet.
"""

import contextlib
import ctypes
import errno
import os
import resource
import signal
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Final

from gateway.protection import Layer
from gateway.sandbox import landlock
from gateway.sandbox.kernel import (
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_CLEAR_ALL,
    PR_CAPBSET_DROP,
    PR_GET_PDEATHSIG,
    PR_SET_DUMPABLE,
    PR_SET_PDEATHSIG,
    capset,
    give_no_new_privileges,
    prctl,
)

LARGEST_DESCRIPTOR: Final = (1 << 31) - 1
"""A limit that was lowered meanwhile says nothing of those that were open before."""
STANDARD_STREAMS: Final = (0, 1, 2)
CAPABILITY_VERSION: Final = 0x2008_0522
"""`_LINUX_CAPABILITY_VERSION_3`: sets of 64 bits, in two halves of three words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What this machine let a process give up, and why not the rest."""

    layers: tuple[Layer, ...]
    missing: dict[Layer, str]


def give_up_rights(*, readable: Sequence[Path], writable: Sequence[Path] = (), user: int | None) -> Given:
    """Give up network, user, capabilities and files, each where this machine has that.

    `readable` are the folders and files besides the system's that may be opened, for reading; in the folders that are
    `writable` files may be kept. `user` is the user, and group, to become. Raises OSError where the user was changed by
    half, RuntimeError where other threads run already: they would keep everything.
    """
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    if threads > 1:
        raise RuntimeError(f"{threads - 1} other threads run already, which would keep all rights; give them up first")
    parent, ends_with_parent = os.getppid(), _ends_with_parent()
    missing: dict[Layer, str] = {}
    _empty_bounding_set()  # while root still may; becoming another user does the rest
    is_cut_off = _leave_the_network()
    if reason := _become(user):
        missing[Layer.OWN_USER] = reason
    if not is_cut_off and (reason := _leave_the_network_as_root_of_nothing()):
        missing[Layer.EMPTY_NETWORK] = reason
    drop_capabilities()
    give_no_new_privileges()
    if not landlock.restrict(readable, writable):
        missing[Layer.LANDLOCK] = "this system's kernel has no Landlock"
    if ends_with_parent:  # becoming another user, or root of a namespace, takes that back
        die_with_parent(parent)
    possible = (Layer.EMPTY_NETWORK, Layer.OWN_USER, Layer.NO_CAPABILITIES, Layer.NO_NEW_PRIVILEGES, Layer.LANDLOCK)
    return Given(layers=tuple(layer for layer in possible if layer not in missing), missing=missing)


def harden() -> None:
    """Let nobody of the same user look into this process, and the kernel write no image of it when it crashes."""
    prctl(PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent(parent: int) -> None:
    """Be killed when the thread ends that started this process; end at once where `parent` has ended already.

    Only where the parent may kill this process: not where that is of another user, and has no CAP_KILL.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def drop_capabilities() -> None:
    """Give up all of root's powers, for this thread and what it starts; root itself keeps its files, and no more."""
    _empty_bounding_set()
    with contextlib.suppress(OSError):  # a kernel before 4.3 has no ambient ones
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    capset(header, (ctypes.c_uint32 * 6)())


def close_other_descriptors(keep: Collection[int]) -> None:
    """Close all descriptors but these and the standard streams; what they led to is out of reach from then on."""
    kept = sorted({*STANDARD_STREAMS, *keep, LARGEST_DESCRIPTOR})
    for before, behind in pairwise(kept):
        os.closerange(before + 1, behind)


def _ends_with_parent() -> bool:
    number = ctypes.c_int()
    prctl(PR_GET_PDEATHSIG, ctypes.addressof(number))
    return number.value != 0


def _leave_the_network() -> bool:
    """Enter a network namespace in which there is nothing; tell whether that worked, as it does for root."""
    try:
        os.unshare(os.CLONE_NEWNET)
    except OSError:
        return False
    return True


def _leave_the_network_as_root_of_nothing() -> str:
    """Do the same as root of a user namespace that holds only this user; return why that is not possible here, or "".

    What it is root of there is an empty network; it gives that up with all its other capabilities.
    """
    user, group = os.geteuid(), os.getegid()
    prctl(PR_SET_DUMPABLE, 1)  # a process that changed its user is not, and may not write its own maps
    try:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    except OSError as error:
        return f"this system lets nobody but root make a network namespace ({os.strerror(error.errno or 0)})"
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny", encoding="ascii")
    (own / "uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    (own / "gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    return ""


def _become(user: int | None) -> str:
    """Become `user`; return why not, where nothing was changed. Raises OSError where something was."""
    if user is None:
        return "it was not told which user to become"
    try:
        os.setgroups([])
    except OSError as error:
        return f"only root can change the user ({os.strerror(error.errno or 0)})"
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if (os.getresuid(), os.getresgid(), os.getgroups()) != ((user,) * 3, (user,) * 3, []):
        raise OSError(errno.EPERM, f"it is not wholly user {user}")
    return ""


def _empty_bounding_set() -> None:
    """Have no program that is started get capabilities from its file; only root may, for others that is how it is."""
    with contextlib.suppress(OSError):  # EPERM, or EINVAL behind the last that the kernel knows
        for capability in count():
            prctl(PR_CAPBSET_DROP, capability)
