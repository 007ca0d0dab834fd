"""Whether what was heard is all of it: that decides how long a pause is waited for.

What words may follow, understanding knows. Here is decided what that means: whether something else would be done, and
whether it may be done before it is certain that nothing follows. Nothing is early that could not simply be done again
otherwise, and nothing that has to be asked about.
"""

from dataclasses import replace
from typing import Final

from gateway.events import ActionRequest, Intent
from gateway.house import ANYTHING, Entity
from gateway.turn import cloud, forgetting, obey
from gateway.turn.choice import Choice
from gateway.turn.endpoint import Standing
from gateway.turn.stages import Home, Understanding

EARLY_INTENTS: Final = frozenset(
    {
        *("HassTurnOn", "HassTurnOff", "HassLightSet", "HassSetPosition", "HassSetVolume"),
        *("HassClimateSetTemperature", "HassClimateSetFanMode", "HassFanSetSpeed"),
        *("HassGetState", "HassGetWeather", "HassGetCurrentDate", "HassGetCurrentTime", "HassClimateGetTemperature"),
    }
)
"""What comes to the same when it is done twice. A timer that is set or a title that is skipped twice does not."""
RUN_DOMAINS: Final = frozenset({ANYTHING, "automation", "button", "input_button", "scene", "script", "vacuum"})
"""What is run rather than set: what it does cannot be told, nor taken back."""


async def standing(
    choice: Choice, understanding: Understanding, home: Home, *, area_id: str | None, satellite_id: str
) -> Standing:
    """Return how what was heard stands, said in the area `area_id`. Raises EngineError."""
    if choice.heard is None or choice.silence_reason is not None or is_about_us(choice, understanding.language):
        return Standing.UNKNOWN
    if choice.asked:
        return Standing.UNKNOWN
    heard = choice.heard.text
    intent = choice.intent
    if intent is None:
        is_begun = await understanding.continuations(heard, area_id=area_id)
        return Standing.UNFINISHED if is_begun else Standing.UNKNOWN
    request = ActionRequest(intent=intent, area_id=area_id, satellite_id=satellite_id)
    if await obey.demanded(request, home, understanding) is not None:
        return Standing.UNKNOWN
    foreseen = home.foresee(request)
    if intent.also or not _may_be_early(intent, foreseen):
        return Standing.MAY_GO_ON
    for longer in await understanding.continuations(intent.text, area_id=area_id):
        if _is_other(intent, longer, foreseen, home.foresee(replace(request, intent=longer))):
            return Standing.MAY_GO_ON
    if choice.used != choice.heard and await _is_unfinished(heard, understanding, area_id):
        return Standing.MAY_GO_ON  # the likeliest reading breaks off; what means something may only be a guess
    return Standing.COMPLETE


def is_same(one: Intent, other: Intent) -> bool:
    """Tell whether two sentences ask for the same."""
    return [each.asked for each in (one, *one.also)] == [each.asked for each in (other, *other.also)]


def is_about_us(choice: Choice, language: str) -> bool:
    """Tell whether it is about what was said before, or the cloud: that is none of the house's own sentences."""
    texts = cloud.likely_texts(choice)
    return (
        forgetting.wish(texts, language) is not None
        or cloud.wish(texts, language) is not None
        or cloud.takes_back(texts, language)
    )


def _may_be_early(intent: Intent, foreseen: tuple[Entity, ...]) -> bool:
    domains = {entity.domain for entity in foreseen}
    if intent.entity_id is not None:
        domains.add(intent.entity_id.partition(".")[0])
    return intent.name in EARLY_INTENTS and not domains & RUN_DOMAINS


def _is_other(one: Intent, other: Intent, foreseen: tuple[Entity, ...], foreseen_of_other: tuple[Entity, ...]) -> bool:
    """Tell whether something else would be done; an area that is named besides may leave it the same."""
    if is_same(one, other):
        return False
    if foreseen or foreseen_of_other:
        return set(_states(foreseen)) != set(_states(foreseen_of_other))
    if one.name != other.name or one.entity_id is None:
        return True
    return one.entity_id != other.entity_id or _without_area(one) != _without_area(other)


def _states(entities: tuple[Entity, ...]) -> list[tuple[str, str, frozenset[tuple[str, object]]]]:
    return [(entity.id, entity.state, frozenset(entity.attributes.items())) for entity in entities]


def _without_area(intent: Intent) -> dict[str, object]:
    return {slot: value for slot, value in intent.slots.items() if slot != "area"}


async def _is_unfinished(text: str, understanding: Understanding, area_id: str | None) -> bool:
    if await understanding.match(text, area_id=area_id) is not None:
        return False
    return bool(await understanding.continuations(text, area_id=area_id))
