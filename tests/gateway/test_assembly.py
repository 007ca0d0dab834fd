import asyncio
import gc
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import assembly as assembly_module
from gateway.assembly import Assembly
from gateway.config import Config, EndpointConfig, HomeConfig, SttConfig, WakeConfig
from gateway.errors import ConfigError, HouseError, ModelError
from gateway.home.demo import demo_house
from gateway.models import ModelStore
from gateway.offer import Voice
from gateway.turn.endpoint import EndpointSettings


@pytest.fixture
def assembly() -> Iterator[Assembly]:
    assembly = Assembly(Config())
    yield assembly
    assembly.close()


def configured(config: Config) -> Assembly:
    assembly = Assembly(config)
    assembly.close()  # no model is needed
    return assembly


def test_the_demo_house_is_there_without_a_file(assembly: Assembly) -> None:
    assert assembly.house().name == "Demo house"
    assert assembly.place(assembly.house()).area_id is None


@pytest.mark.parametrize("name", ["living_room", "Living Room", "LOUNGE"])
def test_a_place_is_found_by_any_of_its_names(name: str) -> None:
    assembly = configured(Config(home=HomeConfig(area=name)))
    assert assembly.place(assembly.house()).area_id == "living_room"


def test_a_place_that_is_not_there_is_told_with_those_that_are() -> None:
    assembly = configured(Config(home=HomeConfig(area="Narnia")))
    with pytest.raises(ConfigError, match=r"home\.area: found 'Narnia', .* it has: Kitchen, Living Room"):
        assembly.place(assembly.house())


def test_the_house_of_the_configuration_is_read(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    path.write_text(
        "name: Cabin\nareas:\n  - name: Loft\nentities:\n  - {name: Lamp, domain: light, area: Loft}\n",
        encoding="utf-8",
    )
    assert configured(Config(home=HomeConfig(house=str(path)))).house().name == "Cabin"
    with pytest.raises(HouseError, match=r"none\.yaml"):
        configured(Config(home=HomeConfig(house=str(tmp_path / "none.yaml")))).house()


def test_pauses_come_from_the_configuration() -> None:
    assert configured(Config()).endpoint() == EndpointSettings()
    chosen = configured(Config(endpoint=EndpointConfig(end_pause_ms=1_200, no_speech_ms=9_000))).endpoint()
    assert (chosen.end_pause_ms, chosen.no_speech_ms) == (1_200, 9_000)


def test_a_wake_word_without_a_model_is_told_with_those_that_have_one() -> None:
    assembly = configured(Config(wake=WakeConfig(words=("alexa", "hey_house"))))
    with pytest.raises(ConfigError, match=r"wake\.words: found 'hey_house', .*okay_nabu"):
        assembly.wake()


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    empty = ModelStore(tmp_path, registry=())
    assembly = Assembly(Config(), empty)
    for part in (assembly.stt, assembly.vad, assembly.tts):
        with pytest.raises(ModelError, match="there is no model"):
            part()
    assembly.close()
    with pytest.raises(ModelError, match="base is not installed; add it"):
        configured(Config(stt=SttConfig(model="base"))).stt()


def test_without_the_extra_there_is_no_voice(assembly: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)  # what Python knows not to be there
    with pytest.raises(ModelError, match="Piper is an extra; install it"):
        assembly.tts()


def test_the_second_opinion_is_left_out_where_nobody_wants_it() -> None:
    assert configured(Config(wake=WakeConfig(second_opinion=False))).second_opinion() is None


def test_streams_with_the_same_wake_words_share_the_second_models_as_long_as_one_is_there(assembly: Assembly) -> None:
    first, second, other = (assembly.second_opinion(words) for words in (["alexa"], ["alexa"], ["okay_nabu"]))
    assert first._models is second._models  # type: ignore[union-attr]
    assert first._models is not other._models  # type: ignore[union-attr]
    del first, second
    gc.collect()
    assert list(assembly._second) == [("okay_nabu",)]


def test_the_second_opinion_is_left_out_where_it_is_not_installed(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyopen_wakeword", None)
    assert assembly.second_opinion() is None


async def test_the_event_loop_is_free_while_models_load(assembly: Assembly) -> None:
    release = threading.Event()
    loading = asyncio.create_task(assembly.load(release.wait, 10))
    await asyncio.sleep(0)
    start_s = time.monotonic()
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert time.monotonic() - start_s < 5
    release.set()


@pytest.mark.models
async def test_everything_is_loaded_and_works_together(assembly: Assembly) -> None:
    house = assembly.house()
    home = assembly.home(house, asyncio.get_running_loop())
    stages = await assembly.load(assembly.stages, home)
    intent = await stages.understanding.match("turn on the sofa lamp", area_id=None)
    assert intent is not None
    assert stages.second_opinion is not None
    assert await stages.second_opinion.begin("okay_nabu", b"") is not None
    assert await stages.second_opinion.begin("alexa", b"") is None, "only the words that were chosen are loaded"
    assert set(await stages.wake.scores(bytes(1024))) == {"okay_nabu"}
    assert stages.home is home
    home.close()


@pytest.mark.models
async def test_an_error_while_loading_is_the_one_that_is_told(tmp_path: Path) -> None:
    """The wake model is thrown away while the error of another part passes; its C library must not lose the error."""
    for config in (
        replace(Config(), stt=SttConfig(model="base")),
        replace(Config(), stt=SttConfig(language="de")),
    ):
        assembly = Assembly(config)
        home = assembly.home(assembly.house(), asyncio.get_running_loop())
        with pytest.raises(ModelError, match=r"base is not installed|hears English only"):
            await assembly.load(assembly.stages, home)
        home.close()
        assembly.close()


def test_a_second_language_needs_sentences_and_a_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    def bilingual(language: str) -> Assembly:
        return configured(Config(stt=SttConfig(second_language=language)))

    with pytest.raises(ConfigError, match="no sentences for language 'tlh'; there are: "):
        bilingual("tlh").understanding(demo_house(), language="tlh")
    monkeypatch.setattr(assembly_module, "espeak_voices", lambda: (Voice(id="espeak-de", name="x", language="de"),))
    assert bilingual("de").second_voice(Config().settings) == "espeak-de"
    assert bilingual("").second_voice(Config().settings) == ""
    with pytest.raises(ConfigError, match=r"stt\.second_language: found 'nl', and no voice that speaks it; install"):
        bilingual("nl").second_voice(Config().settings)


def test_a_model_that_hears_english_only_is_none_for_two_languages() -> None:
    with pytest.raises(ModelError, match=r"hears English only; `stt\.second_language` = 'de' needs a multilingual one"):
        configured(Config(stt=SttConfig(second_language="de"))).stt()
