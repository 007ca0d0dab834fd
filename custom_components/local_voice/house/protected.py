"""What scenes and scripts would do to protected things, read from their configuration.

Where a script says what it does and not to which lock or door, any is meant; where a template says what it does, that
may be anything: it is asked once too often rather than once too little. What a script has done by others, by an event,
a text or another program, is not looked for, and of a scene that another program keeps there is nothing to read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import get_device_class
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.template import Template

from .guards import Guard, Level, members, strictest
from .kinds import RUNNING, UNKNOWN, UNSAFE_STATES

if TYPE_CHECKING:
    from .guards import Guards

ANYTHING: Final = "?"
"""What a script does whose template nobody can read before it runs."""
GUARDED: Final = frozenset(UNSAFE_STATES)
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
_RUNS: Final[Mapping[str, tuple[str, ...]]] = {
    "automation.trigger": ("automation",),
    "homeassistant.toggle": ("script",),
    "homeassistant.turn_on": ("scene", "script"),
    "scene.turn_on": ("scene",),
    "script.toggle": ("script",),
    "script.turn_on": ("script",),
}
"""The kinds of things that an action runs."""
_TOGGLES: Final = "homeassistant.toggle"
_TOGGLED: Final = ("cover", "valve")
_HARMLESS: Final = re.compile(rf"\s*(?!(?:{'|'.join(sorted(GUARDED | RUNNING))}|homeassistant)\.)(\w+)\.")
"""How the template of an action begins that can only concern things of one unguarded domain: `light.turn_{{ … }}`."""
_STATES: Final[Mapping[str, str]] = {"turn_on": "on", "turn_off": "off"}
"""The state that an action leads to on most things."""
_ASKS: Final = frozenset({"condition", "platform", "trigger"})
"""What a step has that asks about a thing, and leaves it as it is."""
_ANY_DOMAIN: Final = "homeassistant"
_ACTION_KEYS: Final = ("action", "service", "service_template")
_TARGET_PLACES: Final = ("target", "data", "data_template")
_TARGET_KEYS: Final = ("entity_id", "device_id", "area_id", "floor_id", "label_id")


@callback
def done(hass: HomeAssistant, entity_id: str, guards: Guards) -> frozenset[tuple[str, str]]:
    """Return what a scene, script or automation does to guarded and watched things, and the states that they get.

    `ANYTHING` is what a template may come to, `UNKNOWN` the state where nobody can tell.
    """
    return frozenset(_Reading(hass, guards).of(entity_id))


@callback
def done_by_steps(hass: HomeAssistant, sequence: object, guards: Guards) -> frozenset[tuple[str, str]]:
    """Return what a script of somebody else's does, likewise."""
    return frozenset(_Reading(hass, guards).steps(sequence))


@callback
def sets(hass: HomeAssistant, entity_id: str, guards: Guards) -> tuple[str, ...]:
    """Return what a scene or script would do to protected things; nothing for others.

    As `lock.front_door=unlocked`. Of what is not exposed only the kind is said: `lock=unlocked`, `cover:garage=open`.
    `?` stands for whatever a template may come to.
    """
    if _domain(entity_id) not in ("scene", "script"):
        return ()
    told = {
        one
        for thing, state in done(hass, entity_id, guards)
        if thing != entity_id and (one := ANYTHING if thing == ANYTHING else _set(hass, thing, state, guards))
    }
    return tuple(sorted(told, key=lambda one: ("." in one, one)))  # kinds first: they are few, and none may be cut off


@callback
def told_guard(hass: HomeAssistant, entity_id: str, guards: Guards) -> Guard | None:
    """Return what has to be before a thing is changed, as the household decided; None for what its kind needs.

    A group is guarded as what is in it, and a scene or script as what it does to things that the gateway does not know
    for guarded.
    """
    found = [guards.decided(entity_id)]
    for one in members(hass, entity_id):
        if one != entity_id:
            found.append(guards.needed(one, UNKNOWN))
        if _domain(one) in RUNNING:
            found += [_by_script(hass, thing, state, guards) for thing, state in done(hass, one, guards)]
    return strictest(guard for guard in found if guard is not None)


@callback
def _by_script(hass: HomeAssistant, thing: str, state: str, guards: Guards) -> Guard | None:
    """Return what a script's deed needs besides what `sets` says of it."""
    if thing == ANYTHING:
        return None
    is_known = _domain(thing) in GUARDED or async_should_expose(hass, conversation.DOMAIN, thing)
    guard = guards.needed(thing, state)
    return None if is_known and guards.decided(thing) is None else guard


@callback
def _set(hass: HomeAssistant, thing: str, state: str, guards: Guards) -> str:
    """Return what is said of a thing that a script changes; nothing of one that is free, or has no kind to be told."""
    guard, told = guards.decided(thing), _told(hass, thing)
    is_free = guard is not None and guard.level is Level.FREE
    is_untold = "." not in told and _domain(thing) not in GUARDED
    return "" if is_free or is_untold else f"{told}={state}"


