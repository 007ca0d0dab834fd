import pytest

from gateway.home import switching
from gateway.home.effects import Handler
from gateway.home.switching import switched
from gateway.house import AttributeValue, Entity, House
from tests.gateway.home.rooms import NOW, entity, situation


@pytest.mark.parametrize(
    ("entity_id", "before", "on", "off"),
    [
        ("light.a", "off", "on", "off"),
        ("switch.a", "off", "on", "off"),
        ("fan.a", "off", "on", "off"),
        ("cover.a", "closed", "open", "closed"),
        ("valve.a", "closed", "open", "closed"),
        ("lock.a", "unlocked", "locked", "unlocked"),
        ("climate.a", "off", "heat", "off"),
        ("media_player.a", "off", "idle", "off"),
        ("vacuum.a", "docked", "cleaning", "returning"),
        ("lawn_mower.a", "docked", "mowing", "returning"),
        ("input_boolean.a", "off", "on", "off"),
        ("siren.a", "off", "on", "off"),
        ("script.a", "off", "off", "off"),
    ],
)
def test_each_kind_of_thing_is_turned_on_and_off_in_its_own_way(entity_id: str, before: str, on: str, off: str) -> None:
    thing = Entity(id=entity_id, name="A", state=before)
    turned_on = switched(thing, is_on=True, now=NOW)
    turned_off = switched(thing, is_on=False, now=NOW)
    assert turned_on is not None
    assert turned_off is not None
    assert (turned_on.state, turned_off.state) == (on, off)


@pytest.mark.parametrize("entity_id", ["sensor.a", "weather.a", "person.a", "alarm_control_panel.a", "todo.a"])
def test_some_things_cannot_be_turned_on(entity_id: str) -> None:
    assert switched(Entity(id=entity_id, name="A"), is_on=True, now=NOW) is None


def test_scenes_and_buttons_cannot_be_turned_off() -> None:
    assert switched(entity("scene.night"), is_on=False, now=NOW) is None
    assert switched(entity("button.bell"), is_on=False, now=NOW) is None
    pressed = switched(entity("button.bell"), is_on=True, now=NOW)
    assert pressed is not None
    assert pressed.state == NOW.isoformat()


@pytest.mark.parametrize(
    ("before", "attributes", "after", "brightness"),
    [
        ("off", {}, "on", 255),
        ("on", {"brightness": 128}, "on", 128),
        ("off", {"supported_color_modes": ("onoff",)}, "on", None),
    ],
)
def test_a_light_comes_on_bright_and_keeps_how_bright_it_is(
    before: str, attributes: dict[str, AttributeValue], after: str, brightness: int | None
) -> None:
    light = switched(Entity(id="light.a", name="A", state=before, attributes=attributes), is_on=True, now=NOW)
    assert light is not None
    assert light.state == after
    assert light.attributes.get("brightness") == brightness


def test_a_light_that_is_off_has_no_brightness() -> None:
    light = switched(entity("light.bedroom"), is_on=False, now=NOW)
    assert light is not None
    assert "brightness" not in light.attributes


def test_an_air_conditioner_comes_on_in_its_own_mode_and_stays_in_the_one_it_is_in() -> None:
    cooler = switched(entity("climate.kitchen"), is_on=True, now=NOW)
    heater = switched(entity("climate.bedroom"), is_on=True, now=NOW)
    assert cooler is not None
    assert cooler.state == "cool"
    assert heater is not None
    assert heater.state == "heat"


def test_a_player_with_something_to_play_plays_it() -> None:
    player = switched(entity("media_player.kitchen"), is_on=True, now=NOW)
    assert player is not None
    assert player.state == "playing"


def test_turning_on_an_area_s_lights_turns_on_each_of_them() -> None:
    effect = switching.turn_on(situation({"area": "Kitchen", "domain": "light"}))
    assert [(one.id, one.state) for one in effect.matched] == [("light.kitchen", "on"), ("light.plain", "on")]


def test_what_cannot_be_switched_is_an_error() -> None:
    assert switching.turn_on(situation({"name": "Anna"})).error == "feature_not_supported"
    assert switching.turn_off(situation({"name": "Nobody"})).error == "no_entity"


def test_a_scene_puts_things_into_its_states_and_ignores_things_that_are_gone() -> None:
    effect = switching.turn_on(situation({"name": "Night"}))
    assert [one.id for one in effect.matched] == ["scene.night"]
    after = {one.id: one for one in effect.also}
    assert set(after) == {"light.bedroom", "cover.blinds", "light.kitchen"}
    assert after["light.bedroom"].attributes["brightness"] == 26
    assert after["cover.blinds"].state == "closed"
    assert after["light.kitchen"].state == "odd!"


def test_a_script_can_open_a_cover_half() -> None:
    effect = switching.turn_on(situation({"name": "Wake"}))
    assert effect.matched[0].attributes["last_triggered"] == NOW.isoformat()
    assert effect.also[0].attributes["current_position"] == 50


@pytest.mark.parametrize(
    ("sets", "state"), [("media_player.kitchen=paused", "paused"), ("media_player.kitchen=paused 5%", "paused")]
)
def test_a_scene_can_set_any_state(sets: str, state: str) -> None:
    scene = Entity(id="scene.a", name="A", attributes={"sets": (sets,)})
    house = House(name="x", entities=(scene, entity("media_player.kitchen")))
    assert switching.turn_on(situation({"name": "A"}, house=house)).also[0].state == state


@pytest.mark.parametrize("switch", [switching.turn_on, switching.toggle])
def test_of_what_a_script_does_to_things_that_nobody_told_of_their_kind_is_known(switch: Handler) -> None:
    sets = ("?", "cover:garage=open", "lock=unlocked", "lock.gone=unlocked", "light.kitchen=on")
    script = Entity(id="script.night", name="Good Night", state="off", attributes={"sets": sets})
    house = House(name="x", entities=(script, entity("light.kitchen")))
    effect = switch(situation({"name": "Good Night"}, house=house))
    assert [one.id for one in effect.also] == ["light.kitchen"]
    assert [(one.id, one.name, one.state, dict(one.attributes)) for one in effect.untold] == [
        ("?", "Good Night", "", {}),
        ("cover", "Good Night", "open", {"device_class": "garage"}),
        ("lock", "Good Night", "unlocked", {}),
        ("lock", "Good Night", "unlocked", {}),
    ]


def test_a_script_that_is_stopped_sets_nothing() -> None:
    script = Entity(id="script.night", name="Good Night", state="on", attributes={"sets": ("lock=unlocked",)})
    effect = switching.turn_off(situation({"name": "Good Night"}, house=House(name="x", entities=(script,))))
    assert (effect.also, effect.untold) == ((), ())


def test_toggling_turns_over() -> None:
    assert switching.toggle(situation({"name": "Lamp"})).matched[0].state == "off"
    assert switching.toggle(situation({"name": "Kettle"})).matched[0].state == "on"


@pytest.mark.parametrize(("position", "state"), [(0, "closed"), (30, "open"), (100, "open")])
def test_a_cover_moves_to_a_position(position: int, state: str) -> None:
    effect = switching.set_position(situation({"name": "Blinds", "position": position}))
    assert (effect.matched[0].state, effect.matched[0].attributes["current_position"]) == (state, position)


def test_a_light_has_no_position() -> None:
    assert switching.set_position(situation({"name": "Lamp", "position": 5})).error == "no_entity"


def test_stopping_leaves_covers_where_they_are() -> None:
    assert switching.stop_moving(situation({"name": "Blinds"})).matched == (entity("cover.blinds"),)
