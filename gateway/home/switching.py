"""Turning things on and off, in the sense each kind of thing gives to it: a cover opens, a lock locks, a scene is set.

Pure: takes entities, returns entities. Follows `OnOffIntentHandler` and `SetPositionIntentHandler` of Home Assistant.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from gateway.home.domains import FULL_BRIGHTNESS, is_dimmable
from gateway.home.effects import Effect, Situation, acting, changed, number
from gateway.home.targets import asked_for
from gateway.house import Entity

_ON_OFF: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "automation": ("on", "off"),
        "camera": ("streaming", "off"),
        "group": ("on", "off"),
        "humidifier": ("on", "off"),
        "input_boolean": ("on", "off"),
        "lawn_mower": ("mowing", "returning"),
        "lock": ("locked", "unlocked"),
        "remote": ("on", "off"),
        "siren": ("on", "off"),
        "switch": ("on", "off"),
        "vacuum": ("cleaning", "returning"),
        "water_heater": ("eco", "off"),
    }
)
"""The states that "on" and "off" mean, where nothing else changes with them."""

_SET_STATE = re.compile(r"(?P<state>\w+)(?:\s+(?P<percent>\d+)\s?%)?")
_IS_ON: Final = frozenset({"on", "open", "locked", "playing", "heat", "cool"})


def turn_on(situation: Situation) -> Effect:
    """Turn on, open, lock, press, activate or run."""
    return _with_what_they_set(situation, _switch(situation, is_on=True))


def turn_off(situation: Situation) -> Effect:
    """Turn off, close or unlock."""
    return _switch(situation, is_on=False)


def toggle(situation: Situation) -> Effect:
    """Turn on what is off, and off what is on."""
    effect = acting(
        situation,
        asked_for(situation.request),
        lambda entity: switched(entity, is_on=entity.state not in _IS_ON, now=situation.now),
    )
    return _with_what_they_set(situation, effect)


def set_position(situation: Situation) -> Effect:
    """Move covers and valves to a percentage."""
    position = round(number(situation.slots.get("position")))
    wanted = asked_for(situation.request)
    return acting(
        situation,
        replace(wanted, domains=wanted.domains or frozenset({"cover", "valve"})),
        lambda entity: positioned(entity, position),
    )


def stop_moving(situation: Situation) -> Effect:
    """Stop covers and valves where they are; ours have no travel time, so they already stand."""
    wanted = asked_for(situation.request)
    return acting(situation, replace(wanted, domains=frozenset({"cover", "valve"})), lambda entity: entity)


def switched(entity: Entity, *, is_on: bool, now: datetime) -> Entity | None:
    """Return a thing turned on or off; None for one that cannot be."""
    match entity.domain:
        case "light":
            return _light(entity, is_on=is_on)
        case "fan":
            speed = round(number(entity.attributes.get("percentage"))) or 100
            return changed(entity, "on" if is_on else "off", percentage=speed if is_on else 0)
        case "cover" | "valve":
            return positioned(entity, 100 if is_on else 0)
        case "climate":
            return changed(entity, _heating(entity) if is_on else "off")
        case "media_player":
            return changed(entity, ("playing" if "media_title" in entity.attributes else "idle") if is_on else "off")
        case "scene" | "button" | "input_button":
            return changed(entity, now.isoformat(timespec="seconds")) if is_on else None
        case "script":
            return changed(entity, last_triggered=now.isoformat(timespec="seconds")) if is_on else changed(entity)
    states = _ON_OFF.get(entity.domain)
    return None if states is None else changed(entity, states[0] if is_on else states[1])


def positioned(entity: Entity, position: int) -> Entity | None:
    """Return a cover or valve moved to `position` percent; None for anything else."""
    if entity.domain not in ("cover", "valve"):
        return None
    return changed(entity, "open" if position > 0 else "closed", current_position=position)


def _light(entity: Entity, *, is_on: bool) -> Entity:
    if not is_on:
        return changed(entity, "off", brightness=None)
    if not is_dimmable(entity.attributes.get("supported_color_modes")):
        return changed(entity, "on")
    return changed(entity, "on", brightness=entity.attributes.get("brightness", FULL_BRIGHTNESS))


def _heating(entity: Entity) -> str:
    if entity.state != "off":
        return entity.state
    modes = entity.attributes.get("hvac_modes")
    usable = [str(mode) for mode in modes if mode != "off"] if isinstance(modes, tuple) else []
    return usable[0] if usable else "heat"


def _switch(situation: Situation, *, is_on: bool) -> Effect:
    return acting(
        situation, asked_for(situation.request), lambda entity: switched(entity, is_on=is_on, now=situation.now)
    )


def _with_what_they_set(situation: Situation, effect: Effect) -> Effect:
    """Put what the scenes and scripts among those that were meant set into its states."""
    things = {entity.id: entity for entity in situation.house.entities}
    also: dict[str, Entity] = {}
    untold: list[Entity] = []
    for scene in effect.matched:
        sets = scene.attributes.get("sets")
        for one in sets if isinstance(sets, tuple) else ():
            thing, _, state = str(one).partition("=")
            if thing in things:
                also[thing] = _put(also.get(thing, things[thing]), state, situation.now)
            else:
                untold.append(_untold(thing, state, scene))
    return replace(effect, also=tuple(also.values()), untold=tuple(untold))


def _untold(kind: str, state: str, scene: Entity) -> Entity:
    """Return something that only a scene knows: `lock`, `cover:garage`, or a thing that is told of no more."""
    domain, _, device_class = kind.partition(".")[0].partition(":")
    attributes = {"device_class": device_class} if device_class else {}
    return Entity(id=domain, name=scene.name, state=state, attributes=attributes)


def _put(entity: Entity, state: str, now: datetime) -> Entity:
    """Return a thing in the state that a scene wants: `on`, `closed`, `on 30%`, `open 50%`."""
    found = _SET_STATE.fullmatch(state.strip())
    if found is None:
        return changed(entity, state)
    after = changed(entity, found["state"])
    if found["state"] in ("on", "off", "open", "closed"):
        after = switched(entity, is_on=found["state"] in ("on", "open"), now=now) or after
    if found["percent"] is None:
        return after
    percent = int(found["percent"])
    if entity.domain == "light":
        return changed(after, brightness=round(percent * FULL_BRIGHTNESS / 100))
    return positioned(after, percent) or after
