"""A gateway that announces itself is discovered by Home Assistant and set up in the browser, as a person does it."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.home_assistant.browser import screenshot
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.running import HomeAssistant
from tests.e2e.home_assistant.setting_up import shown_code
from tests.e2e.serving import serving

pytestmark = pytest.mark.skipif(
    os.environ.get("LOCAL_VOICE_NETWORK") != "cut",
    reason="only scripts/offline leads multicast over the loopback, where the gateway listens",
)


async def test_a_gateway_is_discovered_and_set_up_in_the_browser(
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
        await page.locator("ha-dialog input[name=code]").fill(shown_code(served))
        await screenshot(page, "pairing-code")
        await page.get_by_role("button", name="Submit").click()
        await expect(page.get_by_text("How you want to use it")).to_be_visible()
        await screenshot(page, "pairing-preferences")
        await page.get_by_role("button", name="Submit").click()
        await page.get_by_role("button", name="Skip and finish").click()

        [entry] = await connection.call("config_entries/get", domain="local_voice")
        assert (entry["source"], entry["state"]) == ("zeroconf", "loaded")
        [hub] = [
            device
            for device in await connection.call("config/device_registry/list")
            if device["primary_config_entry"] == entry["entry_id"]
        ]
        await page.goto(f"{home_assistant.url}/config/devices/device/{hub['id']}")
        await expect(page.get_by_text("Wake sensitivity")).to_be_visible()
        await screenshot(page, "gateway-device")
