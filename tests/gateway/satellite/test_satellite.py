"""The satellite against a scripted gateway over real TLS on loopback; microphone and speaker are scripted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from msgspec import structs

from gateway.audio import frames, level_dbfs
from gateway.chimes import wake_chime
from gateway.errors import AudioError, ConfigError, TrustError, VoiceError
from gateway.satellite import session as session_module
from gateway.satellite.satellite import LONGEST_PAUSE_S, Pauses, Satellite
from gateway.wire.identity import load_or_create_identity
from gateway.wire.messages import Message, Refused
from gateway.wire.voice_words import (
    SPEECH_AHEAD_BYTES,
    Chime,
    Drain,
    Drained,
    Listening,
    Mute,
    Muted,
    Played,
    Silence,
    SoundBegin,
    SoundFailed,
)
from tests.gateway.satellite.scripted_gateway import SOON_S, ScriptedGateway, ScriptedSession, scripted_gateway
from tests.gateway.satellite.scripted_sound import BROKEN, ScriptedMicrophone, ScriptedSpeaker, frame


@dataclass
class NotedSign:
    """What people would have seen, in order."""

    seen: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    errors: list[VoiceError] = field(default_factory=list)

    def connected(self, *, again: bool) -> None:
        self.seen.put_nowait("connected again" if again else "connected")

    def lost(self, error: VoiceError) -> None:
        self.errors.append(error)
        self.seen.put_nowait("lost")

    def muted(self, is_muted: bool) -> None:
        self.seen.put_nowait("muted" if is_muted else "unmuted")

    def listening(self, is_listening: bool) -> None:
        self.seen.put_nowait("listening" if is_listening else "waiting")

    def sound(self, device: str, error: AudioError | None) -> None:
        self.seen.put_nowait(f"{device} {'works' if error is None else 'failed'}")

    async def until(self, wanted: str) -> list[str]:
        """Return what was seen before `wanted`."""
        before = []
        async with asyncio.timeout(SOON_S):
            while (seen := await self.seen.get()) != wanted:
                before.append(seen)
        return before


class NotedSleep:
    """Sleeps not at all, unless a test wants to look around; notes how long it should have been."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self.may_go = asyncio.Event()
        self.may_go.set()
        self._slept = asyncio.Condition()

    async def __call__(self, seconds: float) -> None:
        async with self._slept:
            self.sleeps.append(seconds)
            self._slept.notify_all()
        await self.may_go.wait()
        await asyncio.sleep(0)

    async def times(self, count: int) -> None:
        """Return when somebody has slept, or wants to, that often."""
        async with asyncio.timeout(SOON_S), self._slept:
            await self._slept.wait_for(lambda: len(self.sleeps) >= count)


class House:
    """A gateway, and a satellite of its."""

    def __init__(self, gateway: ScriptedGateway) -> None:
        self.gateway = gateway
        self.microphone, self.speaker = ScriptedMicrophone(), ScriptedSpeaker()
        self.sign, self.sleep = NotedSign(), NotedSleep()
        self.now_s = 0.0
        self.replies = 0

    def satellite(self, *, is_muted: bool = False) -> Satellite:
        return Satellite(
            self.gateway.known,
            self.microphone.open,
            self.speaker.open,
            self.sign,
            is_muted=is_muted,
            heard=self._heard,
            pauses=Pauses(sleep=self.sleep, uniform=lambda _, most_s: most_s, clock=lambda: self.now_s),
        )

    def _heard(self) -> None:
        self.replies += 1

    @asynccontextmanager
    async def running(self, satellite: Satellite) -> AsyncIterator[asyncio.Task[None]]:
        """Run a satellite during the block; it must not have ended by itself."""
        task = asyncio.create_task(satellite.run())
        try:
            yield task
            assert not task.done(), task
        finally:
            task.cancel()
            async with asyncio.timeout(2):
                await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def connected(self, *, is_muted: bool = False) -> AsyncIterator[tuple[Satellite, ScriptedSession]]:
        """Run a satellite that is connected."""
        satellite = self.satellite(is_muted=is_muted)
        async with self.running(satellite):
            session = await self.gateway.session()
            assert await session.next(Muted) == Muted(muted=is_muted)
            yield satellite, session

    async def ends(self) -> VoiceError:
        """Run a satellite until it gives up, and return why."""
        with pytest.raises(VoiceError) as ended:
            await asyncio.wait_for(self.satellite().run(), SOON_S)
        return ended.value


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with scripted_gateway(tmp_path) as gateway:
        yield House(gateway)


