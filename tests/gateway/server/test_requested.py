"""What a home asks of the engines, over a real connection: settings, ids, and what ends with the connection."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import ConfigError, EngineError, VoiceError
from gateway.home.timers import Timers
from gateway.house import AttributeValue, House
from gateway.offer import SettingsChange
from gateway.wire.request_words import ChangeSettings, Converse, Forget, Recognize, SettingsChanged, Speak, Spoken
from gateway.wire.timer_words import CancelTimer, TimerCancelled, TimersRunning
from gateway.wire.voice_words import Announce, Announced
from tests.gateway.home.rooms import request
from tests.gateway.server.scripted_gateway import scripted_gateway


async def test_settings_are_changed_and_answered(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(ChangeSettings(id=1, stt_model="base", wake_sensitivity=80))
        assert await home.told(SettingsChanged) == SettingsChanged(id=1)
        assert gateway.equipment.changes == [SettingsChange(stt_model="base", wake_sensitivity=80)]


@pytest.mark.parametrize(
    ("fault", "code"), [(ConfigError("no such model"), "config"), (EngineError("scripted"), "engine")]
)
async def test_settings_that_cannot_be_are_answered_with_the_reason(
    tmp_path: Path, fault: VoiceError, code: str
) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        gateway.equipment.fault = fault
        home.say(ChangeSettings(id=1, voice="nobody"))
        assert await home.told(SettingsChanged) == SettingsChanged(id=1, error=code, message=str(fault))


def start(timers: Timers, **slots: AttributeValue) -> None:
    """Set a timer, as if it was said."""
    assert timers.perform(request("HassStartTimer", slots), House(name="x")).error is None


async def test_a_timer_or_delayed_command_that_runs_is_cancelled_by_any_home_and_all_are_told(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.home() as other:
        timers = gateway.household.timers
        await home.told(TimersRunning)
        await other.told(TimersRunning)
        start(timers, minutes=5, name="tea")
        start(timers, minutes=9, conversation_command="turn off the lamp")
        (_, asked_later) = (await home.told(TimersRunning, 3)).timers
        home.say(CancelTimer(id=1, timer_id=asked_later.timer_id))
        assert await home.told(TimerCancelled) == TimerCancelled(id=1)
        for peer in (home, other):
            assert [timer.name for timer in (await peer.told(TimersRunning, 4)).timers] == ["tea"]
        assert home.heard.index(home.all_told(TimersRunning)[3]) < home.heard.index(home.all_told(TimerCancelled)[0])
        assert len(timers.running()) == 1


async def test_a_timer_that_does_not_run_cannot_be_cancelled(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(CancelTimer(id=1, timer_id=7))
        answer = await home.told(TimerCancelled)
        assert (answer.id, answer.error) == (1, "unknown_timer")
        assert "up by now" in answer.message
        assert len(home.all_told(TimersRunning)) == 1


async def test_an_id_is_used_once_announcements_included(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Speak(id=1), Announce(id=2, text="Dinner."))
        await home.told(Spoken)
        await home.told(Announced)
        home.say(Announce(id=1, text="Dinner."), Recognize(id=2), Converse(id=1, text="x"))
        await home.refused("out_of_order", 3)
        assert [refused.about for refused in home.heard if hasattr(refused, "about")] == [
            "announce",
            "recognize",
            "converse",
        ]


async def test_the_sound_of_an_announcement_is_its_own(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Announce(id=1, sound_bytes=100), Recognize(id=2), Announce(id=3, sound_bytes=100))
        await home.channel.play_for(3, b"c" * 60)
        await home.channel.play_for(1, b"a" * 100)
        await home.channel.play_for(3, b"c" * 40)
        for number in (1, 2):
            told = await home.told(Announced, number)
            assert told.error == "not_connected", "whole, and nowhere to be heard"
        assert [told.id for told in home.all_told(Announced)] == [1, 3]


async def test_an_announcement_can_be_forgotten(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Announce(id=1, sound_bytes=100), Forget(id=1))
        await home.channel.play_for(1, bytes(100))
        home.say(Announce(id=2, text="Dinner."))
        assert (await home.told(Announced)).id == 2


async def test_what_is_open_ends_with_the_connection(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        before = asyncio.all_tasks()
        async with gateway.home() as home:
            home.say(Recognize(id=1), Speak(id=2, text="The", more=True), Speak(id=3))
            await home.told(Spoken)
        async with asyncio.timeout(5):
            while asyncio.all_tasks() - before:
                await asyncio.wait(asyncio.all_tasks() - before, timeout=0.05)
        assert gateway.equipment.kept == gateway.equipment.given
