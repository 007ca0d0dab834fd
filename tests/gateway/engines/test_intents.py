from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.engines.intents import TEXT_LIMIT_CHARS, HassilIntents
from gateway.errors import ConfigError
from gateway.house import Area, Entity, Floor, House

HOUSE = House(
    name="test",
    floors=(Floor(id="up", name="First Floor", aliases=("Upstairs",)),),
    areas=(
        Area(id="kitchen", name="Kitchen", aliases=("Galley",)),
        Area(id="bedroom", name="Bedroom", floor_id="up"),
    ),
    entities=(
        Entity(id="light.lamp", name="Reading Lamp", aliases=("Sofa Lamp",), area_id="bedroom"),
        Entity(id="light.kitchen_shelf", name="Shelf", area_id="kitchen"),
        Entity(id="light.bedroom_shelf", name="Shelf", area_id="bedroom"),
        Entity(id="lock.front", name="Front Door", state="locked"),
        Entity(id="binary_sensor.front", name="Front Door", attributes={"device_class": "door"}),
        Entity(id="climate.bedroom", name="Thermostat", area_id="bedroom"),
        Entity(id="media_player.tv", name="T.V.", area_id="bedroom"),
        Entity(id="person.anna", name="Anna", state="Work"),
        Entity(id="zone.school", name="School"),
        Entity(id="todo.chores", name="Chores"),
        Entity(id="scene.nothing", name="…"),
    ),
)


@pytest.fixture(scope="module")
def intents() -> HassilIntents:
    engine = HassilIntents("en")
    engine.use(HOUSE)
    return engine


def test_a_thing_is_found_by_its_name(intents: HassilIntents) -> None:
    intent = intents.match("Turn on the reading lamp.")
    assert intent is not None
    assert intent.name == "HassTurnOn"
    assert intent.slots == {"name": "Reading Lamp"}
    assert intent.entity_id == "light.lamp"
    assert intent.text == "Turn on the reading lamp."


def test_a_thing_is_found_by_another_of_its_names_and_called_by_its_first(intents: HassilIntents) -> None:
    intent = intents.match("turn on the sofa lamp")
    assert intent is not None
    assert intent.slots == {"name": "Reading Lamp"}


def test_places_are_found_by_their_other_names(intents: HassilIntents) -> None:
    galley = intents.match("turn on the lights in the galley")
    upstairs = intents.match("turn off the lights upstairs")
    assert galley is not None
    assert galley.slots == {"area": "Kitchen", "domain": "light"}
    assert galley.response == "lights_area"
    assert upstairs is not None
    assert upstairs.slots == {"floor": "First Floor", "domain": "light"}


def test_the_satellite_s_area_is_meant_by_a_sentence_that_names_none(intents: HassilIntents) -> None:
    here = intents.match("turn on the lights", area_id="kitchen")
    assert here is not None
    assert here.slots == {"area": "Kitchen", "domain": "light"}
    assert intents.match("turn on the lights") is None
    assert intents.match("turn on the lights", area_id="no_such_area") is None


def test_a_name_that_two_things_have_means_the_one_nearby(intents: HassilIntents) -> None:
    near = intents.match("turn on the shelf", area_id="kitchen")
    named = intents.match("turn on the shelf in the bedroom", area_id="kitchen")
    nowhere = intents.match("turn on the shelf")
    assert near is not None
    assert near.entity_id == "light.kitchen_shelf"
    assert named is not None
    assert named.entity_id == "light.bedroom_shelf"
    assert nowhere is not None
    assert nowhere.entity_id is None
    assert nowhere.slots == {"name": "Shelf"}


def test_a_name_that_two_kinds_of_things_have_means_the_kind_that_can_do_it(intents: HassilIntents) -> None:
    lock = intents.match("lock the front door")
    assert lock is not None
    assert lock.entity_id == "lock.front"


def test_numbers_come_out_as_numbers_however_they_are_written(intents: HassilIntents) -> None:
    for text, value in (("50%.", 50), ("50 percent", 50), ("fifty percent", 50)):
        intent = intents.match(f"Set the reading lamp brightness to {text}")
        assert intent is not None
        assert intent.slots["brightness"] == value
        assert isinstance(intent.slots["brightness"], int)
    half = intents.match("set the thermostat to 21.5 degrees")
    assert half is not None
    assert half.slots["temperature"] == pytest.approx(21.5)


@pytest.mark.parametrize(
    "text",
    [
        "Okay, turn on the reading lamp.",
        "Would you please turn on the reading lamp?",
        "Please turn the reading lamp on, thanks.",
        "TURN ON THE READING LAMP!",
    ],
)
def test_politeness_capitals_and_punctuation_change_nothing(intents: HassilIntents, text: str) -> None:
    intent = intents.match(text)
    assert intent is not None
    assert intent.entity_id == "light.lamp"


def test_initials_are_understood_with_and_without_dots(intents: HassilIntents) -> None:
    for text in ("turn off the TV", "turn off the T.V."):
        intent = intents.match(text)
        assert intent is not None
        assert intent.entity_id == "media_player.tv"


def test_what_is_played_elsewhere_or_by_half_a_word_is_not_meant(intents: HassilIntents) -> None:
    assert intents.match("play jazz on the radio") is None
    artist = intents.match("play the artist's Beatles")
    assert artist is None or "media_class" not in artist.slots


def test_what_a_wildcard_catches_must_be_more_than_function_words(intents: HassilIntents) -> None:
    assert intents.match("play the", area_id="bedroom") is None
    assert intents.match("add the to my chores list") is None
    song = intents.match("play the wall", area_id="bedroom")
    assert song is not None
    assert song.slots["search_query"] == "the wall"


