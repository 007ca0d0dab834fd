"""One satellite's connection: its device, and the conversation that uses it. It speaks for its own room and id only."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.errors import LinkError, ProtocolError, VoiceError
from gateway.events import Event, Transcript, TurnEnded
from gateway.server.arbiter import Arbiter
from gateway.server.conversation import Conversation
from gateway.server.places import Places
from gateway.server.remote_device import RemoteDevice
from gateway.server.satellite_turns import SatelliteTurns
from gateway.server.services import Services
from gateway.server.turn_record import TurnRecord, TurnSummary
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.run import Place
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop
from gateway.wire.channel import Channel
from gateway.wire.handshake import listen
from gateway.wire.messages import Hello, Message, name_of
from gateway.wire.peers import Peer
from gateway.wire.voice_words import MAY_SEND, SoundFailed

_DEVICES: Final = ("microphone", "speaker")

_LOG = logging.getLogger(__name__)


class SatelliteSession:
    """From the greeting to the end of the connection."""

    def __init__(
        self,
        peer: Peer,
        channel: Channel,
        services: Services,
        endpoint: EndpointSettings,
        arbiter: Arbiter,
        places: Places,
        *,
        changed: Callable[[], None],
        ready: Callable[[Conversation], None],
        began: Callable[[str, str], None],
        happened: Callable[[str, TurnSummary], None],
    ) -> None:
        """`ready` is called when the satellite can be spoken to.

        `began` and `happened` are called with its id at each turn's beginning, with the wake word, and after it.
        """
        self.peer = peer
        self.device = RemoteDevice(channel, changed)
        self.conversation: Conversation | None = None
        """Once its models are loaded."""
        self._channel = channel
        self._services = services
        self._endpoint = endpoint
        self._arbiter = arbiter
        self._places = places
        self._ready = ready
        self._tell_began = began
        self._record = TurnRecord(peer.id, lambda summary: happened(peer.id, summary))
        self._turns = SatelliteTurns(peer.id, services.ledger, lambda: places.area_id(peer))
        self._sensitivity = services.ledger.sensitivity(peer.id)
        self._replaced = asyncio.Event()
        self._is_outdated = asyncio.Event()
        self._failed: set[str] = set()

    def place_anew(self) -> None:
        """Let its next turn happen where it stands now."""
        if self.conversation is not None:
            self.conversation.move(self._place())

    def renew(self) -> None:
        """Let its turns run with the stages that are in use now, as soon as none is under way."""
        self._is_outdated.set()

    def ledger_changed(self) -> None:
        """Let it wake as eagerly as the ledger has it now."""
        sensitivity = self._services.ledger.sensitivity(self.peer.id)
        if sensitivity != self._sensitivity:
            self._sensitivity = sensitivity
            self.renew()

    def forget(self, *, is_everything: bool) -> None:
        """Forget what was said before; with everything, the turn that is under way as well."""
        if self.conversation is not None:
            self.conversation.forget()
        if is_everything:
            self._turns.forget()

    def replace(self) -> None:
        """End this session: the same satellite has connected anew."""
        self._channel.end = self._channel.end or "replaced"
        self._replaced.set()

    async def run(self) -> None:
        """Listen and converse until the connection ends, has to, or is replaced."""
        listening = asyncio.create_task(
            listen(self._channel, self.peer.role, MAY_SEND[self.peer.role], self._on_message, self.device.hear)
        )
        conversing = asyncio.create_task(self._converse())
        replaced = asyncio.create_task(self._replaced.wait())
        tasks = (listening, conversing, replaced)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self.device.dropped_frames:  # first: a second cancelling may come before the tasks have gone
                _LOG.warning("%s: %d frames were dropped", self.peer.id, self.device.dropped_frames)
            await drop(*tasks)
        if not listening.cancelled():
            listening.result()

    async def _converse(self) -> None:
        try:
            await self._converse_with(await self._fresh_stages())
        except LinkError:
            return
        except VoiceError as error:
            _LOG.error("%s: conversation failed: %s", self.peer.id, error.code)
        except Exception as error:  # noqa: BLE001 - the end of a conversation: the session tells the satellite
            _LOG.error("%s: conversation failed: %s", self.peer.id, type(error).__name__)  # it may hold what was said
        self._channel.end = self._channel.end or "internal"

    async def _fresh_stages(self) -> Stages:
        """Return stages that wake as eagerly as this satellite is to. Raises ModelError, EngineError."""
        stages = await self._services.equipment.stages()
        return stages if self._sensitivity is None else replace(stages, wake_sensitivity=self._sensitivity)

    async def _converse_with(self, stages: Stages) -> None:
        conversation = self.conversation = Conversation(
            self.device,
            stages,
            self._place(),
            self._endpoint,
            show=self._show,
            may_answer=self._may_answer,
            began=self._began,
            heard=self._turns.heard,
            over=self._turns.over,
        )
        renewing = asyncio.create_task(self._keep_current(conversation))
        try:
            self._ready(conversation)
            await conversation.run()
        finally:
            await drop(renewing)
            self._turns.over()
            self._services.equipment.keep(conversation.stages)

    async def _keep_current(self, conversation: Conversation) -> None:
        """Have a conversation use the stages that are in use; where there are none to be had, it keeps its own."""
        equipment = self._services.equipment
        while True:
            await self._is_outdated.wait()
            self._is_outdated.clear()
            before = conversation.stages
            try:
                fresh = await self._fresh_stages()
            except VoiceError as error:
                _LOG.error("%s: goes on as before: %s", self.peer.id, error.code)
                continue
            try:
                await conversation.use(fresh)
            finally:
                equipment.keep(before if conversation.stages is fresh else fresh)

    def _place(self) -> Place:
        return Place(area_id=self._places.area_id(self.peer), satellite_id=self.peer.id)

    def _show(self, event: Event) -> None:
        self._record(event)
        self._turns(event)
        match event:
            case Transcript():
                self.device.show_processing(True)
            case TurnEnded():
                self.device.show_listening(False)
                self.device.show_processing(False)

    def _began(self, wake_word: str) -> None:
        self._record.began(wake_word)
        self._turns.began(wake_word)
        self._tell_began(self.peer.id, wake_word)

    def _may_answer(self, wake_word: str) -> bool:
        earlier = self._arbiter.heard(self.peer.id, wake_word)
        if earlier is None:
            return True
        _LOG.info("wake at %s: %s heard it %d ms earlier", self.peer.id, earlier.satellite_id, earlier.before_ms)
        self._record.forget()
        self._turns.forget()
        return False

    async def _on_message(self, message: Message) -> None:
        match message:
            case SoundFailed():
                self._sound_failed(message.device)
            case Hello():
                raise ProtocolError("out_of_order", "that was said already", about=name_of(Hello))
            case _:
                self.device.told(message)

    def _sound_failed(self, device: str) -> None:
        if device not in _DEVICES:
            raise ProtocolError("malformed", f"a device is one of {', '.join(_DEVICES)}", about=name_of(SoundFailed))
        if device not in self._failed:
            self._failed.add(device)
            _LOG.warning("%s: its %s does not work", self.peer.id, device)
