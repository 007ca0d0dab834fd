"""The page's place in the side bar, and its files."""

from pathlib import Path

import pytest
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.local_voice import panel
from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp


def is_shown(hass: HomeAssistant) -> bool:
    return panel.URL_PATH in hass.data.get(DATA_PANELS, {})


async def test_the_page_is_in_the_side_bar_for_everybody(hass: HomeAssistant, setup_entry: SetUp) -> None:
    await setup_entry()
    shown = hass.data[DATA_PANELS]["local-voice"]
    assert (shown.component_name, shown.sidebar_title, shown.require_admin) == ("custom", "Local Voice", False)
    assert shown.config is not None
    custom = shown.config["_panel_custom"]
    assert (custom["name"], custom["module_url"]) == ("local-voice-panel", f"{hass.data[panel.SERVED]}/panel.js")
    assert custom["embed_iframe"] is custom["trust_external"] is False


async def test_the_pages_files_are_served_as_they_are(
    hass: HomeAssistant, setup_entry: SetUp, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await setup_entry()
    client = await hass_client_no_auth()
    files = sorted(panel.FOLDER.glob("*.js"))
    assert panel.FOLDER / panel.MODULE in files
    for file in files:
        answer = await client.get(f"{hass.data[panel.SERVED]}/{file.name}")
        assert (answer.status, answer.content_type) == (200, "text/javascript")
        assert await answer.read() == file.read_bytes()
        assert "max-age" in answer.headers["Cache-Control"]


def test_other_files_are_served_at_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "FOLDER", tmp_path)
    versions = [panel._version()]
    for name, content in (("a.js", "1"), ("a.js", "2"), ("b.js", "1")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        versions.append(panel._version())
    (tmp_path / "notes.txt").write_text("not served to anybody", encoding="utf-8")
    assert len(set(versions)) == len(versions)
    assert panel._version() == versions[-1]


async def test_the_page_stays_while_an_entry_is_loaded_anew_and_goes_with_the_last(
    hass: HomeAssistant, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    other = MockConfigEntry(domain=DOMAIN, unique_id="other", data=dict(entry.data))
    other.add_to_hass(hass)
    await hass.config_entries.async_reload(entry.entry_id)
    assert is_shown(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert is_shown(hass)
    await hass.config_entries.async_remove(other.entry_id)
    assert not is_shown(hass)


async def test_a_gateway_that_is_disabled_takes_the_page_along(hass: HomeAssistant, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert not is_shown(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert is_shown(hass)


def test_a_link_leads_to_one_request() -> None:
    assert panel.request_path("0123") == "/local-voice?request=0123"
