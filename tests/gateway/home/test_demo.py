from datetime import UTC, datetime

import pytest

from gateway.engines.answers import HassAnswers
from gateway.engines.intents import HassilIntents
from gateway.events import ActionRequest
from gateway.home.demo import demo_house
from gateway.home.simulated import SimulatedHome
from gateway.house import House
from tests.gateway.home.manual_clock import ManualClock


@pytest.fixture(scope="module")
def house() -> House:
    return demo_house()


@pytest.fixture(scope="module")
def intents(house: House) -> HassilIntents:
    engine = HassilIntents("en")
    engine.use(house)
    return engine


def test_the_demo_house_is_large_enough_to_be_one(house: House) -> None:
    assert len(house.floors) >= 2
    assert len(house.areas) >= 6
    assert len(house.entities) >= 40
    assert len({entity.domain for entity in house.entities}) >= 12


def test_every_thing_in_a_room_is_in_one_that_is_there(house: House) -> None:
    areas = {area.id for area in house.areas}
    assert {entity.area_id for entity in house.entities} <= areas | {None}
    assert {area.floor_id for area in house.areas} == {floor.id for floor in house.floors}


def test_no_two_things_share_a_name(house: House) -> None:
    names = [name.casefold() for entity in house.entities for name in (entity.name, *entity.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("said", "answer", "changed"),
    [
        ("Turn on the kitchen lights.", "Turned on the lights", {"light.kitchen_ceiling", "light.kitchen_counter"}),
        ("What's the temperature in the bedroom?", "19.2 degrees", set()),
        ("Set a timer for ten minutes.", "Timer set for 10 minutes", {"timer.1"}),
        ("Set the sofa lamp to 30%.", "Brightness set", {"light.sofa_lamp"}),
        ("Make the lights blue.", "Color set", {"light.desk_lamp"}),
        ("Close the blinds.", "Closing the blinds", {"cover.office_blinds"}),
        ("Open the garage door.", "Opening", {"cover.garage_door"}),
        ("Unlock the front door.", "Unlocking", {"lock.front_door"}),
        ("Set the bedroom temperature to 20 degrees.", "Temperature set to 20 degrees", {"climate.bedroom"}),
        ("Pause the TV.", "Paused", {"media_player.tv"}),
        ("Turn the volume up.", "Volume set", {"media_player.office"}),
        ("Play Ada Winter on the kitchen speaker.", "Playing media", {"media_player.kitchen"}),
        ("Add eggs to my shopping list.", "Added eggs", {"todo.shopping_list"}),
        ("Check off milk from my shopping list.", "Checked off milk", {"todo.shopping_list"}),
        ("What's the weather?", "18 degrees and partly cloudy", set()),
        ("What time is it?", "8:30 AM", set()),
        ("Which lights are on?", "Desk Lamp and Sofa Lamp", set()),
        ("Are any windows open?", "Yes, Bedroom Window", set()),
        ("Where is Ben?", "Ben is away", set()),
        ("How is the living room humidity?", "Living Room Humidity is 46 percent", set()),
        ("Start Robbie.", "Started", {"vacuum.robbie"}),
        ("Vacuum the hallway.", "Cleaning Hallway", {"vacuum.robbie"}),
        ("Start mowing.", "Started", {"lawn_mower.clippy"}),
        ("Open the sprinkler.", "Opening", {"valve.sprinkler"}),
        (
            "Activate movie time.",
            "Activated",
            {"scene.movie_time", "light.sofa_lamp", "cover.living_room_blinds"},
        ),
        ("Turn on the towel rail.", "Turned on the switch", {"switch.towel_heater"}),
        ("Set the bathroom fan to 60 percent.", "Speed set", {"fan.bathroom"}),
        ("Press the doorbell chime.", "Pressed", {"button.doorbell_chime"}),
        ("Never mind.", "", set()),
    ],
)
async def test_the_demo_house_does_and_answers(
    house: House, intents: HassilIntents, said: str, answer: str, changed: set[str]
) -> None:
    home = SimulatedHome(house, clock=ManualClock(), now=lambda: datetime(2026, 3, 14, 8, 30, tzinfo=UTC))
    intent = intents.match(said, area_id="office")
    assert intent is not None
    result = await home.perform(ActionRequest(intent=intent, area_id="office"))
    assert HassAnswers("en").render(intent, result, unit=house.temperature_unit) == answer
    assert {change.entity_id for change in result.changes} == changed


@pytest.mark.parametrize("said", ["What is the meaning of life?", "Order a pizza.", "Thank you."])
def test_what_the_house_cannot_do_means_nothing(intents: HassilIntents, said: str) -> None:
    assert intents.match(said, area_id="office") is None
