"""A browser in which no Home Assistant is open."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.home_assistant.browser import PATIENCE_MS, SWITCHES, chromium


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    if chromium() is None:
        pytest.skip("Chromium is not installed: the Debian package chromium")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield browser
        await browser.close()
