"""The crowd of the benchmark against a port that really listens: what it streams, asks and answers."""

import asyncio
from pathlib import Path

import pytest

from bench import crowd as crowds
from bench.crowd import Order, Part, crowd
from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.wire import voice_words
from gateway.wire.channel import Channel
from gateway.wire.messages import Greeting, Hello, Message
from gateway.wire.peers import Role
from tests.gateway.wire.ports import Port, listening, talking

SECONDS = 0.6
SPEECH_END_S = 0.3


@pytest.fixture(autouse=True)
def _no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "SETTLING_S", 0.05)


class Gateway:
    """Greets, keeps what it hears, and sends a drain and a little sound when it has heard so many frames."""

    def __init__(self, *, leaves_after_frames: int = 10**6) -> None:
        self.heard: list[Message | bytes] = []
        self.leaves_after_frames = leaves_after_frames

    async def talk(self, channel: Channel) -> None:
        channel._heard = voice_words.TO_GATEWAY
        assert isinstance(await channel.hear(), Hello)
        role = Role.SATELLITE
        channel.say(Greeting(protocol=1, version="", gateway_id="g", peer_id="p", role=role, name="S"))
        frames = 0
        while frames < self.leaves_after_frames and (heard := await channel.hear()) is not None:
            self.heard.append(heard)
            frames += isinstance(heard, bytes)
            if frames * FRAME_MS == 480 and isinstance(heard, bytes):
                channel.say(voice_words.Drain(id=7))
                await channel.play(bytes(300))


def order(port: Port, folder: Path, *, pin: str = "", from_s: float = 0.0, end_s: float | None = None) -> Order:
    sound = folder / "sound.pcm"
    sound.write_bytes(b"".join(bytes([number, 0]) * (FRAME_BYTES // 2) for number in range(4)))
    parts = (Part(token="t", sound=str(sound), from_s=from_s, speech_end_s=end_s),)  # noqa: S106 - nobody's
    address = port.address
    pin = pin or port.identity.fingerprint.hex()
    return Order(host=address.host, port=address.port, pin=pin, seconds=SECONDS, parts=parts)


async def test_a_satellite_streams_at_the_pace_of_life_and_times_what_it_is_answered(tmp_path: Path) -> None:
    gateway, begun = Gateway(), asyncio.Event()
    async with listening(tmp_path, {"/voice": talking(gateway.talk)}) as port:
        report, satellites = await crowd(order(port, tmp_path, from_s=0.064, end_s=SPEECH_END_S), begun.set)
        for satellite in satellites:
            satellite.let_go()
        await asyncio.sleep(0.1)
    assert begun.is_set()
    (fate,) = report.fates
    frames = [heard for heard in gateway.heard if isinstance(heard, bytes)]
    assert abs(fate.frames - (SECONDS + 0.05) * 1000 / FRAME_MS) < 8
    assert [frame[0] for frame in frames[:6]] == [2, 3, 0, 1, 2, 3], "from where it was told, and over and over"
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    assert [wait_ms > 0 for _, wait_ms in fate.waits_ms] == [True], "it asks twice a second"
    assert fate.unanswered == 0
    assert fate.is_open
    assert voice_words.Drained(id=7) in gateway.heard
    assert voice_words.Played(bytes=300) in gateway.heard
    assert fate.spoken_ms is not None
    assert 0 < fate.spoken_ms < SECONDS * 1000


async def test_a_gateway_that_leaves_is_noticed(tmp_path: Path) -> None:
    gateway = Gateway(leaves_after_frames=3)
    async with listening(tmp_path, {"/voice": talking(gateway.talk)}) as port:
        report, _ = await crowd(order(port, tmp_path), lambda: None)
    assert not report.fates[0].is_open
    assert report.fates[0].spoken_ms is None


async def test_another_gateway_than_the_one_that_is_meant_is_not_streamed_to(tmp_path: Path) -> None:
    gateway = Gateway()
    async with listening(tmp_path, {"/voice": talking(gateway.talk)}) as port:
        with pytest.raises(ConnectionError, match="not the gateway"):
            await crowd(order(port, tmp_path, pin="0" * 64), lambda: None)
    assert gateway.heard == []


async def test_a_port_that_lets_nobody_in_is_an_error(tmp_path: Path) -> None:
    async with listening(tmp_path, {"/nothing": talking(Gateway().talk)}) as port:
        with pytest.raises(ConnectionError, match="404"):
            await crowd(order(port, tmp_path), lambda: None)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_servers_frame_is_taken_when_it_is_whole_whatever_its_length(length: int) -> None:
    head = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2) if length < 65_536 else None
    head = head or b"\x7f" + length.to_bytes(8)
    whole = b"\x82" + head + bytes(length)
    received = bytearray()
    for start in range(0, len(whole), 1000):
        assert crowds._taken(received) is None
        received += whole[start : start + 1000]
    received += b"\x81"
    assert crowds._taken(received) == (0x2, bytes(length))
    assert received == b"\x81"
