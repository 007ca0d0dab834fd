"""Puts the program together: finds the models that the configuration names, loads them, and joins them to a house.

The only place that knows every engine. Loading takes seconds, and happens before anybody is listened to. An engine's
library is imported with it, so that a command which needs no Whisper does not wait for it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet, WeakValueDictionary

from gateway.config import Config
from gateway.engines.allocator import keep_freed_memory
from gateway.engines.espeak import EspeakTextToSpeech, espeak_voices
from gateway.engines.replies import Replies
from gateway.engines.worker import MAX_WAITING_CALLS, Worker
from gateway.errors import ConfigError, ModelError
from gateway.events import Announcement
from gateway.home.demo import demo_house
from gateway.home.files import load_house
from gateway.home.simulated import SimulatedHome
from gateway.home.timers import Clock
from gateway.house import House
from gateway.models import ModelStore, fitness, installed
from gateway.offer import ROBOT, Offer, Settings, Voice
from gateway.own_sentences import NO_SENTENCES
from gateway.paths import models_dir
from gateway.timers import TimerFinished
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.run import Place
from gateway.turn.stages import (
    Home,
    SecondOpinion,
    SpeechToText,
    Stages,
    TextToSpeech,
    Tongue,
    Understanding,
    VoiceActivity,
    WakeWord,
)

if TYPE_CHECKING:
    from gateway.engines.learned import LearnedUnderstanding
    from gateway.engines.second_opinion import OpenWakeWordModels

VAD_MODEL = "silero-v6"
SECOND_SUFFIX = "-second"
"""The registry's name for the second model of a wake word: the word and this."""
MOST_STREAMS = 256
"""More than peers can be connected. Each stream waits for its own call, and all of them may come back at once."""


class Ears(NamedTuple):
    """The models that follow one stream, by their names in `Stages`."""

    wake: WakeWord
    second_opinion: SecondOpinion | None
    vad: VoiceActivity


