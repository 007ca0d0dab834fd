"""The gateway as a service: ports, broker, voice server, house, zeroconf and Wyoming, put together and taken apart.

It decides nothing. The broker shares nothing with the voice side but what is handed over here: which peers there are.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from gateway.announce import announced
from gateway.assembly import Assembly
from gateway.broker.app import Broker
from gateway.config import Config
from gateway.engines.collector import spare_what_is_loaded
from gateway.engines.worker import Worker
from gateway.equipment import Equipment
from gateway.errors import ConfigError, EngineError, ModelError
from gateway.events import Announcement, Sound, TimerFinished
from gateway.home.household import Household
from gateway.house import House
from gateway.offer import Settings, SettingsChange
from gateway.paths import gateway_dir
from gateway.server.app import VoiceServer
from gateway.server.services import Services
from gateway.settings_file import SettingsFile, told
from gateway.sound_files import decode
from gateway.turn.stages import Stages
from gateway.turn.wake import WakeListener
from gateway.wire.broker_words import PairingOpen
from gateway.wire.identity import gateway_id, load_or_create_identity
from gateway.wire.listener import bind
from gateway.wire.peers import Peer, Role
from gateway.wyoming.server import WyomingServer
from gateway.wyoming.services import Engines, Names
from gateway.wyoming.services import Services as WyomingServices

if TYPE_CHECKING:
    from gateway.engines.understanding import HassUnderstanding

VERSION = version("local-voice")

_LOG = logging.getLogger(__name__)


class Launcher:
    """One gateway. Belongs to the event loop that is running when it is made."""

    def __init__(self, config: Config, *, show_code: Callable[[PairingOpen], None]) -> None:
        """Take the identities and the ports; load no model yet. Raises ConfigError, HouseError.

        `show_code` shows the code of the pairing window that the first start opens.
        """
        self._config = config
        self._show_code = show_code
        folder = gateway_dir()
        self._voice = load_or_create_identity(folder / "voice.pem")
        self._broker = load_or_create_identity(folder / "broker.pem")
        self._id = gateway_id(self._voice.fingerprint, self._broker.fingerprint)
        self._settings_file = SettingsFile(folder)
        self._assembly = Assembly(config)
        self._decoding = Worker("sound-files")
        self._demo = self._assembly.house()
        self._household = Household(
            self._demo,
            clock=asyncio.get_running_loop(),
            now=lambda: datetime.now().astimezone(),
            understand=self._understand,
            is_paired=lambda: self._has_home,
            on_timer_finished=self._timer_finished,
            on_announcement=self._announcement,
        )
        self._has_home = False
        self._understanding: HassUnderstanding | None = None
        self._server: VoiceServer | None = None
        self._refreshing: set[asyncio.Task[None]] = set()
        server = config.server
        self._voice_port = bind(server.host, server.port)
        try:
            self._broker_port = bind(server.host, server.port + 1)
        except BaseException:
            self._voice_port.close()
            raise

    async def serve(self, ready: Callable[[], None]) -> None:
        """Load the models and serve until cancelled, then close everything; `ready` is called when peers may come.

        Raises ModelError, ConfigError.
        """
        async with AsyncExitStack() as stack:
            stack.callback(self._let_go)
            equipment, chosen = await self._load()
            self._server = self._new_server(equipment)
            stack.push_async_callback(self._server.close)
            broker = Broker(
                gateway_dir(),
                self._broker_port,
                self._broker,
                self._voice.fingerprint,
                version=VERSION,
                tell_voice=self._peers_changed,
                show_code=self._show_code,
            )
            stack.push_async_callback(broker.close)
            await broker.start()  # it finds out whether another gateway runs here; that one line is all it says then
            _LOG.info("set to: %s", "; ".join(told(equipment.offer().settings, chosen)))
            await self._household.refresh()
            spare_what_is_loaded()
            self._server.start()
            if self._config.wyoming.enabled:
                wyoming = self._new_wyoming(equipment)
                await wyoming.start()
                stack.push_async_callback(wyoming.close)
                _LOG.warning("wyoming: anybody who reaches port %d may use it, it has no protection", wyoming.port)
            if self._config.server.announce:
                await stack.enter_async_context(
                    announced(
                        gateway_id=self._id,
                        voice_fingerprint=self._voice.fingerprint,
                        port=self._server.port,
                        host=self._config.server.host,
                    )
                )
            ready()
            await asyncio.Event().wait()

    async def _load(self) -> tuple[Equipment, SettingsChange]:
        """Load what was chosen; where that cannot be loaded, what the configuration names. Raises as `serve` does.

        Return it with what of the choice is in use.
        """
        configured = self._config.settings
        chosen = await self._assembly.load(self._usable)
        try:
            stages = await self._load_stages(configured.changed(chosen))
        except (ModelError, ConfigError) as error:
            if not chosen.named:
                raise
            _LOG.error("what was chosen in Home Assistant cannot be used, the configuration holds: %s", error)
            chosen = SettingsChange()
            stages = await self._load_stages(configured)
        settings = configured.changed(chosen)
        equipment = Equipment(self._assembly, stages, settings, file=self._settings_file, changed=self._offer_changed)
        return equipment, chosen

    def _usable(self) -> SettingsChange:
        file = self._settings_file
        return file.usable(self._assembly.offer(self._config.settings)) if file.chosen.named else file.chosen

    async def _load_stages(self, settings: Settings) -> Stages:
        assembly = self._assembly
        return await assembly.load(assembly.stages_with, self._household, self._make_understanding, settings)

    def _new_server(self, equipment: Equipment) -> VoiceServer:
        async def decoded(data: bytes) -> Sound:
            return await self._decoding.run(decode, data)

        return VoiceServer(
            bound=self._voice_port,
            context=self._voice.server_context(),
            gateway_id=self._id,
            version=VERSION,
            services=Services(
                household=self._household,
                equipment=equipment,
                decode=decoded,
            ),
            endpoint=self._assembly.endpoint(),
        )

    def _new_wyoming(self, equipment: Equipment) -> WyomingServer:
        def engines() -> Engines:
            stages, settings = equipment.shared, equipment.settings
            language = equipment.understanding.language
            names = Names(
                version=VERSION,
                language=language,
                stt_model=settings.stt_model,
                voice=settings.voice,
                voice_language=equipment.offer().language_of(settings.voice) or language,
                wake_words=settings.wake_words,
            )
            return Engines(names=names, stt=stages.stt, tts=stages.tts)

        async def new_wake() -> WakeListener:
            stages = await equipment.stages()
            return WakeListener(stages.wake, stages.second_opinion, sensitivity=stages.wake_sensitivity)

        services = WyomingServices(
            engines=engines,
            understanding=equipment.understanding,
            home=self._household,
            new_wake=new_wake,
        )
        return WyomingServer(services, host=self._config.wyoming.host, port=self._config.wyoming.port)

    def _make_understanding(self) -> HassUnderstanding:
        self._understanding = self._assembly.understanding(self._demo)
        return self._understanding

    async def _understand(self, house: House) -> None:
        if self._understanding is not None:
            await self._understanding.use(house)

    def _peers_changed(self, peers: list[Peer]) -> None:
        """Let them in; the house is another one once the first home is paired, or the last one gone."""
        if self._server is not None:
            self._server.replace_peers(peers)
        had_home, self._has_home = self._has_home, any(peer.role is Role.HOME for peer in peers)
        if had_home != self._has_home:
            refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add(refreshing)
            refreshing.add_done_callback(self._refreshing.discard)

    async def _refresh(self) -> None:
        try:
            await self._household.refresh()
        except EngineError as error:
            _LOG.error("the house is not understood: %s", error.code)
        if self._server is not None:
            self._server.house_changed()

    def _offer_changed(self) -> None:
        if self._server is not None:
            self._server.offer_changed()

    def _timer_finished(self, timer: TimerFinished) -> None:
        if self._server is not None:
            self._server.timer_finished(timer)

    def _announcement(self, announcement: Announcement) -> None:
        if self._server is not None:
            self._server.announcement(announcement)

    def _let_go(self) -> None:
        for task in self._refreshing:
            task.cancel()
        self._household.close()
        self._decoding.close()
        self._assembly.close()
        for port in (self._voice_port, self._broker_port):
            port.close()
