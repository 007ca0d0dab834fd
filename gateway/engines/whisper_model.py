"""One Whisper model on disk, through CTranslate2: what it reads in sound. Its calls block, and it decides nothing.

Whisper was trained on windows of 30 s, and over a command most of its work is the encoder's, on silence. So the encoder
runs over what was said and a little more; the rest of what the decoder looks at is silence that was encoded at load,
after a sound like a voice. Without any rest the decoder, which has never seen a short window, repeats itself for ever.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from gateway.audio import SAMPLE_BYTES
from gateway.engines.whisper_tokens import tokens_of, whole
from gateway.engines.whisper_voice import voice
from gateway.errors import EngineError, ModelError
from gateway.events import Hypothesis
from gateway.languages import is_same_language
from gateway.suggestions import Likelihood

FRAMES_PER_S = 100
"""A frame of features is 10 ms."""
FRAMES_PER_POSITION = 2
"""The encoder halves them."""
WINDOW_FRAMES = 30 * FRAMES_PER_S
"""As much as Whisper can look at."""
WORD_FRAMES = 128
"""A short word and what surrounds it."""
PADDING_FRAMES = 3 * FRAMES_PER_S
"""Silence that is encoded after what was said, together with it, so that the end of it sounds as it does in 30 s.

Longer than the sound like a voice: of the window that the rest comes from, only silence is used.
"""
TAIL_FRAMES = 40
"""Of silence after a sound that texts are compared over: what it takes grows with all that is looked at."""
LEAST_PROBABILITY = 1e-9
CLEARLY = 0.9
"""How likely one of two languages must be, against the other, to be read in alone; else the likelier reading counts.

Short commands in other languages are soon English to Whisper. Of 170 beside English 128 are right by its tokens alone,
and 140 so, a quarter of them read twice; 70 in English are right beside each, one of them read twice (`base`).
"""
SHORTEST_BYTES = 400 * SAMPLE_BYTES
"""The features' window, 25 ms."""
S16_FULL_SCALE = 32768.0

type _Features = np.ndarray[tuple[int, int], np.dtype[np.float32]]
type _Encoded = np.ndarray[tuple[int, int, int], np.dtype[np.float32]]


class Window(Enum):
    """What the encoder looks at."""

    FULL = "full"
    """All 30 s, as it was trained."""
    FITTED = "fitted"
    """The sound and a little silence; the rest is silence that was encoded before."""
    WORD = "word"
    """1.3 s and nothing else: enough for a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What the decoder made of one sound."""

    language: str
    """In which it was read: one of those that the model was loaded with."""
    hypotheses: tuple[Hypothesis, ...]
    """Distinct, not empty, likeliest first."""
    no_speech_probability: float
    is_cut_off: bool
    """Whether the likeliest one is as long as was allowed, so that more may have followed."""


