"""Giving up rights: really, in processes of their own; and what is said where a machine does not let us."""

import ctypes
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.protection import Layer
from gateway.sandbox import kernel, landlock, privileges
from gateway.sandbox.privileges import Given, close_other_descriptors, give_up_rights
from gateway.sandbox.users import VOICE_USER
from tests.gateway.sandbox.running import DEADLINE_S, NOBODY, READABLE, ROOT, as_root, is_root, run, told
from tests.gateway.sandbox.test_landlock import ABI

ALL: Final = ["empty_network", "own_user", "no_capabilities", "no_new_privileges", "landlock"]
WITHOUT_A_USER: Final = [layer for layer in ALL if layer != "own_user"]
SETS: Final = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")

GIVE_UP: Final = """
import json, os, subprocess, sys, time
from pathlib import Path
from gateway.sandbox.privileges import give_up_rights

def status(text):
    lines = (line.split(":", 1) for line in text.splitlines())
    return {name: value.split() for name, value in lines}

def error(call):
    try:
        call()
    except OSError as error:
        return error.errno
    return 0

user = json.loads(sys.argv[1])
before = os.readlink("/proc/self/ns/net")
start = time.perf_counter()
given = give_up_rights(readable=[Path(path) for path in sys.argv[2:]], user=user)
took_ms = (time.perf_counter() - start) * 1e3
child = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
print(json.dumps({
    "layers": given.layers,
    "missing": given.missing,
    "took_ms": took_ms,
    "status": status(Path("/proc/self/status").read_text()),
    "child": status(child),
    "interfaces": [line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]],
    "is_in_another_network": os.readlink("/proc/self/ns/net") != before,
    "errors": {
        "become root": error(lambda: os.setuid(0)) if os.getuid() else -1,
        "its groups": error(lambda: os.setgroups([0])),
        "go back": error(lambda: os.setns(os.open("/proc/1/ns/net", os.O_RDONLY))),
        "another network": error(lambda: os.unshare(os.CLONE_NEWNET)),
        "open another's memory": error(lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY)),
        "open a file of root": error(lambda: os.open("/etc/shadow", os.O_RDONLY)),
        "write": error(lambda: os.open("/tmp/local-voice-test", os.O_WRONLY | os.O_CREAT)),
    },
}))
"""


def given_up(user: int | None, *, run_as: int | None = None) -> dict[str, Any]:
    found = told(GIVE_UP, str(user).replace("None", "null"), *map(str, READABLE), user=run_as, is_measured=False)
    return dict(found)


def assert_powerless(found: dict[str, Any]) -> None:
    """Neither it nor what it starts has any power of root's, or gets one."""
    for status in (found["status"], found["child"]):
        assert {int(status[name][0], 16) for name in SETS} == {0}
        assert status["NoNewPrivs"] == ["1"]


with_landlock = pytest.mark.skipif(ABI == 0, reason="this kernel has no Landlock")


@as_root
@with_landlock
def test_root_becomes_another_user_in_an_empty_network(state: Callable[[str], None]) -> None:
    found = given_up(VOICE_USER)
    assert (found["layers"], found["missing"]) == (ALL, {})
    assert_powerless(found)
    for status in (found["status"], found["child"]):
        assert status["Uid"] == status["Gid"] == [str(VOICE_USER)] * 4
        assert status["Groups"] == []
    assert found["is_in_another_network"]
    assert found["interfaces"] == ["lo"]
    assert all(found["errors"].values())
    state(f"rights given up (network, user, capabilities, Landlock): in {found['took_ms']:.1f} ms")


@as_root
@with_landlock
def test_root_without_a_user_to_become_keeps_none_of_its_powers() -> None:
    found = given_up(None)
    assert found["layers"] == WITHOUT_A_USER
    assert found["missing"] == {"own_user": "it was not told which user to become"}
    assert_powerless(found)
    assert found["status"]["Uid"] == ["0"] * 4
    assert all(found["errors"].values()), "not even root opens what is not readable"


