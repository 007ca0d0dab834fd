"""The frame around the tabs: several gateways, an update while the page is open."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.opened_page import PHONE, gateway, ledger, opened_page, satellite, turn

pytestmark = pytest.mark.asyncio(loop_scope="module")

BARN = "01JBARN"


async def test_of_several_gateways_one_is_looked_at(browser: Browser) -> None:
    barn = gateway(entry_id=BARN, name="Barn gateway", satellites=[satellite(name="Stable satellite")])
    both = [gateway(), barn]
    ledgers = [ledger(), ledger(entry_id=BARN, name="Barn gateway")]
    async with opened_page(browser, "/home", gateways=both, ledgers=ledgers, width=PHONE) as opened:
        await expect(opened.text("Kitchen satellite")).to_be_visible()
        await opened.page.get_by_label("Gateway").select_option(label="Barn gateway")
        await expect(opened.text("Stable satellite")).to_be_visible()
        await opened.page.get_by_role("link", name="History").click()
        await expect(opened.text("Nothing has been said yet")).to_be_visible()
        assert [asked["entry_id"] for asked in opened.asked_for("ledger/turns")] == [BARN]
        assert await opened.fits()
        assert await opened.barriers() == []


async def test_an_update_while_the_page_is_open_leaves_it_as_it_is(browser: Browser) -> None:
    answers = {"ledger/turns": {"turns": [turn()], "before": None, "unreadable": 0}}
    async with opened_page(browser, answers=answers) as opened:
        await expect(opened.text("turn on the kitchen light")).to_be_visible()
        await opened.page.evaluate("import('/page.js?newer')")
        await opened.page.get_by_role("link", name="Trust").click()
        await expect(opened.text("What keeps it in")).to_be_visible()
