import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, Fingerprint, web

from gateway.errors import LinkError, ProtocolError, TrustError
from gateway.wire.admission import (
    CONNECTIONS_A_PEER,
    MOST_FAILURES,
    MOST_REMEMBERED,
    PAUSE_S,
    WINDOW_S,
    Admission,
    Throttle,
    check_may_say,
)
from gateway.wire.channel import Channel
from gateway.wire.dial import dial
from gateway.wire.messages import Hello, Refused
from gateway.wire.peers import Peer, PeerTable, Role, new_token
from tests.gateway.wire.ports import SOON_S, WORDS, Port, listening, talking


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def fail(throttle: Throttle, who: str, times: int) -> None:
    for _ in range(times):
        throttle.failed(who)


def test_five_failures_within_a_minute_are_followed_by_a_pause_of_a_minute() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    fail(throttle, "a", MOST_FAILURES - 1)
    assert throttle.pause_s("a") == 0.0
    clock.now_s += WINDOW_S - 0.1
    throttle.failed("a")
    assert throttle.pause_s("a") == PAUSE_S
    assert throttle.pause_s("b") == 0.0
    clock.now_s += PAUSE_S
    assert throttle.pause_s("a") == 0.0
    fail(throttle, "a", MOST_FAILURES - 1)
    assert throttle.pause_s("a") == 0.0


def test_failures_that_are_a_minute_apart_are_not_added_up() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(20):
        throttle.failed("a")
        clock.now_s += WINDOW_S / (MOST_FAILURES - 1)
        assert throttle.pause_s("a") == 0.0


def test_who_failed_longest_ago_is_forgotten_first() -> None:
    throttle = Throttle(Clock())
    fail(throttle, "paused", MOST_FAILURES)
    fail(throttle, "first", MOST_FAILURES - 1)
    fail(throttle, "second", MOST_FAILURES - 1)
    for number in range(MOST_REMEMBERED - 1):
        throttle.failed(f"{number}")
    throttle.failed("first")
    assert throttle.pause_s("first") == 0.0
    throttle.failed("second")
    assert throttle.pause_s("second") == 0.0
    assert throttle.pause_s("paused") == PAUSE_S
    assert len(throttle._failures) == MOST_REMEMBERED


def test_a_role_may_say_what_it_is_allowed() -> None:
    check_may_say(Role.HOME, Hello, (Hello,), "hello")
    with pytest.raises(ProtocolError) as refused:
        check_may_say(Role.HOME, Refused, (Hello,), "refused")
    assert (refused.value.refusal, refused.value.about) == ("not_allowed", "refused")


class Door:
    """An admission at a real port, with one peer in each role."""

    def __init__(self) -> None:
        self.tokens: dict[Role, str] = {}
        self.peers: list[Peer] = []
        for role in Role:
            self.tokens[role], secret_hash = new_token(role)
            self.peers.append(Peer(id=role, name=role, role=role, secret_hash=secret_hash))
        self.clock = Clock()
        roles = frozenset({Role.HOME, Role.SATELLITE})
        self.admission = Admission(PeerTable(self.peers), roles, Throttle(self.clock))
        self.before_present: Callable[[], None] = lambda: None
        self.ends: list[str] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        peer = self.admission.admit(request)

        async def talk(channel: Channel) -> None:
            self.before_present()
            with self.admission.present(peer, channel):
                channel.say(Hello(protocol=1))
                while await channel.hear() is not None:
                    pass
            self.ends.append(channel.end)

        return await talking(talk)(request)

    @asynccontextmanager
    async def connected(self, port: Port, token: str) -> AsyncIterator[Channel]:
        async with dial(port.address, "/", WORDS, pin=port.identity.fingerprint, token=token) as channel:
            async with asyncio.timeout(SOON_S):
                assert await channel.hear() == Hello(protocol=1)
            yield channel


