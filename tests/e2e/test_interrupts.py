"""Ctrl-C and SIGTERM, at any moment: the end comes within a second, and leaves neither noise nor processes behind."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.processes import VOICE, child_of
from tests.e2e.program import Finished, Running, descendants, is_alive, started
from tests.e2e.serving import free_ports, loopback_config
from tests.voices import Voices, silence

SOON_S = 1.0
STOPPED_S = 5.0
"""The service, while its process that hears is reading models: that one hears of it in between."""
INTERRUPTED = 130
IMPORTED_FIRST = "_multiarray_umath"
"""Part of numpy, which every command imports early: it is loaded, so others are being imported."""
LOADING_S, WORKING_S = 1.4, 4.0
"""After the start, about when a command loads its models, and works; any moment must do."""
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
"""A coverage measurement would be what is interrupted while it starts."""
SENTENCE = "The quick brown fox jumps over the lazy dog, and the lazy dog does not mind at all. "

type WriteWav = Callable[[str, bytes], Path]


def ends_quietly(running: Running, by: signal.Signals, code: int, within_s: float = SOON_S) -> Finished:
    helpers = descendants(running.process.pid)
    finished = running.end(by)
    assert finished.seconds < within_s
    assert finished.code == code, finished
    assert not any(is_alive(pid) for pid in helpers)
    return finished


@pytest.fixture
def commands(wav: WriteWav, voices: Voices, tmp_path: Path) -> dict[str, tuple[str | Path, ...]]:
    """Return calls of the long commands that take longer than a test waits."""
    sentence = voices.piper(SENTENCE)
    talk = wav("talk.wav", (sentence + silence(0.5)) * 12)
    return {
        "turn": ("turn", wav("silence.wav", silence(30)), "--json"),
        "demo": ("demo", "--json", "--out", tmp_path / "replies"),
        "transcribe": ("transcribe", *[talk] * 20),
        # each a little different: what was spoken before is known, and takes no time
        "say": ("say", "".join(f"{number} times {SENTENCE}" for number in range(50)), "--out", tmp_path / "said.wav"),
        "understand": ("understand", "-"),
        "doctor": ("doctor",),
    }


@pytest.mark.parametrize("after_s", [None, LOADING_S, WORKING_S], ids=["importing", "loading", "working"])
@pytest.mark.parametrize("command", ["turn", "demo", "transcribe", "say", "understand", "doctor"])
def test_control_c_ends_a_command_whatever_it_is_doing(
    command: str, after_s: float | None, commands: dict[str, tuple[str | Path, ...]], tmp_path: Path
) -> None:
    with started(*commands[command], environ=UNMEASURED) as running:
        if after_s is None:
            running.wait_for_library(IMPORTED_FIRST)
        else:
            time.sleep(after_s)
        assert running.process.poll() is None, "it must still be at work"
        finished = ends_quietly(running, signal.SIGINT, INTERRUPTED)
    assert finished.err.strip() == ""
    assert not (tmp_path / "said.wav").exists()
    assert list(tmp_path.glob("**/.*.part")) == []


@pytest.fixture
def serve(tmp_path: Path) -> tuple[str | Path, ...]:
    """Return a call of the service on loopback."""
    return ("serve", "--config", loopback_config(tmp_path, free_ports()))


def test_control_c_ends_the_service(serve: tuple[str | Path, ...]) -> None:
    with started(*serve) as running:
        running.wait_for_log("ready after")
        finished = ends_quietly(running, signal.SIGINT, INTERRUPTED)
    assert "Traceback" not in finished.err


@pytest.mark.parametrize("until", ["it loads models", "it serves"])
def test_the_service_stops_when_it_is_told_to(until: str, serve: tuple[str | Path, ...]) -> None:
    with started(*serve) as running:
        if until == "it serves":
            running.wait_for_log("ready after")
            finished = ends_quietly(running, signal.SIGTERM, 0)
        else:
            child_of(running.process.pid, VOICE)
            time.sleep(LOADING_S)
            assert all("ready after" not in line for _, line in running.err), "it must still load"
            finished = ends_quietly(running, signal.SIGTERM, 0, STOPPED_S)
    assert finished.err.endswith("INFO local-voice: stopped\n")
