"""A household with a scripted Home Assistant: who acts when, and how often names are understood."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.errors import EngineError, HomeError
from gateway.events import ActionRequest, ActionResult, Announcement, SentenceAnswer, Slots
from gateway.home.household import GATHER_S, Household
from gateway.house import Area, AttributeValue, Entity, House
from gateway.own_sentences import NO_SENTENCES, OwnSentences, SentenceBlock
from gateway.timers import TimerFinished
from tests.gateway.home.manual_clock import ManualClock
from tests.gateway.home.rooms import HOUSE, NOW, entity, request

LAMP = Entity(id="light.lamp", name="Lamp", area_id="study", state="off")
GARAGE = Entity(id="cover.garage", name="Garage Door", state="closed", attributes={"device_class": "garage"})
TOLD = House(
    name="told",
    areas=(Area(id="study", name="Study", aliases=("Office",)),),
    entities=(LAMP, GARAGE, Entity(id="lock.one", name="Gate"), Entity(id="lock.two", name="Gate")),
)
LAMP_ON = request("HassTurnOn", {"name": "Lamp"})
DONE = ActionResult(matched=(replace(LAMP, state="on"),))


class ScriptedHomeAssistant:
    """Does what it is asked."""

    def __init__(self) -> None:
        self.asked: list[ActionRequest] = []

    async def act(self, asked: ActionRequest) -> ActionResult:
        self.asked.append(asked)
        return DONE

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        return SentenceAnswer(text=texts[0], speech="done") if texts[0] == "it is movie time" else None


class Neighbourhood:
    """A household, and everything around it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.is_paired = False
        self.understood: list[House] = []
        self.fault: EngineError | None = None
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.has_begun = asyncio.Event()
        self.rung: list[TimerFinished] = []
        self.announced: list[Announcement] = []
        self.household = Household(
            HOUSE,
            clock=self.clock,
            now=lambda: NOW,
            understand=self._understand,
            is_paired=lambda: self.is_paired,
            on_timer_finished=self.rung.append,
            on_announcement=self.announced.append,
        )

    async def _understand(self, house: House) -> None:
        self.understood.append(house)
        self.has_begun.set()
        await self.may_go_on.wait()
        if self.fault is not None:
            raise self.fault

    async def settle(self) -> None:
        """Let the time pass in which changes are gathered, and what then is to do be done."""
        self.clock.advance(GATHER_S)
        for _ in range(5):
            await asyncio.sleep(0)

    async def paired(self, house: House = TOLD) -> ScriptedHomeAssistant:
        """Pair a home that tells of `house` and stays connected."""
        self.is_paired = True
        home = ScriptedHomeAssistant()
        self.household.connected(home)
        await self.household.use(house)
        return home


@pytest.fixture
async def around() -> AsyncIterator[Neighbourhood]:
    around = Neighbourhood()
    yield around
    around.household.close()


# Who acts


async def test_without_a_home_the_demo_house_acts_and_says_so(around: Neighbourhood) -> None:
    household = around.household
    await household.refresh()
    assert around.understood == [HOUSE]
    assert [one.state for one in household.foresee(request("HassTurnOff", {"name": "Front Door"}))] == ["unlocked"]
    result = await household.perform(request("HassTurnOn", {"name": "Ceiling"}))
    assert result.is_demo
    assert result.changes[0].entity_id == "light.kitchen"
    assert entity("light.kitchen", household.house).state == "on"


async def test_a_connected_home_acts_in_the_house_that_it_told(around: Neighbourhood) -> None:
    home = await around.paired()
    household = around.household
    assert [one.name for one in around.understood] == ["told"]
    assert household.house.entities == TOLD.entities
    assert [one.state for one in household.foresee(request("HassTurnOn", {"name": "Garage Door"}))] == ["open"]
    assert await household.perform(LAMP_ON) == DONE
    assert home.asked == [LAMP_ON]
    assert entity(LAMP.id, household.house).state == "off", "its new state is the home's to tell"


async def test_where_it_is_doubted_how_things_are_all_counts_that_a_request_is_about(around: Neighbourhood) -> None:
    await around.paired()
    lamp_off = request("HassTurnOff", dict(LAMP_ON.intent.slots))
    assert around.household.foresee(lamp_off) == ()
    doubted = around.household.foresee(replace(lamp_off, is_doubted=True))
    assert [(one.id, one.state) for one in doubted] == [(LAMP.id, "off")]


