"""The voice server on loopback, over real TLS, with a scripted household and scripted models."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import AudioError, VoiceError
from gateway.events import Sound
from gateway.house import AttributeValue, Entity, House
from gateway.server.app import VoiceServer
from gateway.server.services import Ask, Services, StateNews
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.stages import Stages
from gateway.wire.dial import Address
from gateway.wire.identity import load_or_create_identity
from gateway.wire.listener import bind
from gateway.wire.peers import Peer, Role, new_peer_id, new_token
from tests.fakes import ScriptedTts, stages
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite

GATEWAY_ID = "0123456789abcdef"
NO_FILE = b"no sound file\n"


@dataclass
class ScriptedHousehold:
    """Remembers what it was told; knows the areas that its script says."""

    areas: Mapping[str, str] = field(default_factory=lambda: {"Kitchen": "kitchen"})
    houses: list[House] = field(default_factory=list)
    changes: list[tuple[tuple[Entity, ...], tuple[str, ...]]] = field(default_factory=list)
    told_states: list[tuple[str, str, Mapping[str, AttributeValue]]] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    fault: VoiceError | None = None
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    async def use(self, house: House) -> None:
        self.houses.append(house)
        self.news.set()
        await self.may_go_on.wait()
        if self.fault is not None:
            raise self.fault

    async def change(self, changed: tuple[Entity, ...], removed: tuple[str, ...]) -> None:
        self.changes.append((changed, removed))
        self.news.set()

    def states(self, news: Iterable[StateNews]) -> None:
        self.told_states.extend(news)
        self.news.set()

    def connected(self, ask: Ask) -> None:
        self.asks.append(ask)
        self.news.set()

    def disconnected(self, ask: Ask) -> None:
        self.asks.remove(ask)
        self.news.set()

    def area_id(self, named: str) -> str | None:
        return self.areas.get(named)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                self.news.clear()
                await self.news.wait()


@dataclass
class ScriptedGateway:
    """A running voice server, and the tokens that its peers need."""

    server: VoiceServer
    pin: bytes
    household: ScriptedHousehold
    peers: dict[str, Peer] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address(host="127.0.0.1", port=self.server.port)

    def pair(self, role: Role, *, name: str = "", area: str = "") -> str:
        """Make somebody a peer; return the id."""
        peer_id = new_peer_id()
        self.tokens[peer_id], secret_hash = new_token(peer_id)
        self.peers[peer_id] = Peer(id=peer_id, name=name or role, role=role, area=area, secret_hash=secret_hash)
        self.server.replace_peers(list(self.peers.values()))
        return peer_id

    def revoke(self, peer_id: str) -> None:
        del self.peers[peer_id]
        self.server.replace_peers(list(self.peers.values()))

    def satellite(self, peer_id: str = "", *, area: str = "") -> AbstractAsyncContextManager[ScriptedSatellite]:
        """Connect as a satellite, a new one unless its id is given."""
        peer_id = peer_id or self.pair(Role.SATELLITE, area=area)
        return ScriptedSatellite.connected(self.address, pin=self.pin, token=self.tokens[peer_id])

    def home(self, peer_id: str = "") -> AbstractAsyncContextManager[ScriptedHome]:
        """Connect as a home, a new one unless its id is given."""
        peer_id = peer_id or self.pair(Role.HOME)
        return ScriptedHome.connected(self.address, pin=self.pin, token=self.tokens[peer_id])


async def decoded(content: bytes) -> Sound:
    """Take a file's bytes for its sound."""
    if content == NO_FILE:
        raise AudioError("scripted: no sound file")
    return Sound(rate_hz=48_000, pcm=content)


@asynccontextmanager
async def scripted_gateway(
    folder: Path, *scripted: Stages, household: ScriptedHousehold | None = None
) -> AsyncIterator[ScriptedGateway]:
    """Serve on a free port; satellites get the `scripted` stages in turn, and ordinary ones after the last."""
    identity = load_or_create_identity(folder / "voice.pem")
    household = household or ScriptedHousehold()
    waiting = list(scripted)

    async def new_stages() -> Stages:
        return waiting.pop(0) if waiting else stages()

    server = VoiceServer(
        bound=bind("127.0.0.1", 0),
        context=identity.server_context(),
        gateway_id=GATEWAY_ID,
        version="test",
        services=Services(
            household=household, new_stages=new_stages, keep=_forget, speak=ScriptedTts().speak, decode=decoded
        ),
        endpoint=EndpointSettings(),
    )
    server.start()
    try:
        yield ScriptedGateway(server, identity.fingerprint, household)
    finally:
        await server.close()


def _forget(_: Stages) -> None:
    """Every satellite has fresh ears."""
