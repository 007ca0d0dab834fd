"""What a gateway is set to, changed by a home while it runs: other homes, Wyoming, commands and the next start."""

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info

from gateway.wire import voice_words
from gateway.wire.channel import Channel
from gateway.wire.dial import dial
from gateway.wire.messages import Hello, Message
from gateway.wire.pairing import Paired
from gateway.wire.request_words import ChangeSettings, Offered, SettingsChanged
from tests.e2e.program import run
from tests.e2e.serving import Serving, free_ports, serving

DEADLINE_S = 20.0

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@asynccontextmanager
async def connected(served: Serving, home: Paired) -> AsyncIterator[Channel]:
    async with dial(served.voice, "/voice", voice_words.TO_HOME, pin=home.voice_pin, token=home.voice_token) as channel:
        channel.say(Hello(protocol=1))
        yield channel


async def next_of[M: Message](channel: Channel, kind: type[M]) -> M:
    """Return the next message of this kind."""
    async with asyncio.timeout(DEADLINE_S):
        while not isinstance(heard := await channel.hear(), kind):
            assert heard is not None, channel.end
        return heard


async def described(port: int) -> Info:
    async with asyncio.timeout(DEADLINE_S), AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
    assert event is not None
    return Info.from_event(event)


async def test_a_change_reaches_homes_wyoming_commands_and_the_next_start(tmp_path: Path) -> None:
    port = free_ports()
    wyoming = f"[wyoming]\nenabled = true\nport = {port}\n"
    with serving(tmp_path / "gateway", more=wyoming) as served:
        home = await served.home()
        async with connected(served, home) as channel, connected(served, home) as other:
            before = await next_of(channel, Offered)
            await next_of(other, Offered)
            assert (before.voice, before.wake_words, before.wake_sensitivity) == (
                "en_US-joe-medium", ("okay_nabu",), 50,
            )  # fmt: skip
            assert {"espeak-de", before.voice} <= {voice.id for voice in before.voices}
            channel.say(ChangeSettings(id=1, stt_model="large"))
            refused = await next_of(channel, SettingsChanged)
            assert refused.error
            assert "there is no Whisper model 'large' here" in refused.message
            channel.say(ChangeSettings(id=2, voice="espeak-de", wake_words=("alexa", "okay_nabu"), wake_sensitivity=70))
            offered = await next_of(channel, Offered)
            assert (await next_of(channel, SettingsChanged)).error == ""
            assert await next_of(other, Offered) == offered
            assert (offered.voice, offered.wake_words, offered.wake_sensitivity) == (
                "espeak-de", ("alexa", "okay_nabu"), 70,
            )  # fmt: skip
        info = await described(port)
        assert [(voice.name, voice.languages) for voice in info.tts[0].voices] == [("espeak-de", ["de"])]
        assert [word.name for word in info.wake[0].models] == ["alexa", "okay_nabu"]
        found = run("doctor", "--config", served.config, environ=served.environ).out
        assert "voice espeak-de (chosen in Home Assistant)" in found
        assert "Whisper model tiny.en\n" in found
        served.running.end(signal.SIGTERM)
    with serving(tmp_path / "gateway", more=wyoming, port=served.port) as again:
        again.running.wait_for_log("voice espeak-de (chosen in Home Assistant); wake words alexa, okay_nabu (chosen")
        async with connected(again, home) as channel:
            assert await next_of(channel, Offered) == offered


def test_a_choice_that_cannot_be_loaded_does_not_keep_the_gateway_from_starting(tmp_path: Path) -> None:
    data = tmp_path / "gateway" / "data" / "local-voice"
    (data / "models" / "base").mkdir(parents=True)
    (data / "gateway").mkdir(mode=0o700)
    chosen = {"stt_model": "base", "wake_sensitivity": 70}
    (data / "gateway" / "settings.json").write_text(json.dumps(chosen), encoding="utf-8")
    with serving(tmp_path / "gateway") as served:
        served.running.wait_for_log("what was chosen in Home Assistant cannot be used, the configuration holds")
        served.running.wait_for_log("set to: Whisper model tiny.en; voice en_US-joe-medium; wake words okay_nabu")