async def test_what_a_script_would_unlock_is_foreseen_though_nobody_told_of_the_lock(around: Neighbourhood) -> None:
    script = Entity(id="script.night", name="Good Night", state="off", attributes={"sets": ("lock=unlocked",)})
    home = await around.paired(replace(TOLD, entities=(*TOLD.entities, script)))
    good_night = request("HassTurnOn", {"name": "Good Night"})
    after = around.household.foresee(good_night)
    assert [(one.id, one.name, one.state) for one in after if one != replace(script, attributes=one.attributes)] == [
        ("lock", "Good Night", "unlocked")
    ]
    assert await around.household.perform(good_night) == DONE
    assert home.asked == [good_night]


async def test_questions_about_things_are_the_home_s_to_answer(around: Neighbourhood) -> None:
    home = await around.paired()
    question = request("HassGetState", {"name": "Lamp"})
    assert around.household.foresee(question) == ()
    assert await around.household.perform(question) == DONE
    assert home.asked == [question]


async def test_the_newest_of_several_connections_is_asked_and_the_older_one_when_it_is_gone(
    around: Neighbourhood,
) -> None:
    older = await around.paired()
    newer = ScriptedHomeAssistant()
    around.household.connected(newer)
    await around.household.perform(LAMP_ON)
    assert (len(older.asked), len(newer.asked)) == (0, 1)
    around.household.disconnected(newer)
    around.household.disconnected(newer)
    await around.household.perform(LAMP_ON)
    assert (len(older.asked), len(newer.asked)) == (1, 1)


async def test_a_home_that_is_away_is_not_replaced_by_the_demo_house(around: Neighbourhood) -> None:
    home = await around.paired()
    household = around.household
    household.disconnected(home)
    assert household.house.entities == TOLD.entities
    assert [one.state for one in household.foresee(request("HassTurnOn", {"name": "Garage Door"}))] == ["open"]
    with pytest.raises(HomeError, match="not connected"):
        await household.perform(LAMP_ON)
    with pytest.raises(HomeError):
        await household.perform(request("HassGetState", {"name": "Lamp"}))
    assert home.asked == []


async def test_a_paired_home_that_never_told_anything_has_an_empty_house(around: Neighbourhood) -> None:
    around.is_paired = True
    await around.household.refresh()
    assert around.understood == [House(name="")]
    assert around.household.foresee(LAMP_ON) == ()
    with pytest.raises(HomeError):
        await around.household.perform(LAMP_ON)


async def test_a_home_that_is_sent_away_is_forgotten_and_the_demo_house_acts_again(around: Neighbourhood) -> None:
    home = await around.paired()
    around.is_paired = False
    around.household.disconnected(home)
    await around.household.refresh()
    assert [one.name for one in around.understood] == ["told", "rooms"]
    assert (await around.household.perform(LAMP_ON)).is_demo
    around.is_paired = True
    assert around.household.house.entities == ()


async def test_a_home_that_is_sent_away_without_a_word_is_noticed_at_the_next_request(around: Neighbourhood) -> None:
    await around.paired()
    around.is_paired = False
    assert (await around.household.perform(LAMP_ON)).is_demo
    await around.settle()
    assert [one.name for one in around.understood] == ["told", "rooms"]


@pytest.mark.parametrize("kind", ["gate", "nothing"])
async def test_what_is_to_be_opened_is_not_asked_for_where_it_is_unclear_what_that_is(
    around: Neighbourhood, kind: str
) -> None:
    home = await around.paired()
    unclear = request("HassTurnOff", {"name": kind.capitalize()})
    assert around.household.foresee(unclear) == ()
    result = await around.household.perform(unclear)
    assert result.error == {"gate": "duplicate_entities", "nothing": "no_entity"}[kind]
    assert home.asked == []


async def test_what_we_do_not_know_how_to_switch_may_still_be_known_to_the_home(around: Neighbourhood) -> None:
    home = await around.paired(replace(TOLD, entities=(Entity(id="novelty.one", name="Novelty"),)))
    assert await around.household.perform(request("HassTurnOn", {"name": "Novelty"})) == DONE
    assert len(home.asked) == 1


# What needs no home


