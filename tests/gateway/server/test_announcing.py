"""Announcements of a home over a real connection: texts, sound files that come in pieces, and what becomes of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.events import Sound
from gateway.server import announcing, followed
from gateway.server.announcing import MOST_FILES, MOST_OPEN
from gateway.timers import TimerFinished
from gateway.turn.stages import Stages
from gateway.wire.peers import Role
from gateway.wire.request_words import Forget
from gateway.wire.voice_words import (
    LARGEST_SOUND_FILE_BYTES,
    Announce,
    Announced,
    AnnounceOver,
    Answered,
    Drain,
    MuteSatellite,
    SatelliteChanged,
    Silence,
)
from tests.fakes import ScriptedStt, recognized, speech, stages
from tests.gateway.server.peers import ScriptedHome, ScriptedSatellite
from tests.gateway.server.scripted_gateway import NO_FILE, ScriptedGateway, scripted_gateway

FILE = bytes(range(256)) * 100

type Kitchen = tuple[ScriptedGateway, ScriptedHome, ScriptedSatellite, str]
"""The satellite's id is last."""


async def announced(home: ScriptedHome, number: int) -> Announced:
    return await home.told(Announced, which=lambda told: told.id == number)


async def over(home: ScriptedHome, number: int) -> AnnounceOver:
    return await home.told(AnnounceOver, which=lambda told: told.id == number)


@asynccontextmanager
async def kitchen(folder: Path, *scripted: Stages) -> AsyncIterator[Kitchen]:
    """Have a home and one satellite connected, which plays when the test says so."""
    async with scripted_gateway(folder, *scripted) as gateway, gateway.home() as home:
        satellite_id = gateway.pair(Role.SATELLITE)
        async with gateway.satellite(satellite_id) as satellite:
            satellite.is_quick = False
            await home.satellite_is(satellite_id, connected=True)
            yield gateway, home, satellite, satellite_id


async def test_a_text_is_spoken_where_it_is_wanted_and_only_there(tmp_path: Path) -> None:
    async with (
        scripted_gateway(tmp_path) as gateway,
        gateway.home() as home,
        gateway.satellite() as first,
        gateway.satellite() as second,
    ):
        first_id, second_id = (await first.greeted()).peer_id, (await second.greeted()).peer_id
        await home.satellite_is(first_id, connected=True)
        await home.satellite_is(second_id, connected=True)
        home.say(Announce(id=1, text="the washing is done", satellite_ids=(second_id, "nobody")))
        assert (await announced(home, 1)).satellite_ids == (second_id,)
        await second.told(Drain)
        assert second.pcm.startswith(b"the\0")
        home.say(Announce(id=2, text="everybody"))
        assert set((await announced(home, 2)).satellite_ids) == {first_id, second_id}
        await first.told(Drain)
        assert first.pcm.startswith(b"everybody")


