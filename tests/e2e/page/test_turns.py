"""What was said: the list, how one finds something in it, and how it goes on while it is read."""

import asyncio
import re
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.page.many_turns import ManyTurns, some_turns
from tests.e2e.page.opened_page import (
    ENTRY,
    HOSTILE,
    PHONE,
    AskError,
    OpenedPage,
    Words,
    ledger,
    opened_page,
    turn,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEPT: Final = ledger()["kept"]
TWO_SATELLITES: Final = ledger(satellites={"s1": "Kitchen satellite", "s2": "Bedroom satellite"})
ROWS_THERE: Final = 100
"""At most, however many there are: those on the screen, and some around it."""
PATIENCE_S: Final = 20


async def test_ten_thousand_turns_come_as_one_scrolls_and_few_rows_are_there_at_a_time(browser: Browser) -> None:
    many = ManyTurns(some_turns(10_000))
    async with opened_page(browser, "/turns", answers=many.answers) as opened:
        await expect(rows(opened).first).to_be_visible()
        await expect(heading(opened, "Today")).to_be_visible()
        await opened.page.evaluate(SCROLL, {"pages": 10})
        assert len(many.asked) > 1  # and so they come as one scrolls
        assert await rows(opened).count() < ROWS_THERE
        await opened.page.locator("lv-turn-list").evaluate(
            "async ({ pages }) => { while (!pages.isAtEnd) await pages.more() }"
        )
        assert len(many.asked) == 10_000 // 64 + 1
        await scroll_to(opened, 300_000)
        await expect(rows(opened).nth(10)).to_be_visible()
        await opened.page.evaluate(SCROLL, {"pages": 10})
        assert await rows(opened).count() < ROWS_THERE


async def test_turns_are_found_by_room_outcome_day_and_words(browser: Browser) -> None:
    many = ManyTurns(some_turns(1_500))
    async with opened_page(browser, "/turns", answers=many.answers, ledgers=[TWO_SATELLITES]) as opened:
        await expect(rows(opened).first).to_contain_text("turn on the kitchen light")
        await choose(opened, "Room", "Bedroom")
        await choose(opened, "What became of it", "Not understood")
        await choose(opened, "Day", "Another day…")
        await opened.page.get_by_label("Date").fill("2026-11-01")
        await expect(opened.page.get_by_label("Day", exact=True)).to_be_focused()
        await expect(opened.page.get_by_label("Day", exact=True).locator("option:checked")).to_have_text("Nov 1")
        await expect(heading(opened, "Sunday, November 1")).to_be_visible()
        await choose(opened, "Day", "Yesterday")
        await expect(heading(opened, "Yesterday")).to_be_visible()
        await expect(rows(opened).first).to_contain_text("Not understood")
        assert many.asked[-1]["selection"] == {
            "area_id": "bed", "outcome": "not_understood", "since": "2026-11-02T00:00:00.000Z",
            "until": "2026-11-03T00:00:00.000Z",
        }  # fmt: skip
        await opened.page.get_by_role("searchbox").press_sequentially("moonlight")
        await expect(opened.text("Nothing found")).to_be_visible()
        assert {asked["words"] for asked in many.asked} == {"", "moonlight"}  # not each letter
        await opened.button("Clear filters").first.click()
        await expect(rows(opened).first).to_contain_text("11:58")
        for name, outcome, selection in (
            ("Corrected", "Corrected", {"corrected": True}),
            ("False wakes", "False wake", {"kind": "false_wake"}),
            ("Cloud requests", "Cloud request", {"outcome": "consent_asked"}),
        ):
            await choose(opened, "What became of it", name)
            await expect(rows(opened).first).to_contain_text(outcome)
            assert many.asked[-1]["selection"] == selection
        await choose(opened, "What became of it", "Any outcome")
        await choose(opened, "Room", "Bedroom satellite")
        await expect(opened.text("Nothing found")).to_be_visible()


async def test_a_search_goes_on_where_its_pages_are_empty_and_asks_after_a_while(browser: Browser) -> None:
    many = ManyTurns(some_turns(3), empty_pages=12)
    async with opened_page(browser, "/turns", answers=many.answers) as opened:
        await expect(rows(opened)).to_have_count(3)
        await opened.page.get_by_role("searchbox").fill("time")
        await expect(opened.text("Nothing found so far.")).to_be_visible()
        assert len(many.asked) == 9
        await opened.button("Search further back").click()
        await expect(rows(opened)).to_have_count(1)
        await expect(rows(opened)).to_contain_text("what time is it")


async def test_on_a_phone_one_goes_back_to_where_one_was(browser: Browser) -> None:
    many = ManyTurns([turn(1, heard=HOSTILE, used="turn on‮", reply=HOSTILE), *some_turns(300)[1:]])
    async with opened_page(browser, "/turns", width=PHONE, theme="dark", answers=many.answers) as opened:
        await expect(rows(opened).first).to_contain_text("<img src=")
        await expect(rows(opened).first.locator(".mark")).to_have_text("[U+202E]")
        assert await opened.barriers() == []
        assert await opened.fits()
        await opened.picture("turns-phone-dark")
        await opened.button("Filters").click()
        await choose(opened, "Room", "Kitchen")
        await expect(opened.button("Filters: 1")).to_be_visible()
        await opened.picture("turns-phone-filters")
        assert await opened.barriers() == []
        await opened.button("Filters: 1").click()
        await scroll_to(opened, 500)
        row = opened.page.locator(f"a[data-turn='{20:032x}']")
        await row.focus()
        where = await row.bounding_box()
        await opened.page.keyboard.press("Enter")
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        await expect(row).to_be_hidden()
        assert f"turn={20:032x}" in opened.page.url
        await opened.button("Back").click()
        await expect(row).to_be_focused()
        assert await row.bounding_box() == where
        await opened.page.keyboard.press("ArrowDown")
        await expect(row).not_to_be_focused()
        await opened.page.keyboard.press("ArrowUp")
        await row.press("Enter")
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        await opened.page.go_back()
        await expect(row).to_be_focused()


async def test_a_turn_that_the_list_has_not_got_is_fetched_by_its_address(browser: Browser) -> None:
    many = ManyTurns(some_turns(300))
    number = 290
    async with opened_page(browser, f"/turns?turn={number:032x}", answers=many.answers) as opened:
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        await opened.picture("turns-light")
        assert await opened.barriers() == []
        assert {"turn_ids": [f"{number:032x}"]} in [asked["selection"] for asked in many.asked]
        await rows(opened).nth(1).click()
        await expect(rows(opened).nth(1)).to_have_attribute("aria-current", "true")
        await expect(opened.page.locator("lv-turn")).to_contain_text("turn on the lamb")
        await opened.button("Close").click()
        await expect(opened.text("Choose a turn")).to_be_visible()
        await expect(rows(opened).nth(1)).to_be_focused()
    for turn_id in (f"{999_999:032x}", "..%2F..%2Fapi"):
        async with opened_page(browser, f"/turns?turn={turn_id}", answers=many.answers) as opened:
            await expect(opened.text("This is no longer kept")).to_be_visible()


async def test_what_is_said_meanwhile_comes_without_moving_what_is_read(browser: Browser) -> None:
    many = ManyTurns(some_turns(200))
    async with opened_page(browser, "/turns", answers=many.answers) as opened:
        await expect(rows(opened).first).to_contain_text("11:58")
        many.add(turn(1_001, at="2026-11-03T11:59:00+00:00", heard="good morning", used="good morning"))
        await changed(opened, "turn")
        await expect(rows(opened).first).to_contain_text("good morning")
        await scroll_to(opened, 1_000)
        row = rows(opened).filter(has_text="11:10")
        await expect(row).to_be_visible()
        where = await row.bounding_box()
        for number in (1_002, 1_003):
            many.add(turn(number, at="2026-11-03T12:00:00+00:00", heard=f"good night {number}"))
            await changed(opened, "turn")
        await expect(opened.button("2 new")).to_be_visible()
        assert await row.bounding_box() == where
        await opened.picture("turns-fresh")
        await opened.button("2 new").click()
        await expect(rows(opened).first).to_contain_text("good night 1003")
        await expect(opened.button("2 new")).to_have_count(0)
        await changed(opened, "turn", entry_id="another")
        many.turns[1] |= {"correction": {"meant": "good night", "meaning": {}, "rule_id": "", "by": ""}}
        many.add(*(turn(number, at="2026-11-03T12:00:00+00:00") for number in range(1_004, 1_104)))
        await changed(opened, "turn")  # more than a page at once
        await expect(opened.page.locator(f"a[data-turn='{1_103:032x}']")).to_be_visible()
        await scroll_to_the_end(opened)
        await expect(rows(opened).last).to_contain_text("05:20")


async def test_what_is_forgotten_goes_from_the_page_and_so_does_what_is_past_its_date(browser: Browser) -> None:
    many = ManyTurns(some_turns(300))
    many.turns[3]["keep_until"] = "2026-11-03T12:00:30+00:00"
    open_id = f"{3:032x}"
    async with opened_page(browser, f"/turns?turn={open_id}", answers=many.answers) as opened:
        await expect(rows(opened).nth(2)).to_contain_text("what time is it")
        await expect(opened.page.locator("lv-turn")).to_contain_text("what time is it")
        many.remove(open_id, f"{1:032x}")
        await changed(opened, "forgotten")
        await expect(opened.text("This is no longer kept")).to_be_visible()
        await expect(rows(opened).first).to_contain_text("turn on the lamb")
        await expect(opened.page.locator(f"a[data-turn='{open_id}']")).to_have_count(0)
        await expect(rows(opened).nth(1)).to_contain_text("False wake")
        await opened.page.clock.set_fixed_time("2026-11-03T12:00:31Z")
        await expect(rows(opened).nth(1)).to_contain_text("Cloud request")
        many.fails_with = AskError("not_connected")  # it cannot be said what is still there
        await changed(opened, "forgotten")
        await expect(opened.text("The gateway cannot be reached now.")).to_be_visible()
        await expect(rows(opened)).to_have_count(0)
        many.fails_with = None
        await opened.tell("ledger", {"gateways": [ledger(connected=False)]})
        await opened.tell("ledger", {"gateways": [ledger()]})
        await expect(rows(opened).first).to_contain_text("turn on the lamb")


async def test_many_are_deleted_at_once_after_it_was_said_how_far_that_reaches(browser: Browser) -> None:
    many = ManyTurns(some_turns(1_000))
    async with opened_page(browser, "/turns", answers=many.answers) as opened:
        await expect(rows(opened).first).to_contain_text("11:58")
        await opened.button("Delete…").first.click()
        dialog = opened.page.get_by_role("dialog")
        await expect(dialog).to_contain_text("30 turns.")
        await expect(dialog).to_contain_text("gone for good")
        await opened.picture("turns-delete")
        assert await opened.barriers() == []
        await dialog.get_by_label("All of a room").check()
        await dialog.get_by_label("Room", exact=True).select_option(label="Bedroom")
        await expect(dialog).to_contain_text("500 turns.")
        await dialog.get_by_label("Today").check()
        await expect(dialog).to_contain_text("360 turns.")
        await dialog.get_by_label("The last hour").check()
        opened.answers["ledger/forget"] = AskError("not_connected")
        await dialog.get_by_role("button", name="Delete 30 turns").click()
        await expect(dialog).to_contain_text("The gateway cannot be reached now.")
        opened.answers["ledger/forget"] = many.forget
        await dialog.get_by_role("button", name="Delete 30 turns").click()
        await expect(dialog).to_be_hidden()
        assert [asked["selection"] for asked in opened.asked_for("ledger/forget")] == [{"last_s": 3_600}] * 2
        await expect(opened.text("30 turns deleted")).to_be_visible()
        await expect(rows(opened).first).to_contain_text("10:58")
        await opened.page.get_by_role("searchbox").fill("lamb")  # what is found by words is named one by one
        await expect(rows(opened).first).to_contain_text("lamb")
        await opened.button("Delete…").first.click()
        await dialog.get_by_role("button", name=re.compile("Delete 13. turns")).click()
        await expect(opened.text("Nothing found")).to_be_visible()
        assert not [one for one in many.turns if "lamb" in one["heard"]]


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (ledger(scope="nothing"), "You see no turns here"),
        (ledger(kept=KEPT | {"is_there": False}), "Repairs"),
        (ledger(kept=KEPT | {"transcripts_s": None}), "remember nothing"),
        (ledger(kept=None), "Loading…"),
        (ledger(), "Nothing has been said yet"),
    ],
)
async def test_why_there_is_nothing_to_see_is_told(browser: Browser, standing: Words, text: str) -> None:
    async with opened_page(browser, "/turns", ledgers=[standing], width=PHONE, language="en") as opened:
        await expect(opened.text(text)).to_be_visible()
        assert await opened.barriers() == []
        assert await opened.fits()


