"""One home's connection: it tells the house, does what is asked, and asks for what the gateway can do."""

import asyncio
import logging
from contextlib import AsyncExitStack
from time import monotonic
from typing import Final

from gateway.errors import HomeError, ProtocolError, VoiceError
from gateway.events import ActionRequest, ActionResult, SentenceAnswer
from gateway.server.announcing import Announcing
from gateway.server.house_news import HouseNews, News
from gateway.server.ledger_requests import LedgerRequests
from gateway.server.open_questions import OpenQuestions
from gateway.server.requested import Requested
from gateway.server.satellites import Satellites
from gateway.server.services import Services
from gateway.server.translate import asked, offered, result_of, sentence_of
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.obey import ACTION_DEADLINE_S
from gateway.turn.tasks import drop
from gateway.wire.channel import Channel
from gateway.wire.handshake import listen
from gateway.wire.ledger_words import SomethingForgotten
from gateway.wire.messages import TEXT_CHARS, Message, name_of
from gateway.wire.peers import Peer
from gateway.wire.request_words import Forget
from gateway.wire.streams import parted
from gateway.wire.timer_words import RingTimer, TimerRung, TimerUnheard
from gateway.wire.voice_words import (
    MAY_SEND,
    ActionDone,
    Announce,
    HouseEnd,
    HouseUsable,
    MuteSatellite,
    PlaceSatellite,
    SentenceAsked,
    SentenceDone,
    SentencesKnown,
)

SENTENCE_S: Final = 2.0
"""How long a home may look for a sentence of its own: somebody waits for it, and a home needs milliseconds."""
RING_S: Final = 30.0
"""A sentence, the sound before it, and the time that a home needs to have it spoken and fetched."""
MOST_READINGS: Final = 16
"""Of what was said; `SentenceAsked` holds no more."""

_LOG = logging.getLogger(__name__)


