import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.engines.stt import WhisperSpeechToText
from gateway.engines.whisper_model import Decoded, Window
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.models import Addition, ModelStore, add
from gateway.paths import models_dir
from tests.voices import Voices, hiss, mixed, silence

pytestmark = pytest.mark.models

BYTES_PER_S = RATE_HZ * SAMPLE_BYTES
LONG_SENTENCE = (
    "Please turn off the lights in the kitchen and the bedroom, close the blinds in the living room, open the "
    "window in the hall, and wake me up in the morning."
)
LONGEST_BLOCK_MS = 20
"""How long the event loop may be held up."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker("stt")
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def stt(worker: Worker) -> WhisperSpeechToText:
    return WhisperSpeechToText(ModelStore(models_dir()).find("tiny.en").path, worker)


@pytest.fixture
def windows(stt: WhisperSpeechToText, monkeypatch: pytest.MonkeyPatch) -> list[Window]:
    """Return which windows are looked at from here on, by the real model."""
    seen: list[Window] = []
    read = stt._whisper.read

    def noted(pcm: bytes, *, window: Window, **how: Any) -> Decoded:
        seen.append(window)
        return read(pcm, window=window, **how)

    monkeypatch.setattr(stt._whisper, "read", noted)
    return seen


def plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum() or letter == " ").strip()


@pytest.mark.parametrize("pace", [0.85, 1.0, 1.25])
async def test_what_is_said_is_recognised_at_any_pace(stt: WhisperSpeechToText, voices: Voices, pace: float) -> None:
    recognition = await stt.recognize(voices.piper("Close the blinds in the living room.", pace))
    assert plain(recognition.hypotheses[0].text) == "close the blinds in the living room"
    assert recognition.hypotheses[0].confidence > 0.5
    assert recognition.no_speech_probability < 0.5
    assert recognition.language == "en"


async def test_what_is_said_is_recognised_in_noise(stt: WhisperSpeechToText, voices: Voices) -> None:
    pcm = mixed(voices.piper("Turn off the lights in the kitchen."), hiss(3.0), snr_db=15)
    recognition = await stt.recognize(pcm)
    assert plain(recognition.hypotheses[0].text) == "turn off the lights in the kitchen"


async def test_a_long_sentence_is_recognised_to_its_end(stt: WhisperSpeechToText, voices: Voices) -> None:
    pcm = voices.piper(LONG_SENTENCE, 1.5)
    assert len(pcm) > 9 * BYTES_PER_S
    assert plain((await stt.recognize(pcm)).hypotheses[0].text) == plain(LONG_SENTENCE)


async def test_a_command_is_read_once_over_what_was_said(
    stt: WhisperSpeechToText, voices: Voices, windows: list[Window]
) -> None:
    await stt.recognize(voices.piper("Turn on the lights in the kitchen."))
    assert windows == [Window.FITTED]


async def test_what_sounds_like_a_loop_is_read_again_over_thirty_seconds(
    stt: WhisperSpeechToText, voices: Voices, windows: list[Window]
) -> None:
    recognition = await stt.recognize(voices.piper("Turn it on, turn it on, turn it on, turn it on."))
    assert windows == [Window.FITTED, Window.FULL]
    assert plain(recognition.hypotheses[0].text).startswith("turn it on turn it on turn it on")


async def test_who_has_gone_is_not_read_for_again_and_the_next_one_has_the_turn(
    stt: WhisperSpeechToText, voices: Voices, windows: list[Window]
) -> None:
    gone = asyncio.create_task(stt.recognize(voices.piper("Turn it on, turn it on, turn it on, turn it on.")))
    await asyncio.sleep(0.02)
    gone.cancel()
    recognition = await stt.recognize(voices.piper("Open the curtains."))
    assert gone.cancelled()
    assert plain(recognition.hypotheses[0].text) == "open the curtains"
    assert windows == [Window.FITTED, Window.FITTED]


async def test_what_is_said_so_far_is_glimpsed(stt: WhisperSpeechToText, voices: Voices) -> None:
    pcm = voices.piper("Turn on the lights in the living room.")
    assert plain(await stt.glimpse(pcm[: len(pcm) // 2])).startswith("turn on the")
    assert plain(await stt.glimpse(pcm)) == "turn on the lights in the living room"
    with pytest.raises(EngineError, match="at most 30000 fit"):
        await stt.glimpse(silence(31.0))


async def test_nothing_is_glimpsed_while_others_read(stt: WhisperSpeechToText, voices: Voices) -> None:
    pcm = voices.piper("Open the curtains.")
    reading = asyncio.create_task(stt.recognize(pcm))
    await asyncio.sleep(0)
    assert await stt.glimpse(pcm) == ""
    assert (await reading).hypotheses


async def test_a_loop_is_not_glimpsed(stt: WhisperSpeechToText, voices: Voices, windows: list[Window]) -> None:
    assert await stt.glimpse(voices.piper("Turn it on, turn it on, turn it on, turn it on.")) == ""
    assert windows == [Window.FITTED]


async def test_hypotheses_are_different_and_ordered(stt: WhisperSpeechToText, voices: Voices) -> None:
    hypotheses = (await stt.recognize(voices.piper("Open the curtains."))).hypotheses
    texts = [hypothesis.text for hypothesis in hypotheses]
    scores = [hypothesis.score for hypothesis in hypotheses]
    assert 2 <= len(texts) <= 10
    assert len(set(texts)) == len(texts)
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("samples", [0, 1, 100, 16_000])
async def test_next_to_nothing_is_no_error(stt: WhisperSpeechToText, samples: int) -> None:
    recognition = await stt.recognize(bytes(2 * samples))
    assert recognition.audio_ms == samples * 1000 // RATE_HZ
    assert recognition.no_speech_probability > 0.6


async def test_thirty_seconds_fit_and_more_do_not(stt: WhisperSpeechToText) -> None:
    assert (await stt.recognize(silence(30.0))).audio_ms == 30_000
    with pytest.raises(EngineError, match="31000 ms of speech at once, at most 30000 fit"):
        await stt.recognize(silence(31.0))


async def test_stop_is_heard_at_a_glance(stt: WhisperSpeechToText, voices: Voices) -> None:
    words = frozenset({"stop"})
    for pcm in (voices.piper("Stop."), voices.espeak("stop"), voices.espeak("stop", "en-gb")):
        assert await stt.hears_word(silence(0.4) + pcm, words)


async def test_other_words_are_not_taken_for_stop(stt: WhisperSpeechToText, voices: Voices) -> None:
    words = frozenset({"stop"})
    sentence = voices.piper("Turned on the lights in the kitchen and the bedroom.")
    for end in range(8_000, len(sentence), 16_000):
        assert not await stt.hears_word(sentence[:end], words)
    for word in ("Yes.", "Seven.", "Kitchen.", "Happy."):
        assert not await stt.hears_word(voices.piper(word), words)
    assert not await stt.hears_word(hiss(1.3), words)


async def test_the_event_loop_is_not_held_up_while_whisper_works(stt: WhisperSpeechToText, voices: Voices) -> None:
    pcm = voices.piper("Turn on the lights in the living room.")
    await stt.recognize(pcm)
    late_ms: list[float] = []

    async def tick() -> None:
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(0.005)
            late_ms.append((time.perf_counter() - before_s) * 1000 - 5)

    ticking = asyncio.create_task(tick())
    for _ in range(10):
        await stt.recognize(pcm)
    ticking.cancel()
    assert len(late_ms) > 50
    assert statistics.quantiles(late_ms, n=20)[-1] < LONGEST_BLOCK_MS


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, worker: Worker) -> None:
    with pytest.raises(ModelError, match="Whisper cannot be loaded"):
        WhisperSpeechToText(tmp_path, worker)


def test_an_english_model_hears_no_other_language(worker: Worker) -> None:
    with pytest.raises(ModelError, match="this model hears English only, not 'de'"):
        WhisperSpeechToText(ModelStore(models_dir()).find("tiny.en").path, worker, language="de")


async def test_the_base_model_hears_german(voices: Voices, worker: Worker) -> None:
    store = ModelStore(models_dir())
    base = add(store, Addition(name="base"), progress=lambda *_: None)
    stt = WhisperSpeechToText(base.path, worker, language="de", hypotheses=3)
    recognition = await stt.recognize(voices.espeak("Schalte das Licht in der Küche ein.", "de"))
    assert "licht" in recognition.hypotheses[0].text.casefold()
    assert recognition.language == "de"


async def test_texts_are_compared_by_what_was_heard(stt: WhisperSpeechToText, voices: Voices) -> None:
    pcm = voices.piper("Turn on the kitchen light.")
    said, other = await stt.compare(pcm, ("Turn on the kitchen light.", "Turn off the kitchen light."))
    assert said.log_probability > other.log_probability
    assert await stt.compare(pcm, ()) == ()
    with pytest.raises(EngineError, match="at most"):
        await stt.compare(bytes(31 * BYTES_PER_S), ("something",))
