"""The owner decides, in Home Assistant, what of the house is protected; a PIN is kept as a hash."""

from collections.abc import Generator
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.local_voice.const import (
    CONF_APPROVERS,
    CONF_CUSTOM_SENTENCES,
    CONF_PIN_HASH,
    CONF_PIPELINE,
    SUBENTRY_PROTECTED,
)
from custom_components.local_voice.house.guarding import refusal
from custom_components.local_voice.house.guards import Guard, Guards, Level
from custom_components.local_voice.house.origin import Origin
from custom_components.local_voice.house.pin import hashed, why_not
from custom_components.local_voice.wire.house_messages import ActionAsked
from tests.home_assistant.small_house import SmallHouse

KETTLE, LAMP = "switch.kettle", "light.kitchen_light"
OPTIONS = {CONF_CUSTOM_SENTENCES: True, CONF_PIPELINE: True, CONF_APPROVERS: "administrators"}


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> SmallHouse:
    return await SmallHouse(hass).build()


@pytest.fixture(autouse=True)
def _is_not_set_up() -> Generator[None]:
    with (
        patch("custom_components.local_voice.async_setup_entry", return_value=True),
        patch("custom_components.local_voice.async_unload_entry", return_value=True),
    ):
        yield


@pytest.fixture
async def owned(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def decide(hass: HomeAssistant, entry: MockConfigEntry, **form: Any) -> Any:
    """Fill in the form; return what came of it."""
    flow = await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_PROTECTED), context={"source": SOURCE_USER}
    )
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], form)


async def test_a_decision_is_kept_and_holds_at_once(hass: HomeAssistant, owned: MockConfigEntry) -> None:
    made = await decide(hass, owned, entities=[KETTLE], kinds=["lock"], level="never", areas=["kitchen"])
    assert made["type"] is FlowResultType.CREATE_ENTRY
    assert made["title"] == "Kettle, Locks: Never"
    entry = er.async_get(hass).async_get(KETTLE)
    assert entry is not None
    assert made["data"]["entities"] == [entry.id]
    guards = Guards(hass, owned, "en")
    assert guards.decided(KETTLE) == guards.decided("lock.front_door") == Guard(Level.NEVER, frozenset({"kitchen"}))


async def test_a_decision_about_much_is_called_after_some_of_it(hass: HomeAssistant, owned: MockConfigEntry) -> None:
    hass.states.async_set("light.bare", "off")
    made = await decide(hass, owned, entities=[KETTLE, "light.bare", "light.gone"], kinds=["oven", "valve"])
    assert made["title"] == "Kettle, bare, light.gone, + 2: After a yes"
    assert made["data"]["entities"][1:] == ["light.bare", "light.gone"]


async def test_a_decision_is_about_something_and_a_pin_has_to_be_there(
    hass: HomeAssistant, owned: MockConfigEntry
) -> None:
    nothing = await decide(hass, owned, level="never")
    assert nothing["errors"] == {"base": "nothing_chosen"}
    no_pin = await decide(hass, owned, entities=[LAMP], level="pin")
    assert no_pin["errors"] == {"level": "no_pin"}
    hass.config_entries.async_update_entry(owned, options={CONF_PIN_HASH: hashed("2580")})
    made = await hass.config_entries.subentries.async_configure(no_pin["flow_id"], {"entities": [LAMP], "level": "pin"})
    assert made["type"] is FlowResultType.CREATE_ENTRY


async def test_a_decision_is_changed(hass: HomeAssistant, owned: MockConfigEntry) -> None:
    await decide(hass, owned, entities=[KETTLE, "light.gone"], level="never")
    (subentry_id,) = owned.subentries
    er.async_get(hass).async_update_entity(KETTLE, new_entity_id="switch.teapot")
    await hass.async_block_till_done()
    flow = await hass.config_entries.subentries.async_init(
        (owned.entry_id, SUBENTRY_PROTECTED),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )
    schema = flow["data_schema"]
    assert schema is not None
    shown = {str(key): (key.description or {}).get("suggested_value") for key in schema.schema}
    assert (shown["entities"], shown["level"]) == (["switch.teapot", "light.gone"], "never")
    wrong = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"level": "free"})
    assert (wrong["step_id"], wrong["errors"]) == ("reconfigure", {"base": "nothing_chosen"})
    done = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"kinds": ["door"], "level": "free"})
    assert done["reason"] == "reconfigure_successful"
    assert owned.subentries[subentry_id].title == "Doors, gates and garage doors: Without asking"


async def choose(hass: HomeAssistant, entry: MockConfigEntry, **typed: str | bool) -> Any:
    """Fill in the options; return what came of it."""
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(flow["flow_id"], OPTIONS | typed)
    await hass.async_block_till_done()
    return result


async def test_a_pin_is_kept_as_a_hash_and_stays_until_another_is_typed(
    hass: HomeAssistant, owned: MockConfigEntry
) -> None:
    assert (await choose(hass, owned, new_pin="12 34"))["errors"] == {"new_pin": "not_a_pin"}
    await choose(hass, owned)
    assert CONF_PIN_HASH not in owned.options
    await choose(hass, owned, new_pin="2580")
    assert "2580" not in str(owned.options)
    assert await why_not(hass, owned, "2580") is None
    await choose(hass, owned, remove_pin=False)
    assert await why_not(hass, owned, "2580") is None
    await choose(hass, owned, new_pin="1357")
    assert await why_not(hass, owned, "2580") == "wrong_pin"


async def test_only_a_pin_that_there_is_can_be_removed(hass: HomeAssistant, owned: MockConfigEntry) -> None:
    async def fields() -> set[str]:
        flow = await hass.config_entries.options.async_init(owned.entry_id)
        assert flow["data_schema"] is not None
        return {str(field) for field in flow["data_schema"].schema}

    assert "remove_pin" not in await fields()
    await choose(hass, owned, new_pin="2580")
    assert "remove_pin" in await fields()
    both = await choose(hass, owned, new_pin="1357", remove_pin=True)
    assert both["errors"] == {"remove_pin": "new_and_removed"}
    assert await why_not(hass, owned, "2580") is None, "nothing was changed"
    await choose(hass, owned, remove_pin=True)
    assert CONF_PIN_HASH not in owned.options
    assert "remove_pin" not in owned.options
    assert "remove_pin" not in await fields()


async def test_what_needs_a_pin_is_not_open_once_the_pin_is_removed(
    hass: HomeAssistant, owned: MockConfigEntry
) -> None:
    await choose(hass, owned, new_pin="2580")
    await decide(hass, owned, entities=[LAMP], level="pin")
    here = Origin(context=Context(), language="en")

    async def refused(*, is_confirmed: bool, pin: str) -> str | None:
        asked = ActionAsked(
            id=1,
            intent="HassTurnOn",
            slots={},
            response="",
            text="",
            entity_id=LAMP,
            is_confirmed=is_confirmed,
            pin=pin,
        )
        return await refusal(hass, owned, Guards(hass, owned, "en"), asked, here)

    assert await refused(is_confirmed=True, pin="2580") is None
    await choose(hass, owned, remove_pin=True)
    for is_confirmed in (False, True):
        for pin in ("", "2580", "0000"):
            assert await refused(is_confirmed=is_confirmed, pin=pin) == "no_pin"
    await choose(hass, owned, new_pin="1357")
    assert await refused(is_confirmed=True, pin="2580") == "wrong_pin"
    assert await refused(is_confirmed=True, pin="1357") is None