@pytest.mark.parametrize("state", ["demo", "away", "connected"])
async def test_timers_messages_and_the_time_of_day_stay_here(around: Neighbourhood, state: str) -> None:
    household = around.household
    home = ScriptedHomeAssistant()
    if state != "demo":
        home = await around.paired()
    if state == "away":
        household.disconnected(home)
    started = await household.perform(replace(request("HassStartTimer", {"minutes": 5}), area_id="study"))
    assert started.changes[0].after == "active, 0:05:00 left"
    asked: list[tuple[str, Slots]] = [
        ("HassTimerStatus", {}),
        ("HassBroadcast", {"message": "dinner"}),
        ("HassGetCurrentDate", {}),
        ("HassGetCurrentTime", {}),
        ("HassNevermind", {}),
        ("HassRespond", {}),
    ]
    for intent, slots in asked:
        one = request(intent, dict(slots))
        assert household.foresee(one) == ()
        result = await household.perform(one)
        assert (result.error, result.is_demo) == (None, False)
    around.clock.advance(300)
    assert [timer.satellite_id for timer in around.rung] == ["one"]
    assert [message.message for message in around.announced] == ["dinner"]
    assert home.asked == []


async def test_a_timer_outlives_the_coming_and_going_of_homes(around: Neighbourhood) -> None:
    await around.household.perform(request("HassStartTimer", {"minutes": 5}))
    home = await around.paired()
    around.household.disconnected(home)
    cancelled = await around.household.perform(request("HassCancelTimer"))
    assert cancelled.error is None
    around.clock.advance(300)
    assert around.rung == []


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_a_delayed_command_remembers_whether_it_was_confirmed(around: Neighbourhood, is_confirmed: bool) -> None:
    slots: dict[str, AttributeValue] = {"minutes": 2, "conversation_command": "open the garage"}
    await around.household.perform(replace(request("HassStartTimer", slots), is_confirmed=is_confirmed))
    around.clock.advance(120)
    assert [(timer.command, timer.is_confirmed) for timer in around.rung] == [("open the garage", is_confirmed)]


async def test_closing_forgets_timers_and_understands_nothing_more(around: Neighbourhood) -> None:
    await around.paired()
    await around.household.perform(request("HassStartTimer", {"minutes": 5}))
    await around.household.change((replace(LAMP, name="Light"),), ())
    around.household.close()
    await around.settle()
    around.clock.advance(300)
    assert around.rung == []
    assert len(around.understood) == 1


# What is understood


async def test_a_burst_of_changes_is_understood_at_once_and_the_last_one_wins(around: Neighbourhood) -> None:
    await around.paired()
    for number in range(100):
        await around.household.change((replace(LAMP, name=f"Lamp {number}"),), ())
    await around.settle()
    assert len(around.understood) == 2
    assert entity(LAMP.id, around.understood[-1]).name == "Lamp 99"


async def test_what_changes_while_names_are_being_understood_is_understood_afterwards(around: Neighbourhood) -> None:
    await around.paired()
    around.may_go_on.clear()
    await around.household.change((replace(LAMP, name="First"),), ())
    await around.settle()
    await around.household.change((replace(LAMP, name="Second"),), ())
    await around.settle()
    await around.household.change((replace(LAMP, name="Third"),), ())
    around.may_go_on.set()
    await around.settle()
    assert [entity(LAMP.id, house).name for house in around.understood] == ["Lamp", "First", "Third"]


async def test_other_sentences_of_the_households_own_are_understood_soon(around: Neighbourhood) -> None:
    await around.paired()
    sentences = OwnSentences(blocks=(SentenceBlock(intent="Own", sentences=("order it",)),))
    around.household.use_sentences(sentences)
    around.household.use_sentences(sentences)
    await around.settle()
    assert [house.sentences for house in around.understood] == [NO_SENTENCES, sentences]


async def test_states_need_no_new_understanding(around: Neighbourhood) -> None:
    await around.paired()
    around.household.states([(LAMP.id, "on", {"brightness": 3}), ("light.never_was", "on", {})])
    await around.household.change((replace(LAMP, state="off"),), ())
    await around.settle()
    assert len(around.understood) == 1
    assert entity(LAMP.id, around.household.house).state == "off"


async def test_a_house_is_understood_even_if_whoever_told_it_is_gone(around: Neighbourhood) -> None:
    around.is_paired = True
    around.may_go_on.clear()
    telling = asyncio.create_task(around.household.use(TOLD))
    await around.has_begun.wait()
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    around.may_go_on.set()
    await around.settle()
    await around.household.refresh()
    assert len(around.understood) == 1


