"""A real browser in front of Home Assistant: Debian's Chromium, driven through Playwright."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Error, Locator, Page, async_playwright, expect

from tests.e2e.home_assistant.onboarding import User
from tests.e2e.home_assistant.running import ROOT, HomeAssistant

SCREENSHOTS: Final = ROOT / ".test-results/screenshots"
PATIENCE_MS: Final = 30_000
"""For anything to appear; the frontend's first page takes five seconds on two busy cores."""
QUESTIONS: Final = 3
"""So often is the page opened that asks whether to set an integration up: it asks once, while it is built."""
SWITCHES: Final = (
    "--no-sandbox",  # tests may run as root, in a namespace of their own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # a container's is small
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@dataclass(frozen=True, slots=True)
class Device:
    """What somebody looks at Home Assistant with."""

    width: int = 1280
    height: int = 900
    theme: Literal["light", "dark"] = "light"
    is_phone: bool = False
    days_ahead: int = 0
    """So many days later is it there: what happens now was so many days ago."""


DESKTOP: Final = Device()
PHONE: Final = Device(width=360, height=740, theme="dark", is_phone=True)


def chromium() -> str | None:
    """Return where Chromium is."""
    return shutil.which("chromium")


@asynccontextmanager
async def opened(home_assistant: HomeAssistant, user: User, device: Device = DESKTOP) -> AsyncIterator[Page]:
    """Open Home Assistant in a browser of its own and log in, for the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES, env=_environ())
        page = await browser.new_page(
            viewport={"width": device.width, "height": device.height},
            locale="en-GB",
            color_scheme=device.theme,
            has_touch=device.is_phone,
            service_workers="block",  # the frontend reloads its page when its own takes over, and forgets what it asked
        )
        if device.days_ahead:
            await page.clock.install(time=datetime.now(UTC) + timedelta(days=device.days_ahead))
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        await page.goto(home_assistant.url)
        await page.locator("input[name=username]").fill(user.name)
        await page.locator("input[name=password]").fill(user.password)
        await page.locator("input[name=password]").press("Enter")
        await _settled(page)
        yield page
        await browser.close()


async def asked_to_set_up(home_assistant: HomeAssistant, page: Page, domain: str) -> Locator:
    """Open the page that asks whether to set an integration up, and return the button that says yes.

    Raises:
        Error: the question did not come; what the page shows instead is kept as a picture.
    """
    yes = page.get_by_role("button", name="OK")
    for left in reversed(range(QUESTIONS)):
        await page.goto(f"{home_assistant.url}/config/integrations/dashboard/add?domain={domain}")
        try:
            await yes.wait_for()
        except Error:  # in time it did not come
            await _picture(page, f"not-asked-{left}")
            if not left:
                raise
        else:
            break
    return yes


async def screenshot(page: Page, name: str) -> Path:
    """Keep a picture of what the page shows once it has started."""
    await page.locator("#ha-launch-screen").wait_for(state="detached")
    return await _picture(page, name)


async def _settled(page: Page) -> None:
    """Wait until the first page after the login is there, and has gone to its dashboard: no address is written then."""
    await page.locator("home-assistant-main").wait_for()
    await page.locator("#ha-launch-screen").wait_for(state="detached")
    await page.wait_for_url(lambda url: urlsplit(url).path != "/" and not urlsplit(url).query)


async def _picture(page: Page, name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    await page.screenshot(path=path, animations="disabled")
    return path


def _environ() -> dict[str, str | float | bool]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
