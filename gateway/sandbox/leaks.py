"""The self-test: a process that gave up its rights tries every way out, before anybody trusts it."""

import logging
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gateway.sandbox.aims import CHILD, EARLIER, MAIN
from gateway.sandbox.attempts import open_ways
from gateway.sandbox.targets import Targets

DEADLINE_S: Final = 20.0
"""For all attempts of the child, or of the thread: on a small box under load, Python alone takes a second to start."""
ANSWER_BYTES: Final = 16 * 1024
"""What is read of the child's answer: several times the names of all attempts."""
NO_ANSWER: Final = "no answer"
"""Named as a way out where it is not known whether there is one: the child or the thread did not say."""
_IMPORTS: Final = str(Path(__file__).parents[2])
_AS_CHILD: Final = "import sys; sys.path.append(sys.argv.pop(1)); from gateway.sandbox.attempts import main; main()"
"""What the child runs: nothing of the environment, nothing of any package's but the attempts."""

type _Tried = tuple[int, list[str]]
"""How many ways were tried, and those that were open."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a self-test found."""

    attempts: int
    """How many ways out were tried."""
    ways_out: tuple[str, ...]
    """Those that were open, by who got through and how: `main tcp`, `child unix`, `earlier thread fast open`."""
    alterable: tuple[str, ...]
    """What of the program, of other processes and of the broker's secrets could be opened: `could write PATH` …"""


class SelfTest:
    """One run of all attempts.

    Making it starts the thread that is to be there before the filter: make it before `install_filter`.
    """

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._go = threading.Event()
        self._by_earlier: _Tried = (0, [f"{EARLIER} {NO_ANSWER}"])
        self._earlier = threading.Thread(target=self._try_as_earlier, name="self-test", daemon=True)
        self._earlier.start()

    def run(self) -> Findings:
        """Try everything, once; the descriptors that were for it are closed then. 0.1 s, where all is denied."""
        child = _Child(self._targets)
        self._go.set()
        by_main = open_ways(self._targets.aims(MAIN), MAIN)
        alterable = tuple(_alterable(self._targets))
        by_child = child.found()
        self._earlier.join(DEADLINE_S)
        everybody = (by_main, by_child, self._by_earlier)
        return Findings(
            attempts=sum(tried for tried, _ in everybody),
            ways_out=tuple(way for _, ways_out in everybody for way in ways_out),
            alterable=alterable,
        )

    def _try_as_earlier(self) -> None:
        self._go.wait()
        self._by_earlier = open_ways(self._targets.aims(EARLIER), EARLIER)


class _Child:
    """The process that tries what a child can."""

    def __init__(self, targets: Targets) -> None:
        """Start it."""
        aims = targets.aims(CHILD)
        command = [sys.executable, "-I", "-S", "-B", "-c", _AS_CHILD, _IMPORTS, msgspec.json.encode(aims).decode()]
        self._until = monotonic() + DEADLINE_S
        self._process: subprocess.Popen[bytes] | None = None
        self._output, output = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                command, stdin=subprocess.DEVNULL, stdout=output, pass_fds=tuple(aims["listeners"].values())
            )
        except OSError as error:
            _LOG.error("self-test: no child could be started (%s)", error.strerror)
        finally:
            for descriptor in (output, *aims["listeners"].values()):  # which are the child's from here on
                os.close(descriptor)

    def found(self) -> _Tried:
        """Return what it found; or that this is not known, where it says nothing in time, or nonsense. It has ended."""
        try:
            return msgspec.json.decode(self._said(), type=tuple[int, list[str]])
        except (ValueError, TimeoutError) as error:  # msgspec's are ValueErrors
            _LOG.error("self-test: the child did not say what it found (%s)", type(error).__name__)
            return 0, [f"{CHILD} {NO_ANSWER}"]
        finally:
            os.close(self._output)
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def _said(self) -> bytes:
        """Return all that it writes. Raises TimeoutError, and ValueError where that is too much."""
        said, is_said = b"", select.poll()
        is_said.register(self._output, select.POLLIN)
        while len(said) <= ANSWER_BYTES:
            if not is_said.poll(max(self._until - monotonic(), 0) * 1000):
                raise TimeoutError
            part = os.read(self._output, ANSWER_BYTES)
            if not part:
                break
            said += part
        if len(said) > ANSWER_BYTES:
            raise ValueError(f"more than {ANSWER_BYTES} bytes")
        return said


def _alterable(targets: Targets) -> Iterator[str]:
    """Name what could be opened that must not be. Nothing is written, and no file is made."""
    for path in targets.program:
        if _opens(path, os.O_WRONLY | (os.O_TMPFILE if Path(path).is_dir() else 0)):
            yield f"could write {path}"
    for process in targets.processes:
        if _opens(f"/proc/{process}/mem", os.O_RDWR):
            yield f"could write the memory of process {process}"
    for path in targets.secrets:
        if _opens(path, os.O_RDONLY):
            yield f"could read {path}"


def _opens(path: str, flags: int) -> bool:
    """Tell whether it can be opened. In a folder, `O_TMPFILE` makes a file without a name, gone when it is closed."""
    try:
        os.close(os.open(path, flags | os.O_CLOEXEC, 0o600))
    except OSError:
        return False
    return True