async def test_what_the_microphone_hears_arrives_frame_by_frame(house: House) -> None:
    async with house.connected() as (_, session):
        for number in range(50):
            house.microphone.hears.put_nowait(frame(number))
        assert [await session.frame() for _ in range(50)] == [frame(number) for number in range(50)]


async def test_chime_and_reply_are_heard_whole_and_in_order(house: House) -> None:
    reply = bytes(range(256)) * 200
    async with house.connected() as (_, session):
        session.say(Listening(listening=True), Chime(), Drain(id=1))
        await session.until(Drained(id=1))
        assert bytes(house.speaker.heard) == wake_chime().pcm
        session.say(SoundBegin(rate_hz=22_050))
        await session.channel.play(reply)
        session.say(Drain(id=2))
        before = await session.until(Drained(id=2))
        assert before[-1] == Played(bytes=len(reply))
        assert bytes(house.speaker.heard) == wake_chime().pcm + reply
        assert house.replies == 1
        session.say(Listening(listening=False))
        assert await house.sign.until("waiting") == ["unmuted", "connected", "listening"]


async def test_the_chime_is_taken_out_of_what_the_microphone_hears(house: House) -> None:
    chime = wake_chime().pcm
    async with house.connected() as (_, session):
        session.say(Chime(), Drain(id=1))
        await session.until(Drained(id=1))
        for piece in frames(chime):
            house.microphone.hears.put_nowait(piece)
        sent = b"".join([await session.frame() for _ in frames(chime)])
        assert level_dbfs(sent) < level_dbfs(chime) - 20


async def test_silence_stops_a_write_that_is_under_way(house: House) -> None:
    house.speaker.may_play.clear()
    async with house.connected() as (_, session):
        session.say(SoundBegin(rate_hz=16_000))
        await session.channel.play(bytes(40_000))
        session.say(Drain(id=1), Drain(id=2))
        await house.speaker.is_writing.wait()
        session.say(Silence())
        assert await session.until(Drained(id=1)) == [Played(bytes=40_000)]
        assert await session.until(Drained(id=2)) == []
        assert house.speaker.did == ["silence"]
        assert (bytes(house.speaker.heard), house.replies) == (b"", 0)


async def test_after_silence_the_next_reply_is_heard(house: House) -> None:
    async with house.connected() as (_, session):
        session.say(Silence(), SoundBegin(rate_hz=16_000))
        await session.channel.play(b"\1\0" * 50)
        session.say(Drain(id=1))
        await session.until(Drained(id=1))
        assert bytes(house.speaker.heard) == b"\1\0" * 50


async def test_more_sound_than_a_satellite_keeps_ends_the_connection(house: House) -> None:
    house.speaker.may_play.clear()
    async with house.connected() as (_, session):
        session.say(SoundBegin(rate_hz=16_000))
        await session.channel.play(bytes(SPEECH_AHEAD_BYTES + 2))
        async with asyncio.timeout(SOON_S):
            await session.has_ended.wait()
        assert session.channel.told == "too_much"
        assert await house.sign.until("lost") == ["unmuted", "connected", "waiting"]
        again = await house.gateway.session()
        assert await again.next(Muted) == Muted(muted=False)


async def test_muted_by_its_button_it_sends_nothing_and_says_so(house: House) -> None:
    async with house.connected() as (satellite, session):
        satellite.toggle_mute()
        assert await session.next(Muted) == Muted(muted=True)
        house.microphone.hears.put_nowait(frame(1))
        await _was_heard(house)
        satellite.toggle_mute()
        assert await session.next(Muted) == Muted(muted=False)
        house.microphone.hears.put_nowait(frame(2))
        assert await session.frame() == frame(2)
        assert await house.sign.until("muted") == ["unmuted", "connected"]
        await house.sign.until("unmuted")


async def test_muted_by_the_gateway_it_sends_nothing_and_answers(house: House) -> None:
    async with house.connected() as (satellite, session):
        session.say(Mute(muted=True))
        assert await session.next(Muted) == Muted(muted=True)
        assert satellite.is_muted
        house.microphone.hears.put_nowait(frame(1))
        await _was_heard(house)
        session.say(Mute(muted=False))
        assert await session.next(Muted) == Muted(muted=False)
        house.microphone.hears.put_nowait(frame(2))
        assert await session.frame() == frame(2)


