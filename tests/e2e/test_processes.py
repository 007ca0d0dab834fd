"""The gateway's processes as a household meets them: killed at any moment, told to end, and what binds each."""

import asyncio
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import pytest

from gateway.sandbox.users import VOICE_USER
from tests.e2e.household import SAID, Household
from tests.e2e.processes import (
    BROKER,
    VOICE,
    begun_s,
    child_of,
    descriptors,
    gone_after_s,
    kill,
    listening_at,
    threads,
)
from tests.e2e.program import descendants, run, started
from tests.e2e.serving import READY, Serving, free_ports, loopback_config, serving
from tests.voices import Voices

FULL: Final = "LOCAL_VOICE_FULL" in os.environ
GATEWAYS: Final = 10 if FULL else 1
KILLS: Final = 5
"""Of one gateway's process: after more in a row it is not started again at once."""
BEGINS_S: Final = 0.5
SERVES_S: Final = 9.0
"""Six are wanted, and `bench start` measures them; here coverage is counted while it starts."""
TURN_S: Final = 4.0
"""What is said at a satellite, and its answer."""
ENDS_S: Final = 5.0
ORPHANED_S: Final = 1.0
LOOK_AGAIN_S: Final = 0.01
DIALLED_S: Final = 8.0
"""What a home notices of it: serving again, a new connection, the house told anew, and a turn."""
INTERRUPTED, REFUSED = 130, 2
SEED: Final = 20_261_122
NOBODY: Final = 65_534
UNMEASURED: Final = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""Another user cannot write what was covered."""
IS_ROOT: Final = os.geteuid() == 0

type State = Callable[[str], None]


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """Return a folder that every user of this machine may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Return a gateway that is only looked at."""
    with serving(tmp_path_factory.mktemp("gateway")) as found:
        yield found


def audited(served: Serving) -> list[dict[str, Any]]:
    """Return the rows of the audit log, which is whole."""
    verified = run("audit", "verify", environ=served.environ)
    assert verified.code == 0, verified
    return run("audit", "show", "--json", "--last", "1000", environ=served.environ).lines


def starts_of(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of the rows that say that this process was started."""
    return [row for row in rows if (row["action"], row["about"]) == ("start", name)]


def free_after_s(served: Serving, since_s: float) -> float:
    """Return how long after `since_s` others may listen on its ports."""
    while not are_free(served.port, served.port + 1):
        assert monotonic() - since_s < ENDS_S, "somebody still listens"
        sleep(LOOK_AGAIN_S)
    return monotonic() - since_s


def are_free(*ports: int) -> bool:
    for port in ports:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                listener.bind(("127.0.0.1", port))
                listener.listen()
                continue
            return False
    return True


# Killed


@pytest.mark.on_time
@pytest.mark.parametrize("number", range(GATEWAYS))
async def test_voice_that_is_killed_in_mid_turn_is_there_again_and_knows_everybody(
    number: int, tmp_path: Path, voices: Voices, state: State
) -> None:
    rng = random.Random(SEED + number)  # noqa: S311 - it only chooses moments
    begins_s, serves_s, noticed_s = [], [], []
    with serving(tmp_path) as served:
        launcher = served.running.process.pid
        household = await Household.paired(served, voices)
        for _ in range(KILLS):
            lines = len(served.running.err)
            async with household.connected() as (home, (satellite,)):
                speaking = asyncio.create_task(household.turn_at(home, satellite, SAID[0]))
                await asyncio.sleep(rng.uniform(0, TURN_S))
                old = child_of(launcher, VOICE)
                killed_s = kill(old)
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)
            new = await asyncio.to_thread(child_of, launcher, VOICE, other_than=old)
            begins_s.append(begun_s(new) - killed_s)
            async with household.connected() as (home, _):  # whoever dials meanwhile waits until somebody answers
                assert (await household.converse(home, "turn on the ceiling light")).outcome == "action"
                noticed_s.append(monotonic() - killed_s)
            again = served.running.wait_for_log("voice: serving again after", after=lines)
            serves_s.append(served.running.err[again][0] - killed_s)
        async with household.connected() as (home, (satellite,)):
            household.turns.clear()
            await household.turn_at(home, satellite, SAID[0])
        assert household.turns == [(SAID[0], SAID[0].outcome)]
        told = [line for _, line in served.running.err if line.startswith("WARNING gateway.launcher: voice:")]
        assert told == ["WARNING gateway.launcher: voice: ended by itself (signal 9); it is started again"] * KILLS
        assert len(starts_of(VOICE, audited(served))) == 1 + KILLS
    state(
        f"voice killed {KILLS} times, seed {SEED + number}: begun again after at most {max(begins_s):.2f} s,"
        f" serving after at most {max(serves_s):.1f} s; a home that dials at once has a turn done after at most"
        f" {max(noticed_s):.1f} s"
    )
    assert max(begins_s) < BEGINS_S
    assert max(serves_s) < SERVES_S
    assert max(noticed_s) < DIALLED_S


