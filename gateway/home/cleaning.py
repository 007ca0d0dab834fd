"""Vacuum cleaners and lawn mowers. Pure: takes entities, returns entities.

Follows `vacuum/intent.py` and `lawn_mower/intent.py` of Home Assistant.
"""

from dataclasses import replace

from gateway.home.effects import Effect, Situation, acting, changed
from gateway.home.targets import Constraints, areas_named, asked_for, text_slot

_VACUUM = frozenset({"vacuum"})
_MOWER = frozenset({"lawn_mower"})


def start_vacuum(situation: Situation) -> Effect:
    """Clean everything, or a floor."""
    wanted = replace(asked_for(situation.request), domains=_VACUUM)
    return acting(situation, wanted, lambda entity: changed(entity, "cleaning", cleaning_area=None))


def return_vacuum(situation: Situation) -> Effect:
    """Send vacuum cleaners back to their bases."""
    wanted = replace(asked_for(situation.request), domains=_VACUUM)
    return acting(situation, wanted, lambda entity: changed(entity, "returning", cleaning_area=None))


def clean_area(situation: Situation) -> Effect:
    """Clean one area; which one is where to clean, not where the vacuum cleaner stands."""
    name = text_slot(situation.slots, "area") or ""
    areas = areas_named(situation.house, name)
    if not areas:
        return Effect(error="no_area", error_slots={"area": name})
    asked = asked_for(situation.request)
    wanted = Constraints(name=asked.name, entity_id=asked.entity_id, domains=_VACUUM, preferred_area_id=areas[0].id)
    return acting(situation, wanted, lambda entity: changed(entity, "cleaning", cleaning_area=areas[0].name))


def start_mowing(situation: Situation) -> Effect:
    """Send lawn mowers out."""
    wanted = replace(asked_for(situation.request), domains=_MOWER)
    return acting(situation, wanted, lambda entity: changed(entity, "mowing"))


def dock_mower(situation: Situation) -> Effect:
    """Call lawn mowers back."""
    wanted = replace(asked_for(situation.request), domains=_MOWER)
    return acting(situation, wanted, lambda entity: changed(entity, "returning"))
