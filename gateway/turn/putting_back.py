"""What of an action can be put back, once words that came later showed that something else was meant. Decides only."""

from typing import Final

from gateway.events import ActionResult, Intent, StateChange

SWITCHED_DOMAINS: Final = frozenset({"fan", "group", "humidifier", "input_boolean", "light", "siren", "switch"})
"""What is as it was before once it is switched back. Anything else is left as it is, rather than to guess."""
_BACK: Final = {("off", "on"): "HassTurnOff", ("on", "off"): "HassTurnOn"}


def putting_back(done: ActionResult, instead: ActionResult | None) -> tuple[Intent, ...]:
    """Return what puts back what was `done`, but for what was acted on `instead` of it."""
    touched = set[str]()
    if instead is not None:
        touched = {entity.id for entity in instead.matched} | {change.entity_id for change in instead.changes}
    changes = (change for change in done.changes if change.entity_id not in touched)
    return tuple(intent for change in changes if (intent := _opposite(change)) is not None)


def _opposite(change: StateChange) -> Intent | None:
    if change.entity_id.partition(".")[0] not in SWITCHED_DOMAINS:
        return None
    name = _BACK.get((_state(change.before), _state(change.after)))
    return None if name is None else Intent(name=name, slots={"name": change.name}, entity_id=change.entity_id)


def _state(described: str) -> str:
    """Return the state alone: `on` of `on, brightness 50 %`."""
    return described.partition(",")[0]
