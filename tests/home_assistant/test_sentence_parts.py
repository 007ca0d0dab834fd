"""Sentences of the household's own as the gateway is told them: all that can be used, and the names of what cannot."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # the stubs are not among what these tests bring along

from custom_components.local_voice.house import sentence_files, sentence_parts
from custom_components.local_voice.house.sentence_files import SentenceFile, SentenceFiles, read_sentence_files
from custom_components.local_voice.house.sentence_parts import MOST_PARTS, NONE, Collecting
from custom_components.local_voice.wire.codec import LARGEST_MESSAGE_BYTES, encode
from custom_components.local_voice.wire.sentence_messages import (
    ListValueWords,
    NumberRangeWords,
    SentenceBlockWords,
    SentenceListWords,
    SentenceRuleWords,
    SentencesPart,
)

WHOLE = """
language: en
intents:
  OrderCoffee:
    data:
      - sentences: ["order [a] {drink}", "brew <cups>"]
        slots: {where: bar, twice: false}
        requires_context:
          area: {slot: true}
          domain: [light, switch]
          device_class: {value: door, slot: kind}
        excludes_context: {domain: lock}
        response: brewed
        metadata: {ignored: 1}
      - sentences: ["pour {amount} of <it>"]
        lists: {amount: {range: {from: 1, to: 9, step: 2, multiplier: 0.5, fractions: halves}}}
        expansion_rules: {it: "[hot] milk"}
lists:
  drink:
    values:
      - tea
      - "[iced ]coffee"
      - in: "(espresso|a short one)"
        out: espresso
        context: {is_small: true}
  what: {wildcard: true}
expansion_rules: {cups: "{1..5:cups} cups"}
skip_words: [please]
responses:
  intents: {OrderCoffee: {brewed: "Here you are."}}
