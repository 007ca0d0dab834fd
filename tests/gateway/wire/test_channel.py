import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, Fingerprint, WSMsgType

from gateway.errors import LinkError, ProtocolError
from gateway.wire import channel as channels
from gateway.wire.channel import MOST_REFUSALS, MOST_SPEECH_WAITING, MOST_WAITING, RATE_WINDOW_S, Channel, Rate
from gateway.wire.dial import dial
from gateway.wire.messages import LARGEST_FRAME_BYTES, LARGEST_MESSAGE_BYTES, Hello, Message, Refused, Vocabulary
from gateway.wire.streams import LARGEST_PIECE_BYTES
from tests.gateway.wire.ports import SOON_S, WORDS, Port, listening, talking

HELLO = Hello(protocol=1)


class Listening:
    """A gateway's side that hears everything, says nothing of itself, and keeps what came."""

    def __init__(self) -> None:
        self.heard: list[Message | bytes] = []
        self.ended = asyncio.Event()
        self.channel: Channel | None = None

    async def talk(self, channel: Channel) -> None:
        self.channel = channel
        while (heard := await channel.hear()) is not None:
            self.heard.append(heard)
        self.ended.set()

    async def end(self) -> str:
        async with asyncio.timeout(SOON_S):
            await self.ended.wait()
        assert self.channel is not None
        return self.channel.end


def test_a_rate_allows_bursts_and_finds_what_lasts() -> None:
    now_s = [0.0]
    rate = Rate(10.0, lambda: now_s[0])
    assert rate.allows(10 * RATE_WINDOW_S)
    assert not rate.allows(0.1)
    now_s[0] += RATE_WINDOW_S
    for _ in range(100):
        now_s[0] += 1.0
        assert rate.allows(10)
    assert all(rate.allows(1) for _ in range(90))
    assert not rate.allows(11)


async def raw(port: Port, session: ClientSession) -> ClientWebSocketResponse:
    """Return a connection without our own side's manners."""
    return await session.ws_connect(
        f"https://{port.address}/", ssl=Fingerprint(port.identity.fingerprint), server_hostname="lv-gateway"
    )