def test_a_place_where_people_are_must_be_one_that_the_house_knows(intents: HassilIntents) -> None:
    assert intents.match("who is the president") is None
    at_work = intents.match("who is at work")
    away = intents.match("is Anna away")
    assert at_work is not None
    assert at_work.slots["state"] == "Work"
    assert away is not None
    assert away.slots == {"name": "Anna", "state": "not_home"}
    assert intents.match("is Anna at school") is not None


def test_a_delayed_command_must_itself_mean_something(intents: HassilIntents) -> None:
    later = intents.match("turn on the reading lamp in ten minutes")
    assert later is not None
    assert later.name == "HassStartTimer"
    assert later.slots == {"conversation_command": "turn on the reading lamp", "minutes": 10}
    assert intents.match("remind me of the meeting in ten minutes") is None
    assert intents.match("turn on the reading lamp in five minutes in ten minutes") is None


def test_words_that_mean_nothing_here_have_no_meaning(intents: HassilIntents) -> None:
    for text in ("", "   ", "Thank you for watching.", "turn on the flux capacitor", "[Music]"):
        assert intents.match(text, area_id="bedroom") is None


def test_a_sentence_longer_than_anybody_says_is_not_even_tried(intents: HassilIntents) -> None:
    assert intents.match("please " * (TEXT_LIMIT_CHARS // 7 + 1) + "turn on the reading lamp") is None


def test_another_house_has_other_names() -> None:
    engine = HassilIntents("en")
    assert engine.match("turn on the reading lamp") is None
    engine.use(HOUSE)
    assert engine.match("turn on the reading lamp") is not None
    engine.use(House(name="empty"))
    assert engine.match("turn on the reading lamp") is None


def test_many_threads_may_ask_at_once(intents: HassilIntents) -> None:
    texts = [f"set the reading lamp brightness to {percent} percent" for percent in range(1, 21)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        found = list(pool.map(intents.match, texts))
    assert [intent and intent.slots["brightness"] for intent in found] == list(range(1, 21))


def test_german_is_understood_in_a_german_house() -> None:
    engine = HassilIntents("de")
    engine.use(House(name="test", areas=(Area(id="kueche", name="Küche"),)))
    intent = engine.match("Schalte das Licht in der Küche ein.")
    assert engine.language == "de"
    assert intent is not None
    assert intent.slots == {"area": "Küche", "domain": "light"}


def test_a_word_that_stands_for_two_kinds_of_things_means_both() -> None:
    engine = HassilIntents("fr")
    engine.use(House(name="test", areas=(Area(id="cuisine", name="Cuisine"),)))
    intent = engine.match("ferme les stores vénitiens de la cuisine")
    assert intent is not None
    assert intent.slots["device_class"] == ("blind", "shade")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="tlh"):
        HassilIntents("tlh")


@given(text=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_whatever_makes_matching_fail(intents: HassilIntents, text: str) -> None:
    intent = intents.match(text, area_id="bedroom")
    assert intent is None or intent.text == text


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "turn on the reading lamp and lock the front door",
            [("HassTurnOn", "Reading Lamp"), ("HassTurnOn", "Front Door")],
        ),
        (
            "Turn on the reading lamp, lock the front door.",
            [("HassTurnOn", "Reading Lamp"), ("HassTurnOn", "Front Door")],
        ),
        ("turn on the reading lamp and the TV", [("HassTurnOn", "Reading Lamp"), ("HassTurnOn", "T.V.")]),
        ("turn off the reading lamp and the TV", [("HassTurnOff", "Reading Lamp"), ("HassTurnOff", "T.V.")]),
        ("Turn off the TV. Turn off the TV.", [("HassTurnOff", "T.V.")]),
        ("reading lamp and the TV", [("HassTurnOn", "Reading Lamp"), ("HassTurnOn", "T.V.")]),
        (
            "turn on the reading lamp then the TV and lock the front door",
            [("HassTurnOn", "Reading Lamp"), ("HassTurnOn", "T.V."), ("HassTurnOn", "Front Door")],
        ),
    ],
)
def test_several_commands_may_be_said_in_one_breath(
    intents: HassilIntents, said: str, meant: list[tuple[str, str]]
) -> None:
    intent = intents.match(said)
    assert intent is not None
    assert [(one.name, one.slots["name"]) for one in (intent, *intent.also)] == meant
    assert intent.text == said


@pytest.mark.parametrize(
    "said",
    ["turn on the reading lamp and fly", "fly and turn on the reading lamp", "turn on the reading lamp, play corner"],
)
def test_what_means_nothing_in_part_means_nothing(intents: HassilIntents, said: str) -> None:
    assert intents.match(said, area_id="bedroom") is None


def test_an_item_with_an_and_in_it_is_one(intents: HassilIntents) -> None:
    intent = intents.match("add salt and pepper to my chores list")
    assert intent is not None
    assert (intent.slots["item"], intent.also) == ("salt and pepper", ())


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("turn off the lights in the kitchen and the bedroom", ["Kitchen", "Bedroom"]),
        ("skip song in the kitchen and the bedroom", ["Kitchen", "Bedroom"]),
        ("turn off the kitchen lights and lights in the bedroom", ["Kitchen", "Bedroom"]),
        ("skip song and the kitchen", None),
        ("skip song and galley", None),
    ],
)
def test_a_place_follows_another_place_and_not_what_was_said_of_none(
    intents: HassilIntents, said: str, places: list[str] | None
) -> None:
    intent = intents.match(said, area_id="bedroom")
    assert (None if intent is None else [one.slots["area"] for one in (intent, *intent.also)]) == places