async def test_one_that_begins_muted_tells_the_gateway_so(house: House) -> None:
    async with house.connected(is_muted=True) as (_, session):
        house.microphone.hears.put_nowait(frame(1))
        await _was_heard(house)
        assert session.frames.empty()


async def test_mute_outlives_the_connection(house: House) -> None:
    async with house.connected() as (satellite, session):
        satellite.set_muted(True)
        session.channel.cut("test")
        again = await house.gateway.session()
        assert await again.next(Muted) == Muted(muted=True)


async def test_what_is_heard_without_a_gateway_is_thrown_away(house: House) -> None:
    house.sleep.may_go.clear()
    async with house.connected() as (_, session):
        session.channel.cut("test")
        await house.sleep.times(1)
        for number in range(200):
            house.microphone.hears.put_nowait(frame(number))
        await _was_heard(house)
        house.sleep.may_go.set()
        again = await house.gateway.session()
        await again.next(Muted)
        house.microphone.hears.put_nowait(frame(201))
        assert await again.frame() == frame(201)
        assert house.microphone.opened == 1, "it stays open"


async def test_a_gateway_that_comes_back_is_found_again_and_told_of_once(house: House) -> None:
    async with house.connected() as (_, session):
        port = house.gateway.listener.port
        session.channel.cut("test")
        await house.gateway.listener.close()
        await house.sleep.times(8)
        house.gateway.start(port)
        again = await house.gateway.session()
        await again.next(Muted)
        assert house.sleep.sleeps[:6] == [0.5, 1.0, 2.0, 4.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
        seen = await house.sign.until("connected again")
        assert seen == ["unmuted", "connected", "waiting", "lost"], "not once for each try"


async def test_a_gateway_that_is_not_there_yet_is_waited_for(house: House) -> None:
    port = house.gateway.listener.port
    await house.gateway.listener.close()
    async with house.running(house.satellite()):
        await house.sign.until("lost")
        assert "is not reached" in str(house.sign.errors[0])
        house.gateway.start(port)
        await house.gateway.session()
        await house.sign.until("connected again")


async def test_after_a_connection_that_lasted_it_tries_again_soon(house: House) -> None:
    async with house.connected() as (_, session):
        for _ in range(3):
            house.now_s += LONGEST_PAUSE_S + 1
            session.channel.cut("test")
            session = await house.gateway.session()
        assert house.sleep.sleeps == [0.5, 0.5, 0.5]


async def test_a_gateway_that_ends_every_connection_is_asked_less_and_less(house: House) -> None:
    async with house.connected() as (_, session):
        for _ in range(3):
            session.channel.cut("test")
            session = await house.gateway.session()
        assert house.sleep.sleeps == [0.5, 1.0, 2.0]


async def test_satellites_do_not_all_come_back_at_the_same_time() -> None:
    sleep = NotedSleep()
    for number in range(50):
        await Pauses(sleep=sleep).before_try(number % 8)
    assert all(0 <= pause_s <= LONGEST_PAUSE_S for pause_s in sleep.sleeps)
    assert len(set(sleep.sleeps)) == 50
    assert min(sleep.sleeps) < 0.5
    assert max(sleep.sleeps) > 2


async def test_what_was_not_yet_heard_when_the_gateway_went_is_not_played_later(house: House) -> None:
    house.speaker.may_play.clear()
    async with house.connected() as (_, session):
        session.say(SoundBegin(rate_hz=16_000))
        await session.channel.play(bytes(30_000))
        await house.speaker.is_writing.wait()
        session.channel.cut("test")
        async with asyncio.timeout(SOON_S):
            await house.speaker.silenced.wait()
        house.speaker.may_play.set()
        again = await house.gateway.session()
        again.say(Drain(id=1))
        assert await again.until(Drained(id=1)) == [Muted(muted=False)]
        assert bytes(house.speaker.heard) == b""


async def test_another_gateway_in_its_place_is_told_nothing(house: House, tmp_path: Path) -> None:
    other = load_or_create_identity(tmp_path / "other" / "voice.pem").fingerprint
    house.gateway.known = replace(house.gateway.known, voice_pin=other)
    error = await house.ends()
    assert isinstance(error, TrustError)
    assert "is not the gateway this device was paired with" in str(error)
    assert house.gateway.requests == 0


async def test_a_token_that_is_revoked_ends_it(house: House) -> None:
    satellite = house.satellite()
    running = asyncio.create_task(satellite.run())
    await house.gateway.session()
    house.gateway.admission.replace_peers([])
    with pytest.raises(TrustError, match="knows it no more; pair it again"):
        await asyncio.wait_for(running, SOON_S)


async def test_a_second_program_with_the_same_pairing_is_named(house: House) -> None:
    running = asyncio.create_task(house.satellite().run())
    session = await house.gateway.session()
    await session.channel.close("replaced")
    with pytest.raises(ConfigError, match="from another program; end one of the two"):
        await asyncio.wait_for(running, SOON_S)


async def test_a_gateway_that_stops_says_so(house: House) -> None:
    async with house.connected() as (_, session):
        await session.channel.close("stopping")
        await house.sign.until("lost")
        assert str(house.sign.errors[0]) == "the gateway ended the connection: it was stopped"


@pytest.mark.parametrize("answer", ["another version", "refused", "strange"])
async def test_a_gateway_of_another_version_is_tried_again_later(house: House, answer: str) -> None:
    assert house.gateway.greeting is not None
    greetings: dict[str, Message] = {
        "another version": structs.replace(house.gateway.greeting, protocol=2),
        "refused": Refused(code="wrong_version", message="update"),
        "strange": Listening(listening=True),
    }
    house.gateway.greeting = greetings[answer]
    async with house.running(house.satellite()):
        await house.sign.until("lost")
        assert "another version of the protocol; update the older" in str(house.sign.errors[0])
        assert house.sign.seen.empty(), "never connected"


async def test_a_gateway_that_does_not_greet_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "GREETING_S", 0.01)
    house.gateway.greeting = None
    async with house.running(house.satellite()):
        await house.sign.until("lost")
        assert "did not greet within" in str(house.sign.errors[0])


