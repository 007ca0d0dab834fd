"""Timers that run, and the satellites, on the page."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.opened_page import (
    ENTRY,
    HOSTILE,
    PHONE,
    Answer,
    AskError,
    gateway,
    ledger,
    opened_page,
    satellite,
    timer,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

TUNING: Final = {
    "satellite_id": "s1", "sensitivity": 50, "is_own": False, "false_wakes": 3, "real_wakes": 40, "suggested": 40,
    "is_changed": False, "options": [
        {"sensitivity": at, "false_wakes": min(3, max(0, (at - 35) // 8)), "missed": max(0, (45 - at) // 6)}
        for at in range(0, 101, 5)
    ],
}  # fmt: skip


async def test_a_timer_counts_down_and_is_cancelled_after_a_question(browser: Browser) -> None:
    paused = timer(timer_id=2, name="", left_s=3_000, duration_s=3_600, is_active=False)
    running = gateway(timers=[paused, timer()])
    async with opened_page(browser, "/home", gateways=[running], answers={"page/cancel_timer": {}}) as opened:
        page = opened.page
        rows = page.locator("lv-timers li")
        await expect(rows.nth(0)).to_contain_text("pizza")  # what ends first
        await expect(rows.nth(0).get_by_role("timer")).to_have_text("1:03")
        await expect(rows.nth(1)).to_contain_text("Paused")
        await expect(rows.nth(1).get_by_role("timer")).to_have_text("50:00")

        await opened.button("Cancel: pizza, 10:00").click()
        assert await opened.focused == "Keep it"
        await opened.tell("page", {"gateways": [running]})
        await page.keyboard.press("Escape")
        assert await opened.focused == "Cancel"
        assert opened.asked_for("page/cancel_timer") == []

        await page.keyboard.press("Enter")
        await opened.button("Yes, cancel it").click()
        await expect(page.locator("lv-timers [role=status]")).to_have_text("Cancelled.")
        [asked] = opened.asked_for("page/cancel_timer")
        assert asked == {"type": "local_voice/page/cancel_timer", "entry_id": ENTRY, "timer_id": 1}
        await opened.tell("page", {"gateways": [gateway(timers=[])]})
        await expect(opened.text("No timer is running")).to_be_visible()


async def test_a_timer_that_has_ended_meanwhile_is_said_to_have(browser: Browser) -> None:
    command = timer(is_command=True, name="", command=HOSTILE)
    answers = {"page/cancel_timer": AskError("unknown_timer")}
    async with opened_page(browser, "/home", gateways=[gateway(timers=[command])], answers=answers) as opened:
        await expect(opened.text("Delayed command")).to_be_visible()
        await expect(opened.text(HOSTILE)).to_be_visible()
        await opened.button("Cancel: Delayed command, 10:00").click()
        await expect(opened.text("It will not be carried out.")).to_be_visible()
        await opened.button("Yes, cancel it").click()
        await expect(opened.text("This timer has ended already.")).to_be_visible()


async def test_a_satellite_listens_no_more_and_the_switch_stays_until_it_is_told(browser: Browser) -> None:
    away = satellite(satellite_id="s2", name=HOSTILE, area_id=None, connected=False, last_wake_at="")
    both = gateway(satellites=[satellite(), away])
    async with opened_page(browser, "/home", gateways=[both], answers={"page/mute": {}}) as opened:
        switch = opened.page.get_by_role("switch", name="Kitchen satellite: listening")
        await expect(opened.text("Woken 5 minutes ago")).to_be_visible()
        await expect(opened.text("Not connected")).to_be_visible()
        await expect(opened.page.get_by_role("switch", name=f"{HOSTILE}: listening")).to_be_disabled()

        await switch.uncheck()
        await expect(opened.text("Its microphone sends nothing")).to_be_visible()
        [asked] = opened.asked_for("page/mute")
        assert asked == {"type": "local_voice/page/mute", "entry_id": ENTRY, "satellite_id": "s1", "muted": True}
        await opened.tell("page", {"gateways": [gateway(satellites=[satellite(muted=True), away])]})
        await expect(switch).not_to_be_checked()

        opened.answers["page/mute"] = AskError("not_connected")
        await switch.click()
        await expect(opened.text("The gateway cannot be reached now.")).to_be_visible()
        await expect(switch).not_to_be_checked()


async def test_how_eagerly_a_satellite_wakes_is_shown_chosen_and_taken_back(browser: Browser) -> None:
    answers: dict[str, Answer] = {"ledger/tuning": AskError("away"), "ledger/set_sensitivity": {}}
    async with opened_page(browser, "/home", answers=answers) as opened:
        await opened.page.get_by_text("How eagerly it wakes").click()
        await expect(opened.text("What is remembered cannot be reached now.")).to_be_visible()
        opened.answers["ledger/tuning"] = TUNING
        await opened.button("Try again").click()
        await expect(opened.text("40 times it was meant, 3 times nobody had spoken to it")).to_be_visible()
        await expect(opened.text("At 50% there would have been 1 false wake, and nothing missed.")).to_be_visible()

        slider = opened.page.get_by_role("slider", name="Sensitivity")
        await slider.focus()
        await opened.page.keyboard.press("ArrowLeft")
        await opened.tell("page", {"gateways": [gateway(timers=[timer()])]})
        await expect(slider).to_have_value("45")
        opened.answers["ledger/tuning"] = {**TUNING, "sensitivity": 45, "is_own": True, "suggested": None}
        await opened.button("Use 45%").click()
        await expect(opened.text("It has a setting of its own: 45%.")).to_be_visible()
        opened.answers["ledger/set_sensitivity"] = AskError("not_connected")
        await opened.button("As the gateway says").click()
        await expect(opened.text("The gateway cannot be reached now.")).to_be_visible()
        assert [asked["sensitivity"] for asked in opened.asked_for("ledger/set_sensitivity")] == [45, None]


async def test_home_on_a_phone_in_the_dark_has_no_barriers(browser: Browser) -> None:
    full = gateway(timers=[timer(), timer(timer_id=2, is_command=True, name="", command="Licht aus")])
    answers = {"ledger/tuning": TUNING}
    async with opened_page(
        browser, "/home", gateways=[full], answers=answers, width=PHONE, theme="dark", language="de"
    ) as opened:
        await opened.page.get_by_text("Wie leicht er aufwacht").click()
        await expect(opened.page.get_by_role("slider", name="Empfindlichkeit")).to_be_visible()
        await opened.button("Abbrechen: pizza, 10:00").click()
        await opened.picture("home-phone")
        assert await opened.barriers() == []
        assert await opened.fits()


async def test_who_sees_no_turns_tunes_nothing_and_away_nothing_can_be_pressed(browser: Browser) -> None:
    away = gateway(connected=False, timers=[timer()], is_admin=False, options=None, guarded=None)
    members = [ledger(scope="nothing", connected=False)]
    async with opened_page(browser, "/home", gateways=[away], ledgers=members, is_admin=False) as opened:
        await expect(opened.page.get_by_role("switch")).to_be_disabled()
        await expect(opened.button("Cancel: pizza, 10:00")).to_be_disabled()
        await expect(opened.page.get_by_text("How eagerly it wakes")).to_have_count(0)
        await opened.tell("page", {"gateways": [gateway(satellites=[])]})
        await expect(opened.text("No satellite is paired")).to_be_visible()
