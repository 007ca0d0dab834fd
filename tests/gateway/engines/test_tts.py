"""A real voice: what is heard, how soon, without gaps and seams, and what is kept of it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
import pytest

from gateway.audio import RATE_HZ, level_dbfs, resample, samples
from gateway.engines.piper_voice import Piper, Utterance
from gateway.engines.replies import Replies
from gateway.engines.tts import PiperTextToSpeech
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.events import Sound
from gateway.models import ModelStore
from gateway.paths import models_dir

LONG: Final = (
    "The light in the living room is on and set to fifty percent. The bedroom window has been open since this morning, "
    "and the heating is off. It will stay dry until the evening."
)
SLOW: Final = 3.0
"""A machine that takes so many times as long."""
LEAST_S, PER_SECOND = 0.02, 0.1
"""What a stretch takes here while nothing else runs, at the most: other programs are not to be measured."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker("tts")
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def loaded(worker: Worker) -> PiperTextToSpeech:
    return PiperTextToSpeech(ModelStore(models_dir()).find("en_US-joe-medium").main, worker)


@pytest.fixture
def replies() -> Replies:
    return Replies()


@pytest.fixture
def voice(loaded: PiperTextToSpeech, replies: Replies, monkeypatch: pytest.MonkeyPatch) -> PiperTextToSpeech:
    """Return a voice that has said nothing yet."""
    monkeypatch.setattr(loaded, "_replies", replies)
    return loaded


