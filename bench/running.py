"""A gateway that runs, as it is measured from outside: its peers, its log, its processes, what they use."""

import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.options import PROJECT
from bench.peers.process import free_port
from bench.resident import family
from gateway.broker.store import PeerStore
from gateway.errors import EngineError
from gateway.wire.dial import Address
from gateway.wire.identity import load_or_create_identity
from gateway.wire.peers import Role

SERVE: Final = ("gateway", "serve", "--config")
"""The module and its arguments, with what comes before the configuration."""
STARTING_S: Final = 60.0
LONGEST_LINE_BYTES: Final = 10_000
MOST_LINES: Final = 10_000
"""Of a log, the last ones."""
CONFIG: Final = """\
[stt]
model = "{model}"
[server]
host = "127.0.0.1"
port = {port}
announce = false
"""
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_MIB: Final = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What all processes of a gateway use."""

    cpu_s: float
    """Processor time so far."""
    queued_s: float
    """For how long its threads could have run so far, and no processor was free."""
    resident_mib: float
    """Memory now; what two of them share counts twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One that serves."""

    address: Address
    pin: bytes
    tokens: tuple[str, ...]
    """One for each peer that was asked for."""
    process: subprocess.Popen[bytes]
    log: deque[str]
    """What it has logged since it is ready."""

    def usage(self) -> Usage:
        """Return what its processes use."""
        cpu_s = queued_s = resident_mib = 0.0
        for pid in family(self.process.pid):
            try:
                stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                threads = [path.read_text(encoding="ascii") for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
            except OSError:
                continue  # it has just gone
            cpu_s += (int(stat[11]) + int(stat[12])) / _TICKS_PER_S
            queued_s += sum(int(thread.split()[1]) for thread in threads) / 1e9
            resident_mib += int(stat[21]) * _PAGE_MIB
        return Usage(cpu_s=cpu_s, queued_s=queued_s, resident_mib=resident_mib)


@contextmanager
def running(
    command: Sequence[str] = SERVE,
    *,
    model: str,
    roles: Sequence[Role],
    more: str = "",
    cores: frozenset[int] | None = None,
) -> Iterator[Gateway]:
    """Run a gateway with a peer of each role; `more` is TOML for its configuration, `cores` are all that it may use.

    Raises EngineError where it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="lv-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the process that hears is another user
        address = Address(host="127.0.0.1", port=free_port())
        config = folder / "config.toml"
        config.write_text(CONFIG.format(model=model, port=address.port) + more, encoding="utf-8")
        gateway_dir = folder / "local-voice" / "gateway"
        store = PeerStore(gateway_dir)
        tokens = tuple(store.add(name=f"Peer {number}", role=role).voice_token for number, role in enumerate(roles))
        store.close()
        pin = load_or_create_identity(gateway_dir / "voice.pem").fingerprint
        with _serving((*command, str(config)), folder, cores) as (process, log):
            yield Gateway(address=address, pin=pin, tokens=tokens, process=process, log=log)


@contextmanager
def on_cores(cores: frozenset[int] | None) -> Iterator[None]:
    """Have what is started during the block run on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if cores is None else cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _serving(
    command: Sequence[str], folder: Path, cores: frozenset[int] | None
) -> Iterator[tuple[subprocess.Popen[bytes], deque[str]]]:
    with on_cores(cores):
        process = subprocess.Popen(
            (sys.executable, "-m", *command),
            stderr=subprocess.PIPE,
            cwd=PROJECT,
            env={**os.environ, "XDG_DATA_HOME": str(folder)},
        )
    log: deque[str] = deque(maxlen=MOST_LINES)
    is_ready = threading.Event()
    reading = threading.Thread(target=_read, args=(process, log, is_ready), daemon=True)
    reading.start()
    try:
        if not is_ready.wait(STARTING_S) or process.poll() is not None:
            raise EngineError("a gateway ended while it was starting; does it start with `local-voice serve`?")
        yield process, log
    finally:
        process.terminate()
        try:
            process.wait(timeout=STARTING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reading.join()


def _read(process: subprocess.Popen[bytes], log: deque[str], is_ready: threading.Event) -> None:
    """Read its log to the end; nobody waits for a gateway that has ended."""
    with process.stderr or open(os.devnull, "rb") as said:  # noqa: PTH123
        while line := said.readline(LONGEST_LINE_BYTES):
            if is_ready.is_set():
                log.append(line.decode(errors="replace").rstrip())
            elif b"ready after" in line:
                is_ready.set()
    is_ready.set()