async def test_an_announcement_is_over_when_it_was_heard_everywhere(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (gateway, home, first, _), gateway.satellite() as second:
        await home.satellite_is((await second.greeted()).peer_id, connected=True)
        home.say(Announce(id=1, text="dinner"))
        await announced(home, 1)
        await second.told(Drain)
        await first.told(Drain)
        home.say(Announce(id=2, text="nobody", satellite_ids=("nobody",)))
        await announced(home, 2)
        assert not home.all_told(AnnounceOver), "one of them still plays"
        first.play()
        await over(home, 1)


async def test_an_announcement_that_somebody_cuts_short_is_over(tmp_path: Path) -> None:
    stops = stages(stt=ScriptedStt(recognized("stop"), stop_after=1))
    async with kitchen(tmp_path, stops) as (_, home, satellite, _):
        home.say(Announce(id=1, sound_bytes=len(FILE)))
        await home.send_sound(1, [FILE])
        await satellite.until(lambda: satellite.received_bytes > 0)
        await satellite.hear(speech(500))
        await over(home, 1)
        assert satellite.all_told(Silence)


async def test_an_announcement_at_a_satellite_that_goes_is_over(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (gateway, home, satellite, satellite_id):
        home.say(Announce(id=1, text="dinner"))
        await satellite.told(Drain)
        home.say(Announce(id=2, text="later", satellite_ids=(satellite_id,), then="answer"))
        await announced(home, 2)
        gateway.revoke(satellite_id)
        await over(home, 1)
        assert (await home.told(Answered)).text == "", "what still waited for its turn is answered, too"


async def test_an_announcement_that_waits_too_long_is_said_to_be_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "WAIT_S", 0.2)
    monkeypatch.setattr(followed, "ANSWER_S", 0.2)
    async with kitchen(tmp_path) as (gateway, home, satellite, satellite_id):
        gateway.server.timer_finished(
            TimerFinished(name=None, command=None, satellite_id=satellite_id, area_id=None, duration_s=5)
        )
        await satellite.until(lambda: satellite.received_bytes > 0)
        home.say(Announce(id=1, text="dinner", satellite_ids=(satellite_id,), then="answer"))
        await over(home, 1)
        assert (await home.told(Answered)).text == ""


async def test_a_sound_file_is_played_as_it_was_sent(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as satellite:
        await home.satellite_is((await satellite.greeted()).peer_id, connected=True)
        home.say(Announce(id=1, sound_bytes=len(FILE)))
        await home.send_sound(1, [FILE])
        assert len((await announced(home, 1)).satellite_ids) == 1
        await over(home, 1)
        assert satellite.sounds == [(48_000, bytearray(FILE))]


async def test_several_files_may_be_on_their_way_and_are_told_apart(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, satellite, _):
        satellite.is_quick = True
        home.say(Announce(id=7, sound_bytes=4), Announce(id=8, sound_bytes=4))
        await home.send_sound(7, [b"7."], is_over=False)
        await home.send_sound(8, [b"8.8."])
        await over(home, 8)
        await home.send_sound(7, [b"7."])
        await over(home, 7)
        assert satellite.pcm == b"8.8.7.7."


async def test_a_file_of_odd_length_is_filled_up_on_the_way_only(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        odd = NO_FILE + b"!"
        got: list[bytes] = []

        async def noted(content: bytes) -> Sound:
            got.append(content)
            return Sound(rate_hz=16_000, pcm=b"")

        object.__setattr__(gateway.server._services, "decode", noted)
        home.say(Announce(id=1, sound_bytes=len(odd)))
        await home.send_sound(1, [odd + b"\0"])
        await announced(home, 1)
        assert got == [odd]


@pytest.mark.parametrize(
    ("sent", "sound_bytes", "error"),
    [
        (NO_FILE, len(NO_FILE), "audio"),
        (bytes(102), 100, "too_large"),
        (bytes(102), 99, "too_large"),
        (bytes(98), 100, "malformed"),
    ],
    ids=["no sound file", "too long", "too long and odd", "too short"],
)
async def test_a_file_that_is_none_or_not_as_announced_is_told(
    tmp_path: Path, sent: bytes, sound_bytes: int, error: str
) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Announce(id=1, sound_bytes=sound_bytes))
        await home.send_sound(1, [sent])
        told = await announced(home, 1)
        assert (told.error, told.satellite_ids) == (error, ())
        home.say(Announce(id=2, text="x"))
        assert (await announced(home, 2)).error == "not_connected"


async def test_a_file_that_does_not_come_is_late_and_what_then_comes_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing.Announcing.__init__, "__kwdefaults__", {"file_s": 0.1})
    async with kitchen(tmp_path) as (_, home, _, _):
        home.say(Announce(id=1, sound_bytes=1_000))
        await home.send_sound(1, [bytes(500)], is_over=False)
        assert (await announced(home, 1)).error == "late"
        await home.send_sound(1, [bytes(500)])
        home.say(Announce(id=2, text="x"))
        await announced(home, 2)
        assert len(home.all_told(Announced)) == 2


async def test_announcements_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, _, satellite_id):
        here = (satellite_id,)
        home.say(
            Announce(id=1),
            Announce(id=2, text="x", sound_bytes=2),
            Announce(id=3, text="x", then="dance", satellite_ids=here),
            Announce(id=4, text="x", then="listen"),
            Announce(id=5, then="answer", satellite_ids=(satellite_id, "nobody")),
        )
        await home.refused("malformed", 5)
        home.say(Announce(id=6, sound_bytes=100), Announce(id=6, sound_bytes=100))
        await home.refused("out_of_order")
        await home.say_raw(f'{{"type": "announce", "id": 7, "sound_bytes": {LARGEST_SOUND_FILE_BYTES + 1}}}')
        await home.refused("malformed", 6)
        assert home.all_told(Announced) == []


async def test_so_many_files_at_once_are_refused(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(*(Announce(id=number, sound_bytes=2) for number in range(1, MOST_FILES + 2)))
        told = await home.told(Announced)
        assert (told.id, told.error) == (MOST_FILES + 1, "too_many")


async def test_so_many_announcements_at_once_are_refused(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, _, _):
        home.say(*(Announce(id=number, text="x") for number in range(1, MOST_OPEN + 2)))
        await home.told(Announced, MOST_OPEN + 1)
        errors = {told.id: told.error for told in home.all_told(Announced) if told.error}
        assert errors == {MOST_OPEN + 1: "too_many"}


async def test_a_fault_of_ours_is_told_without_words(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:

        async def broken(_: bytes) -> None:
            raise RuntimeError("what is in the file")

        object.__setattr__(gateway.server._services, "decode", broken)
        home.say(Announce(id=1, sound_bytes=2))
        await home.send_sound(1, [b"\0\0"])
        told = await announced(home, 1)
        assert told.error == "internal"
        assert "what is" not in told.message


async def test_a_satellite_that_goes_while_a_file_is_decoded_is_told(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        decoding, may_go_on = asyncio.Event(), asyncio.Event()

        async def slow(content: bytes) -> Sound:
            decoding.set()
            await may_go_on.wait()
            return Sound(rate_hz=16_000, pcm=content)

        object.__setattr__(gateway.server._services, "decode", slow)
        async with gateway.satellite() as satellite:
            satellite_id = (await satellite.greeted()).peer_id
            await home.satellite_is(satellite_id, connected=True)
            home.say(Announce(id=1, sound_bytes=2))
            await home.send_sound(1, [b"\0\0"])
            await decoding.wait()
        await home.until(lambda: not home.all_told(SatelliteChanged)[-1].connected)
        may_go_on.set()
        assert (await announced(home, 1)).error == "not_connected"


async def test_an_announcement_that_is_forgotten_is_not_told_of_any_more(tmp_path: Path) -> None:
    async with kitchen(tmp_path) as (_, home, satellite, satellite_id):
        home.say(Announce(id=1, text="question", satellite_ids=(satellite_id,), then="answer"))
        home.say(Announce(id=2, sound_bytes=4))
        await satellite.told(Drain)
        home.say(Forget(id=1), Forget(id=2), Forget(id=3))
        await home.send_sound(2, [bytes(4)])
        home.say(MuteSatellite(satellite_id="nobody", muted=True))
        await home.refused("not_connected")
        satellite.is_quick = True
        satellite.play()
        home.say(Announce(id=4, text="x"))
        await over(home, 4)
        assert [told.id for told in home.all_told(Announced)] == [1, 4]
        assert [told.id for told in home.all_told(AnnounceOver)] == [4]
        assert home.all_told(Answered) == []