async def test_what_cannot_be_had_now_is_had_later(browser: Browser) -> None:
    many = ManyTurns(some_turns(100), fails_with=AskError("not_connected"))
    async with opened_page(browser, f"/turns?turn={2:032x}", answers=many.answers, language="de") as opened:
        await expect(opened.button("Noch einmal")).to_have_count(2)
        many.fails_with = None
        await opened.button("Noch einmal").first.click()
        await expect(rows(opened).nth(1)).to_contain_text("Nicht verstanden")
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        await opened.picture("turns-de")
        many.fails_with = AskError("not_connected")
        await scroll_to(opened, 100_000)
        await expect(opened.button("Noch einmal")).to_be_visible()
        many.fails_with = None
        await opened.button("Noch einmal").click()
        await expect(opened.text("Das ist alles.")).to_be_attached()
        await opened.page.evaluate("window.change_hass({ connected: false })")
        await expect(rows(opened)).to_have_count(0)
        await opened.page.evaluate("window.change_hass({ connected: true })")
        await expect(rows(opened).first).to_be_visible()


async def choose(opened: OpenedPage, label: str, option: str) -> None:
    """Choose a filter."""
    await opened.page.locator("lv-turn-filters").get_by_label(label, exact=True).select_option(label=option)


async def changed(opened: OpenedPage, why: str, *, entry_id: str = ENTRY) -> None:
    """Tell that turns came or went."""
    await opened.tell("ledger", {"changed": {"entry_id": entry_id, "why": why}})


