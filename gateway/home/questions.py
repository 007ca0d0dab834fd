"""Questions about states, the weather, the date and the time. Changes nothing.

Follows `GetStateIntentHandler` and its neighbours in Home Assistant's `intent/__init__.py`, and `weather/intent.py`.
"""

from dataclasses import replace

from gateway.home.effects import Effect, Situation, failed
from gateway.home.targets import asked_for, find_targets, several

_UNANSWERABLE = frozenset({"no_area", "no_floor"})


def get_state(situation: Situation) -> Effect:
    """Answer what is true of the things asked about, and of which it is not.

    Where no thing fits, the answer is about none: "are any lights on" is answered "no". A thing that was named but is
    not there is an error, as is a place that does not exist.
    """
    wanted = asked_for(situation.request)
    targets = find_targets(situation.house, wanted)
    if targets.error is not None and (
        wanted.name is not None or targets.error in _UNANSWERABLE or targets.error.startswith("duplicate")
    ):
        return failed(targets)
    states = several(situation.slots.get("state"))
    return Effect(
        matched=tuple(entity for entity in targets.entities if not states or entity.state in states),
        unmatched=tuple(entity for entity in targets.entities if states and entity.state not in states),
    )


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
