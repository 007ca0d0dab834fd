"""The page's requests to the cloud, opened while time stands still, and a person who decides."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Locator, expect

from tests.e2e.page.opened_page import DESKTOP, Answer, OpenedPage, Theme, Words, opened_page

RESTED_MS: Final = 1_500
"""The page waits so long at most, from the bytes' appearance to the first possible decision."""

type Answers = Mapping[str, Answer]


@asynccontextmanager
async def opened_cloud(
    browser: Browser,
    *gateways: Words,
    request: str = "",
    answers: Answers | None = None,
    width: int = DESKTOP,
    theme: Theme = "light",
    language: str = "en",
) -> AsyncIterator[OpenedPage]:
    """Open the tab, or a request as a notification's link does; of `answers` only the commands of consent are named."""
    place = f"?request={request}" if request else "/cloud"
    told = {f"consent/{command}": answer for command, answer in (answers or {}).items()}
    async with opened_page(
        browser, place, consents=gateways, answers=told, width=width, theme=theme, language=language, is_paused=True
    ) as opened:
        yield opened


async def can_decide(opened: OpenedPage) -> None:
    """Let a person decide: so much time passes that they may."""
    await shown_bytes(opened).wait_for()
    await opened.page.clock.run_for(RESTED_MS)
    await expect(opened.button("Approve")).to_be_enabled()
    await expect(opened.button("Refuse")).to_be_enabled()


def shown_bytes(opened: OpenedPage) -> Locator:
    return opened.page.locator("pre")


async def press_all(opened: OpenedPage) -> int:
    """Click on both buttons as a script does, whether they can be seen or not; return how many there are."""
    count: int = await opened.page.locator(".decision button").evaluate_all(
        """(all) => {
            for (const button of all) {
                button.click();
                button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
            }
            return all.length;
        }"""
    )
    return count
