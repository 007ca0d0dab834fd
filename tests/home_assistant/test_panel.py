"""The page's place in the side bar, and its one file."""

import logging
import os
from pathlib import Path

import pytest
from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.local_voice import panel
from custom_components.local_voice.const import DOMAIN
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.test_gateway import lines

BUNDLE = "local-voice-ABCD2345.js"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the page is built: a file of one line stands for it."""
    folder = tmp_path / "frontend"
    folder.mkdir()
    (folder / BUNDLE).write_text("export {};\n", encoding="utf-8")
    monkeypatch.setattr(panel, "FOLDER", folder)
    return folder


def is_shown(hass: HomeAssistant) -> bool:
    return panel.URL_PATH in hass.data.get(DATA_PANELS, {})


async def test_the_page_is_in_the_side_bar_for_everybody(hass: HomeAssistant, setup_entry: SetUp) -> None:
    await setup_entry()
    shown = hass.data[DATA_PANELS]["local-voice"]
    assert (shown.component_name, shown.sidebar_title, shown.require_admin) == ("custom", "Local Voice", False)
    assert shown.config is not None
    custom = shown.config["_panel_custom"]
    assert (custom["name"], custom["module_url"]) == ("local-voice-panel", f"/local_voice/{BUNDLE}")
    assert custom["embed_iframe"] is custom["trust_external"] is False


async def test_the_file_is_served_as_it_is_for_as_long_as_browsers_like_and_nothing_beside_it(
    hass: HomeAssistant, setup_entry: SetUp, hass_client_no_auth: ClientSessionGenerator, folder: Path
) -> None:
    (folder / "notes.js").write_text("not served to anybody", encoding="utf-8")
    await setup_entry()
    client = await hass_client_no_auth()
    answer = await client.get(f"/local_voice/{BUNDLE}")
    assert (answer.status, answer.content_type) == (200, "text/javascript")
    assert await answer.read() == (folder / BUNDLE).read_bytes()
    assert "max-age=2678400" in answer.headers["Cache-Control"], "31 days: so its name carries its hash"
    for other in ("notes.js", "", "../const.py"):
        assert (await client.get(f"/local_voice/{other}")).status == 404


async def test_of_several_files_the_one_that_was_built_last_is_served(
    hass: HomeAssistant, setup_entry: SetUp, folder: Path
) -> None:
    old = folder / "local-voice-ZZZZZZZZ.js"
    old.write_text("export {};\n", encoding="utf-8")
    os.utime(old, (1, 1))
    await setup_entry()
    assert hass.data[panel.SERVED] == f"/local_voice/{BUNDLE}"


async def test_without_its_file_there_is_no_page_and_the_log_says_how_to_have_it_and_all_else_works(
    hass: HomeAssistant, setup_entry: SetUp, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / BUNDLE).unlink()
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
    assert not is_shown(hass)
    (said,) = lines(caplog, logging.ERROR)
    assert "scripts/page" in said
    await hass.config_entries.async_remove(entry.entry_id)
    assert len(lines(caplog, logging.ERROR)) == 1


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
