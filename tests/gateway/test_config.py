import os
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from gateway.config import LARGEST_BYTES, Config, SttConfig, WakeConfig, load_config, parse_config
from gateway.errors import ConfigError
from gateway.offer import Settings

type Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_no_file_is_needed() -> None:
    assert load_config() == Config()


def test_the_users_own_file_is_read_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "local-voice").mkdir()
    (tmp_path / "local-voice" / "config.toml").write_text('[home]\narea = "Kitchen"\n', encoding="utf-8")
    assert load_config().home.area == "Kitchen"


def test_what_a_file_leaves_out_stays_as_it_is(write: Write) -> None:
    config = load_config(write('[wake]\nwords = ["alexa", "hey_jarvis"]\n[stt]\nhypotheses = 5\n'))
    assert config.wake.words == ("alexa", "hey_jarvis")
    assert config.stt.hypotheses == 5
    assert config.stt.model == Config().stt.model
    assert config.tts == Config().tts


def test_the_documented_defaults_are_the_defaults() -> None:
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = text.split("```toml")[1].split("```")[0]

    values = tomllib.loads(example)
    assert parse_config(values, "docs/configuration.md") == Config()
    assert {name: set(section) for name, section in values.items()} == {
        name: set(section) for name, section in asdict(Config()).items()
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[wake]\nwords = []", 'wake.words: found [], must be a list of names, such as ["okay_nabu", "alexa"]'),
        ('[wake]\nwords = "alexa"', "wake.words: found 'alexa', must be a list of names"),
        ('[wake]\nsecond_opinion = "yes"', "wake.second_opinion: found 'yes', must be true or false"),
        ("[wake]\nsensitivity = 101", "wake.sensitivity: found 101, must be a whole number from 0 to 100"),
        ("[stt]\nhypotheses = 0", "stt.hypotheses: found 0, must be a whole number from 1 to 20"),
        ("[stt]\nthreads = true", "stt.threads: found True, must be a whole number from 0 to 64"),
        ("[stt]\nthreads = 1.5", "stt.threads: found 1.5, must be a whole number from 0 to 64"),
        ('[stt]\ncompute_type = "int4"', "stt.compute_type: found 'int4', must be one of int8, int8_float32"),
        ("[tts]\nvoice = 7", "tts.voice: found 7, must be text in quotation marks"),
        ("[stt]\nbeam = 5", "stt.beam: there is no such key; known are: model, language, second_language, hypotheses"),
        ("[sst]\nmodel = 'x'", "sst: there is no such key; known are: wake, stt, tts, endpoint, home, satellite"),
        ("stt = 5", "stt: found 5, expected a dictionary"),
    ],
)
def test_an_error_names_the_file_the_key_what_was_found_and_what_is_allowed(write: Write, text: str, said: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value).startswith(f"{path}: {said}")


def test_what_can_be_changed_later_goes_in_and_out_and_leaves_the_rest() -> None:
    settings = Settings(stt_model="base", voice="espeak-de", wake_words=("alexa",), wake_sensitivity=70)
    config = Config(stt=SttConfig(threads=4), wake=WakeConfig(second_opinion=False)).set_to(settings)
    assert config.settings == settings
    assert (config.stt.threads, config.wake.second_opinion) == (4, False)


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (1, 1), (2, 1), (3, 1), (4, 2), (64, 2)])
def test_half_of_the_cores_recognise_unless_somebody_chooses(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, threads: int
) -> None:
    monkeypatch.setattr(os, "process_cpu_count", lambda: cores)
    assert SttConfig().cpu_threads == threads
    assert SttConfig(threads=3).cpu_threads == 3


def test_what_is_no_configuration_file_is_refused_in_one_line(tmp_path: Path, write: Write) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (LARGEST_BYTES + 1))
    for path, said in (
        (tmp_path / "none.toml", "there is no such configuration file"),
        (tmp_path, "cannot be read (Is a directory)"),
        (large, f"more than {LARGEST_BYTES} bytes"),
        (binary, "not TOML"),
        (write("[stt\nmodel"), "not TOML"),
    ):
        with pytest.raises(ConfigError, match=r"^[^\n]*$") as error:
            load_config(path)
        assert str(error.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize(
    ("stt", "languages"),
    [
        ("", ("en",)),
        ('second_language = "de"', ("en", "de")),
        ('language = "de"\nsecond_language = "en"', ("de", "en")),
        ('second_language = "en-GB"', ("en",)),
    ],
)
def test_there_are_one_or_two_languages_and_the_first_is_first(stt: str, languages: tuple[str, ...]) -> None:
    assert parse_config(tomllib.loads(f"[stt]\n{stt}"), "x").stt.languages == languages
