import asyncio
import gc
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from weakref import ref

import pytest

from gateway.assembly import Assembly, Ears
from gateway.config import Config, SttConfig
from gateway.equipment import MOST_SPARE, Equipment
from gateway.errors import ConfigError, ModelError
from gateway.events import Sound
from gateway.offer import Offer, Settings, SettingsChange, Voice, WakeWordModel
from gateway.settings_file import SettingsFile
from gateway.turn.stages import SpeechToText, Stages, TextToSpeech, Tongue
from tests.fakes import (
    ScriptedStt,
    ScriptedTts,
    ScriptedUnderstanding,
    ScriptedVad,
    ScriptedWakeWord,
    recognized,
    stages,
)

SETTINGS = Config().settings
VOICES = (
    Voice(id=SETTINGS.voice, name="Joe", language="en-US"),
    Voice(id="espeak-de", name="German", language="de"),
    Voice(id="espeak-sv", name="Swedish", language="sv"),
)
WAKE_WORDS = tuple(WakeWordModel(id=word, phrase=word) for word in ("okay_nabu", "alexa"))


class ScriptedAssembly(Assembly):
    """Loads nothing; remembers what it was to load. Whoever holds `gate` holds it up."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__(config or Config())
        self.loaded: list[str] = []
        self.voices: dict[str, ScriptedTts] = {}
        self.broken: set[str] = set()
        self.gate = threading.Lock()

    def offer(self, settings: Settings) -> Offer:
        return Offer(
            language="en",
            stt_models=("tiny.en", "base", "other"),
            voices=VOICES,
            wake_words=WAKE_WORDS,
            settings=settings,
        )

    def stt(self, model: str = "") -> SpeechToText:
        self._load(model)
        return ScriptedStt(recognized(model))

    def tts(self, voice: str = "") -> TextToSpeech:
        self._load(voice)
        self.voices[voice] = ScriptedTts()
        return self.voices[voice]

    def ears(self, words: Sequence[str]) -> Ears:
        self._load("+".join(words))
        return Ears(ScriptedWakeWord(words[0]), None, ScriptedVad())

    def _load(self, name: str) -> None:
        with self.gate:
            self.loaded.append(name)
        if name in self.broken:
            raise ModelError("scripted")


@dataclass
class Rig:
    """An equipment and all that it knows."""

    assembly: ScriptedAssembly
    equipment: Equipment
    first: Stages
    folder: Path
    changes: list[None] = field(default_factory=list)

    @property
    def remembered(self) -> SettingsChange:
        return SettingsFile(self.folder).chosen


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    assembly, first, changes = ScriptedAssembly(), stages(), list[None]()
    file = SettingsFile(tmp_path)

    async def remember(change: SettingsChange) -> None:
        await assembly.load(file.add, change)  # in the queue of what is loaded, so that the order is the same each time

    equipment = Equipment(assembly, first, SETTINGS, remember=remember, changed=lambda: changes.append(None))
    yield Rig(assembly, equipment, first, tmp_path, changes)
    assembly.close()


async def said(equipment: Equipment, text: str, **how: str) -> int:
    """Return in how many stretches a text is said."""
    return len([sound async for sound in equipment.speak(text, **how)])


async def test_only_what_is_different_is_loaded_and_used_from_then_on(rig: Rig) -> None:
    before = await rig.equipment.stages()
    await rig.equipment.change(SettingsChange(stt_model="base", voice=SETTINGS.voice, wake_sensitivity=70))
    assert rig.assembly.loaded == ["base"]
    after = await rig.equipment.stages()
    assert before.stt is rig.first.stt
    assert (await after.stt.recognize(b"")).hypotheses[0].text == "base"
    assert (after.tts, after.understanding, after.home) == (before.tts, before.understanding, before.home)
    assert (before.wake_sensitivity, after.wake_sensitivity) == (50, 70)
    assert rig.equipment.offer().settings == rig.equipment.settings == SETTINGS.changed(rig.remembered)
    assert rig.remembered == SettingsChange(stt_model="base", voice=SETTINGS.voice, wake_sensitivity=70)
    assert len(rig.changes) == 1


@pytest.mark.parametrize(
    "change",
    [
        SettingsChange(stt_model="large"),
        SettingsChange(stt_model="base", voice="nobody"),
        SettingsChange(wake_words=("hey",)),
        SettingsChange(wake_words=()),
        SettingsChange(wake_sensitivity=101),
    ],
)
async def test_what_is_not_offered_changes_nothing(rig: Rig, change: SettingsChange) -> None:
    with pytest.raises(ConfigError):
        await rig.equipment.change(change)
    assert rig.assembly.loaded == []
    assert rig.equipment.settings == SETTINGS
    assert rig.remembered == SettingsChange()
    assert rig.changes == []


async def test_a_model_that_cannot_be_loaded_changes_nothing(rig: Rig) -> None:
    rig.assembly.broken = {"espeak-de"}
    with pytest.raises(ModelError):
        await rig.equipment.change(SettingsChange(stt_model="base", voice="espeak-de", wake_words=("alexa",)))
    assert rig.equipment.settings == SETTINGS
    assert (await rig.equipment.stages()).stt is rig.first.stt
    assert rig.remembered == SettingsChange()
    assert rig.changes == []


async def test_what_cannot_be_remembered_changes_nothing(rig: Rig) -> None:
    rig.folder.rmdir()
    rig.folder.write_text("no folder")
    with pytest.raises(ConfigError, match="cannot be written"):
        await rig.equipment.change(SettingsChange(stt_model="base"))
    assert rig.equipment.settings == SETTINGS
    assert rig.changes == []


async def test_a_caller_that_goes_while_it_loads_changes_nothing(rig: Rig) -> None:
    with rig.assembly.gate:
        changing = asyncio.create_task(rig.equipment.change(SettingsChange(stt_model="base")))
        await asyncio.sleep(0.01)
        changing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changing
    await rig.equipment.change(SettingsChange(wake_sensitivity=1))
    assert rig.equipment.settings.stt_model == "tiny.en"
    assert rig.remembered == SettingsChange(wake_sensitivity=1)


async def test_changes_at_once_are_made_one_after_the_other(rig: Rig) -> None:
    models = ("base", "other", "tiny.en")
    await asyncio.gather(*(rig.equipment.change(SettingsChange(stt_model=model)) for model in models))
    assert rig.assembly.loaded == list(models)
    assert rig.equipment.settings.stt_model == rig.remembered.stt_model == "tiny.en"
    assert len(rig.changes) == 3


async def test_ears_are_kept_for_the_next_stream_over_changes_that_do_not_concern_them(rig: Rig) -> None:
    one = await rig.equipment.stages()
    assert one.wake is rig.first.wake, "those that were loaded at the start are used, too"
    other = await rig.equipment.stages()
    assert other.wake is not one.wake
    await rig.equipment.change(SettingsChange(stt_model="base"))
    rig.equipment.keep(one)
    again = await rig.equipment.stages()
    assert (again.wake, again.vad) == (one.wake, one.vad)
    assert (await again.stt.recognize(b"")).hypotheses[0].text == "base", "but with the new model"


async def test_ears_for_other_words_are_dropped_also_those_that_come_back_later(rig: Rig) -> None:
    one, other = await rig.equipment.stages(), await rig.equipment.stages()
    rig.equipment.keep(other)
    await rig.equipment.change(SettingsChange(wake_words=("alexa",)))
    rig.equipment.keep(one)
    for _ in range(3):
        taken = await rig.equipment.stages()
        assert set(await taken.wake.scores(b"\0")) == {"alexa"}
    assert one.wake is rig.first.wake


async def test_ears_that_load_while_the_words_change_are_for_the_new_words(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    add = SettingsFile.add

    def slowly(file: SettingsFile, change: SettingsChange) -> None:
        begun.set()
        go_on.wait(5)
        add(file, change)

    monkeypatch.setattr(SettingsFile, "add", slowly)
    await rig.equipment.stages()
    changing = asyncio.create_task(rig.equipment.change(SettingsChange(wake_words=("alexa",))))
    await asyncio.to_thread(begun.wait, 5)
    taking = [asyncio.create_task(rig.equipment.stages()) for _ in range(2)]
    await asyncio.sleep(0)
    go_on.set()
    await changing
    for taken in await asyncio.gather(*taking):
        assert set(await taken.wake.scores(b"\0")) == {"alexa"}
    assert rig.assembly.loaded == ["alexa", "okay_nabu", "okay_nabu", "alexa", "alexa"]


async def test_only_some_ears_are_kept(rig: Rig) -> None:
    taken = [await rig.equipment.stages() for _ in range(MOST_SPARE + 2)]
    for stages_ in taken:
        rig.equipment.keep(stages_)
    rig.assembly.loaded.clear()
    for _ in range(MOST_SPARE + 1):
        await rig.equipment.stages()
    assert len(rig.assembly.loaded) == 1


async def test_the_usual_voice_speaks_where_nothing_is_asked_for(rig: Rig) -> None:
    assert await said(rig.equipment, "one two") == 2
    assert await said(rig.equipment, "one", language="en") == 1
    assert await said(rig.equipment, "one", voice=SETTINGS.voice) == 1
    assert isinstance(rig.first.tts, ScriptedTts)
    assert rig.first.tts.said == ["one two", "one", "one"]
    assert rig.assembly.loaded == []


async def test_other_voices_are_loaded_when_they_are_asked_for_and_kept(rig: Rig) -> None:
    await said(rig.equipment, "eins", language="de-CH")
    await said(rig.equipment, "zwei", voice="espeak-de", language="en")
    assert rig.assembly.loaded == ["espeak-de"]
    assert rig.assembly.voices["espeak-de"].said == ["eins", "zwei"]
    await rig.equipment.change(SettingsChange(voice="espeak-de"))
    await said(rig.equipment, "drei")
    assert rig.assembly.loaded == ["espeak-de"], "what is there already is not loaded again"
    assert rig.assembly.voices["espeak-de"].said == ["eins", "zwei", "drei"]


@pytest.mark.parametrize(
    ("how", "message"),
    [({"voice": "nobody"}, "no voice 'nobody' here"), ({"language": "tlh"}, "no voice for the language 'tlh' here")],
)
async def test_a_voice_or_language_that_is_not_there_is_told(rig: Rig, how: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        await said(rig.equipment, "one", **how)


async def test_the_last_one_to_let_go_of_a_model_frees_it(rig: Rig) -> None:
    await rig.equipment.change(SettingsChange(stt_model="base", voice="espeak-de"))
    stream = await rig.equipment.stages()
    old = ref(stream.stt), ref(stream.tts)
    await rig.equipment.change(SettingsChange(stt_model="other", voice=SETTINGS.voice))
    gc.collect()
    assert None not in (old[0](), old[1]()), "a turn is going on"
    rig.equipment.keep(stream)
    rig.assembly.voices.clear()
    del stream
    assert (old[0](), old[1]()) == (None, None), "without the garbage collector"


async def test_the_usual_voice_learns_replies_one_by_one_also_the_one_that_is_chosen_meanwhile(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.equipment.LEARNING_S", 0.0)

    def replies() -> Iterator[str]:
        yield "sorry"
        yield "done"

    assert isinstance(rig.first.tts, ScriptedTts)
    await rig.equipment.learn(replies())
    assert rig.first.tts.prepared == ["sorry", "done"]
    await rig.equipment.change(SettingsChange(voice="espeak-de"))
    await rig.equipment.learn(replies())
    assert rig.assembly.voices["espeak-de"].prepared == ["sorry", "done"]


async def test_what_a_voice_said_is_forgotten_with_the_voice(rig: Rig) -> None:
    replies = rig.assembly._replies
    replies.keep(("joe", "done"), Sound(rate_hz=22_050, pcm=bytes(2)), age=replies.age)
    await rig.equipment.change(SettingsChange(stt_model="base"))
    assert len(replies) == 1
    await rig.equipment.change(SettingsChange(voice="espeak-de"))
    assert len(replies) == 0


@pytest.fixture
def bilingual(tmp_path: Path) -> Iterator[Rig]:
    """Return an equipment of two languages."""
    assembly = ScriptedAssembly(Config(stt=SttConfig(model="base", second_language="sv")))
    second = Tongue(understanding=ScriptedUnderstanding(language="sv"), tts=ScriptedTts())
    first, changes = stages(other=second), list[None]()

    async def remember(_: SettingsChange) -> None: ...

    equipment = Equipment(assembly, first, SETTINGS, remember=remember, changed=lambda: changes.append(None))
    yield Rig(assembly, equipment, first, tmp_path, changes)
    assembly.close()


async def test_the_second_language_has_a_voice_of_its_own_that_is_there_already(bilingual: Rig) -> None:
    other = bilingual.first.other
    assert other is not None
    assert await said(bilingual.equipment, "god kväll", language="sv") == 2
    assert (other.tts.said, bilingual.assembly.loaded) == (["god kväll"], [])  # type: ignore[attr-defined]


async def test_with_another_voice_the_second_language_keeps_its_own(bilingual: Rig) -> None:
    await bilingual.equipment.change(SettingsChange(voice="espeak-de"))
    assert bilingual.assembly.loaded == ["espeak-de"]
    assert bilingual.equipment.shared.other == bilingual.first.other
    assert (await bilingual.equipment.stages()).languages == ("en", "sv")
