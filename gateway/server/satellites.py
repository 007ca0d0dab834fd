"""All satellites: who is connected, what homes are told of them, and what sounds where."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from gateway.errors import ProtocolError, VoiceError
from gateway.events import Announcement, Sound
from gateway.server.arbiter import Arbiter
from gateway.server.conversation import Conversation
from gateway.server.notice import Notice, Then
from gateway.server.places import Places
from gateway.server.ringing import Ringing
from gateway.server.satellite_session import SatelliteSession
from gateway.server.services import Services
from gateway.server.translate import timers_running
from gateway.server.turn_record import TurnSummary
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.tasks import drop
from gateway.wire.channel import Channel
from gateway.wire.ledger_words import SomethingForgotten
from gateway.wire.messages import Message, name_of
from gateway.wire.peers import Peer
from gateway.wire.voice_words import MuteSatellite, PlaceSatellite, SatelliteChanged, TurnBegan, TurnHappened
from gateway.wire.voice_words import Satellites as SatelliteList

MOST_ANNOUNCEMENTS: Final = 16
"""That wait for their sound at once; who says more to the household waits."""

type Watcher = Callable[[Message], None]

_LOG = logging.getLogger(__name__)


class Satellites:
    """The satellites of one gateway. Belongs to the event loop that is running when it is made."""

    def __init__(self, services: Services, endpoint: EndpointSettings) -> None:
        clock = asyncio.get_running_loop().time
        self._services = services
        self._endpoint = endpoint
        self._arbiter = Arbiter(clock)
        self._places = Places(services.household)
        self._peers: dict[str, Peer] = {}
        self._sessions: dict[str, SatelliteSession] = {}
        self.ringing: Final = Ringing(services.equipment, lambda: dict(self._conversations()), self.is_paired)
        self._told: dict[str, SatelliteChanged] = {}
        self._watchers: list[Watcher] = []
        self._announcing: set[asyncio.Task[None]] = set()
        self._kept = services.ledger.kept
        self._timers = services.household.timers
        self._timers.on_change(lambda: self._tell(timers_running(self._timers.running())))
        services.ledger.on_change(self._ledger_changed)
        services.ledger.on_gone(self._forgotten)

    async def serve(self, peer: Peer, channel: Channel) -> None:
        """Run a satellite's session, in place of one that it may have already."""
        before = self._sessions.get(peer.id)
        session = SatelliteSession(
            peer,
            channel,
            self._services,
            self._endpoint,
            self._arbiter,
            self._places,
            changed=lambda: self._changed(peer.id),
            ready=lambda conversation: self._ready(peer.id, conversation),
            began=lambda satellite_id, word: self._tell(TurnBegan(satellite_id=satellite_id, wake_word=word)),
            happened=self._happened,
        )
        self._sessions[peer.id] = session
        if before is not None:
            before.replace()
        self._changed(peer.id)
        try:
            await session.run()
        finally:
            if self._sessions.get(peer.id) is session:
                del self._sessions[peer.id]
            self._changed(peer.id)

    async def close(self) -> None:
        """Drop what was to be announced, and ring no more."""
        await drop(*self._announcing)
        await self.ringing.close()

    # What homes are told

    @contextmanager
    def watched_by(self, watcher: Watcher) -> Iterator[None]:
        """Tell `watcher` how each satellite is and what runs, and in the block what is different and what happens."""
        watcher(self._kept)
        watcher(timers_running(self._timers.running()))
        for told in self._told.values():
            watcher(told)
        watcher(self._list())
        self._watchers.append(watcher)
        self._places.connected(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)
            self._places.disconnected(watcher)
            self.house_changed()

    def know(self, peers: Iterable[Peer]) -> None:
        """Know these satellites and no others."""
        before = self._list()
        self._peers = {peer.id: peer for peer in peers}
        for satellite_id in {*self._told, *self._peers}:
            self._changed(satellite_id)
        if self._list() != before:
            self._tell(self._list())

    def is_paired(self, satellite_id: str) -> bool:
        """Tell whether there is a satellite of this id, connected or not."""
        return satellite_id in self._peers

    def house_changed(self) -> None:
        """Find out again where each satellite stands."""
        for session in self._sessions.values():
            session.place_anew()
        for satellite_id in self._peers:
            self._changed(satellite_id)

    def offer_changed(self, offered: Message) -> None:
        """Tell homes what is offered now, and have every satellite use it as soon as no turn is under way there."""
        self._tell(offered)
        for session in self._sessions.values():
            session.renew()

    def _ledger_changed(self) -> None:
        """Tell homes how long things are kept, and have each satellite wake as it is to, where that is different."""
        before, self._kept = self._kept, self._services.ledger.kept
        if self._kept != before:
            self._tell(self._kept)
        for session in self._sessions.values():
            session.ledger_changed()

    def _forgotten(self, is_everything: bool) -> None:
        """Forget at each satellite, too, and have homes forget their copies."""
        for session in self._sessions.values():
            session.forget(is_everything=is_everything)
        self._tell(SomethingForgotten(everything=is_everything))

    def place(self, message: PlaceSatellite, watcher: Watcher) -> None:
        """Have a satellite stand where a home says, as long as that home, its `watcher`, is connected.

        Raises ProtocolError `not_paired`.
        """
        if message.satellite_id not in self._peers:
            raise ProtocolError("not_paired", "there is no such satellite", about=name_of(PlaceSatellite))
        self._places.put(watcher, message.satellite_id, message.area_id)
        self.house_changed()

    def mute(self, message: MuteSatellite) -> None:
        """Have a satellite listen no more, or again. Raises ProtocolError `not_connected`."""
        session = self._sessions.get(message.satellite_id)
        if session is None:
            raise ProtocolError("not_connected", "this satellite is not connected", about=name_of(MuteSatellite))
        session.device.mute(message.muted)

    # What sounds where

    def announce(
        self, sounds: Sequence[Sound], satellite_ids: Iterable[str] = (), then: Then = Then.NOTHING
    ) -> Mapping[str, Notice]:
        """Play `sounds` at these satellites, or at all; return what tells how it goes where they will be heard."""
        notices: dict[str, Notice] = {}
        for satellite_id, conversation in self._chosen(satellite_ids).items():
            notices[satellite_id] = Notice(sounds, then)
            conversation.announce(notices[satellite_id])
        return notices

    def is_heard(self, satellite_ids: Iterable[str]) -> bool:
        """Tell whether `announce` would be heard anywhere."""
        return bool(self._chosen(satellite_ids))

    def area_id(self, satellite_id: str) -> str | None:
        """Return the room that a satellite stands in; None where it is none, or none of the house's."""
        peer = self._peers.get(satellite_id)
        return None if peer is None else self._places.area_id(peer)

    def announcement(self, announcement: Announcement) -> None:
        """Say a message at all satellites but its own, as soon as its sound is there."""
        if len(self._announcing) >= MOST_ANNOUNCEMENTS:
            _LOG.warning("announcement from %s: too many at once", announcement.satellite_id)
            return
        task = asyncio.create_task(self._announce_to_others(announcement))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    def _chosen(self, satellite_ids: Iterable[str]) -> dict[str, Conversation]:
        wanted = frozenset(satellite_ids)
        return {
            satellite_id: conversation
            for satellite_id, conversation in self._conversations()
            if not wanted or satellite_id in wanted
        }

    def _conversations(self) -> Iterator[tuple[str, Conversation]]:
        for satellite_id, session in self._sessions.items():
            if session.conversation is not None:
                yield satellite_id, session.conversation

    async def _announce_to_others(self, announcement: Announcement) -> None:
        own = announcement.satellite_id
        try:
            speaking = self._services.equipment.speak(announcement.message, language=announcement.language)
            sounds = [sound async for sound in speaking]
        except VoiceError as error:
            _LOG.error("announcement from %s: %s", own, error.code)
            return
        others = [satellite_id for satellite_id, _ in self._conversations() if satellite_id != own]
        heard = self.announce(sounds, others) if others else {}
        _LOG.info("announcement from %s: heard at %s", own, ", ".join(heard) or "no other satellite")

    def _ready(self, satellite_id: str, conversation: Conversation) -> None:
        self._changed(satellite_id)
        self.ringing.ear_came(conversation)

    def _happened(self, satellite_id: str, summary: TurnSummary) -> None:
        self._tell(
            TurnHappened(
                satellite_id=satellite_id,
                outcome=summary.outcome,
                wake_word=summary.wake_word,
                stages_ms=dict(summary.stages_ms),
            )
        )

    def _changed(self, satellite_id: str) -> None:
        """Tell homes how a satellite is, where that is different from what they were told."""
        peer = self._peers.get(satellite_id)
        before = self._told.get(satellite_id)
        if peer is None:  # revoked: for homes it is only gone
            if before is not None and self._told.pop(satellite_id).connected:
                self._tell(SatelliteChanged(satellite_id=satellite_id, name=before.name, area_id=None, connected=False))
            return
        now = self._state_of(peer)
        if now != before:
            self._told[satellite_id] = now
            self._tell(now)

    def _state_of(self, peer: Peer) -> SatelliteChanged:
        session = self._sessions.get(peer.id)
        is_connected = session is not None and session.conversation is not None  # its models are there, too
        return SatelliteChanged(
            satellite_id=peer.id,
            name=peer.name,
            area_id=self._places.area_id(peer),
            connected=is_connected,
            muted=session is not None and session.device.is_muted,
            activity="idle" if session is None else session.device.activity,
        )

    def _list(self) -> SatelliteList:
        return SatelliteList(satellite_ids=tuple(self._peers))

    def _tell(self, message: Message) -> None:
        for watcher in list(self._watchers):
            watcher(message)
