"""Home Assistant's frontend, with the integration installed, as its owner sees it."""

import re

from playwright.async_api import Page, expect

from tests.e2e.home_assistant.browser import asked_to_set_up, screenshot
from tests.e2e.home_assistant.running import HomeAssistant


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
