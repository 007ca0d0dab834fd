"""A satellite and a home as scripts, over real connections: what they hear is kept, what they do is up to the test.

They know the words and nothing of the gateway's own code, so that they can also be pointed at a real service.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Self

from aiohttp import WSMessage, WSMsgType

from gateway.house import AttributeValue, Entity, House
from gateway.turn.tasks import drop
from gateway.wire.channel import Channel, Socket
from gateway.wire.dial import Address, dial
from gateway.wire.messages import PROTOCOL_VERSION, Greeting, Hello, Message, Refused, Vocabulary
from gateway.wire.streams import end_of_sound, parted
from gateway.wire.voice_words import (
    TO_HOME,
    TO_SATELLITE,
    ActionAsked,
    ActionDone,
    AreaWords,
    Attribute,
    Drain,
    Drained,
    EntityWords,
    FloorWords,
    HouseBegin,
    HouseEnd,
    HousePart,
    Mute,
    Muted,
    Played,
    SatelliteChanged,
    SentenceAsked,
    SentenceDone,
    Silence,
    SoundBegin,
    StateChangeWords,
)

DEADLINE_S = 10.0
SAY_PLAYED_S = 0.01
"""A satellite that tells of every frame talks too much."""
PART_ENTITIES = 200
"""A message holds so many ordinary entities with ease."""


class Peer:
    """One end of a connection; reads all the time, as every peer does."""

    vocabulary: Vocabulary
    path = "/voice"

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.heard: list[Message | bytes] = []
        """Everything that was said to this peer, in order."""
        self.close_reason = ""
        """What the gateway's close frame said."""
        self._changed = asyncio.Event()
        self.ended = asyncio.Event()
        channel._websocket = _Noting(channel._websocket, self)  # type: ignore[assignment]  # it has all that is used

    @classmethod
    @asynccontextmanager
    async def connected(
        cls, address: Address, *, pin: bytes, token: str, hello: Message | None = None
    ) -> AsyncIterator[Self]:
        """Be connected during the block; `hello` replaces the usual first message. Raises what `dial` raises."""
        async with dial(address, cls.path, cls.vocabulary, pin=pin, token=token) as channel:
            peer = cls(channel)
            channel.say(hello or Hello(protocol=PROTOCOL_VERSION, version="test"))
            reading = asyncio.create_task(peer._read())
            try:
                yield peer
            finally:
                await drop(reading)

    async def greeted(self) -> Greeting:
        return await self.told(Greeting)

    def say(self, *messages: Message) -> None:
        for message in messages:
            self.channel.say(message)

    async def say_raw(self, raw: str | bytes) -> None:
        """Send a text or binary frame as it is."""
        websocket = self.channel._websocket
        await (websocket.send_str(raw) if isinstance(raw, str) else websocket.send_bytes(raw))

    def all_told[M: Message](self, kind: type[M]) -> list[M]:
        return [message for message in self.heard if isinstance(message, kind)]

    async def told[M: Message](
        self, kind: type[M], count: int = 1, *, which: Callable[[M], bool] = lambda _: True
    ) -> M:
        """Return the message of this kind that came as number `count`; wait for it."""

        def those() -> list[M]:
            return [message for message in self.all_told(kind) if which(message)]

        await self.until(lambda: len(those()) >= count, kind.__name__)
        return those()[count - 1]

    async def refused(self, code: str, count: int = 1) -> Refused:
        return await self.told(Refused, count, which=lambda refused: refused.code == code)

    async def until(self, is_so: Callable[[], bool], what: str = "something") -> None:
        """Wait until what was heard makes `is_so` true."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not is_so():
                    if self.ended.is_set():
                        raise AssertionError(f"the connection ended ({self.close_reason}) before {what}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            kinds = [type(message).__name__ for message in self.heard]
            raise AssertionError(f"no {what}; heard was {kinds}") from error

    async def end(self) -> str:
        """Wait for the connection's end; return what the gateway said of it."""
        async with asyncio.timeout(DEADLINE_S):
            await self.ended.wait()
        return self.close_reason

    async def react(self, message: Message | bytes) -> None:
        """Do what this kind of peer does by itself."""

    async def _read(self) -> None:
        try:
            while (heard := await self.channel.hear()) is not None:
                self.heard.append(heard)
                await self.react(heard)
                self._changed.set()
        finally:
            self.ended.set()
            self._changed.set()


