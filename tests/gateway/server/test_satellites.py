"""Several satellites: who answers, where timers ring, where announcements are heard."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.chimes import timer_ring
from gateway.errors import EngineError, ModelError
from gateway.events import Announcement, Sound
from gateway.server import ringing
from gateway.server import satellites as module
from gateway.timers import TimerFinished
from gateway.wire.peers import Role
from gateway.wire.request_words import Offered
from gateway.wire.voice_words import Listening, PlaceSatellite, SatelliteChanged, Silence, TurnBegan, TurnHappened
from gateway.wire.voice_words import Satellites as SatelliteList
from tests.fakes import ScriptedHome as ActingHome
from tests.fakes import ScriptedStt, quiet, recognized, speech, stages, wake_word
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.gateway.server.scripted_gateway import ScriptedGateway, ScriptedHousehold, scripted_gateway

RING = timer_ring().pcm


def timer(satellite_id: str, command: str | None = None) -> TimerFinished:
    return TimerFinished(name=None, command=command, satellite_id=satellite_id, area_id="attic", duration_s=5)


@asynccontextmanager
async def present(gateway: ScriptedGateway, home: ScriptedHome, peer_id: str) -> AsyncIterator[ScriptedSatellite]:
    """Have a satellite connected, with its models, during the block."""
    async with gateway.satellite(peer_id) as satellite:
        satellite.is_quick = False
        await home.satellite_is(peer_id, connected=True)
        yield satellite


async def test_one_of_two_that_hear_the_wake_word_answers_and_the_log_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    first_home, second_home = ActingHome(), ActingHome()
    async with scripted_gateway(tmp_path, stages(home=first_home), stages(home=second_home)) as gateway:
        first_id, second_id = gateway.pair(Role.SATELLITE), gateway.pair(Role.SATELLITE)
        async with (
            gateway.home() as home,
            present(gateway, home, first_id) as first,
            present(gateway, home, second_id) as second,
        ):
            first.is_quick = second.is_quick = True
            await first.hear(wake_word(), quiet(300), speech(300))
            await first.told(Listening)
            await second.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
            await first.hear(speech(600), quiet(1_000))
            await home.told(TurnHappened)
            await asyncio.sleep(0.8)  # the window: what comes now is a wake word of its own
            await second.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
            await home.told(TurnHappened, 2)
            assert [happened.satellite_id for happened in home.all_told(TurnHappened)] == [first_id, second_id]
            assert (len(first_home.requests), len(second_home.requests)) == (1, 1)
            assert len(second.all_told(Listening)) == 2
    lines = [message for message in caplog.messages if message.startswith("wake at")]
    assert len(lines) == 1
    assert lines[0].startswith(f"wake at {second_id}: {first_id} heard it ")
    assert lines[0].endswith(" ms earlier")


async def test_a_timer_rings_where_it_was_set(tmp_path: Path) -> None:
    stops = stages(stt=ScriptedStt(recognized("stop"), stop_after=1))
    async with scripted_gateway(tmp_path, stops) as gateway:
        first_id, second_id = gateway.pair(Role.SATELLITE), gateway.pair(Role.SATELLITE)
        async with (
            gateway.home() as home,
            present(gateway, home, first_id) as first,
            present(gateway, home, second_id) as second,
        ):
            gateway.server.timer_finished(timer(first_id))
            await first.until(lambda: first.received_bytes >= len(RING) // 2)
            assert RING.startswith(first.pcm[: len(RING)])
            await first.hear(speech(500), quiet(500))
            await first.told(Silence)
            assert second.pcm == b""


async def test_a_timer_of_a_satellite_that_is_away_rings_everywhere_but_its_command_is_carried_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "RETURN_S", 0.01)
    acting = ActingHome()
    async with scripted_gateway(tmp_path, stages(home=acting), stages(home=acting)) as gateway:
        away = gateway.pair(Role.SATELLITE)
        first_id, second_id = gateway.pair(Role.SATELLITE), gateway.pair(Role.SATELLITE)
        async with (
            gateway.home() as home,
            present(gateway, home, first_id) as first,
            present(gateway, home, second_id) as second,
        ):
            first.is_quick = second.is_quick = True
            gateway.server.timer_finished(timer(away, command="turn on the lamp"))
            await first.until(lambda: b"HassTurnOn" in first.pcm)
            (request,) = acting.requests
            assert (request.satellite_id, request.area_id) == (away, "attic"), "as if it was said there"
            first.is_quick = second.is_quick = False
            gateway.server.timer_finished(timer(away))
            for satellite in (first, second):
                await satellite.until(lambda satellite=satellite: satellite.received_bytes > 8_192)  # type: ignore[misc]
            assert len(acting.requests) == 1


async def test_a_timer_that_nobody_could_hear_rings_at_the_first_satellite_that_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringing, "RETURN_S", 0.01)
    async with scripted_gateway(tmp_path) as gateway:
        first_id, second_id = gateway.pair(Role.SATELLITE), gateway.pair(Role.SATELLITE)
        gateway.server.timer_finished(timer(first_id))
        await asyncio.sleep(0.1)
        async with (
            gateway.home() as home,
            present(gateway, home, second_id) as second,
            present(gateway, home, first_id) as first,
        ):
            await second.until(lambda: second.received_bytes > 8_192)
            assert first.pcm == b""


async def test_a_message_of_the_household_is_heard_everywhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    async with scripted_gateway(tmp_path) as gateway:
        first_id, second_id = gateway.pair(Role.SATELLITE), gateway.pair(Role.SATELLITE)
        async with gateway.home() as home, present(gateway, home, first_id) as first:
            gateway.server.announcement(Announcement(message="dinner is ready", satellite_id=first_id))
            await until_logged(caplog, f"announcement from {first_id}: heard at no other satellite")
            async with present(gateway, home, second_id) as second:
                gateway.server.announcement(Announcement(message="dinner is ready", satellite_id=first_id))
                await second.until(lambda: second.received_bytes > 0)
                assert second.pcm.startswith(b"dinner")
                await until_logged(caplog, f"announcement from {first_id}: heard at {second_id}")
            assert first.pcm == b""
    assert "dinner" not in caplog.text


async def test_a_message_that_cannot_be_spoken_or_comes_with_too_many_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        gateway.equipment.fault = EngineError("what was said")
        gateway.server.announcement(Announcement(message="x", satellite_id="shelf"))
        await until_logged(caplog, "announcement from shelf: engine")
        monkeypatch.setattr(module, "MOST_ANNOUNCEMENTS", 1)
        gateway.server.announcement(Announcement(message="x", satellite_id="shelf"))
        gateway.server.announcement(Announcement(message="x", satellite_id="shelf"))
        assert "announcement from shelf: too many at once" in caplog.messages


async def test_what_is_being_announced_ends_with_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.Event()

    async def endless(_: str, **__: str) -> AsyncIterator[Sound]:
        started.set()
        await asyncio.Event().wait()
        yield Sound(rate_hz=16_000, pcm=b"")

    async with scripted_gateway(tmp_path) as gateway:
        monkeypatch.setattr(gateway.equipment, "speak", endless)
        gateway.server.announcement(Announcement(message="x", satellite_id="shelf"))
        await started.wait()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def until_logged(caplog: pytest.LogCaptureFixture, message: str) -> None:
    """Wait until a line is in the log: nothing else tells of it."""
    async with asyncio.timeout(10):
        while message not in caplog.messages:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0)


async def test_homes_are_told_which_satellites_are_paired(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        first_id = gateway.pair(Role.SATELLITE)
        async with gateway.home() as home:
            await home.told(SatelliteList)
            kinds = [type(told) for told in home.heard if isinstance(told, SatelliteChanged | SatelliteList)]
            assert kinds == [SatelliteChanged, SatelliteList]
            gateway.pair(Role.HOME)
            second_id = gateway.pair(Role.SATELLITE)
            await home.told(SatelliteList, 2)
            assert home.heard[-2:] == [
                SatelliteChanged(satellite_id=second_id, name="satellite", area_id=None, connected=False),
                SatelliteList(satellite_ids=(first_id, second_id)),
            ]
            gateway.revoke(first_id)
            await home.told(SatelliteList, 3)
            told = [one.satellite_ids for one in home.all_told(SatelliteList)]
            assert told == [(first_id,), (first_id, second_id), (second_id,)]


async def test_a_satellite_stands_where_a_home_says_until_it_says_otherwise_or_goes(tmp_path: Path) -> None:
    acting = ActingHome()
    household = ScriptedHousehold(areas={"Kitchen": "kitchen", "bath": "bath", "hall": "hall"})
    async with scripted_gateway(tmp_path, stages(home=acting), household=household) as gateway:
        peer_id = gateway.pair(Role.SATELLITE, area="Kitchen")
        async with gateway.home() as watching, present(gateway, watching, peer_id) as satellite:
            satellite.is_quick = True
            async with gateway.home() as home, gateway.home() as other:
                await watching.satellite_is(peer_id, area_id="kitchen")
                home.say(PlaceSatellite(satellite_id=peer_id, area_id="bath"))
                await watching.satellite_is(peer_id, area_id="bath")
                await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
                await home.told(TurnHappened)
                assert [request.area_id for request in acting.requests] == ["bath"]
                other.say(PlaceSatellite(satellite_id=peer_id, area_id="hall"))
                await watching.satellite_is(peer_id, area_id="hall")
                other.say(PlaceSatellite(satellite_id=peer_id))
                await watching.until(lambda: areas(watching) == ["kitchen", "bath", "hall", "bath"])
                other.say(PlaceSatellite(satellite_id=peer_id, area_id="elsewhere"))
                await watching.until(lambda: areas(watching)[-1] is None)
                other.say(PlaceSatellite(satellite_id="nobody", area_id="bath"))
                assert (await other.refused("not_paired")).about == "place_satellite"
            await watching.until(lambda: areas(watching)[-1] == "kitchen")


def areas(home: ScriptedHome) -> list[str | None]:
    """Return where the one satellite stood, one after the other, as a home was told."""
    told = [changed.area_id for changed in home.all_told(SatelliteChanged)]
    return [area for area, before in zip(told, ["", *told], strict=False) if area != before]


async def test_a_home_is_told_when_a_turn_begins_and_how_it_goes(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with gateway.home() as home, present(gateway, home, peer_id) as satellite:
            satellite.is_quick = True
            await satellite.hear(quiet(2_500), wake_word(), quiet(300))
            assert await home.told(TurnBegan) == TurnBegan(satellite_id=peer_id, wake_word="okay_nabu")
            assert home.all_told(TurnHappened) == []
            await satellite.hear(speech(900), quiet(1_000))
            await home.told(TurnHappened)
            await home.until(lambda: activities(home)[-1] == "idle")
            assert activities(home) == ["idle", "listening", "processing", "responding", "idle"]


async def test_a_turn_without_an_answer_goes_from_processing_to_idle(tmp_path: Path) -> None:
    nothing = stages(stt=ScriptedStt(recognized("never mind")))
    async with scripted_gateway(tmp_path, nothing) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with gateway.home() as home, present(gateway, home, peer_id) as satellite:
            await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
            assert (await home.told(TurnHappened)).outcome == "never_mind"
            await home.until(lambda: activities(home)[-1] == "idle")
            assert activities(home) == ["idle", "listening", "processing", "idle"]


def activities(home: ScriptedHome) -> list[str]:
    """Return what the one satellite did, one after the other, as a home was told."""
    told = [changed.activity for changed in home.all_told(SatelliteChanged)]
    return [activity for activity, before in zip(told, ["", *told], strict=False) if activity != before]


async def test_what_is_offered_anew_is_used_when_the_turn_is_over_and_the_connection_stays(tmp_path: Path) -> None:
    first_home, second_home = ActingHome(), ActingHome()
    first, second = stages(home=first_home), stages(home=second_home)
    async with scripted_gateway(tmp_path, first, second) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with gateway.home() as home, gateway.home() as other, present(gateway, home, peer_id) as satellite:
            satellite.is_quick = True
            await satellite.hear(wake_word(), quiet(300), speech(300))
            await satellite.told(Listening)
            gateway.equipment.settings = replace(gateway.equipment.settings, voice="espeak-de")
            gateway.server.offer_changed()
            assert [(await one.told(Offered, 2)).voice for one in (home, other)] == ["espeak-de"] * 2
            assert gateway.equipment.kept == []
            await satellite.hear(speech(600), quiet(1_000))
            await home.told(TurnHappened)
            assert (len(first_home.requests), len(second_home.requests)) == (1, 0)
            await satellite.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
            await home.told(TurnHappened, 2)
            assert (len(first_home.requests), len(second_home.requests)) == (1, 1)
            assert [one is first for one in gateway.equipment.kept] == [True]
        await gateway.equipment.until_kept(2)
        assert gateway.equipment.kept[1] is second


async def test_where_there_are_no_other_models_to_be_had_a_satellite_goes_on_with_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_stages() -> None:
        raise ModelError("scripted")

    acting = ActingHome()
    async with scripted_gateway(tmp_path, stages(home=acting)) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with gateway.home() as home, present(gateway, home, peer_id) as satellite:
            satellite.is_quick = True
            monkeypatch.setattr(gateway.equipment, "stages", no_stages)
            gateway.server.offer_changed()
            await until_logged(caplog, f"{peer_id}: goes on as before: model")
            await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
            assert (await home.told(TurnHappened)).outcome == "action"
            assert len(acting.requests) == 1


async def test_models_that_a_satellite_came_too_early_for_are_given_back_when_it_goes(tmp_path: Path) -> None:
    first, second = stages(), stages()
    async with scripted_gateway(tmp_path, first, second) as gateway:
        peer_id = gateway.pair(Role.SATELLITE)
        async with gateway.home() as home, present(gateway, home, peer_id) as satellite:
            await satellite.hear(wake_word(), quiet(300), speech(300))
            await satellite.told(Listening)
            gateway.server.offer_changed()
            async with asyncio.timeout(10):
                while len(gateway.equipment.given) < 2:  # noqa: ASYNC110 - the script has no event
                    await asyncio.sleep(0)
        await gateway.equipment.until_kept(2)
        assert {id(one) for one in gateway.equipment.kept} == {id(first), id(second)}
