import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.errors import EngineError
from gateway.turn.choice import Choice, choose
from gateway.turn.ear import PRE_ROLL_MS, TAIL_MS, Ear
from gateway.turn.endpoint import EndpointSettings, Standing
from tests.fakes import (
    LIGHT_ON,
    SPEECH,
    ScriptedOpinion,
    ScriptedWakeWord,
    heard,
    quiet,
    recognized,
    sound,
    speech,
    stages,
    wake_word,
)


class Interpreter:
    """Remembers what it was given; takes `loops` turns of the event loop. How it stands is said by its script."""

    def __init__(
        self,
        *,
        text: str = "turn on the lamp",
        standing: Standing | None = None,
        loops: int = 0,
        fails: bool = False,
    ) -> None:
        self.text = text
        self.standing = standing
        self.loops = loops
        self.fails = fails
        self.heard: list[bytes] = []
        self.cancelled = 0
        self.has_begun = asyncio.Event()

    async def __call__(self, pcm: bytes) -> Choice:
        self.heard.append(pcm)
        self.has_begun.set()
        try:
            for _ in range(self.loops):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise EngineError("scripted")

        async def match(text: str) -> object:
            return LIGHT_ON if text == "turn on the lamp" else None

        choice = await choose(recognized(self.text), match)  # type: ignore[arg-type]
        stands = Standing.UNKNOWN if choice.intent is None else Standing.COMPLETE
        return replace(choice, standing=self.standing or stands)


def ear(*stretches: list[bytes], opinion: ScriptedOpinion | None = None) -> Ear:
    return Ear(heard(*stretches), stages(second_opinion=opinion))


async def test_speech_begins_where_it_was_first_heard() -> None:
    assert await ear(quiet(640), speech(640)).wait_for_speech() == 640


async def test_silence_is_given_up_on() -> None:
    listening = ear(quiet(6_016))
    assert await listening.wait_for_speech() is None
    assert listening.now_ms == 5_024


async def test_the_tail_of_a_wake_word_that_somebody_else_heard_is_no_speech() -> None:
    listening = ear(speech(192), quiet(640), speech(320))
    listening.woken_elsewhere(256)
    assert await listening.wait_for_speech() == 192 + 640
    assert await ear(speech(192), quiet(640), speech(320)).wait_for_speech() == 0


async def test_who_was_asked_gets_more_time() -> None:
    listening = ear(quiet(6_400), speech(320))
    assert await listening.wait_for_speech(no_speech_ms=8_000) == 6_400


async def test_the_end_of_the_audio_ends_the_waiting() -> None:
    assert await ear(quiet(320)).wait_for_speech() is None
    assert await ear(quiet(320)).wait_for_wake() is None


async def test_what_is_said_right_after_the_wake_word_is_not_lost() -> None:
    listening = ear(quiet(320), wake_word(), speech(960), quiet(1_000))
    wake = await listening.wait_for_wake()
    assert wake is not None
    assert await listening.wait_for_speech() is not None
    interpret = Interpreter()
    await listening.wait_for_end(interpret)
    assert interpret.heard[0].count(bytes([SPEECH])) == 960 // FRAME_MS * FRAME_BYTES


@pytest.mark.parametrize(("sensitivity", "is_woken"), [(50, False), (100, True)])
async def test_the_sensitivity_of_the_stages_decides_what_wakes(sensitivity: int, is_woken: bool) -> None:
    mumbled = replace(stages(wake=ScriptedWakeWord("hey_house", 0.3)), wake_sensitivity=sensitivity)
    wake = await Ear(heard(wake_word(), quiet(64)), mumbled).wait_for_wake()
    assert (wake is not None) is is_woken


async def test_what_is_said_while_the_second_wake_model_makes_up_its_mind_is_not_lost() -> None:
    listening = ear(quiet(320), wake_word(), speech(960), quiet(1_000), opinion=ScriptedOpinion(0.0, 0.0, 0.0, 0.9))
    assert await listening.wait_for_wake() is not None
    assert await listening.wait_for_speech() is not None
    interpret = Interpreter()
    await listening.wait_for_end(interpret)
    assert interpret.heard[0].count(bytes([SPEECH])) == 960 // FRAME_MS * FRAME_BYTES


async def test_the_last_syllable_of_the_wake_word_is_no_command() -> None:
    listening = ear(quiet(320), wake_word(), speech(160), quiet(1_600), speech(640), quiet(1_000))
    await listening.wait_for_wake()
    started_ms = await listening.wait_for_speech()
    assert started_ms == 320 + 32 + 160 + 1_600


