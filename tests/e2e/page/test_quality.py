"""How well it does, and what the household taught: figures, plots, rules that can be taken back."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.opened_page import HOSTILE, PHONE, Answer, AskError, Words, ledger, opened_page
from tests.e2e.page.quality_words import ANSWERS, RULES, counts, rule, stats

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_figures_and_plots_say_how_well_it_does_to_eyes_keyboard_and_screen_reader(browser: Browser) -> None:
    async with opened_page(browser, "/quality", answers=ANSWERS) as opened:
        page = opened.page
        await expect(opened.text("86%")).to_be_visible()
        await expect(opened.text("520 ms")).to_be_visible()
        await expect(opened.text("8 of 9")).to_be_visible()
        turns = page.get_by_role("img", name="Turns. 232 turns in all; at most 8 at a time.")
        await expect(turns).to_be_visible()
        await expect(page.get_by_role("img")).to_have_count(5)

        await turns.hover(position={"x": 60, "y": 60})
        await expect(opened.text("Oct 6")).to_be_visible()
        await page.mouse.move(1, 1)
        await expect(page.locator(".tip")).to_have_count(0)
        cursor = page.get_by_role("slider", name="Turns: values", exact=True)
        await cursor.focus()
        await expect(page.locator(".tip")).to_contain_text("Nov 3")
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator(".tip")).to_contain_text("Nov 2")
        await expect(cursor).to_have_attribute("aria-valuetext", "Nov 2: Understood 0, Not understood 0, Other 0")

        await opened.button("1 year").click()
        await expect(opened.button("1 year")).to_have_attribute("aria-pressed", "true")
        assert [asked["days"] for asked in opened.asked_for("ledger/stats")] == [30, 364]
        await page.get_by_text("As a table").first.click()
        table = page.get_by_role("region", name="Turns").get_by_role("row")
        await expect(table).to_have_count(1 + 52)
        await expect(table.first).to_have_text(re.compile(r"Week from\s*Understood"))
        await expect(table.last).to_have_text(re.compile(r"Oct 28\s*36\s*6\s*6"))
        assert await opened.barriers() == []
        await opened.picture("quality-desktop")


async def test_a_rule_is_told_in_words_and_taken_back_only_after_a_question(browser: Browser) -> None:
    told = [*RULES, rule(4, said=HOSTILE, meant=HOSTILE)]

    def removed(asked: Words) -> Words:
        told[:] = [one for one in told if one["rule_id"] != asked["rule_id"]]
        return {}

    answers = ANSWERS | {
        "ledger/rules": lambda asked: {"rules": told[:2], "before": 7} if asked["before"] is None else
        {"rules": told[2:], "before": None},
        "ledger/remove_rule": AskError("unauthorized"),
    }  # fmt: skip
    states = {"light.ceiling": {"entity_id": "light.ceiling", "attributes": {"friendly_name": "Ceiling"}}}
    async with opened_page(browser, "/quality", answers=answers, states=states) as opened:
        page = opened.page
        rules = page.locator("lv-rules").get_by_role("listitem")
        await expect(rules).to_have_count(4)
        await expect(rules.nth(0)).to_contain_text("Where “the lump” is heard, “the lamp” was said.")
        await expect(rules.nth(0)).to_contain_text("Ada, Nov 2, 2026, 18:30")
        await expect(rules.nth(1)).to_contain_text("“the big light” is what Ceiling is called here.")
        await expect(rules.nth(1).get_by_role("button")).to_have_text(["Undo"])
        await expect(rules.nth(2)).to_contain_text("“good night everybody” means “turn off all lights")
        await expect(rules.nth(3)).to_contain_text(HOSTILE)

        undo = rules.nth(0).get_by_role("button", name="Undo")
        await undo.click()
        await expect(opened.button("Keep it")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(undo).to_be_focused()
        assert opened.asked_for("ledger/remove_rule") == []

        await undo.click()
        await opened.button("Unlearn it").click()
        await expect(page.get_by_role("alert")).to_have_text("Your account may not do that.")
        opened.answers["ledger/remove_rule"] = removed
        await opened.button("Unlearn it").click()
        await expect(rules).to_have_count(3)
        await expect(opened.text("The rule is gone.")).to_be_visible()
        assert await opened.focused == "What the household taught"
        assert opened.asked_for("ledger/remove_rule")[-1]["rule_id"] == RULES[0]["rule_id"]

        opened.answers["ledger/remove_rule"] = AskError("no_rule")  # somebody else was faster
        await rules.nth(0).get_by_role("button", name="Undo").click()
        await opened.button("Unlearn it").click()
        await expect(rules).to_have_count(2)
        await rules.nth(0).get_by_role("button", name="Where it came from").click()
        await expect(page).to_have_url(re.compile(rf"/local-voice/turns\?turn={RULES[2]['turn_id']}$"))


async def test_what_cannot_be_told_is_said_and_tried_again(browser: Browser) -> None:
    answers: dict[str, Answer] = {
        "ledger/stats": AskError("other", "it broke"),
        "ledger/rules": AskError("constructor", "it is odd"),
    }  # codes for which there is no text
    async with opened_page(browser, "/quality", ledgers=[ledger(connected=False)], answers=answers) as opened:
        page = opened.page
        await expect(opened.text("The figures could not be fetched")).to_be_visible()
        await expect(opened.text("The rules could not be fetched")).to_be_visible()
        await expect(opened.text("That did not work: it broke")).to_be_visible()
        await expect(opened.text("That did not work: it is odd")).to_be_visible()
        opened.answers |= {
            "ledger/stats": lambda asked: stats(asked["days"], total=counts(), stages={}, corrected=0),
            "ledger/rules": {"rules": [], "before": None},
        }
        await opened.button("Try again").last.click()
        await expect(opened.text("Nothing was taught yet")).to_be_visible()
        await opened.tell("ledger", {"gateways": [ledger()]})  # it is there again
        await expect(opened.text("Nothing was said in these days")).to_be_visible()

        opened.answers |= ANSWERS
        await opened.tell("ledger", {"changed": {"entry_id": "01JENTRY", "why": "forgotten"}})
        await expect(opened.text("86%")).to_be_visible()
        asked = len(opened.asked)
        await opened.tell("ledger", {"gateways": [ledger(connected=False)]})
        await opened.tell("ledger", {"changed": {"entry_id": "01JENTRY", "why": "turn"}})
        await expect(opened.text("86%")).to_be_visible()
        await expect(page.locator("lv-rules").get_by_role("listitem")).to_have_count(3)
        assert len(opened.asked) == asked  # it stays while the gateway is away

        await opened.tell("ledger", {"gateways": [ledger(scope="own")]})
        await expect(opened.text("Only administrators see how well it does")).to_be_visible()
        await expect(opened.text("86%")).to_have_count(0)
        assert len(opened.asked) == asked


async def test_on_a_phone_in_the_dark_all_of_it_fits_and_has_no_barriers(browser: Browser) -> None:
    async with opened_page(browser, "/quality", width=PHONE, theme="dark", language="de", answers=ANSWERS) as opened:
        await expect(opened.text("Wie gut es klappt")).to_be_visible()
        await opened.text("Als Tabelle").click()
        await expect(opened.page.get_by_role("region", name="Gespräche")).to_contain_text("5. Okt.")
        await opened.page.locator("lv-rules").get_by_role("button", name="Rückgängig").first.click()
        await expect(opened.button("Behalten")).to_be_focused()
        assert await opened.fits()
        assert await opened.barriers() == []
        await opened.picture("quality-phone-rules")
        await opened.page.get_by_role("button", name="30 Tage").scroll_into_view_if_needed()
        await opened.picture("quality-phone")
