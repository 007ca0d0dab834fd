"""The page while nothing is open: what waits, what was decided, the switch, and why there may be nothing to see."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.home_assistant.panel_page import (
    FRONTEND,
    REQUEST,
    AskError,
    decided,
    gateway,
    opened_panel,
    preview,
    state,
    text_request,
    waiting,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

RAW: Final = text_request("Who wrote the book about the white whale?")
WAITS: Final = gateway(waiting=[waiting(size_bytes=len(RAW))])
ANSWER: Final = "Herman Melville.\nIn 1851."


async def test_who_may_not_decide_is_told_who_may(browser: Browser) -> None:
    shows = gateway(**WAITS | {"may_approve": False, "is_admin": False})
    async with opened_panel(browser, state(shows)) as panel:
        await expect(panel.text("Administrators of this Home Assistant may")).to_be_visible()
        await expect(panel.page.get_by_role("switch")).to_have_count(0)
        await expect(panel.text("Cloud requests are allowed.")).to_be_visible()
        await panel.page.get_by_role("button", name="Look at it").click()
        await expect(panel.text("Administrators of this Home Assistant may")).to_be_visible()
        await expect(panel.button("Approve")).to_be_hidden()
        await panel.press_all()
    assert [asked["type"].rpartition("/")[2] for asked in panel.asked] == ["subscribe"]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AskError("unknown_command", "Unknown command."), "Local Voice is not set up here."),
        (AskError("other", "it burns"), "Home Assistant does not tell how it stands: it burns"),
    ],
)
async def test_why_nothing_is_known_is_told_in_words(browser: Browser, error: AskError, text: str) -> None:
    async with opened_panel(browser, error) as panel:
        await expect(panel.text(text)).to_be_visible()


STANDS: Final = (
    (state(), "No gateway is set up here."),
    (state(gateway()), "Nothing is waiting."),
    (state(gateway(connected=False, is_allowed=False, destinations=[])), "This gateway cannot be reached"),
    (state(gateway(destinations=[])), "local-voice cloud add"),
    (state(gateway(sent_bytes=1)), "Sent in November 2026: 1 byte."),
    (state(gateway(sent_bytes=0, month="")), "Sent in this month: nothing."),
    (state(gateway(name="Up"), gateway(entry_id="2", waiting=[waiting()], name="Down")), "at gateway Down"),
)


async def test_how_it_stands_is_told_in_words(browser: Browser) -> None:
    async with opened_panel(browser, state(gateway(waiting=[waiting(), waiting(request_id="1" * 32)]))) as panel:
        await expect(panel.text("2 requests are waiting.")).to_be_visible()
        for told, text in STANDS:
            await panel.tell(told)
            await expect(panel.text(text)).to_be_visible()


async def test_a_link_to_what_is_over_says_so_and_leads_to_the_list(browser: Browser) -> None:
    async with opened_panel(browser, state(gateway()), request="0" * 32) as panel:
        await expect(panel.text("does not wait any more, or never did")).to_be_visible()
        await expect(panel.button("Approve")).to_be_hidden()
        await panel.button("← All requests").click()
        await expect(panel.text("Nothing is waiting.")).to_be_visible()
        assert panel.page.url.endswith("/local-voice")


async def test_a_gateway_that_goes_away_takes_the_buttons_with_it_until_it_is_back(browser: Browser) -> None:
    answers = {"preview": preview(RAW), "approve": {}}
    async with opened_panel(browser, state(WAITS), request=REQUEST, answers=answers) as panel:
        await panel.can_decide()
        await panel.tell(state(gateway(connected=False, is_allowed=False)))
        await expect(panel.text("This gateway cannot be reached")).to_be_visible()
        await expect(panel.button("Approve")).to_be_disabled()
        await panel.tell(state(WAITS))
        await panel.can_decide()
        await panel.tell(state(gateway()))
        await expect(panel.text("does not wait any more")).to_be_visible()
        await expect(panel.button("Approve")).to_be_hidden()


async def test_the_switch_is_the_gateways_and_goes_back_where_it_does_not_turn(browser: Browser) -> None:
    shows = gateway(is_allowed=False)
    async with opened_panel(browser, state(shows), answers={"allow": {}}) as panel:
        switch = panel.page.get_by_role("switch", name="Allow cloud requests")
        await expect(switch).not_to_be_checked()
        await switch.focus()
        await panel.page.keyboard.press("Space")
        await panel.tell(state(gateway(is_allowed=True)))
        await expect(switch).to_be_checked()
        await expect(switch).to_be_focused()
        panel.answers["allow"] = AskError("not_stored", "the disk is full")
        await switch.click()
        await expect(panel.text("could not write it down")).to_be_visible()
        await expect(switch).to_be_checked()
    assert [asked["is_allowed"] for asked in panel.asked_for("allow")] == [True, False]


async def test_an_answer_is_shown_on_demand_and_hidden_again(browser: Browser) -> None:
    done = decided("answered", sent_bytes=1, received_bytes=2, has_answer=True)
    shows = gateway(decided=[done, decided("refused", request_id="1" * 32)])
    async with opened_panel(browser, state(shows), answers={"answer": {"text": ANSWER}}) as panel:
        await expect(panel.text("Refused. Nothing was sent.")).to_be_visible()
        assert panel.asked_for("answer") == []
        await panel.button("Show answer").click()
        await expect(panel.page.locator(".answer")).to_contain_text("Herman Melville.")
        await panel.tell(state(gateway(**shows | {"sent_bytes": 9})))
        await expect(panel.page.locator(".answer")).to_contain_text("Herman Melville.")
        await panel.button("Hide answer").click()
        await expect(panel.page.locator(".answer")).to_have_count(0)
        panel.answers["answer"] = AskError("not_waiting", "forgotten")
        await panel.button("Show answer").click()
        await expect(panel.text("It does not wait any more.")).to_be_visible()


async def test_home_assistants_menu_is_there_and_another_page_ends_everything(browser: Browser) -> None:
    async with opened_panel(browser, state(WAITS), request=REQUEST, answers={"preview": preview(RAW)}) as panel:
        await expect(panel.text("☰")).to_be_visible()
        await panel.shown_bytes.wait_for()
        await panel.page.evaluate("window.panel = document.querySelector('local-voice-panel'); panel.remove()")
        assert await panel.page.evaluate("panel.shadowRoot.querySelectorAll('pre').length") == 0
        await panel.page.evaluate("document.body.append(panel)")
        await panel.can_decide()
    assert len(panel.asked_for("subscribe")) == 2


async def test_nothing_is_ever_parsed_as_html_kept_in_the_browser_or_fetched() -> None:
    forbidden = re.compile(
        r"HTML\b|\beval\b|\bFunction\(|Storage|cookie|XMLHttp|(?<!#)\bfetch\(|WebSocket|\bimport\(|https?:"
    )
    for path in FRONTEND.glob("*.js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert forbidden.findall(code) == [], path.name
