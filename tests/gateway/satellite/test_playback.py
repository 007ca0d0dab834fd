import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from gateway.errors import AudioError, ProtocolError
from gateway.satellite import playback as playback_module
from gateway.satellite.alsa import AplaySpeaker
from gateway.satellite.local_device import LocalDevice
from gateway.satellite.playback import MOST_QUEUED, RETRY_S, Playback
from gateway.satellite.side_by_side import until_first
from gateway.satellite.speaker import open_speaker
from gateway.wire.messages import Message
from gateway.wire.voice_words import SPEECH_AHEAD_BYTES, Drained, Played, SoundFailed
from tests.gateway.satellite.children import children
from tests.gateway.satellite.scripted_sound import BROKEN, ScriptedMicrophone, ScriptedSpeaker
from tests.soundcard import SoundCard, tone

SOON_S = 5.0
RATE_HZ = 16_000
PIECE_BYTES = RATE_HZ // 10 * 2


@dataclass
class Bench:
    """A playback at work, and what it says."""

    speaker: ScriptedSpeaker = field(default_factory=ScriptedSpeaker)
    said: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    changes: list[AudioError | None] = field(default_factory=list)
    now_s: float = 100.0
    replies: int = 0

    def __post_init__(self) -> None:
        self.playback = Playback(
            self.speaker,
            self.said.put_nowait,
            changed=self.changes.append,
            heard=self._heard,
            clock=lambda: self.now_s,
        )
        self.playback.begin(RATE_HZ)

    def _heard(self) -> None:
        self.replies += 1

    async def until(self, wanted: Message) -> list[Message]:
        """Return what is said before `wanted`."""
        before = []
        async with asyncio.timeout(SOON_S):
            while (said := await self.said.get()) != wanted:
                before.append(said)
        return before


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    playing = asyncio.create_task(until_first(made.playback.run(), made.playback.report()))
    yield made
    playing.cancel()
    assert isinstance((await asyncio.gather(playing, return_exceptions=True))[0], asyncio.CancelledError)
    assert made.speaker.did[-1] == "silence"


async def test_sound_is_heard_in_order_and_acknowledged_to_its_last_byte(bench: Bench) -> None:
    first, second = bytes([1]) * 8_000, bytes([2]) * 8_000
    bench.playback.take(first)
    bench.playback.take(second)
    bench.playback.drain(7)
    before = await bench.until(Drained(id=7))
    assert bytes(bench.speaker.heard) == first + second
    assert before[-1] == Played(bytes=16_000)
    assert bench.replies == 1


async def test_each_stretch_is_played_at_its_own_rate(bench: Bench) -> None:
    bench.playback.take(bytes(100))
    bench.playback.begin(22_050)
    bench.playback.take(bytes(100))
    bench.playback.drain(1)
    await bench.until(Drained(id=1))
    assert bench.speaker.rates_hz == [16_000, 22_050]


async def test_the_speaker_gets_a_tenth_of_a_second_at_a_time(bench: Bench) -> None:
    bench.speaker.may_play.clear()
    bench.playback.take(bytes(2 * PIECE_BYTES + 10))
    bench.playback.drain(1)
    bench.speaker.may_play.set()
    await bench.until(Drained(id=1))
    assert bench.speaker.did == ["write", "write", "write", "drain"]


async def test_the_chime_is_played_in_its_turn_and_counts_for_nothing(bench: Bench) -> None:
    bench.playback.take(bytes(100))
    bench.playback.chime()
    bench.playback.drain(1)
    assert await bench.until(Drained(id=1)) == [Played(bytes=100)]
    assert bench.speaker.did == ["write", "chime", "drain"]


async def test_a_chime_alone_is_no_reply(bench: Bench) -> None:
    bench.playback.chime()
    bench.playback.drain(1)
    assert await bench.until(Drained(id=1)) == []
    assert bench.replies == 0


async def test_while_it_plays_it_says_how_far_it_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback_module, "REPORT_S", 0.0)
    bench.playback.take(bytes(10 * PIECE_BYTES))
    before = await bench.until(Played(bytes=10 * PIECE_BYTES))
    assert len(before) >= 5
    assert [said.bytes for said in before if isinstance(said, Played)] == sorted(
        {said.bytes for said in before if isinstance(said, Played)}
    )


async def test_silence_ends_a_write_that_is_under_way_and_answers_every_drain(bench: Bench) -> None:
    bench.speaker.may_play.clear()
    bench.playback.take(bytes(10_000))
    bench.playback.drain(1)
    bench.playback.take(bytes(6_000))
    bench.playback.chime()
    bench.playback.drain(2)
    await bench.speaker.is_writing.wait()
    await bench.playback.silence()
    assert await bench.until(Drained(id=1)) == [Played(bytes=16_000)]
    assert await bench.until(Drained(id=2)) == []
    assert bench.speaker.did == ["silence"]
    assert (bytes(bench.speaker.heard), bench.replies) == (b"", 0)


