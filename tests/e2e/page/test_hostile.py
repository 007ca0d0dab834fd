"""The page among enemies: names that are none, news in storms, answers that come late, a connection that is lost."""

import asyncio
import time
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.page.many_turns import ManyTurns, some_turns
from tests.e2e.page.opened_page import (
    ENTRY,
    HOSTILE,
    AskError,
    Words,
    gateway,
    ledger,
    opened_page,
    satellite,
    timer,
    trust,
    turn,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER: Final = "01JOTHER"
EVERY_OBJECTS: Final = ("constructor", "__proto__", "toString", "hasOwnProperty")
"""Names that stand in no table, and that every object of the browser's language has all the same."""
LONGEST: Final = ("a\u202e" * 2_048)[:4_096]
"""As long as words are on the wire; every other character is marked."""
ID: Final = f"{1:032x}"
SHOWN_S: Final = 3.0
LATE_S: Final = 0.2
"""After an answer, until what the page makes of it would be seen."""
STORM: Final = 100
STORM_MS: Final = 10
"""Between two of a storm's news: it lasts a second."""
TABS: Final = ("turns", "cloud", "quality", "home", "settings", "trust")


@pytest.mark.parametrize("name", EVERY_OBJECTS)
async def test_names_that_every_object_has_are_names_like_others(browser: Browser, name: str) -> None:
    many = ManyTurns([_of_nobody(name)])
    tuned = gateway(
        satellites=[satellite(satellite_id=name, area_id=name, activity=name)],
        timers=[timer(satellite_id=name, area_id=name), timer(satellite_id=name, area_id=name)],
        trust=trust(layers=[name], missing={}, verdict=name),
    )
    stats: Words = {
        "total": dict.fromkeys(_COUNTS, 1), "days": [], "stages": {name: {"turns": 1, "median_ms": 1, "p95_ms": 1}},
        "corrected": 0, "corrected_right": 0,
    }  # fmt: skip
    rule: Words = {
        "rule_id": name, "kind": "alias", "said": name, "meant": "", "entity_id": name, "language": "en",
        "made_at": name, "turn_id": "", "by": name,
    }  # fmt: skip
    answers = {**many.answers, "ledger/stats": stats, "ledger/rules": {"rules": [rule], "before": None}}
    async with opened_page(browser, f"/turns?turn={ID}", answers=answers, gateways=[tuned]) as opened:
        await expect(opened.page.locator("lv-turn")).to_contain_text(name)
        await expect(opened.page.locator("a[data-turn]")).to_contain_text(name)
        for tab in TABS:
            await opened.page.get_by_role("link", name=tab.replace("turns", "history").capitalize()).click()
            await expect(opened.page.locator(f"lv-{tab}")).to_be_visible()
        await expect(opened.page.locator("lv-protection")).to_contain_text(name)


async def test_as_much_as_a_gateway_can_say_is_shown_at_once(browser: Browser) -> None:
    words = {"heard": LONGEST, "used": LONGEST[::-1], "reply": LONGEST, "at": HOSTILE[:40], "keep_until": "never"}
    changes = [{"entity_id": LONGEST[:255], "name": LONGEST[:255], "before": LONGEST[:2_048], "after": None}] * 64
    stages_ms = {f"{'<b>'}{number}": (-1.0) ** number * 1.7e308 for number in range(32)}
    turns = [turn(number, **words, changes=changes, stages_ms=stages_ms) for number in range(1, 65)]
    async with opened_page(browser, "/turns", answers=ManyTurns(turns).answers) as opened:
        await expect(opened.page.locator("a[data-turn]").first).to_contain_text("[U+202E]")
        began = time.monotonic()
        await opened.page.locator("a[data-turn]").nth(1).click()
        await expect(opened.page.locator("lv-turn h2")).to_contain_text("[U+202E]")
        assert time.monotonic() - began < SHOWN_S
        assert await opened.page.locator("a[data-turn] .mark").count() < 64 * 2 * 300
        assert await opened.fits()


async def test_a_language_or_a_time_zone_that_the_browser_does_not_know_hides_nothing(browser: Browser) -> None:
    async with opened_page(browser, "/turns", answers=ManyTurns(some_turns(3)).answers) as opened:
        await expect(opened.page.locator("a[data-turn]")).to_have_count(3)
        locale = {"language": "no_such-language!", "time_format": "24", "time_zone": "server"}
        await opened.page.evaluate(
            "(other) => window.change_hass(other)", {"locale": locale, "config": {"time_zone": "Mars/Olympus_Mons"}}
        )
        await expect(opened.page.locator("a[data-turn]").first).to_contain_text("11:58")


@pytest.mark.parametrize("why", ["turn", "forgotten"])
async def test_a_storm_of_news_is_looked_at_a_few_times(browser: Browser, why: str) -> None:
    many = ManyTurns(some_turns(200))
    async with opened_page(browser, f"/turns?turn={ID}", answers=many.answers) as opened:
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        before = len(many.asked)
        for _ in range(STORM):
            await opened.tell("ledger", {"changed": {"entry_id": ENTRY, "why": why}})
            await asyncio.sleep(STORM_MS / 1_000)
        many.remove(ID)
        many.add(turn(1_000, heard="after the storm"))
        await opened.tell("ledger", {"changed": {"entry_id": ENTRY, "why": why}})
        await expect(opened.page.locator("a[data-turn]").first).to_contain_text("after the storm")
        assert len(many.asked) - before < STORM / 4
        if why == "forgotten":
            await expect(opened.page.locator("lv-turn")).to_have_count(0)


async def test_the_turn_of_one_gateway_is_not_anothers(browser: Browser) -> None:
    many = ManyTurns(some_turns(3))

    def page(asked: Words) -> Words | AskError:
        return many.page(asked) if asked["entry_id"] == ENTRY else {"turns": [], "before": None, "unreadable": 0}

    gateways = [gateway(), gateway(entry_id=OTHER, name="Other")]
    ledgers = [ledger(), ledger(entry_id=OTHER, name="Other")]
    async with opened_page(
        browser, f"/turns?turn={ID}", answers={"ledger/turns": page}, gateways=gateways, ledgers=ledgers
    ) as opened:
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        await opened.page.get_by_label("Gateway").select_option("Other")
        await expect(opened.page.locator("lv-turn")).to_have_count(0)
        await expect(opened.page.locator("a[data-turn]")).to_have_count(0)


async def test_who_may_see_less_than_before_sees_less_at_once(browser: Browser) -> None:
    many = ManyTurns(some_turns(3))
    async with opened_page(browser, f"/turns?turn={ID}", answers=many.answers) as opened:
        await expect(opened.page.locator("lv-turn")).to_be_visible()
        many.remove(*[one["turn_id"] for one in many.turns])
        await opened.tell("ledger", {"gateways": [ledger(scope="own")]})
        await expect(opened.page.locator("lv-turn")).to_have_count(0)
        await expect(opened.page.locator("a[data-turn]")).to_have_count(0)


async def test_an_answer_from_before_something_was_forgotten_brings_it_back_no_more(browser: Browser) -> None:
    many, is_asked = ManyTurns(some_turns(80)), asyncio.Event()
    late: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
    turn_id = f"{5_000:032x}"

    def hold(_: Words) -> asyncio.Future[Words]:
        is_asked.set()
        return late

    async with opened_page(browser, "/turns", answers=many.answers) as opened:
        await expect(opened.page.locator("a[data-turn]").first).to_be_visible()
        opened.answers["ledger/turns"] = hold
        await opened.page.evaluate("(id) => history.pushState(null, '', `?turn=${id}`)", turn_id)
        await opened.page.evaluate("window.dispatchEvent(new CustomEvent('location-changed'))")
        await is_asked.wait()
        opened.answers["ledger/turns"] = many.page
        await opened.tell("ledger", {"changed": {"entry_id": ENTRY, "why": "forgotten"}})
        await expect(opened.text("This is no longer kept")).to_be_visible()
        late.set_result({"turns": [turn(5_000)], "before": None, "unreadable": 0})
        await asyncio.sleep(LATE_S)
        await expect(opened.text("This is no longer kept")).to_be_visible()
        await expect(opened.page.locator("lv-turn")).to_have_count(0)


async def test_a_recording_whose_time_is_up_goes_without_anybody_saying_so(browser: Browser) -> None:
    many = ManyTurns([turn(1, clip_until="2026-11-03T12:00:30+00:00")])
    async with opened_page(browser, f"/turns?turn={ID}", answers=many.answers) as opened:
        await expect(opened.page.locator("lv-clip")).to_be_visible()
        await opened.page.clock.set_fixed_time("2026-11-03T12:00:31Z")
        await expect(opened.page.locator("lv-clip")).to_have_count(0)
        await expect(opened.page.locator("lv-turn")).to_be_visible()


async def test_what_was_learned_of_one_turn_is_not_said_of_another(browser: Browser) -> None:
    held: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
    meaning: Words = {"text": "x", "intent": "HassTurnOn", "slots": {"name": "Lamp"}, "entity_id": "light.lamp"}
    tried: Words = {
        "rule": None, "before": None, "after": meaning, "from_sound": False, "replayed": 0, "harmed": [],
        "harmed_count": 0, "is_kept": False,
    }  # fmt: skip
    answers = {
        **ManyTurns(some_turns(3)).answers,
        "ledger/correct": lambda asked: held if asked.get("keep") else tried,
    }
    async with opened_page(browser, f"/turns?turn={ID}", answers=answers) as opened:
        await opened.button("Correct…").click()
        await opened.button("Try it").click()
        await opened.page.locator("lv-correct .tried button").click()
        await opened.page.locator("a[data-turn]").nth(1).click()
        await expect(opened.page.locator("lv-turn h2")).to_contain_text("lamb")
        held.set_result({**tried, "is_kept": True})
        await asyncio.sleep(LATE_S)
        await expect(opened.page.locator("lv-corrected")).to_have_count(0)


async def test_a_connection_that_was_lost_is_begun_anew_and_what_was_told_by_it_is_gone(browser: Browser) -> None:
    async with opened_page(browser, "/home", gateways=[gateway(timers=[timer(name="eggs")])]) as opened:
        await expect(opened.text("eggs")).to_be_visible()
        await opened.page.evaluate("window.change_hass({ connected: false })")
        await expect(opened.page.locator("lv-home")).to_have_count(0)
        waits: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
        opened.answers["page/subscribe"] = waits
        await opened.page.evaluate("window.change_hass({ connected: true })")
        await asyncio.sleep(LATE_S)
        assert await opened.page.get_by_text("eggs").count() == 0
        waits.set_result({"gateways": [gateway(timers=[timer(name="bread")])]})
        await expect(opened.text("bread")).to_be_visible()
        for part in ("page", "ledger", "consent"):
            assert len(opened.asked_for(f"{part}/subscribe")) == 2


async def test_a_page_that_is_there_before_the_integration_finds_it_later(browser: Browser) -> None:
    parts = ("page", "ledger", "consent")
    early = {f"{part}/subscribe": AskError("unknown_command", "Unknown command.") for part in parts}
    async with opened_page(browser, "/home", answers=early, is_paused=True) as opened:
        await expect(opened.page.locator(".notice .title")).to_be_visible()
        opened.answers["page/subscribe"] = {"gateways": [gateway(timers=[timer(name="eggs")])]}
        opened.answers["ledger/subscribe"] = {"gateways": [ledger()]}
        opened.answers["consent/subscribe"] = {"gateways": []}
        await opened.page.clock.run_for(6_000)
        await expect(opened.text("eggs")).to_be_visible()
        await opened.page.clock.run_for(60_000)
        assert len(opened.asked_for("page/subscribe")) == 2


async def test_a_page_that_is_left_hears_nothing_more(browser: Browser) -> None:
    async with opened_page(browser, "/home") as opened:
        await expect(opened.page.locator("lv-home")).to_be_visible()
        heard: list[bool] = await opened.page.evaluate(
            """async () => {
                const before = ["page", "ledger", "consent"].map((what) => window.hearer(what));
                document.querySelector("local-voice-panel").remove();
                await new Promise((resolve) => setTimeout(resolve));
                return ["page", "ledger", "consent"].map((what, index) => window.hearer(what) === before[index]);
            }"""
        )
        assert heard == [False, False, False]


_COUNTS: Final = ("turns", "understood", "not_understood", "cloud", "failed", "false_wakes", "corrected")


def _of_nobody(name: str) -> Words:
    return turn(
        1, satellite_id=name, area_id="", user_id=name, outcome=name, intent=name, slots={name: name}, wake_word=name,
        stages_ms={name: 5.0, "stt": 9.0}, heard=name, used="", why=name, kind=name,
        changes=[{"entity_id": name, "name": "", "before": name, "after": name}],
        correction={
            "meant": name, "corrected_at": name, "rule_id": name, "by": name,
            "meaning": {"text": name, "intent": name, "slots": {name: name}, "entity_id": name},
        },
    )  # fmt: skip
