"""A conversation with scripted stages, microphone and speaker: who is heard when, and what sounds when."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from gateway.chimes import timer_ring, wake_chime
from gateway.errors import AudioError, EngineError, HomeError
from gateway.events import Event, Intent, Sound
from gateway.satellite.local_device import LocalDevice
from gateway.server.conversation import MOST_WAITING, RING_ROUNDS, Conversation
from gateway.server.notice import Notice, Then
from gateway.server.timer_phrases import is_up
from gateway.timers import TimerFinished
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.run import Place
from gateway.turn.stages import Stages, Tongue
from tests.fakes import (
    LIGHT_ON,
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

DEADLINE_S = 10.0
AFTER_TEA = TimerFinished(name="tea", command=None, satellite_id="local", area_id=None, duration_s=5)
LATER = TimerFinished(name=None, command="turn on the lamp", satellite_id="local", area_id=None, duration_s=5)


class ScriptedMicrophone:
    """Hears what a test puts in, at the pace at which it is pulled."""

    def __init__(self) -> None:
        self.dropped_frames = 0
        self._frames: asyncio.Queue[bytes | AudioError | None] = asyncio.Queue()
        self._pulled = asyncio.Event()

    def hear(self, *stretches: Iterable[bytes]) -> None:
        for stretch in stretches:
            for frame in stretch:
                self._frames.put_nowait(frame)

    def end(self, error: AudioError | None = None) -> None:
        self._frames.put_nowait(error)

    async def all_pulled(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not self._frames.empty():
                self._pulled.clear()
                await self._pulled.wait()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        frame = await self._frames.get()
        self._pulled.set()
        await asyncio.sleep(0)
        if frame is None:
            raise StopAsyncIteration
        if isinstance(frame, AudioError):
            raise frame
        return frame


class ScriptedSpeaker:
    """Plays until a test says that all has been heard, or until it is silenced."""

    def __init__(self) -> None:
        self.written: list[Sound] = []
        self.silenced = 0
        self.is_quick = True
        self._heard = asyncio.Event()
        self._changed = asyncio.Event()

    async def write(self, sound: Sound) -> None:
        self.written.append(sound)
        self._changed.set()

    async def drain(self) -> None:
        if not self.is_quick:
            await self._heard.wait()

    async def silence(self) -> None:
        self.silenced += 1
        self._heard.set()

    async def wrote(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while len(self.written) < count:
                self._changed.clear()
                await self._changed.wait()


@dataclass
class Room:
    microphone: ScriptedMicrophone
    speaker: ScriptedSpeaker
    satellite: Conversation
    task: asyncio.Task[None]
    events: list[Event] = field(default_factory=list)
    listening: list[bool] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _listening_changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events if event.type != "reply_audio"]

    async def until(self, kind: str, count: int = 1) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while self.types.count(kind) < count:
                self.changed.clear()
                await self.changed.wait()

    async def idle(self, times: int) -> None:
        """Return once it was said so often that nobody is listened to: at a turn's begin, reply and end."""
        async with asyncio.timeout(DEADLINE_S):
            while self.listening.count(False) < times:
                await self._listening_changed.wait()
                self._listening_changed.clear()

    def listen(self, is_listening: bool) -> None:
        self.listening.append(is_listening)
        self._listening_changed.set()

    def show(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()


@asynccontextmanager
async def room(
    with_stages: Stages | None = None, *, may_answer: Callable[[str], bool] = lambda _: True
) -> AsyncIterator[Room]:
    microphone, speaker = ScriptedMicrophone(), ScriptedSpeaker()
    shown: list[Room] = []
    satellite = Conversation(
        LocalDevice(microphone, speaker, lambda is_listening: shown[0].listen(is_listening)),
        with_stages or stages(),
        Place(),
        EndpointSettings(),
        show=lambda event: shown[0].show(event),
        may_answer=may_answer,
    )
    task = asyncio.create_task(satellite.run())
    opened = Room(microphone, speaker, satellite, task)
    shown.append(opened)
    try:
        yield opened
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_command_is_answered_and_the_next_one_too() -> None:
    async with room() as opened:
        for count in (1, 2):
            opened.microphone.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
            await opened.until("end", count)
        opened.microphone.end()
        await opened.task
    one = ["wake", "speech_start", "speech_end", "transcript", "intent", "action", "reply", "end"]
    assert opened.types[:16] == one * 2
    assert b"".join(sound.pcm for sound in opened.speaker.written).startswith(b"answer")
    assert opened.listening[:4] == [False, True, False, False]


async def test_a_chime_says_that_one_may_speak() -> None:
    async with room() as opened:
        opened.microphone.hear(wake_word(), quiet(300))
        await opened.speaker.wrote(1)
        assert opened.speaker.written == [wake_chime()]


async def test_who_speaks_on_is_not_talked_over() -> None:
    async with room() as opened:
        opened.microphone.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("end")
        assert wake_chime() not in opened.speaker.written


async def test_a_question_does_not_answer_itself() -> None:
    asking = stages(
        stt=ScriptedStt(recognized("unlock the front door"), recognized("yes")), home=ScriptedHome(foreseen=(UNLOCKED,))
    )
    async with room(asking) as opened:
        opened.speaker.is_quick = False
        opened.microphone.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("question")
        await opened.speaker.wrote(1)
        opened.microphone.hear(speech(900), quiet(1_000))
        await opened.microphone.all_pulled()
        assert opened.types[-1] == "question", "our own words come out of the speaker and in at the microphone"
        opened.speaker.is_quick = True
        await opened.speaker.silence()
        await asyncio.sleep(0.3)
        opened.microphone.hear(quiet(300), speech(500), quiet(1_000))
        await opened.until("action")


async def test_the_wake_word_silences_a_reply_and_the_next_turn_needs_none() -> None:
    async with room() as opened:
        opened.speaker.is_quick = False
        opened.microphone.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("reply")
        opened.microphone.hear(quiet(2_500), wake_word(), quiet(600))
        await opened.microphone.all_pulled()
        opened.microphone.hear(speech(900), quiet(1_000))
        await opened.until("intent", 2)
        assert opened.speaker.silenced >= 1
        assert opened.types.count("wake") == 1
        second = opened.types[opened.types.index("end") + 1 :]
        assert second[:4] == ["speech_start", "speech_end", "transcript", "intent"]


async def test_a_wake_word_that_another_satellite_heard_before_only_silences() -> None:
    asked: list[str] = []

    def may_answer(wake_word: str) -> bool:
        asked.append(wake_word)
        return len(asked) == 1

    async with room(may_answer=may_answer) as opened:
        opened.speaker.is_quick = False
        opened.microphone.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("reply")
        opened.microphone.hear(quiet(2_500), wake_word(), quiet(600))
        await opened.idle(4)
        assert opened.speaker.silenced >= 1
        opened.microphone.hear(speech(900), quiet(1_000))
        opened.microphone.end()
        await opened.task
    assert asked == ["okay_nabu", "okay_nabu"]
    assert opened.types.count("intent") == 1, "what followed was for the other one"


async def test_stop_silences_a_reply_and_the_next_turn_needs_the_wake_word() -> None:
    async with room(stages(stt=ScriptedStt(recognized("turn on the lamp"), stop_after=2))) as opened:
        opened.speaker.is_quick = False
        opened.microphone.hear(quiet(2_500), wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("reply")
        opened.microphone.hear(speech(500), quiet(500))
        await opened.idle(4)
        assert opened.speaker.silenced == 1
        opened.microphone.hear(speech(900), quiet(1_000))
        opened.microphone.end()
        await opened.task
    assert opened.types[-2:] == ["nothing_heard", "end"]
    assert opened.types.count("intent") == 1


async def test_a_timer_rings_until_somebody_says_stop() -> None:
    async with room(stages(stt=ScriptedStt(recognized("turn on the lamp"), stop_after=1))) as opened:
        opened.speaker.is_quick = False
        opened.satellite.timer_finished(AFTER_TEA)
        await opened.speaker.wrote(1)
        assert opened.speaker.written[0] == timer_ring()
        opened.microphone.hear(speech(500), quiet(500))
        await opened.idle(3)
        assert opened.speaker.silenced == 1
        assert not opened.task.done()
        assert opened.types == []


@pytest.mark.parametrize(
    ("timer", "said"),
    [
        (replace(AFTER_TEA, name="tea"), b"The tea timer is up."),
        (replace(AFTER_TEA, name=None, late_s=120), b"was up 2 minutes ago."),
    ],
)
async def test_a_timer_with_a_name_or_that_is_late_is_told_of_once_while_it_rings(
    timer: TimerFinished, said: bytes
) -> None:
    async with room() as opened:
        opened.satellite.timer_finished(timer)
        await opened.speaker.wrote(RING_ROUNDS + 1)
        assert opened.speaker.written[0] == timer_ring()
        told = b" ".join(sound.pcm.rstrip(b"\0") for sound in opened.speaker.written if sound != timer_ring())
        assert told.count(said) == 1


async def test_a_timer_waits_for_the_end_of_a_turn() -> None:
    async with room() as opened:
        opened.microphone.hear(wake_word(), quiet(100), speech(300))
        await opened.until("speech_start")
        opened.satellite.timer_finished(AFTER_TEA)
        await opened.microphone.all_pulled()
        assert timer_ring() not in opened.speaker.written
        opened.microphone.hear(speech(600), quiet(1_000))
        await opened.until("end")
        await opened.speaker.wrote(len(opened.speaker.written) + 1)
        assert opened.speaker.written[-1] == timer_ring()


async def test_what_was_asked_for_later_is_done_and_answered() -> None:
    home = ScriptedHome()
    async with room(stages(home=home)) as opened:
        opened.satellite.timer_finished(LATER)
        await opened.speaker.wrote(3)
        assert [request.intent for request in home.requests] == [LIGHT_ON]
        assert b"".join(sound.pcm for sound in opened.speaker.written).startswith(b"answer")


async def test_what_needs_a_yes_is_not_done_later_when_nobody_may_be_there() -> None:
    home = ScriptedHome(foreseen=(UNLOCKED,))
    async with room(stages(home=home)) as opened:
        opened.satellite.timer_finished(LATER)
        await opened.speaker.wrote(3)
        assert home.requests == []
        assert b"".join(sound.pcm for sound in opened.speaker.written).startswith(b"Okay,")


async def test_what_somebody_said_yes_to_beforehand_is_done_later() -> None:
    home = ScriptedHome(foreseen=(UNLOCKED,))
    async with room(stages(home=home)) as opened:
        opened.satellite.timer_finished(replace(LATER, is_confirmed=True))
        await opened.speaker.wrote(3)
        assert [request.is_confirmed for request in home.requests] == [True]
        assert b"".join(sound.pcm for sound in opened.speaker.written).startswith(b"answer")


async def test_a_later_command_that_means_nothing_any_more_is_forgotten() -> None:
    async with room(stages(understanding=ScriptedUnderstanding())) as opened:
        opened.satellite.timer_finished(LATER)
        await opened.idle(3)
        opened.microphone.hear(wake_word(), quiet(6_000))
        await opened.until("end")
        assert opened.types == ["wake", "nothing_heard", "end"]


async def test_a_later_command_that_fails_ends_nothing_else() -> None:
    home = ScriptedHome(fault=EngineError("scripted"))
    async with room(stages(home=home)) as opened:
        opened.satellite.timer_finished(LATER)
        await opened.until("error")
        home.fault = None
        await opened.idle(3)
        opened.microphone.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("end")
        assert opened.types[-2:] == ["reply", "end"]


async def test_a_home_that_is_away_when_something_is_due_is_spoken_about() -> None:
    async with room(stages(home=ScriptedHome(fault=HomeError("scripted")))) as opened:
        opened.satellite.timer_finished(LATER)
        await opened.until("error")
        await opened.speaker.wrote(1)
        assert opened.speaker.written[0].pcm.startswith(b"Home")


async def test_a_microphone_that_fails_is_told_after_its_turn_has_ended() -> None:
    async with room() as opened:
        opened.microphone.hear(wake_word(), quiet(300))
        opened.microphone.end(AudioError("unplugged"))
        with pytest.raises(AudioError, match="unplugged"):
            await opened.task
    assert opened.types == ["wake", "error", "end"]


async def test_more_timers_than_a_home_keeps_are_forgotten() -> None:
    async with room(stages(understanding=ScriptedUnderstanding(Intent(name="x")))) as opened:
        for _ in range(200):
            opened.satellite.timer_finished(LATER)
        opened.microphone.end()
        await opened.task


async def test_a_notice_that_cannot_wait_any_more_or_comes_too_late_is_over_at_once() -> None:
    async with room() as opened:
        opened.microphone.hear(wake_word(), quiet(100), speech(300))
        await opened.until("speech_start")
        waiting = [Notice([timer_ring()], Then.ANSWER) for _ in range(MOST_WAITING + 1)]
        for notice in waiting:
            opened.satellite.announce(notice)
        assert [notice.is_over for notice in waiting[-2:]] == [False, True]
        opened.microphone.end()
        await opened.task
        assert all(notice.is_heard and notice.is_over for notice in waiting)
        late = Notice([timer_ring()])
        opened.satellite.announce(late)
        assert late.is_over


async def test_other_stages_are_used_between_turns() -> None:
    before, after = ScriptedHome(), ScriptedHome()
    async with room(stages(home=before)) as opened:
        opened.microphone.hear(wake_word(), quiet(300), speech(300))
        await opened.until("speech_start")
        using = asyncio.create_task(opened.satellite.use(stages(home=after)))
        opened.microphone.hear(speech(600), quiet(1_000))
        await using
        assert (len(before.requests), len(after.requests)) == (1, 0), "the turn that was under way is not disturbed"
        opened.microphone.hear(wake_word(), quiet(300), speech(900), quiet(1_000))
        await opened.until("end", 2)
        assert (len(before.requests), len(after.requests)) == (1, 1)


async def test_what_was_asked_for_later_in_the_second_language_is_done_and_answered_in_it() -> None:
    home, voice = ScriptedHome(), ScriptedTts()
    german = ScriptedUnderstanding(replace(LIGHT_ON, text="schalte die Lampe ein"), language="de")
    async with room(stages(home=home, other=Tongue(understanding=german, tts=voice))) as opened:
        opened.satellite.timer_finished(replace(LATER, command="schalte die Lampe ein", language="de"))
        opened.satellite.timer_finished(replace(AFTER_TEA, name="Tee", language="de"))
        await opened.speaker.wrote(RING_ROUNDS + 3)
        assert [request.language for request in home.requests] == ["de"]
        assert voice.said == ["answer to HassTurnOn", is_up(replace(AFTER_TEA, name="Tee"), "de")]
