"""The voice port: who is let in, what is refused, what ends a connection, and how all of it stops."""

import asyncio
import contextlib
import logging
import time
from pathlib import Path

import pytest

from gateway.errors import LinkError, TrustError
from gateway.events import Announcement
from gateway.server import app
from gateway.timers import TimerFinished
from gateway.wire import handshake
from gateway.wire.broker_words import ListPeers
from gateway.wire.channel import Channel
from gateway.wire.messages import Hello, Refused
from gateway.wire.peers import Peer as WirePeer
from gateway.wire.peers import Role
from gateway.wire.voice_words import Drain, Listening, SatelliteChanged, TurnHappened
from tests.fakes import ScriptedHome as ActingHome
from tests.fakes import quiet, speech, stages, wake_word
from tests.gateway.server.peers import ScriptedSatellite
from tests.gateway.server.scripted_gateway import GATEWAY_ID, scripted_gateway


async def test_who_says_hello_is_greeted(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE, name="Kitchen shelf")
        async with gateway.satellite(peer_id) as satellite:
            greeting = await satellite.greeted()
            assert (greeting.gateway_id, greeting.peer_id) == (GATEWAY_ID, peer_id)
            assert (greeting.role, greeting.name, greeting.protocol) == (Role.SATELLITE, "Kitchen shelf", 1)
            satellite.say(Hello(protocol=1))
            assert (await satellite.refused("out_of_order")).about == "hello"
            assert gateway.server.connections == 1


async def test_another_version_of_the_protocol_is_told_both(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with ScriptedSatellite.connected(
            gateway.address, pin=gateway.pin, token=gateway.tokens[peer_id], hello=Hello(protocol=7)
        ) as newer:
            refused = await newer.refused("wrong_version")
            assert "version 1 " in refused.message
            assert "speak 7" in refused.message
            assert await newer.end() == "wrong_version"


@pytest.mark.parametrize("first", [b"\0\0", b'{"type": "muted", "muted": true}'])
async def test_whoever_does_not_begin_with_hello_is_sent_away(tmp_path: Path, first: bytes) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with ScriptedSatellite.connected(
            gateway.address, pin=gateway.pin, token=gateway.tokens[peer_id], hello=ListPeers()
        ) as peer:
            await peer.refused("unknown_type")
            await peer.say_raw(first if first[0] == 0 else first.decode())
            await peer.refused("out_of_order")
            assert await peer.end() == "out_of_order"


async def test_who_says_nothing_is_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "HELLO_S", 0.2)
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with ScriptedSatellite.connected(
            gateway.address, pin=gateway.pin, token=gateway.tokens[peer_id], hello=ListPeers()
        ) as peer:
            assert await peer.end() == "late"


async def test_who_goes_before_hello_leaves_nothing(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with ScriptedSatellite.connected(
            gateway.address, pin=gateway.pin, token=gateway.tokens[peer_id], hello=ListPeers()
        ) as peer:
            await peer.refused("unknown_type")
        async with gateway.home() as home:
            assert not (await home.told(SatelliteChanged)).connected


async def test_a_stranger_and_a_consent_token_are_not_let_in(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        gateway.tokens["nobody"] = "nobody.secret"
        with pytest.raises(TrustError, match="does not know this device"):
            async with gateway.satellite("nobody"):
                pass
        with pytest.raises(LinkError, match="status 403"):
            async with gateway.home(gateway.pair(Role.CONSENT)):
                pass


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (bytes(9 * 1024), "too_large"),
        (bytes(3), "malformed"),
        ("{", "malformed"),
        ('{"type": "muted", "muted": 5}', "malformed"),
        ('{"type": "muted", "muted": ' + "[" * 8 + "]" * 8 + "}", "too_deep"),
        ('{"type": "rob"}', "unknown_type"),
        ('{"type": "house_end"}', "not_allowed"),
        ('{"type": "list_peers"}', "unknown_type"),
    ],
    ids=["frame of 9 KiB", "odd bytes", "no JSON", "no boolean", "depth 9", "unknown", "a home's", "the broker's"],
)
async def test_what_is_not_allowed_is_refused_and_passed_over(tmp_path: Path, raw: str | bytes, code: str) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite, gateway.home() as home:
        await satellite.greeted()
        await satellite.say_raw(raw)
        await satellite.refused(code)
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await home.told(TurnHappened)