class ScriptedSatellite(Peer):
    """A satellite whose microphone is the test, and whose speaker plays at once what it gets, or waits for the test."""

    vocabulary = TO_SATELLITE

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.is_quick = True
        """Whether everything is heard as soon as it is here."""
        self.received_bytes = self.played_bytes = 0
        self.sounds: list[tuple[int, bytearray]] = []
        """What was to be played: rate, and mono s16le."""
        self._drains: list[int] = []
        self._saying: asyncio.TimerHandle | None = None
        self.greatest_ahead_bytes = 0

    @property
    def pcm(self) -> bytes:
        """All sound so far."""
        return b"".join(pcm for _, pcm in self.sounds)

    async def hear(self, *stretches: Iterable[bytes]) -> None:
        """Let the microphone hear these frames, as fast as they can be sent."""
        for stretch in stretches:
            for frame in stretch:
                await self.channel.play(frame)

    def play(self, count_bytes: int | None = None) -> None:
        """Play so much of what is here, or all of it, and say so."""
        unheard = self.received_bytes - self.played_bytes
        self.played_bytes += unheard if count_bytes is None else min(count_bytes, unheard)
        self.say(Played(bytes=self.played_bytes))
        if self.played_bytes == self.received_bytes:
            self.say(*(Drained(id=drain) for drain in self._drains))
            self._drains.clear()

    async def react(self, message: Message | bytes) -> None:
        match message:
            case bytes():
                self.sounds[-1][1].extend(message)
                self.received_bytes += len(message)
                self.greatest_ahead_bytes = max(self.greatest_ahead_bytes, self.received_bytes - self.played_bytes)
            case SoundBegin():
                self.sounds.append((message.rate_hz, bytearray()))
            case Drain():
                self._drains.append(message.id)
            case Silence():
                self.play()
            case Mute():
                self.say(Muted(muted=message.muted))
        if self.is_quick and isinstance(message, Drain):
            self.play()
        elif self.is_quick and isinstance(message, bytes) and self._saying is None:
            self._saying = asyncio.get_running_loop().call_later(SAY_PLAYED_S, self._play_soon)

    def _play_soon(self) -> None:
        self._saying = None
        if self.is_quick:
            self.play()


class ScriptedHome(Peer):
    """A home that does whatever it is asked, or nothing."""

    vocabulary = TO_HOME

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self.answers: Callable[[ActionAsked], ActionDone | None] = switched
        self.sentences: Callable[[SentenceAsked], SentenceDone | None] = lambda asked: SentenceDone(id=asked.id)
        self.sounds: dict[int, bytearray] = {}
        """The sound of each request, by its id."""

    def tell(self, house: House) -> None:
        """Tell a whole house, in parts."""
        self.say(HouseBegin(name=house.name, language=house.language, temperature_unit=house.temperature_unit))
        for message in parts(house):
            self.say(message)
        self.say(HouseEnd())

    async def tell_patiently(self, house: House) -> None:
        """The same for a house that is larger than what may wait to be sent."""
        await self.channel.say_patiently(HouseBegin(name=house.name, language=house.language))
        for message in parts(house):
            await self.channel.say_patiently(message)
        await self.channel.say_patiently(HouseEnd())

    async def satellite_is(self, satellite_id: str, **values: object) -> SatelliteChanged:
        """Wait until it was told that a satellite is so."""
        return await self.told(
            SatelliteChanged,
            which=lambda told: (
                told.satellite_id == satellite_id and all(getattr(told, key) == value for key, value in values.items())
            ),
        )

    async def send_sound(self, request_id: int, *stretches: Iterable[bytes], is_over: bool = True) -> None:
        """Send the sound of a request, and its end."""
        pcm = b"".join(frame for stretch in stretches for frame in stretch)
        await self.channel.play_for(request_id, pcm)
        if is_over:
            await self.channel.play(end_of_sound(request_id))

    async def react(self, message: Message | bytes) -> None:
        match message:
            case bytes():
                request_id, piece = parted(message)
                self.sounds.setdefault(request_id, bytearray()).extend(piece)
            case ActionAsked() if (done := self.answers(message)) is not None:
                self.say(done)
            case SentenceAsked() if (known := self.sentences(message)) is not None:
                self.say(known)


class _Noting:
    """A WebSocket that remembers why it was closed; the channel itself has no use for that."""

    def __init__(self, websocket: Socket, peer: Peer) -> None:
        self._websocket = websocket
        self._peer = peer

    def __getattr__(self, name: str) -> object:
        return getattr(self._websocket, name)

    async def receive(self) -> WSMessage:
        received = await self._websocket.receive()
        if received.type is WSMsgType.CLOSE:
            self._peer.close_reason = received.extra or ""
        return received


def switched(asked: ActionAsked) -> ActionDone:
    """Answer that the lamp went on."""
    return ActionDone(
        id=asked.id, changes=(StateChangeWords(entity_id="light.lamp", name="Lamp", before="off", after="on"),)
    )


def parts(house: House) -> list[HousePart]:
    """Return a house in parts."""
    entities = [entity_words(entity) for entity in house.entities]
    pieces = [tuple(entities[start : start + PART_ENTITIES]) for start in range(0, len(entities), PART_ENTITIES)]
    floors = tuple(
        FloorWords(id=floor.id, name=floor.name, aliases=floor.aliases, level=floor.level) for floor in house.floors
    )
    areas = tuple(
        AreaWords(id=area.id, name=area.name, aliases=area.aliases, floor_id=area.floor_id) for area in house.areas
    )
    return [HousePart(floors=floors, areas=areas), *(HousePart(entities=piece) for piece in pieces)]


def entity_words(entity: Entity) -> EntityWords:
    """Return an entity as it travels."""
    return EntityWords(
        id=entity.id,
        name=entity.name,
        aliases=entity.aliases,
        area_id=entity.area_id,
        state=entity.state,
        guard=entity.guard or "",
        guard_area_ids=entity.guard_area_ids,
        attributes=_attribute_words(entity.attributes),
    )


def _attribute_words(values: Mapping[str, AttributeValue]) -> dict[str, Attribute]:
    words: dict[str, Attribute] = {}
    for name, value in values.items():
        if isinstance(value, tuple):
            words[name] = tuple(item for item in value if not isinstance(item, tuple))
        else:
            words[name] = value
    return words
