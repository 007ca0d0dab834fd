"""A room with one cable: programs in a network of their own, where whatever leaves is counted and named.

The cable's other end is here. Whoever goes out, to whatever address, comes to it: everything in the room is routed
there, its resolver is there, and canaries, or a test's own servers, answer for all the world. Two meters count, each by
its own means: one in the room, of what its kernel sends (nftables, output, with connection tracking), and one at this
end of the cable, of every frame that arrives (nftables, ingress), raw ones included. IPv6 is off, so that it cannot be
a way round either.
"""

import json
import os
import selectors
import shutil
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

from tests.e2e.program import ROOT

OUTSIDE: Final = "192.0.2.1"
INSIDE: Final = "192.0.2.2"
"""TEST-NET-1: nobody has these addresses (RFC 5737)."""
CABLE: Final = "lv-cable"
TABLE: Final = 87
"""Of routes; any number that nobody else uses."""
CANARY_TCP_PORTS: Final = (53, 80, 443, 853, 8883)
CANARY_UDP_PORTS: Final = (53, 123, 443)
"""DNS, the web, DNS over TLS, MQTT; the time, QUIC. The meters see every other port too."""
DNS: Final = 53
DEADLINE_S: Final = 10.0
KINDS: Final = ("replies", "mdns", "membership", "arps", "strays")
"""`replies` on connections that were made from outside; `mdns`, link-local, to its group; `membership`: the kernel's
own reports (IGMP, link-local) that somebody here listens to that group; `arps`, which only the meter at the cable sees;
and `strays`, everything else."""


def why_impossible() -> str:
    """Return why this machine cannot have such a room, or nothing."""
    if os.geteuid() != 0:
        return "a network namespace with a cable into it takes root"
    if os.environ.get("LOCAL_VOICE_NETWORK") != "cut":
        return "no cable into this machine's own network: run the tests by scripts/offline"
    if missing := [tool for tool in ("nft", "ip", "nsenter", "unshare") if shutil.which(tool) is None]:
        return f"no {', '.join(missing)}: sudo apt-get install nftables iproute2 util-linux"
    return ""


@dataclass(frozen=True, slots=True)
class Count:
    """So many packets, so many bytes of them."""

    packets: int = 0
    size_bytes: int = 0

    def __str__(self) -> str:
        return f"{self.packets:,} packets ({self.size_bytes:,} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What one of the two has counted, by kind."""

    counts: dict[str, Count]
    named: dict[str, int]
    """The strays' protocols, addresses and ports, and how many packets of each."""

    def __getitem__(self, kind: str) -> Count:
        return self.counts[kind]

    def __str__(self) -> str:
        return ", ".join(f"{kind} {count}" for kind, count in self.counts.items() if count.packets)


@dataclass(slots=True)
class Canaries:
    """Answer for everybody at the other end; remember who was asked for what."""

    met: Counter[str] = field(default_factory=Counter)
    """`tcp 443`, `udp 53` … and how often."""
    lookups: list[str] = field(default_factory=list)
    """The names that were asked for by DNS."""
    addresses: dict[str, str] = field(default_factory=dict)
    """What these names are told to be, IPv4; all others are at this end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The network inside, seen from outside."""

    holder: subprocess.Popen[bytes]
    canaries: Canaries

    @property
    def via(self) -> tuple[str, ...]:
        """What runs a program in there, and becomes it."""
        here = f"/proc/{self.holder.pid}/ns"
        return ("nsenter", f"--net={here}/net", f"--mount={here}/mnt", f"--wdns={ROOT}")

    def sent(self) -> Meter:
        """Return what the kernel in there has sent, by its own count."""
        return _meter("inet", self.via)

    def arrived(self) -> Meter:
        """Return what came out of the cable."""
        return _meter("netdev", ())

    def both(self) -> tuple[Meter, Meter]:
        """Return what was sent and what arrived, at a moment when nothing was on its way.

        Who is in no group any more has that reported by the kernel, again and within seconds of its end.
        """
        until_s = monotonic() + DEADLINE_S
        sent = self.sent()
        while True:
            arrived, before, sent = self.arrived(), sent, self.sent()
            if sent == before:
                return sent, arrived
            assert monotonic() < until_s, f"it does not stop sending: {sent}"