class Counting:
    """Counts the stretches that the model makes; the first ones fail where they are to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: int = 0) -> None:
        self.texts: list[str] = []
        self.failing = failing
        made = Utterance.stretch

        def stretch(utterance: Utterance, seconds: float | None = None) -> bytes:
            if utterance._text is not None:
                self.texts.append(utterance._text)
            if self.failing:
                self.failing -= 1
                raise RuntimeError("scripted")
            return made(utterance, seconds)

        monkeypatch.setattr(Utterance, "stretch", stretch)


async def said(voice: PiperTextToSpeech, text: str) -> list[Sound]:
    return [sound async for sound in voice.speak(text)]


async def _a_moment() -> None:
    """Let what was begun in the background get to the model."""
    for _ in range(5):
        await asyncio.sleep(0)


async def _until_prepared(voice: PiperTextToSpeech) -> None:
    assert voice._preparing is not None
    await voice._preparing


def joined(sounds: Sequence[Sound]) -> bytes:
    return b"".join(sound.pcm for sound in sounds)


@pytest.mark.models
async def test_a_reply_begins_with_three_words_and_goes_on_with_longer_stretches(voice: PiperTextToSpeech) -> None:
    sounds = await said(voice, LONG)
    assert {sound.rate_hz for sound in sounds} == {22_050}
    assert len(sounds) > 4
    assert 300 < sounds[0].duration_ms < 1_200
    assert all(sound.duration_ms < 3_000 for sound in sounds)
    assert level_dbfs(joined(sounds)) > -30


@pytest.mark.models
async def test_what_is_out_lasts_until_the_next_stretch_is_there_even_on_a_slow_machine(
    voice: PiperTextToSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr("gateway.engines.tts.time.perf_counter", lambda: now_s)
    run = voice._worker.run

    async def slowly(call: Callable[[float | None], bytes], seconds: float | None) -> bytes:
        nonlocal now_s
        begin_s = perf_counter()
        pcm = await run(call, seconds)
        now_s += SLOW * min(perf_counter() - begin_s, LEAST_S + PER_SECOND * len(pcm) / 44_100)
        return pcm

    monkeypatch.setattr(voice._worker, "run", slowly)
    for text in (LONG, "It is ten past nine, and it is raining."):
        heard_until_s = None
        async for sound in voice.speak(text):
            assert heard_until_s is None or now_s <= heard_until_s
            heard_until_s = (heard_until_s or now_s) + sound.duration_ms / 1000


MOST_CLICK = 0.2
"""Of the loudest moment, for less than a millisecond, where one stretch is resampled without the next: it is usually a
thousandth, and one in twenty is more than a twentieth; how it falls depends on the pace of the machine."""


@pytest.mark.models
async def test_no_seam_can_be_heard_also_by_who_resamples_each_stretch_on_its_own(voice: PiperTextToSpeech) -> None:
    sounds = [sound for sound in await said(voice, LONG.split(".")[0] + ".") if sound.pcm]
    assert len(sounds) > 1
    steps = np.abs(np.diff(samples(joined(sounds)).astype(int)))
    ends = np.cumsum([len(sound.pcm) // 2 for sound in sounds])[:-1]
    assert all(steps[end - 1] <= np.percentile(steps, 99) for end in ends)
    alone = b"".join(resample(sound.pcm, sound.rate_hz, RATE_HZ) for sound in sounds)
    together = resample(joined(sounds), 22_050, RATE_HZ)
    count = min(len(alone), len(together)) // 2
    loudest = np.abs(samples(together)).max()
    for end in ends:
        place = min(int(end * RATE_HZ / 22_050), count - 1)
        click = np.abs(samples(alone)[place - 8 : place + 8].astype(int) - samples(together)[place - 8 : place + 8])
        assert click.max() < MOST_CLICK * loudest


@pytest.mark.models
async def test_what_was_said_is_there_at_once_the_next_time(
    voice: PiperTextToSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await said(voice, "Turned on the light.")
    counting = Counting(monkeypatch)
    again = await said(voice, "Turned on the light.")
    assert joined(again) == joined(first)
    assert counting.texts == []


@pytest.mark.models
async def test_nothing_that_was_said_is_kept_when_something_is_to_be_forgotten(
    voice: PiperTextToSpeech, replies: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    async for _ in voice.speak("Added milk to the shopping list."):
        replies.forget()
    assert len(replies) == 0
    await voice.prepare("Added bread to the list.")
    await _a_moment()
    replies.forget()
    await said(voice, "Added bread to the list.")
    assert counting.texts == ["Added milk to the shopping list.", *["Added bread to the list."] * 2]


@pytest.mark.models
async def test_who_stops_listening_has_nothing_kept(voice: PiperTextToSpeech, replies: Replies) -> None:
    async for _ in voice.speak(LONG):
        break
    assert len(replies) == 0


@pytest.mark.models
async def test_what_is_prepared_is_made_once(
    voice: PiperTextToSpeech, replies: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    for _ in range(2):
        await voice.prepare("The light in the hall is on. So is the heating.")
    sounds = await said(voice, "The light in the hall is on. So is the heating.")
    assert counting.texts == ["The light in the hall is on.", "So is the heating."]
    assert len(sounds) > 2
    await voice.prepare("Turned off the lamp.")
    await _until_prepared(voice)
    await voice.prepare("Turned off the lamp.")
    await said(voice, "Turned off the lamp.")
    assert counting.texts[2:] == ["Turned off the lamp."]


@pytest.mark.models
async def test_a_wrong_guess_ends_when_something_else_is_said(
    voice: PiperTextToSpeech, replies: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    await voice.prepare("The light in the living room is on and the heating is off.")
    await _a_moment()
    await voice.prepare("The window is open.")
    await said(voice, "Turned off the lamp.")
    await said(voice, "  ")
    await voice.prepare("  ")
    assert counting.texts[-1] == "Turned off the lamp."
    assert len(replies) == 1


@pytest.mark.models
async def test_a_failure_is_an_error_of_the_engine_and_a_failed_guess_is_told_to_who_speaks_it(
    voice: PiperTextToSpeech, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch, failing=1)
    with pytest.raises(EngineError, match="Piper failed"):
        await said(voice, "Turned off the lamp.")
    counting.failing = 1
    await voice.prepare("Turned off the lamp.")
    with pytest.raises(EngineError, match="Piper failed"):
        await said(voice, "Turned off the lamp.")
    counting.failing = 1
    await voice.prepare("Turned off the lamp.")
    await _until_prepared(voice)
    assert await said(voice, "Turned off the lamp.")


@pytest.mark.models
async def test_nothing_to_say_is_silence(voice: PiperTextToSpeech) -> None:
    assert [sound async for sound in voice.speak("  ")] == []


@pytest.mark.models
async def test_what_has_no_sound_is_silence(voice: PiperTextToSpeech) -> None:
    assert sum([sound.duration_ms async for sound in voice.speak("…")]) < 1_000


@pytest.mark.models
def test_a_voice_says_all_of_a_text_of_two_sentences_at_its_loudness(loaded: PiperTextToSpeech) -> None:
    piper: Piper = loaded._piper
    utterance = Utterance(piper, "Dr. Smith is here? Yes he is here now.")
    stretches = []
    while pcm := utterance.stretch(60.0):
        stretches.append(pcm)
    assert len(stretches) == len(piper.sentences("Dr. Smith is here? Yes he is here now."))
    assert all(0.4 < np.abs(samples(pcm)).max() / 32_768 < 1 for pcm in stretches)
    assert samples(piper.pcm(np.array([9.0, -9.0], dtype=np.float32))).tolist() == pytest.approx(
        [32_767, -32_767], abs=40
    )


def test_a_file_that_is_no_voice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "voice.onnx"
    path.write_bytes(b"not a voice")
    worker = Worker("tts")
    with pytest.raises(ModelError, match=r"voice\.onnx: not a Piper voice"):
        PiperTextToSpeech(path, worker)
    worker.close()
