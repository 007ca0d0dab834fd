from dataclasses import replace

import pytest

from gateway.home import told
from gateway.home.told import ToldHouse
from gateway.house import Area, Entity, House
from gateway.own_sentences import OwnSentences, SentenceBlock

LAMP = Entity(id="light.lamp", name="Lamp", area_id="study", state="off", attributes={"brightness": 3})
DOOR = Entity(id="cover.door", name="Door", state="closed", attributes={"device_class": "garage", "position": 0})
HOUSE = House(name="told", areas=(Area(id="study", name="Study"),), entities=(LAMP, DOOR))


@pytest.fixture
def house() -> ToldHouse:
    house = ToldHouse()
    house.use(HOUSE)
    return house


def entity(house: ToldHouse, entity_id: str) -> Entity:
    return next(one for one in house.house.entities if one.id == entity_id)


def test_it_is_empty_until_it_is_told() -> None:
    house = ToldHouse()
    assert house.is_empty
    assert house.house == House(name="")


def test_it_is_what_was_told(house: ToldHouse) -> None:
    assert not house.is_empty
    assert house.house == replace(HOUSE, revision=house.revision)


def test_other_sentences_of_the_households_own_are_a_change(house: ToldHouse) -> None:
    sentences = OwnSentences(blocks=(SentenceBlock(intent="Own", sentences=("order it",)),))
    before = house.revision
    house.use_sentences(sentences)
    assert (house.house.sentences, house.revision) == (sentences, before + 1)
    house.use_sentences(OwnSentences(blocks=sentences.blocks))
    assert house.revision == before + 1


def test_what_is_forgotten_is_gone_and_that_is_a_change(house: ToldHouse) -> None:
    before = house.revision
    house.forget()
    assert house.is_empty
    assert house.house.entities == ()
    assert house.revision > before


@pytest.mark.parametrize(
    ("after", "is_renamed"),
    [
        (replace(LAMP, state="on"), False),
        (replace(LAMP, attributes={"brightness": 7}), False),
        (replace(LAMP, name="Light"), True),
        (replace(LAMP, aliases=("Light",)), True),
        (replace(LAMP, area_id=None), True),
        (replace(LAMP, attributes={"device_class": "strip"}), True),
        (replace(LAMP, id="switch.lamp"), True),
    ],
)
def test_only_what_understanding_knows_of_makes_a_new_revision(
    house: ToldHouse, after: Entity, is_renamed: bool
) -> None:
    before = house.revision
    house.change([after], [])
    assert entity(house, after.id) == after
    assert (house.revision > before) is is_renamed


def test_what_is_gone_makes_a_new_revision_and_what_never_was_does_not(house: ToldHouse) -> None:
    before = house.revision
    house.change([], ["light.never_was"])
    assert house.revision == before
    house.change([], [LAMP.id])
    assert house.revision > before
    assert [one.id for one in house.house.entities] == [DOOR.id]


def test_states_are_taken_with_all_their_attributes_and_what_is_unknown_is_left_out(house: ToldHouse) -> None:
    before = house.revision
    house.states([(LAMP.id, "on", {"color": "red"}), ("light.never_was", "on", {})])
    assert entity(house, LAMP.id) == replace(LAMP, state="on", attributes={"color": "red"})
    assert len(house.house.entities) == 2
    assert house.revision == before


def test_a_state_cannot_make_a_garage_a_blind(house: ToldHouse) -> None:
    for attributes in ({}, {"device_class": "blind"}):
        house.states([(DOOR.id, "opening", attributes)])
        assert entity(house, DOOR.id).attributes == {"device_class": "garage"}


def test_there_is_an_end_to_what_it_keeps(house: ToldHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "MOST_ENTITIES", 2)
    house.change([replace(LAMP, id="light.third"), replace(LAMP, state="on")], [])
    assert [one.id for one in house.house.entities] == [LAMP.id, DOOR.id]
    assert entity(house, LAMP.id).state == "on"
    house.use(replace(HOUSE, entities=(LAMP, DOOR, replace(LAMP, id="light.third"))))
    assert len(house.house.entities) == 2