@contextmanager
def room(folder: Path, ports: tuple[int, ...], *, world: tuple[str, ...] = ()) -> Iterator[Room]:
    """Have a room during the block whose `ports` are reached at `INSIDE`; its files go to `folder`.

    `world` are addresses outside at which TCP is answered, too, by whoever listens at this end; others are met by
    canaries, which see that somebody comes, and cannot answer.
    """
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {OUTSIDE}\noptions timeout:2 attempts:1\n", encoding="ascii")
    with ExitStack() as stack:
        holder = stack.enter_context(_held(resolver))
        made = Room(holder=holder, canaries=Canaries())
        _run("ip", "link", "add", CABLE, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        stack.callback(_run, "ip", "link", "delete", CABLE)
        # IPv6 first, so that neither end says anything of its own when it comes up.
        _run("sh", "-c", f"echo 1 > /proc/sys/net/ipv6/conf/{CABLE}/disable_ipv6")
        _run(*made.via, "sh", "-c", "echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6")
        _run(*made.via, "nft", "-f", "-", text=_in_the_room(ports))
        _run("nft", "-f", "-", text=_at_the_cable(ports))
        for family in ("inet", "netdev"):
            stack.callback(_run, "nft", "delete", "table", family, "gauge")
        # Every address is this machine's own, for who comes by the cable.
        _run("ip", "rule", "add", "iif", CABLE, "lookup", str(TABLE))
        stack.callback(_run, "ip", "rule", "delete", "iif", CABLE, "lookup", str(TABLE))
        _run("ip", "route", "add", "local", "default", "dev", "lo", "table", str(TABLE))
        stack.callback(_run, "ip", "route", "flush", "table", str(TABLE))
        _run("ip", "address", "add", f"{OUTSIDE}/24", "dev", CABLE)
        for address in world:  # without that the kernel says nothing in its name
            _run("ip", "address", "add", f"{address}/32", "dev", "lo")
            stack.callback(_run, "ip", "address", "delete", f"{address}/32", "dev", "lo")
        _run("ip", "link", "set", CABLE, "up")
        _run(*made.via, "ip", "address", "add", f"{INSIDE}/24", "dev", "eth0")
        _run(*made.via, "ip", "link", "set", "eth0", "up")
        _run(*made.via, "ip", "route", "add", "default", "via", OUTSIDE)
        stack.enter_context(_listening(made.canaries))
        yield made


@contextmanager
def _held(resolver: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Hold the namespaces by a process that ends with this one: it reads what nobody writes."""
    hold = 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && echo held && exec cat'
    command = ("unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", hold, str(resolver))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            yield holder
        finally:
            holder.kill()


def _in_the_room(ports: tuple[int, ...]) -> str:
    """Return the rules of the meter in the room, which knows who began a connection."""
    return f"""
        table inet gauge {{
            {_NAMED}
            chain leaving {{
                type filter hook output priority 0; policy accept;
                oifname "lo" accept
                ct direction reply ct state established tcp sport {{ {_listed(ports)} }} counter name replies accept
                {_LINK_LOCAL}
                {_STRAYS}
            }}
        }}
    """


def _at_the_cable(ports: tuple[int, ...]) -> str:
    """Return the rules of the meter at the cable's end; connections are not tracked there, but a reply is no SYN."""
    return f"""
        table inet gauge {{
            chain leaving {{
                type filter hook output priority 0; policy accept;
                oifname "{CABLE}" meta mark set {_OUR_OWN}
            }}
        }}
        table netdev gauge {{
            {_NAMED}
            chain arriving {{
                type filter hook ingress device "{CABLE}" priority 0; policy accept;
                meta mark {_OUR_OWN} accept
                ether type arp counter name arps accept
                ip daddr {OUTSIDE} tcp sport {{ {_listed(ports)} }} tcp flags & (syn | ack) != syn \\
                    counter name replies accept
                {_LINK_LOCAL}
                {_STRAYS}
            }}
        }}
    """


_OUR_OWN: Final = 87
"""A mark on what this end says to a group, which it hears itself; no mark comes through a cable."""
_NAMED: Final = """
            counter replies { }
            counter mdns { }
            counter membership { }
            counter arps { }
            counter strays { }
            set protocols { type ipv4_addr . inet_proto; flags dynamic; size 4096; counter; }
            set addressed { type ipv4_addr . inet_proto . inet_service; flags dynamic; size 65535; counter; }
"""
_LINK_LOCAL: Final = """
                ip daddr 224.0.0.251 udp sport 5353 udp dport 5353 counter name mdns accept
                ip daddr 224.0.0.22 ip protocol igmp counter name membership accept
"""
_STRAYS: Final = """
                counter name strays
                meta l4proto { tcp, udp } update @addressed { ip daddr . meta l4proto . th dport } accept
                update @protocols { ip daddr . meta l4proto }
"""


def _meter(family: str, via: tuple[str, ...]) -> Meter:
    counts: dict[str, Count] = {}
    named: dict[str, int] = {}
    for entry in json.loads(_run(*via, "nft", "--json", "list", "table", family, "gauge"))["nftables"]:
        if counter := entry.get("counter"):
            counts[counter["name"]] = Count(counter["packets"], counter["bytes"])
        for element in entry.get("set", {}).get("elem", ()):
            name, packets = _named(element["elem"])
            named[name] = packets
    return Meter(counts={kind: counts[kind] for kind in KINDS}, named=named)


def _named(element: dict[str, Any]) -> tuple[str, int]:
    address, protocol, *port = element["val"]["concat"]
    return " ".join(map(str, (protocol, address, *port))), element["counter"]["packets"]


@contextmanager
def _listening(canaries: Canaries) -> Iterator[None]:
    """Answer at the canaries' ports, on all addresses, during the block."""
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for kind, ports in ((socket.SOCK_STREAM, CANARY_TCP_PORTS), (socket.SOCK_DGRAM, CANARY_UDP_PORTS)):
            for port in ports:
                listener = stack.enter_context(socket.socket(socket.AF_INET, kind))
                listener.bind(("0.0.0.0", port))  # noqa: S104 - in this namespace there is only the cable
                if kind == socket.SOCK_STREAM:
                    listener.listen()
                selector.register(listener, selectors.EVENT_READ)
        waking, woken = socket.socketpair()
        stack.enter_context(waking)
        selector.register(stack.enter_context(woken), selectors.EVENT_READ)

        def answer() -> None:
            while True:
                for key, _ in selector.select():
                    if key.fileobj is woken:
                        return
                    assert isinstance(key.fileobj, socket.socket)
                    _meet(key.fileobj, canaries)

        answering = threading.Thread(target=answer, name="canaries")
        answering.start()
        try:
            yield
        finally:
            waking.send(b"!")
            answering.join(DEADLINE_S)


def _meet(listener: socket.socket, canaries: Canaries) -> None:
    """Take what has come to a canary, and lead on whoever asks for a name."""
    port = listener.getsockname()[1]
    if listener.type == socket.SOCK_STREAM:
        canaries.met[f"tcp {port}"] += 1
        listener.accept()[0].close()
        return
    canaries.met[f"udp {port}"] += 1
    query, asker = listener.recvfrom(4_096)
    if port == DNS:
        name = _asked_name(query)
        canaries.lookups.append(name)
        listener.sendto(_dns_answer(query, canaries.addresses.get(name, OUTSIDE)), asker)


def _asked_name(query: bytes) -> str:
    """Return the name in a DNS query's only question (RFC 1035, 4.1)."""
    labels, at = [], 12
    while at < len(query) and (length := query[at]):
        labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    return ".".join(labels)


def _dns_answer(query: bytes, address: str) -> bytes:
    """Return the answer that whatever was asked for is at `address`; for other things than addresses, nothing."""
    question = query[12 : query.index(0, 12) + 5]
    is_address = question[-4:-2] == b"\0\1"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address) if is_address else b""
    return query[:2] + b"\x81\x80\0\1\0" + bytes([is_address]) + bytes(4) + question + record


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))


def _run(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
