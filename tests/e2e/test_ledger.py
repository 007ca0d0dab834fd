"""What a gateway that serves remembers: seen, played and forgotten by its owner and by voice; kills; a full disk."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.recordings import read_recording
from tests.e2e.processes import LEDGER, child_of, kill, threads
from tests.e2e.program import Finished, run
from tests.e2e.rooms import Room, room
from tests.e2e.serving import Serving, serving
from tests.full_disks import IN_A_NAMESPACE
from tests.voices import Voices, silence

KEPT_S: Final = 10.0
"""A row is on disk a moment after its turn; the machine may be busy."""
TURN_S: Final = 30.0
IS_ROOT: Final = os.geteuid() == 0
DISK_BYTES: Final = 64 * 1024 * 1024
"""Room for what the gateway keeps in reserve, and a little."""
ON_A_SMALL_DISK: Final = f'mount -t tmpfs -o size={DISK_BYTES},mode=0700 tmpfs "$0" && exec "$@"'
FILL: Final = 'cat /dev/zero > "$0" || true'

type Turns = list[dict[str, Any]]
type WriteWav = Callable[[str, bytes], Path]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Serve from a small disk of its own, where that can be had."""
    folder = tmp_path_factory.mktemp("gateway")
    disk = folder / "data"
    disk.mkdir()
    via = (*IN_A_NAMESPACE, "sh", "-c", ON_A_SMALL_DISK, str(disk)) if IS_ROOT else ()
    with serving(folder, via=via) as found:
        there = ("nsenter", f"--mount=/proc/{found.running.process.pid}/ns/mnt") if IS_ROOT else ()
        inside = replace(found, via=there)
        assert local_voice(inside, "keep", "--audio", "7d").code == 0
        yield inside


@pytest.fixture(scope="module")
def kitchen(served: Serving, tmp_path_factory: pytest.TempPathFactory) -> Room:
    return asyncio.run(room(served, tmp_path_factory.mktemp("kitchen"), "Kitchen"))


@pytest.fixture
def recorded(voices: Voices, wav: WriteWav) -> Callable[..., Path]:
    """Return a function that records commands, each with its wake word."""

    def record(*said: str) -> Path:
        pieces = [
            piece
            for words in said
            for piece in (silence(1.0), voices.piper("Okay Nabu."), silence(0.3), voices.piper(words))
        ]
        return wav("said.wav", b"".join(pieces))

    return record


def local_voice(served: Serving, *arguments: str | Path) -> Finished:
    return run("ledger", *arguments, environ=served.environ, via=served.via)


def turns(served: Serving) -> Turns:
    listed = local_voice(served, "list", "--json")
    assert listed.code == 0, listed.err
    found: Turns = listed.lines
    return found


def until(served: Serving, is_so: Callable[[Turns], bool]) -> Turns:
    """Return the turns as soon as something is so of them."""
    over_s = time.monotonic() + KEPT_S
    while not is_so(found := turns(served)):
        assert time.monotonic() < over_s, [(turn["outcome"], turn["heard"]) for turn in found]
        time.sleep(0.2)
    return found


def hears(there: Room, recording: Path) -> None:
    """Have a satellite hear a recording, until the first reply was heard."""
    with there.satellite(recording, "--once") as satellite:
        assert satellite.process.wait(TURN_S) == 0


def test_a_turn_is_remembered_played_and_forgotten_where_it_was_said(
    served: Serving, kitchen: Room, recorded: Callable[..., Path], read_back: Callable[[bytes], str], tmp_path: Path
) -> None:
    local_voice(served, "delete", "--everything", "--yes")
    hears(kitchen, recorded("turn on the kitchen light."))
    (turn,) = until(served, lambda found: len(found) == 1)
    assert "kitchen light" in turn["heard"].casefold()
    assert (turn["outcome"], turn["intent"], turn["wake_word"]) == ("action", "HassTurnOn", "okay_nabu")
    assert turn["hypotheses"]
    assert turn["changes"]
    assert "turned on" in turn["reply"].casefold()
    assert {"stt", "intent", "action", "first_sound"} <= turn["stages_ms"].keys()
    assert turn["satellite_id"] == kitchen.peer_id
    out = tmp_path / "clip.wav"
    assert local_voice(served, "play", turn["turn_id"][:8], "--out", out).code == 0
    assert "kitchen light" in read_back(read_recording(out))
    hears(kitchen, recorded("forget what I just said."))
    left = until(served, lambda found: "forgotten" in [one["outcome"] for one in found])
    assert [one for one in left if one["turn_id"] == turn["turn_id"]] == []
    assert local_voice(served, "play", turn["turn_id"]).code != 0
    rows = run("audit", "show", "--json", environ=served.environ, via=served.via).lines
    assert [row["action"] for row in rows if row["action"] in ("play", "forget")][-2:] == ["play", "forget"]


def test_while_the_ledger_is_killed_turns_go_on_and_are_remembered_afterwards(
    served: Serving, kitchen: Room, recorded: Callable[..., Path], state: Callable[[str], None]
) -> None:
    local_voice(served, "delete", "--everything", "--yes")
    launcher = served.running.process.pid
    first = child_of(launcher, LEDGER)
    hears(kitchen, recorded("turn on the kitchen light."))
    until(served, lambda found: len(found) == 1)
    os.kill(first, signal.SIGSTOP)  # it is told of the next turn, and never answers
    hears(kitchen, recorded("turn off the kitchen light."))
    killed_s = kill(first)
    second = child_of(launcher, LEDGER, other_than=first)
    found = until(served, lambda found: len(found) == 2)
    assert [one["intent"] for one in found] == ["HassTurnOff", "HassTurnOn"]
    state(f"ledger killed in mid-turn: another one {time.monotonic() - killed_s:.1f} s later, and no turn lost")
    filtered = {(thread["Seccomp"], thread["NoNewPrivs"], int(thread["CapEff"], 16)) for thread in threads(second)}
    assert filtered == {("2", "1", 0)}


@pytest.mark.skipif(not IS_ROOT, reason="a disk of one's own takes root")
def test_on_a_full_disk_commands_work_and_so_does_forgetting(
    served: Serving, kitchen: Room, recorded: Callable[..., Path], read_back: Callable[[bytes], str]
) -> None:
    known = turns(served)
    filler = Path(served.environ["XDG_DATA_HOME"]) / "filler"
    subprocess.run([*served.via, "sh", "-c", FILL, str(filler)], check=True, capture_output=True, timeout=30)
    hears(kitchen, recorded("turn on the kitchen light."))
    assert "turned on" in read_back(read_recording(kitchen.out))
    gone = local_voice(served, "delete", "--everything", "--yes", "--json")
    assert gone.code == 0, gone.err
    assert gone.lines[0]["turns"] >= len(known) > 0
    assert turns(served) == []
    assert run("audit", "verify", environ=served.environ, via=served.via).code == 0