async def test_a_house_that_cannot_be_understood_is_told_and_tried_again(
    around: Neighbourhood, caplog: pytest.LogCaptureFixture
) -> None:
    around.fault = EngineError("the Lamp is too bright")
    with pytest.raises(EngineError), caplog.at_level(logging.DEBUG):
        await around.paired()
    assert "EngineError" in caplog.text
    assert "Lamp" not in caplog.text
    around.fault = None
    await around.household.perform(LAMP_ON)
    await around.settle()
    assert len(around.understood) == 2


async def test_closing_in_the_middle_of_understanding_is_no_failure(
    around: Neighbourhood, caplog: pytest.LogCaptureFixture
) -> None:
    around.may_go_on.clear()
    refreshing = asyncio.create_task(around.household.refresh())
    await around.has_begun.wait()
    around.household.close()
    with pytest.raises(asyncio.CancelledError):
        await refreshing
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("named", "area_id"),
    [("study", "study"), ("STUDY", "study"), ("Office", "study"), ("oFFice ", "study"), ("attic", None), (" ", None)],
)
async def test_an_area_is_found_by_its_id_and_its_names(around: Neighbourhood, named: str, area_id: str | None) -> None:
    await around.paired()
    assert around.household.area_id(named) == area_id


async def test_places_that_do_not_exist_are_harmless(around: Neighbourhood) -> None:
    nowhere = tuple(replace(one, area_id="gone") for one in TOLD.entities)
    await around.paired(replace(TOLD, areas=(), entities=nowhere))
    assert [one.id for one in around.household.foresee(replace(LAMP_ON, area_id="nowhere"))] == [LAMP.id]
    assert around.household.area_id("gone") is None


async def test_what_was_said_to_a_home_is_done_by_that_home_its_messages_and_what_is_to_be_done_later_too(
    around: Neighbourhood,
) -> None:
    home = await around.paired()
    newer = ScriptedHomeAssistant()
    around.household.connected(newer)
    later = request("HassStartTimer", {"minutes": 5, "conversation_command": "turn off the lamp"})
    for asked in (LAMP_ON, later, request("HassBroadcast", {"message": "dinner"})):
        assert await around.household.perform_in(home, asked) is DONE
    assert (len(home.asked), newer.asked, around.announced) == (3, [], [])
    around.clock.advance(600)
    assert around.rung == []


async def test_a_timer_that_was_set_in_a_home_is_ours_and_needs_a_satellite_to_ring_at(around: Neighbourhood) -> None:
    home = await around.paired()
    timer = request("HassStartTimer", {"minutes": 5})
    assert (await around.household.perform_in(home, replace(timer, satellite_id=""))).error == "no_timer_support"
    set_there = replace(timer, satellite_id="assist_satellite.kitchen", area_id="study")
    assert (await around.household.perform_in(home, set_there)).error is None
    status = await around.household.perform_in(home, replace(request("HassTimerStatus"), satellite_id=""))
    assert len(status.speech_slots["timers"]) == 1  # type: ignore[arg-type]
    around.clock.advance(300)
    assert [timer.satellite_id for timer in around.rung] == ["assist_satellite.kitchen"]
    assert home.asked == []


async def test_what_needs_no_house_is_answered_at_once_also_for_a_home(around: Neighbourhood) -> None:
    home = await around.paired()
    assert "time" in (await around.household.perform_in(home, request("HassGetCurrentTime"))).speech_slots
    assert home.asked == []


async def test_what_several_things_could_be_meant_by_is_opened_for_no_home(around: Neighbourhood) -> None:
    home = await around.paired()
    result = await around.household.perform_in(home, request("HassTurnOff", {"name": "Gate"}))
    assert result.error == "duplicate_entities"
    assert home.asked == []


async def test_the_newest_home_is_asked_for_sentences_of_its_own(around: Neighbourhood) -> None:
    asking = around.household.sentence
    assert await asking(("it is movie time",), area_id=None, satellite_id="shelf") is None
    await around.paired()
    assert await asking(("turn on the lamp",), area_id=None, satellite_id="shelf") is None
    answer = await asking(("it is movie time",), area_id=None, satellite_id="shelf")
    assert answer == SentenceAnswer(text="it is movie time", speech="done")