async def test_a_gateway_that_ends_before_it_greets_says_why(house: House) -> None:
    house.gateway.greeting = None
    async with house.running(house.satellite()):
        session = await house.gateway.session()
        await session.channel.close("wrong_version")
        await house.sign.until("lost")
        assert "another version of the protocol" in str(house.sign.errors[0])


async def test_messages_of_a_newer_gateway_are_passed_over(house: House) -> None:
    async with house.connected() as (_, session):
        session.say(Refused(code="not_allowed", message="no", about="dance"))
        session.say(Drain(id=1))
        assert await session.until(Drained(id=1)) == []


async def test_a_microphone_that_fails_is_reported_and_the_connection_stays(house: House) -> None:
    async with house.connected() as (_, session):
        house.microphone.faults = [BROKEN]
        house.microphone.hears.put_nowait(BROKEN)
        assert await session.next(SoundFailed) == SoundFailed(device="microphone")
        await house.sign.until("microphone failed")
        session.say(Drain(id=1))
        await session.until(Drained(id=1))


async def test_a_gateway_is_told_at_once_of_a_microphone_that_does_not_work(house: House) -> None:
    async with house.connected() as (_, session):
        house.microphone.hears.put_nowait(BROKEN)
        await house.sign.until("microphone failed")
        session.channel.cut("test")
        again = await house.gateway.session()
        assert await again.until(SoundFailed(device="microphone")) == [Muted(muted=False)]


async def test_a_speaker_that_fails_is_reported_and_nothing_waits_for_it(house: House) -> None:
    house.speaker.fault = BROKEN
    async with house.connected() as (_, session):
        session.say(SoundBegin(rate_hz=16_000))
        await session.channel.play(bytes(20_000))
        session.say(Drain(id=1))
        before = await session.until(Drained(id=1))
        assert SoundFailed(device="speaker") in before
        assert before[-1] == Played(bytes=20_000)
        await house.sign.until("speaker failed")


async def test_without_a_microphone_at_the_beginning_nothing_is_dialled(house: House) -> None:
    house.microphone.faults = [BROKEN]
    assert await house.ends() is BROKEN
    assert house.gateway.requests == 0


async def test_ended_while_it_speaks_it_is_silent(house: House) -> None:
    house.speaker.may_play.clear()
    async with house.connected() as (_, session):
        session.say(SoundBegin(rate_hz=16_000))
        await session.channel.play(bytes(30_000))
        await house.speaker.is_writing.wait()
    assert house.speaker.did == ["silence"]
    assert house.microphone.closed == 1


async def _was_heard(house: House) -> None:
    """Return when the satellite has taken everything from the microphone, and done with it what it does."""
    async with asyncio.timeout(SOON_S):
        await house.microphone.hears.join()
