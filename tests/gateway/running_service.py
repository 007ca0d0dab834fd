"""A voice service with its real server, house and ports, and with models from a script."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway import voice_service
from gateway.config import Config
from gateway.engines.learned import LearnedUnderstanding
from gateway.errors import ConfigError, EngineError
from gateway.events import Intent
from gateway.home.demo import demo_house
from gateway.house import House
from gateway.offer import Settings, SettingsChange
from gateway.rules import Rule
from gateway.server.services import NO_LEDGER, Ledger
from gateway.settings_file import SettingsFile
from gateway.turn.stages import NO_CLOUD, Cloud, Home, Stages, Understanding
from gateway.voice_service import VoiceService
from gateway.wire.dial import Address
from gateway.wire.identity import Identity, load_or_create_identity
from gateway.wire.peers import Peer, Role, new_peer_id, new_token
from gateway.wire.port import bind
from gateway.wyoming.port import listen
from tests.fakes import ScriptedUnderstanding
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.gateway.test_equipment import ScriptedAssembly

HOST = "127.0.0.1"
GATEWAY_ID = "0123456789abcdef"
VERSION = "test"
SOON_S = 10.0
"""Nothing here takes a tenth of it."""


class UnderstandsHouses(ScriptedUnderstanding):
    """Remembers in which houses it was to understand; takes the name of a Whisper model for a question."""

    def __init__(self, language: str = "en") -> None:
        super().__init__(
            *(Intent(name="HassGetCurrentTime", text=model) for model in ("tiny.en", "base")), language=language
        )
        self.houses: list[House] = []
        self.rules: tuple[Rule, ...] = ()
        self.fails = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    def use_rules(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules

    async def use(self, house: House) -> None:
        await self.may_go_on.wait()
        if self.fails:
            raise EngineError("scripted")
        self.houses.append(house)


class ScriptedParts(ScriptedAssembly):
    """Puts stages together as well; what Whisper recognises is its own name."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config)
        self.understands = UnderstandsHouses()
        self.others: dict[str, UnderstandsHouses] = {}
        """What understands further languages."""

    def house(self) -> House:
        return demo_house()

    def understanding(self, house: House, *, by_sound: bool = True, language: str = "") -> LearnedUnderstanding:
        if language in ("", self.understands.language):
            return self.understands  # type: ignore[return-value]  # it has all that is used
        return self.others.setdefault(language, UnderstandsHouses(language))  # type: ignore[return-value]

    def stages_with(self, home: Home, understanding: Callable[[str], Understanding], settings: Settings) -> Stages:
        languages = self._config.stt.languages
        return Stages(
            **self.ears(settings.wake_words)._asdict(),
            stt=self.stt(settings.stt_model),
            understanding=understanding(languages[0]),
            home=home,
            tts=self.tts(settings.voice),
            other=next((self._tongue(understanding(language), settings) for language in languages[1:]), None),
            wake_sensitivity=settings.wake_sensitivity,
        )


@dataclass
class Rig:
    """A voice service, and those who may come."""

    service: VoiceService
    identity: Identity
    port: int
    wyoming_port: int
    remembered: list[SettingsChange] = field(default_factory=list)
    refusal: str = ""
    """Why nothing can be remembered."""
    peers: list[Peer] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    async def remember(self, change: SettingsChange) -> None:
        if self.refusal:
            raise ConfigError(self.refusal)
        self.remembered.append(change)

    def pair(self, role: Role) -> str:
        """Make somebody a peer, without telling the service; return the id."""
        peer_id = new_peer_id()
        self.tokens[peer_id], secret_hash = new_token(peer_id)
        self.peers.append(Peer(id=peer_id, name=role, role=role, secret_hash=secret_hash))
        return peer_id

    def tell(self) -> None:
        """Tell the service who its peers are."""
        self.service.replace_peers(list(self.peers))

    def satellite(self, peer_id: str) -> AbstractAsyncContextManager[ScriptedSatellite]:
        address = Address(host=HOST, port=self.port)
        return ScriptedSatellite.connected(address, pin=self.identity.fingerprint, token=self.tokens[peer_id])

    def home(self, peer_id: str) -> AbstractAsyncContextManager[ScriptedHome]:
        address = Address(host=HOST, port=self.port)
        return ScriptedHome.connected(address, pin=self.identity.fingerprint, token=self.tokens[peer_id])


@asynccontextmanager
async def voice_service_in(
    folder: Path,
    config: Config | None = None,
    *,
    wyoming: bool = False,
    cloud: Cloud = NO_CLOUD,
    ledger: Ledger = NO_LEDGER,
) -> AsyncIterator[Rig]:
    """Have a voice service that has loaded nothing yet, with its choices in `folder`; it is closed at the end."""
    identity = load_or_create_identity(folder / "voice.pem")
    voice_port, wyoming_port = bind(HOST, 0), listen(HOST, 0) if wyoming else None

    async def remember(change: SettingsChange) -> None:
        await rig.remember(change)

    try:
        service = VoiceService(
            config or Config(),
            identity,
            SettingsFile(folder),
            gateway_id=GATEWAY_ID,
            version=VERSION,
            voice_port=voice_port,
            wyoming_port=wyoming_port,
            remember=remember,
            cloud=cloud,
            ledger=ledger,
        )
    except BaseException:
        voice_port.close()
        raise
    number = 0 if wyoming_port is None else wyoming_port.getsockname()[1]
    rig = Rig(service, identity, voice_port.getsockname()[1], number)
    try:
        yield rig
    finally:
        await service.close()
        await asyncio.sleep(0)  # what was cancelled ends
        gc.unfreeze()
        assert (voice_port.fileno(), -1 if wyoming_port is None else wyoming_port.fileno()) == (-1, -1)


def script(monkeypatch: pytest.MonkeyPatch, config: Config | None = None) -> ScriptedParts:
    """Give the services of a test scripted models; return where they come from."""
    parts = ScriptedParts(config)
    monkeypatch.setattr(voice_service, "Assembly", lambda _: parts)
    return parts


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(SOON_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)
