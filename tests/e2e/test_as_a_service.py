"""The gateway with the rights that its systemd unit gives it, and no others: what its processes make of them."""

import ctypes.util
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.commands.systemd_unit import STATE_MODE, Program, UnitKind, unit_text
from gateway.protection import SAME_USER
from gateway.sandbox.users import VOICE_USER
from tests.e2e import as_the_unit
from tests.e2e.as_the_unit import USER
from tests.e2e.processes import BROKER, VOICE, child_of, kill, threads
from tests.e2e.program import ROOT, is_alive, run
from tests.e2e.serving import Serving, serving

STOPPED_S = 5.0
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the service's user"),
    pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze knows what the unit's filter says"),
    pytest.mark.skipif(not ctypes.util.find_library("seccomp"), reason="libseccomp makes the unit's filter"),
]


@pytest.fixture(scope="module")
def served() -> Iterator[Serving]:
    """Serve as the unit does, from a folder that every user may go through, as in systemd's namespace."""
    if any(not folder.stat().st_mode & 0o001 for folder in (ROOT, *ROOT.parents)):
        pytest.skip("the project lies in a closed folder, where no service could run it")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state = folder / "data" / "local-voice"
        state.mkdir(parents=True)
        for path, mode in ((folder, 0o755), (folder / "data", 0o755), (state, int(STATE_MODE, 8))):
            path.chmod(mode)
        os.chown(state, USER, USER)
        unit = folder / "local-voice.service"
        program = Program(executable=Path(sys.executable), arguments=("-m", "gateway", "serve"), folder=ROOT)
        unit.write_text(unit_text(UnitKind(is_satellite=False, is_user=False), program), encoding="utf-8")
        via = (sys.executable, as_the_unit.__file__, str(unit))
        with serving(folder, via=via) as gateway:
            yield gateway


def users(pid: int) -> set[str]:
    return {user for thread in threads(pid) for field in ("Uid", "Gid") for user in thread[field].split()}


def rights(pid: int) -> set[int]:
    sets = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    return {int(thread[field], 16) for thread in threads(pid) for field in sets}


def network(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def log(served: Serving) -> str:
    return "\n".join(line for _, line in served.running.err)


def test_the_process_that_hears_is_a_user_of_its_own_in_an_empty_network_and_has_no_power(
    served: Serving, state: Callable[[str], None]
) -> None:
    launcher = served.running.process.pid
    voice, broker = (child_of(launcher, name) for name in (VOICE, BROKER))
    assert users(voice) == {str(VOICE_USER)}
    assert users(broker) == users(launcher) == {str(USER)}
    assert rights(voice) == rights(broker) == {0}
    assert rights(launcher) == {0b1110_0000}, "CAP_KILL, CAP_SETGID, CAP_SETUID"
    assert network(voice) != network(broker) == network(launcher)
    filters = {pid: {int(thread["Seccomp_filters"]) for thread in threads(pid)} for pid in (launcher, broker, voice)}
    assert filters == {launcher: {1}, broker: {1}, voice: {2}}, "the unit's, and its own on top of that"
    told = next(line for line in log(served).splitlines() if "ways out tried" in line)
    assert "own_user" in told
    assert ", 0 open" in told
    assert SAME_USER not in log(served)
    state(f"as the systemd unit runs it: {told.partition('voice: ')[2]}")


def test_doctor_says_how_the_gateway_that_runs_is_protected(served: Serving) -> None:
    told = run("doctor", "--config", served.config, environ=served.environ).out
    assert "the process that hears cannot connect" in told
    assert "(when it started last)" in told
    assert "own_user: a user of its own" in told


def test_another_process_that_hears_is_the_same_user_again_and_one_that_hangs_is_ended(served: Serving) -> None:
    """To be the last of this module: it ends the service."""
    launcher = served.running.process.pid
    first = child_of(launcher, VOICE)
    lines = len(served.running.err)
    kill(first)
    second = child_of(launcher, VOICE, other_than=first)
    served.running.wait_for_log("ways out tried", deadline_s=60, after=lines)
    assert users(second) == {str(VOICE_USER)}
    os.kill(second, signal.SIGSTOP)
    finished = served.running.end(signal.SIGTERM)
    assert (finished.code, is_alive(second)) == (0, False)
    assert finished.seconds < STOPPED_S + 1
