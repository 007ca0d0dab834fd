"""Questions about states, the weather, the date and the time. Changes nothing.

Follows `GetStateIntentHandler` and its neighbours in Home Assistant's `intent/__init__.py`, and `weather/intent.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gateway.home.effects import Effect, Situation, failed
from gateway.home.targets import Constraints, asked_for, find_targets, several
from gateway.house import Entity

_SENSED_AS: Final[Mapping[str, str]] = MappingProxyType({"garage": "garage_door"})
"""What a sensor calls a cover's device class, where they differ."""
_AS_SENSED: Final[Mapping[str, str]] = MappingProxyType({"open": "on", "closed": "off"})
"""A cover's states as the sensor on such a thing has them."""


def get_state(situation: Situation) -> Effect:
    """Answer what is true of the things asked about, and of which it is not.

    Two departures from Home Assistant, so that an answer is never untrue: "are any windows open" is also asked of the
    sensors on windows, where it knows only motorised ones; and where there is nothing of that kind we say so, where it
    says "no".
    """
    wanted = asked_for(situation.request)
    states = several(situation.slots.get("state"))
    targets = find_targets(situation.house, wanted)
    sensed = _sensors(situation, wanted)
    if targets.error is not None and not sensed:
        return failed(targets)
    sensed_states = {_AS_SENSED.get(state, state) for state in states}
    true = [entity for entity in targets.entities if not states or entity.state in states]
    true += [entity for entity in sensed if not states or entity.state in sensed_states]
    return Effect(
        matched=tuple(true),
        unmatched=tuple(entity for entity in (*targets.entities, *sensed) if entity not in true),
    )


def _sensors(situation: Situation, wanted: Constraints) -> tuple[Entity, ...]:
    """Return the sensors that tell of doors and windows, where a question is about all of a kind."""
    if wanted.name is not None or wanted.domains != frozenset({"cover"}) or not wanted.device_classes:
        return ()
    classes = frozenset(_SENSED_AS.get(device_class, device_class) for device_class in wanted.device_classes)
    sensors = replace(wanted, domains=frozenset({"binary_sensor"}), device_classes=classes)
    return find_targets(situation.house, sensors).entities


def get_weather(situation: Situation) -> Effect:
    """Answer with the named weather, or the first there is."""
    wanted = replace(asked_for(situation.request), domains=frozenset({"weather"}), area=None, floor=None)
    targets = find_targets(situation.house, wanted)
    return failed(targets) if targets.error is not None else Effect(matched=targets.entities[:1])


def get_date(situation: Situation) -> Effect:
    """Answer with today's date."""
    return Effect(speech_slots={"date": situation.now.date()})


def get_time(situation: Situation) -> Effect:
    """Answer with the time of day."""
    return Effect(speech_slots={"time": situation.now.time()})


def say_only(situation: Situation) -> Effect:  # noqa: ARG001 - every handler has the same shape
    """Do nothing: what is said is all there is to it."""
    return Effect()
