"""A broker that is killed at any moment keeps what it has acknowledged, and nothing happens without a row before."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final, Literal

import pytest

from gateway.ballast import Ballast
from gateway.broker.audit import AuditLog
from gateway.broker.audit_chain import row_hash
from gateway.broker.audit_reading import AuditReader
from gateway.broker.audit_rows import AuditRow, decoded
from gateway.broker.owner_link import OwnerLink, owner_link
from gateway.broker.records import Records
from gateway.errors import LinkError, TrustError
from gateway.settings_file import SettingsFile
from gateway.wire.broker_words import OpenPairing, PairingOpen, RecordDownload, Recorded, RevokePeer
from gateway.wire.dial import Address
from gateway.wire.identity import load_or_create_identity
from gateway.wire.listener import Listener
from gateway.wire.pairing import pair
from gateway.wire.peers import Role
from gateway.wire.port import bind
from tests.gateway.broker.mortal_broker import LARGEST_PACKET_BYTES

KILLS: Final = 3_000 if "LOCAL_VOICE_FULL" in os.environ else 300
KILLS_OF_ONE_FOLDER: Final = 10
"""Then a new one begins, so that some are killed while they make theirs."""
LONGEST_LIFE_S: Final = 0.08
"""Every other one's begins when the broker serves: else many would die while they start. Where the machine is so busy
that next to nothing is done meanwhile, they live longer."""
LONGEST_OF_ALL_S: Final = 0.64
FEWEST_PAIRINGS: Final = 2
"""In one folder."""
END_S: Final = 10.0
HOST: Final = "127.0.0.1"
SEED: Final = 20_261_122
PAIRINGS: Final = 0.3
"""Of all that is done; they take longest."""

type Order = Literal["before", "after"]


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


@dataclass
class Witness:
    """Who uses a broker, and keeps a record of its own of what that has acknowledged."""

    folder: Path
    chance: random.Random
    paired: set[str] = field(default_factory=set)
    asked_to_revoke: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    downloads: list[int] = field(default_factory=list)
    setting: int = 0
    """As it was when it was looked at last."""
    kept: list[int] = field(default_factory=list)
    """The settings after that."""
    rows: list[AuditRow] = field(default_factory=list)
    hash: bytes = b""
    """Of the log's last row."""

    async def use(self, voice: Address, broker: Address) -> None:
        """Pair, revoke and download until the broker is dead."""
        try:
            async with owner_link(self.folder) as owner:
                while True:
                    if self.chance.random() < PAIRINGS:
                        await self._pair(owner, voice, broker)
                    elif known := sorted(self.paired - self.asked_to_revoke):
                        await self._revoke(owner, self.chance.choice(known))
                    recorded = await owner.ask(RecordDownload(model="tiny.en", host="example.org"))
                    assert isinstance(recorded, Recorded)
                    self.downloads.append(recorded.row)
        except LinkError, TrustError:
            return  # it is dead

    async def _pair(self, owner: OwnerLink, voice: Address, broker: Address) -> None:
        opened = await owner.ask(OpenPairing(role=Role.SATELLITE))
        assert isinstance(opened, PairingOpen)
        done = await pair(voice, broker, code=opened.code, role=Role.SATELLITE, name="Shelf")
        self.paired.add(done.peer_id)
        await owner.hear(END_S)  # that the window is closed

    async def _revoke(self, owner: OwnerLink, peer_id: str) -> None:
        self.asked_to_revoke.add(peer_id)
        await owner.ask(RevokePeer(peer_id=peer_id))
        self.revoked.add(peer_id)

    def look(self) -> list[str]:
        """Compare what is on disk with what was acknowledged and with the log; return what does not fit."""
        with closing(Records(self.folder)) as records:
            peers = {peer.id for peer in records.peers.peers()}
            new, is_chained = self._new_rows(records.audit)
        self.rows += new
        before, self.setting = self.setting, int(SettingsFile(self.folder).chosen.voice or 0)
        known = self.kept[-1] if self.kept else before
        changes = len(self.kept) + (self.setting > known)
        self.kept = []
        found = {
            "the chain is broken": not is_chained,
            "one who was paired is not there": self.paired - self.asked_to_revoke - peers,
            "one who was revoked is there": self.revoked & peers,
            "the peers are not what the rows add up to": peers != added_up(self.rows),
            "a setting is lost": self.setting < known,
            "a setting was changed without a row": sum(row.about == "settings" for row in new) < changes,
            "a row is lost": [number for number in self.downloads if self.rows[number - 1].action != "download"],
        }
        return [what for what, is_so in found.items() if is_so]

    def _new_rows(self, log: AuditLog) -> tuple[list[AuditRow], bool]:
        """Return the rows that nobody has looked at yet, and whether they chain those before to the log's head."""
        texts = log.rows(len(self.rows), log.head.size)
        self.hash = self.hash or bytes.fromhex(log.hash_at(0) or "")
        for text in texts:
            self.hash = row_hash(self.hash, text)
        return [row for row in map(decoded, texts) if row is not None], self.hash.hex() == log.head.hash


