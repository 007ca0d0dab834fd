"""Both wake models on real audio, with the thresholds that the turn uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audio import frames
from gateway.engines.second_opinion import OpenWakeWordModels, OpenWakeWordOpinion
from gateway.engines.wake import MicroWakeWords
from gateway.engines.worker import Worker
from gateway.errors import ModelError
from gateway.models import ModelStore
from gateway.offer import HIGHEST_SENSITIVITY, LOWEST_SENSITIVITY, USUAL_SENSITIVITY
from gateway.paths import models_dir
from gateway.turn.wake import Wake, WakeListener
from tests.voices import Voices, babble, hiss, hum, louder, mixed, music, silence

PHRASES = {"okay_nabu": "Okay Nabu", "hey_jarvis": "Hey Jarvis", "hey_mycroft": "Hey Mycroft", "alexa": "Alexa"}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker("wake")
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def first(worker: Worker) -> MicroWakeWords:
    store = ModelStore(models_dir())
    return MicroWakeWords({word: store.find(word).main for word in PHRASES}, worker)


@pytest.fixture(scope="module")
def second_models(worker: Worker) -> OpenWakeWordModels:
    store = ModelStore(models_dir())
    models = {word: store.find(f"{word}-second").main for word in PHRASES}
    return OpenWakeWordModels(models["alexa"].parent, models, worker)


@pytest.fixture(scope="module")
def second(second_models: OpenWakeWordModels) -> OpenWakeWordOpinion:
    return OpenWakeWordOpinion(second_models)


async def wakes(
    first: MicroWakeWords, second: OpenWakeWordOpinion | None, pcm: bytes, sensitivity: int = USUAL_SENSITIVITY
) -> list[Wake]:
    listener = WakeListener(first, second, sensitivity=sensitivity)
    await listener.reset()
    found = [await listener.hear(frame) for frame in frames(silence(0.8) + pcm + silence(1.2))]
    return [wake for wake in found if wake is not None]


@pytest.mark.models
@pytest.mark.parametrize("word", PHRASES)
@pytest.mark.parametrize("pace", [1.0, 1.2])
async def test_each_wake_word_wakes_once(
    first: MicroWakeWords, second: OpenWakeWordOpinion, voices: Voices, word: str, pace: float
) -> None:
    found = await wakes(first, second, louder(voices.piper(f"{PHRASES[word]}.", pace), 0.5))
    assert [wake.wake_word for wake in found] == [word]
    assert found[0].second_score is not None


@pytest.mark.models
async def test_a_wake_word_is_heard_over_a_fan(
    first: MicroWakeWords, second: OpenWakeWordOpinion, voices: Voices
) -> None:
    (wake,) = await wakes(first, second, mixed(voices.piper("Okay Nabu."), hiss(1.0), snr_db=15))
    assert wake.wake_word == "okay_nabu"


@pytest.mark.models
@pytest.mark.parametrize(("word", "snr_db"), [("alexa", 10), ("okay_nabu", 10), ("hey_jarvis", 5), ("hey_mycroft", 5)])
async def test_a_wake_word_is_heard_in_loud_noise(
    first: MicroWakeWords, second: OpenWakeWordOpinion, voices: Voices, word: str, snr_db: float
) -> None:
    said = silence(0.3) + louder(voices.piper(f"{PHRASES[word]}.", 1.2), 0.5) + silence(0.3)
    found = await wakes(first, second, mixed(said, hiss(3.0), snr_db=snr_db))
    assert [wake.wake_word for wake in found] == [word]


@pytest.mark.models
@pytest.mark.parametrize(
    "said", ["Hey chatterbox.", "Hey Travis.", "Hey Janice.", "A lecture.", "Electra.", "Okay, now."]
)
async def test_what_sounds_alike_wakes_nobody(
    first: MicroWakeWords, second: OpenWakeWordOpinion, voices: Voices, said: str
) -> None:
    assert await wakes(first, second, louder(voices.piper(said), 0.5)) == []


@pytest.mark.models
@pytest.mark.parametrize("sound", [silence, hiss, hum, music])
async def test_sounds_wake_nobody(first: MicroWakeWords, second: OpenWakeWordOpinion, sound: object) -> None:
    assert await wakes(first, second, sound(4.0)) == []  # type: ignore[operator]


@pytest.mark.models
@pytest.mark.parametrize("sound", [silence, hiss, hum])
async def test_at_the_highest_sensitivity_silence_and_noise_still_wake_nobody(
    first: MicroWakeWords, second: OpenWakeWordOpinion, sound: object
) -> None:
    pcm = sound(10.0)  # type: ignore[operator] # each takes its length
    for opinion in (second, None):
        assert await wakes(first, opinion, pcm, HIGHEST_SENSITIVITY) == []


@pytest.mark.models
@pytest.mark.parametrize("word", PHRASES)
async def test_at_the_lowest_sensitivity_a_clear_wake_word_still_wakes(
    first: MicroWakeWords, second: OpenWakeWordOpinion, voices: Voices, word: str
) -> None:
    said = [louder(voices.piper(f"{PHRASES[word]}.", pace), 0.5) for pace in (1.0, 1.1, 1.2)]
    woken = [bool(await wakes(first, second, pcm, LOWEST_SENSITIVITY)) for pcm in said]
    assert any(woken)


@pytest.mark.models
async def test_other_words_wake_nobody(first: MicroWakeWords, second: OpenWakeWordOpinion, voices: Voices) -> None:
    sentences = [
        "Turn on the kitchen lights.",
        "I will be a bit late, could you feed the cat?",
        "Okay, now book the table for tonight.",
        "Hey, Janice, how is your craft going?",
        "Alexander asked his lecturer a question.",
    ]
    pieces = [voices.piper(sentence) for sentence in sentences]
    for piece in (*pieces, babble(pieces, 6.0)):
        assert await wakes(first, second, piece) == []


@pytest.mark.models
async def test_the_second_model_agrees_on_the_word_that_was_said_and_on_no_other(
    second: OpenWakeWordOpinion, voices: Voices
) -> None:
    pcm = silence(0.6) + voices.piper("Alexa.") + silence(0.3)
    agreed = await second.begin("alexa", pcm)
    other = await second.begin("hey_jarvis", pcm)
    assert agreed is not None
    assert other is not None
    assert agreed > 0.8
    assert other < 0.1


@pytest.mark.models
async def test_the_second_model_goes_on_where_it_began(second: OpenWakeWordOpinion, voices: Voices) -> None:
    pcm = silence(0.6) + voices.piper("Alexa.") + silence(0.4)
    half = len(pcm) // 4 * 2
    begun = await second.begin("alexa", pcm[:half])
    assert begun is not None
    assert begun < 0.4
    assert await second.more(pcm[half:]) > 0.8


@pytest.mark.models
async def test_streams_that_share_the_second_models_do_not_mix(
    second_models: OpenWakeWordModels, voices: Voices
) -> None:
    said = {
        "alexa": silence(0.6) + voices.piper("Alexa.") + silence(0.4),
        "hey_jarvis": silence(0.3) + voices.piper("Hey Jarvis.") + silence(0.4),
    }
    alone: dict[str, list[float | None]] = {}
    for word, pcm in said.items():
        opinion, half = OpenWakeWordOpinion(second_models), len(pcm) // 4 * 2
        alone[word] = [await opinion.begin(word, pcm[:half]), await opinion.more(pcm[half:])]
    opinions = {word: OpenWakeWordOpinion(second_models) for word in said}
    begun = {word: await opinions[word].begin(word, pcm[: len(pcm) // 4 * 2]) for word, pcm in said.items()}
    more = {word: await opinions[word].more(pcm[len(pcm) // 4 * 2 :]) for word, pcm in said.items()}
    for word, scores in alone.items():
        assert [begun[word], more[word]] == pytest.approx(scores, abs=1e-4)


@pytest.mark.models
async def test_the_second_model_has_no_opinion_on_words_it_does_not_know(second: OpenWakeWordOpinion) -> None:
    assert await second.begin("hey_house", silence(2.0)) is None
    assert await second.more(silence(1.0)) == 0.0


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"model": "none.tflite"}', '{"model": "word.json"}'])
def test_a_wake_word_that_cannot_be_used_is_refused(tmp_path: Path, worker: Worker, text: str) -> None:
    config = tmp_path / "word.json"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="run `local-voice models verify`"):
        MicroWakeWords({"word": config}, worker)


def test_a_second_model_that_cannot_be_used_is_refused(tmp_path: Path, worker: Worker) -> None:
    with pytest.raises(ModelError, match=r"melspectrogram\.tflite: cannot be read"):
        OpenWakeWordModels(tmp_path, {"word": tmp_path / "word.tflite"}, worker)
