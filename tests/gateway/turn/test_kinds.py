"""What is protected as it comes, and in which direction."""

import json
from pathlib import Path
from typing import Final

import pytest

from gateway.house import Entity
from gateway.turn.kinds import (
    OVEN_DOMAINS,
    OVEN_WORDS,
    PROTECTED_COVERS,
    UNSAFE_STATES,
    is_less_safe,
    is_of_protected_kind,
)

GOLDEN: Final = Path(__file__).parents[2] / "protected_kinds.json"
GARAGE = {"device_class": "garage"}
BLIND = {"device_class": "blind"}


@pytest.mark.parametrize(
    ("entity", "is_protected"),
    [
        (Entity(id="lock.front", name="Front Door", state="unlocked"), True),
        (Entity(id="lock.front", name="Front Door", state="locked"), False),
        (Entity(id="cover.garage", name="Garage Door", state="open", attributes=GARAGE), True),
        (Entity(id="cover.garage", name="Garage Door", state="closed", attributes=GARAGE), False),
        (Entity(id="cover.blind", name="Blind", state="open", attributes=BLIND), False),
        (Entity(id="alarm_control_panel.home", name="Alarm", state="disarmed"), True),
        (Entity(id="alarm_control_panel.home", name="Alarm", state="armed_away"), False),
        (Entity(id="valve.water", name="Water", state="closed"), True),
        (Entity(id="light.lamp", name="Lamp", state="on"), False),
        (Entity(id="switch.oven", name="Oven", state="on"), True),
        (Entity(id="switch.oven", name="Oven", state="off"), False),
        (Entity(id="climate.oven", name="Kitchen", aliases=("the stove",), state="heat"), True),
        (Entity(id="light.oven", name="Oven light", state="on"), False),
        (Entity(id="switch", name="Oven on", state="on"), False),
    ],
)
def test_what_opens_unlocks_disarms_or_burns_is_protected(entity: Entity, is_protected: bool) -> None:
    assert (is_of_protected_kind(entity, "en") and is_less_safe(entity)) is is_protected


@pytest.mark.parametrize(
    ("name", "language", "is_oven"),
    [("Backofen", "de-AT", True), ("Backofen", "en", False), ("Zone four", "en", False), ("Le four", "fr", True)],
)
def test_an_oven_is_known_by_its_name_in_the_home_s_language(name: str, language: str, is_oven: bool) -> None:
    assert is_of_protected_kind(Entity(id="switch.one", name=name), language) is is_oven


def test_the_integration_judges_by_the_same_table() -> None:
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == {
        "covers": sorted(PROTECTED_COVERS),
        "unsafe_states": {domain: sorted(states) for domain, states in UNSAFE_STATES.items()},
        "oven_domains": sorted(OVEN_DOMAINS),
        "oven_words": {language: sorted(words) for language, words in OVEN_WORDS.items()},
    }
