import home_assistant_intents
import pytest

from gateway.engines.sentences import load_sentences
from gateway.events import Announcement
from gateway.home.simulated import SimulatedHome
from gateway.house import AttributeValue
from gateway.timers import TimerFinished
from tests.gateway.home.manual_clock import ManualClock
from tests.gateway.home.rooms import HOUSE, NOW, entity, request


class Lodger:
    """A house to talk to, and what it told."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.rung: list[TimerFinished] = []
        self.announced: list[Announcement] = []
        self.home = SimulatedHome(
            HOUSE,
            clock=self.clock,
            now=lambda: NOW,
            on_timer_finished=self.rung.append,
            on_announcement=self.announced.append,
        )


@pytest.fixture
def lodger() -> Lodger:
    return Lodger()


async def test_what_was_done_stays_done(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassTurnOn", {"name": "Ceiling"}))
    assert [(change.before, change.after) for change in result.changes] == [("off", "on, brightness 100 %")]
    assert result.matched[0].state == "on"
    assert entity("light.kitchen", lodger.home.snapshot()).state == "on"
    again = await lodger.home.perform(request("HassTurnOn", {"name": "Ceiling"}))
    assert again.changes == ()
    assert again.matched[0].state == "on"


async def test_an_error_changes_nothing(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassTurnOn", {"name": "Toaster"}))
    assert (result.error, result.error_slots) == ("no_entity", {"entity": "Toaster"})
    assert lodger.home.snapshot() == HOUSE


async def test_a_question_changes_nothing(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassGetState", {"domain": "light", "state": "on"}))
    assert [one.id for one in result.matched] == ["light.bedroom"]
    assert result.changes == ()
    assert lodger.home.snapshot() == HOUSE


async def test_a_scene_s_changes_are_all_told(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassTurnOn", {"name": "Night"}))
    assert [change.entity_id for change in result.changes] == [
        "scene.night",
        "light.bedroom",
        "cover.blinds",
        "light.kitchen",
    ]
    assert entity("cover.blinds", lodger.home.snapshot()).state == "closed"


@pytest.mark.parametrize(
    ("intent", "slots", "states"),
    [
        ("HassTurnOff", {"name": "Front Door"}, {"lock.door": "unlocked"}),
        ("HassTurnOn", {"name": "Front Door"}, {}),
        ("HassTurnOn", {"name": "Wake"}, {"script.wake": None, "cover.blinds": "open"}),
        ("HassTurnOff", {"name": "Toaster"}, {}),
        ("HassGetState", {"name": "Front Door"}, {}),
        ("HassStartTimer", {"minutes": 1}, {}),
        ("HassBroadcast", {"message": "dinner"}, {}),
    ],
)
def test_what_would_be_different_is_known_before(
    lodger: Lodger, intent: str, slots: dict[str, AttributeValue], states: dict[str, str | None]
) -> None:
    foreseen = lodger.home.foresee(request(intent, slots))
    assert {one.id: states[one.id] and one.state for one in foreseen} == states
    assert lodger.home.snapshot() == HOUSE
    assert lodger.announced == []


async def test_resuming_remembers_what_was_paused_by_voice_once(lodger: Lodger) -> None:
    home = lodger.home
    await home.perform(request("HassTurnOn", {"name": "TV"}))
    await home.perform(request("HassMediaPause", {"name": "Radio"}))
    resumed = await home.perform(request("HassMediaUnpause"))
    assert [change.entity_id for change in resumed.changes] == ["media_player.kitchen"]
    everything = await home.perform(request("HassMediaUnpause"))
    assert [one.id for one in everything.matched] == ["media_player.kitchen", "media_player.bedroom"]


async def test_a_timer_rings(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassStartTimer", {"minutes": 10}, area_id="kitchen"))
    assert result.changes[0].after == "active, 0:10:00 left"
    lodger.clock.advance(600)
    assert [one.satellite_id for one in lodger.rung] == ["one"]


async def test_closing_stops_the_timers(lodger: Lodger) -> None:
    await lodger.home.perform(request("HassStartTimer", {"minutes": 10}))
    lodger.home.close()
    lodger.clock.advance(600)
    assert lodger.rung == []


async def test_a_message_is_announced(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassBroadcast", {"message": "dinner is ready"}))
    assert result.error is None
    assert lodger.announced == [Announcement(message="dinner is ready", satellite_id="one")]


async def test_a_message_that_nobody_would_hear_is_refused() -> None:
    home = SimulatedHome(HOUSE, clock=ManualClock(), now=lambda: NOW)
    result = await home.perform(request("HassBroadcast", {"message": "dinner is ready"}))
    assert (result.error, result.error_slots) == ("no_domain", {"domain": "other satellite"})


async def test_what_it_has_never_heard_of_it_does_not_do(lodger: Lodger) -> None:
    assert (await lodger.home.perform(request("HassMakeCoffee"))).error == "no_intent"


async def test_the_date_is_the_clock_s(lodger: Lodger) -> None:
    result = await lodger.home.perform(request("HassGetCurrentDate"))
    assert result.speech_slots == {"date": NOW.date()}


@pytest.mark.parametrize("language", home_assistant_intents.get_languages())
async def test_there_is_no_sentence_in_any_language_for_which_the_house_has_nothing_to_do(
    lodger: Lodger, language: str
) -> None:
    for intent in load_sentences(language).intents.intents:
        slots: dict[str, AttributeValue] = {"minutes": 1, "area": "Kitchen", "item": "milk", "search_query": "jazz"}
        result = await lodger.home.perform(request(intent, slots))
        assert result.error != "no_intent", intent


def test_the_names_of_the_house_are_found_in_a_text(lodger: Lodger) -> None:
    assert [known.name for known in lodger.home.names_in("how old is the ceiling")] == ["Ceiling"]
    assert lodger.home.names_in("how old is the moon") == ()
