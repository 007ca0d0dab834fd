"""One satellite over a real connection: whole turns, interruptions, mute, and how its connection ends."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ModelError
from gateway.events import Sound
from gateway.server import remote_device
from gateway.turn.stages import Stages
from gateway.wire.voice_words import (
    Chime,
    Drain,
    Listening,
    Mute,
    Muted,
    MuteSatellite,
    Played,
    SatelliteChanged,
    Silence,
    SoundFailed,
    TurnHappened,
)
from tests.fakes import (
    UNLOCKED,
    ScriptedHome,
    ScriptedStt,
    ScriptedTts,
    ScriptedUnderstanding,
    quiet,
    recognized,
    speech,
    stages,
    wake_word,
)
from tests.gateway.server.scripted_gateway import scripted_gateway

ANSWER = b"".join(word.ljust(20, b"\0") for word in (b"answer", b"to", b"HassTurnOn"))
LONG_ANSWER = Sound(rate_hz=22_050, pcm=bytes(range(250)) * 2_000)


class LongWinded(ScriptedTts):
    """Speaks for eleven seconds."""

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        yield LONG_ANSWER


async def test_a_whole_turn_goes_through_a_connection(tmp_path: Path) -> None:
    home = ScriptedHome()
    async with (
        scripted_gateway(tmp_path, stages(home=home)) as gateway,
        gateway.home() as watching,
        gateway.satellite(area="Kitchen") as satellite,
    ):
        greeting = await satellite.greeted()
        await satellite.hear(quiet(500), wake_word(), quiet(300), speech(900), quiet(1_000))
        happened = await watching.told(TurnHappened)
        assert satellite.pcm == ANSWER
        assert satellite.sounds[0][0] == 16_000
        assert [told.listening for told in satellite.all_told(Listening)] == [True, False]
        (request,) = home.requests
        assert (request.area_id, request.satellite_id) == ("kitchen", greeting.peer_id)
        assert (happened.satellite_id, happened.outcome, happened.wake_word) == (
            greeting.peer_id,
            "action",
            "okay_nabu",
        )
        assert set(happened.stages_ms) >= {"stt", "intent", "action", "first_sound"}


async def test_a_chime_says_that_one_may_speak(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        await satellite.hear(wake_word(), quiet(300))
        await satellite.told(Chime)
        await satellite.told(Drain)
        assert not satellite.sounds, "the chime is the satellite's own sound"


async def test_a_reply_arrives_whole_and_in_order_and_never_far_ahead_of_what_is_played(tmp_path: Path) -> None:
    async with (
        scripted_gateway(tmp_path, replace(stages(), tts=LongWinded())) as gateway,
        gateway.satellite() as satellite,
    ):
        satellite.is_quick = False
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        while len(satellite.pcm) < len(LONG_ANSWER.pcm):
            await satellite.until(lambda: satellite.received_bytes - satellite.played_bytes > 50_000 - 8_192)
            if satellite.received_bytes < len(LONG_ANSWER.pcm):
                await satellite.until(lambda: satellite.received_bytes - satellite.played_bytes > 65_536 - 8_192)
            satellite.play(20_000)
            if len(LONG_ANSWER.pcm) - satellite.played_bytes < 60_000:
                satellite.is_quick = True
                satellite.play()
        await satellite.told(Listening, 2)
        assert satellite.pcm == LONG_ANSWER.pcm
        assert satellite.sounds[0][0] == 22_050
        assert 65_536 - 8_192 < satellite.greatest_ahead_bytes <= 65_536


async def test_the_wake_word_silences_a_reply_and_the_next_turn_needs_none(tmp_path: Path) -> None:
    home = ScriptedHome()
    async with (
        scripted_gateway(tmp_path, replace(stages(home=home), tts=LongWinded())) as gateway,
        gateway.home() as watching,
        gateway.satellite() as satellite,
    ):
        satellite.is_quick = False
        await satellite.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
        await satellite.until(lambda: satellite.received_bytes > 0)
        await satellite.hear(quiet(2_500), wake_word(), quiet(600))
        await satellite.told(Silence)
        await satellite.told(Listening, 3)
        silenced_at = satellite.received_bytes
        assert silenced_at < len(LONG_ANSWER.pcm)
        satellite.is_quick = True
        await satellite.hear(speech(900), quiet(1_000))
        await watching.told(TurnHappened, 2)
        assert len(home.requests) == 2
        assert bytes(satellite.sounds[-1][1]) == LONG_ANSWER.pcm, "the second reply begins anew"
        assert [happened.wake_word for happened in watching.all_told(TurnHappened)] == ["okay_nabu"] * 2


async def test_a_question_is_heard_before_its_yes_counts(tmp_path: Path) -> None:
    asking = stages(
        stt=ScriptedStt(recognized("unlock the front door"), recognized("yes")), home=ScriptedHome(foreseen=(UNLOCKED,))
    )
    async with (
        scripted_gateway(tmp_path, asking) as gateway,
        gateway.home() as watching,
        gateway.satellite() as satellite,
    ):
        satellite.is_quick = False
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        drain = await satellite.told(Drain)
        assert b"Front" in satellite.pcm
        await watching.satellite_is((await satellite.greeted()).peer_id, activity="responding")
        satellite.is_quick = True
        satellite.play()
        assert drain.id == 1
        await asyncio.sleep(0.4)  # the echo of the question, which must not answer it
        await satellite.hear(quiet(300), speech(500), quiet(1_000))
        assert (await watching.told(TurnHappened)).outcome == "action"


async def test_a_home_mutes_a_satellite_and_what_it_still_sends_is_not_heard(tmp_path: Path) -> None:
    stt = ScriptedStt(recognized("turn on the lamp"))
    async with (
        scripted_gateway(tmp_path, stages(stt=stt)) as gateway,
        gateway.home() as home,
        gateway.satellite() as satellite,
    ):
        peer_id = (await satellite.greeted()).peer_id
        home.say(MuteSatellite(satellite_id=peer_id, muted=True))
        assert (await satellite.told(Mute)).muted
        await home.satellite_is(peer_id, muted=True)
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        home.say(MuteSatellite(satellite_id=peer_id, muted=False))
        await home.until(lambda: not home.all_told(SatelliteChanged)[-1].muted)
        assert stt.heard == []
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await home.told(TurnHappened)
        assert len(stt.heard) == 1


async def test_a_button_mutes_in_mid_sentence_and_the_turn_ends_by_itself(tmp_path: Path) -> None:
    stt = ScriptedStt(recognized("turn on the"))
    async with (
        scripted_gateway(tmp_path, stages(stt=stt)) as gateway,
        gateway.home() as home,
        gateway.satellite() as satellite,
    ):
        await satellite.hear(wake_word(), quiet(300), speech(900))
        await satellite.told(Listening)
        satellite.say(Muted(muted=True))
        await home.satellite_is((await satellite.greeted()).peer_id, muted=True)
        assert (await home.told(TurnHappened)).outcome == "not_understood"
        assert not satellite.all_told(Listening)[-1].listening


async def test_a_revoked_satellite_is_cut_off_in_mid_turn(tmp_path: Path) -> None:
    home = ScriptedHome()
    async with scripted_gateway(tmp_path, stages(home=home)) as gateway, gateway.satellite() as satellite:
        peer_id = (await satellite.greeted()).peer_id
        await satellite.hear(wake_word(), quiet(300), speech(300))
        await satellite.told(Listening)
        gateway.revoke(peer_id)
        await satellite.end()
        assert home.requests == []


async def test_a_satellite_that_connects_anew_takes_its_own_place(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as first:
        peer_id = (await first.greeted()).peer_id
        await home.satellite_is(peer_id, connected=True)
        async with gateway.satellite(peer_id) as second:
            await second.greeted()
            assert await first.end() == "replaced"
            await second.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
            await home.told(TurnHappened)
            assert second.pcm == ANSWER
            assert home.all_told(SatelliteChanged)[-1].connected
            assert len(home.all_told(TurnHappened)) == 1


async def test_a_satellite_that_never_says_what_it_played_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_device, "PROGRESS_S", 0.3)
    async with (
        scripted_gateway(tmp_path, replace(stages(), tts=LongWinded())) as gateway,
        gateway.satellite() as satellite,
    ):
        satellite.is_quick = False
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await satellite.end()
        assert satellite.received_bytes <= 65_536


async def test_a_satellite_that_never_drains_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_device, "DRAIN_S", 0.3)
    async with scripted_gateway(tmp_path) as gateway, gateway.satellite() as satellite:
        satellite.is_quick = False
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await satellite.end()
        assert satellite.all_told(Drain)


async def test_a_satellite_that_boasts_of_what_it_played_gains_nothing(tmp_path: Path) -> None:
    async with (
        scripted_gateway(tmp_path, replace(stages(), tts=LongWinded())) as gateway,
        gateway.satellite() as satellite,
    ):
        satellite.is_quick = False
        satellite.say(Played(bytes=2**50))
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await satellite.until(lambda: satellite.received_bytes > 65_536 - 8_192)
        await satellite.hear(quiet(100))
        assert satellite.received_bytes <= 65_536


async def test_a_broken_microphone_is_logged_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as satellite:
        peer_id = (await satellite.greeted()).peer_id
        satellite.say(SoundFailed(device="microphone"), SoundFailed(device="microphone"), SoundFailed(device="x\ny"))
        assert (await satellite.refused("malformed")).about == "sound_failed"
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await home.told(TurnHappened)
    assert [r.message for r in caplog.records if "does not work" in r.message] == [
        f"{peer_id}: its microphone does not work"
    ]


async def test_frames_that_nobody_takes_in_time_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    held = asyncio.Event()

    class Slow(ScriptedUnderstanding):
        async def sorry(self) -> str:
            await held.wait()
            return "sorry"

    slow = replace(stages(stt=ScriptedStt(recognized("turn on the"))), understanding=Slow())
    async with scripted_gateway(tmp_path, slow) as gateway, gateway.satellite() as satellite:
        peer_id = (await satellite.greeted()).peer_id
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await satellite.told(Listening)
        await satellite.hear(quiet(8_000))
        satellite.say(SoundFailed(device="?"))
        await satellite.refused("malformed")
    assert any(f"{peer_id}: " in r.message and "frames were dropped" in r.message for r in caplog.records)


@pytest.mark.parametrize("fault", [ModelError("scripted"), RuntimeError("what was said")])
async def test_a_satellite_without_models_is_told_and_what_went_wrong_is_logged_without_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted_gateway(tmp_path) as gateway:

        async def no_stages() -> None:
            raise fault

        monkeypatch.setattr(gateway.equipment, "stages", no_stages)
        async with gateway.satellite() as satellite:
            assert await satellite.end() == "internal"
    assert "conversation failed" in caplog.text
    assert "what was said" not in caplog.text


async def test_a_turn_is_one_line_in_the_log_without_a_word_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as satellite:
        peer_id = (await satellite.greeted()).peer_id
        await satellite.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await home.told(TurnHappened)
    turns = [record.message for record in caplog.records if "turn:" in record.message]
    assert len(turns) == 1
    assert turns[0].startswith(f"{peer_id}: turn: action; wake okay_nabu 0.90; intent HassTurnOn; first sound after ")
    assert "lamp" not in caplog.text.casefold()


async def test_frames_that_came_while_the_models_were_loaded_are_not_missed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = asyncio.Event()

    async def new_stages() -> Stages:
        await loaded.wait()
        return stages()

    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        monkeypatch.setattr(gateway.equipment, "stages", new_stages)
        async with gateway.satellite() as satellite:
            await satellite.hear(quiet(8_000), wake_word(), quiet(300), speech(900), quiet(1_000))
            satellite.say(SoundFailed(device="?"))
            await satellite.refused("malformed")  # all of it has arrived
            loaded.set()
            assert (await home.told(TurnHappened)).outcome == "action", "the last four seconds are heard"
    assert "dropped" not in caplog.text
