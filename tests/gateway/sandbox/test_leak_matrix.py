"""Every way out that we know of, tried by a real process, its child and its earlier thread.

Two witnesses: what the process says, and what reached the canaries. Nothing may, under the filter alone; and each rule
of the filter is there for a way that is open without it.
"""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from gateway.confinement import readable_folders
from gateway.sandbox import landlock
from gateway.sandbox.aims import CHILD, EARLIER, MAIN, WHO
from gateway.sandbox.attempts import ATTEMPTS
from gateway.sandbox.kernel import system_call
from gateway.sandbox.users import voice_user
from gateway.sandbox.ways_out import WAYS
from tests.gateway.sandbox.confined import Layers, Told, Weaker, tried

FEWEST_LEAKS: Final = 9
"""Of the process without a filter: or the test could not fail."""
LONGEST_S: Final = 0.5
"""It is a part of each start."""

IS_ROOT: Final = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can make a network namespace or change the user")

on_x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has x32")


def has_landlock() -> bool:
    try:
        return system_call("landlock_create_ruleset", 0, 0, landlock.LANDLOCK_CREATE_RULESET_VERSION) > 0
    except OSError:
        return False


with_landlock = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


@pytest.fixture
def other_user() -> int:
    """Return a user that can run the program, and is not who runs the tests."""
    user, why_not = voice_user(readable_folders())
    if user is None:
        pytest.skip(f"the process cannot become another user: {why_not}")
    return user


def ways(told: Told, who: str) -> set[str]:
    return {way.removeprefix(f"{who} ") for way in told.findings.ways_out if way.startswith(f"{who} ")}


def assert_nothing_got_out(told: Told) -> None:
    assert told.findings.ways_out == ()
    assert told.reached == ()
    assert told.left_open == 0
    assert told.findings.attempts >= len(WHO) * (len(ATTEMPTS) - 3), "all but IPv6, x32 and bpf are on every machine"


def test_without_protection_the_ways_are_open_and_the_canaries_see_it(state: Callable[[str], None]) -> None:
    told = tried(Layers())
    assert told.left_open == 0
    assert told.reached == tuple(sorted(way for way in told.findings.ways_out if _is_seen(way)))
    for who in WHO:
        assert len(ways(told, who) & WAYS.keys()) >= FEWEST_LEAKS
        assert {"tcp", "udp", "dns name", "fast open", "unix", "inherited listener", "accepted socket"} <= ways(
            told, who
        )
    state(
        f"leak matrix, without a filter: {len(told.findings.ways_out)} of {told.findings.attempts} attempts got out, "
        f"canaries reached {len(told.reached)} times"
    )


