"""A broker that really runs, on loopback, and devices that pair with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from gateway.broker.app import Broker
from gateway.broker.decided import Decided
from gateway.broker.destination import Content
from gateway.broker.owner_link import owner_link
from gateway.broker.pairing import WINDOW_S
from gateway.broker.sending import Sender
from gateway.wire.broker_words import FROM_BROKER, OpenPairing, PairingOpen, RevokePeer
from gateway.wire.channel import Channel
from gateway.wire.consent_words import AddDestination, AllowCloud, ConsentDone
from gateway.wire.dial import Address, dial
from gateway.wire.identity import load_or_create_identity
from gateway.wire.listener import Listener
from gateway.wire.messages import PROTOCOL_VERSION, Greeting, Hello
from gateway.wire.pairing import Paired, pair
from gateway.wire.peers import Peer, Role
from gateway.wire.port import bind

HOST = "127.0.0.1"
SOON_S = 5.0
"""Nothing here takes a tenth of this; what takes longer has failed."""


@dataclass(slots=True, kw_only=True)
class Gateway:
    """A running broker, beside a voice port that shows its certificate."""

    folder: Path
    broker: Broker
    voice: Address
    port: Address
    told: list[list[Peer]]
    """What the voice side heard, each time."""
    shown: list[PairingOpen]
    """The codes of the first start."""
    decided: list[Decided] = field(default_factory=list)
    """What the voice side heard of requests."""
    cloud: list[tuple[bool, tuple[Content, ...]]] = field(default_factory=list)
    """What it heard of what it may propose, each time."""
    opened: list[str] = field(default_factory=list)

    async def code(self, role: Role = Role.HOME, area: str = "") -> str:
        """Open a window as the owner does, and return its code."""
        async with owner_link(self.folder) as owner:
            answer = await owner.ask(OpenPairing(role=role, area=area))
        assert isinstance(answer, PairingOpen)
        self.opened.append(answer.code)
        return answer.code

    async def paired(self, role: Role = Role.HOME, name: str = "Device", area: str = "") -> Paired:
        """Pair a device."""
        code = await self.code(role, area)
        return await pair(self.voice, self.port, code=code, role=role, name=name)

    async def revoke(self, *peers: Paired) -> None:
        """Revoke peers as the owner does."""
        async with owner_link(self.folder) as owner:
            for peer in peers:
                await owner.ask(RevokePeer(peer_id=peer.peer_id))

    async def sends_to(self, *destinations: AddDestination) -> None:
        """Add destinations as the owner does, and turn the switch on."""
        async with owner_link(self.folder) as owner:
            for words in destinations:
                assert await owner.ask(words) == ConsentDone(id=words.id)
            assert await owner.ask(AllowCloud(id=1, is_allowed=True)) == ConsentDone(id=1)

    @asynccontextmanager
    async def channel(self, peer: Paired) -> AsyncIterator[Channel]:
        """Hold a greeted connection of a peer to the broker's port."""
        async with dial(self.port, "/broker", FROM_BROKER, pin=peer.broker_pin, token=peer.broker_token) as channel:
            channel.say(Hello(protocol=PROTOCOL_VERSION))
            assert isinstance(await soon(channel.hear), Greeting)
            yield channel


@asynccontextmanager
async def running(
    folder: Path, *, window_s: float = WINDOW_S, configuration: str = "1d", sender: Sender | None = None
) -> AsyncIterator[Gateway]:
    """Run a broker that keeps its things in `folder`, and has requests sent by `sender`."""
    voice_identity = load_or_create_identity(folder / "voice.pem")
    identity = load_or_create_identity(folder / "broker.pem")
    voice = Listener(bind(HOST, 0), voice_identity.server_context(), {}, most_connections=64, name="voice port")
    told: list[list[Peer]] = []
    shown: list[PairingOpen] = []
    decided: list[Decided] = []
    cloud: list[tuple[bool, tuple[Content, ...]]] = []
    broker = Broker(
        folder,
        bind(HOST, 0),
        identity,
        voice_identity.fingerprint,
        version="test",
        configuration=configuration,
        tell_voice=told.append,
        show_code=shown.append,
        decided=decided.append,
        cloud_changed=lambda is_allowed, contents: cloud.append((is_allowed, contents)),
        sender=sender,
        window_s=window_s,
    )
    voice.start()
    await broker.start()
    try:
        yield Gateway(
            folder=folder,
            broker=broker,
            voice=Address(host=HOST, port=voice.port),
            port=Address(host=HOST, port=broker.port),
            told=told,
            shown=shown,
            decided=decided,
            cloud=cloud,
        )
    finally:
        await broker.close()
        await voice.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let no row be written for a while, as a disk that fails would; with the fixture `impatient` nobody waits."""
    other = apsw.Connection(str(folder / "audit.db"))
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def soon[T](awaited: Callable[[], Awaitable[T]]) -> T:
    """Return what comes, which must not take long."""
    async with asyncio.timeout(SOON_S):
        return await awaited()
