"""Coffee orders: what counts as accepted, which recordings thresholds were chosen on, and sounds that stay the same."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.coffee import SENTENCES, Case, Verdict, accepted, section
from bench.coffee_clips import INTENT, KIND, NOISES, Order, noises, orders, sounds
from bench.custom_sentences import read_custom_sentences
from bench.manifest import Recording
from gateway.audio import RATE_HZ
from gateway.engines.household_sentences import household_sentences
from gateway.engines.intents import HassilIntents
from gateway.engines.sentences import load_sentences
from gateway.errors import ConfigError
from gateway.house import House


def recording(name: str, folder: Path = Path(), slots: object = None, kind: str = KIND) -> Recording:
    return Recording(
        path=folder / f"{name.replace('/', '_')}.wav",
        name=f"{name}.flac",
        kind=kind,
        language="en",
        label=INTENT,
        transcript="",
        is_human=True,
        slots=json.dumps(slots or {"coffeeDrink": " Latte "}),
    )


def case(verdict: Verdict, *, is_held_out: bool = True, noise_db: float = 24.0) -> Case:
    order = Order(recording=recording("a"), slots={"coffeeDrink": "latte"}, is_held_out=is_held_out)
    return Case(order=order, noise="café", noise_db=noise_db, heard="a latte", got={}, verdict=verdict, added_ms=5.0)


def test_every_second_recording_is_held_out_and_its_slots_are_plain() -> None:
    found = orders([recording(name) for name in "badc"])
    assert [(one.recording.name, one.is_held_out) for one in found] == [
        *(("a.flac", False), ("b.flac", True), ("c.flac", False), ("d.flac", True))
    ]
    assert found[0].slots == {"coffeeDrink": "latte"}


def test_a_manifest_without_orders_or_noises_is_refused() -> None:
    with pytest.raises(ConfigError, match=KIND):
        orders([recording("a", kind="command")])
    with pytest.raises(ConfigError, match="kitchen"):
        noises([])


def test_the_sounds_are_the_same_in_every_run(tmp_path: Path) -> None:
    made = [recording(name, tmp_path) for sources in NOISES.values() for name in sources]
    said = recording("order", tmp_path)
    for seed, one in enumerate([*made, said]):
        values = np.random.default_rng(seed).normal(0, 2_000, RATE_HZ * 2).astype("<i2")
        soundfile.write(one.path, values, RATE_HZ, subtype="PCM_16")
    (order,) = orders([said])
    first, second = (dict(sounds(order, noises(made), 12.0)) for _ in range(2))
    assert first == second
    assert first.keys() == NOISES.keys()
    assert first["kitchen"] != first["café"]
    assert [noise for noise, _ in sounds(order, {}, None)] == ["quiet"]


def test_only_what_is_done_at_once_with_every_slot_right_is_accepted() -> None:
    assert accepted([]) == 0
    assert accepted([case(verdict) for verdict in Verdict]) == 25


def test_the_figure_that_counts_is_that_of_recordings_nobody_looked_at() -> None:
    cases = [case(Verdict.RIGHT), case(Verdict.WRONG), case(Verdict.RIGHT, is_held_out=False)]
    found = section({"tiny.en": cases}, [24.0])
    figures = {finding.key: finding.value for finding in found.findings}
    assert figures["coffee_tiny_en_24db_right_rate"] == 50
    assert figures["coffee_tiny_en_24db_seen_rate"] == 100
    assert figures["coffee_tiny_en_24db_wrong_rate"] == 33.3
    assert found.tables[0].rows[0] == ("Local Voice, tiny.en, unseen", "50", "", "")
    assert len(found.listing) == 1


def test_the_orders_sentences_can_all_be_used() -> None:
    told = read_custom_sentences(SENTENCES)
    household = household_sentences(load_sentences("en"), told)
    assert household.left_out == 0
    assert household.grammar is not None
    intents = HassilIntents("en")
    intents.use(House(name="", sentences=told))
    meant = intents.match("Could I have a large dark roast iced coffee with a bit of brown sugar and soy milk, please?")
    assert meant is not None
    assert meant.slots == {
        "size": "large",
        "roast": "dark roast",
        "coffeeDrink": "iced coffee",
        "sugarAmount": "a bit of brown sugar",
        "milkAmount": "soy milk",
    }