async def test_messages_and_sound_arrive_in_order(tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port:
        async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel:
            channel.say(HELLO)
            await channel.play(bytes(LARGEST_FRAME_BYTES + 2))
            await channel.say_patiently(Hello(protocol=2))
        assert await gateway.end() == ""
    assert gateway.heard == [HELLO, bytes(LARGEST_FRAME_BYTES), b"\0\0", Hello(protocol=2)]
    assert gateway.channel is not None
    assert not gateway.channel.is_open
    gateway.channel.say(HELLO)  # nobody hears it, and it does no harm
    with pytest.raises(LinkError, match="the connection is closed"):
        await gateway.channel.say_patiently(HELLO)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("no JSON", "malformed"),
        ('{"type": "dance"}', "unknown_type"),
        ("[" * 9, "too_deep"),
        (b"\0", "malformed"),
        (bytes(LARGEST_FRAME_BYTES + 2), "too_large"),
    ],
)
async def test_what_is_not_allowed_is_refused_and_passed_over(sent: str | bytes, code: str, tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port, ClientSession() as session:
        peer = await raw(port, session)
        await (peer.send_str(sent) if isinstance(sent, str) else peer.send_bytes(sent))
        refused = WORDS.decode((await peer.receive_str(timeout=SOON_S)).encode())
        assert isinstance(refused, Refused)
        assert refused.code == code
        await peer.send_str('{"type": "hello", "protocol": 1}')
        await peer.close()
        assert await gateway.end() == ""
    assert gateway.heard == [HELLO]


async def test_who_is_refused_twenty_times_does_not_learn(tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port, ClientSession() as session:
        peer = await raw(port, session)
        for _ in range(MOST_REFUSALS):
            await peer.send_str("no JSON")
            assert "malformed" in await peer.receive_str(timeout=SOON_S)
        end = await peer.receive(timeout=SOON_S)
        assert (end.type, end.data, end.extra) == (WSMsgType.CLOSE, 1008, "too_many_refusals")
        assert await gateway.end() == "too_many_refusals"


@pytest.mark.parametrize("item", ['{"type": "hello", "protocol": 1}', bytes(LARGEST_FRAME_BYTES)])
async def test_who_sends_too_fast_is_cut_off(item: str | bytes, tmp_path: Path) -> None:
    gateway = Listening()
    handler = talking(gateway.talk, messages_per_s=1, bytes_per_s=LARGEST_FRAME_BYTES)
    async with listening(tmp_path, {"/": handler}) as port, ClientSession() as session:
        peer = await raw(port, session)
        for _ in range(int(RATE_WINDOW_S) + 2):
            await (peer.send_str(item) if isinstance(item, str) else peer.send_bytes(item))
        assert "too_fast" in await peer.receive_str(timeout=SOON_S)
        assert await gateway.end() == "too_fast"
    assert len(gateway.heard) == RATE_WINDOW_S


async def test_a_message_that_is_too_large_ends_the_connection(tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port, ClientSession() as session:
        peer = await raw(port, session)
        await peer.send_str("x" * (LARGEST_MESSAGE_BYTES + 1))
        assert (await peer.receive(timeout=SOON_S)).data == 1009
        assert await gateway.end() == "too_large"


async def test_what_is_no_text_ends_the_connection(tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port, ClientSession() as session:
        peer = await raw(port, session)
        await peer._writer.send_frame(b"\xff\xfe", WSMsgType.TEXT)  # nothing public sends what is no UTF-8
        assert (await peer.receive(timeout=SOON_S)).data == 1007
        assert await gateway.end() == "malformed"


async def test_why_a_connection_ends_is_told(tmp_path: Path) -> None:
    async def stop(channel: Channel) -> None:
        channel.say(HELLO)
        await channel.close("stopping")

    async with (
        listening(tmp_path, {"/": talking(stop)}) as port,
        dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel,
        asyncio.timeout(SOON_S),
    ):
        assert await channel.hear() == HELLO
        assert await channel.hear() is None
        assert (channel.told, channel.end) == ("stopping", "")


class Speaking:
    """A gateway's side that says more than is read, in one of the ways there are."""

    def __init__(self) -> None:
        self.end = ""
        self.error: Exception | None = None
        self.ended = asyncio.Event()

    async def say(self, channel: Channel) -> None:
        while channel.is_open:
            channel.say(Refused(code="x", message="x" * 4_000))
            await asyncio.sleep(0)
        self.note(channel)

    async def play(self, channel: Channel) -> None:
        try:
            while True:
                await channel.play(bytes(LARGEST_FRAME_BYTES))
        except LinkError as error:
            self.error = error
        self.note(channel)

    async def wait(self, channel: Channel) -> None:
        for _ in range(MOST_WAITING):
            channel.say(Refused(code="x", message="x" * 4_000 * 15))
        await channel.hear()
        self.note(channel)

    def note(self, channel: Channel) -> None:
        self.end = channel.end
        self.ended.set()


@pytest.mark.parametrize("how", ["say", "play", "wait"])
async def test_who_reads_nothing_is_cut_off(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "SEND_S", 0.2)
    gateway = Speaking()
    async with listening(tmp_path, {"/": talking(getattr(gateway, how))}) as port, ClientSession() as session:
        peer = await raw(port, session)
        transport = peer._response.connection.transport  # type: ignore[union-attr]
        transport.pause_reading()  # type: ignore[union-attr]
        async with asyncio.timeout(SOON_S):
            await gateway.ended.wait()
        assert gateway.end == "too_slow"
        assert (gateway.error is not None) == (how == "play")
        transport.abort()  # type: ignore[union-attr]


async def test_what_is_said_patiently_waits_for_its_room(tmp_path: Path) -> None:
    most: list[int] = []

    async def speak(channel: Channel) -> None:
        for _ in range(50):
            await channel.say_patiently(HELLO, most_waiting=2)
            most.append(channel._waiting.qsize())

    async with listening(tmp_path, {"/": talking(speak)}) as port:
        async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel:
            async with asyncio.timeout(SOON_S):
                assert [await channel.hear() for _ in range(50)] == [HELLO] * 50
        assert max(most) == 2


async def test_what_waits_when_the_other_side_is_gone_is_dropped(tmp_path: Path) -> None:
    gone = asyncio.Event()
    ended = asyncio.Event()

    async def speak_on(channel: Channel) -> None:
        channel.say(HELLO)
        await gone.wait()
        while channel.is_open:
            channel.say(HELLO)
            await asyncio.sleep(0)
        ended.set()

    async with listening(tmp_path, {"/": talking(speak_on)}) as port, ClientSession() as session:
        peer = await raw(port, session)
        await peer.receive_str(timeout=SOON_S)
        peer._response.connection.transport.abort()  # type: ignore[union-attr]
        gone.set()
        async with asyncio.timeout(SOON_S):
            await ended.wait()


async def test_a_peer_that_pings_and_goes_at_once_has_merely_gone(tmp_path: Path) -> None:
    ended = asyncio.Event()
    gone = asyncio.Event()
    heard: list[object] = []

    async def hear_late(channel: Channel) -> None:
        await channel.hear()
        await gone.wait()
        async with asyncio.timeout(SOON_S):
            while channel.is_open:  # until the connection is known to be lost; the ping still waits to be read
                channel.say(HELLO)
                await asyncio.sleep(0)
        heard.append(await channel.hear())
        ended.set()

    async with listening(tmp_path, {"/": talking(hear_late)}) as port, ClientSession() as session:
        peer = await raw(port, session)
        await peer.send_bytes(b"\0\0")
        await peer.ping()
        peer._response.connection.transport.abort()  # type: ignore[union-attr]
        gone.set()
        async with asyncio.timeout(SOON_S):
            await ended.wait()
    assert heard == [None]


async def test_what_was_cut_says_no_more_and_is_closed_at_once(tmp_path: Path) -> None:
    took_s = []

    async def cut(channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        channel.cut("revoked")
        channel.say(HELLO)
        channel.refuse(ProtocolError("late", "no more"))
        await channel.close()
        took_s.append(loop.time() - begun_s)
        assert channel.end == "revoked"
        assert await channel.hear() is None

    async with (
        listening(tmp_path, {"/": talking(cut)}) as port,
        dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel,
        asyncio.timeout(SOON_S),
    ):
        assert await channel.hear() is None
    assert took_s[0] < 1.0


async def test_sound_that_waits_is_forgotten_and_messages_are_not(tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port:
        async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel:
            await channel.play(b"\1\1")
            channel.say(HELLO)
            await channel.play(b"\2\2")
            channel.forget_sound()
            await channel.play(b"\3\3")
        await gateway.end()
    assert gateway.heard == [HELLO, b"\3\3"]


async def test_a_client_passes_over_what_it_does_not_know(tmp_path: Path) -> None:
    async def newer(channel: Channel) -> None:
        for _ in range(MOST_REFUSALS + 1):
            channel.say(Refused(code="x", message="not a word of this client's"))
        channel.say(HELLO)
        heard.append(await channel.hear())

    heard: list[Message | bytes | None] = []
    async with (
        listening(tmp_path, {"/": talking(newer)}) as port,
        dial(port.address, "/", Vocabulary(Hello), pin=port.identity.fingerprint) as channel,
    ):
        assert await channel.hear() == HELLO
        channel.say(HELLO)
    assert heard == [HELLO], "it refused nothing"


async def test_the_sound_of_a_request_carries_its_id(tmp_path: Path) -> None:
    gateway = Listening()
    async with listening(tmp_path, {"/": talking(gateway.talk)}) as port:
        async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint) as channel:
            await channel.play_for(7, bytes(LARGEST_PIECE_BYTES + 2))
            await channel.play_for(8, b"")
        assert await gateway.end() == ""
    assert gateway.heard == [b"\0\0\0\7" + bytes(LARGEST_PIECE_BYTES), b"\0\0\0\7\0\0"]


async def test_much_speech_leaves_room_for_what_else_is_said_and_goes_on_when_the_peer_reads(tmp_path: Path) -> None:
    spoken_bytes = 4 * MOST_SPEECH_WAITING * LARGEST_PIECE_BYTES
    waiting: list[int] = []

    async def talk(channel: Channel) -> None:
        speaking = [asyncio.create_task(channel.play_for(number, bytes(spoken_bytes))) for number in (1, 2)]
        await asyncio.sleep(0.3)
        waiting.append(channel._waiting.qsize())
        for _ in range(MOST_WAITING - MOST_SPEECH_WAITING - 2):
            channel.say(HELLO)
        await asyncio.gather(*speaking)
        channel.end = "done"

    async with (
        listening(tmp_path, {"/": talking(talk)}) as port,
        ClientSession() as session,
        await raw(port, session) as websocket,
    ):
        await asyncio.sleep(0.5)  # nothing is read meanwhile
        heard_bytes = 0
        async for message in websocket:
            heard_bytes += len(message.data) - 4 if message.type is WSMsgType.BINARY else 0
    assert waiting == [pytest.approx(MOST_SPEECH_WAITING, abs=2)]
    assert heard_bytes == 2 * spoken_bytes


async def test_speech_for_a_peer_that_is_gone_ends(tmp_path: Path) -> None:
    failures: list[BaseException | None] = []
    is_over = asyncio.Event()

    async def talk(channel: Channel) -> None:
        speaking = asyncio.create_task(channel.play_for(1, bytes(20 * MOST_WAITING * LARGEST_FRAME_BYTES)))
        await asyncio.sleep(0.2)
        channel.cut("revoked")
        async with asyncio.timeout(SOON_S):
            await asyncio.wait({speaking})
        failures.append(speaking.exception())
        is_over.set()

    async with (
        listening(tmp_path, {"/": talking(talk)}) as port,
        ClientSession() as session,
        await raw(port, session),
    ):
        async with asyncio.timeout(SOON_S):
            await is_over.wait()
    assert isinstance(failures[0], LinkError)