@with_landlock
def test_who_is_not_root_gets_an_empty_network_by_a_namespace_of_its_own() -> None:
    found = given_up(None, run_as=NOBODY)
    if "empty_network" in found["missing"]:
        pytest.skip(found["missing"]["empty_network"])
    assert found["layers"] == WITHOUT_A_USER
    assert_powerless(found)
    assert found["interfaces"] == ["lo"]
    assert found["is_in_another_network"]
    assert all(found["errors"].values())
    if is_root:
        assert found["status"]["Uid"] == [str(NOBODY)] * 4, "it is still who it was, also by its own account"
        assert found["status"]["Gid"] == [str(NOBODY)] * 4


def test_who_is_not_root_cannot_change_the_user() -> None:
    found = given_up(VOICE_USER, run_as=NOBODY)
    assert found["missing"]["own_user"].startswith("only root can change the user")
    assert_powerless(found)


@as_root
@with_landlock
def test_a_service_with_the_right_to_change_users_gets_everything_too() -> None:
    """As by systemd's `AmbientCapabilities=CAP_SETUID CAP_SETGID`; it leaves the network as the user that it became."""
    setpriv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    rights = ["--inh-caps=-all,+setuid,+setgid", "--ambient-caps=-all,+setuid,+setgid"]
    done = subprocess.run(
        [*setpriv, *rights, sys.executable, "-c", GIVE_UP, str(VOICE_USER), *map(str, READABLE)],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    )
    found = json.loads(done.stdout)
    if "empty_network" in found["missing"]:
        pytest.skip(found["missing"]["empty_network"])
    assert (found["layers"], found["missing"]) == (ALL, {})
    assert found["status"]["Uid"] == found["status"]["Gid"] == [str(VOICE_USER)] * 4
    assert found["interfaces"] == ["lo"]


def test_other_threads_would_keep_everything_and_are_told() -> None:
    assert "1 other threads run already" in run("""
import threading, time
from gateway.sandbox.privileges import give_up_rights
threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
try:
    give_up_rights(readable=[], user=None)
except RuntimeError as error:
    print(error)
""")


@pytest.mark.parametrize("user", [pytest.param(VOICE_USER, marks=as_root), None])
def test_it_still_ends_with_its_parent(user: int | None) -> None:
    """The kernel forgets that it should, when a process becomes another user."""
    start = f"""
import os, subprocess, sys
child = '''
import os, sys, time
from pathlib import Path
from gateway.sandbox.privileges import die_with_parent, give_up_rights
die_with_parent(int(sys.argv[1]))
give_up_rights(readable=[Path(path) for path in {[str(path) for path in READABLE]!r}], user={user})
print("ready", flush=True)
time.sleep(60)
'''
running = subprocess.Popen([sys.executable, "-c", child, str(os.getpid())], stdout=subprocess.PIPE, text=True)
assert running.stdout.readline() == "ready\\n"
print(running.pid)
os._exit(0)
"""
    child = int(run(start, is_measured=False))
    deadline_s = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        assert time.monotonic() < deadline_s, "it lives on without its parent"
        time.sleep(0.02)


def test_whose_parent_has_gone_already_ends_at_once() -> None:
    run(
        "import os\nfrom gateway.sandbox.privileges import die_with_parent\ndie_with_parent(os.getppid() + 1)",
        is_measured=False,
        expect=-signal.SIGKILL,
    )


def test_who_is_hardened_is_not_looked_into_and_leaves_no_image() -> None:
    found = told("""
import ctypes, json, resource
from gateway.sandbox.privileges import harden
harden()
print(json.dumps([ctypes.CDLL(None).prctl(3), *resource.getrlimit(resource.RLIMIT_CORE)]))
""")
    assert found == [0, 0, 0]


