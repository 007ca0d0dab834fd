"""A house in parts, and what becomes different: in order, within limits, merged while it waits."""

from collections.abc import Callable

import pytest

from gateway.errors import ProtocolError
from gateway.house import Entity
from gateway.server.house_news import MOST_ENTITIES, HouseNews
from gateway.wire.messages import Message
from gateway.wire.voice_words import (
    AreaWords,
    EntitiesChanged,
    EntityWords,
    FloorWords,
    HouseBegin,
    HouseEnd,
    HousePart,
    Muted,
    StatesChanged,
    StateWords,
)

LAMP = EntityWords(id="light.lamp", name="Lamp", area_id="office", state="off")
FAN = EntityWords(id="fan.fan", name="Fan")


def told(*messages: Message) -> HouseNews:
    news = HouseNews()
    for message in messages:
        assert news.told(message)
    return news


def whole(*entities: EntityWords) -> HouseNews:
    office = AreaWords(id="office", name="Office")
    return told(HouseBegin(name="x"), HousePart(areas=(office,), entities=entities), HouseEnd())


def state(entity_id: str, value: str) -> StatesChanged:
    return StatesChanged(states=(StateWords(id=entity_id, state=value, attributes={"a": 1}),))


@pytest.mark.parametrize(
    "message", [HousePart(), HouseEnd(), EntitiesChanged(), StatesChanged(states=())], ids=lambda m: type(m).__name__
)
def test_nothing_of_a_house_is_taken_before_it_has_begun(message: Message) -> None:
    with pytest.raises(ProtocolError) as raised:
        HouseNews().told(message)
    assert raised.value.refusal == "out_of_order"


def test_another_message_is_no_news() -> None:
    assert not HouseNews().told(Muted(muted=True))


def test_a_house_that_ended_does_not_go_on() -> None:
    with pytest.raises(ProtocolError):
        whole(LAMP).told(HousePart())


def test_a_house_is_news_only_when_it_is_whole() -> None:
    news = told(HouseBegin(name="x"), HousePart(entities=(LAMP,)))
    assert not news.take()
    news.told(HouseEnd())
    house = news.take().house
    assert house is not None
    assert house.entities == (Entity(id="light.lamp", name="Lamp", state="off", attributes={}),), "there is no office"
    assert not news.take()


def test_what_is_told_twice_counts_as_it_was_told_last() -> None:
    house = whole(LAMP, FAN, EntityWords(id="light.lamp", name="Lantern")).take().house
    assert house is not None
    assert [entity.name for entity in house.entities] == ["Lantern", "Fan"]


def test_a_second_beginning_forgets_the_first() -> None:
    news = told(HouseBegin(name="x"), HousePart(entities=(LAMP,)), HouseBegin(name="y"), HouseEnd())
    house = news.take().house
    assert house is not None
    assert (house.name, house.entities) == ("y", ())


@pytest.mark.parametrize(
    ("count", "part"),
    [
        (21, lambda n: HousePart(entities=tuple(EntityWords(id=f"a.{n}_{i}", name="x") for i in range(500)))),
        (2, lambda n: HousePart(areas=tuple(AreaWords(id=f"{n}_{i}", name="x") for i in range(300)))),
        (2, lambda n: HousePart(floors=tuple(FloorWords(id=f"{n}_{i}", name="x") for i in range(60)))),
    ],
    ids=["entities", "areas", "floors"],
)
def test_a_house_that_is_too_large_is_forgotten(count: int, part: Callable[[int], HousePart]) -> None:
    news = told(HouseBegin(name="x"), *(part(number) for number in range(count - 1)))
    with pytest.raises(ProtocolError) as raised:
        news.told(part(count))
    assert raised.value.refusal == "too_many"
    assert "10000 entities" in str(raised.value)
    with pytest.raises(ProtocolError):
        news.told(HouseEnd())


def test_a_house_cannot_grow_beyond_its_limit_later() -> None:
    news = told(HouseBegin(name="x"))
    for start in range(0, MOST_ENTITIES, 500):
        news.told(HousePart(entities=tuple(EntityWords(id=f"a.{start + i}", name="x") for i in range(500))))
    news.told(HouseEnd())
    news.take()
    with pytest.raises(ProtocolError) as raised:
        news.told(EntitiesChanged(changed=(LAMP,)))
    assert raised.value.refusal == "too_many"
    assert not news.take()
    news.told(EntitiesChanged(changed=(LAMP,), removed=("a.0",)))
    assert news.take().removed == {"a.0"}


def test_changes_that_wait_are_merged() -> None:
    news = whole(LAMP, FAN)
    news.take()
    for message in (
        state("light.lamp", "on"),
        state("fan.fan", "on"),
        state("light.moon", "on"),
        EntitiesChanged(changed=(LAMP,)),
        state("light.lamp", "dim"),
        EntitiesChanged(removed=("fan.fan", "light.moon")),
    ):
        assert news.told(message)
    waiting = news.take()
    assert waiting.house is None
    assert [(entity.id, entity.state, entity.area_id) for entity in waiting.changed.values()] == [
        ("light.lamp", "dim", "office")
    ]
    assert waiting.removed == {"fan.fan"}
    assert waiting.states == {}


def test_what_was_removed_may_come_back_and_go_again() -> None:
    news = whole(FAN)
    news.take()
    news.told(EntitiesChanged(removed=("fan.fan",)))
    news.told(EntitiesChanged(changed=(FAN,)))
    waiting = news.take()
    assert (list(waiting.changed), waiting.removed) == (["fan.fan"], set())
    news.told(EntitiesChanged(changed=(LAMP,)))
    news.told(EntitiesChanged(removed=("light.lamp",)))
    waiting = news.take()
    assert (waiting.changed, waiting.removed) == ({}, {"light.lamp"})


def test_a_new_house_makes_older_changes_void() -> None:
    news = whole(LAMP)
    news.told(EntitiesChanged(changed=(FAN,)))
    for message in (HouseBegin(name="y"), HousePart(entities=(FAN,)), HouseEnd(), state("fan.fan", "on")):
        news.told(message)
    waiting = news.take()
    assert waiting.house is not None
    assert waiting.changed == {}
    assert waiting.states == {"fan.fan": ("fan.fan", "on", {"a": 1})}


def test_a_house_s_people_are_told_with_it() -> None:
    house = told(HouseBegin(name="x", people=("Anna", "Jörg")), HouseEnd()).take().house
    assert house is not None
    assert house.people == ("Anna", "Jörg")
