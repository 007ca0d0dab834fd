"""A real Home Assistant tells what sentences mean in a house that it is only told of."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.gold import Command, Meaning, Spelling
from bench.understand_peer import Agent, agent
from gateway.house import Area, Entity, Floor, House
from tests.e2e.home_assistant.running import PYTHON

HOUSE = House(
    name="Home",
    floors=(Floor(id="up", name="Upstairs"),),
    areas=(Area(id="kitchen", name="Kitchen", aliases=("Cooking Corner",), floor_id="up"), Area(id="den", name="Den")),
    entities=(
        Entity(id="light.standing", name="Standing Light", aliases=("Big Lamp",), area_id="den"),
        Entity(id="lock.front", name="Front Door"),
        Entity(id="lawn_mower.clippy", name="Clippy"),
        Entity(id="script.fête", name="Party Time"),
    ),
)
SPELLING = Spelling(HOUSE)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked() -> AsyncIterator[Agent]:
    if not PYTHON.exists():
        pytest.skip("no Home Assistant 2026.11 here: scripts/bootstrap dev puts it into .venv-e2e")
    async with agent(HOUSE, "den", "en") as running:
        yield running


def meaning(intent: str, /, **slots: object) -> Meaning:
    return Meaning(commands=(Command(name=intent, slots=slots),))


async def test_sentences_mean_what_they_do_in_this_house_whatever_is_in_it(asked: Agent) -> None:
    expected = {
        "turn on the big lamp": meaning("HassTurnOn", name="Standing Light"),
        "Lock the front door.": meaning("HassTurnOn", name="Front Door"),
        "turn off the lights in the cooking corner": meaning("HassTurnOff", area="Kitchen", domain="light"),
        "turn off the lights": meaning("HassTurnOff", area="Den", domain="light"),
        "run party time": meaning("HassTurnOn", name="Party Time"),
    }
    found = await asked.gold(list(expected))
    for text, one, wanted in zip(expected, found, expected.values(), strict=True):
        assert one is not None, text
        assert SPELLING.is_of(one, wanted, area="Den"), f"{text}: {one}"
    assert await asked.gold(["what is love", "turn on the ceiling light"]) == [None, None]


async def test_without_a_name_the_house_has_neither_it_nor_what_is_called_after_it(asked: Agent) -> None:
    texts = ["turn off the lights in the kitchen", "turn on the standing light"]
    assert [one is None for one in await asked.gold_without("kitchen", texts)] == [True, False]
    assert [one is None for one in await asked.gold_without("light", texts)] == [False, True]
    assert None not in await asked.gold(texts)


async def test_its_gazetteer_is_asked_where_it_has_no_sentence_and_is_no_gold(asked: Agent) -> None:
    assert await asked.gold(["flip the standing light on would you"]) == [None]
    (taken,) = await asked.meanings(["flip the standing light on would you"])
    assert taken == meaning("HassTurnOn", name="Standing Light")
