"""What a person does in Home Assistant's frontend: add the gateway, type its code, look at the devices, ask Assist."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.home_assistant.browser import screenshot
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.running import HomeAssistant
from tests.e2e.home_assistant.setting_up import shown_code
from tests.e2e.serving import Serving, serving

WRONG_CODE = "AAAA-BBBB-CCCC-DDDD"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("gateway")) as found:
        yield found


async def test_the_gateway_is_added_with_the_code_that_it_shows_and_answers_in_assist(
    home_assistant: HomeAssistant, served: Serving, page: Page, connection: Connection
) -> None:
    await page.goto(f"{home_assistant.url}/config/integrations/dashboard/add?domain=local_voice")
    await page.get_by_role("button", name="OK").click()
    dialog = page.locator("dialog-data-entry-flow")
    await dialog.locator("input[name=host]").fill("127.0.0.1")
    await number(dialog).fill(str(served.port))
    await submit(dialog)

    await dialog.locator("input[name=code]").fill(WRONG_CODE)
    await submit(dialog)
    await expect(dialog.get_by_text("This code is not right.")).to_be_visible()
    await dialog.locator("input[name=code]").fill(shown_code(served).lower().replace("-", " "))
    await screenshot(page, "pairing")
    await submit(dialog)

    await expect(dialog.get_by_role("button", name=re.compile("Wake word"))).to_be_visible()
    await screenshot(page, "preferences")
    await submit(dialog)
    await expect(dialog.get_by_role("button", name="Skip and finish")).to_be_visible()
    await screenshot(page, "added")

    await connection.wait_for_state("binary_sensor.local_voice_connected", "on")
    devices = await connection.call("config/device_registry/list")
    gateway = next(device for device in devices if device["name"] == "Local Voice")
    await page.goto(f"{home_assistant.url}/config/devices/device/{gateway['id']}")
    for name in ("Wake sensitivity", "Wake word", "Connected"):
        await expect(page.get_by_text(name, exact=True).first).to_be_visible()
    await screenshot(page, "device")

    await page.goto(f"{home_assistant.url}/config/devices/dashboard")
    await expect(page.get_by_text("Kitchen speaker")).to_be_visible()
    await page.keyboard.press("a")
    await page.locator("ha-voice-command-dialog input").fill("turn on the kitchen light")
    await page.keyboard.press("Enter")
    await expect(page.locator("ha-voice-command-dialog").get_by_text("Turned on")).to_be_visible()
    await connection.wait_for_state("light.kitchen", "on")
    await screenshot(page, "assist")


def number(dialog: Locator) -> Locator:
    """Return the only field for a number."""
    return dialog.locator("ha-form-integer input")


async def submit(dialog: Locator) -> None:
    """Press the button that goes on."""
    await dialog.get_by_role("button", name=re.compile("Submit|Finish")).click()
