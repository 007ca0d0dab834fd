"""What scenes and scripts would unlock, open or disarm, read from their configuration: such a thing needs a spoken yes.

Where a script says what it does and not to which lock or door, any is meant: it is asked once too often rather than
once too little. A service whose name is a template, and a scene that another program keeps, cannot be read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback, split_entity_id
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

_DEEPEST: Final = 16
"""A script in a script in a script …: one that calls itself ends here."""
_GUARDED: Final = frozenset({"alarm_control_panel", "cover", "lock", "valve"})
_LEADS_TO: Final[Mapping[str, str]] = {
    "alarm_control_panel.alarm_disarm": "disarmed",
    "cover.open_cover": "open",
    "cover.set_cover_position": "open",
    "cover.toggle": "open",
    "lock.open": "open",
    "lock.unlock": "unlocked",
    "valve.close_valve": "closed",
    "valve.open_valve": "open",
    "valve.set_valve_position": "open",
    "valve.toggle": "open",
}
"""The state that an action leads to, or may."""
_DEVICE_ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("alarm_control_panel", "disarm"): "disarmed",
    ("cover", "open"): "open",
    ("cover", "set_position"): "open",
    ("lock", "open"): "open",
    ("lock", "unlock"): "unlocked",
    ("valve", "close"): "closed",
    ("valve", "open"): "open",
}
_TARGET_KEYS: Final = ("entity_id", "device_id", "area_id", "floor_id", "label_id")


@callback
def sets(hass: HomeAssistant, entity_id: str) -> tuple[str, ...]:
    """Return what a scene or script would do to guarded things, as `lock.front_door=unlocked`; nothing for others."""
    return tuple(sorted({f"{thing}={state}" for thing, state in _sets(hass, entity_id, _DEEPEST)}))


def _sets(hass: HomeAssistant, entity_id: str, depth: int) -> Iterator[tuple[str, str]]:
    domain = split_entity_id(entity_id)[0]
    if depth == 0 or domain not in ("scene", "script") or (component := hass.data.get(domain)) is None:
        return
    entity = component.get_entity(entity_id)
    if domain == "scene":
        states = getattr(getattr(entity, "scene_config", None), "states", {})
        yield from ((thing, state.state) for thing, state in states.items() if _domain(thing) in _GUARDED)
    else:
        sequence = getattr(getattr(entity, "script", None), "sequence", ())
        yield from _steps(hass, sequence, depth)


def _steps(hass: HomeAssistant, config: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Look at all that a script may come by, in whatever branch it stands."""
    if isinstance(config, Mapping):
        yield from _step(hass, config, depth)
        config = list(config.values())
    if isinstance(config, list | tuple):
        for part in config:
            yield from _steps(hass, part, depth)


def _step(hass: HomeAssistant, step: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    action = step.get("action", step.get("service"))
    if isinstance(scene := step.get("scene"), str):
        yield from _sets(hass, scene, depth - 1)
    if (state := _DEVICE_ACTIONS.get((str(step.get("domain")), str(step.get("type"))))) is not None:
        thing = er.async_resolve_entity_id(er.async_get(hass), str(step.get(ATTR_ENTITY_ID)))
        yield from ((one, state) for one in ([thing] if thing else _all(hass, str(step["domain"]))))
    if not isinstance(action, str):
        return
    if action.startswith("script.") and hass.states.get(action) is not None:
        yield from _sets(hass, action, depth - 1)
    elif action in ("scene.turn_on", "script.turn_on", "script.toggle"):
        for thing in _targets(hass, step, _domain(action)):
            yield from _sets(hass, thing, depth - 1)
    elif action == "scene.apply":
        entities = (step.get("data") or {}).get("entities") or {}
        yield from ((thing, _state_in(wanted)) for thing, wanted in entities.items() if _domain(thing) in _GUARDED)
    elif (state := _LEADS_TO.get(action)) is not None:
        yield from ((thing, state) for thing in _targets(hass, step, _domain(action)))


def _targets(hass: HomeAssistant, step: Mapping[str, Any], domain: str) -> list[str]:
    """Return the things of this kind that a step is about: all there are, where it does not say in plain words."""
    named: dict[str, list[str]] = {}
    places = [place for place in (step, step.get("target"), step.get("data")) if isinstance(place, Mapping)]
    for place in places:
        for key in _TARGET_KEYS:
            value = place.get(key, [])
            for one in value if isinstance(value, list | tuple) else [value]:
                if not isinstance(one, str) or one == "all":
                    return _all(hass, domain)
                named.setdefault(key, []).append(one)
    if not named:
        return _all(hass, domain)
    registry = er.async_get(hass)
    ids = (er.async_resolve_entity_id(registry, one) for one in named.get(ATTR_ENTITY_ID, ()))
    named[ATTR_ENTITY_ID] = [one for one in ids if one]
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(named))
    things = selected.referenced | selected.indirectly_referenced
    return sorted(thing for thing in things if _domain(thing) in (domain, "group"))


def _all(hass: HomeAssistant, domain: str) -> list[str]:
    return sorted(hass.states.async_entity_ids(domain))


def _domain(entity_id: str) -> str:
    return entity_id.partition(".")[0]


def _state_in(wanted: Any) -> str:
    """Return the state that `scene.apply` wants of a thing."""
    return str(wanted.get("state", "")) if isinstance(wanted, Mapping) else str(getattr(wanted, "state", wanted))
