"""The voice server on loopback, over real TLS, with a scripted household and scripted models."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from gateway.errors import AudioError, VoiceError
from gateway.events import ActionRequest, ActionResult, Sound
from gateway.home.timers import Timers
from gateway.house import AttributeValue, Entity, House, KnownName
from gateway.offer import Offer, Settings, SettingsChange, Voice, WakeWordModel
from gateway.own_sentences import OwnSentences
from gateway.server.app import VoiceServer
from gateway.server.meanings import Learning
from gateway.server.services import NO_LEDGER, ConnectedHome, Ledger, Services, StateNews
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.stages import NO_CLOUD, Cloud, Stages, Tongue, Understanding
from gateway.wire.dial import Address
from gateway.wire.identity import load_or_create_identity
from gateway.wire.peers import Peer, Role, new_peer_id, new_token
from gateway.wire.port import bind
from tests.fakes import SWITCHED, ScriptedTts, known_in, stages
from tests.gateway.home.manual_clock import ManualClock
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
    sentences: list[OwnSentences] = field(default_factory=list)
    homes: list[ConnectedHome] = field(default_factory=list)
    foreseen: tuple[Entity, ...] = ()
    fault: VoiceError | None = None
    performed: list[ActionRequest] = field(default_factory=list)
    home_fault: VoiceError | None = None
    """Why nothing is done that is asked of it."""
    clock: ManualClock = field(default_factory=ManualClock)
    timers: Timers = field(init=False)
    """Real ones, by that clock."""
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.timers = Timers(self.clock, lambda _: None)
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

    def use_sentences(self, sentences: OwnSentences) -> None:
        self.sentences.append(sentences)
        self.news.set()

    def connected(self, home: ConnectedHome) -> None:
        self.homes.append(home)
        self.news.set()

    def disconnected(self, home: ConnectedHome) -> None:
        self.homes.remove(home)
        self.news.set()

    def area_id(self, named: str) -> str | None:
        return self.areas.get(named)

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.foreseen

    def names_in(self, text: str) -> tuple[KnownName, ...]:
        return known_in(text)

    async def perform(self, request: ActionRequest) -> ActionResult:
        self.performed.append(request)
        if self.home_fault is not None:
            raise self.home_fault
        return ActionResult(changes=(SWITCHED,))

    async def perform_in(self, home: ConnectedHome, request: ActionRequest) -> ActionResult:
        return await home.act(request)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                self.news.clear()
                await self.news.wait()


@dataclass
class ScriptedEquipment:
    """Gives the stages of its script in turn, and ordinary ones after the last; remembers what it is to be set to."""

    waiting: list[Stages]
    changes: list[SettingsChange] = field(default_factory=list)
    fault: VoiceError | None = None
    understands: Understanding = field(default_factory=lambda: stages().understanding)
    other: Tongue | None = None
    """The second language, where there is one."""
    given: list[Stages] = field(default_factory=list)
    kept: list[Stages] = field(default_factory=list)
    """The ears that were given away, and those that came back."""
    said: list[tuple[str, str, str]] = field(default_factory=list)
    """Text, language and voice of what was to be spoken."""
    settings: Settings = field(
        default_factory=lambda: Settings(stt_model="tiny.en", voice="joe", wake_words=("okay_nabu",))
    )

    @property
    def understanding(self) -> Understanding:
        return self.understands

    @property
    def shared(self) -> Stages:
        return replace(stages(), understanding=self.understands, other=self.other)

    def offer(self) -> Offer:
        return Offer(
            language="en",
            stt_models=("tiny.en", "base"),
            voices=(Voice(id="joe", name="Joe", language="en-US"), Voice(id="espeak-de", name="de", language="de")),
            wake_words=(WakeWordModel(id="okay_nabu", phrase="Okay Nabu"), WakeWordModel(id="alexa", phrase="Alexa")),
            settings=self.settings,
        )

    async def change(self, change: SettingsChange) -> None:
        self.changes.append(change)
        if self.fault is not None:
            raise self.fault
        given = {key: value for key, value in asdict(change).items() if value is not None}
        self.settings = replace(self.settings, **given)

    async def stages(self) -> Stages:
        self.given.append(self.waiting.pop(0) if self.waiting else stages())
        return self.given[-1]

    def keep(self, stages: Stages) -> None:
        """Every stream has fresh ears."""
        self.kept.append(stages)

    async def until_kept(self, count: int) -> None:
        """Wait until so many stages were given back: nothing else tells of it."""
        async with asyncio.timeout(10):
            while len(self.kept) < count:  # noqa: ASYNC110 - the script has no event
                await asyncio.sleep(0)

    async def speak(self, text: str, *, language: str = "", voice: str = "") -> AsyncGenerator[Sound]:
        self.said.append((text, language, voice))
        if self.fault is not None:
            raise self.fault
        async for sound in ScriptedTts().speak(text):
            yield sound


@dataclass
class ScriptedGateway:
    """A running voice server, and the tokens that its peers need."""

    server: VoiceServer
    pin: bytes
    household: ScriptedHousehold
    equipment: ScriptedEquipment
    peers: dict[str, Peer] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        return Address(host="127.0.0.1", port=self.server.port)

    def pair(self, role: Role, *, name: str = "", area: str = "", peer_id: str = "") -> str:
        """Make somebody a peer; return the id, a new one unless it is given."""
        peer_id = peer_id or new_peer_id()
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
    folder: Path,
    *scripted: Stages,
    household: ScriptedHousehold | None = None,
    cloud: Cloud = NO_CLOUD,
    ledger: Ledger = NO_LEDGER,
    learning: Learning | None = None,
) -> AsyncIterator[ScriptedGateway]:
    """Serve on a free port; satellites get the `scripted` stages in turn, and ordinary ones after the last."""
    identity = load_or_create_identity(folder / "voice.pem")
    household = household or ScriptedHousehold()
    equipment = ScriptedEquipment(list(scripted))
    server = VoiceServer(
        bound=bind("127.0.0.1", 0),
        context=identity.server_context(),
        gateway_id=GATEWAY_ID,
        version="test",
        services=Services(
            household=household, equipment=equipment, decode=decoded, cloud=cloud, ledger=ledger, learning=learning
        ),
        endpoint=EndpointSettings(),
    )
    server.start()
    try:
        yield ScriptedGateway(server, identity.fingerprint, household, equipment)
    finally:
        await server.close()
