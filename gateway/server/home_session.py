"""One home's connection: it tells the house, does what is asked, announces, mutes; and is told what happens."""

import asyncio
import logging
from time import monotonic

from gateway.errors import ProtocolError, VoiceError
from gateway.events import ActionRequest, ActionResult, SentenceAnswer
from gateway.server.announcing import Announcing
from gateway.server.house_news import HouseNews, News
from gateway.server.open_actions import OpenActions
from gateway.server.satellites import Satellites
from gateway.server.services import Services
from gateway.server.translate import result_of
from gateway.turn.tasks import drop
from gateway.wire.channel import Channel
from gateway.wire.handshake import listen
from gateway.wire.messages import Message, name_of
from gateway.wire.peers import Peer
from gateway.wire.voice_words import MAY_SEND, ActionDone, Announce, HouseEnd, HouseUsable, MuteSatellite

_LOG = logging.getLogger(__name__)


class HomeSession:
    """From the greeting to the end of the connection."""

    def __init__(
        self,
        peer: Peer,
        channel: Channel,
        services: Services,
        satellites: Satellites,
    ) -> None:
        self._peer = peer
        self._channel = channel
        self._household = services.household
        self._satellites = satellites
        self._is_connected = False
        self._actions = OpenActions(channel.say)
        self._announcing = Announcing(services, satellites.is_heard, satellites.announce, channel.say)
        self._house = HouseNews()
        self._news = asyncio.Event()

    async def act(self, request: ActionRequest) -> ActionResult:
        """Have the home do something. Raises HomeError where it does not say in time what became of it."""
        return await self._actions.ask(request)

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Have the home do what a sentence of its own asks for."""
        del texts, area_id, satellite_id
        return None

    async def run(self) -> None:
        """Listen until the connection ends, or has to; tell the home meanwhile what happens at satellites."""
        passing_on = asyncio.create_task(self._pass_on())
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait({passing_on, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._disconnect()
            await drop(passing_on)
            await drop(listening)
            await self._announcing.close()
        for task in (passing_on, listening):
            if not task.cancelled():
                task.result()

    def _connect(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            self._household.connected(self)

    def _disconnect(self) -> None:
        if self._is_connected:
            self._is_connected = False
            self._household.disconnected(self)
        self._actions.fail()
        self._satellites.house_changed()

    async def _listen(self) -> None:
        with self._satellites.watched_by(self._channel.say):
            await listen(
                self._channel, self._peer.role, MAY_SEND[self._peer.role], self._on_message, self._announcing.hear
            )

    async def _on_message(self, message: Message) -> None:
        if self._house.told(message):
            self._news.set()
            return
        match message:
            case ActionDone():
                self._actions.answered(message.id, result_of(message, self._house.area_ids))
            case Announce():
                self._announcing.announce(message)
            case MuteSatellite():
                self._satellites.mute(message)
            case _:
                raise ProtocolError("out_of_order", "that was said already", about=name_of(type(message)))

    async def _pass_on(self) -> None:
        """Tell the household what the home tells, one after the other; what comes meanwhile is merged."""
        while True:
            await self._news.wait()
            self._news.clear()
            while news := self._house.take():
                await self._tell(news)

    async def _tell(self, news: News) -> None:
        try:
            if news.house is not None:
                started_s = monotonic()
                await self._household.use(news.house)
                self._connect()
                entities = len(news.house.entities)
                _LOG.info("%s: a house of %d entities after %.2f s", self._peer.id, entities, monotonic() - started_s)
                self._channel.say(HouseUsable(entities=entities))
            if news.changed or news.removed:
                await self._household.change(tuple(news.changed.values()), tuple(news.removed))
            if news.states:
                self._household.states(news.states.values())
        except VoiceError as error:
            _LOG.error("%s: the house cannot be used: %s", self._peer.id, error.code)
            message = "this house cannot be used; the gateway's log says when"
            self._channel.refuse(ProtocolError("unusable", message, about=name_of(HouseEnd)))
        self._satellites.house_changed()
