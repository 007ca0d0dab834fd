"""What keeps the home's words at home, and whether its log is whole, on the page."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.opened_page import ENTRY, HOSTILE, PHONE, AskError, gateway, opened_page, trust

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAYERS = ["seccomp", "no_capabilities", "no_new_privileges", "own_user"]


async def test_how_it_is_enforced_is_a_sentence_and_each_layer_says_whether_it_is_there(browser: Browser) -> None:
    told = trust(layers=[*LAYERS, "later_one"], missing={"landlock": HOSTILE, "empty_network": "only root can"})
    async with opened_page(browser, "/trust", gateways=[gateway(trust=told)]) as opened:
        await expect(opened.page.get_by_role("heading", name="cannot leave by itself")).to_be_visible()
        await expect(opened.text("120 ways out were tried. None was open.")).to_be_visible()
        layers = opened.page.locator("lv-protection li")
        await expect(layers.filter(has_text="seccomp")).to_contain_text("In place")
        await expect(layers.filter(has_text="landlock")).to_contain_text(f"Missing · landlock · {HOSTILE}")
        await expect(layers.filter(has_text="later_one")).to_contain_text("In place")

        same = trust(level="same_user", layers=LAYERS[:3], missing={"own_user": "only root can change the user"})
        await opened.tell("page", {"gateways": [gateway(trust=same)]})
        await expect(opened.page.get_by_role("heading", name="with one weakness")).to_be_visible()

        broken = trust(level="not_enforced", ways_out=["main tcp"], attempts=1, connected=False, layers=[])
        await opened.tell("page", {"gateways": [gateway(trust=broken)]})
        await expect(opened.page.get_by_role("heading", name="It is not certain that nothing leaves")).to_be_visible()
        await expect(opened.text("1 way out was tried. 1 was open:")).to_be_visible()
        await expect(opened.text("main tcp")).to_be_visible()
        await expect(opened.text("This is what it said last.")).to_be_visible()
        await expect(opened.button("Check the whole log now")).to_be_disabled()

        never = trust(level="", head=None, verdict="", layers=[], attempts=0)
        await opened.tell("page", {"gateways": [gateway(trust=never)]})
        await expect(opened.page.get_by_role("heading", name="has not been told yet")).to_be_visible()
        await expect(opened.text("Home Assistant has not seen the log yet.")).to_be_visible()
        await opened.button("Look at the requests").click()
        await expect(opened.page).to_have_url("http://home.test/local-voice/cloud")


async def test_the_whole_log_is_checked_on_request_and_the_outcome_said(browser: Browser) -> None:
    whole: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    async with opened_page(browser, "/trust", answers={"page/verify": whole}) as opened:
        await expect(opened.text("42:" + "ab" * 8)).to_be_visible()
        await expect(opened.text("It continues what Home Assistant kept.")).to_be_visible()
        assert opened.asked_for("page/verify") == []  # it is work, and only on request

        check = opened.button("Check the whole log now")
        await check.click()
        await expect(check).to_be_disabled()
        await opened.page.keyboard.press("Enter")  # it has the focus still
        await expect(opened.text("Each row is read and checked anew.")).to_be_visible()
        assert opened.asked_for("page/verify") == [{"type": "local_voice/page/verify", "entry_id": ENTRY}]
        whole.set_result({"rows": 1_234, "head": trust()["head"], "verdict": "good"})
        await expect(opened.text("The log is whole")).to_be_visible()
        await expect(opened.text("1,234 rows were read and checked anew.")).to_be_visible()

        opened.answers["page/verify"] = {"rows": 7, "head": trust()["head"], "verdict": "broken"}
        await opened.button("Check it again").click()
        await expect(opened.text("The log is not what it should be")).to_be_visible()
        await expect(opened.text("Its rows do not lead to its end")).to_be_visible()

        opened.answers["page/verify"] = AskError("not_connected")
        await opened.button("Check it again").click()
        await expect(opened.text("The gateway cannot be reached now.")).to_be_visible()


async def test_trust_on_a_phone_in_the_dark_has_no_barriers(browser: Browser) -> None:
    told = trust(level="not_enforced", ways_out=["child unix"], verdict="forked", missing={"seccomp": "no filter"})
    async with opened_page(
        browser, "/trust", gateways=[gateway(trust=told)], width=PHONE, theme="dark", language="de"
    ) as opened:
        await expect(opened.page.get_by_role("link", name="Beide Enden in den Reparaturen")).to_be_visible()
        await opened.picture("trust-phone")
        assert await opened.barriers() == []
        assert await opened.fits()
