import numpy as np
import pytest

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.engines.whisper_model import FRAMES_PER_POSITION, FRAMES_PER_S, PADDING_FRAMES, WhisperOnDisk, Window
from gateway.errors import EngineError
from gateway.models import ModelStore
from gateway.paths import models_dir
from tests.voices import Voices, hiss

pytestmark = pytest.mark.models

SENTENCE = "Please close the blinds in the living room and turn off the radio."


@pytest.fixture(scope="module")
def whisper() -> WhisperOnDisk:
    return WhisperOnDisk(ModelStore(models_dir()).find("tiny.en").path, language="en", threads=2, compute_type="int8")


def best(whisper: WhisperOnDisk, pcm: bytes, window: Window) -> str:
    return whisper.read(pcm, window=window, most_tokens=60, readings=1).hypotheses[0].text


def test_a_fitted_window_is_read_as_the_full_one(whisper: WhisperOnDisk, voices: Voices) -> None:
    pcm = voices.piper(SENTENCE)
    assert best(whisper, pcm, Window.FITTED) == best(whisper, pcm, Window.FULL) == SENTENCE


def test_what_the_decoder_sees_is_as_long_as_ever_and_what_was_said_only_at_its_beginning(
    whisper: WhisperOnDisk, voices: Voices
) -> None:
    pcm = voices.piper("Turn on the lights.")
    fitted, full = whisper._and_silence(whisper._encoded(pcm, Window.FITTED)), whisper._encoded(pcm, Window.FULL)
    assert fitted.shape == full.shape == (1, 1500, 384)
    said = len(pcm) // (SAMPLE_BYTES * RATE_HZ // FRAMES_PER_S) + PADDING_FRAMES
    end = said // FRAMES_PER_POSITION + 1
    assert np.array_equal(fitted[:, end:], whisper._silence.result()[:, end:])
    assert not np.array_equal(fitted[:, : end - 2], whisper._silence.result()[:, : end - 2])


@pytest.mark.parametrize("seconds", [27.99, 28.01, 30.0])
def test_a_window_never_grows_beyond_thirty_seconds(whisper: WhisperOnDisk, seconds: float) -> None:
    assert whisper._and_silence(whisper._encoded(hiss(seconds), Window.FITTED)).shape == (1, 1500, 384)


@pytest.mark.parametrize("most_tokens", [1, 5, 9])
def test_as_many_tokens_as_were_allowed_are_read_and_no_more(
    whisper: WhisperOnDisk, voices: Voices, most_tokens: int
) -> None:
    decoded = whisper.read(voices.piper(SENTENCE), window=Window.FITTED, most_tokens=most_tokens, readings=2)
    tokens = whisper._tokenizer.encode(" " + decoded.hypotheses[0].text)
    assert len(tokens) == most_tokens
    assert decoded.is_cut_off


def test_what_ends_by_itself_is_not_cut_off(whisper: WhisperOnDisk, voices: Voices) -> None:
    decoded = whisper.read(voices.piper("Turn on the lights."), window=Window.FITTED, most_tokens=20, readings=2)
    assert not decoded.is_cut_off


def test_what_fails_inside_whisper_is_an_error_without_what_was_said(
    whisper: WhisperOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(whisper, "_generate", fails)
    with pytest.raises(EngineError, match=r"^Whisper failed while it was decoding$"):
        whisper.read(bytes(32_000), window=Window.FITTED, most_tokens=8, readings=1)


def test_what_was_said_is_likelier_than_what_was_not(whisper: WhisperOnDisk, voices: Voices) -> None:
    texts = (SENTENCE, SENTENCE.replace("blinds", "curtains"), "Where is the cat?")
    said, other, strange = whisper.compare(voices.piper(SENTENCE), texts)
    assert said.log_probability > other.log_probability > strange.log_probability
    assert said.per_token > -0.5
    assert " ".join(word for word, _ in said.words) == SENTENCE
    sure = dict(other.words)
    assert min(sure, key=sure.__getitem__) == "curtains"


def test_whether_a_sentence_ends_as_a_question_says_nothing_of_its_last_word(
    whisper: WhisperOnDisk, voices: Voices
) -> None:
    plain, asked = whisper.compare(voices.piper(SENTENCE), [SENTENCE, f"{SENTENCE}?"])
    assert asked.words[-1][0] == f"{plain.words[-1][0]}?"
    assert asked.words[-1][1] == pytest.approx(plain.words[-1][1], abs=0.05)
    assert asked.log_probability < plain.log_probability - 0.5


def test_what_fails_while_it_compares_is_an_error_without_what_was_said(
    whisper: WhisperOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(whisper, "_encode", fails)
    with pytest.raises(EngineError, match=r"^Whisper failed while it was comparing$"):
        whisper.compare(bytes(32_000), ["something"])