"""


def file(content: Any, name: str = "en/own.yaml") -> SentenceFile:
    return SentenceFile(name, yaml.safe_load(content) if isinstance(content, str) else content)


def collected(content: Any) -> Collecting:
    collecting = Collecting()
    collecting.add_file(file(content))
    return collecting


def test_all_of_a_file_is_told_but_what_only_home_assistant_needs() -> None:
    collecting = collected(WHOLE)
    assert collecting.parts() == (
        SentencesPart(
            begins=True,
            ends=True,
            blocks=(
                SentenceBlockWords(
                    sentences=("order [a] {drink}", "brew <cups>"),
                    intent="OrderCoffee",
                    slots={"where": "bar", "twice": False},
                    requires={"area": None, "domain": ("light", "switch"), "device_class": "door"},
                    excludes={"domain": "lock"},
                    slots_from={"area": "area", "device_class": "kind"},
                    response="brewed",
                ),
                SentenceBlockWords(sentences=("pour {amount} of <it>",), intent="OrderCoffee", scope=1),
            ),
            lists=(
                SentenceListWords(
                    name="drink",
                    values=(
                        ListValueWords(text="tea", value="tea"),
                        ListValueWords(text="[iced ]coffee"),
                        ListValueWords(text="(espresso|a short one)", value="espresso", context={"is_small": True}),
                    ),
                ),
                SentenceListWords(name="what", is_wildcard=True),
                SentenceListWords(
                    name="amount",
                    scope=1,
                    numbers=NumberRangeWords(first=1, last=9, step=2, multiplier=0.5, fractions="halves"),
                ),
            ),
            rules=(
                SentenceRuleWords(name="cups", text="{1..5:cups} cups"),
                SentenceRuleWords(name="it", text="[hot] milk", scope=1),
            ),
            skip_words=("please",),
        ),
    )
    assert not collecting.unusable


def test_the_configuration_and_triggers_have_sentences_too() -> None:
    collecting = Collecting()
    collecting.add_configured({"Own": {"data": [{"sentences": ["do it"], "metadata": {"hass_custom_sentence": True}}]}})
    collecting.add_triggers({"HassSentenceTrigger_0": {"data": [{"sentences": ["wake {who}"]}]}})
    (part,) = collecting.parts()
    assert part.blocks == (
        SentenceBlockWords(sentences=("do it",), intent="Own"),
        SentenceBlockWords(sentences=("wake {who}",)),
    )


def test_without_any_there_is_nothing_to_tell() -> None:
    assert Collecting().parts() == NONE


@pytest.mark.parametrize(
    "content",
    [
        {"intents": ["no intents"]},
        {"intents": {"Own": {"data": "no list"}}},
        {"intents": {"Own": {"data": ["no block"]}}},
        {"intents": {"Own": {"data": [{"slots": {}}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["[a", 3, "", "x" * 2_000]}]}}},
        {"intents": {"O" * 300: {"data": [{"sentences": ["a"]}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["a"], "slots": {"a": {"b": 1}}}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["a"], "slots": {"a": float("nan")}}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["a"], "slots": {"a": [1] * 65}}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["a"], "slots": {str(key): 1 for key in range(33)}}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["a"], "requires_context": "no mapping"}]}}},
        {"intents": {"Own": {"data": [{"sentences": ["a"], "response": 7}]}}},
        {"lists": "no lists"},
        {"lists": {"one": {"values": [{"out": 1}, 7, None]}}},
        {"lists": {"one": {"range": {"from": 1}}}},
        {"lists": {"one": {"range": {"from": 3, "to": 1}}}},
        {"lists": {"one": {"range": {"from": True, "to": 3}}}},
        {"lists": {"one": {"range": {"from": 0, "to": 3, "multiplier": "x"}}}},
        {"lists": {"one": {"wildcard": "perhaps"}}},
        {"lists": {"one": 7}},
        {"expansion_rules": {"one": "(a", "two": 7}},
        {"skip_words": 7},
    ],
)
def test_what_is_malformed_is_named_by_its_file_and_the_others_are_told(content: Any) -> None:
    collecting = Collecting()
    collecting.add_file(file(content, "en/broken.yaml"))
    collecting.add_file(file({"intents": {"Good": {"data": [{"sentences": ["order it"]}]}}}))
    parts = collecting.parts()
    assert tuple(collecting.unusable) == ("en/broken.yaml",)
    assert parts[-1].blocks == (SentenceBlockWords(sentences=("order it",), intent="Good"),)


def test_a_trigger_that_we_cannot_use_has_no_file_to_be_named() -> None:
    collecting = Collecting()
    collecting.add_triggers({"HassSentenceTrigger_0": {"data": [{"sentences": ["x" * 2_000]}]}})
    assert tuple(collecting.unusable) == ("",)


def test_much_is_told_in_parts_of_a_message_each() -> None:
    values = [f"thing number {number} {'x' * 100}" for number in range(3_000)]
    collecting = collected(
        {"lists": {"thing": {"values": values}}, "intents": {"Own": {"data": [{"sentences": ["find {thing}"]}]}}}
    )
    parts = collecting.parts()
    assert len(parts) > 5
    assert all(len(encode(part)) <= LARGEST_MESSAGE_BYTES for part in parts)
    assert [part.begins for part in parts] == [True, *[False] * (len(parts) - 1)]
    assert [part.ends for part in parts] == [*[False] * (len(parts) - 1), True]
    assert sum(len(each.values) for part in parts for each in part.lists) == len(values)
    assert not collecting.unusable


@pytest.mark.parametrize(
    ("limit", "content"),
    [
        ("MOST_SENTENCES", {"intents": {"Own": {"data": [{"sentences": [f"sentence {n}" for n in range(30)]}]}}}),
        ("MOST_VALUES", {"lists": {"one": {"values": [str(number) for number in range(30)]}}}),
    ],
)
def test_more_than_the_gateway_takes_is_left_out(monkeypatch: pytest.MonkeyPatch, limit: str, content: Any) -> None:
    monkeypatch.setattr(sentence_parts, limit, 7)
    collecting = collected(content)
    (part,) = collecting.parts()
    told = sum(len(block.sentences) for block in part.blocks) + sum(len(each.values) for each in part.lists)
    assert told == 7
    assert collecting.unusable


def test_more_parts_than_the_gateway_takes_are_left_out() -> None:
    values = [f"{number} {'x' * 1_000}" for number in range(2_000)]
    collecting = collected({"lists": {"thing": {"values": values}}})
    parts = collecting.parts()
    assert len(parts) == MOST_PARTS
    assert parts[-1].ends
    assert tuple(collecting.unusable) == ("custom_sentences",)


# Files


def write(folder: Path, name: str, content: bytes) -> None:
    path = folder / "custom_sentences" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_files_are_read_in_the_folder_of_the_language(tmp_path: Path) -> None:
    assert read_sentence_files(tmp_path, "en") == SentenceFiles()
    assert read_sentence_files(tmp_path, "tlh") == SentenceFiles()
    write(tmp_path, "en/own.yaml", b"intents: {}")
    write(tmp_path, "en/rooms/own.yaml", b"lists: {}")
    write(tmp_path, "de/own.yaml", b"intents: {}")
    files = read_sentence_files(tmp_path, "en-GB")
    assert [one.name for one in files.files] == ["en/own.yaml", "en/rooms/own.yaml"]
    assert files.unusable == ()


@pytest.mark.parametrize(
    "content",
    [
        *(b"- a\n- list", b"a: [", b"\xff\xfe\x00", b"a: " + b"[" * 5_000, b"# " + b"x" * 200_000),
        *(b"!include secrets.yaml", b"a: !!python/object/apply:os.system [ls]"),
    ],
)
def test_a_file_that_is_none_is_named_and_the_others_are_read(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "en/broken.yaml", content)
    write(tmp_path, "en/own.yaml", b"intents: {}")
    files = read_sentence_files(tmp_path, "en")
    assert [one.name for one in files.files] == ["en/own.yaml"]
    assert files.unusable == ("en/broken.yaml",)


def test_of_too_many_files_the_last_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_files, "MOST_FILES", 2)
    for name in "abc":
        write(tmp_path, f"en/{name}.yaml", b"intents: {}")
    files = read_sentence_files(tmp_path, "en")
    assert (len(files.files), len(files.unusable)) == (2, 1)


def test_aliases_within_aliases_take_no_time(tmp_path: Path) -> None:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (number, number, b", ".join([b"*a%d" % (number - 1)] * 9)) for number in range(1, 12)]
    write(tmp_path, "en/bomb.yaml", b"\n".join([*lines, b"intents: {Own: {data: [{sentences: *a11}]}}"]))
    (one,) = read_sentence_files(tmp_path, "en").files
    assert collected(one.content).unusable
