"""A process that gives up its rights as the voice process does, or only some, runs its self-test, and tells.

`tried()` starts it for a test. What is weaker than in the product is made weaker here, in the process itself: the
product has no switch for it.
"""

import ctypes
import json
import os
import struct
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from gateway.confinement import readable_folders
from gateway.sandbox import landlock, privileges, seccomp
from gateway.sandbox.kernel import give_no_new_privileges, system_call
from gateway.sandbox.leaks import Findings, SelfTest
from gateway.sandbox.targets import Canary, Targets

DEADLINE_S: Final = 60
_LOAD, _JUMP_IF_NOT_LESS, _RETURN = 0x20, 0x35, 0x06
_KILL_PROCESS, _ALLOW = 0x8000_0000, 0x7FFF_0000
_SET_MODE_FILTER = 1
"""From the kernel's `linux/bpf_common.h` and `linux/seccomp.h`."""
ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True, kw_only=True)
class Weaker:
    """A filter that is not ours: what is missing of it."""

    without: Collection[str] = ()
    """Calls that it lets through."""
    only: Collection[str] = ()
    """If any: the only calls that it refuses."""
    with_datagrams: bool = False
    """UNIX sockets may be of any kind, as in filters that look at the family only."""
    on_all_threads: bool = True


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What it gives up."""

    all_rights: bool = False
    """By `give_up_rights`: whatever this machine has."""
    user: int | None = None
    namespace: bool = False
    landlock: bool = False
    filter: bool = False
    weaker: Weaker | None = None
    killed_for_x32: bool = False
    """As systemd's SystemCallArchitectures= has it, before all else."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What came of it: by its own account, by that of the canaries, and how long it took."""

    findings: Findings
    reached: tuple[str, ...] = ()
    took_s: float
    left_open: int = 0
    """How many of the descriptors that were for the self-test it still has."""
    missing: dict[str, str] = field(default_factory=dict)


def tried(layers: Layers, *, program: Sequence[Path] | None = None, secrets: Sequence[Path] = ()) -> Told:
    """Run the process with these layers, and return what came of it."""
    with Canary(processes=[os.getpid()], program=program, secrets=secrets) as canary:
        asked = msgspec.json.encode({"layers": layers, "targets": canary.targets}).decode()
        may_write = not layers.all_rights and not layers.landlock and layers.user is None
        environment = {
            name: value for name, value in os.environ.items() if may_write or not name.startswith("COVERAGE")
        }  # or it complains that it cannot write what was covered
        done = subprocess.run(
            [sys.executable, "-m", __name__, asked],
            cwd=ROOT,
            env=environment,
            pass_fds=canary.descriptors,
            stdout=subprocess.PIPE,
            timeout=DEADLINE_S,
            check=True,
        )
        return replace(msgspec.json.decode(done.stdout, type=Told), reached=canary.reached)


def weaken(weaker: Weaker) -> None:
    """Have `install_filter` install something weaker, in this process."""
    refusals = [refusal for refusal in seccomp.REFUSALS if refusal.call not in weaker.without]
    if weaker.only:
        refusals = [refusal for refusal in refusals if refusal.call in weaker.only]
    if weaker.with_datagrams:
        refusals = [
            replace(refusal, when=refusal.when[:1]) if refusal.call in ("socket", "socketpair") else refusal
            for refusal in refusals
        ]
    seccomp.REFUSALS = tuple(refusals)  # type: ignore[misc, assignment]
    if not weaker.on_all_threads:
        seccomp.SECCOMP_FILTER_FLAG_TSYNC = 0  # type: ignore[misc]


def kill_for_x32() -> None:
    """Have the kernel kill this process, or what it starts, for a call by one of x32's numbers."""
    instructions = (
        (_LOAD, 0, 0, 0),  # the number
        (_JUMP_IF_NOT_LESS, 0, 1, 0x4000_0000),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in instructions))
    program = ctypes.create_string_buffer(struct.pack("H6xP", len(instructions), ctypes.addressof(code)))
    give_no_new_privileges()
    system_call("seccomp", _SET_MODE_FILTER, 0, ctypes.addressof(program))


def give_up(layers: Layers) -> dict[str, str]:
    """Do it, but for the filter; return what the machine lacks."""
    if layers.killed_for_x32:
        kill_for_x32()
    if layers.all_rights:
        given = privileges.give_up_rights(readable=readable_folders(), user=layers.user)
        return {str(layer): why for layer, why in given.missing.items()}
    if layers.namespace:
        os.unshare(os.CLONE_NEWNET)
    if layers.user is not None:
        os.setgroups([])
        os.setresgid(layers.user, layers.user, layers.user)
        os.setresuid(layers.user, layers.user, layers.user)
    if layers.landlock:
        assert landlock.restrict(readable_folders())
    return {}


def main() -> None:
    asked = json.loads(sys.argv[1])
    layers, targets = msgspec.convert(asked["layers"], Layers), msgspec.convert(asked["targets"], Targets)
    missing = give_up(layers)
    self_test = SelfTest(targets)
    if layers.weaker is not None:
        weaken(layers.weaker)
    if layers.filter or layers.weaker is not None:
        seccomp.install_filter()
    began = perf_counter()
    findings = self_test.run()
    took_s = perf_counter() - began
    left_open = sum(Path(f"/proc/self/fd/{descriptor}").is_symlink() for descriptor in targets.descriptors)
    told = Told(findings=findings, took_s=took_s, left_open=left_open, missing=missing)
    sys.stdout.buffer.write(msgspec.json.encode(told))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