async def test_after_silence_it_plays_on(bench: Bench) -> None:
    await bench.playback.silence()
    bench.playback.take(b"\1\0")
    bench.playback.drain(1)
    await bench.until(Drained(id=1))
    assert bytes(bench.speaker.heard) == b"\1\0"


async def test_silence_with_nothing_to_forget_is_only_silence(bench: Bench) -> None:
    await bench.playback.silence()
    assert bench.said.empty()
    assert bench.speaker.did == ["silence"]


async def test_what_a_satellite_keeps_is_bounded(bench: Bench) -> None:
    bench.speaker.may_play.clear()
    for _ in range(SPEECH_AHEAD_BYTES // 8_192):
        bench.playback.take(bytes(8_192))
    with pytest.raises(ProtocolError, match="not yet played") as error:
        bench.playback.take(bytes(2))
    assert error.value.refusal == "too_much"


async def test_what_was_played_makes_room(bench: Bench) -> None:
    for number in range(3):
        for _ in range(SPEECH_AHEAD_BYTES // 8_192):
            bench.playback.take(bytes(8_192))
        bench.playback.drain(number)
        await bench.until(Drained(id=number))
    assert len(bench.speaker.heard) == 3 * SPEECH_AHEAD_BYTES


async def test_drains_without_end_are_an_error(bench: Bench) -> None:
    for number in range(MOST_QUEUED):
        bench.playback.drain(number)
    with pytest.raises(ProtocolError, match="things to be played"):
        bench.playback.drain(MOST_QUEUED)


async def test_sound_without_a_rate_is_an_error() -> None:
    playback = Playback(ScriptedSpeaker(), lambda _: None)
    with pytest.raises(ProtocolError) as error:
        playback.take(bytes(2))
    assert error.value.refusal == "out_of_order"


async def test_a_speaker_that_fails_is_reported_and_what_it_is_told_forgotten(bench: Bench) -> None:
    bench.speaker.fault = BROKEN
    bench.playback.take(bytes(5_000))
    bench.playback.drain(1)
    assert await bench.until(Drained(id=1)) == [SoundFailed(device="speaker"), Played(bytes=5_000)]
    bench.playback.chime()
    bench.playback.drain(2)
    assert await bench.until(Drained(id=2)) == [], "not tried again, and not complained about again"
    assert (bench.changes, bench.replies) == ([BROKEN], 0)


async def test_a_speaker_that_failed_is_tried_again_later(bench: Bench) -> None:
    bench.speaker.fault = BROKEN
    bench.playback.take(bytes(100))
    bench.playback.drain(1)
    await bench.until(Drained(id=1))
    bench.speaker.fault = None
    bench.now_s += RETRY_S
    bench.playback.take(b"\1\0")
    bench.playback.drain(2)
    await bench.until(Drained(id=2))
    assert bytes(bench.speaker.heard) == b"\1\0"
    assert bench.changes == [BROKEN, None]


async def test_a_speaker_that_cannot_even_be_silenced_ends_nothing(bench: Bench) -> None:
    bench.speaker.fault = BROKEN
    bench.playback.drain(1)
    await bench.playback.silence()
    await bench.until(Drained(id=1))


async def test_a_fault_of_ours_is_not_hidden() -> None:
    class Faulty(ScriptedSpeaker):
        async def chime(self) -> None:
            raise ZeroDivisionError

    playback = Playback(Faulty(), lambda _: None)
    playback.chime()
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(playback.run(), SOON_S)


@pytest.mark.parametrize(("length_s", "played_bytes"), [(2.0, 6_400), (0.5, 16_000)], ids=["writing", "draining"])
@pytest.mark.parametrize("program", ["any", "aplay"])
async def test_a_real_speaker_is_silent_at_once(
    soundcard: SoundCard, length_s: float, played_bytes: int, program: str, state: Callable[[str], None]
) -> None:
    said: asyncio.Queue[Message] = asyncio.Queue()
    with soundcard.recorded_from_speaker() as heard:
        async with open_speaker() as found:
            speaker = AplaySpeaker(None) if program == "aplay" else found
            playback = Playback(LocalDevice(ScriptedMicrophone(), speaker, lambda _: None), said.put_nowait)
            playing = asyncio.create_task(until_first(playback.run(), playback.report()))
            playback.begin(RATE_HZ)
            sound = tone(440, seconds=length_s)
            for start in range(0, len(sound), 8_000):
                playback.take(sound[start : start + 8_000])
            playback.drain(1)
            await heard.wait_for_sound()
            async with asyncio.timeout(SOON_S):
                while not (isinstance(played := await said.get(), Played) and played.bytes >= played_bytes):
                    pass
            silenced_s = time.monotonic()
            await playback.silence()
            took_ms = (time.monotonic() - silenced_s) * 1000
            await asyncio.sleep(0.5)
            late_ms = (max(heard.loud_times_s()) - silenced_s) * 1000
            state(f"a satellite's speaker is silent after {late_ms:.0f} ms (told within {took_ms:.0f} ms)")
            assert late_ms < 150
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
    assert children("aplay") == []
