"""What hears, understands and speaks, put together and taken apart: models, house, voice server, Wyoming.

It decides nothing. Which peers there are it is told; what was chosen it has remembered by somebody else.
"""

import asyncio
import logging
import socket
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.assembly import Assembly
from gateway.config import Config
from gateway.engines.allocator import give_back_freed_memory
from gateway.engines.collector import spare_what_is_loaded
from gateway.engines.usual_replies import usual_replies
from gateway.engines.worker import Worker
from gateway.equipment import Equipment, Remember
from gateway.errors import ConfigError, EngineError, LedgerError, ModelError
from gateway.events import Announcement, Sound
from gateway.home.household import Household
from gateway.house import House
from gateway.models import fitness
from gateway.offer import Fitness, Settings, SettingsChange
from gateway.own_sentences import NO_SENTENCES
from gateway.processes.ledger_words import VoicesQuestion
from gateway.server.app import VoiceServer
from gateway.server.cloud_answers import CloudAnswer
from gateway.server.pipeline_turns import PipelineTurns
from gateway.server.remembering import LedgerMemory
from gateway.server.services import NO_LEDGER, Ledger, Services
from gateway.server.timer_keeping import TimerKeeping
from gateway.settings_file import SettingsFile, told
from gateway.sound_files import decode
from gateway.timers import TimerFinished
from gateway.turn.stages import NO_CLOUD, Cloud, Stages
from gateway.turn.wake import WakeListener
from gateway.wire.identity import Identity
from gateway.wire.learning_words import Tuning, TurnCorrected
from gateway.wire.ledger_words import Stats
from gateway.wire.peers import Peer, Role
from gateway.wyoming.commands import SATELLITE_ID as WYOMING
from gateway.wyoming.server import WyomingServer
from gateway.wyoming.services import Engines, Names
from gateway.wyoming.services import Services as WyomingServices

if TYPE_CHECKING:
    from gateway.engines.learned import LearnedUnderstanding

_LOG = logging.getLogger(__name__)