@pytest.mark.on_time
async def test_while_the_broker_is_killed_turns_go_on_and_afterwards_pairing_does(
    tmp_path: Path, voices: Voices, state: State
) -> None:
    begins_s, serves_s = [], []
    with serving(tmp_path) as served:
        launcher = served.running.process.pid
        household = await Household.paired(served, voices)
        voice = child_of(launcher, VOICE)
        async with household.connected() as (home, (satellite,)):
            for _ in range(KILLS):
                lines = len(served.running.err)
                old = child_of(launcher, BROKER)
                killed_s = kill(old)
                assert (await household.converse(home, "turn on the ceiling light")).outcome == "action"
                new = await asyncio.to_thread(child_of, launcher, BROKER, other_than=old)
                begins_s.append(begun_s(new) - killed_s)
                again = served.running.wait_for_log("broker: serving again after", after=lines)
                serves_s.append(served.running.err[again][0] - killed_s)
                household.satellites.append(await served.satellite("Another", "Bedroom"))
            await household.turn_at(home, satellite, SAID[0])
        assert household.turns == [(SAID[0], SAID[0].outcome)]
        async with household.connected() as (_, satellites):
            assert len(satellites) == 1 + KILLS
        assert child_of(launcher, VOICE) == voice, "it was none of its business"
        rows = audited(served)
        assert (len(starts_of(VOICE, rows)), len(starts_of(BROKER, rows))) == (1, 1 + KILLS)
        assert len([row for row in rows if row["action"] == "pair"]) == 2 + KILLS
    state(
        f"broker killed {KILLS} times: begun again after at most {max(begins_s):.2f} s, serving after at most"
        f" {max(serves_s):.1f} s; a turn is taken meanwhile"
    )
    assert max(begins_s) < BEGINS_S
    assert max(serves_s) < SERVES_S


async def test_who_is_killed_again_and_again_is_waited_with_and_then_serves(tmp_path: Path, voices: Voices) -> None:
    with serving(tmp_path) as served:
        launcher = served.running.process.pid
        household = await Household.paired(served, voices)
        last = 0
        for _ in range(KILLS + 1):
            last = await asyncio.to_thread(child_of, launcher, VOICE, other_than=last)
            kill(last)
        ended = served.running.wait_for_log("voice: ended by itself (signal 9); it is started again in 2 s")
        again = served.running.wait_for_log("INFO gateway.launcher: voice: serving again after", after=ended)
        assert served.running.err[again][0] - served.running.err[ended][0] >= 2.0
        async with household.connected() as (home, _):
            assert (await household.converse(home, "turn on the ceiling light")).outcome == "action"


# Ended


async def test_sigterm_ends_all_three_and_tells_those_who_are_connected(
    tmp_path: Path, voices: Voices, state: State
) -> None:
    with serving(tmp_path) as served:
        household = await Household.paired(served, voices)
        helpers = descendants(served.running.process.pid)
        async with household.connected() as (home, (satellite,)):
            speaking = asyncio.create_task(household.turn_at(home, satellite, SAID[0]))
            await asyncio.sleep(1)
            finished = await asyncio.to_thread(served.running.end, signal.SIGTERM)
            assert [await peer.end() for peer in (home, satellite)] == ["stopping", "stopping"]
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
        state(f"SIGTERM in mid-turn: all processes gone after {finished.seconds:.2f} s")
        assert finished.code == 0
        assert finished.err.endswith("INFO local-voice: stopped\n")
        assert finished.seconds < ENDS_S
        assert len(helpers) >= 2
        assert gone_after_s(helpers, since_s=monotonic()) < LOOK_AGAIN_S
        assert are_free(served.port, served.port + 1)


@pytest.mark.on_time
async def test_a_launcher_that_is_killed_takes_the_others_along_and_starts_again_at_once(
    tmp_path: Path, voices: Voices, state: State
) -> None:
    with serving(tmp_path) as served:
        household = await Household.paired(served, voices)
        helpers = descendants(served.running.process.pid)
        async with household.connected():
            killed_s = kill(served.running.process.pid)
            after_s = max(gone_after_s(helpers, since_s=killed_s), free_after_s(served, killed_s))
        served.running.process.wait()
        with serving(tmp_path, port=served.port) as household.served:
            async with household.connected() as (home, _):
                assert (await household.converse(home, "turn on the ceiling light")).outcome == "action"
            assert len(starts_of(VOICE, audited(household.served))) == 2
    state(f"launcher killed: the others gone, and the ports free, after {after_s:.2f} s")
    assert after_s < ORPHANED_S