async def answer(port: Port, authorization: str) -> tuple[int, str]:
    """Return the status and the code of what is refused."""
    async with (
        ClientSession() as session,
        session.get(
            f"https://{port.address}/",
            headers={"Authorization": authorization} if authorization else {},
            ssl=Fingerprint(port.identity.fingerprint),
            server_hostname="lv-gateway",
        ) as response,
    ):
        assert response.content_type == "application/json"
        body = json.loads(await response.text())
        assert set(body) == {"code", "message"}
        return response.status, body["code"]


async def test_a_peer_in_an_allowed_role_is_let_in(tmp_path: Path) -> None:
    door = Door()
    async with listening(tmp_path, {"/": door.handle}) as port:
        for role in (Role.HOME, Role.SATELLITE):
            async with door.connected(port, door.tokens[role]):
                pass


async def test_nobody_else_is_let_in_and_each_is_told_why(tmp_path: Path) -> None:
    door = Door()
    async with listening(tmp_path, {"/": door.handle}) as port:
        assert await answer(port, f"Bearer {door.tokens[Role.CONSENT]}") == (403, "not_allowed")
        for authorization in ("", "Bearer ", f"Basic {door.tokens[Role.HOME]}", "Bearer home.wrong"):
            assert await answer(port, authorization) == (401, "unknown_token")


async def test_who_fails_five_times_waits_and_a_right_token_from_the_same_address_does_not(tmp_path: Path) -> None:
    door = Door()
    async with listening(tmp_path, {"/": door.handle}) as port:
        for _ in range(MOST_FAILURES):
            assert await answer(port, "Bearer nobody.wrong") == (401, "unknown_token")
        assert await answer(port, "Bearer other.wrong") == (429, "paused")
        async with door.connected(port, door.tokens[Role.HOME]):
            pass
        door.clock.now_s += PAUSE_S
        assert await answer(port, "Bearer nobody.wrong") == (401, "unknown_token")


async def test_the_paused_are_told_by_the_dialling_side_too(tmp_path: Path) -> None:
    door = Door()
    async with listening(tmp_path, {"/": door.handle}) as port:
        for _ in range(MOST_FAILURES):
            with pytest.raises(TrustError):
                async with door.connected(port, "home.wrong"):
                    pass
        with pytest.raises(LinkError, match="makes a pause of a minute"):
            async with door.connected(port, door.tokens[Role.HOME]):
                pass


async def test_a_peer_has_eight_connections_and_no_more(tmp_path: Path) -> None:
    door = Door()
    token = door.tokens[Role.SATELLITE]
    async with listening(tmp_path, {"/": door.handle}) as port, AsyncExitStack() as stack:
        for _ in range(CONNECTIONS_A_PEER):
            await stack.enter_async_context(door.connected(port, token))
        assert await answer(port, f"Bearer {token}") == (503, "too_many_connections")
        async with door.connected(port, door.tokens[Role.HOME]):
            pass
        await stack.aclose()
        async with door.connected(port, token):
            pass


async def test_who_is_revoked_is_cut_off_and_the_others_stay(tmp_path: Path) -> None:
    door = Door()
    async with (
        listening(tmp_path, {"/": door.handle}) as port,
        door.connected(port, door.tokens[Role.HOME]) as stays,
        door.connected(port, door.tokens[Role.SATELLITE]) as first,
        door.connected(port, door.tokens[Role.SATELLITE]) as second,
        asyncio.timeout(SOON_S),
    ):
        door.admission.replace_peers([peer for peer in door.peers if peer.role is not Role.SATELLITE])
        assert await first.hear() is None
        assert await second.hear() is None
        assert door.ends == ["revoked", "revoked"]
        assert stays.is_open
        assert await answer(port, f"Bearer {door.tokens[Role.SATELLITE]}") == (401, "unknown_token")


async def test_who_is_revoked_on_the_way_in_does_not_get_in(tmp_path: Path) -> None:
    door = Door()
    door.before_present = lambda: door.admission.replace_peers([])
    token = door.tokens[Role.HOME]
    async with (
        listening(tmp_path, {"/": door.handle}) as port,
        dial(port.address, "/", WORDS, pin=port.identity.fingerprint, token=token) as channel,
        asyncio.timeout(SOON_S),
    ):
        assert await channel.hear() is None
        assert door.ends == ["revoked"]
