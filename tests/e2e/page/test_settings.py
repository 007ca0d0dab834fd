"""What is kept, who may see it, wake words and voices, on the page."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.opened_page import ENTRY, HOSTILE, PHONE, AskError, gateway, ledger, opened_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY_S = 86_400


async def test_keeping_for_longer_is_saved_and_for_less_only_after_a_warning(browser: Browser) -> None:
    async with opened_page(browser, "/settings", answers={"ledger/keep": {}}) as opened:
        page = opened.page
        keeping = page.locator("lv-keeping")
        choice = page.get_by_label("Keep what was said for")
        save, status = keeping.get_by_role("button", name="Save", exact=True), keeping.get_by_role("status")
        await expect(save).to_be_disabled()

        await choice.select_option("90 days")
        await save.click()
        await expect(status).to_have_text("Saved.")

        await choice.select_option("1 day")
        await opened.tell("page", {"gateways": [gateway(version="0.2.0")]})
        await expect(choice).to_have_value(str(DAY_S))
        await save.click()
        await expect(opened.text("What is older than 1 day is deleted at once.")).to_be_visible()
        assert await opened.focused == "Leave it as it was"
        await page.keyboard.press("Escape")
        await expect(choice).to_have_value(str(30 * DAY_S))
        assert len(opened.asked_for("ledger/keep")) == 1

        await keeping.get_by_role("switch", name="Keep the sound as well").uncheck()
        await save.click()
        await expect(opened.text("All recordings are deleted at once.")).to_be_visible()
        opened.answers["ledger/keep"] = AskError("unauthorized")
        await opened.button("Delete and save").click()
        await expect(status).to_have_text("Your account may not do that.")

        opened.answers["ledger/keep"] = {}
        await choice.select_option("Not at all")
        await expect(opened.text("Recordings need what was said.")).to_be_visible()
        await save.click()
        await expect(opened.text("Everything that is remembered is deleted at once")).to_be_visible()
        await opened.button("Delete and save").click()
        await expect(status).to_have_text("Saved.")
        kept = [(asked["transcripts_s"], asked["audio_s"]) for asked in opened.asked_for("ledger/keep")]
        assert kept == [(90 * DAY_S, 7 * DAY_S), (30 * DAY_S, None), (None, None)]
        assert opened.asked_for("ledger/keep")[0]["entry_id"] == ENTRY


async def test_who_may_see_and_approve_is_changed_at_once(browser: Browser) -> None:
    async with opened_page(browser, "/settings", answers={"page/change_options": {}}) as opened:
        people = opened.page.locator("lv-people")
        await people.get_by_role("switch", name="Members see their own turns").check()
        await expect(people.get_by_role("status")).to_have_text("Saved.")
        opened.answers["page/change_options"] = AskError("unauthorized")
        await people.get_by_text("Everyone with an account").click()
        await expect(people.get_by_role("status")).to_have_text("Your account may not do that.")
        await expect(people.get_by_role("radio", name="Administrators")).to_be_checked()
        asked = [{**asked} for asked in opened.asked_for("page/change_options")]
        assert [{name: value for name, value in one.items() if name not in ("type", "entry_id")} for one in asked] == [
            {"members_see_own_turns": True},
            {"approvers": "everyone"},
        ]


async def test_what_is_protected_is_said_with_the_way_to_where_it_is_changed(browser: Browser) -> None:
    async with opened_page(browser, "/settings") as opened:
        guarded = opened.page.locator("lv-guarded")
        await expect(guarded.get_by_text("Locks, doors, alarms, valves and ovens")).to_be_visible()
        await expect(guarded.get_by_text("There is no PIN. What needs one is refused.")).to_be_visible()
        await expect(guarded.get_by_role("listitem")).to_have_count(0)
        decided = {"decisions": ["Heater, Locks: Never", HOSTILE], "has_pin": True}
        await opened.tell("page", {"gateways": [gateway(guarded=decided)]})
        await expect(guarded.get_by_role("listitem")).to_have_count(2)
        await expect(guarded.get_by_text("Heater, Locks: Never")).to_be_visible()
        await expect(guarded.get_by_text("There is a PIN.")).to_be_visible()
        link = guarded.get_by_role("link", name="Decide what is protected, or change the PIN")
        assert await link.get_attribute("href") == "/config/integrations/integration/local_voice"


async def test_wake_words_and_voice_are_saved_together_and_only_what_is_different(browser: Browser) -> None:
    hostile = gateway()
    hostile["offered"]["known_wake_words"].append({"id": "evil", "phrase": HOSTILE})
    async with opened_page(
        browser, "/settings", gateways=[hostile], answers={"page/change_settings": AskError("config")}
    ) as opened:
        hearing = opened.page.locator("lv-hearing")
        save = hearing.get_by_role("button", name="Save", exact=True)
        await expect(opened.text(HOSTILE)).to_be_visible()
        await hearing.get_by_label("Okay Nabu").uncheck()
        await expect(save).to_be_disabled()  # there has to be one
        await hearing.get_by_label("Hey Jarvis").check()
        await hearing.get_by_label("Voice").select_option("de_DE-eva-low")
        await hearing.get_by_label("Whisper model").select_option("base")
        await hearing.get_by_label("Whisper model").select_option("tiny.en")
        await save.click()
        await expect(opened.text("The gateway does not have what was chosen.")).to_be_visible()
        opened.answers["page/change_settings"] = {}
        await save.click()
        await expect(hearing.get_by_role("status")).to_have_text("Saved.")
        asked = opened.asked_for("page/change_settings")[-1]
        assert asked == {
            "type": "local_voice/page/change_settings", "entry_id": ENTRY, "wake_words": ["hey_jarvis"],
            "voice": "de_DE-eva-low",
        }  # fmt: skip

        await hearing.get_by_role("slider").focus()
        await opened.page.keyboard.press("ArrowRight")
        await expect(hearing.get_by_text("55%")).to_be_visible()
        await hearing.get_by_role("button", name="Leave it as it was").click()
        await expect(hearing.get_by_role("slider")).to_have_value("50")


async def test_it_is_said_of_the_model_that_is_chosen_how_well_it_hears_the_language(browser: Browser) -> None:
    german = gateway()
    fitness = {
        "tiny.en": "of a newer gateway",
        "base": "weak",
        "small": "unmeasured",
        "large": "good",
        "medium": "fair",
    }
    german["offered"] |= {"language": "de-DE", "stt_models": [*fitness], "stt_fitness": fitness}
    async with opened_page(browser, "/settings", gateways=[german]) as opened:
        hearing = opened.page.locator("lv-hearing")
        said, choice = hearing.locator("#model_text"), hearing.get_by_label("Whisper model")
        await expect(said).to_have_text("Larger ones understand better and answer later.")
        for model, about in (
            ("base", "base is weak in German (Germany): too many commands are not understood."),
            ("small", "How well small hears German (Germany) was not measured."),
            ("large", "large hears German (Germany) well."),
            ("medium", "medium hears German (Germany) fairly well"),
        ):
            await choice.select_option(model)
            await expect(said).to_contain_text(about)
        assert await choice.get_attribute("aria-describedby") == "model_text"


async def test_members_read_the_settings_and_change_none(browser: Browser) -> None:
    members = gateway(is_admin=False, options=None, guarded=None)
    async with opened_page(browser, "/settings", gateways=[members], is_admin=False) as opened:
        await expect(opened.text("30 days", exact=True)).to_be_visible()
        await expect(opened.text("Okay Nabu")).to_be_visible()
        await expect(opened.text("Only administrators can change this.")).to_be_visible()
        assert await opened.page.locator("lv-settings").locator("button, input, select, a").count() == 0
        nothing = {"is_there": False, "transcripts_s": None, "audio_s": None, "false_wakes_s": 60}
        await opened.tell("ledger", {"gateways": [ledger(kept=nothing)]})
        await expect(opened.text("This gateway remembers nothing")).to_be_visible()
        await opened.tell("page", {"gateways": [{**members, "offered": None}]})
        await expect(opened.text("The gateway has not told its settings yet.")).to_be_visible()


async def test_settings_on_a_phone_in_the_dark_have_no_barriers(browser: Browser) -> None:
    async with opened_page(browser, "/settings", width=PHONE, theme="dark", language="de") as opened:
        await opened.page.get_by_label("Aufheben, was gesagt wurde, für").select_option("1 Tag")
        await opened.button("Speichern").first.click()
        await expect(opened.button("Löschen und speichern")).to_be_visible()
        await opened.picture("settings-phone")
        assert await opened.barriers() == []
        assert await opened.fits()
