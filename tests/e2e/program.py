"""The program as a person runs it: a process of its own, its words, its exit code, and what it leaves behind."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
DEADLINE_S = 90.0
"""The longest command of these tests takes half of it on two busy cores."""

LOOK_AGAIN_S = 0.1
"""Nobody is told that a program has ended: its last line comes before that."""

type Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What is left of a program that has ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def lines(self) -> list[Values]:
        """Return standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def types(self) -> list[str]:
        """Return the types of the events, in order, but for what was heard so far: that comes when there is time."""
        return [event["type"] for event in self.lines if event["type"] != "partial"]

    def event(self, kind: str) -> Values:
        """Return the only event of its type."""
        found = [event for event in self.lines if event["type"] == kind]
        assert len(found) == 1, f"{len(found)} events of type {kind} in {self.types}"
        return found[0]


def run(
    *arguments: str | Path,
    text: str | bytes = b"",
    environ: Mapping[str, str] | None = None,
    via: Sequence[str] = (),
) -> Finished:
    """Run `local-voice` with `arguments` to its end, `text` on its standard input; `via` is a command to run it by."""
    start_s = time.monotonic()
    done = subprocess.run(
        [*via, *_command(*arguments)],
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
        env=_environ(environ),
    )
    return Finished(
        code=done.returncode,
        out=done.stdout.decode(),
        err=done.stderr.decode(),
        seconds=time.monotonic() - start_s,
    )


@dataclass(slots=True)
class Running:
    """A program that still runs; its lines are kept with the time of each."""

    process: subprocess.Popen[bytes]
    out: list[tuple[float, str]] = field(default_factory=list)
    err: list[tuple[float, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    readers: list[threading.Thread] = field(default_factory=list)

    def wait_for(self, is_there: Callable[[str], bool], *, deadline_s: float = 20.0, after: int = 0) -> int:
        """Return the number of the first line of standard output from `after` on for which `is_there` is true."""
        return self._wait_for(self.out, is_there, deadline_s, after)

    def wait_for_event(self, kind: str, *, deadline_s: float = 20.0, after: int = 0) -> int:
        """Return the number of the line of the next event of a type."""
        return self.wait_for(lambda line: json.loads(line)["type"] == kind, deadline_s=deadline_s, after=after)

    def wait_for_log(self, words: str, *, deadline_s: float = 20.0, after: int = 0) -> int:
        """Return the number of the first line of standard error from `after` on that holds `words`."""
        return self._wait_for(self.err, lambda line: words in line, deadline_s, after)

    def wait_for_library(self, name: str, *, deadline_s: float = 20.0) -> None:
        """Return when the program has loaded a library: how far it has come, on a busy machine too."""
        over_s = time.monotonic() + deadline_s
        while name not in Path(f"/proc/{self.process.pid}/maps").read_text():
            assert self.process.poll() is None, self.err
            assert time.monotonic() < over_s, f"it does not load {name}"
            time.sleep(0.002)

    def event(self, number: int) -> Values:
        """Return the event in a line of standard output."""
        event: Values = json.loads(self.out[number][1])
        return event

    def types(self, after: int = 0) -> list[str]:
        """Return the types of the events from line `after` on, but for what was heard so far."""
        types = [json.loads(line)["type"] for _, line in self.out[after:]]
        return [kind for kind in types if kind != "partial"]

    def end(self, by: signal.Signals, *, deadline_s: float = 10.0) -> Finished:
        """Send a signal, wait for the end, and return what is left; `seconds` is how long that took."""
        start_s = time.monotonic()
        self.process.send_signal(by)
        code = self.process.wait(deadline_s)
        seconds = time.monotonic() - start_s
        for reader in self.readers:
            reader.join(deadline_s)
        out, err = ("".join(f"{line}\n" for _, line in lines) for lines in (self.out, self.err))
        return Finished(code=code, out=out, err=err, seconds=seconds)

    def _wait_for(
        self, lines: list[tuple[float, str]], is_there: Callable[[str], bool], deadline_s: float, after: int
    ) -> int:
        def first() -> int | None:
            return next((number for number in range(after, len(lines)) if is_there(lines[number][1])), None)

        over_s = time.monotonic() + deadline_s
        with self.changed:
            while (found := first()) is None and self._may_say_more() and time.monotonic() < over_s:
                self.changed.wait(LOOK_AGAIN_S)
        assert found is not None, f"waited {deadline_s} s in vain; out: {self.out}, err: {self.err}"
        return found

    def _may_say_more(self) -> bool:
        return self.process.poll() is None or any(reader.is_alive() for reader in self.readers)


@contextmanager
def started(
    *arguments: str | Path, environ: Mapping[str, str] | None = None, via: Sequence[str] = ()
) -> Iterator[Running]:
    """Run `local-voice` with `arguments` during the block, its standard input open; it is killed at the end.

    `via` is a command to run it by, which becomes it: `nsenter …`.
    """
    process = subprocess.Popen(
        [*via, *_command(*arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environ(environ),
        start_new_session=True,
        preexec_fn=_heed_ctrl_c,
    )
    running = Running(process)
    for source, lines in ((process.stdout, running.out), (process.stderr, running.err)):
        running.readers.append(threading.Thread(target=_read, args=(running, source, lines)))
    for reader in running.readers:
        reader.start()
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        for reader in running.readers:
            reader.join()
        if process.stdin is not None:
            process.stdin.close()


def run_in_a_terminal(
    *arguments: str | Path,
    typed: Mapping[str, str],
    environ: Mapping[str, str] | None = None,
    via: Sequence[str] = (),
) -> Finished:
    """Run `local-voice` to its end at a terminal of its own; `typed` is what a person types after which words."""
    start_s = time.monotonic()
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [*via, *_command(*arguments)],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env=_environ(environ),
        start_new_session=True,
    )
    os.close(inner)
    shown, left = b"", dict(typed)
    try:
        while time.monotonic() - start_s < DEADLINE_S and select.select([outer], [], [], DEADLINE_S)[0]:
            try:
                shown += os.read(outer, 4_096)
            except OSError:  # nobody is at the other end any more
                break
            for words in [words for words in left if shown.decode("utf-8", "replace").endswith(words)]:
                os.write(outer, left.pop(words).encode())
        code = process.wait(DEADLINE_S)
    finally:
        process.kill()
        process.wait()
        os.close(outer)
    seconds = time.monotonic() - start_s
    return Finished(code=code, out=shown.decode("utf-8", "replace"), err="", seconds=seconds)


def descendants(pid: int) -> set[int]:
    """Return the processes that `pid` and its children have started."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # ended while we looked
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def is_alive(pid: int) -> bool:
    """Tell whether a process exists and is not only waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _heed_ctrl_c() -> None:
    """Undo what shells do to programs in the background: those ignore Ctrl-C, and so would their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "gateway", *map(str, arguments)]


def _environ(more: Mapping[str, str] | None) -> dict[str, str]:
    first = (more or {}).get("PYTHONPATH", "")
    environ = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1", **(more or {})}
    return environ | {"PYTHONPATH": f"{first}:{ROOT}" if first else str(ROOT)}


def _read(running: Running, source: IO[bytes] | None, lines: list[tuple[float, str]]) -> None:
    assert source is not None
    with source:
        for line in source:
            with running.changed:
                lines.append((time.monotonic(), line.decode().rstrip("\n")))
                running.changed.notify_all()
    with running.changed:
        running.changed.notify_all()
