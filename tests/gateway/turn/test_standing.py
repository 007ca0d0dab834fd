from dataclasses import replace

import pytest

from gateway.events import ActionRequest, Hypothesis, Intent, Recognition
from gateway.house import Entity
from gateway.turn.choice import choose
from gateway.turn.endpoint import Standing
from gateway.turn.standing import is_same, standing
from tests.fakes import LIGHT_ON, LIT, NEVER_MIND, UNLOCK, UNLOCKED, ScriptedHome, ScriptedUnderstanding, recognized

HERE = Intent(name="HassTurnOn", slots={"area": "Kitchen"}, text="turn on the lights")
THERE = Intent(name="HassTurnOn", slots={"area": "Bedroom"}, text="turn on the lights in the bedroom")
LAMP_HERE = replace(LIGHT_ON, slots={"name": "Lamp", "area": "Kitchen"}, text="turn on the lamp in the kitchen")
TIMER = Intent(name="HassStartTimer", slots={"minutes": 5}, text="set a timer for five minutes")
MOVIE = Intent(name="HassTurnOn", slots={"name": "Movie"}, entity_id="scene.movie", text="movie time")
HOT = Intent(name="HassGetState", slots={"area": "Kitchen"}, text="is it hot")
HOT_THERE = Intent(name="HassGetState", slots={"area": "Bedroom"}, text="is it hot in the bedroom")


class ForeseeingHome(ScriptedHome):
    """Foresees by intent."""

    def __init__(self, **foreseen: tuple[Entity, ...]) -> None:
        super().__init__()
        self.by_text = foreseen

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.by_text.get(request.intent.text.replace(" ", "_"), ())


async def stands(
    *texts: str,
    knows: tuple[Intent, ...],
    home: ScriptedHome | None = None,
    score: float = -0.1,
    recognition: Recognition | None = None,
) -> Standing:
    understanding = ScriptedUnderstanding(*knows)
    choice = await choose(
        recognition or recognized(*texts, score=score), lambda text: understanding.match(text, area_id=None)
    )
    return await standing(choice, understanding, home or ScriptedHome(), area_id=None, satellite_id="test")


async def test_a_command_after_which_nothing_follows_is_complete() -> None:
    assert await stands("turn on the lamp", knows=(LIGHT_ON,)) is Standing.COMPLETE


async def test_a_command_that_would_do_something_else_with_more_words_may_go_on() -> None:
    home = ForeseeingHome(turn_on_the_lights=(LIT,), turn_on_the_lights_in_the_bedroom=())
    assert await stands("turn on the lights", knows=(HERE, THERE), home=home) is Standing.MAY_GO_ON


async def test_a_room_that_changes_nothing_is_nothing_to_wait_for() -> None:
    assert await stands("turn on the lamp", knows=(LIGHT_ON, LAMP_HERE)) is Standing.COMPLETE


async def test_where_nothing_would_change_the_words_decide() -> None:
    home = ScriptedHome(foreseen=())
    assert await stands("is it hot", knows=(HOT, HOT_THERE), home=home) is Standing.MAY_GO_ON
    lamp = replace(LIGHT_ON, entity_id="light.lamp")
    here = replace(LAMP_HERE, entity_id="light.lamp")
    other = replace(LAMP_HERE, entity_id="light.other")
    assert await stands("turn on the lamp", knows=(lamp, here), home=home) is Standing.COMPLETE
    assert await stands("turn on the lamp", knows=(lamp, other), home=home) is Standing.MAY_GO_ON
    polite = replace(lamp, text="turn on the lamp please")
    assert await stands("turn on the lamp", knows=(lamp, polite), home=home) is Standing.COMPLETE


async def test_what_breaks_off_is_unfinished() -> None:
    assert await stands("turn on the", knows=(LIGHT_ON,)) is Standing.UNFINISHED


async def test_what_goes_on_to_nothing_is_unknown() -> None:
    assert await stands("order a pizza", knows=(LIGHT_ON,)) is Standing.UNKNOWN


async def test_noise_is_unknown_and_nobody_waits_for_more_of_it() -> None:
    assert await stands("turn on the", knows=(LIGHT_ON,), score=-1.5) is Standing.UNKNOWN
    assert await stands(knows=(LIGHT_ON,), recognition=Recognition(hypotheses=())) is Standing.UNKNOWN


async def test_what_has_to_be_asked_about_is_never_early() -> None:
    home = ScriptedHome(foreseen=(UNLOCKED,))
    assert await stands("unlock the front door", knows=(UNLOCK,), home=home) is Standing.UNKNOWN


@pytest.mark.parametrize("text", ["forget what I just said", "ask the cloud who wrote Faust", "forget it"])
async def test_what_is_about_memory_or_the_cloud_is_never_early(text: str) -> None:
    assert await stands(text, knows=(replace(LIGHT_ON, text=text),)) is Standing.UNKNOWN


async def test_what_cannot_be_done_twice_or_taken_back_is_not_early() -> None:
    assert await stands("set a timer for five minutes", knows=(TIMER,)) is Standing.MAY_GO_ON
    assert await stands("movie time", knows=(MOVIE,)) is Standing.MAY_GO_ON
    assert await stands("never mind", knows=(NEVER_MIND,)) is Standing.MAY_GO_ON
    script = ScriptedHome(foreseen=(Entity(id="?", name="Movie"),))
    assert await stands("turn on the lamp", knows=(LIGHT_ON,), home=script) is not Standing.COMPLETE


async def test_a_guess_of_words_that_break_off_is_not_early() -> None:
    longer = replace(LIGHT_ON, text="turn on the lamb in the yard")
    assert await stands("turn on the lamb", "turn on the lamp", knows=(LIGHT_ON, longer)) is Standing.MAY_GO_ON
    assert await stands("turn on the land", "turn on the lamp", knows=(LIGHT_ON, longer)) is Standing.COMPLETE


async def test_a_likelier_reading_that_means_the_same_is_no_doubt() -> None:
    understanding = ScriptedUnderstanding(LIGHT_ON)
    heard = Hypothesis(text="turn on the lamp", score=-0.1)
    choice = await choose(Recognition(hypotheses=(heard,)), lambda text: understanding.match(text, area_id=None))
    other = replace(choice, used=replace(heard, score=-0.2))
    home = ScriptedHome()
    assert await standing(other, understanding, home, area_id=None, satellite_id="test") is Standing.COMPLETE


def test_sentences_are_the_same_where_they_ask_for_the_same() -> None:
    assert is_same(LIGHT_ON, replace(LIGHT_ON, text="lamp on"))
    assert not is_same(LIGHT_ON, LAMP_HERE)
