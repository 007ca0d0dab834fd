"""A machine whose only name server is a canary, and a process on it that looks names up: confined, or not.

`asked()` is for tests: it starts this module in a network and a mount namespace of its own, where `/etc/resolv.conf` is
another file; that starts the process, and tells what reached the name server.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.confinement import readable_folders
from gateway.sandbox.privileges import give_up_rights
from gateway.sandbox.seccomp import install_filter
from tests.gateway.sandbox.confined import ROOT

FREE: Final = "free"
FILTER: Final = "filter"
ALL: Final = "all"
"""How the process is confined: not at all, by the filter alone, by all that this machine has."""
DEADLINE_S: Final = 60.0
NAME_SERVER: Final = ("127.0.0.1", 53)
HEADER_BYTES: Final = 12
LARGEST_QUERY_BYTES: Final = 512
NO_SUCH_NAME: Final = 0x8183
_CHILD: Final = "import socket, sys; socket.getaddrinfo(sys.argv[1], 443)"


def why_impossible() -> str:
    """Return why this machine cannot have such a room, or nothing."""
    if missing := [tool for tool in ("ip", "unshare", "mount") if shutil.which(tool) is None]:
        return f"no {', '.join(missing)}: sudo apt-get install iproute2 util-linux mount"
    if subprocess.run([*_room(), "true"], capture_output=True, check=False, timeout=DEADLINE_S).returncode:
        return "this system lets nobody but root make namespaces"
    return ""


def asked(how: str) -> list[str]:
    """Return the names that the name server was asked for, by a process that is confined like that."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [*_room(), sys.executable, "-m", __name__, how]
    done = subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, timeout=DEADLINE_S, check=True)
    return list(json.loads(done.stdout))


def _room() -> list[str]:
    return ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def main(how: str) -> None:
    """Furnish the room, let the process look names up, and write which it asked for."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    names: set[str] = set()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        for name, text in (("resolv.conf", f"nameserver {NAME_SERVER[0]}\n"), ("nsswitch.conf", "hosts: files dns\n")):
            ours = Path(folder) / name
            ours.write_text(text, encoding="ascii")
            subprocess.run(["mount", "--bind", str(ours), str(Path("/etc", name).resolve())], check=True)
        server.bind(NAME_SERVER)
        threading.Thread(target=_serve, args=(server, names), daemon=True).start()
        subprocess.run([sys.executable, "-m", __spec__.name, how, "ask"], timeout=DEADLINE_S, check=True)
        sys.stdout.write(json.dumps(sorted(names)))


def _serve(server: socket.socket, names: set[str]) -> None:
    """Answer that there is no such name, and keep the name."""
    while True:
        query, whence = server.recvfrom(LARGEST_QUERY_BYTES)
        names.add(_name(query[HEADER_BYTES:]))
        server.sendto(query[:2] + NO_SUCH_NAME.to_bytes(2) + query[4:6] + bytes(6) + query[HEADER_BYTES:], whence)


def _name(question: bytes) -> str:
    labels = []
    while question[0]:
        labels.append(question[1 : question[0] + 1].decode("ascii"))
        question = question[question[0] + 1 :]
    return ".".join(labels)


def ask(how: str) -> None:
    """Confine this process, and look up a name from each part of it."""
    if how == ALL:
        give_up_rights(readable=readable_folders(), user=None)
    go = threading.Event()
    earlier = threading.Thread(target=_look_up, args=("earlier-thread.example", go))
    earlier.start()
    if how != FREE:
        install_filter()
    go.set()
    _look_up("main.example", go)
    subprocess.run([sys.executable, "-I", "-S", "-c", _CHILD, "child.example"], stderr=subprocess.DEVNULL, check=False)
    earlier.join()


def _look_up(name: str, go: threading.Event) -> None:
    go.wait()
    with suppress(socket.gaierror):
        socket.getaddrinfo(name, 443)


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else ask(sys.argv[1])