async def test_twenty_refusals_are_the_end(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        for _ in range(25):
            satellite.say(ListPeers())
        assert await satellite.end() == "too_many_refusals"
        assert len(satellite.all_told(Refused)) == 20


async def test_a_message_of_seventy_kilobytes_is_the_end_and_others_do_not_notice(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as good:
        async with gateway.satellite() as bad:
            await bad.greeted()
            await bad.say_raw('{"type": "' + "x" * 70_000 + '"}')
            await bad.end()
        await good.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await home.told(TurnHappened)


async def test_sound_that_comes_faster_than_it_can_have_been_said_is_the_end(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        await satellite.greeted()
        with contextlib.suppress(LinkError):
            for _ in range(2 * app.SATELLITE_BYTES_PER_S * 10 // 8_192):
                await satellite.channel.play(bytes(8_192))
        assert await satellite.end() == "too_fast"


async def test_messages_that_come_too_fast_are_the_end(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        await satellite.greeted()
        for _ in range(app.SATELLITE_MESSAGES_PER_S * 10 + 50):
            await satellite.say_raw('{"type": "played", "bytes": 0}')
            if satellite.ended.is_set():
                break
        assert await satellite.end() == "too_fast"


async def test_an_error_in_a_session_ends_only_that_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as good:
        serve = gateway.server._satellites.serve

        async def fail(peer: WirePeer, channel: Channel) -> None:
            raise RuntimeError("what was said")

        await good.greeted()
        monkeypatch.setattr(gateway.server._satellites, "serve", fail)
        async with gateway.satellite() as bad:
            assert await bad.end() == "internal"
        monkeypatch.setattr(gateway.server._satellites, "serve", serve)
        await good.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await home.told(TurnHappened)
    assert "session failed: RuntimeError" in caplog.text
    assert "what was said" not in caplog.text


async def test_stopping_ends_turns_and_tells_everybody_within_five_seconds(tmp_path: Path) -> None:
    acting = ActingHome(delay_s=3.0)
    async with scripted_gateway(tmp_path, stages(home=acting)) as gateway:
        async with gateway.home() as home, gateway.satellite() as satellite:
            await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
            await satellite.told(Listening)
            started_s = time.monotonic()
            await gateway.server.close()
            assert time.monotonic() - started_s < 5.0
            assert await home.end() == "stopping"
            assert await satellite.end() == "stopping"
            assert gateway.server.connections == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_peer_that_reads_nothing_does_not_hold_up_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        await satellite.greeted()
        transport = satellite.channel._websocket._writer.transport  # type: ignore[union-attr]
        transport.pause_reading()
        started_s = time.monotonic()
        await gateway.server.close()
        assert time.monotonic() - started_s < 5.0
        transport.resume_reading()


async def test_nobody_comes_in_any_more_while_it_stops(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        gateway.server._is_closing = True
        with pytest.raises(LinkError, match="too many connections"):
            async with gateway.satellite():
                pass


async def test_connections_and_their_ends_are_logged_with_ids_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE, name="Anna's room")
        async with gateway.satellite(peer_id) as satellite:
            await satellite.greeted()
            gateway.revoke(peer_id)
            await satellite.end()
    assert f"satellite {peer_id}: connected" in caplog.messages
    assert f"satellite {peer_id}: connection ended: revoked" in caplog.messages
    assert "Anna" not in caplog.text


async def test_timers_and_announcements_of_the_household_reach_satellites(tmp_path: Path) -> None:
    async with (
        scripted_gateway(tmp_path) as gateway,
        gateway.satellite() as first,
        gateway.satellite() as second,
        gateway.home() as home,
    ):
        first_id, second_id = (await first.greeted()).peer_id, (await second.greeted()).peer_id
        await home.satellite_is(first_id, connected=True)
        await home.satellite_is(second_id, connected=True)
        gateway.server.announcement(Announcement(message="dinner is ready", satellite_id=first_id))
        await second.told(Drain)
        assert second.pcm.startswith(b"dinner")
        gateway.server.timer_finished(
            TimerFinished(name=None, command=None, satellite_id=first_id, area_id=None, duration_s=5)
        )
        await first.told(Drain)
        assert first.pcm
        assert b"dinner" not in first.pcm
