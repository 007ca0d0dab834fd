import pytest

from bench import gold
from bench.gold import Command, Meaning, Source, Spelling, counted, is_in, key
from gateway.house import Area, Entity, Floor, House

HOUSE = House(
    name="home",
    floors=(Floor(id="up", name="Upstairs"),),
    areas=(Area(id="kitchen", name="Kitchen", aliases=("Cooking Corner",)),),
    entities=(
        Entity(id="light.bed", name="Bed Light", aliases=("Night Light", "Lamp")),
        Entity(id="light.desk", name="Desk Light", aliases=("Lamp",)),
    ),
)
SPELLING = Spelling(HOUSE)


def meaning(intent: str = "HassTurnOn", /, **slots: object) -> Meaning:
    return Meaning(commands=(Command(name=intent, slots=slots),))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (meaning(brightness=1), meaning(brightness=1.0)),
        (meaning(brightness="50"), meaning(brightness=50)),
        (meaning(item="Oat-Milk!"), meaning(item="oat milk")),
        (meaning(name="night light"), meaning(name="Bed Light")),
        (meaning(area="Cooking Corner"), meaning(area="kitchen")),
        (meaning(domain=["light", "switch"]), meaning(domain=("light", "switch"))),
        (meaning(area="Kitchen", domain="light"), meaning(domain="light", area="Kitchen")),
    ],
)
def test_what_is_only_spelled_otherwise_is_the_same(one: Meaning, other: Meaning) -> None:
    assert SPELLING.is_same(one, other)
    assert SPELLING.digest(one) == SPELLING.digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (meaning(), meaning("HassTurnOff")),
        (meaning(brightness=1), meaning(brightness=2)),
        (meaning(area="Kitchen"), meaning(area="Kitchen", domain="light")),
        (meaning(name="Bed Light"), meaning(name="Desk Light")),
        (meaning(name="Lamp"), meaning(name="Bed Light")),
        (meaning(item="Night Light"), meaning(item="Bed Light")),
        (meaning(), Meaning(commands=(*meaning().commands, *meaning("HassTurnOff").commands))),
    ],
)
def test_what_would_do_something_else_is_not(one: Meaning, other: Meaning) -> None:
    assert not SPELLING.is_same(one, other)
    assert SPELLING.digest(one) != SPELLING.digest(other)


def test_a_meaning_may_say_more_than_its_test_expects_only_of_which_kind_and_that_it_is_here() -> None:
    expected = meaning(device_class="curtain")
    found = meaning(device_class="curtain", domain="cover", area="Kitchen")
    assert SPELLING.is_of(found, expected, area="Kitchen")
    assert not SPELLING.is_of(found, expected, area="Office")
    assert not SPELLING.is_of(meaning(domain="cover"), expected, area="Kitchen")
    assert not SPELLING.is_of(meaning(device_class="curtain", position=5), expected, area="Kitchen")


def test_names_are_those_of_things_and_places() -> None:
    assert SPELLING.names(meaning(name="Night Light", area="Kitchen", floor="Upstairs", item="Milk")) == {
        "bed light",
        "kitchen",
        "upstairs",
    }
    assert is_in("kitchen", ("Lamp", "Old Kitchen lamp"))
    assert not is_in("kit", ("Kitchen lamp",))


def test_only_what_is_frozen_and_means_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ("on", "off", "new", "nothing")
    found = (meaning(), meaning("HassTurnOff"), meaning(), None)
    digests = {
        key(Source.SENTENCES, "On!"): SPELLING.digest(meaning()),
        key(Source.SENTENCES, "off"): SPELLING.digest(meaning()),
        key(Source.RECORDINGS, "new"): SPELLING.digest(meaning()),
    }
    monkeypatch.setattr(gold, "frozen", lambda: digests)
    assert counted(Source.SENTENCES, texts, found, SPELLING, is_frozen=True) == {"on": meaning()}
    every = counted(Source.SENTENCES, texts, found, SPELLING, is_frozen=False)
    assert list(every) == ["on", "off", "new"]


def test_what_is_frozen_holds_no_words() -> None:
    assert len(gold.frozen()) > 600
    for frozen_key, digest in gold.frozen().items():
        assert int(frozen_key, 16) >= 0
        assert not digest or int(digest, 16) >= 0