def test_a_hardened_process_is_closed_to_others_of_its_user() -> None:
    """As a user: root may look into every process."""
    looks = """
import os, subprocess, sys
other = subprocess.Popen(
    [sys.executable, "-c", "from gateway.sandbox.privileges import harden\\nif {hardened}: harden()\\n"
     "print(1, flush=True)\\ninput()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
other.stdout.readline()
try:
    os.close(os.open(f"/proc/{{other.pid}}/mem", os.O_RDWR))
    print("open")
except PermissionError:
    print("closed")
other.communicate(b"\\n")
"""
    assert run(looks.format(hardened=False), user=NOBODY).strip() == "open"
    assert run(looks.format(hardened=True), user=NOBODY).strip() == "closed"


@as_root
def test_capabilities_are_dropped_by_root_itself() -> None:
    found = run("""
import subprocess
from pathlib import Path
from gateway.sandbox.privileges import drop_capabilities
drop_capabilities()
print(Path("/proc/self/status").read_text())
print(subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout)
""")
    sets = [line.split() for line in found.splitlines() if line.startswith("Cap")]
    assert len(sets) == 10
    assert {int(value, 16) for _, value in sets} == {0}


def test_all_descriptors_but_the_kept_are_closed() -> None:
    """Also those above a limit that was lowered after they were opened."""
    assert told("""
import fcntl, json, os, resource
from gateway.sandbox.privileges import close_other_descriptors
kept, other = os.pipe()
high = fcntl.fcntl(other, fcntl.F_DUPFD, 900)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
close_other_descriptors([kept])
def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
print(json.dumps([[is_open(it) for it in (0, 1, 2, kept)], [is_open(it) for it in (other, high)], kept]))
""")[:2] == [[True] * 4, [False] * 2]


def test_what_is_kept_may_come_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "closerange", lambda low, high: closed.append((low, high)))
    close_other_descriptors({9, 5, 1})
    gone = [number for low, high in closed for number in range(low, min(high, 20))]
    assert gone == [3, 4, 6, 7, 8, *range(10, 20)]
    assert closed[-1][1] == (1 << 31) - 1


