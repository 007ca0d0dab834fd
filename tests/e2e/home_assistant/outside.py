"""What is outside a home: a network at the end of a cable, and a cloud of ours in it, at one of the world's addresses.

The cloud has a name there. Who is run by `Outside.via` finds it, as who has a resolver does; nobody else is there.
"""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.clouds import Answer, Cloud, cloud

HOST: Final = "cloud.example"
ADDRESS: Final = "203.0.114.1"
"""Anybody's, not of the blocks that are kept for documentation or homes: a cloud is looked for nowhere else."""
OUR_ADDRESS: Final = "203.0.114.2"
PORT: Final = 443
CABLE: Final = "lv-world"
DEADLINE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The world."""

    cloud: Cloud
    via: tuple[str, ...]
    """What runs a program that knows the cloud's name, and becomes it."""


@contextmanager
def outside(folder: Path, answer: Answer) -> Iterator[Outside]:
    """Have a world during the block; takes root, in a network that is cut off. Files go to `folder`."""
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n", encoding="ascii")
    knows = 'mount --bind "$0" /etc/hosts && exec "$@"'
    via = ("unshare", "--mount", "--propagation", "private", "sh", "-c", knows, str(hosts))
    with ExitStack() as stack:
        holder = stack.enter_context(_held())
        _run("ip", "link", "add", CABLE, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        stack.callback(_run, "ip", "link", "delete", CABLE)
        _run("ip", "address", "add", f"{OUR_ADDRESS}/24", "dev", CABLE)
        _run("ip", "link", "set", CABLE, "up")
        there = ("nsenter", f"--net=/proc/{holder.pid}/ns/net")
        _run(*there, "ip", "address", "add", f"{ADDRESS}/24", "dev", "eth0")
        _run(*there, "ip", "link", "set", "eth0", "up")
        running = cloud(hosts=(HOST,), address=ADDRESS, port=PORT, answer=answer)

        def enter() -> Cloud:
            with Path(f"/proc/{holder.pid}/ns/net").open("rb") as network:
                os.setns(network.fileno(), os.CLONE_NEWNET)  # this thread, and those that it starts
            return running.__enter__()

        with ThreadPoolExecutor(1) as thread:
            server = thread.submit(enter).result()
        stack.push(running)
        yield Outside(cloud=server, via=via)


@contextmanager
def _held() -> Iterator[subprocess.Popen[bytes]]:
    """Hold a network by a process that ends with this one: it reads what nobody writes."""
    command = ("unshare", "--net", "sh", "-c", "ip link set lo up && echo held && exec cat")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            yield holder
        finally:
            holder.kill()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