def added_up(rows: list[AuditRow]) -> set[str]:
    """Return who is paired, as the rows say."""
    undone = {row.detail["undone"] for row in rows if "undone" in row.detail}
    peers: set[str] = set()
    for row in rows:
        if row.seq in undone or "undone" in row.detail:
            continue
        if row.action == "pair":
            peers.add(row.about)
        elif row.action == "revoke":
            peers.discard(row.about)
    return peers


class Lives:
    """The server that forks brokers."""

    def __init__(self, link: socket.socket, voice: Address) -> None:
        self._link = link
        self._voice = voice

    async def live(self, witness: Witness, life_s: float, order: Order, begins: Literal["pid", "port"]) -> None:
        """Start a broker, use it, and kill it so long after it has said where it `begins`."""
        using: asyncio.Task[None] | None = None
        broker = 0
        await self._say(f"{witness.folder} {order}")
        async with asyncio.timeout(END_S):
            while (heard := (await self._hear()).split()) != ["end"]:
                broker = int(heard[1]) if heard[0] == "pid" else broker
                if heard[0] == begins:
                    asyncio.get_running_loop().call_later(life_s, os.kill, broker, signal.SIGKILL)
                match heard:
                    case ["port", port]:
                        using = asyncio.create_task(witness.use(self._voice, Address(host=HOST, port=int(port))))
                        await self._say(f"settings {witness.setting + 1}")
                    case ["kept", number]:
                        witness.kept.append(int(number))
                        await self._say(f"settings {int(number) + 1}")
            if using is not None:
                await using

    async def _say(self, packet: str) -> None:
        await asyncio.get_running_loop().sock_sendall(self._link, packet.encode())

    async def _hear(self) -> str:
        return (await asyncio.get_running_loop().sock_recv(self._link, LARGEST_PACKET_BYTES)).decode()


@asynccontextmanager
async def lives(folder: Path) -> AsyncIterator[Lives]:
    """Start the server, and a voice port that shows its certificate."""
    identity = load_or_create_identity(folder / "voice.pem")
    load_or_create_identity(folder / "broker.pem")
    voice = Listener(bind(HOST, 0), identity.server_context(), {}, most_connections=64, name="voice port")
    voice.start()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    command = (sys.executable, "-m", "tests.gateway.broker.mortal_broker", str(theirs.fileno()))
    server = await asyncio.create_subprocess_exec(*command, pass_fds=[theirs.fileno()])
    theirs.close()
    try:
        yield Lives(ours, Address(host=HOST, port=voice.port))
    finally:
        ours.close()
        await voice.close()
        async with asyncio.timeout(END_S):
            assert await server.wait() == 0


async def found_wrong(folder: Path, kills: int, order: Order) -> AsyncIterator[tuple[Witness, list[str]]]:
    """Kill a broker so often; yield each time who used it, and what is wrong. After that, all begins anew."""
    chance = random.Random(SEED)  # noqa: S311 - the same lives each time, as far as that can be
    async with lives(folder) as server:
        witness, longest_s = Witness(folder / "0", chance), LONGEST_LIFE_S
        for number in range(kills):
            begins: Literal["pid", "port"] = "port" if number % 2 else "pid"
            await server.live(witness, chance.uniform(0, longest_s), order, begins)
            wrong = witness.look()
            if number % KILLS_OF_ONE_FOLDER == KILLS_OF_ONE_FOLDER - 1:
                with closing(AuditReader(witness.folder)) as log:
                    wrong += [str(flaw) for flaw in (log.verify(),) if flaw]
            yield witness, wrong
            if wrong or number % KILLS_OF_ONE_FOLDER == KILLS_OF_ONE_FOLDER - 1:
                if len(witness.paired) < FEWEST_PAIRINGS:
                    longest_s = min(1.5 * longest_s, LONGEST_OF_ALL_S)
                witness = Witness(folder / str(number + 1), chance)


async def test_what_was_acknowledged_is_there_when_the_broker_was_killed_and_has_its_row(
    tmp_path: Path, state: Callable[[str], None]
) -> None:
    started_s = monotonic()
    used: dict[Path, Witness] = {}
    async for witness, wrong in found_wrong(tmp_path, KILLS, "before"):
        assert wrong == []
        used[witness.folder] = witness
    paired, revoked, downloads, rows, undone, settings = (
        sum(count(witness) for witness in used.values())
        for count in (
            lambda one: len(one.paired),
            lambda one: len(one.revoked),
            lambda one: len(one.downloads),
            lambda one: len(one.rows),
            lambda one: sum("undone" in row.detail for row in one.rows),
            lambda one: one.setting,
        )
    )
    state(
        f"broker killed {KILLS} times in {monotonic() - started_s:.0f} s: {paired} pairings, {revoked} revocations, "
        f"{settings} settings, {downloads} downloads acknowledged, 0 lost; {rows} rows, {undone} of them of what a "
        "kill prevented"
    )
    assert paired > KILLS // 10
    assert revoked > KILLS // 20
    assert settings > KILLS


async def test_acts_before_their_rows_would_be_found(tmp_path: Path, state: Callable[[str], None]) -> None:
    kills = KILLS // 10
    found = [wrong async for _, wrong in found_wrong(tmp_path, kills, "after") if wrong]
    state(f"broker that acts before it writes down, killed {kills} times: found {len(found)} times")
    assert len(found) >= kills // 10
