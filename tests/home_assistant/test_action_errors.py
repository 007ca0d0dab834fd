"""Why something could not be done becomes the key of an error answer, as Home Assistant's default agent has it."""

from typing import Any

import pytest
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent
from homeassistant.helpers.intent import MatchFailedReason, MatchTargetsConstraints, MatchTargetsResult

from custom_components.local_voice.house.action_errors import error_of
from custom_components.local_voice.wire.house_messages import ActionAsked

ASKED = ActionAsked(
    id=1,
    intent="HassTurnOn",
    slots={"name": "groceries", "item": "milk"},
    response="default",
    text="",
    entity_id="todo.groceries",
)
BARE = ActionAsked(id=1, intent="HassTurnOn", slots={}, response="default", text="", entity_id="todo.groceries")


def unmatched(reason: MatchFailedReason | None, **wanted: Any) -> intent.MatchFailedError:
    return intent.MatchFailedError(
        result=MatchTargetsResult(False, reason, no_match_name="that"), constraints=MatchTargetsConstraints(**wanted)
    )


@pytest.mark.parametrize(
    ("error", "key", "slots"),
    [
        (intent.UnknownIntent(), "no_intent", {}),
        (HomeAssistantError(), "handle_error", {}),
        (intent.InvalidSlotInfo(), "handle_error", {}),
        (intent.IntentHandleError("words"), "handle_error", {}),
        (intent.IntentHandleError("words", "timer_not_found"), "timer_not_found", {"item": "milk"}),
        (intent.IntentHandleError("words", "item_not_found"), "item_not_found", {"item": "milk"}),
        (intent.IntentHandleError("words", "list_not_found"), "no_entity", {"entity": "groceries"}),
        (unmatched(None), "no_intent", {}),
        (unmatched(MatchFailedReason.NAME), "no_intent", {}),
        (unmatched(MatchFailedReason.NAME, name="todo.groceries"), "no_entity", {"entity": "groceries"}),
        (unmatched(MatchFailedReason.DOMAIN, domains={"fan", "light"}), "no_domain", {"domain": "fan"}),
        (unmatched(MatchFailedReason.ASSISTANT, domains={"fan"}), "no_domain_exposed", {"domain": "fan"}),
        (
            unmatched(MatchFailedReason.ASSISTANT, device_classes={"door"}, domains={"cover"}, floor_name="Attic"),
            "no_device_class_in_floor_exposed",
            {"device_class": "door", "floor": "Attic"},
        ),
        (
            unmatched(MatchFailedReason.FLOOR, name="x", floor_name="y"),
            "no_entity_in_floor",
            {"entity": "x", "floor": "y"},
        ),
        (unmatched(MatchFailedReason.INVALID_AREA), "no_area", {"area": "that"}),
        (unmatched(MatchFailedReason.INVALID_FLOOR), "no_floor", {"floor": "that"}),
        (unmatched(MatchFailedReason.FEATURE), "feature_not_supported", {}),
        (unmatched(MatchFailedReason.STATE, states={"playing"}), "entity_wrong_state", {"state": "playing"}),
        (unmatched(MatchFailedReason.STATE), "no_intent", {}),
        (unmatched(MatchFailedReason.MULTIPLE_TARGETS), "duplicate_targets", {}),
        (
            unmatched(MatchFailedReason.DUPLICATE_NAME, name="x", area_name="y"),
            "duplicate_entities_in_area",
            {"entity": "x", "area": "y"},
        ),
    ],
)
def test_each_reason_has_its_answer(error: HomeAssistantError, key: str, slots: dict[str, str]) -> None:
    assert error_of(error, ASKED) == (key, slots)


def test_what_was_not_named_is_called_by_its_id() -> None:
    error = unmatched(MatchFailedReason.NAME, name="todo.groceries")
    assert error_of(error, BARE) == ("no_entity", {"entity": "todo.groceries"})
    assert error_of(intent.IntentHandleError("", "list_not_found"), BARE) == ("list_not_found", {})