async def test_the_last_syllable_alone_is_silence() -> None:
    listening = ear(quiet(320), wake_word(), speech(160), quiet(6_016))
    await listening.wait_for_wake()
    assert await listening.wait_for_speech() is None


async def test_an_understood_command_ends_at_a_short_pause() -> None:
    listening = ear(speech(960), quiet(2_000))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(Interpreter())
    assert utterance.reason == "understood"
    assert utterance.end_ms == 960
    assert listening.now_ms == 960 + 320
    assert utterance.may_go_on
    assert utterance.silence_reason is None


async def test_what_means_nothing_here_ends_at_a_longer_pause() -> None:
    listening = ear(speech(960), quiet(2_000))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(Interpreter(text="turn on the"))
    assert utterance.reason == "pause"
    assert listening.now_ms == 960 + 800


async def test_recognition_begins_at_the_first_pause_and_is_dropped_when_speech_goes_on() -> None:
    interpret = Interpreter(text="turn on the", loops=1_000)
    listening = ear(speech(640), quiet(320), speech(640), quiet(224))
    await listening.wait_for_speech()
    await listening.wait_for_end(interpret)
    first, second = interpret.heard
    assert interpret.cancelled == 1
    assert len(first) == (640 + TAIL_MS) // FRAME_MS * FRAME_BYTES
    assert len(second) == (640 + 320 + 640 + TAIL_MS) // FRAME_MS * FRAME_BYTES


async def test_a_little_sound_before_the_speech_is_recognised_too() -> None:
    interpret = Interpreter()
    listening = ear(quiet(1_600), speech(640), quiet(2_000))
    await listening.wait_for_speech()
    await listening.wait_for_end(interpret)
    assert len(interpret.heard[0]) == (PRE_ROLL_MS + 640 + TAIL_MS) // FRAME_MS * FRAME_BYTES


async def test_the_audio_may_end_in_the_middle_of_a_word() -> None:
    listening = ear(speech(640))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(Interpreter())
    assert utterance.reason == "end_of_audio"
    assert utterance.choice.intent is LIGHT_ON


async def test_a_television_is_cut_off_and_not_answered() -> None:
    listening = ear(speech(16_000))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(Interpreter(text="and now the news"))
    assert utterance.reason == "max_length"
    assert utterance.silence_reason == "noise"


async def test_a_failing_engine_is_told_when_the_end_has_come() -> None:
    listening = ear(speech(640), quiet(2_000))
    await listening.wait_for_speech()
    with pytest.raises(EngineError):
        await listening.wait_for_end(Interpreter(fails=True))


async def test_cancelling_the_wait_cancels_the_recognition_under_way() -> None:
    interpret = Interpreter(loops=1_000_000)

    async def endless() -> AsyncIterator[bytes]:
        async for frame in heard(speech(640), quiet(320)):
            yield frame
        await asyncio.sleep(60)

    listening = Ear(endless(), stages())
    await listening.wait_for_speech()
    task = asyncio.create_task(listening.wait_for_end(interpret))
    await interpret.has_begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert interpret.cancelled == 1


async def test_the_wall_time_of_the_end_of_speech_is_when_its_last_frame_came() -> None:
    times_s = iter(range(1_000_000))
    listening = Ear(heard(speech(320), quiet(1_000)), stages(), EndpointSettings(), clock=lambda: float(next(times_s)))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(Interpreter())
    assert utterance.ended_s == 10.0


async def test_overhearing_tells_speech_wake_words_and_the_end() -> None:
    listening = ear(speech(32), wake_word(), opinion=ScriptedOpinion(0.0, 0.0))
    await listening.begin_overhearing()
    first, second, end = [await listening.overhear() for _ in range(3)]
    assert first is not None
    assert second is not None
    assert (first.frame, first.speech_probability, first.wake_word) == (sound(SPEECH, 32)[0], 0.95, None)
    assert (second.may_be_woken, second.wake_word) == (True, None)
    assert end is None


@pytest.mark.parametrize(
    ("standing", "reason", "ended_ms"),
    [
        (Standing.COMPLETE, "understood", 320),
        (Standing.MAY_GO_ON, "understood", 672),
        (Standing.UNKNOWN, "pause", 800),
        (Standing.UNFINISHED, "pause", 1_504),
    ],
)
async def test_how_long_a_pause_is_waited_for_depends_on_how_the_words_stand(
    standing: Standing, reason: str, ended_ms: int
) -> None:
    listening = ear(speech(960), quiet(3_000))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(Interpreter(standing=standing))
    assert (utterance.reason, listening.now_ms - 960) == (reason, ended_ms)
    assert utterance.may_go_on is (standing is Standing.COMPLETE)


