"""Anything may be said to the broker, in any state: it is refused or passed over, and nobody else notices."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.broker.owner_link import owner_link
from gateway.wire.broker_words import BROKER_TO_OWNER, FROM_BROKER, PAIRING_FROM_BROKER, ListPeers, PairingClosed, Peers
from gateway.wire.channel import Channel
from gateway.wire.dial import dial
from gateway.wire.messages import name_of
from gateway.wire.pairing import Paired
from gateway.wire.peers import Role
from tests.gateway.broker.running import SOON_S, Gateway, running, soon
from tests.gateway.broker.test_conversations import all_messages

EXAMPLES: Final = 80
WATCH: Final = '{"type":"watch_audit"}'
WATCH_CONSENT: Final = '{"type":"watch_consent"}'
HELLO: Final = '{"type":"hello","protocol":1}'
FIRST_WORDS: Final = {"before hello": (), "greeted": (HELLO,), "watching": (HELLO, WATCH, WATCH_CONSENT)}
"""What was said before, in each state."""

TYPES: Final = [name for name in map(name_of, all_messages()) if name != "leave"]
"""Who leaves is harmed by nobody else."""
FIELDS: Final = (
    *("size", "hash", "first", "rows", "protocol", "peer_id", "role", "model", "host", "nonce", "proof"),
    *("id", "request_id", "is_allowed", "pin", "user", "name", "kind", "url", "key", "ca"),
)
VALUES: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["0" * 64, "f" * 64, "home", "satellite", "consent", "x" * 5_000, "é" * 255]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
OBJECTS: Final = st.builds(
    lambda kind, fields: json.dumps({"type": kind, **fields}),
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4),
)
BENT: Final = st.builds(
    lambda text, at, more: text[: at % len(text)] + more + text[at % len(text) :],
    OBJECTS,
    st.integers(0, 10_000),
    st.text(max_size=5),
)
TEXTS: Final = OBJECTS | BENT | st.text(max_size=200) | st.sampled_from(["[" * 3_000, '{"type":"watch_audit"' * 50])
FRAMES: Final = st.lists(TEXTS | st.binary(max_size=200), max_size=8)
HOSTILE: Final = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class House:
    """A broker in a loop of its own, with a home that is well-behaved and one that is not."""

    def __init__(self, runner: asyncio.Runner, gateway: Gateway, good: Paired, bad: Paired) -> None:
        self.runner, self.gateway = runner, gateway
        self.good, self.bad = good, bad
        self.said = 0

    async def unharmed(self) -> None:
        """The broker answers others as ever, still knows whom it knew, and has done nothing."""
        async with self.gateway.channel(self.good) as channel:
            channel.say(ListPeers())
            peers = await soon(channel.hear)
        assert isinstance(peers, Peers)
        assert {peer.id for peer in peers.peers} == {self.good.peer_id, self.bad.peer_id}

    async def say(self, channel: Channel, frames: list[str | bytes]) -> None:
        """Say all of it, as far as one is let, and read what comes."""
        for frame in frames:
            self.said += 1
            if channel.is_open:
                channel._waiting.put_nowait(frame)
        channel._waiting.put_nowait(HELLO)  # what comes last is answered last, or the end has come
        async with asyncio.timeout(SOON_S):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    while await channel.hear() is not None:
                        pass


@pytest.fixture
def house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[House]:
    caplog.set_level(logging.INFO)
    with asyncio.Runner() as runner:
        opened = running(tmp_path)
        gateway = runner.run(opened.__aenter__())
        try:
            good, bad = (runner.run(gateway.paired(Role.HOME)) for _ in range(2))
            yield House(runner, gateway, good, bad)
        finally:
            runner.run(opened.__aexit__(None, None, None))
    assert "a request failed" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("state_name", FIRST_WORDS)
def test_whatever_a_home_says_harms_nobody(state_name: str, house: House, state: Callable[[str], None]) -> None:
    async def attack(frames: list[str | bytes]) -> None:
        home = house.bad
        async with dial(
            house.gateway.port, "/broker", FROM_BROKER, pin=home.broker_pin, token=home.broker_token
        ) as channel:
            await house.say(channel, [*FIRST_WORDS[state_name], *frames])
        await house.unharmed()

    @HOSTILE
    @given(FRAMES)
    def attacked(frames: list[str | bytes]) -> None:
        house.runner.run(attack(frames))

    attacked()
    state(f"broker's port, {state_name}: {house.said} hostile messages, nobody harmed")


def test_whatever_a_stranger_says_harms_nobody(house: House, state: Callable[[str], None]) -> None:
    async def attack(frames: list[str | bytes]) -> None:
        await house.gateway.code()
        async with dial(house.gateway.port, "/pair", PAIRING_FROM_BROKER, pin=house.bad.broker_pin) as channel:
            await house.say(channel, frames)
        await house.unharmed()

    @HOSTILE
    @given(FRAMES)
    def attacked(frames: list[str | bytes]) -> None:
        house.runner.run(attack(frames))

    attacked()
    state(f"broker's port, pairing: {house.said} hostile messages, nobody harmed")


def test_whatever_is_said_at_the_owner_s_socket_is_answered_or_ends_it(
    house: House, state: Callable[[str], None]
) -> None:
    async def attack(lines: list[str]) -> None:
        house.said += len(lines)
        reader, writer = await asyncio.open_unix_connection(str(house.gateway.folder / "owner.sock"))
        for line in lines:
            writer.write(line.replace("\n", " ").encode("utf-8", "surrogatepass") + b"\n")
        writer.write_eof()
        said = [BROKER_TO_OWNER.decode(answer) for answer in (await soon(reader.read)).splitlines()]
        writer.transport.abort()
        assert len([answer for answer in said if not isinstance(answer, PairingClosed)]) == len(lines)
        async with owner_link(house.gateway.folder) as owner:
            assert isinstance(await owner.ask(ListPeers()), Peers)
        await house.unharmed()

    @HOSTILE
    @given(st.lists(TEXTS, max_size=8))
    def attacked(lines: list[str]) -> None:
        house.runner.run(attack(lines))

    attacked()
    state(f"owner's socket: {house.said} hostile lines, each answered")