def rows(opened: OpenedPage) -> Locator:
    """Return the turns that are there; of many only those on the screen, and some around it."""
    return opened.page.locator("a[data-turn]")


def heading(opened: OpenedPage, day: str) -> Locator:
    return opened.page.get_by_role("heading", name=day, exact=True)


async def scroll_to(opened: OpenedPage, top_px: int) -> None:
    await opened.page.locator("lv-turn-list .scroller").evaluate("(list, top) => list.scrollTo(0, top)", top_px)


async def scroll_to_the_end(opened: OpenedPage) -> None:
    """Scroll down until there is nothing more to load."""
    end = opened.page.get_by_text("That is all.")
    async with asyncio.timeout(PATIENCE_S):
        while not await end.count():
            await scroll_to(opened, 10_000_000)
            await asyncio.sleep(0.01)
    await scroll_to(opened, 10_000_000)


SCROLL: Final = """async ({ pages }) => {
    const panel = document.querySelector("local-voice-panel").shadowRoot;
    const list = panel.querySelector("lv-turns").shadowRoot.querySelector("lv-turn-list").shadowRoot;
    const scroller = list.querySelector(".scroller");
    for (let step = 0; step < pages * 6; step++) {
        scroller.scrollTop += scroller.clientHeight / 6;
        await new Promise(requestAnimationFrame);
    }
}"""
"""Scroll by so many screens, a sixth with each frame."""