async def test_who_looks_for_a_word_is_not_cut_off() -> None:
    interpret = Interpreter(text="turn on the", standing=Standing.UNFINISHED)
    listening = ear(speech(640), quiet(1_408), speech(640), quiet(2_000))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(interpret)
    assert utterance.end_ms == 640 + 1_408 + 640
    assert utterance.pcm == interpret.heard[1]
    assert utterance.pcm.count(bytes([SPEECH])) == 2 * 640 // FRAME_MS * FRAME_BYTES


async def test_slow_recognition_is_waited_for_before_an_utterance_is_taken_to_be_over() -> None:
    interpret = Interpreter(text="turn on the", standing=Standing.UNFINISHED, loops=1_000)
    listening = ear(speech(640), quiet(1_408), speech(640), quiet(2_000))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(interpret)
    assert utterance.end_ms == 640 + 1_408 + 640
    assert interpret.cancelled == 0


async def test_an_end_may_be_set_to_come_before_the_first_look_at_a_pause() -> None:
    interpret = Interpreter(text="turn on the")
    listening = Ear(heard(speech(640), quiet(2_000)), stages(), EndpointSettings(pause_ms=1_000, end_pause_ms=300))
    await listening.wait_for_speech()
    utterance = await listening.wait_for_end(interpret)
    assert (utterance.reason, listening.now_ms, len(interpret.heard)) == ("pause", 640 + 320, 1)


async def test_after_an_early_end_nothing_follows_until_the_pause_is_long_enough() -> None:
    listening = ear(speech(960), quiet(3_000))
    await listening.wait_for_speech()
    assert (await listening.wait_for_end(Interpreter())).may_go_on
    assert await listening.wait_for_more() is None
    assert listening.now_ms == 960 + 672


async def test_after_an_early_end_the_audio_may_end() -> None:
    listening = ear(speech(960), quiet(416))
    await listening.wait_for_speech()
    await listening.wait_for_end(Interpreter())
    assert await listening.wait_for_more() is None


async def test_words_after_an_early_end_are_heard_with_those_before_and_by_themselves() -> None:
    listening = ear(speech(960), quiet(576), speech(640), quiet(2_000))
    await listening.wait_for_speech()
    first = await listening.wait_for_end(Interpreter())
    assert first.may_go_on
    assert await listening.wait_for_more() == 960 + 576 + 96
    second = await listening.wait_for_end(Interpreter(standing=Standing.MAY_GO_ON))
    assert second.end_ms == 960 + 576 + 640
    assert second.pcm[: 960 // FRAME_MS * FRAME_BYTES] == b"".join(speech(960))
    later = listening.since(first.end_ms)
    assert later == b"".join([*quiet(576), *speech(640), *quiet(TAIL_MS)])


class Glimpser:
    """Remembers how much it was shown; takes `loops` turns of the event loop."""

    def __init__(self, loops: int = 0) -> None:
        self.loops = loops
        self.shown_ms: list[int] = []
        self.is_looking = False
        self.cancelled = 0

    async def __call__(self, pcm: bytes) -> None:
        assert not self.is_looking
        self.is_looking = True
        self.shown_ms.append(len(pcm) // FRAME_BYTES * FRAME_MS)
        try:
            for _ in range(self.loops):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.is_looking = False


async def test_what_is_said_so_far_is_looked_at_in_each_second() -> None:
    glimpse = Glimpser()
    listening = ear(speech(4_000), quiet(2_000))
    await listening.wait_for_speech()
    await listening.wait_for_end(Interpreter(), glimpse)
    assert glimpse.shown_ms == [960, 1_920, 2_880, 3_840]


async def test_a_look_that_takes_its_time_is_not_joined_by_another_one() -> None:
    glimpse = Glimpser(loops=50)
    listening = ear(speech(4_000), quiet(2_000))
    await listening.wait_for_speech()
    await listening.wait_for_end(Interpreter(), glimpse)
    assert 2 <= len(glimpse.shown_ms) < 4


@pytest.mark.parametrize("after", [quiet(2_000), []])
async def test_looking_ends_where_a_pause_begins_or_the_audio_ends(after: list[bytes]) -> None:
    glimpse = Glimpser(loops=1_000_000)
    listening = ear(speech(1_280), after)
    await listening.wait_for_speech()
    await listening.wait_for_end(Interpreter(), glimpse)
    assert (len(glimpse.shown_ms), glimpse.cancelled) == (1, 1)
