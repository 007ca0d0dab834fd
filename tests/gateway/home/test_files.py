from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import HouseError
from gateway.home.files import ENTITY_LIMIT, FILE_LIMIT_BYTES, house_from, load_house
from gateway.home.schema import LIST_LIMIT, NAME_LIMIT_CHARS
from gateway.house import Area, Entity, Floor, House
from tests.gateway.home.furnished import REFERENCE, SPEECH_TO_PHRASE_HOUSE

HERE = Path("house.yaml")

OURS = """
name: Ours
language: de
temperature_unit: F
floors:
  - {name: Ground Floor, id: ground, aliases: [Downstairs], level: 0}
areas:
  - {name: Kitchen, aliases: [Galley], floor: Ground Floor}
  - {name: Attic}
entities:
  - {name: Lamp, id: light.lamp, aliases: [Light], area: Kitchen, state: on, attributes: {brightness: 7}}
  - {name: Lamp, domain: light, area: attic}
  - {name: Lamp, domain: light}
  - {name: Plug, domain: switch, state: off}
  - {name: Count, domain: input_number, state: 5}
  - {name: [Main Switch, Master], domain: switch, aliases: [Everything]}
  - {name: Hidden, domain: light, is_exposed: false}
  - {name: Birthday, domain: sensor, state: 2026-04-01x, attributes: {next: 2026-04-01, modes: [a, 1, true]}}
  - {name: Night, domain: scene, sets: {light.lamp: "off"}}
"""

SPEECH_TO_PHRASE = """
language: en
fixtures:
  areas:
    - name: Office
  entities:
    - {name: Bed Light, domain: light, light_supports_brightness: true, light_supports_color: true}
    - {name: Dim Light, domain: light, light_supports_brightness: true, light_supports_color: false}
    - {name: Standing Light, domain: light, light_supports_brightness: false, light_supports_color: false}
    - {name: Outdoor Humidity, domain: sensor}
    - {name: Outdoor Temperature, domain: sensor}
    - {name: Something, domain: sensor}
"""


def refused(text: str) -> str:
    with pytest.raises(HouseError) as caught:
        house_from(text, HERE)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("house.yaml: ")
    return message.removeprefix("house.yaml: ")


def one(**entity: object) -> str:
    return yaml.safe_dump({"entities": [entity]})


def thing(house: House, entity_id: str) -> Entity:
    return next(entity for entity in house.entities if entity.id == entity_id)


def test_our_own_format_says_all_there_is_to_say() -> None:
    house = house_from(OURS, HERE)
    assert (house.name, house.language, house.temperature_unit) == ("Ours", "de", "°F")
    assert house.floors == (Floor(id="ground", name="Ground Floor", aliases=("Downstairs",), level=0),)
    assert house.areas == (
        Area(id="kitchen", name="Kitchen", aliases=("Galley",), floor_id="ground"),
        Area(id="attic", name="Attic"),
    )
    lamp = thing(house, "light.lamp")
    assert (lamp.name, lamp.aliases, lamp.area_id, lamp.state) == ("Lamp", ("Light",), "kitchen", "on")
    assert lamp.attributes["brightness"] == 7


def test_things_of_one_name_get_different_ids() -> None:
    house = house_from(OURS, HERE)
    assert [entity.id for entity in house.entities if entity.name == "Lamp"] == [
        "light.lamp",
        "light.lamp_2",
        "light.lamp_3",
    ]


def test_on_and_off_need_no_quotes_and_numbers_are_states_too() -> None:
    house = house_from(OURS, HERE)
    assert thing(house, "switch.plug").state == "off"
    assert thing(house, "input_number.count").state == "5"


def test_several_names_are_a_name_and_others() -> None:
    switch = thing(house_from(OURS, HERE), "switch.main_switch")
    assert (switch.name, switch.aliases) == ("Main Switch", ("Master", "Everything"))


def test_what_is_not_exposed_is_not_in_the_house() -> None:
    assert "Hidden" not in [entity.name for entity in house_from(OURS, HERE).entities]


