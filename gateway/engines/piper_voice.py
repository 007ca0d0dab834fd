"""A Piper voice: text becomes sound, a stretch at a time, each as long as is asked for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from piper import PiperConfig, PiperVoice

from gateway.engines.piper_network import SAMPLES_A_FRAME, Plan, Values, network

FIRST_WORDS: Final = 3
"""In the first stretch: it is soon made, and lasts for longer than it takes to make the next."""
LEAST_S: Final = 0.3
"""A stretch is no shorter, nor is what it leaves for the last: each costs a few milliseconds of its own."""
QUIETEST_S: Final = 0.03
"""A stretch ends where the sound crosses zero and is softest, so long before the moment that was chosen at the most.

Put together the stretches are without a seam anyhow; but somebody may resample each of them on its own.
"""
AROUND_SAMPLES: Final = 16
"""On each side of such a place: as far as a resampler looks, about."""
CALIBRATION: Final = "1, 2, 3, 4."
"""Said once, to know how loud the voice is; numbers can be read in every language."""
PEAK: Final = 0.85
"""Of full scale, at the loudest moment of that. The same factor for all that is said: Piper's own, by the loudest
moment of a sentence, is not known before its end."""
KNEE: Final = 0.8
"""What is louder is pressed together, not cut off."""
FULL_SCALE: Final = 32_767


class Piper:
    """One voice. Its calls block, and belong to one thread at a time."""

    def __init__(self, model: Path) -> None:
        """`model` is the `.onnx`, its `.onnx.json` beside it. Raises what onnxruntime raises, ModelError, OSError."""
        self._config = PiperConfig.from_dict(json.loads(model.with_name(f"{model.name}.json").read_bytes()))
        self._network = network(model)
        # for its phonemes alone: it never runs a model
        self._reading = PiperVoice(session=cast("Any", None), config=self._config)
        self._loudness = 1.0
        said = self._calibrated()
        self._loudness = PEAK / said if said else 1.0

    @property
    def rate_hz(self) -> int:
        """Of its sound."""
        return self._config.sample_rate

    @property
    def language(self) -> str:
        """Which one it speaks, by its code."""
        return self._config.espeak_voice

    def sentences(self, text: str) -> list[list[int]]:
        """Return the phonemes of each sentence in a text, by their ids."""
        return [self._reading.phonemes_to_ids(phonemes) for phonemes in self._reading.phonemize(text) if phonemes]

    def plan(self, ids: Sequence[int]) -> Plan:
        """Return what a sentence is to sound like."""
        config = self._config
        inputs: dict[str, np.ndarray] = {
            "input": np.array([ids], dtype=np.int64),
            "input_lengths": np.array([len(ids)], dtype=np.int64),
            "scales": np.array([config.noise_scale, config.length_scale, config.noise_w_scale], dtype=np.float32),
        }
        if config.num_speakers > 1:
            inputs["sid"] = np.array([config.default_speaker_id], dtype=np.int64)
        return self._network.plan(inputs)

    def end_of_words(self, plan: Plan, ids: Sequence[int], words: int) -> int:
        """Return the frame at which so many words are over; the sentence's end, where it has no more."""
        spaces = self._config.phoneme_id_map.get(" ", [])
        places = [place for place, number in enumerate(ids) if number in spaces]
        return plan.end_of(places[words - 1]) if len(places) >= words else plan.frames

    def frames(self, seconds: float) -> int:
        """Return how many frames last so long."""
        return round(seconds * self.rate_hz / SAMPLES_A_FRAME)

    def pcm(self, samples: Values) -> bytes:
        """Return s16le of the network's samples, as loud as this voice is made."""
        scaled = samples * self._loudness
        over = np.abs(scaled) - KNEE
        pressed = np.sign(scaled) * (KNEE + (1 - KNEE) * np.tanh(over / (1 - KNEE)))
        return bytes((np.where(over > 0, pressed, scaled) * FULL_SCALE).astype("<i2").tobytes())

    def _calibrated(self) -> float:
        """Return how loud the network is at its loudest, 0 to 1; as it is the first call, the others are quicker."""
        plans = [self.plan(ids) for ids in self.sentences(CALIBRATION)]
        return max((float(np.abs(plan.sound(0, plan.frames)).max()) for plan in plans), default=0.0)


class Utterance:
    """A clause on its way to sound. Its calls block, as the voice's do."""

    def __init__(self, piper: Piper, text: str) -> None:
        self._piper = piper
        self._text: str | None = text
        self._sentences: list[list[int]] = []
        self._ids: list[int] = []
        self._plan: Plan | None = None
        self._at = 0
        """The frame up to which the plan has sounded."""
        self._held = np.zeros(0, dtype=np.float32)
        """Samples after the quiet place at which the stretch before ended."""

    def stretch(self, seconds: float | None = None) -> bytes:
        """Return the next s16le, about as long as is asked for; without that the first few words. Empty at its end."""
        if self._text is not None:
            self._sentences, self._text = self._piper.sentences(self._text), None
        if self._plan is None or self._at >= self._plan.frames:
            if not self._sentences:
                return b""
            self._ids = self._sentences.pop(0)
            self._plan, self._at = self._piper.plan(self._ids), 0
        last = self._last(self._plan, seconds)
        samples = np.concatenate([self._held, self._plan.sound(self._at, last)])
        self._at = last
        cut = (
            len(samples) if last >= self._plan.frames else _quiet_place(samples, int(QUIETEST_S * self._piper.rate_hz))
        )
        self._held = samples[cut:]
        return self._piper.pcm(samples[:cut])

    def _last(self, plan: Plan, seconds: float | None) -> int:
        """Return the frame before which the next stretch is to end."""
        least = self._piper.frames(LEAST_S)
        if seconds is None:
            chosen = self._piper.end_of_words(plan, self._ids, FIRST_WORDS)
        else:
            chosen = self._at + self._piper.frames(seconds)
        last = max(chosen, self._at + least)
        return last if last + least <= plan.frames else plan.frames


def _quiet_place(samples: Values, most: int) -> int:
    """Return where near the end, `most` samples before it at the furthest, the sound crosses zero and is softest."""
    end = samples[-most:]
    if len(end) < most:
        return len(samples)
    crossings = np.flatnonzero(np.signbit(end[1:]) != np.signbit(end[:-1])) + 1
    if not len(crossings):
        return len(samples)
    around = np.pad(np.abs(end), AROUND_SAMPLES)
    loudest = [around[place : place + 2 * AROUND_SAMPLES].max() for place in crossings]
    return len(samples) - most + int(crossings[int(np.argmin(loudest))])
