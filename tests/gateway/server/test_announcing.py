"""Announcements of a home over a real connection: texts, and sound files that arrive in pieces."""

from pathlib import Path

import pytest

from gateway.events import Sound
from gateway.server import announcing
from gateway.server.announcing import MOST_OPEN
from gateway.wire.peers import Role
from gateway.wire.voice_words import LARGEST_SOUND_FILE_BYTES, Announce, Announced, Drain
from tests.gateway.server.peers import ScriptedHome
from tests.gateway.server.scripted_gateway import NO_FILE, scripted_gateway

FILE = bytes(range(256)) * 100


async def announced(home: ScriptedHome, number: int) -> Announced:
    return await home.told(Announced, which=lambda told: told.id == number)


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


async def test_a_sound_file_is_played_as_it_was_sent(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.satellite() as satellite:
        await home.satellite_is((await satellite.greeted()).peer_id, connected=True)
        home.say(Announce(id=1, sound_bytes=len(FILE)))
        await home.channel.play(FILE)
        assert len((await announced(home, 1)).satellite_ids) == 1
        await satellite.told(Drain)
        assert satellite.sounds == [(48_000, bytearray(FILE))]


async def test_a_file_of_odd_length_is_filled_up_on_the_way_only(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        odd = NO_FILE + b"!"
        got: list[bytes] = []

        async def noted(content: bytes) -> Sound:
            got.append(content)
            return Sound(rate_hz=16_000, pcm=b"")

        object.__setattr__(gateway.server._services, "decode", noted)
        home.say(Announce(id=1, sound_bytes=len(odd)))
        await home.channel.play(odd + b"\0")
        await announced(home, 1)
        assert got == [odd]


@pytest.mark.parametrize(
    ("sent", "sound_bytes", "error"),
    [(NO_FILE, len(NO_FILE), "audio"), (bytes(102), 100, "too_large"), (bytes(102), 99, "too_large")],
    ids=["no sound file", "too long", "too long and odd"],
)
async def test_a_file_that_is_none_or_longer_than_announced_is_told(
    tmp_path: Path, sent: bytes, sound_bytes: int, error: str
) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Announce(id=1, sound_bytes=sound_bytes))
        await home.channel.play(sent)
        told = await announced(home, 1)
        assert (told.error, told.satellite_ids) == (error, ())
        home.say(Announce(id=2, text="x"))
        assert (await announced(home, 2)).error == "not_connected"


async def test_a_file_that_does_not_come_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing.Announcing.__init__, "__kwdefaults__", {"file_s": 0.1})
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Announce(id=1, sound_bytes=1_000))
        await home.channel.play(bytes(500))
        assert (await announced(home, 1)).error == "late"
        await home.channel.play(bytes(500))
        await home.refused("out_of_order")


async def test_announcements_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Announce(id=1), Announce(id=2, text="x", sound_bytes=2))
        await home.refused("malformed", 2)
        home.say(Announce(id=3, sound_bytes=100), Announce(id=4, sound_bytes=100))
        await home.refused("out_of_order")
        await home.say_raw(f'{{"type": "announce", "id": 5, "sound_bytes": {LARGEST_SOUND_FILE_BYTES + 1}}}')
        await home.refused("malformed", 3)


async def test_so_many_announcements_at_once_are_refused(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        gateway.pair(Role.SATELLITE)
        async with gateway.home() as home:
            raw = "x " * 2_000
            home.say(*(Announce(id=number, text=raw) for number in range(MOST_OPEN + 1)))
            assert (await home.refused("too_many")).about == "announce"
            for number in range(MOST_OPEN):
                assert (await announced(home, number)).error == "not_connected"


async def test_a_fault_of_ours_is_told_without_words(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:

        async def broken(_: bytes) -> None:
            raise RuntimeError("what is in the file")

        object.__setattr__(gateway.server._services, "decode", broken)
        home.say(Announce(id=1, sound_bytes=2))
        await home.channel.play(b"\0\0")
        told = await announced(home, 1)
        assert told.error == "internal"
        assert "what is" not in told.message
