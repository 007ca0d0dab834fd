"""How long a person waits: until `serve` is ready, until it has stopped, and until short commands have answered."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.findings import Finding, Section, at_most
from bench.options import PROJECT, Options
from gateway import paths
from gateway.errors import EngineError

ROUNDS = 5
DEADLINE_S = 60.0
"""A gateway that is not there by then does not come."""
READY = "ready after"
LONGEST_LINE_BYTES = 10_000
PORT = 20_870
"""Not the one that a gateway of this household may have."""
CONFIG = """\
[stt]
model = "{model}"
[server]
host = "127.0.0.1"
port = {port}
announce = false
"""
PROGRAM = (sys.executable, "-m", "gateway")

METHOD = f"""\
Each is started {ROUNDS} times as a process of its own, with its files in the page cache; medians of wall time, so other
programs on the machine show. `serve` is ready when it says so: every model is loaded and compared with its SHA-256, and
the house's sentences are compiled. It runs as it ships: tiny.en, the Piper voice, both wake engines."""


def measure(options: Options) -> Section:
    """Return the times. Raises EngineError where a program does not do what it is started for."""
    rounds = [_serve(options) for _ in range(ROUNDS)]
    ready = [ready_s for ready_s, _ in rounds]
    return Section(
        title="Starting",
        method=METHOD,
        findings=(
            Finding(key="ready_s", what="`serve` is ready", value=median(ready), unit="s", target=at_most(6.0)),
            Finding(key="ready_worst_s", what="… at its slowest", value=max(ready), unit="s", target=at_most(6.0)),
            Finding(
                key="stop_s", what="`serve` has stopped after SIGTERM", value=max(stop_s for _, stop_s in rounds),
                unit="s", target=at_most(1.0),
            ),
            Finding(key="help_s", what="`--help`", value=_command_s("--help"), unit="s", target=at_most(0.3)),
            Finding(key="models_s", what="`models list`", value=_command_s("models", "list"), unit="s"),
            Finding(
                key="understand_s", what="`understand` of one sentence",
                value=_command_s("understand", "turn on the kitchen lights"), unit="s",
            ),
        ),
    )  # fmt: skip


def _serve(options: Options) -> tuple[float, float]:
    """Return after how many seconds `serve` is ready, and how many more it needs to stop."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.toml")
        config.write_text(CONFIG.format(model=options.model, port=PORT), encoding="utf-8")
        data = Path(folder, paths.APPLICATION)  # not the person's own gateway, but their models
        data.mkdir()
        (data / "models").symlink_to(paths.models_dir())
        started_s = time.monotonic()
        with _running([*PROGRAM, "serve", "--config", str(config)], {"XDG_DATA_HOME": folder}) as process:
            _wait_until_ready(process)
            ready_s = time.monotonic() - started_s
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)
            return ready_s, time.monotonic() - started_s - ready_s


@contextmanager
def _running(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, cwd=PROJECT, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**os.environ, **environ}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """Read the log until it says so. Raises EngineError where the program ends before that."""
    if process.stderr is None:
        raise EngineError("serve has no log")
    while line := process.stderr.readline(LONGEST_LINE_BYTES):
        if READY in line.decode(errors="replace"):
            return
    raise EngineError(f"serve ended with {process.wait(DEADLINE_S)} before it was ready; run it by hand to see why")


def _command_s(*arguments: str) -> float:
    times_s = []
    for _ in range(ROUNDS):
        started_s = time.monotonic()
        subprocess.run([*PROGRAM, *arguments], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL, timeout=DEADLINE_S)
        times_s.append(time.monotonic() - started_s)
    return median(times_s)