def test_control_c_in_a_terminal_ends_all_three(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        running = served.running
        helpers = descendants(running.process.pid)
        begun_s = monotonic()
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.process.wait(2 * ENDS_S) == INTERRUPTED
        assert monotonic() - begun_s < ENDS_S
        assert gone_after_s(helpers, since_s=monotonic()) < LOOK_AGAIN_S
        assert "Traceback" not in "\n".join(line for _, line in running.err)


# Bound


def test_voice_has_nothing_open_but_what_it_listens_with_and_models(served: Serving) -> None:
    launcher = served.running.process.pid
    opened = descriptors(child_of(launcher, VOICE))
    sockets = {what for what in opened if what.startswith("socket:")}
    assert listening_at(served.port) in sockets
    assert listening_at(served.port + 1) not in sockets
    assert len(sockets) == 4, "its port, the launcher, and the event loop's own pair"
    others = {what for what in opened if re.fullmatch(r"/dev/null|pipe:\[\d+\]|anon_inode:\[event\w+\]", what)}
    files = opened.keys() - sockets - others
    assert len(others) <= 4
    assert [file for file in files if opened[file]] == [], "it writes to no file"
    assert [file for file in files if not Path(file).is_file() or served.environ["XDG_DATA_HOME"] in file] == []
    kept = descriptors(child_of(launcher, BROKER))
    assert any(file.endswith("audit.db") for file in kept), "so that the test sees what it looks for"


def test_every_thread_of_voice_is_filtered_and_has_no_rights(served: Serving) -> None:
    found = threads(child_of(served.running.process.pid, VOICE))
    assert len(found) > 1
    assert {(thread["Seccomp"], thread["NoNewPrivs"]) for thread in found} == {("2", "1")}
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb", *(("CapBnd",) if IS_ROOT else ())):
        assert {int(thread[kind], 16) for thread in found} == {0}
    broker = threads(child_of(served.running.process.pid, BROKER))
    assert {int(thread["CapEff"], 16) for thread in broker} == {0}


@pytest.mark.skipif(not IS_ROOT, reason="another user, and a network namespace for certain, take root")
def test_voice_of_a_service_of_roots_is_another_user_in_another_network(public_folder: Path) -> None:
    with serving(public_folder) as served:
        launcher = served.running.process.pid
        voice, broker = child_of(launcher, VOICE), child_of(launcher, BROKER)
        here, there = (Path(f"/proc/{pid}/ns/net").readlink() for pid in (launcher, voice))
        assert here != there
        assert Path(f"/proc/{broker}/ns/net").readlink() == here
        assert {thread["Uid"] for thread in threads(voice)} == {"\t".join([str(VOICE_USER)] * 4)}
        assert {thread["Groups"] for thread in threads(voice)} == {""}
        assert "same user" not in "\n".join(line for _, line in served.running.err)


def test_nobody_of_the_same_user_looks_into_any_of_the_three(public_folder: Path) -> None:
    via: tuple[str, ...] = ()
    if IS_ROOT:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed: sudo apt-get install util-linux")
        via = ("env", *(f"{name}={value}" for name, value in UNMEASURED.items()))
        via += ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        os.chown(public_folder, NOBODY, NOBODY)

    def opens_memory_of(pid: int) -> str:
        look = f"try: open('/proc/{pid}/mem', 'rb'); print('opened')\nexcept PermissionError: print('refused')"
        return subprocess.run([*via, sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout

    config = loopback_config(public_folder, free_ports())
    environ = {name: str(public_folder / "data") for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME")}
    with (
        started("serve", "--config", config, environ=environ, via=via) as running,
        subprocess.Popen([*via, "sleep", "60"]) as control,
    ):
        running.wait_for_log(READY, deadline_s=60)
        launcher = running.process.pid
        all_three = (launcher, child_of(launcher, VOICE), child_of(launcher, BROKER))
        try:
            assert opens_memory_of(control.pid) == "opened\n"
            assert [opens_memory_of(pid) for pid in all_three] == ["refused\n"] * 3
        finally:
            control.kill()


# On a kernel without filters

WITHOUT_FILTERS: Final = (sys.executable, "-m", "tests.e2e.without_filters")


def test_where_there_is_no_filter_it_refuses_to_serve(tmp_path: Path) -> None:
    config = loopback_config(tmp_path, free_ports())
    environ = {"XDG_DATA_HOME": str(tmp_path / "data")}
    refused = run("serve", "--config", config, environ=environ, via=WITHOUT_FILTERS)
    assert refused.code == REFUSED
    assert "Traceback" not in refused.err
    why = [line for line in refused.err.splitlines() if line.startswith("local-voice: ")]
    assert len(why) == 1
    assert why[0].startswith("local-voice: the process that hears could connect (")
    assert "strict = false" in why[0]
    assert READY not in refused.err
    assert starts_of(VOICE, run("audit", "show", "--json", environ=environ).lines) == []


async def test_who_wants_it_all_the_same_gets_it_and_is_told_loudly(tmp_path: Path, voices: Voices) -> None:
    with serving(tmp_path, more="strict = false\n", via=WITHOUT_FILTERS) as served:
        served.running.wait_for_log("ERROR gateway.launcher: not enforced: the process that hears could connect (")
        household = await Household.paired(served, voices)
        async with household.connected() as (home, _):
            assert (await household.converse(home, "turn on the ceiling light")).outcome == "action"
        [start] = starts_of(VOICE, audited(served))
        assert "seccomp" not in json.dumps(start["detail"].get("layers"))
        assert {thread["Seccomp"] for thread in threads(child_of(served.running.process.pid, BROKER))} == {"2"}, (
            "the tests' own filter, so that this machine is as one without"
        )
