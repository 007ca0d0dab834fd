"""What a home asks of the engines, over a real connection: settings, ids, and what ends with the connection."""

import asyncio
from pathlib import Path

import pytest

from gateway.errors import ConfigError, EngineError, VoiceError
from gateway.offer import SettingsChange
from gateway.wire.request_words import ChangeSettings, Converse, Forget, Recognize, SettingsChanged, Speak, Spoken
from gateway.wire.voice_words import Announce, Announced
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
