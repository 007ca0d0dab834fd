"""A file of Home Assistant's custom sentences, as the gateway is told of it; of the form only what our files use."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.own_sentences import ListValue, OwnSentences, SentenceBlock, SentenceList, SentenceRule


def read_custom_sentences(path: Path) -> OwnSentences:
    """Return what is in a file of our own, which is trusted."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return OwnSentences(
        blocks=tuple(
            SentenceBlock(intent=intent, sentences=tuple(block["sentences"]))
            for intent, told in content["intents"].items()
            for block in told["data"]
        ),
        lists=tuple(
            SentenceList(name=name, values=tuple(_values(told["values"]))) for name, told in content["lists"].items()
        ),
        rules=tuple(SentenceRule(name=name, text=text) for name, text in content["expansion_rules"].items()),
    )


def _values(values: list[str | Mapping[str, Any]]) -> Iterator[ListValue]:
    for value in values:
        if isinstance(value, str):
            yield ListValue(text=value, value=None if "[" in value else value)
        else:
            yield ListValue(text=value["in"], value=value["out"])
