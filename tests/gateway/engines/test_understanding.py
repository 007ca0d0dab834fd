from collections.abc import Iterator

import pytest

from gateway.engines.understanding import HassUnderstanding
from gateway.engines.worker import Worker
from gateway.errors import ConfigError
from gateway.events import ActionResult, StateChange
from gateway.house import Area, Entity, House

HOUSE = House(
    name="test",
    areas=(Area(id="kitchen", name="Kitchen"),),
    entities=(Entity(id="light.lamp", name="Lamp", area_id="kitchen", state="on"),),
)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker("understanding")
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def understanding(worker: Worker) -> HassUnderstanding:
    return HassUnderstanding(HOUSE, worker, language="en")


async def test_a_sentence_becomes_an_intent_and_its_result_an_answer(understanding: HassUnderstanding) -> None:
    intent = await understanding.match("turn on the lights", area_id="kitchen")
    assert intent is not None
    assert intent.slots == {"domain": "light", "area": "Kitchen"}
    change = StateChange(entity_id="light.lamp", name="Lamp", before="off", after="on")
    result = ActionResult(changes=(change,), matched=HOUSE.entities)
    assert await understanding.answer(intent, result) == "Turned on the lights"


async def test_what_means_nothing_here_has_an_answer_too(understanding: HassUnderstanding) -> None:
    assert await understanding.match("order a pizza", area_id=None) is None
    assert await understanding.sorry() == "Sorry, I couldn't understand that"


async def test_another_house_has_other_names(worker: Worker) -> None:
    understanding = HassUnderstanding(HOUSE, worker, language="en")
    assert await understanding.match("turn on the sun", area_id=None) is None
    await understanding.use(House(name="other", entities=(Entity(id="light.sun", name="Sun"),)))
    assert await understanding.match("turn on the sun", area_id=None) is not None


def test_a_language_without_sentences_is_refused(worker: Worker) -> None:
    with pytest.raises(ConfigError, match="tlh"):
        HassUnderstanding(HOUSE, worker, language="tlh")


async def test_what_was_misheard_is_suggested_by_its_sound(worker: Worker) -> None:
    understanding = HassUnderstanding(HOUSE, worker, language="en")
    await understanding.use(House(name="other", entities=(Entity(id="climate.ecobee", name="EcoBee"),)))
    suggestions = await understanding.suggestions(("What's the temperature of the incubi?",))
    assert suggestions[0].sentence == "what's the temperature of the EcoBee"


async def test_nothing_that_is_written_is_misheard(worker: Worker) -> None:
    understanding = HassUnderstanding(HOUSE, worker, language="en", by_sound=False)
    assert await understanding.suggestions(("turn on the lambs",)) == ()
    assert await understanding.is_request("a cheddar block")
