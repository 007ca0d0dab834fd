"""One turn: what was heard and why, its recording, deleting it, and marking its wake."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.opened_page import (
    ENTRY,
    HOSTILE,
    PHONE,
    Answer,
    AskError,
    OpenedPage,
    Words,
    ledger,
    opened_page,
    turn,
)
from tests.e2e.page.turn_words import Remembered, correction, misheard, tuning, wav

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN: Final = f"/turns?turn={1:032x}"
SOUND: Final = "/api/local_voice/ledger/x"
PLAY: Final = {"path": SOUND, "good_s": 30}
ABOUT: Final = {"entry_id": ENTRY, "turn_id": f"{1:032x}"}


async def test_a_turn_says_what_was_heard_and_why_and_what_came_of_it(browser: Browser) -> None:
    one = turn(
        1,
        heard="turn on the kitchen lump",
        used="turn on the kitchen lamp",
        hypotheses=[
            {"text": "turn on the kitchen lump", "score": -0.1},
            {"text": "turn on the kitchen lamp", "score": -0.5},
        ],
        second_score=0.91,
        user_id="ada",
    )
    async with opened_page(browser, OPEN, answers={"ledger/turns": Remembered([one])}) as opened:
        shown = opened.page.locator("lv-turn")
        await expect(shown.get_by_role("heading", name="turn on the kitchen lamp")).to_be_visible()
        for text in (
            "Today, 11:58", "Kitchen satellite", "Ada", "turn on the kitchen lump", "Turn on: Kitchen light",
            "Kitchen light: off → on", "Turned on the light",
            "What it heard first means nothing here. This reading was the likeliest that does.",
            "520 ms from the last word to the answer", "Noticing the end", "okay nabu, 97% sure, second opinion 91%",
            "in 30 days, Dec 3, 2026, 12:00", "in 7 days, Nov 10, 2026, 12:00",
        ):  # fmt: skip
            await expect(shown.get_by_text(text, exact=False).first).to_be_visible()
        await shown.get_by_text("Other readings").click()
        assert await shown.locator(".readings li").all_inner_texts() == [
            "turn on the kitchen lump\n90%",
            "turn on the kitchen lamp\n61%",
        ]
        assert opened.asked_for("ledger/play") == []


async def test_why_it_did_so_is_said_in_words_of_the_page(browser: Browser) -> None:
    turns = [
        turn(number, **{"used": "", "intent": "", "changes": [], **words}) for number, (words, _) in enumerate(WHY, 1)
    ]
    async with opened_page(browser, OPEN, answers={"ledger/turns": Remembered(turns)}, language="de") as opened:
        for number, (_, texts) in enumerate(WHY, 1):
            await go_to(opened, number)
            for text in texts:
                await expect(opened.page.locator("lv-turn").get_by_text(text)).to_be_visible()


async def test_a_recording_is_fetched_when_it_is_to_be_heard_and_let_go_with_its_turn(browser: Browser) -> None:
    answers: dict[str, Answer] = {"ledger/turns": Remembered([misheard(), turn(2)]), "ledger/play": PLAY}
    async with opened_page(browser, OPEN, answers=answers) as opened:
        opened.sounds[SOUND] = wav(2.5)
        await opened.page.evaluate(COUNT_URLS)
        await opened.button("Play").click()
        await opened.button("Pause").click()
        assert [{name: asked[name] for name in ABOUT} for asked in opened.asked_for("ledger/play")] == [ABOUT]
        place = opened.page.get_by_role("slider", name="Place in the recording")
        await place.press("Home")
        await expect(place).to_have_attribute("aria-valuetext", "0.0\u00a0s of 2.5\u00a0s")
        await place.press("ArrowRight")
        await expect(place).to_have_attribute("aria-valuetext", "0.1\u00a0s of 2.5\u00a0s")
        for key in ("End", *["ArrowLeft"] * 5):
            await place.press(key)
        await opened.button("Play").click()
        await expect(opened.button("Pause")).to_be_visible()
        await expect(opened.button("Play")).to_be_visible()  # it is over
        assert len(opened.asked_for("ledger/play")) == 1
        assert await opened.page.evaluate("window.urls") == 1
        await go_to(opened, 2)
        await expect(opened.page.locator("lv-turn h2")).to_contain_text("turn on the kitchen light")
        assert await opened.page.evaluate("window.urls") == 0


async def test_a_recording_that_cannot_be_had_says_why(browser: Browser) -> None:
    answers: dict[str, Answer] = {"ledger/turns": Remembered([misheard()]), "ledger/play": AskError("not_connected")}
    async with opened_page(browser, OPEN, answers=answers) as opened:
        await opened.button("Play").click()
        await expect(opened.text("The gateway cannot be reached now.")).to_be_visible()
        opened.answers["ledger/play"] = PLAY
        gone = {"code": "no_clip", "message": "gone"}
        await opened.page.route(f"**{SOUND}", lambda route: route.fulfill(status=404, json=gone))
        await opened.button("Play").click()
        await expect(opened.text("There is no recording of this any more.")).to_be_visible()
        await opened.page.unroute(f"**{SOUND}")
        opened.sounds[SOUND] = b"no sound"
        await opened.button("Play").click()
        await expect(opened.text("This browser cannot play the recording.")).to_be_visible()
        await expect(opened.button("Play")).to_be_enabled()
        assert all("404" in line for line in opened.complaints)
        opened.complaints.clear()


async def test_a_turn_is_deleted_once_a_person_has_said_so_again(browser: Browser) -> None:
    remembered = Remembered([misheard(correction=correction()), turn(2)])
    answers: dict[str, Answer] = {"ledger/turns": remembered, "ledger/forget": AskError("ledger")}
    async with opened_page(browser, OPEN, answers=answers) as opened:
        shown = opened.page.locator("lv-turn")
        await shown.get_by_role("button", name="Delete…").click()
        keeps = shown.get_by_role("checkbox", name="Keep what was learned")
        await expect(keeps).to_be_checked()
        await expect(opened.text("The rule's words stay until it is undone under Quality.")).to_be_visible()
        assert await opened.focused == "Cancel"
        assert await opened.barriers() == []
        await opened.picture("turn-delete")
        await keeps.uncheck()
        await expect(opened.text("What was learned from it goes, too.")).to_be_visible()
        await opened.button("Cancel").press("Enter")
        assert await opened.focused == "Delete…"
        assert opened.asked_for("ledger/forget") == []
        await shown.get_by_role("button", name="Delete…").click()
        await expect(keeps).to_be_checked()
        await opened.button("Delete").click()
        await expect(opened.text("What is remembered could not be read or written.")).to_be_visible()
        remembered.turns = remembered.turns[1:]
        opened.answers["ledger/forget"] = {"turns": 1, "clips": 1, "rules": 1}
        await keeps.uncheck()
        await opened.button("Delete").click()
        await expect(shown).to_have_count(0)
        asked = opened.asked_for("ledger/forget")
        assert [one["selection"] for one in asked] == [{"turn_ids": [f"{1:032x}"]}] * 2
        assert [one["keep_rules"] for one in asked] == [True, False]


async def test_who_was_not_meant_says_so_and_hears_what_it_changes(browser: Browser) -> None:
    remembered = Remembered([misheard()])
    answers: dict[str, Answer] = {"ledger/turns": remembered, "ledger/mark_wake": AskError("away")}
    async with opened_page(browser, OPEN, answers=answers) as opened:
        await opened.button("Not meant for it").click()
        await expect(opened.text("What is remembered cannot be reached now.")).to_be_visible()
        opened.answers["ledger/mark_wake"] = tuning()
        remembered.turns = [misheard(wake_mark="false")]
        await opened.button("Not meant for it").click()
        await expect(opened.text("Kitchen satellite now wakes a little less eagerly (45%)")).to_be_visible()
        remembered.turns = [misheard()]
        await opened.button("It was meant").click()
        await expect(opened.text("Noted: it was meant.")).to_be_visible()
        await expect(opened.button("Not meant for it")).to_be_visible()
        assert [asked["is_false"] for asked in opened.asked_for("ledger/mark_wake")] == [True, True, False]


async def test_a_member_may_not_tune_and_nobody_changes_anything_of_a_gateway_that_is_away(browser: Browser) -> None:
    remembered = Remembered([misheard(correction=correction())])
    own, away = ledger(scope="own"), ledger(scope="own", connected=False)
    async with opened_page(
        browser, OPEN, ledgers=[own], is_admin=False, answers={"ledger/turns": remembered}
    ) as opened:
        await expect(opened.button("Correct…")).to_be_enabled()
        await expect(opened.button("Not meant for it")).to_have_count(0)
        deletes = opened.page.locator("lv-turn").get_by_role("button", name="Delete…")
        await deletes.click()
        await expect(opened.text("The rule's words stay until an administrator undoes it.")).to_be_visible()
        await opened.button("Cancel").click()
        await opened.tell("ledger", {"gateways": [away]})
        for name in ("Correct…", "Play"):
            await expect(opened.button(name)).to_be_disabled()


async def test_words_of_anybody_are_text_on_a_dark_phone_and_nothing_is_a_barrier(browser: Browser) -> None:
    bad = HOSTILE
    one = turn(
        1, heard=bad, used=f"{bad}\u202e", intent=bad, slots={"name": bad, bad: [bad]}, reply=bad, wake_word=bad,
        hypotheses=[{"text": bad, "score": -1}, {"text": "x", "score": -2}], stages_ms={bad: 20, "stt": 10},
        changes=[{"entity_id": bad, "name": bad, "before": bad, "after": {bad: bad}}], area_id=bad, satellite_id=bad,
        correction=correction(meant=bad, by=bad),
        why=f'heard "{bad}"; took it for "{bad}"; asked "{bad}"; heard "{bad}"; something failed: home',
    )  # fmt: skip
    answers: dict[str, Answer] = {"ledger/turns": Remembered([one])}
    async with opened_page(browser, OPEN, answers=answers, width=PHONE, theme="dark") as opened:
        shown = opened.page.locator("lv-turn")
        await expect(shown.get_by_role("heading", name="[U+202E]")).to_be_visible()
        await expect(opened.text("Something failed: Home Assistant did not answer in time.")).to_be_visible()
        await shown.get_by_text("Other readings").click()
        assert await opened.fits()
        assert await opened.barriers() == []
        await opened.picture("turn-hostile")


HEARD: Final = 'heard "on"; '
WHY: Final[list[tuple[Words, list[str]]]] = [
    ({"outcome": "not_understood"}, ["Keine Lesart bedeutet etwas, das hier getan werden kann."]),
    ({"outcome": "nothing_heard", "heard": "", "why": "nobody spoke"}, ["Keine Worte", "Niemand hat gesprochen."]),
    ({"outcome": "nothing_heard", "why": "there were no words in it"}, ["Es waren keine Worte darin."]),
    ({"outcome": "nothing_heard", "why": "nothing was said"}, ["Es wurde nichts gesagt."]),
    ({"outcome": "answer"}, ["Home Assistant hat dafür einen eigenen Satz."]),
    ({"outcome": "recognized"}, ["Es wurde nur aufgeschrieben"]),
    ({"outcome": "forgotten"}, ["Etwas früher Gesagtes sollte vergessen werden."]),
    (
        {
            "outcome": "consent_asked", "heard": "on",
            "why": f"{HEARD}a person was asked whether the words may be sent to the cloud, request r-1",
        },
        ["Ein Mensch wurde gefragt", "Zur Anfrage"],
    ),
    (
        {"heard": "on", "used": "off", "why": f'{HEARD}took it for "off", by rule {"ab" * 16} of this household'},
        ["Eine Regel, die dieser Haushalt ihm beigebracht hat", "Zu den Regeln"],
    ),
    (
        {
            "outcome": "not_confirmed", "intent": "HassTurnOff", "heard": "on", "used": "on",
            "why": f'{HEARD}that is the likeliest reading, and it means something here; asked "Sicher?"; heard "nö", '
            "which is not a yes",
        },
        ["Sicher?", "nö", "Das ist die wahrscheinlichste Lesart", "Die Antwort war kein Ja"],
    ),
    ({"outcome": "", "heard": "on", "why": f"{HEARD}it was cut short"}, ["Es wurde unterbrochen."]),
]  # fmt: skip
"""What is noted of turns, and what is said of that."""


async def go_to(opened: OpenedPage, number: int) -> None:
    """Open another turn, as a link would."""
    await opened.page.evaluate(
        "address => { history.pushState(null, '', address); dispatchEvent(new Event('location-changed')); }",
        f"/local-voice/turns?turn={number:032x}",
    )


COUNT_URLS: Final = """() => {
    window.urls = 0;
    const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
    URL.createObjectURL = (blob) => (window.urls++, make.call(URL, blob));
    URL.revokeObjectURL = (url) => (window.urls--, revoke.call(URL, url));
}"""
