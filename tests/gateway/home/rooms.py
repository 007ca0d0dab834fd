"""A small house with known states, and situations in it."""

from datetime import UTC, datetime

from gateway.events import ActionRequest, Intent
from gateway.home.effects import Situation
from gateway.house import Area, AttributeValue, Entity, Floor, House

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)

HOUSE = House(
    name="rooms",
    floors=(Floor(id="ground", name="Ground Floor"), Floor(id="first", name="First Floor", aliases=("Upstairs",))),
    areas=(
        Area(id="kitchen", name="Kitchen", aliases=("Galley",), floor_id="ground"),
        Area(id="bedroom", name="Bedroom", floor_id="first"),
        Area(id="attic", name="Attic", floor_id="first"),
    ),
    entities=(
        Entity(id="light.kitchen", name="Ceiling", area_id="kitchen", state="off"),
        Entity(
            id="light.plain",
            name="Plain",
            area_id="kitchen",
            state="off",
            attributes={"supported_color_modes": ("onoff",)},
        ),
        Entity(id="light.bedroom", name="Lamp", area_id="bedroom", state="on", attributes={"brightness": 128}),
        Entity(id="switch.kitchen", name="Kettle", area_id="kitchen", state="off"),
        Entity(
            id="cover.blinds",
            name="Blinds",
            area_id="bedroom",
            state="open",
            attributes={"device_class": "blind", "current_position": 100},
        ),
        Entity(id="cover.roof", name="Roof Window", state="closed", attributes={"device_class": "window"}),
        Entity(
            id="binary_sensor.window",
            name="Bedroom Window",
            area_id="bedroom",
            state="on",
            attributes={"device_class": "window"},
        ),
        Entity(id="lock.door", name="Front Door", state="locked"),
        Entity(
            id="climate.bedroom",
            name="Thermostat",
            area_id="bedroom",
            state="heat",
            attributes={"temperature": 19, "current_temperature": 18.5, "min_temp": 7, "max_temp": 30},
        ),
        Entity(
            id="climate.kitchen",
            name="Cooler",
            area_id="kitchen",
            state="off",
            attributes={"fan_modes": ("low", "high"), "fan_mode": "low", "hvac_modes": ("off", "cool")},
        ),
        Entity(
            id="sensor.kitchen",
            name="Kitchen Temperature",
            area_id="kitchen",
            state="22",
            attributes={"device_class": "temperature"},
        ),
        Entity(id="fan.kitchen", name="Fan", area_id="kitchen", state="off", attributes={"percentage": 0}),
        Entity(
            id="media_player.kitchen",
            name="Radio",
            area_id="kitchen",
            state="playing",
            attributes={"media_title": "Slow Train Home", "volume_level": 0.5},
        ),
        Entity(id="media_player.bedroom", name="TV", area_id="bedroom", state="off", attributes={"volume_level": 0.95}),
        Entity(id="todo.shopping_list", name="Groceries", state="1", attributes={"items": ("Milk",), "completed": ()}),
        Entity(id="vacuum.one", name="Rover", area_id="kitchen", state="docked"),
        Entity(id="lawn_mower.one", name="Clippy", state="docked"),
        Entity(id="weather.home", name="Home", state="sunny", attributes={"temperature": 18}),
        Entity(id="weather.away", name="Away", state="rainy", attributes={"temperature": 11}),
        Entity(id="person.anna", name="Anna", state="home"),
        Entity(
            id="scene.night",
            name="Night",
            state="unknown",
            attributes={"sets": ("light.bedroom=on 10%", "cover.blinds=closed", "light.gone=on", "light.kitchen=odd!")},
        ),
        Entity(id="script.wake", name="Wake", state="off", attributes={"sets": ("cover.blinds=open 50%",)}),
        Entity(id="button.bell", name="Bell", state="unknown"),
    ),
)


def entity(entity_id: str, house: House = HOUSE) -> Entity:
    """Return a thing of the house."""
    return next(one for one in house.entities if one.id == entity_id)


def request(
    intent: str,
    slots: dict[str, AttributeValue] | None = None,
    *,
    area_id: str | None = None,
    satellite_id: str = "one",
) -> ActionRequest:
    """Return a request as understanding would make it."""
    return ActionRequest(intent=Intent(name=intent, slots=slots or {}), area_id=area_id, satellite_id=satellite_id)


def situation(
    slots: dict[str, AttributeValue] | None = None,
    *,
    area_id: str | None = None,
    house: House = HOUSE,
    last_paused: frozenset[str] = frozenset(),
) -> Situation:
    """Return the situation in which something with these slots is asked."""
    return Situation(
        house=house, request=request("HassAnything", slots, area_id=area_id), now=NOW, last_paused=last_paused
    )
