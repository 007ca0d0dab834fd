"""What is protected as it comes, and in which direction."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from homeassistant.core import HomeAssistant

from custom_components.local_voice.house.kinds import (
    OVEN_DOMAINS,
    OVEN_WORDS,
    PROTECTED_COVERS,
    UNKNOWN,
    UNSAFE_STATES,
    Kind,
    is_less_safe,
    kind_of,
)

GOLDEN: Final = Path(__file__).parents[1] / "protected_kinds.json"


@pytest.mark.parametrize(
    ("entity_id", "attributes", "kind"),
    [
        ("lock.door", {}, Kind.LOCK),
        ("valve.water", {}, Kind.VALVE),
        ("alarm_control_panel.home", {}, Kind.ALARM),
        ("cover.door", {"device_class": "garage"}, Kind.DOOR),
        ("cover.door", {"device_class": "blind"}, None),
        ("switch.one", {"friendly_name": "the oven"}, Kind.OVEN),
        ("switch.one", {"friendly_name": "Backofen"}, Kind.OVEN),
        ("switch.one", {"friendly_name": "Oven-proof"}, Kind.OVEN),
        ("switch.one", {"friendly_name": "Zone four"}, None),
        ("light.one", {"friendly_name": "Oven"}, None),
    ],
)
async def test_a_thing_is_of_a_kind_by_domain_class_or_name(
    hass: HomeAssistant, entity_id: str, attributes: dict[str, Any], kind: Kind | None
) -> None:
    hass.states.async_set(entity_id, "off", attributes)
    assert kind_of(hass, entity_id, "de-AT") is kind


async def test_what_is_not_there_is_of_its_domains_kind(hass: HomeAssistant) -> None:
    found = [kind_of(hass, one, "en") for one in ("lock.gone", "cover.gone", "switch.oven")]
    assert found == [Kind.LOCK, None, None]


@pytest.mark.parametrize(
    ("kind", "entity_id", "state", "is_less"),
    [
        (Kind.LOCK, "lock.door", "unlocked", True),
        (Kind.LOCK, "lock.door", "locked", False),
        (Kind.LOCK, "lock.door", UNKNOWN, True),
        (Kind.VALVE, "valve.water", "closed", True),
        (Kind.OVEN, "switch.oven", "off", False),
        (Kind.OVEN, "climate.oven", "heat", True),
        (Kind.OVEN, "climate.oven", UNKNOWN, True),
    ],
)
def test_only_one_direction_is_less_safe(kind: Kind, entity_id: str, state: str, is_less: bool) -> None:
    assert is_less_safe(kind, entity_id, state) is is_less


def test_the_gateway_judges_by_the_same_table() -> None:
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == {
        "covers": sorted(PROTECTED_COVERS),
        "unsafe_states": {domain: sorted(states) for domain, states in UNSAFE_STATES.items()},
        "oven_domains": sorted(OVEN_DOMAINS),
        "oven_words": {language: sorted(words) for language, words in OVEN_WORDS.items()},
    }
