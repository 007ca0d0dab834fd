"""What the process that hears gives up, put together: in processes of their own, and with the parts played."""

import errno
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gateway import confinement
from gateway.confinement import Confinement, readable_folders
from gateway.paths import models_dir
from gateway.protection import Layer, Protection
from gateway.sandbox.leaks import Findings
from gateway.sandbox.privileges import Given
from gateway.sandbox.targets import Canary, Targets
from gateway.sandbox.users import VOICE_USER
from tests.gateway.sandbox.running import NOBODY, ROOT, as_root, run

ALL_BUT_THE_FILTER: Final = tuple(layer for layer in Layer if layer is not Layer.SECCOMP)
CONFINED: Final = """
import json, os, socket, sys
import msgspec
from gateway.confinement import Confinement
from gateway.sandbox import landlock
from gateway.sandbox.targets import Targets

asked = json.loads(sys.argv[1])
if not asked["landlock"]:
    landlock.restrict = lambda *_: 0
confinement = Confinement(msgspec.convert(asked["targets"], Targets), user=asked["user"])
protection = confinement.protection()
try:
    socket.create_connection(tuple(asked["targets"]["tcp"]), timeout=5).close()
    ended = "connected"
except OSError as error:
    ended = os.strerror(error.errno)
told = {"protection": protection, "user": os.getuid(), "ended": ended}
print(msgspec.json.encode(told).decode())
"""


def confined(canary: Canary, *, become: int | None, user: int | None = None, landlock: bool = True) -> dict[str, Any]:
    """Return what a confined process says of itself; it is started as `user`, where root tests, and becomes another."""
    asked = msgspec.json.encode({"targets": canary.targets, "user": become, "landlock": landlock}).decode()
    told = run(CONFINED, asked, user=user, keep=canary.descriptors, is_measured=False).splitlines()[-1]
    said: dict[str, Any] = json.loads(told)
    said["protection"] = msgspec.convert(said["protection"], Protection)
    return said