class Assembly:
    """The parts of one gateway, loaded when they are asked for, each once."""

    def __init__(self, config: Config, store: ModelStore | None = None) -> None:
        keep_freed_memory()  # before there are threads: each would take memory of its own
        self._config = config
        self._store = store or ModelStore(models_dir())
        self._workers: WeakSet[Worker] = WeakSet()  # one of a model that is gone ends with it
        self._hearing = self._worker("hearing", most_waiting=MOST_STREAMS)
        self._doubting = self._worker("second-opinion", most_waiting=MOST_STREAMS)
        self._loading = self._worker("loading", most_waiting=MOST_STREAMS)
        self._second: WeakValueDictionary[tuple[str, ...], OpenWakeWordModels] = WeakValueDictionary()
        """As long as somebody listens for these words."""
        self._replies = Replies()
        self._espeak_voices: tuple[Voice, ...] | None = None

    async def load[**P, T](self, part: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `part`, a method of this object, called off the event loop; a cancelled caller does not wait for it.

        Raises what `part` raises.
        """
        return await self._loading.run(part, *args, **kwargs)

    def house(self) -> House:
        """Return the house that the configuration names, or the demo house. Raises HouseError."""
        return load_house(Path(self._config.home.house)) if self._config.home.house else demo_house()

    def place(self, house: House) -> Place:
        """Return where the satellite stands. Raises ConfigError for an area that `house` does not have."""
        name = self._config.home.area
        if not name:
            return Place()
        for area in house.areas:
            if name.casefold() in (area.id.casefold(), area.name.casefold(), *(a.casefold() for a in area.aliases)):
                return Place(area_id=area.id)
        known = ", ".join(area.name for area in house.areas)
        raise ConfigError(f"home.area: found {name!r}, but this house has no such area; it has: {known}")

    def offer(self, settings: Settings) -> Offer:
        """Return what is installed beside what is in use."""
        if self._espeak_voices is None:
            self._espeak_voices = espeak_voices()
        language = self._config.stt.language
        stt_models = installed.stt_models(self._store, *self._config.stt.languages)
        return Offer(
            language=language,
            second_language=self._second_language,
            stt_models=stt_models,
            stt_fitness={model: fitness.of(model, language) for model in stt_models},
            voices=(*(installed.piper_voices(self._store) if has_piper() else ()), *self._espeak_voices),
            wake_words=installed.wake_words(self._store),
            settings=settings,
        )

    def stt(self, model: str = "") -> SpeechToText:
        """Return speech recognition, with another model than the configuration's where one is named.

        Raises ModelError.
        """
        from gateway.engines.stt import WhisperSpeechToText

        stt = self._config.stt
        return WhisperSpeechToText(
            self._store.find(model or stt.model).path,
            self._worker("stt"),
            language=stt.language,
            second_language=self._second_language,
            hypotheses=stt.hypotheses,
            threads=stt.cpu_threads,
            compute_type=stt.compute_type,
        )

    def tts(self, voice: str = "") -> TextToSpeech:
        """Return the voice, another than the configuration's where one is named. Raises ModelError."""
        return self._voice(voice or self._config.tts.voice)()

    def forget_replies(self) -> None:
        """Have no voice remember what it said: that may be what somebody wants forgotten. For the event loop alone."""
        self._replies.forget()

    def vad(self) -> VoiceActivity:
        """Return voice activity detection for one stream. Raises ModelError."""
        from gateway.engines.vad import SileroVad

        return SileroVad(self._store.find(VAD_MODEL).main, self._hearing)

    def wake(self, words: Sequence[str] = ()) -> WakeWord:
        """Return the first wake model for one stream, of other words than the configuration's where some are named.

        Raises ModelError, ConfigError for a word that has none.
        """
        from gateway.engines.wake import MicroWakeWords

        chosen = words or self._config.wake.words
        known = [word.id for word in installed.wake_words(self._store)]
        for word in chosen:
            if word not in known:
                raise ConfigError(f"wake.words: found {word!r}, must be of: {', '.join(known)}")
        return MicroWakeWords({word: self._store.find(word).main for word in chosen}, self._hearing)

    def second_opinion(self, words: Sequence[str] = ()) -> SecondOpinion | None:
        """Return the second wake model for one stream; None where it is not installed or not wanted."""
        if not self._config.wake.second_opinion or find_spec("pyopen_wakeword") is None:
            return None
        from gateway.engines.second_opinion import OpenWakeWordOpinion

        models = self._second_models(tuple(words or self._config.wake.words))
        return None if models is None else OpenWakeWordOpinion(models)

    def second_voice(self, settings: Settings) -> str:
        """Return the voice that answers in the second language; empty where there is no such language.

        Raises ConfigError where there is none.
        """
        language = self._second_language
        if not language:
            return ""
        voice = self.offer(settings).voice_for(language)
        if voice is None:
            raise ConfigError(
                f"stt.second_language: found {language!r}, and no voice that speaks it; install espeak-ng, add a "
                "voice with `local-voice models add`, or leave the key empty"
            )
        return voice.id

    def understanding(self, house: House, *, by_sound: bool = True, language: str = "") -> LearnedUnderstanding:
        """Return what knows the sentences of this house, and no rules yet; `by_sound` is whether they are spoken.

        They are of `language`, or else of the first that is spoken; the household's own are of the first alone. Raises
        ConfigError.
        """
        from gateway.engines.learned import LearnedUnderstanding
        from gateway.engines.understanding import HassUnderstanding

        first = self._config.stt.language
        language = language or first
        return LearnedUnderstanding(
            HassUnderstanding(
                house if language == first else replace(house, sentences=NO_SENTENCES),
                self._worker("understanding"),
                language=language,
                by_sound=by_sound,
            )
        )

    def home(
        self,
        house: House,
        clock: Clock,
        *,
        on_timer_finished: Callable[[TimerFinished], None] | None = None,
        on_announcement: Callable[[Announcement], None] | None = None,
    ) -> SimulatedHome:
        """Return a house that acts; it keeps time by `clock`, the running event loop."""
        return SimulatedHome(
            house,
            clock=clock,
            now=lambda: datetime.now().astimezone(),
            on_timer_finished=on_timer_finished,
            on_announcement=on_announcement,
        )

    def stages(self, home: SimulatedHome) -> Stages:
        """Return everything that the turns of one satellite need in `home`. Raises ModelError, ConfigError."""
        return self.stages_with(
            home, lambda language: self.understanding(home.snapshot(), language=language), self._config.settings
        )

    def stages_with(self, home: Home, understanding: Callable[[str], Understanding], settings: Settings) -> Stages:
        """Return the same with these settings, where the caller puts together what understands a language."""
        first, *others = self._config.stt.languages
        beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loading-voice")
        try:
            tts = beside.submit(self._voice(settings.voice))  # the slowest of all, and on a core of its own
            return Stages(
                **self.ears(settings.wake_words)._asdict(),
                stt=self.stt(settings.stt_model),
                understanding=understanding(first),
                home=home,
                tts=tts.result(),
                other=next((self._tongue(understanding(language), settings) for language in others), None),
                wake_sensitivity=settings.wake_sensitivity,
            )
        finally:
            beside.shutdown(wait=False)

    def ears(self, words: Sequence[str]) -> Ears:
        """Return what follows one stream, for these wake words. Raises ModelError, ConfigError."""
        return Ears(wake=self.wake(words), second_opinion=self.second_opinion(words), vad=self.vad())

    def endpoint(self) -> EndpointSettings:
        """Return which pauses end what is said."""
        pauses = self._config.endpoint
        return EndpointSettings(
            pause_ms=pauses.pause_ms,
            understood_pause_ms=pauses.understood_pause_ms,
            open_pause_ms=pauses.open_pause_ms,
            end_pause_ms=pauses.end_pause_ms,
            unfinished_pause_ms=pauses.unfinished_pause_ms,
            max_speech_ms=pauses.max_speech_ms,
            no_speech_ms=pauses.no_speech_ms,
        )

    def close(self) -> None:
        """Let all threads go; what they are doing finishes by itself."""
        for worker in list(self._workers):
            worker.close()

    @property
    def _second_language(self) -> str:
        """What is spoken besides the first language; empty where that is nothing."""
        return next(iter(self._config.stt.languages[1:]), "")

    def _tongue(self, understanding: Understanding, settings: Settings) -> Tongue:
        return Tongue(understanding=understanding, tts=self.tts(self.second_voice(settings)))

    def _voice(self, voice: str) -> Callable[[], TextToSpeech]:
        """Return what loads the voice; imports its library here: two threads that import at once can block each other.

        Raises ModelError.
        """
        if voice.startswith(ROBOT):
            return lambda: EspeakTextToSpeech(voice)
        if not has_piper():
            raise ModelError("there is no voice: Piper is an extra; install it: uv pip install 'local-voice[piper]'")
        from gateway.engines.tts import PiperTextToSpeech

        return lambda: PiperTextToSpeech(self._store.find(voice).main, self._worker("tts"), self._replies)

    def _second_models(self, words: tuple[str, ...]) -> OpenWakeWordModels | None:
        """Return what all streams with these wake words look through; None where there is a model for none of them."""
        from gateway.engines.second_opinion import OpenWakeWordModels

        models = self._second.get(words)
        if models is not None:
            return models
        known = {model.name for model in self._store.models()}
        files = {word: self._store.find(word + SECOND_SUFFIX).main for word in words if word + SECOND_SUFFIX in known}
        if not files:
            return None
        models = OpenWakeWordModels(next(iter(files.values())).parent, files, self._doubting)
        self._second[words] = models
        return models

    def _worker(self, name: str, *, most_waiting: int = MAX_WAITING_CALLS) -> Worker:
        worker = Worker(name, most_waiting=most_waiting)
        self._workers.add(worker)
        return worker


def has_piper() -> bool:
    """Tell whether the extra is installed that Piper voices need."""
    return find_spec("piper") is not None
