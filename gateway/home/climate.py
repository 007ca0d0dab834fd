"""Heating, cooling, fans, and how warm it is. Pure: takes entities, returns entities.

Follows `climate/intent.py`, `fan/intent.py` and `GetTemperatureIntent` of Home Assistant.
"""

from dataclasses import replace

from gateway.home.effects import Effect, Situation, acting, changed, failed, number
from gateway.home.targets import asked_for, find_targets
from gateway.house import Entity

_CLIMATE = frozenset({"climate"})


def set_temperature(situation: Situation) -> Effect:
    """Set one thermostat's target."""
    wanted = replace(
        asked_for(situation.request),
        domains=_CLIMATE,
        supports=lambda entity: "temperature" in entity.attributes,
        is_single=True,
    )
    targets = find_targets(situation.house, wanted)
    if targets.error is not None:
        return failed(targets)
    thermostat, degrees = targets.entities[0], number(situation.slots.get("temperature"))
    lowest = number(thermostat.attributes.get("min_temp"), degrees)
    highest = number(thermostat.attributes.get("max_temp"), degrees)
    if not lowest <= degrees <= highest:
        return Effect(
            error="temperature_out_of_range",
            error_slots={"entity": thermostat.name, "lowest": lowest, "highest": highest},
        )
    return Effect(matched=(changed(thermostat, temperature=degrees),))


def set_fan_mode(situation: Situation) -> Effect:
    """Set one air conditioner's fan."""
    wanted = replace(
        asked_for(situation.request),
        domains=_CLIMATE,
        supports=lambda entity: "fan_modes" in entity.attributes,
        is_single=True,
    )
    mode = str(situation.slots.get("fan_mode", ""))

    def after(entity: Entity) -> Entity | None:
        modes = entity.attributes.get("fan_modes")
        return changed(entity, fan_mode=mode) if isinstance(modes, tuple) and mode in modes else None

    return acting(situation, wanted, after)


def set_fan_speed(situation: Situation) -> Effect:
    """Set the speed of fans in percent; 0 turns them off."""
    percent = round(number(situation.slots.get("percentage")))
    return acting(
        situation,
        replace(asked_for(situation.request), domains=frozenset({"fan"})),
        lambda entity: changed(entity, "on" if percent else "off", percentage=percent),
    )


def get_temperature(situation: Situation) -> Effect:
    """Answer how warm it is: by the place's temperature sensor, else by its thermostat.

    Home Assistant takes the sensor that is set as the area's; a house file has no such setting, so here it is the only
    temperature sensor in the area.
    """
    wanted = asked_for(situation.request)
    if wanted.name is None and (wanted.area is not None or wanted.floor is not None):
        sensors = find_targets(
            situation.house,
            replace(wanted, domains=frozenset({"sensor"}), device_classes=frozenset({"temperature"}), is_single=True),
        )
        if sensors.error is None:
            return Effect(matched=sensors.entities)
    targets = find_targets(situation.house, replace(wanted, domains=_CLIMATE, is_single=True))
    return failed(targets) if targets.error is not None else Effect(matched=targets.entities)