@callback
def _told(hass: HomeAssistant, thing: str) -> str:
    """Return a thing as the gateway may know it: by its id if it is exposed, otherwise by its kind."""
    if async_should_expose(hass, conversation.DOMAIN, thing):
        return thing
    try:
        device_class = get_device_class(hass, thing)
    except HomeAssistantError:  # there is no such thing
        device_class = None
    return f"{_domain(thing)}:{device_class}" if device_class else _domain(thing)


class _Reading:
    """Looks through one scene or script, and through all that it runs, each once."""

    def __init__(self, hass: HomeAssistant, guards: Guards) -> None:
        self._hass = hass
        self._guards = guards
        self._read: set[str] = set()

    def of(self, entity_id: str) -> Iterator[tuple[str, str]]:
        """Return what it does: guarded things, and the states that they get."""
        domain = _domain(entity_id)
        if entity_id in self._read or domain not in RUNNING or (component := self._hass.data.get(domain)) is None:
            return
        self._read.add(entity_id)
        if entity_id in self._guards.watched:
            yield entity_id, UNKNOWN
        entity = component.get_entity(entity_id)
        if domain == "scene":
            states = getattr(getattr(entity, "scene_config", None), "states", {})
            yield from ((thing, state.state) for thing, state in states.items() if self._is_of_interest(thing))
        else:
            script = getattr(entity, "script" if domain == "script" else "action_script", None)
            yield from self.steps(getattr(script, "sequence", ()))

    def steps(self, config: Any) -> Iterator[tuple[str, str]]:
        """Look at all that a script may come by, in whatever branch it stands."""
        if isinstance(config, Mapping):
            yield from self._step(config)
            config = list(config.values())
        if isinstance(config, list | tuple):
            for part in config:
                yield from self.steps(part)

    def _is_of_interest(self, thing: str) -> bool:
        return _domain(thing) in GUARDED or thing in self._guards.watched

    def _step(self, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(scene := step.get("scene"), str):
            yield from self.of(scene)
        if (state := _DEVICE_ACTIONS.get((str(step.get("domain")), str(step.get("type"))))) is not None:
            thing = self._named(step)
            yield from ((one, state) for one in ([thing] if thing else _all(self._hass, str(step["domain"]))))
        elif "type" in step and _ASKS.isdisjoint(step) and (thing := self._named(step)) in self._guards.watched:
            yield thing, _STATES.get(str(step["type"]), UNKNOWN)
        match next((step[key] for key in _ACTION_KEYS if key in step), None):
            case Template() as template if not _HARMLESS.match(template.template):
                yield ANYTHING, ""
            case Template() as template:
                yield from self._on_watched(template.template.strip().partition(".")[0], UNKNOWN, step)
            case str(action):
                yield from self._action(action, step)
                domain, _, service = action.partition(".")
                yield from self._on_watched(domain, _STATES.get(service, UNKNOWN), step)

    def _named(self, step: Mapping[str, Any]) -> str:
        """Return the thing of a step that says only one; nothing where it is not known."""
        return er.async_resolve_entity_id(er.async_get(self._hass), str(step.get(ATTR_ENTITY_ID))) or ""

    def _on_watched(self, domain: str, state: str, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Return what an action of this domain does to things that are watched, and not told of by their domain."""
        domains = {_domain(one) for one in self._guards.watched}
        for one in domains if domain == _ANY_DOMAIN else domains & {domain}:
            if one not in GUARDED | RUNNING:
                things = self._guards.watched.intersection(_targets(self._hass, step, one))
                yield from ((thing, state) for thing in sorted(things))

    def _action(self, action: str, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if action == "scene.apply":
            yield from self._applied(step)
        for domain in _RUNS.get(action, ()):
            for thing in _targets(self._hass, step, domain):
                yield from self.of(thing)
        if action.startswith("script."):
            yield from self.of(action)  # nothing for an action on scripts, such as `script.reload`
        for opening in [f"{domain}.toggle" for domain in _TOGGLED] if action == _TOGGLES else [action]:
            if (state := _LEADS_TO.get(opening)) is not None:
                yield from ((thing, state) for thing in _targets(self._hass, step, _domain(opening)))

    def _applied(self, step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Return what `scene.apply` does."""
        data = step.get("data")
        entities = data.get("entities") if isinstance(data, Mapping) else None
        if not isinstance(entities, Mapping):
            yield ANYTHING, ""
            return
        for thing, wanted in entities.items():
            if self._is_of_interest(thing):
                state = wanted.get("state", "") if isinstance(wanted, Mapping) else wanted
                yield (ANYTHING, "") if isinstance(state, Template) else (thing, str(state))


def _targets(hass: HomeAssistant, step: Mapping[str, Any], domain: str) -> list[str]:
    """Return the things of this kind that a step is about: all there are, where it does not say in plain words."""
    named: dict[str, list[str]] = {}
    places = [place for place in (step, *map(step.get, _TARGET_PLACES)) if isinstance(place, Mapping)]
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
    return sorted(thing for thing in things if _domain(thing) == domain)


def _all(hass: HomeAssistant, domain: str) -> list[str]:
    return sorted(hass.states.async_entity_ids(domain))


def _domain(entity_id: str) -> str:
    return entity_id.partition(".")[0]