def test_dates_and_lists_are_attributes() -> None:
    attributes = thing(house_from(OURS, HERE), "sensor.birthday").attributes
    assert attributes["next"] == "2026-04-01"
    assert attributes["modes"] == ("a", 1, True)


def test_a_scene_says_what_it_sets() -> None:
    assert thing(house_from(OURS, HERE), "scene.night").attributes["sets"] == ("light.lamp=off",)


def test_the_speech_to_phrase_format_is_read_and_furnished_with_states() -> None:
    house = house_from(SPEECH_TO_PHRASE, HERE)
    assert thing(house, "light.bed_light").attributes["supported_color_modes"] == ("color_temp", "rgb")
    assert thing(house, "light.dim_light").attributes["supported_color_modes"] == ("brightness",)
    assert thing(house, "light.standing_light").attributes["supported_color_modes"] == ("onoff",)
    humidity = thing(house, "sensor.outdoor_humidity")
    assert (humidity.state, humidity.attributes["unit_of_measurement"]) == ("48", "%")
    temperature = thing(house, "sensor.outdoor_temperature")
    assert (temperature.state, temperature.attributes["unit_of_measurement"]) == ("21.5", "°C")
    assert thing(house, "sensor.something").state == "unknown"
    assert house.name == "house"


def test_a_norwegian_house_needs_no_quotes_either() -> None:
    assert house_from("language: no\nentities: [{name: Lys, domain: light}]", HERE).language == "no"


