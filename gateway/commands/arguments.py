"""The options that several commands share, and how they change the configuration."""

import argparse
from dataclasses import replace
from pathlib import Path

from gateway.assembly import Assembly
from gateway.config import Config, load_config
from gateway.paths import owned_gateway_dir
from gateway.settings_file import SettingsFile


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add `--config`, `--model`, `--language` and `--wake`."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration (default: the user's own)")
    parser.add_argument("--model", metavar="NAME", help="the Whisper model, e.g. tiny.en or base")
    parser.add_argument("--language", metavar="CODE", help="the language that is spoken, e.g. en")
    parser.add_argument("--wake", action="append", metavar="WORD", help="a wake word, e.g. alexa; may be repeated")


def add_house(parser: argparse.ArgumentParser) -> None:
    """Add `--home` and `--area`."""
    parser.add_argument("--home", metavar="HOUSE.yaml", help="a house file (default: the demo house)")
    parser.add_argument("--area", metavar="NAME", help="where in the house one speaks")


def chosen_config(args: argparse.Namespace) -> Config:
    """Return the configuration, over it what was chosen in Home Assistant, and the command line's wishes on top.

    Raises ConfigError.
    """
    config = set_as_chosen(load_config(args.config), SettingsFile(owned_gateway_dir()))
    model, language = args.model, args.language
    stt = replace(config.stt, model=model or config.stt.model, language=language or config.stt.language)
    house, area = getattr(args, "home", None), getattr(args, "area", None)
    home = replace(
        config.home,
        house=config.home.house if house is None else house,
        area=config.home.area if area is None else area,
    )
    wake = replace(config.wake, words=tuple(args.wake or config.wake.words))
    return replace(config, wake=wake, stt=stt, home=home)


def set_as_chosen(config: Config, file: SettingsFile) -> Config:
    """Return `config` with what was chosen in Home Assistant and can be used."""
    if not file.chosen.named:
        return config
    assembly = Assembly(config)
    try:
        return config.set_to(config.settings.changed(file.usable(assembly.offer(config.settings))))
    finally:
        assembly.close()
