"""What sentences would come to mean with words that may follow them."""

import pytest

from gateway.engines.going_on import MOST_TRIES, GoingOn
from gateway.engines.going_on_words import WORDS
from gateway.engines.intents import HassilIntents
from gateway.engines.understanding import HassUnderstanding
from gateway.engines.worker import Worker
from gateway.events import Intent
from gateway.house import Area, Entity, House

HOUSE = House(
    name="test",
    areas=(Area(id="kitchen", name="Kitchen"), Area(id="bedroom", name="Bedroom")),
    entities=(
        Entity(id="light.lamp", name="Lamp", area_id="kitchen", attributes={"supported_color_modes": ("hs",)}),
        Entity(id="light.sofa", name="Living Room Lamp"),
        Entity(id="cover.blinds", name="Blinds", area_id="bedroom"),
        Entity(id="lock.door", name="Front Door"),
        Entity(id="todo.shopping", name="Shopping List"),
    ),
)


class Matcher:
    """Counts how often it is asked."""

    def __init__(self, language: str = "en", house: House = HOUSE) -> None:
        self.intents = HassilIntents(language)
        self.intents.use(house)
        self.going_on = GoingOn(language)
        self.going_on.use(house)
        self.tries = 0

    def after(self, text: str, area_id: str | None = "kitchen") -> tuple[Intent, ...]:
        self.tries = 0
        return self.going_on.of(text, self._match, area_id=area_id)

    def _match(self, text: str, area_id: str | None) -> Intent | None:
        self.tries += 1
        return self.intents.match(text, area_id=area_id)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher()


@pytest.mark.parametrize(
    "text",
    [
        *("Turn on the", "turn on", "Turn on the living...", "set a timer for", "Set a timer for 5", "set the lamp to"),
        *("turn on the lights in the", "add milk to the", "is the", "lock", "add milk", "close the", "what's the"),
    ],
)
def test_what_breaks_off_would_mean_something_with_more_words(matcher: Matcher, text: str) -> None:
    assert len(matcher.after(text)) == 1


@pytest.mark.parametrize("text", ["order a pizza with extra cheese", "they had strawberries at the market", " ", "?"])
def test_other_words_go_on_to_nothing(matcher: Matcher, text: str) -> None:
    assert matcher.after(text) == ()
    assert matcher.tries <= MOST_TRIES + 3


@pytest.mark.parametrize(
    ("text", "longer"),
    [
        ("Turn on the lights.", {"area": "Bedroom", "domain": "light"}),
        ("Set the brightness to 20", {"area": "Kitchen", "domain": "light", "brightness": 25}),
        ("set the brightness to twenty", {"area": "Kitchen", "domain": "light", "brightness": 25}),
        ("what is the temperature", {"area": "Bedroom"}),
    ],
)
def test_a_command_may_go_on_to_another_one(matcher: Matcher, text: str, longer: dict[str, object]) -> None:
    (intent,) = matcher.after(text)
    assert dict(intent.slots) == longer


@pytest.mark.parametrize(
    "text",
    [
        *("turn on the lamp", "Turn on the lights in the kitchen.", "set the lamp to 20%", "set the lamp to 25"),
        *("what time is it", "lock the front door"),
    ],
)
def test_a_complete_command_does_not_go_on_and_that_is_found_by_a_look_or_three(matcher: Matcher, text: str) -> None:
    assert matcher.after(text) == ()
    assert matcher.tries <= 3


def test_a_name_that_begins_another_one_may_go_on() -> None:
    lamps = House(name="two", entities=(Entity(id="light.a", name="Lamp"), Entity(id="light.b", name="Lamp two")))
    (intent,) = Matcher(house=lamps).after("turn on the lamp", None)
    assert intent.entity_id == "light.b"


def test_of_many_names_that_begin_alike_two_are_tried() -> None:
    lamps = tuple(Entity(id=f"light.a{n}", name=f"Attic Corner {n}") for n in range(2_000))
    matcher = Matcher(house=House(name="many", entities=lamps))
    assert [intent.entity_id for intent in matcher.after("turn on the attic corner", None)] == ["light.a0"]
    assert matcher.after("paint the corner of the attic corner", None) == ()
    assert matcher.tries <= MOST_TRIES + 3


def test_in_a_house_without_rooms_none_is_named() -> None:
    flat = House(name="flat", entities=(Entity(id="light.a", name="Lamp"),))
    assert Matcher(house=flat).after("what time is it", None) == ()


def test_what_only_lacks_a_room_is_not_unfinished(matcher: Matcher) -> None:
    assert matcher.after("turn on the lights", None) == ()


def test_a_whole_floor_is_place_enough(matcher: Matcher) -> None:
    meant = Intent(name="HassTurnOn", slots={"domain": "light", "floor": "Upstairs"})
    asked: list[str] = []

    def match(text: str, area_id: str | None) -> Intent | None:
        asked.append(text)
        return meant

    assert matcher.going_on.of("turn on the lights upstairs", match, area_id=None) == ()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("language", "begun", "room", "complete", "may_go_on"),
    [
        ("de", "Schalte die", "Küche", "Schalte die Lampe an", "Wie warm ist es"),
        ("fr", "Allume la", "Cuisine", "Allume la lampe", "Quelle est la température"),
        ("es", "Enciende la", "Cocina", "Enciende la lámpara", "Cuál es la temperatura"),
        ("it", "Accendi la", "Cucina", "Accendi la lampada", "Accendi le luci"),
        ("nl", "Doe de", "Keuken", "Doe de lamp aan", "Wat is de temperatuur"),
    ],
)
def test_other_languages_have_words_of_their_own(
    language: str, begun: str, room: str, complete: str, may_go_on: str
) -> None:
    lamp = {"de": "Lampe", "fr": "Lampe", "es": "Lámpara", "it": "Lampada", "nl": "Lamp"}[language]
    house = House(
        name="test",
        language=language,
        areas=(Area(id="here", name="Bad"), Area(id="there", name=room)),
        entities=(Entity(id="light.lamp", name=lamp, area_id="here"),),
    )
    matcher = Matcher(language, house)
    assert matcher.after(begun, "here")
    assert matcher.after(complete, "here") == ()
    assert matcher.intents.match(complete, area_id="here") is not None
    assert matcher.intents.match(may_go_on, area_id="here") is not None
    assert matcher.after(may_go_on, "here")


def test_every_word_says_how_it_goes_on_once() -> None:
    for words in WORDS.values():
        said = [word for several in words.after for word in several.split()]
        assert len(said) == len(set(said))


def test_in_a_language_without_words_only_names_go_on() -> None:
    house = House(name="pl", entities=(Entity(id="light.a", name="Lampa w kuchni"),))
    matcher = Matcher("pl", house)
    assert matcher.after("włącz lampa w", None)
    assert matcher.after("włącz", None) == ()
    assert matcher.after("włącz lampa w kuchni", None) == ()


async def test_understanding_knows_how_sentences_go_on_in_its_house() -> None:
    worker = Worker("understanding")
    try:
        understanding = HassUnderstanding(House(name="empty"), worker, language="en")
        assert await understanding.continuations("turn on the", area_id=None) == ()
        await understanding.use(HOUSE)
        (intent,) = await understanding.continuations("turn on the", area_id=None)
        assert intent.entity_id == "light.lamp"
    finally:
        worker.close()
