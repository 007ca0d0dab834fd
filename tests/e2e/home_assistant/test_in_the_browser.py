"""What a person does in Home Assistant's frontend: log in, add the gateway, type its code, look at the device, ask."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.home_assistant.browser import asked_to_set_up, screenshot
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.running import HomeAssistant
from tests.e2e.home_assistant.setting_up import shown_code
from tests.e2e.serving import serving

WRONG_CODE = "AAAA-BBBB-CCCC-DDDD"


async def test_the_owner_logs_in_and_finds_the_devices(home_assistant: HomeAssistant, page: Page) -> None:
    await page.goto(f"{home_assistant.url}/config/devices/dashboard")
    await expect(page.get_by_text("Kitchen speaker")).to_be_visible()
    await expect(page.get_by_text("Front door")).to_be_visible()
    picture = await screenshot(page, "devices")
    assert picture.stat().st_size > 10_000


async def test_local_voice_can_be_chosen_among_the_integrations(home_assistant: HomeAssistant, page: Page) -> None:
    await asked_to_set_up(home_assistant, page, "local_voice")
    await expect(page.get_by_text(re.compile("Local Voice")).first).to_be_visible()
    await screenshot(page, "add-local-voice")


async def test_a_gateway_is_added_by_its_address_and_answers_in_assist(
    home_assistant: HomeAssistant, connection: Connection, page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path) as served:
        yes = await asked_to_set_up(home_assistant, page, "local_voice")
        await yes.click()
        dialog = dialog_of(page)
        await dialog.locator("input[name=host]").fill("127.0.0.1")
        await dialog.locator("ha-form-integer input").fill(str(served.port))
        await submit(dialog)
        await dialog.locator("input[name=code]").fill(WRONG_CODE)
        await submit(dialog)
        await expect(dialog.get_by_text("This code is not right.")).to_be_visible()
        await screenshot(page, "wrong-code")
        await finish(page, shown_code(served).lower().replace("-", " "))

        await page.goto(f"{home_assistant.url}/config/devices/dashboard")
        await expect(page.get_by_text("Kitchen speaker")).to_be_visible()
        await page.wait_for_url("**/dashboard?*")  # the list names its order there, which closes what is open
        await page.keyboard.press("a")
        assist = page.locator("ha-voice-command-dialog")
        await assist.locator("input").fill("turn on the kitchen light")
        await page.keyboard.press("Enter")
        await expect(assist.get_by_text("Turned on")).to_be_visible()
        await connection.wait_for_state("light.kitchen", "on")
        await screenshot(page, "assist")


@pytest.mark.skipif(
    os.environ.get("LOCAL_VOICE_NETWORK") != "cut",
    reason="only scripts/offline leads multicast over the loopback, where the gateway listens",
)
async def test_a_gateway_that_announces_itself_is_discovered_and_added(
    home_assistant: HomeAssistant, connection: Connection, page: Page, tmp_path: Path
) -> None:
    discovered = await connection.subscribe("config_entries/flow/subscribe")
    with serving(tmp_path, announce=True) as served:
        while not any(change.get("flow", {}).get("handler") == "local_voice" for change in await discovered.next()):
            pass
        await page.goto(f"{home_assistant.url}/config/integrations/dashboard")
        await expect(page.get_by_text("Discovered")).to_be_visible()
        await screenshot(page, "discovered")

        await page.get_by_role("button", name="Add", exact=True).click()
        await finish(page, shown_code(served))

        entries = await connection.call("config_entries/get", domain="local_voice")
        [entry] = [entry for entry in entries if entry["source"] == "zeroconf"]
        assert entry["state"] == "loaded"
        await page.goto(f"{home_assistant.url}/config/devices/device/{await hub_of(connection, entry['entry_id'])}")
        for name in ("Wake sensitivity", "Wake word", "Connected"):
            await expect(page.get_by_text(name, exact=True).first).to_be_visible()
        await screenshot(page, "device")
        protection = page.get_by_text("Protection", exact=True).first
        await protection.scroll_into_view_if_needed()
        await expect(page.get_by_text(re.compile("could alter the broker|Enforced")).first).to_be_visible()
        await screenshot(page, "protection")


async def finish(page: Page, code: str) -> None:
    """Type the code into the dialog that asks for it, and take what is suggested from there on."""
    dialog = dialog_of(page)
    await dialog.locator("input[name=code]").fill(code)
    await submit(dialog)
    await expect(dialog.get_by_role("button", name=re.compile("Wake word"))).to_be_visible()
    await expect(dialog.get_by_text("English, tiny.en: good.")).to_be_visible()
    await screenshot(page, "preferences")
    await submit(dialog)
    await dialog.get_by_role("button", name="Skip and finish").click()
    await expect(dialog.get_by_role("button")).to_have_count(0)  # it goes to another page as it closes


def dialog_of(page: Page) -> Locator:
    """Return the dialog of a config flow."""
    return page.locator("dialog-data-entry-flow")


async def submit(dialog: Locator) -> None:
    """Press the button that goes on."""
    await dialog.get_by_role("button", name="Submit").click()


async def hub_of(connection: Connection, entry_id: str) -> str:
    """Return the id of the only device of an entry."""
    [hub] = [
        device["id"]
        for device in await connection.call("config/device_registry/list")
        if device["primary_config_entry"] == entry_id
    ]
    return str(hub)