def test_a_house_file_is_read_from_disk_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeff" + OURS, encoding="utf-8")
    assert load_house(path) == house_from(OURS, HERE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; a house has at least entities, each with a name and a domain or an id"),
        ("- a\n- b\n", "is a list; a house file is a mapping with: name, language,"),
        ("just words", "is a text; a house file is a mapping with: name"),
        ("2026-01-01", "is a value; a house file is a mapping with: name"),
        ("a: [1, 2\nb: 3", "line 2: is not YAML (did not find expected ',' or ']')"),
        ("a: !!python/object:os.system {}", "line 1: is not YAML (could not determine a constructor"),
        ("[" * 100_000, "is not YAML that can be read (RecursionError)"),
        ("\x00", "is not YAML"),
        ("name: X", "has no entities; a house needs at least one"),
        ("rooms: []", "the file: found key rooms; the keys are: name, language, temperature_unit, floors"),
        ("fixtures: 3", "fixtures: found 3; a mapping with areas and entities"),
        ("entities: {}", "entities: found {}; a list is needed"),
        ("entities: [3]", "entities[0]: found 3; an entry has: name, id, domain"),
        ("temperature_unit: K", "temperature_unit: found K; allowed: °C or °F"),
        ("floors: [{name: A, level: top}]", "floors[0] 'A', level: found top; allowed: expected int"),
        ("floors: [{name: A}, {name: a}]", "floors: found the id a 2 times; an id may be used once"),
        ("areas: [{name: A, floor: up}]", "area 'A', floor: found up; the floors are: none"),
        ("areas: [{name: A, id: 1}, {name: B, id: 1}]", "areas: found the id 1 2 times; an id may be used once"),
        (one(name="A", domain="toaster"), "entities[0] 'A', domain: found toaster; allowed: the known domains are: "),
        (one(name="A", domain=["light"]), "entities[0] 'A', domain: found ['light']; allowed: the known domains are: "),
        (one(name="A", id="toaster.a"), "entities[0] 'A', id: found toaster.a; allowed: the known domains are: "),
        (one(name="A", id="light"), "entities[0] 'A', id: found light; allowed: an entity's id is domain.name"),
        (one(name="A"), "entity 'A': found no id and no domain; one of them is needed"),
        (one(name="A", id="light.a", domain="fan"), "entity 'A', domain: found fan; its id says light.a"),
        (one(domain="light"), "entities[0]: found {'domain': 'light'}; a name is needed"),
        (one(name=[], domain="light"), "entities[0], name: found []; allowed: a name is needed"),
        (one(name=True, domain="light"), "entities[0], name: found True; allowed: a name is text"),
        (one(name=" ", domain="light"), "entities[0] ' ', name: found ; allowed: a name is text"),
        (
            one(name="A" * (NAME_LIMIT_CHARS + 1), domain="light"),
            f"allowed: a name has at most {NAME_LIMIT_CHARS} characters",
        ),
        (one(name="A", domain="light", aliases=["x"] * (LIST_LIMIT + 1)), "a list has at most 1000 items"),
        (
            one(name="A", domain="light", color="red"),
            "entities[0] 'A': found key color; the keys are: name, id, domain",
        ),
        (one(name="A", domain="light", area="attic"), "entity 'A', area: found attic; the areas are: none"),
        (one(name="A", domain="light", state=[1]), "entities[0] 'A', state: found [1]; allowed: a state is text or"),
        (
            one(name="A", domain="light", attributes={"a": {"b": 1}}),
            "attributes.a: found {'b': 1}; allowed: an attribute",
        ),
        (one(name="A", domain="light", attributes={"a": [[1]]}), "attributes.a: found [[1]]; allowed: an attribute"),
        (one(name="A", domain="light", attributes={"a": [1] * (LIST_LIMIT + 1)}), "a list has at most 1000 items"),
        (
            one(name="A", domain="light", attributes={"a": float("nan")}),
            "attributes.a: found nan; allowed: a number is",
        ),
        (one(name="A", domain="scene", sets={"light.b": "on"}), "entity 'A', sets: found light.b; it must be the id"),
        (
            yaml.safe_dump({"entities": [{"name": "A", "id": "light.a"}, {"name": "B", "id": "light.a"}]}),
            "entities: found the id light.a 2 times; an id may be used once",
        ),
        ("entities:\n" + "- {}\n" * (ENTITY_LIMIT + 1), "entities: found 10001 entries; at most 10000 are allowed"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line_that_names_the_entry(text: str, message: str) -> None:
    assert message in refused(text)


def test_anchors_that_grow_without_end_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert "found key a0" in refused("\n".join(lines))
    grown = "\n".join(f"  {line}" for line in lines)
    text = f"entities:\n- name: A\n  domain: light\n  attributes:\n{grown.replace('  a', '    a')}"
    assert "allowed: an attribute is text" in refused(text)


def test_an_anchor_that_holds_itself_is_refused() -> None:
    assert "allowed: a state is text" in refused("entities: [{name: A, domain: light, state: &s {out: *s}}]")


def test_a_missing_file_a_directory_and_what_is_not_text_are_refused(tmp_path: Path) -> None:
    picture = tmp_path / "picture.yaml"
    picture.write_bytes(b"\xff\xd8\xff\xe0")
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (FILE_LIMIT_BYTES + 1))
    for path, message in (
        (tmp_path / "none.yaml", "there is no such house file"),
        (tmp_path, "is a directory; a house is one YAML file"),
        (picture, "is not UTF-8 text (byte 0)"),
        (huge, "is larger than 4 MiB; that is no house file"),
        (picture / "below", "cannot be read (Not a directory)"),
    ):
        with pytest.raises(HouseError) as caught:
            load_house(path)
        assert str(caught.value) == f"{path}: {message}"


@given(text=st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_whatever_fails_in_any_other_way(text: str) -> None:
    try:
        house = house_from(text, HERE)
    except HouseError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either way is right
    else:
        assert house.entities


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="needs LOCAL_VOICE_SHARED: the reference houses are not here")
def test_the_reference_houses_are_read() -> None:
    assert len(load_house(REFERENCE / "yaml_en" / "_fixtures.yaml").entities) == 108
    assert len(load_house(SPEECH_TO_PHRASE_HOUSE).entities) == 12
    for path in SPEECH_TO_PHRASE_HOUSE.parent.glob("*.yaml"):
        assert load_house(path).language == path.stem
