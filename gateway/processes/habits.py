"""What every process of ours does first and last: how it logs, how many cores numpy gets, and how it leaves."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

FORMAT: Final = "%(levelname)s %(name)s: %(message)s"
OWN_LOGS: Final = ("local-voice", "gateway")
BROKEN: Final = 1
"""Exit code of a process with a fault in it."""

SWITCH_S: Final = 0.0005
"""After that a thread that computes lets another one run, which may have a frame to hear."""

_LOG = logging.getLogger(__name__)


def write_logs() -> None:
    """Log to standard error what is wrong."""
    logging.basicConfig(level=logging.WARNING, format=FORMAT)


def log_what_happens() -> None:
    """Log that, too, of our own modules."""
    for name in OWN_LOGS:
        logging.getLogger(name).setLevel(logging.INFO)


def be_modest() -> None:
    """Give numpy one thread, have Whisper's library (MKL) keep no memory that it is done with, and let others run.

    More threads would fight Whisper's own for the cores; the memory is 50 MiB. Both are set before they are imported.
    By default a thread of Python's keeps the others waiting for 5 ms at a time: while sentences were understood, a
    few dozen satellites' frames came too late.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("MKL_DISABLE_FAST_MM", "1")
    sys.setswitchinterval(SWITCH_S)


def heed_the_launcher_alone() -> None:
    """Let a signal that is meant for all, a service manager's, be the launcher's, who ends all in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def run_quietly(main: Callable[[], int]) -> int:
    """Return what `main` returns. A fault is logged by where it happened: its message may hold what was said."""
    try:
        return main()
    except Exception as error:  # noqa: BLE001 - the process's last line
        frames = traceback.extract_tb(error.__traceback__)
        where = ", ".join(f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})" for frame in frames)
        _LOG.error("ended by %s in %s", type(error).__name__, where)
        return BROKEN


def leave(code: int) -> None:
    """End this process without waiting for its threads.

    A model that is in the middle of its work cannot be interrupted, and Python would wait for its thread. Everything
    that must be kept was written before.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
