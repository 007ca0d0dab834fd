"""What may have been said in a house: its sentences that sound like what was heard."""

import pytest

from gateway.engines.suggesting import MOST_SUGGESTIONS, Suggesting
from gateway.house import Area, Entity, House
from gateway.suggestions import Suggestion

HOUSE = House(
    name="Test",
    areas=(Area(id="kitchen", name="Kitchen"), Area(id="office", name="Office")),
    entities=(
        Entity(id="climate.ecobee", name="EcoBee"),
        Entity(id="light.bed", name="Bed Light", area_id="office"),
        Entity(id="light.standing", name="Standing Light", area_id="office"),
        Entity(id="media_player.tv", name="TV", area_id="office"),
    ),
)


@pytest.fixture(scope="module")
def suggesting() -> Suggesting:
    return Suggesting("en", HOUSE)


def closest(suggesting: Suggesting, *heard: str) -> Suggestion:
    return suggesting.suggestions(heard)[0]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("What's the temperature of the incubi?", "what's the temperature of the EcoBee"),
        ("Turn on the bad light.", "turn on the Bed Light"),
        ("Turn of the standing lied.", "turn off the Standing Light"),
        ("which plates are on", "which lights are on"),
        ("Set the incubi to twenty degrees.", "set the EcoBee to 20 degrees"),
    ],
)
def test_what_is_misheard_is_found_by_its_sound(suggesting: Suggesting, heard: str, meant: str) -> None:
    assert closest(suggesting, heard).sentence == meant


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("Turn off the TV and turn on the bad light.", "Turn off the TV and turn on the Bed Light"),
        ("Set the incubi to 20 degrees and turn off the TV.", "set the EcoBee to 20 degrees and turn off the TV."),
        ("Turn on the TV and the standing lied.", "Turn on the TV and the Standing Light"),
    ],
)
def test_of_two_commands_in_one_breath_the_misheard_one_is_found(
    suggesting: Suggesting, heard: str, meant: str
) -> None:
    found = closest(suggesting, heard)
    assert found.sentence == meant
    assert all(" and " in written for written in found.written)


def test_of_two_that_were_misheard_neither_is_looked_for_by_itself(suggesting: Suggesting) -> None:
    heard = "Set the incubi to twenty pebbles and turn hop the standing lied."
    assert not any(one.sentence.startswith("set the EcoBee") for one in suggesting.suggestions([heard]))


def test_it_is_written_as_recognition_wrote_the_rest(suggesting: Suggesting) -> None:
    found = closest(suggesting, "Set the incubi to twenty degrees.")
    assert found.written == ("Set the EcoBee to twenty degrees.", "Set the ecobee to twenty degrees.")
    assert closest(suggesting, "please turn on the bad light, thanks").written[-1] == (
        "please turn on the bed light, thanks"
    )


def test_what_is_replaced_is_told(suggesting: Suggesting) -> None:
    found = closest(suggesting, "Turn on the bad light.")
    (misheard,) = found.replaced
    assert (misheard.heard, misheard.used, misheard.is_name) == ("bad light", "Bed Light", True)
    assert 0 < misheard.cost < 0.2
    assert found.edits == pytest.approx(found.cost * len("turnonthebadlit"), rel=0.2)
    assert (found.left_out, found.wild_words) == (0, 0)


def test_a_name_that_is_not_in_the_house_is_left_out_and_told_so(suggesting: Suggesting) -> None:
    for heard in ("Turn on the garage light.", "Turn the TV volume down to nine in the attic."):
        assert all(one.left_out or one.cost > 0.1 for one in suggesting.suggestions([heard]))
    lost = next(one for one in suggesting.suggestions(["Turn on the garage light."]) if "light" in one.sentence)
    assert lost.left_out


def test_a_reading_with_fewer_words_than_the_likeliest_leaves_some_out(suggesting: Suggesting) -> None:
    texts = ("Cost thirty seconds timer.", "thirty seconds timer.")
    found = {one.sentence: one for one in suggesting.suggestions(texts)}
    assert found["30 seconds timer"].fewer == 1


def test_a_word_less_that_is_no_sound_less_is_none(suggesting: Suggesting) -> None:
    found = {one.sentence: one for one in suggesting.suggestions(("Anchor is volume.", "Increase volume."))}
    assert found["increase volume"].fewer == 0


def test_words_that_may_be_any_are_written_as_they_were_heard(suggesting: Suggesting) -> None:
    found = {one.sentence: one for one in suggesting.suggestions(["Play the artist Beatles."])}
    assert found["play the artist beatles"].written == ("Play the artist Beatles.",)


def test_words_that_may_be_any_are_counted(suggesting: Suggesting) -> None:
    found = {one.sentence: one for one in suggesting.suggestions(["Add milk to the shopping wrist."])}
    assert any(one.wild_words for one in found.values())


@pytest.mark.parametrize("heard", ["", "?!", "…"])
def test_without_words_there_is_nothing_to_suggest(suggesting: Suggesting, heard: str) -> None:
    assert suggesting.suggestions([heard]) == ()


def test_there_are_never_too_many(suggesting: Suggesting) -> None:
    texts = ["turn on the light", "turn of the light", "turn on delight", "turn off the light"]
    found = suggesting.suggestions(texts)
    assert len(found) <= MOST_SUGGESTIONS
    assert [one.cost for one in found] == sorted(one.cost for one in found)


@pytest.mark.parametrize("rest", ["", "Turn off the TV and "])
def test_what_the_likeliest_reading_has_in_place_of_a_name_is_told(suggesting: Suggesting, rest: str) -> None:
    texts = (f"{rest}Turn on the red light.", f"{rest}Turn on the bad light.")
    found = [one for one in suggesting.suggestions(texts) if "Bed Light" in one.sentence]
    of_likeliest = [one.in_place_of for one in found if one.heard == texts[0]]
    (other, *_) = [one.in_place_of for one in found if one.heard == texts[1]]
    assert [(one.heard, one.used, one.is_name) for one in other] == [("red", "bed", True)]
    assert set(of_likeliest) <= {()}