class VoiceService:
    """One gateway's. Belongs to the event loop that is running when it is made."""

    def __init__(
        self,
        config: Config,
        identity: Identity,
        settings_file: SettingsFile,
        *,
        gateway_id: str,
        version: str,
        voice_port: socket.socket,
        wyoming_port: socket.socket | None,
        remember: Remember,
        cloud: Cloud = NO_CLOUD,
        ledger: Ledger = NO_LEDGER,
    ) -> None:
        """Read the house; load no model yet. The ports listen, and are closed by `close`. Raises HouseError.

        `cloud` has a person asked whether something may be sent; what becomes of it is told to `decided`. `ledger`
        remembers each turn, and knows what was taught.
        """
        self._config = config
        self._context = identity.server_context()
        self._settings_file = settings_file
        self._id = gateway_id
        self._version = version
        self._voice_port = voice_port
        self._wyoming_port = wyoming_port
        self._remember = remember
        self._cloud = cloud
        self._ledger = ledger
        self._wyoming_turns = PipelineTurns(ledger, satellite_id=WYOMING)
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
            languages=config.stt.languages,
        )
        self._timers = TimerKeeping(self._household.timers, ledger)
        self._has_home = False
        self._understandings: dict[str, LearnedUnderstanding] = {}
        """One for each language, the first one first; they come while it is loaded."""
        self._server: VoiceServer | None = None
        self._wyoming: WyomingServer | None = None
        self._peers: list[Peer] = []
        self._equipment: Equipment | None = None
        self._refreshing: set[asyncio.Task[None]] = set()
        self._learning: asyncio.Task[None] | None = None
        ledger.on_change(self._learn)
        ledger.on_gone(lambda _: self._wyoming_turns.forget())
        ledger.on_gone(lambda _: self._assembly.forget_replies())

    async def load(self) -> None:
        """Load the models. Raises ModelError, ConfigError."""
        equipment, chosen = await self._load()
        self._equipment = equipment
        self._learn()
        self._server = self._new_server(equipment)
        self._server.replace_peers(self._peers)
        offer = equipment.offer()
        _LOG.info("set to: %s", "; ".join(told(offer.settings, chosen)))
        for language in self._config.stt.languages:
            if fitness.of(offer.settings.stt_model, language) is Fitness.WEAK:
                _LOG.warning("%s", fitness.told(offer.settings.stt_model, language))
        await self._household.refresh()
        if self._wyoming_port is not None:
            self._wyoming = self._new_wyoming(equipment, self._wyoming_port)
        spare_what_is_loaded()
        give_back_freed_memory()  # models take more while they are loaded than afterwards

    def start(self) -> None:
        """Let them in who are known. To be called after `load`."""
        if self._server is not None:
            self._server.start()
        self._timers.start()
        if self._wyoming is not None:
            self._wyoming.start()
            _LOG.warning("wyoming: anybody who reaches port %d may use it, it has no protection", self._wyoming.port)
        if self._equipment is not None:
            usual = usual_replies(self._equipment.understanding.language)  # the usual voice's, for one thing
            self._learning = asyncio.create_task(self._equipment.learn(usual))

    async def close(self) -> None:
        """End every conversation and connection; takes five seconds at the most."""
        if self._wyoming is not None:
            await self._wyoming.close()
        self._wyoming_turns.close()
        await self._timers.close()
        if self._server is not None:
            await self._server.close()
        for task in (*self._refreshing, self._learning):
            if task is not None:
                task.cancel()
        self._household.close()
        self._decoding.close()
        self._assembly.close()
        for port in (self._voice_port, self._wyoming_port):
            if port is not None:
                port.close()

    def replace_peers(self, peers: list[Peer]) -> None:
        """Let them in and nobody else; the house is another once the first home is paired, or the last one gone."""
        self._peers = peers
        if self._server is not None:
            self._server.replace_peers(peers)
        had_home, self._has_home = self._has_home, any(peer.role is Role.HOME for peer in peers)
        if had_home != self._has_home and self._understands:  # until there is one, `load` sees to it
            refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add(refreshing)
            refreshing.add_done_callback(self._refreshing.discard)

    def decided(
        self, *, request_id: str, satellite_id: str, content: str, fate: str, text: str, language: str = ""
    ) -> None:
        """Know what became of a request that was proposed: it is said where it was asked for, soon after this returns.

        `text` is what came back; for `audio` what was heard there, which is done as if it was said there. Nothing is
        said of what a home was told itself, nor where the satellite is gone. `language` is the one it was asked for in.
        """
        if self._server is not None:
            self._server.decided(CloudAnswer(request_id, satellite_id, content, fate, text, language))

    async def answer(self, asked: VoicesQuestion, *, by: str) -> TurnCorrected | Tuning | Stats:
        """Return the answer to what the owner asks about what is remembered. Raises VoiceError."""
        if self._server is None:
            raise LedgerError("models are being loaded; try again in a minute", refusal="away")
        return await self._server.ledger.understand(asked, by=by)

    async def _load(self) -> tuple[Equipment, SettingsChange]:
        """Load what was chosen; where that cannot be loaded, what the configuration names. Raises as `load` does.

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
        equipment = Equipment(self._assembly, stages, settings, remember=self._remember, changed=self._offer_changed)
        return equipment, chosen

    def _usable(self) -> SettingsChange:
        file = self._settings_file
        return file.usable(self._assembly.offer(self._config.settings)) if file.chosen.named else file.chosen

    async def _load_stages(self, settings: Settings) -> Stages:
        assembly = self._assembly
        stages = await assembly.load(assembly.stages_with, self._household, self._make_understanding, settings)
        return replace(stages, cloud=self._cloud, memory=LedgerMemory(self._ledger))

    def _new_server(self, equipment: Equipment) -> VoiceServer:
        async def decoded(data: bytes) -> Sound:
            return await self._decoding.run(decode, data)

        return VoiceServer(
            bound=self._voice_port,
            context=self._context,
            gateway_id=self._id,
            version=self._version,
            services=Services(
                household=self._household,
                equipment=equipment,
                decode=decoded,
                cloud=self._cloud,
                ledger=self._ledger,
                learning=self._understandings.get(self._config.stt.language),
            ),
            endpoint=self._assembly.endpoint(),
        )

    def _new_wyoming(self, equipment: Equipment, listening: socket.socket) -> WyomingServer:
        def engines() -> Engines:
            stages, settings = equipment.shared, equipment.settings
            language = equipment.understanding.language
            names = Names(
                version=self._version,
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
            turns=self._wyoming_turns,
        )
        return WyomingServer(services, listening)

    def _make_understanding(self, language: str) -> LearnedUnderstanding:
        understanding = self._assembly.understanding(self._demo, language=language)
        self._understandings[language] = understanding
        return understanding

    @property
    def _understands(self) -> bool:
        """Whether the sentences of all languages are loaded."""
        return len(self._understandings) == len(self._config.stt.languages)

    def _learn(self) -> None:
        """Understand by what was taught, as it is now."""
        for understanding in self._understandings.values():
            if understanding.rules != self._ledger.rules:
                understanding.use_rules(self._ledger.rules)

    async def _understand(self, house: House) -> None:
        if not self._understands:
            raise EngineError("no sentences are loaded yet")
        first, *others = self._understandings.values()
        await first.use(house)
        for other in others:
            await other.use(replace(house, sentences=NO_SENTENCES))

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
