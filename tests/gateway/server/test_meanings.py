from gateway.engines.learned import LearnedUnderstanding
from gateway.events import Intent, Recognition
from gateway.house import AttributeValue
from gateway.server.meanings import is_same, meaning, meaning_of, readings
from gateway.wire.learning_words import MeaningWords
from gateway.wire.messages import VALUE_CHARS
from tests.gateway.server.remembering import knows, turn


async def test_a_turn_means_what_its_first_meaningful_reading_does() -> None:
    understanding = LearnedUnderstanding(knows("turn on lamp"))
    heard = turn("Turn on lamb.", "Turn on lamp.")
    found = await meaning_of(readings(heard), understanding, None)
    assert found == MeaningWords(text="turn on lamp", intent="turn on", slots={"name": "lamp"}, entity_id="light.lamp")
    assert await meaning_of(readings(turn("Turn on lamb.")), understanding, None) == MeaningWords(text="Turn on lamb.")
    assert await meaning_of(Recognition(hypotheses=()), understanding, None) == MeaningWords()


def test_what_was_typed_is_a_reading_and_silence_is_none() -> None:
    typed = readings(turn("turn on lamp", hypotheses=()))
    assert [(one.text, one.score) for one in typed.hypotheses] == [("turn on lamp", 0.0)]
    assert readings(turn()).hypotheses == ()


def test_a_meaning_travels_with_all_that_its_slots_hold() -> None:
    slots: dict[str, AttributeValue] = {
        "area": ("Kitchen", None, 2),
        "to": 5,
        "is": True,
        "none": None,
        "long": "x" * 5_000,
        "deep": (("a",),),
    }
    told = meaning(Intent(name="X", slots=slots, text="words"))
    assert told.slots == {
        "area": ("Kitchen", None, 2),
        "to": 5,
        "is": True,
        "none": None,
        "long": "x" * VALUE_CHARS,
        "deep": ("('a',)",),
    }
    assert told.entity_id == ""


def test_two_meanings_are_the_same_in_whatever_words() -> None:
    one = MeaningWords(text="light on", intent="X", slots={"name": "a"}, entity_id="light.a")
    assert is_same(one, MeaningWords(text="on with it", intent="X", slots={"name": "a"}, entity_id="light.a"))
    assert not is_same(one, MeaningWords(text="light on", intent="X", slots={"name": "a"}, entity_id="light.b"))
    assert not is_same(one, MeaningWords(text="light on", intent="Y", slots={"name": "a"}, entity_id="light.a"))
    assert not is_same(one, MeaningWords(text="light on", intent="X", entity_id="light.a"))