def test_nothing_gets_out_of_a_process_that_gave_up_its_rights(
    state: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue("other_user") if IS_ROOT else None
    runs = [tried(Layers(all_rights=True, filter=True, user=user)) for _ in range(3)]
    for told in runs:
        assert_nothing_got_out(told)
    took_s = min(told.took_s for told in runs)
    assert took_s < LONGEST_S
    state(
        f"leak matrix, all that this machine has: 0 of {runs[0].findings.attempts} attempts got out, canaries reached "
        f"0 times; {took_s * 1000:.0f} ms; missing: {', '.join(runs[0].missing) or 'nothing'}"
    )


def test_the_filter_alone_is_enough(state: Callable[[str], None]) -> None:
    """As on small boxes, whose kernels have nothing else; and as root, who may do the most."""
    told = tried(Layers(filter=True))
    assert_nothing_got_out(told)
    state(f"leak matrix, the filter alone: 0 of {told.findings.attempts} attempts got out")


@on_x86_64
def test_the_self_test_outlives_a_filter_that_kills_for_calls_of_another_architecture() -> None:
    """As the systemd unit has one."""
    assert_nothing_got_out(tried(Layers(filter=True, killed_for_x32=True)))
    told = tried(Layers(killed_for_x32=True))
    assert not {f"{who} x32" for who in WHO} & set(told.findings.ways_out)
    assert {f"{who} tcp" for who in WHO} <= set(told.findings.ways_out)


@as_root
def test_a_network_namespace_alone_is_not(state: Callable[[str], None]) -> None:
    told = tried(Layers(namespace=True))
    for who in WHO:
        assert {"unix", "unix sendto", "inherited listener", "accepted socket", "shut listener"} <= ways(told, who)
        assert not {"tcp", "udp", "dns name", "fast open", "mptcp"} & ways(told, who)
        assert not {f"{who} abstract unix", f"{who} tcp"} & set(told.reached)
    state(f"leak matrix, an empty network alone: {len(told.reached)} got out")


@with_landlock
def test_landlock_alone_is_not(state: Callable[[str], None]) -> None:
    told = tried(Layers(landlock=True))
    open_to_main = ways(told, MAIN) & WAYS.keys()
    assert "tcp" not in open_to_main
    assert open_to_main
    assert f"{MAIN} {min(open_to_main)}" in told.reached
    state(f"leak matrix, Landlock alone: {len(told.reached)} got out ({', '.join(sorted(open_to_main))})")


RULES: Final = {
    "only `socket` is refused, as by most filters": (
        Weaker(only=["socket"]),
        {"inherited listener", "accepted socket", "shut listener", "unix", "abstract unix", "io_uring", "ptrace"},
    ),
    "UNIX sockets of all kinds are let through": (
        Weaker(with_datagrams=True),
        {"unix sendmsg", "abstract unix sendmsg", "unix raw", "unix pair"},
    ),
    "bind and listen": (Weaker(without=["bind", "listen"]), {"unix listen"}),
    "socket": (Weaker(without=["socket"]), {"udp sendmsg", "packet", "netlink", "unix sendmsg", "unix raw"}),
    "socketpair": (Weaker(without=["socketpair"]), {"unix pair"}),
    "connect": (Weaker(without=["connect"]), {"inherited listener", "accepted socket", "unix", "abstract unix"}),
    "sendto": (Weaker(without=["sendto"]), {"shut listener"}),
    "sendmsg": (Weaker(without=["sendmsg"]), {"shut listener sendmsg"}),
    "sendmmsg": (Weaker(without=["sendmmsg"]), {"shut listener sendmmsg"}),
    "io_uring_setup": (Weaker(without=["io_uring_setup"]), {"io_uring"}),
    "bpf": (Weaker(without=["bpf"]), {"bpf"}),
    "clone": (Weaker(without=["clone"]), {"clone"}),
    "clone3": (Weaker(without=["clone3"]), {"clone3"}),
    "ptrace": (Weaker(without=["ptrace"]), {"ptrace"}),
    "pidfd_getfd": (Weaker(without=["pidfd_getfd"]), {"pidfd_getfd"}),
    "process_vm_writev": (Weaker(without=["process_vm_writev"]), {"process_vm_writev"}),
    "setns": (Weaker(without=["setns"]), {"setns"}),
    "unshare": (Weaker(without=["unshare"]), {"unshare"}),
}
"""Rules that are left out of the filter, and what is found then."""
NEEDS_ROOT: Final = {"packet", "bpf"}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_of_the_filter_is_needed(rule: str) -> None:
    """Leave one out, and the self-test says so, and the canaries see who came that way."""
    weaker, found = RULES[rule]
    told = tried(Layers(weaker=weaker))
    expected = found if IS_ROOT else found - NEEDS_ROOT
    assert {f"{who} {way}" for who in WHO for way in expected} <= set(told.findings.ways_out)
    assert {way for way in told.findings.ways_out if _is_seen(way)} == set(told.reached)


def test_a_filter_of_one_thread_leaves_the_earlier_one_free() -> None:
    told = tried(Layers(weaker=Weaker(on_all_threads=False)))
    assert not ways(told, MAIN)
    assert not ways(told, CHILD)
    assert len(ways(told, EARLIER) & WAYS.keys()) >= FEWEST_LEAKS
    assert f"{EARLIER} tcp" in told.reached


class TestWhatCouldBeAltered:
    """The program, other processes' memory, and the broker's secrets; so that who breaks in cannot undo the rest."""

    @pytest.fixture
    def secret(self, tmp_path: Path) -> Path:
        path = tmp_path / "broker.pem"
        path.write_text("secret", encoding="ascii")
        path.chmod(0o600)
        return path

    @pytest.fixture
    def program(self, tmp_path: Path) -> list[Path]:
        """A program that belongs to who runs the tests, in a folder that others may enter."""
        folder = tmp_path / "package"
        folder.mkdir()
        (folder / "app.py").write_text("", encoding="ascii")
        return [folder, folder / "app.py"]

    def test_the_same_user_could_alter_everything(self, program: list[Path], secret: Path) -> None:
        found = tried(Layers(filter=True), program=program, secrets=[secret]).findings
        assert found.ways_out == ()
        assert found.alterable[:2] == tuple(f"could write {path}" for path in program)
        assert found.alterable[-1] == f"could read {secret}"
        if IS_ROOT:  # others may be kept from it by the system
            assert found.alterable[2:-1] == (f"could write the memory of process {os.getpid()}",)

    @with_landlock
    def test_under_landlock_it_cannot(self, program: list[Path], secret: Path) -> None:
        assert tried(Layers(filter=True, landlock=True), program=program, secrets=[secret]).findings.alterable == ()

    @as_root
    def test_another_user_cannot(self, program: list[Path], secret: Path, other_user: int) -> None:
        assert tried(Layers(filter=True, user=other_user), program=program, secrets=[secret]).findings.alterable == ()

    @as_root
    def test_another_user_that_may_write_the_program_is_found_out(
        self, program: list[Path], secret: Path, other_user: int
    ) -> None:
        for path in (secret.parent, *secret.parent.parents[:2], *program):
            path.chmod(0o777 if path in program else 0o755)
        secret.chmod(0o644)
        found = tried(Layers(filter=True, user=other_user), program=program, secrets=[secret]).findings
        assert found.alterable == (*(f"could write {path}" for path in program), f"could read {secret}")

    @as_root
    def test_with_all_that_this_machine_has_it_cannot_alter_what_runs(self, secret: Path, other_user: int) -> None:
        """What is tried if nothing else is said: this very program, its libraries, Python."""
        told = tried(Layers(all_rights=True, filter=True, user=other_user), secrets=[secret])
        assert told.findings.alterable == ()


def _is_seen(way: str) -> bool:
    return any(way == f"{who} {name}" for who in WHO for name in WAYS)
