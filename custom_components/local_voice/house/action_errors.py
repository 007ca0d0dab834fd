"""Why something could not be done, as the key of the language's error answer that the gateway speaks.

The rules are those of Home Assistant's default agent (`_get_match_error_response`), which keeps them to itself.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import intent
from homeassistant.helpers.intent import MatchFailedReason

if TYPE_CHECKING:
    from ..wire.house_messages import ActionAsked
    from ..wire.wire_types import Attribute

NOT_KNOWN: Final = "no_intent"
FAILED: Final = "handle_error"

_ANY: Final = ("entity", "device_class", "domain")
_KIND: Final = ("device_class", "domain")
_NAMED: Final = {
    MatchFailedReason.NAME: ("entity",),
    MatchFailedReason.AREA: _ANY,
    MatchFailedReason.FLOOR: _ANY,
    MatchFailedReason.DOMAIN: _KIND,
    MatchFailedReason.DEVICE_CLASS: _KIND,
    MatchFailedReason.ASSISTANT: _ANY,
}
"""What of a request the answer may name, the most specific first, by what there was nothing of."""

type Answer = tuple[str, dict[str, Attribute]]


def error_of(error: HomeAssistantError, asked: ActionAsked) -> Answer:
    """Return the error answer's key, and what it names."""
    match error:
        case intent.UnknownIntent():
            return NOT_KNOWN, {}
        case intent.MatchFailedError():
            return _not_matched(error, asked)
        case intent.IntentHandleError(response_key=str(key)):
            return _known(key, asked)
    return FAILED, {}


def _known(key: str, asked: ActionAsked) -> Answer:
    """Return an error that an intent names itself; of those, only lists and their items are spoken of by name."""
    name, item = asked.slots.get("name"), asked.slots.get("item")
    if key == "list_not_found" and isinstance(name, str):
        return "no_entity", {"entity": name}
    return key, {"item": item} if isinstance(item, str) else {}


def _not_matched(error: intent.MatchFailedError, asked: ActionAsked) -> Answer:
    reason, wanted = error.result.no_match_reason, error.constraints
    name = _as_said(wanted.name, asked)
    match reason:
        case MatchFailedReason.INVALID_AREA:
            return "no_area", {"area": error.result.no_match_name}
        case MatchFailedReason.INVALID_FLOOR:
            return "no_floor", {"floor": error.result.no_match_name}
        case MatchFailedReason.FEATURE:
            return "feature_not_supported", {}
        case MatchFailedReason.STATE if wanted.states:
            return "entity_wrong_state", {"state": min(wanted.states)}
        case MatchFailedReason.DUPLICATE_NAME | MatchFailedReason.MULTIPLE_TARGETS:
            return (
                ("duplicate_targets", {}) if name is None else _placed("duplicate_entities", {"entity": name}, wanted)
            )
    subjects = {
        "entity": name,
        "device_class": min(wanted.device_classes or (), default=None),
        "domain": min(wanted.domains or (), default=None),
    }
    exposed = "_exposed" if reason is MatchFailedReason.ASSISTANT else ""
    for kind in _NAMED.get(reason, ()) if reason is not None else ():
        if (subject := subjects[kind]) is not None:
            return _placed(f"no_{kind}", {kind: subject}, wanted, exposed)
    return NOT_KNOWN, {}


def _placed(key: str, slots: dict[str, Attribute], wanted: intent.MatchTargetsConstraints, exposed: str = "") -> Answer:
    """Return an answer with the place that was asked for, if there was one."""
    for place, name in (("area", wanted.area_name), ("floor", wanted.floor_name)):
        if name:
            return f"{key}_in_{place}{exposed}", {**slots, place: name}
    return f"{key}{exposed}", slots


def _as_said(name: str | None, asked: ActionAsked) -> str | None:
    """Return a name as people say it: the gateway asks for things by their id."""
    if name is None or name != asked.entity_id:
        return name
    said = asked.slots.get("name")
    return said if isinstance(said, str) else name
