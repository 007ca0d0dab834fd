"""The page while nothing is open: what waits, what was decided, the switch, and why there may be nothing to see."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.home_assistant.running import ROOT
from tests.e2e.page.consent_words import (
    ANSWER,
    RAW,
    REQUEST,
    WAITS,
    decided,
    destination,
    gateway,
    preview,
    state,
    waiting,
)
from tests.e2e.page.deciding import can_decide, opened_cloud, press_all, shown_bytes
from tests.e2e.page.opened_page import PHONE, AskError, opened_page

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_may_not_decide_is_told_who_may(browser: Browser) -> None:
    shows = gateway(**WAITS | {"may_approve": False, "is_admin": False})
    async with opened_cloud(browser, shows) as opened:
        await expect(opened.text("Administrators of this Home Assistant may")).to_be_visible()
        await expect(opened.page.get_by_role("switch")).to_have_count(0)
        await expect(opened.text("Cloud requests are allowed.")).to_be_visible()
        await opened.page.get_by_role("button", name="Look at it").click()
        await expect(opened.text("Administrators of this Home Assistant may")).to_be_visible()
        await expect(opened.button("Approve")).to_be_hidden()
        await press_all(opened)
    assert [asked["type"] for asked in opened.asked if "consent" in asked["type"]] == ["local_voice/consent/subscribe"]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (AskError("unknown_command", "Unknown command."), "No gateway is set up here"),
        (AskError("unknown_error", "it burns"), "That did not work: it burns"),
    ],
)
async def test_why_nothing_is_known_is_told_in_words(browser: Browser, error: AskError, text: str) -> None:
    async with opened_cloud(browser, answers={"subscribe": error}) as opened:
        await expect(opened.text(text)).to_be_visible()


STANDS: Final = (
    (state(), "No gateway tells of requests"),
    (state(gateway()), "Nothing is waiting."),
    (state(gateway(connected=False, is_allowed=False, destinations=[], month="")), "This gateway cannot be reached"),
    (state(gateway(destinations=[])), "local-voice cloud add"),
    (state(gateway(sent_bytes=1, sent_days={"2026-11-03": 1})), "1 byte left this home in November 2026"),
    (state(gateway(sent_bytes=0, sent_days={})), "0 bytes left this home in November 2026"),
    (state(gateway(name="Up"), gateway(entry_id="2", waiting=[waiting()], name="Down")), "Kitchen satellite · Down"),
)


async def test_how_it_stands_is_told_in_words(browser: Browser) -> None:
    async with opened_cloud(browser, gateway(waiting=[waiting(), waiting(request_id="1" * 32)])) as opened:
        await expect(opened.text("2 requests are waiting.")).to_be_visible()
        for told, text in STANDS:
            await opened.tell("consent", told)
            await expect(opened.text(text)).to_be_visible()
            is_known = all(one["connected"] for one in told["gateways"]) and bool(told["gateways"])
            await expect(opened.text("Nothing is waiting")).to_be_visible(
                visible=is_known and not any(one["waiting"] for one in told["gateways"])
            )
            await expect(opened.text("left this home")).to_be_visible(visible=is_known)


async def test_a_link_to_what_is_over_says_so_and_leads_to_the_list(browser: Browser) -> None:
    async with opened_cloud(browser, gateway(), request="0" * 32) as opened:
        await expect(opened.text("does not wait any more, or never did")).to_be_visible()
        await expect(opened.button("Approve")).to_be_hidden()
        await opened.button("All requests").click()
        await expect(opened.text("Nothing is waiting.")).to_be_visible()
        assert opened.page.url.endswith("/local-voice/cloud")


async def test_a_gateway_that_goes_away_takes_the_buttons_with_it_until_it_is_back(browser: Browser) -> None:
    answers = {"preview": preview(RAW), "approve": {}}
    async with opened_cloud(browser, WAITS, request=REQUEST, answers=answers) as opened:
        await can_decide(opened)
        await opened.tell("consent", state(gateway(connected=False, is_allowed=False)))
        await expect(opened.text("This gateway cannot be reached")).to_be_visible()
        await expect(opened.button("Approve")).to_be_disabled()
        await opened.tell("consent", state(WAITS))
        await can_decide(opened)
        await opened.tell("consent", state(gateway()))
        await expect(opened.text("does not wait any more")).to_be_visible()
        await expect(opened.button("Approve")).to_be_hidden()


async def test_the_switch_is_the_gateways_and_goes_back_where_it_does_not_turn(browser: Browser) -> None:
    shows = gateway(is_allowed=False)
    async with opened_cloud(browser, shows, answers={"allow": {}}) as opened:
        switch = opened.page.get_by_role("switch", name="Allow cloud requests")
        await expect(switch).not_to_be_checked()
        await switch.focus()
        await opened.page.keyboard.press("Space")
        await opened.tell("consent", state(gateway(is_allowed=True)))
        await expect(switch).to_be_checked()
        await expect(switch).to_be_focused()
        opened.answers["consent/allow"] = AskError("not_stored", "the disk is full")
        await switch.click()
        await expect(opened.text("could not write it down")).to_be_visible()
        await expect(switch).to_be_checked()
    assert [asked["is_allowed"] for asked in opened.asked_for("consent/allow")] == [True, False]


async def test_an_answer_is_shown_on_demand_and_hidden_again(browser: Browser) -> None:
    done = decided("answered", sent_bytes=1, received_bytes=2, has_answer=True)
    shows = gateway(decided=[done, decided("refused", request_id="1" * 32)])
    async with opened_cloud(browser, shows, answers={"answer": {"text": ANSWER}}) as opened:
        await expect(opened.text("Refused. Nothing was sent.")).to_be_visible()
        assert opened.asked_for("consent/answer") == []
        await opened.button("Show answer").click()
        await expect(opened.page.locator(".answer")).to_contain_text("Herman Melville.")
        await opened.tell("consent", state(gateway(**shows | {"sent_bytes": 9})))
        await expect(opened.page.locator(".answer")).to_contain_text("Herman Melville.")
        await opened.button("Hide answer").click()
        await expect(opened.page.locator(".answer")).to_have_count(0)
        opened.answers["consent/answer"] = AskError("not_known", "forgotten")
        await opened.button("Show answer").click()
        await expect(opened.text("It is not there any more.")).to_be_visible()


async def test_home_assistants_menu_is_there_and_another_page_ends_everything(browser: Browser) -> None:
    async with opened_cloud(browser, WAITS, request=REQUEST, answers={"preview": preview(RAW)}) as opened:
        await expect(opened.text("☰")).to_be_visible()
        await shown_bytes(opened).wait_for()
        await opened.page.evaluate("window.panel = document.querySelector('local-voice-panel')")
        request = await opened.page.evaluate_handle(
            "panel.shadowRoot.querySelector('lv-cloud').shadowRoot.querySelector('lv-request')"
        )
        await opened.page.evaluate("panel.remove()")
        assert await request.evaluate("request => request.shadowRoot.querySelectorAll('pre').length") == 0
        await opened.page.evaluate("document.body.append(panel)")
        await can_decide(opened)
    assert len(opened.asked_for("consent/subscribe")) == 2


async def test_nothing_is_ever_parsed_as_html_kept_in_the_browser_or_fetched() -> None:
    forbidden = re.compile(
        r"HTML\b|\beval\b|\bFunction\(|Storage\b|cookie|XMLHttp|(?<![#.])(?<!async )\bfetch\(|WebSocket|\bimport\(|"
        r"https?:"
    )
    found = set()
    for path in (ROOT / "frontend/src").rglob("*.ts"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found |= {(path.name, what) for what in forbidden.findall(code)}
    allowed = {
        ("sound.ts", "fetch("),  # the sound of a turn, when somebody plays it
        ("main.ts", "import("),  # of the page itself, which is in the same file
    }
    assert found <= allowed


async def test_the_days_on_which_anything_left_are_a_chart(browser: Browser) -> None:
    async with opened_page(browser, "/cloud", consents=[gateway()], width=PHONE, theme="dark") as opened:
        chart = opened.page.get_by_role("img", name="Sent by day")
        await expect(chart).to_have_accessible_name("Sent by day. 12,345 bytes left on 2 days of November 2026.")
        await expect(chart.locator(".bar")).to_have_count(2)
        rows = opened.page.locator("lv-plot tbody tr")
        await expect(rows).to_have_count(30)
        assert (await rows.nth(1).text_content() or "").split() == ["Nov", "2", "12,000", "bytes"]
        assert (await rows.nth(3).text_content() or "").split() == ["Nov", "4", "0", "bytes"]
        await opened.tell("consent", state(gateway(sent_bytes=0, sent_days={})))
        await expect(chart).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "de"])
async def test_on_a_phone_in_the_dark_all_of_it_fits_and_has_no_barriers(browser: Browser, language: str) -> None:
    done = [
        decided("answered", request_id="1" * 32, sent_bytes=12_000, received_bytes=812, has_answer=True),
        decided("failed", request_id="2" * 32, reason="status", status=503, sent_bytes=345, received_bytes=1),
        decided("expired", request_id="3" * 32),
    ]
    local = destination(id="here", host="a" * 60, is_local=True)
    shows = gateway(
        waiting=[waiting(size_bytes=len(RAW)), waiting(request_id="4" * 32, content="audio", destination_id="here")],
        decided=done, destinations=[destination(), local], has_pin=True,
    )  # fmt: skip
    words = preview(RAW, replaced=[{"placeholder": "[area 1]", "original": "Living Room"}])
    answers = {"consent/preview": words, "consent/answer": {"text": ANSWER}}
    async with opened_page(
        browser, "/cloud", consents=[shows], answers=answers, width=PHONE, theme="dark", language=language
    ) as opened:
        await opened.page.get_by_role("button", expanded=False).click()
        await expect(opened.page.locator(".answer")).to_contain_text("Herman Melville.")
        assert await opened.fits()
        assert await opened.barriers() == []
        await opened.picture(f"cloud-dark-{language}")
        await opened.page.locator("lv-cloud li button").first.click()
        await shown_bytes(opened).wait_for()
        await expect(opened.page.locator(".decision button").last).to_be_enabled()
        assert await opened.fits()
        assert await opened.barriers() == []
        texts = await opened.page.locator("lv-cloud").inner_text()
        assert not re.search(r"\b(cloud|request|fates|fate_reasons|contents|errors)\.[a-z_]+\b", texts), (
            "a text is missing"
        )