class TestForReal:
    @as_root
    def test_as_root_it_is_somebody_else_and_has_no_way_out(self, tmp_path: Path) -> None:
        secret = tmp_path / "broker.pem"
        secret.touch(0o600)
        with Canary(processes=[os.getpid()], secrets=[secret]) as canary:
            said = confined(canary, become=VOICE_USER)
            assert canary.reached == ()
        protection = said["protection"]
        assert said["user"] == VOICE_USER
        assert {Layer.SECCOMP, Layer.OWN_USER, Layer.NO_CAPABILITIES, Layer.NO_NEW_PRIVILEGES} <= set(protection.layers)
        assert set(protection.layers) | set(protection.missing) == set(Layer)
        assert protection.is_enforced
        assert not protection.is_same_user
        assert protection.attempts > 100
        assert said["ended"] == "Operation not permitted"

    def test_as_anybody_it_has_no_way_out_and_says_that_it_is_the_same_user(self) -> None:
        with Canary(processes=[os.getpid()]) as canary:
            said = confined(canary, become=None, user=NOBODY)
            assert canary.reached == ()
        protection = said["protection"]
        assert protection.is_enforced
        assert protection.is_same_user
        assert protection.missing[Layer.OWN_USER] == "it was not told which user to become"
        assert Layer.SECCOMP in protection.layers
        assert said["ended"] == "Operation not permitted"

    @as_root
    @pytest.mark.parametrize("landlock", [True, False])
    def test_a_program_that_anybody_may_write_is_safe_from_it_only_by_landlock(self, landlock: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            program = Path(folder) / "app.py"
            program.touch()
            program.chmod(0o666)
            with Canary(processes=[os.getpid()], program=[program]) as canary:
                protection = confined(canary, become=VOICE_USER, landlock=landlock)["protection"]
        if landlock and Layer.LANDLOCK in protection.missing:
            pytest.skip("this system's kernel has no Landlock")
        assert (Layer.LANDLOCK in protection.layers) is landlock
        assert protection.is_same_user is not landlock
        assert protection.is_enforced


class Parts:
    """The parts of a confinement, played; what was done with them, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.readable: list[Sequence[Path]] = []
        self.given = Given(layers=tuple(reversed(ALL_BUT_THE_FILTER)), missing={})
        self.found = Findings(attempts=7, ways_out=(), alterable=())
        self.refusal: OSError | None = None
        parts = self

        class PlayedSelfTest:
            def __init__(self, targets: Targets) -> None:
                parts.done.append("earlier thread")

            def run(self) -> Findings:
                parts.done.append("tried")
                return parts.found

        monkeypatch.setattr(confinement, "give_up_rights", self.give_up_rights)
        monkeypatch.setattr(confinement, "install_filter", self.install_filter)
        monkeypatch.setattr(confinement, "SelfTest", PlayedSelfTest)

    def give_up_rights(self, *, readable: Sequence[Path], writable: Sequence[Path] = (), user: int | None) -> Given:
        self.done.append(f"became {user}")
        self.writable = writable
        self.readable.append(readable)
        return self.given

    def install_filter(self) -> None:
        self.done.append("filter")
        if self.refusal is not None:
            raise self.refusal

    def protection(self) -> Protection:
        with Canary(processes=[os.getpid()], program=[]) as canary:
            return Confinement(canary.targets, user=77).protection()


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    return Parts(monkeypatch)


class TestWithPartsThatArePlayed:
    def test_the_thread_is_there_before_the_filter_and_after_all_that_holds_for_one_thread(self, parts: Parts) -> None:
        assert parts.protection() == Protection(layers=tuple(Layer), attempts=7, is_same_user=False)
        assert parts.done == ["became 77", "earlier thread", "filter", "tried"]
        assert parts.readable == [readable_folders()]

    def test_other_folders_may_be_readable(self, parts: Parts, tmp_path: Path) -> None:
        with Canary(processes=[os.getpid()], program=[]) as canary:
            Confinement(canary.targets, user=None, readable=[tmp_path])
        assert parts.readable == [[tmp_path]]

    @pytest.mark.parametrize(
        ("refusal", "why"),
        [
            (OSError(errno.EINVAL, "Invalid argument"), "Invalid argument"),
            (OSError("no filter for riscv64"), "no filter for riscv64"),
        ],
    )
    def test_a_kernel_that_refuses_the_filter_enforces_nothing(self, parts: Parts, refusal: OSError, why: str) -> None:
        parts.refusal = refusal
        protection = parts.protection()
        assert protection.layers == ALL_BUT_THE_FILTER
        assert protection.missing == {Layer.SECCOMP: f"the kernel refuses the filter ({why})"}
        assert not protection.is_enforced

    def test_what_the_machine_lacks_is_told_and_why(self, parts: Parts) -> None:
        parts.given = Given(layers=(Layer.NO_NEW_PRIVILEGES,), missing={Layer.LANDLOCK: "no", Layer.OWN_USER: "root"})
        protection = parts.protection()
        assert protection.layers == (Layer.SECCOMP, Layer.NO_NEW_PRIVILEGES)
        assert protection.missing == {"landlock": "no", "own_user": "root"}
        assert protection.is_same_user
        assert msgspec.json.decode(msgspec.json.encode(protection), type=Protection) == protection

    def test_what_could_be_altered_makes_it_the_same_user(self, parts: Parts) -> None:
        parts.found = Findings(attempts=7, ways_out=(), alterable=("could write /app.py",))
        protection = parts.protection()
        assert protection.is_same_user
        assert protection.is_enforced

    def test_a_way_out_is_told(self, parts: Parts) -> None:
        parts.found = Findings(attempts=7, ways_out=("child tcp",), alterable=())
        protection = parts.protection()
        assert protection.ways_out == ("child tcp",)
        assert not protection.is_enforced


class TestWhatMayBeRead:
    def test_it_is_program_python_packages_and_models(self, monkeypatch: pytest.MonkeyPatch) -> None:
        models_dir().mkdir(parents=True)
        monkeypatch.setattr(sys, "path", ["", "packages", *sys.path])
        readable = readable_folders()
        assert {ROOT / "gateway", models_dir(), Path(sys.prefix), Path(sys.base_prefix)} <= set(readable)
        assert all(folder.is_absolute() for folder in readable)
        assert all(folder.exists() for folder in readable)
        assert len(set(readable)) == len(readable)

    def test_where_one_happens_to_be_and_what_is_not_there_are_not_among_it(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", [""])
        readable = readable_folders()
        assert tmp_path not in readable
        assert models_dir() not in readable


def test_what_keeps_the_ledger_gives_up_all_but_its_folder_and_says_what_it_has(parts: Parts, tmp_path: Path) -> None:
    assert confinement.confine_keeper(tmp_path) == tuple(Layer)
    assert parts.done == ["became None", "filter"]
    assert parts.writable == [tmp_path]
    parts.refusal = OSError(22, "Invalid argument")
    assert Layer.SECCOMP not in confinement.confine_keeper(tmp_path)