class HomeSession:
    """From the greeting to the end of the connection."""

    def __init__(
        self,
        peer: Peer,
        channel: Channel,
        services: Services,
        satellites: Satellites,
        endpoint: EndpointSettings,
        ledger: LedgerRequests,
    ) -> None:
        """`endpoint` says which pauses end what is said; `ledger` answers what is asked about what is remembered."""
        self._peer = peer
        self._channel = channel
        self._household = services.household
        self._equipment = services.equipment
        self._satellites = satellites
        self._is_connected = False
        self._has_sentences = False
        self._actions = OpenQuestions[ActionResult](ACTION_DEADLINE_S)
        self._sentences = OpenQuestions[SentenceAnswer | None](SENTENCE_S)
        self._rings = OpenQuestions[bool](RING_S)
        self._requested = Requested(self, peer.id, channel, services, endpoint, ledger, hush=satellites.ringing.hush)
        self._announcing = Announcing(services, satellites.is_heard, satellites.announce, channel.say)
        self._house = HouseNews()
        self._news = asyncio.Event()

    async def act(self, request: ActionRequest) -> ActionResult:
        """Have the home do something. Raises HomeError where it does not say in time what became of it."""
        deadline_ms = self._actions.deadline_ms
        return await self._actions.ask(
            lambda number: self._channel.say(asked(request, number=number, deadline_ms=deadline_ms))
        )

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Have the home do what one of these readings asks for, if it is a sentence of its own.

        A home that does not say so in time has none: what was said can still be understood without it.
        """
        if not self._has_sentences:
            return None
        readings = tuple(text[:TEXT_CHARS] for text in texts[:MOST_READINGS])
        try:
            return await self._sentences.ask(
                lambda number: self._channel.say(
                    SentenceAsked(
                        id=number,
                        texts=readings,
                        area_id=area_id,
                        satellite_id=satellite_id,
                        deadline_ms=self._sentences.deadline_ms,
                    )
                )
            )
        except HomeError as error:
            _LOG.warning("%s: whether it was a sentence of the home's is not known: %s", self._peer.id, error)
            return None

    async def ring(self, text: str, *, satellite_id: str, area_id: str | None) -> bool:
        """Have a text heard at a satellite of the home's, or at all in a room; return whether it was.

        A home that does not say so in time was not heard: what is up is to ring somewhere.
        """
        try:
            return await self._rings.ask(
                lambda number: self._channel.say(
                    RingTimer(
                        id=number,
                        text=text[:TEXT_CHARS],
                        satellite_id=satellite_id,
                        area_id=area_id or "",
                        deadline_ms=self._rings.deadline_ms,
                    )
                )
            )
        except HomeError as error:
            _LOG.warning("%s: whether a timer was heard is not known: %s", self._peer.id, error)
            return False

    def tell_of_timer(self, text: str) -> None:
        """Have the home show this to people: nobody could ring."""
        self._channel.say(TimerUnheard(text=text[:TEXT_CHARS]))

    async def run(self) -> None:
        """Listen until the connection ends, or has to; tell the home meanwhile what happens at satellites."""
        passing_on = asyncio.create_task(self._pass_on())
        listening = asyncio.create_task(self._listen())
        async with AsyncExitStack() as ending:  # all of it, also where the session is cancelled meanwhile
            ending.push_async_callback(self._announcing.close)
            ending.push_async_callback(self._requested.close)
            ending.push_async_callback(drop, passing_on, listening)
            ending.callback(self._disconnect)
            await asyncio.wait({passing_on, listening}, return_when=asyncio.FIRST_COMPLETED)
        for task in (passing_on, listening):
            if not task.cancelled():
                task.result()

    def _connect(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            self._household.connected(self)
            self._satellites.ringing.home_came(self)

    def _disconnect(self) -> None:
        if self._is_connected:
            self._is_connected = False
            self._household.disconnected(self)
            self._satellites.ringing.home_went(self)
        self._actions.fail()
        self._sentences.fail()
        self._rings.fail()
        self._satellites.house_changed()

    async def _listen(self) -> None:
        self._channel.say(offered(self._equipment.offer()))
        with self._satellites.watched_by(self._watch):
            await listen(self._channel, self._peer.role, MAY_SEND[self._peer.role], self._on_message, self._on_sound)

    def _watch(self, message: Message) -> None:
        """Tell the home what happens; where something was forgotten, forget what it said before, too."""
        if isinstance(message, SomethingForgotten):
            self._requested.forget()
        self._channel.say(message)

    def _on_sound(self, frame: bytes) -> None:
        request_id, piece = parted(frame)
        if not self._requested.hear(request_id, piece):  # of what is over, or of an announcement
            self._announcing.hear(request_id, piece)

    async def _on_message(self, message: Message) -> None:
        if self._house.told(message):
            self._news.set()
            return
        if self._requested.told(message, is_house_known=self._is_connected):
            return
        match message:
            case ActionDone() | SentenceDone() | TimerRung():
                self._answered(message)
            case SentencesKnown():
                self._has_sentences = message.exist
            case Announce():
                self._requested.use(message)
                self._announcing.announce(message)
            case Forget():
                self._announcing.forget(message.id)
            case MuteSatellite():
                self._satellites.mute(message)
            case PlaceSatellite():
                self._satellites.place(message, self._watch)
            case _:
                raise ProtocolError("out_of_order", "that was said already", about=name_of(type(message)))

    def _answered(self, message: ActionDone | SentenceDone | TimerRung) -> None:
        match message:
            case ActionDone():
                self._actions.answered(message.id, result_of(message, self._house.area_ids))
            case SentenceDone():
                self._sentences.answered(message.id, sentence_of(message))
            case TimerRung():
                self._rings.answered(message.id, message.is_heard)

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
            if news.sentences is not None:
                self._household.use_sentences(news.sentences)
        except VoiceError as error:
            _LOG.error("%s: the house cannot be used: %s", self._peer.id, error.code)
            message = "this house cannot be used; the gateway's log says when"
            self._channel.refuse(ProtocolError("unusable", message, about=name_of(HouseEnd)))
        self._satellites.house_changed()
