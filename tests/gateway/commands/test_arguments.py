import argparse
from pathlib import Path

import pytest

from gateway.commands.arguments import add_config, add_house, chosen_config
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.offer import SettingsChange
from gateway.paths import gateway_dir
from gateway.settings_file import SettingsFile


def parsed(*arguments: str, with_house: bool = True) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_config(parser)
    if with_house:
        add_house(parser)
    return parser.parse_args(arguments)


def test_without_wishes_the_configuration_holds() -> None:
    assert chosen_config(parsed()) == Config()
    assert chosen_config(parsed(with_house=False)) == Config()


def test_wishes_come_on_top_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[stt]\nmodel = "base"\nhypotheses = 3\n[home]\narea = "Kitchen"\n', encoding="utf-8")
    config = chosen_config(
        parsed("--config", str(path), "--language", "de", "--home", "x.yaml", "--wake", "alexa", "--wake", "okay_nabu")
    )
    assert (config.stt.model, config.stt.language, config.stt.hypotheses) == ("base", "de", 3)
    assert (config.home.house, config.home.area) == ("x.yaml", "Kitchen")
    assert config.wake.words == ("alexa", "okay_nabu")
    assert chosen_config(parsed("--model", "base", "--area", "Office")).home.area == "Office"


def test_a_configuration_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        chosen_config(parsed("--config", str(tmp_path / "none.toml")))


def test_what_was_chosen_in_home_assistant_wins_over_the_file_and_wishes_over_both(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[wake]\nwords = ["hey_jarvis"]\nsensitivity = 40\n', encoding="utf-8")
    file = SettingsFile(gateway_dir())
    file.add(SettingsChange(stt_model="no longer there", wake_words=("alexa",), wake_sensitivity=70))
    config = chosen_config(parsed("--config", str(path)))
    assert (config.wake.words, config.wake.sensitivity) == (("alexa",), 70)
    assert config.stt.model == Config().stt.model
    assert chosen_config(parsed("--wake", "okay_nabu")).wake.words == ("okay_nabu",)
    file.path.unlink()
    assert chosen_config(parsed("--config", str(path))).wake.sensitivity == 40