class Machine:
    """A process that changes nothing, and lets through what a test says; notes what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.refused: dict[str, int] = {}
        self.ids = (0, 0, 0)
        self.ends_by = 0
        monkeypatch.setattr(os, "unshare", lambda flags: self.ask(f"unshare {flags:#x}"))
        monkeypatch.setattr(os, "setgroups", lambda groups: self.ask(f"groups {groups}"))
        monkeypatch.setattr(os, "getgroups", list)
        monkeypatch.setattr(os, "getresuid", lambda: self.ids)
        monkeypatch.setattr(os, "getresgid", lambda: self.ids)
        monkeypatch.setattr(os, "setresgid", lambda *ids: self.ask(f"group {ids[0]}"))
        monkeypatch.setattr(os, "setresuid", self.become)
        monkeypatch.setattr(privileges, "prctl", self.prctl)
        monkeypatch.setattr(privileges, "capset", lambda *_: self.ask("capset"))
        monkeypatch.setattr(privileges, "give_no_new_privileges", lambda: self.ask("no new privileges"))
        monkeypatch.setattr(landlock, "restrict", self.landlock)
        monkeypatch.setattr(Path, "iterdir", lambda _: iter([Path("1")]))
        monkeypatch.setattr(Path, "write_text", lambda path, text, **_: self.ask(f"{path.name} {text}"))

    def ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.refused:
            raise OSError(self.refused[what], os.strerror(self.refused[what]))

    def become(self, *ids: int) -> None:
        self.ask(f"user {ids[0]}")
        self.ids = (ids[0], ids[1], ids[2])

    def landlock(self, *_: object) -> int:
        self.ask("landlock")
        return 7

    def prctl(self, option: int, *arguments: int) -> int:
        if option == kernel.PR_CAPBSET_DROP:
            if arguments[0] > 40:
                raise OSError(errno.EINVAL, "Invalid argument")
        elif option == kernel.PR_GET_PDEATHSIG:
            ctypes.c_int.from_address(arguments[0]).value = self.ends_by
        else:
            self.ask(f"prctl {option}")
        return 0


NEW_NETWORK: Final = f"unshare {os.CLONE_NEWNET:#x}"
NEW_USER_AND_NETWORK: Final = f"unshare {os.CLONE_NEWNET | os.CLONE_NEWUSER:#x}"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_the_network_goes_first_and_landlock_last(machine: Machine) -> None:
    assert give_up_rights(readable=READABLE, user=5) == Given(layers=tuple(map(Layer, ALL)), missing={})
    order = [NEW_NETWORK, "groups []", "group 5", "user 5", "prctl 47", "capset", "no new privileges", "landlock"]
    assert machine.asked == order


def test_without_a_user_to_become_the_rest_is_given_up(machine: Machine) -> None:
    given = give_up_rights(readable=READABLE, user=None)
    assert given.layers == tuple(map(Layer, WITHOUT_A_USER))
    assert machine.asked == [NEW_NETWORK, "prctl 47", "capset", "no new privileges", "landlock"]


def test_a_user_who_may_not_leave_the_network_does_so_in_a_namespace_of_its_own(machine: Machine) -> None:
    """After it became another, whom that one has to be; it is writable to itself only while it is `dumpable`."""
    machine.refused = {NEW_NETWORK: errno.EPERM}
    assert Layer.EMPTY_NETWORK in give_up_rights(readable=READABLE, user=5).layers
    user, group = os.geteuid(), os.getegid()
    maps = ["setgroups deny", f"uid_map {user} {user} 1", f"gid_map {group} {group} 1"]
    at = machine.asked.index(NEW_USER_AND_NETWORK)
    assert machine.asked[at - 2 : at + 4] == ["user 5", "prctl 4", NEW_USER_AND_NETWORK, *maps]


def test_what_a_machine_lacks_is_said_in_plain_words(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.refused = {NEW_NETWORK: errno.EPERM, NEW_USER_AND_NETWORK: errno.ENOSPC, "groups []": errno.EPERM}
    machine.refused |= {"prctl 47": errno.EINVAL}
    monkeypatch.setattr(landlock, "restrict", lambda *_: 0)
    given = give_up_rights(readable=READABLE, user=5)
    assert given.layers == (Layer.NO_CAPABILITIES, Layer.NO_NEW_PRIVILEGES)
    assert given.missing == {
        Layer.OWN_USER: "only root can change the user (Operation not permitted)",
        Layer.EMPTY_NETWORK: "this system lets nobody but root make a network namespace (No space left on device)",
        Layer.LANDLOCK: "this system's kernel has no Landlock",
    }


@pytest.mark.parametrize("at", ["group 5", "user 5"])
def test_a_user_that_was_changed_by_half_is_an_error(machine: Machine, at: str) -> None:
    machine.refused = {at: errno.EAGAIN}
    with pytest.raises(OSError, match="temporarily unavailable"):
        give_up_rights(readable=READABLE, user=5)


def test_a_user_that_was_not_changed_although_the_kernel_says_so_is_an_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "setresuid", lambda *_: None)
    with pytest.raises(OSError, match="not wholly user 5"):
        give_up_rights(readable=READABLE, user=5)


def test_the_end_with_its_parent_is_asked_for_again_after_all_that_takes_it_back(machine: Machine) -> None:
    machine.ends_by = signal.SIGKILL
    give_up_rights(readable=READABLE, user=5)
    assert machine.asked[-1] == f"prctl {kernel.PR_SET_PDEATHSIG}"


@pytest.mark.parametrize("parent", [os.getppid(), os.getppid() + 1])
def test_only_who_has_lost_its_parent_ends(parent: int, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *how: ended.append(how))
    privileges.die_with_parent(parent)
    assert machine.asked == [f"prctl {kernel.PR_SET_PDEATHSIG}"]
    assert ended == ([] if parent == os.getppid() else [(os.getpid(), signal.SIGKILL)])
