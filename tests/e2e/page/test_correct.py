"""Correcting a turn: saying what was meant, seeing what would come of it, having it learned, and taking it back."""

import asyncio
from typing import Final

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.page.opened_page import (
    ENTRY,
    HOSTILE,
    PHONE,
    Answer,
    AskError,
    OpenedPage,
    Words,
    gateway,
    ledger,
    opened_page,
)
from tests.e2e.page.turn_words import (
    LAMP_ON,
    NOTHING,
    RULE_ID,
    THINGS,
    Remembered,
    corrected,
    correction,
    misheard,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN: Final = f"/turns?turn={1:032x}"
ABOUT: Final = {"type": "local_voice/ledger/correct", "entry_id": ENTRY, "turn_id": f"{1:032x}"}
HARM: Final = {"turn_id": "cd" * 16, "heard": "play the lump", "before": LAMP_ON, "after": NOTHING}


async def test_what_was_meant_is_tried_learned_and_taken_back(browser: Browser) -> None:
    remembered = Remembered([misheard()])
    answers: dict[str, Answer] = {
        "ledger/turns": remembered,
        "ledger/correct": corrected(),
        "ledger/remove_rule": AskError("ledger"),
    }
    async with opened_page(browser, OPEN, answers=answers) as opened:
        await opened.button("Correct…").click()
        assert await opened.focused == "What went wrong?"
        said = opened.page.get_by_label("I said…")
        await expect(said).to_have_value("turn on the lump")
        await said.fill(" turn on the lamp ")
        await said.press("Enter")
        await expect(opened.text("Where “the lump” is heard, “the lamp” was said.")).to_be_visible()
        assert await opened.focused == "What it comes to"
        assert await facts(opened) == {
            "Until now": "nothing",
            "From now on": "Turn on: Lamp",
            "It learns": "Where “the lump” is heard, “the lamp” was said.",
        }
        await expect(opened.text("212 earlier turns were tried again, too.")).to_be_visible()
        await expect(opened.text("None of what was right before changes.")).to_be_visible()
        remembered.turns = [misheard(correction=correction())]
        opened.answers["ledger/correct"] = corrected(is_kept=True)
        await opened.button("Learn it").click()
        await expect(opened.text("Learned. The next time it is understood like this.")).to_be_visible()
        assert await opened.focused == "Corrected"
        assert asked(opened) == [
            {"meant": "turn on the lamp"},
            {"meant": "turn on the lamp", "keep": True, "despite_harm": False},
        ]
        deletes = opened.page.locator("lv-turn").get_by_role("button", name="Delete…")
        await deletes.click()
        sure = opened.page.get_by_role("group", name="Delete this for good?")
        await expect(
            sure.get_by_text("Where “the lump” is heard, “the lamp” was said. The rule's words")
        ).to_be_visible()
        await opened.picture("correct-delete")
        await opened.button("Cancel").click()
        await opened.button("Undo").click()
        await expect(opened.text("What is remembered could not be read or written.")).to_be_visible()
        opened.answers["ledger/remove_rule"] = {}
        remembered.turns = [misheard(correction=correction(rule_id=""))]
        await opened.button("Undo").click()
        await expect(opened.text("Undone. The rule is gone; the turn stays as it was.")).to_be_visible()
        await expect(opened.button("Undo")).to_have_count(0)
        await deletes.click()
        await expect(sure).to_be_visible()
        await expect(sure.get_by_role("checkbox")).to_have_count(0)
        assert opened.asked_for("ledger/remove_rule")[-1]["rule_id"] == RULE_ID


async def test_what_should_have_happened_is_chosen_from_the_home_in_the_gateways_language(browser: Browser) -> None:
    answers: dict[str, Answer] = {
        "ledger/turns": Remembered([misheard()]), "ledger/correct": AskError("no_meaning"),
        "page/things": AskError("not_connected"),
    }  # fmt: skip
    german = gateway(offered=gateway()["offered"] | {"language": "de"})
    async with opened_page(browser, OPEN, gateways=[german], answers=answers) as opened:
        await opened.button("Correct…").click()
        await opened.button("Choose from your home").click()
        await expect(opened.text("The gateway cannot be reached now.")).to_be_visible()
        opened.answers["page/things"] = {"things": THINGS}
        await opened.button("Try again").click()
        await opened.page.get_by_role("searchbox", name="Thing").fill("kitchen bli")
        await opened.page.get_by_role("button", name="Blind Kitchen").click()
        await opened.button("Open").click()
        said = opened.page.get_by_label("I said…")
        await expect(said).to_have_value("öffne Blind")
        await expect(said).to_be_focused()
        await opened.button("Choose from your home").click()
        await opened.button("Another one").click()
        await opened.page.get_by_role("button", name="Bell").click()
        await expect(said).to_have_value("Bell")  # what can be done with it is not known
        await opened.button("Try it").click()
        await expect(opened.text("That means nothing here.")).to_be_visible()
        assert asked(opened) == [{"meant": "Bell"}]
        await opened.button("Cancel").click()
        assert await opened.focused == "Correct…"


async def test_a_name_that_is_used_here_is_taught(browser: Browser) -> None:
    alias = corrected()["rule"] | {"kind": "alias", "said": "the lump", "meant": "", "entity_id": "light.lamp"}
    answers: dict[str, Answer] = {
        "ledger/turns": Remembered([misheard()]), "page/things": {"things": THINGS},
        "ledger/correct": corrected(rule=alias, from_sound=False, replayed=1),
    }  # fmt: skip
    states = {"light.lamp": {"entity_id": "light.lamp", "state": "on", "attributes": {"friendly_name": "Lamp"}}}
    async with opened_page(browser, OPEN, answers=answers, states=states) as opened:
        await opened.button("Correct…").click()
        await opened.page.get_by_label("It does not know a name that we use").check()
        await opened.page.get_by_label("The name we use").fill("the lump")
        await expect(opened.button("Try it")).to_be_disabled()  # for which thing?
        await opened.page.get_by_role("button", name="Lamp Kitchen").click()
        await opened.button("Try it").click()
        await expect(opened.text("“the lump” is what Lamp is called here.")).to_be_visible()
        await expect(opened.text("One earlier turn was tried again, too.")).to_be_visible()
        assert asked(opened) == [{"said": "the lump", "entity_id": "light.lamp"}]
        await opened.page.get_by_label("The name we use").fill("the lumps")
        await expect(opened.button("Learn it")).to_have_count(0)  # that was not tried


async def test_harm_is_shown_and_only_administrators_may_learn_all_the_same(browser: Browser) -> None:
    harmful = corrected(harmed=[HARM], harmed_count=3)
    answers: dict[str, Answer] = {"ledger/turns": Remembered([misheard()]), "ledger/correct": harmful}
    async with opened_page(browser, OPEN, answers=answers) as opened:
        await opened.button("Correct…").click()
        await opened.button("Try it").click()
        for text in ("3 earlier turns that were right", "play the lump", "Turn on: Lamp → nothing", "And 2 more."):
            await expect(opened.text(text)).to_be_visible()
        opened.answers["ledger/correct"] = corrected(is_kept=True)
        await opened.button("Learn it all the same").click()
        await expect(opened.text("Learned.")).to_be_visible()
        assert asked(opened)[-1]["despite_harm"] is True
    answers["ledger/correct"] = corrected(harmed_count=1, replayed=0)
    async with opened_page(browser, OPEN, ledgers=[ledger(scope="own")], is_admin=False, answers=answers) as opened:
        await opened.button("Correct…").click()
        await opened.button("Try it").click()
        await expect(opened.text("Only an administrator can have it learned all the same.")).to_be_visible()
        await expect(opened.button("Learn it all the same")).to_have_count(0)


async def test_what_is_being_typed_stays_when_news_arrive_and_nothing_is_asked_twice(browser: Browser) -> None:
    remembered = Remembered([misheard()])
    answer: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
    async with opened_page(browser, OPEN, answers={"ledger/turns": remembered, "ledger/correct": answer}) as opened:
        await opened.button("Correct…").click()
        said = opened.page.get_by_label("I said…")
        await said.fill("turn on the lamp")
        remembered.turns = [misheard(reply="another")]
        await opened.tell("ledger", {"changed": {"entry_id": ENTRY, "why": "turn"}})
        await opened.tell("ledger", {"gateways": [ledger(satellites={"s1": "Another name"})]})
        await expect(opened.text("Another name")).to_be_visible()
        await expect(said).to_have_value("turn on the lamp")
        await said.press("Enter")
        await expect(opened.button("Trying…")).to_be_disabled()
        answer.set_result(corrected(rule=None, before=LAMP_ON))
        await expect(opened.button("Note what was meant")).to_be_visible()
        await expect(opened.text("It is understood like this already")).to_be_visible()
        assert len(opened.asked_for("ledger/correct")) == 1


async def test_a_correction_fits_a_dark_phone_in_german_and_shows_names_as_text(browser: Browser) -> None:
    things = [{"entity_id": "light.x", "name": HOSTILE, "area_id": None}] + [
        {"entity_id": f"light.l{number}", "name": f"Lampe {number}", "area_id": "bed"} for number in range(40)
    ]
    bad = {"text": HOSTILE, "intent": "HassTurnOn", "slots": {"name": HOSTILE}, "entity_id": "light.x"}
    rule = corrected()["rule"] | {"said": HOSTILE, "meant": HOSTILE}
    harm = HARM | {"heard": HOSTILE, "before": bad, "after": bad}
    answers: dict[str, Answer] = {
        "ledger/turns": Remembered([misheard()]), "page/things": {"things": things},
        "ledger/correct": corrected(rule=rule, before=bad, after=bad, harmed=[harm], harmed_count=1),
    }  # fmt: skip
    async with opened_page(browser, OPEN, answers=answers, width=PHONE, theme="dark", language="de") as opened:
        await opened.button("Korrigieren…").click()
        await opened.button("Aus deinem Zuhause wählen").click()
        await expect(opened.text("11 weitere: Tipp ein paar Buchstaben.")).to_be_visible()
        assert await opened.fits()
        assert await opened.barriers() == []
        await opened.page.get_by_role("button", name=HOSTILE).click()
        await opened.button("Ausprobieren").click()
        await expect(opened.button("Trotzdem lernen")).to_be_visible()
        assert await opened.fits()
        assert await opened.barriers() == []
        await opened.picture("correct-phone-de")


def asked(opened: OpenedPage) -> list[Words]:
    """Return what it was asked to correct, all of it about that one turn."""
    found = opened.asked_for("ledger/correct")
    assert all({name: one[name] for name in ABOUT} == ABOUT for one in found)
    return [{name: value for name, value in one.items() if name not in ABOUT} for one in found]


async def facts(opened: OpenedPage) -> dict[str, str]:
    """Return what a correction comes to, as it is shown."""
    shown: Locator = opened.page.locator("lv-correct .facts")
    names, values = await shown.locator("dt").all_inner_texts(), await shown.locator("dd").all_inner_texts()
    return dict(zip(names, values, strict=True))