class WhisperOnDisk:
    """Reads sounds, one at a time."""

    def __init__(
        self, directory: Path, *, language: str, second_language: str = "", threads: int, compute_type: str
    ) -> None:
        """Load the CTranslate2 model in `directory`, and begin to encode silence with it; readings wait for that.

        What is said is in `language`, or in the second one, where that is not empty, and never in a third. Raises
        ModelError where it cannot be loaded or does not know the languages.
        """
        try:
            self._whisper = WhisperModel(
                str(directory), device="cpu", cpu_threads=threads, compute_type=compute_type, local_files_only=True
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise ModelError(f"{directory}: Whisper cannot be loaded; run `local-voice models verify`") from error
        multilingual: bool = self._whisper.model.is_multilingual
        if not multilingual and language != "en":
            raise ModelError(f"{directory}: this model hears English only, not {language!r}; choose a multilingual one")
        if not multilingual and second_language:
            raise ModelError(
                f"{directory}: this model hears English only; `stt.second_language` = {second_language!r} needs a "
                "multilingual one, such as base: choose one as `stt.model`, or leave the key empty"
            )
        self._language, self._second_language = language, second_language
        self._tokenizer = Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language)
        self._prompts = {
            code: _prompt(Tokenizer(self._whisper.hf_tokenizer, multilingual, task="transcribe", language=code))
            for code in (language, second_language or language)
        }
        self._encoder = whole(self._whisper.hf_tokenizer)
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="silence")
        self._silence = thread.submit(self._encoded_silence)  # while other things are loaded
        thread.shutdown(wait=False)

    def read(self, pcm: bytes, *, window: Window, most_tokens: int, readings: int, language: str = "") -> Decoded:
        """Return the `readings` likeliest texts of up to 30 s of 16 kHz mono s16le, each of `most_tokens` at most.

        It is read in `language`, or else in the one of ours that it is in. The beam is as wide as there are readings.
        Raises EngineError where Whisper fails.
        """
        try:
            encoded = self._encoded(pcm, window)
            languages = (self._ours(language),) if language else self._spoken(encoded)
            seen = self._and_silence(encoded) if window is Window.FITTED else encoded
            results = {code: self._generate(seen, self._prompts[code], most_tokens, readings) for code in languages}
        except RuntimeError as error:
            raise EngineError("Whisper failed while it was decoding") from error
        language = max(results, key=lambda code: results[code].scores[0])
        result = results[language]
        return Decoded(
            language=language,
            hypotheses=self._hypotheses(result),
            no_speech_probability=result.no_speech_prob,
            is_cut_off=len(result.sequences_ids[0]) >= most_tokens,
        )

    def compare(self, pcm: bytes, texts: Sequence[str], *, language: str = "") -> tuple[Likelihood, ...]:
        """Return how likely each text is what is said in up to 30 s of 16 kHz mono s16le, in `language` or the first.

        They can be compared with each other, and not with a hypothesis' score. Raises EngineError where Whisper fails.
        """
        features = self._features(pcm)
        frames = min(features.shape[1] + TAIL_FRAMES, WINDOW_FRAMES)
        frames -= frames % FRAMES_PER_POSITION
        tokens = [tokens_of(self._encoder, text) for text in texts]
        prompt = self._prompts[self._ours(language)]
        try:
            encoded = np.repeat(self._encode(pad_or_trim(features, frames)), len(tokens), axis=0)
            results = self._whisper.model.align(
                ctranslate2.StorageView.from_array(np.ascontiguousarray(encoded)), prompt[:-1], tokens, frames
            )
        except RuntimeError as error:
            raise EngineError("Whisper failed while it was comparing") from error
        return tuple(
            self._likelihood(ids, np.log(np.maximum(result.text_token_probs, LEAST_PROBABILITY)))
            for result, ids in zip(results, tokens, strict=True)
        )

    def _likelihood(self, ids: Sequence[int], of_each: Sequence[float]) -> Likelihood:
        words: list[tuple[str, float]] = []
        for token, probability in zip(ids, of_each, strict=True):
            text = self._tokenizer.decode([token])
            if words and not text.startswith(" "):
                is_heard = any(map(str.isalnum, text))  # whether it ends with "." or "?" says nothing of the word
                text, probability = words[-1][0] + text, min(words[-1][1], probability) if is_heard else words[-1][1]
                words.pop()
            words.append((text.strip(), float(probability)))
        return Likelihood(log_probability=float(sum(of_each)), tokens=len(ids), words=tuple(words))

    def _spoken(self, encoded: _Encoded) -> tuple[str, ...]:
        """Return which of the languages is spoken, by Whisper's own tokens for these and no other; both if it may be.

        `encoded` is without the silence of the load: the fewer positions, the less it takes.
        """
        if not self._second_language:
            return (self._language,)
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(encoded))
        likely = dict(self._whisper.model.detect_language(view)[0])
        first, second = likely[f"<|{self._language}|>"], likely[f"<|{self._second_language}|>"]
        if max(first, second) < CLEARLY * (first + second):
            return self._language, self._second_language
        return (self._language,) if first >= second else (self._second_language,)

    def _ours(self, language: str) -> str:
        """Return the one of the languages that this code names, wherever it is spoken; else the first."""
        second = self._second_language
        return second if second and is_same_language(language, second) else self._language

    def _encoded(self, pcm: bytes, window: Window) -> _Encoded:
        """Return the encoder's output for what it is to look at, `[1, positions, width]`."""
        features = self._features(pcm)
        if window is Window.FULL:
            return self._encode(pad_or_trim(features, WINDOW_FRAMES))
        if window is Window.WORD:
            return self._encode(pad_or_trim(features, WORD_FRAMES))
        frames = min(features.shape[1] + PADDING_FRAMES, WINDOW_FRAMES)
        frames -= frames % FRAMES_PER_POSITION
        return self._encode(pad_or_trim(features, frames))

    def _and_silence(self, encoded: _Encoded) -> _Encoded:
        """Return the encoder's output with that of silence after it, as for 30 s."""
        return np.concatenate((encoded, self._silence.result()[:, encoded.shape[1] :]), axis=1)

    def _encoded_silence(self) -> _Encoded:
        """Return the encoder's output for a voice that is over soon, and silence."""
        return self._encode(pad_or_trim(self._whisper.feature_extractor(voice()), WINDOW_FRAMES))

    def _features(self, pcm: bytes) -> _Features:
        """Return log-mel features, `[bands, frames]`."""
        samples = np.frombuffer(pcm.ljust(SHORTEST_BYTES, b"\0"), dtype="<i2").astype(np.float32) / S16_FULL_SCALE
        features: _Features = self._whisper.feature_extractor(samples)
        return features

    def _encode(self, features: _Features) -> _Encoded:
        """Return the encoder's output, `[1, positions, width]`, as numbers that can be put together."""
        batch = np.ascontiguousarray(features[None])
        encoded = self._whisper.model.encode(ctranslate2.StorageView.from_array(batch))
        return np.array(encoded.to(ctranslate2.DataType.float32))

    def _generate(
        self, encoded: _Encoded, prompt: list[int], most_tokens: int, readings: int
    ) -> ctranslate2.models.WhisperGenerationResult:
        # CTranslate2 allows a text half of `max_length`, and no more than the prompt leaves of it.
        return self._whisper.model.generate(
            ctranslate2.StorageView.from_array(encoded),
            [prompt],
            beam_size=readings,
            num_hypotheses=readings,
            max_length=max(2 * most_tokens, most_tokens + len(prompt)),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]

    def _hypotheses(self, result: ctranslate2.models.WhisperGenerationResult) -> tuple[Hypothesis, ...]:
        hypotheses: dict[str, Hypothesis] = {}
        for tokens, score in zip(result.sequences_ids, result.scores, strict=True):
            text = self._tokenizer.decode(tokens).strip()
            if text and text not in hypotheses:
                hypotheses[text] = Hypothesis(text=text, score=score)
        return tuple(hypotheses.values())


def _prompt(tokenizer: Tokenizer) -> list[int]:
    return [*tokenizer.sot_sequence, tokenizer.no_timestamps]
