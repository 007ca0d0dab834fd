"""To-do and shopping lists. Pure: takes entities, returns entities. Follows `todo/intent.py` of Home Assistant."""

from collections.abc import Callable
from dataclasses import replace

from gateway.home.effects import Effect, Situation, changed, failed
from gateway.home.targets import Constraints, asked_for, find_targets
from gateway.house import AttributeValue, Entity

ITEM_LIMIT = 1000
"""Open items of one list; nobody reads more, and a stuck microphone must not fill memory."""

_SHOPPING = "shopping list"
_SHOPPING_ID = "todo.shopping_list"

type _Items = tuple[str, ...]
type _Edit = Callable[[_Items, _Items, str], tuple[_Items, _Items] | None]
"""Takes open items, done items and an item; returns both lists afterwards, None where the item is not there."""


def add_item(situation: Situation) -> Effect:
    """Put an item on a list."""
    return _edited(situation, _added)


def complete_item(situation: Situation) -> Effect:
    """Check an item off."""
    return _edited(situation, _completed)


def remove_item(situation: Situation) -> Effect:
    """Take an item off, open or done."""
    return _edited(situation, _removed)


def _edited(situation: Situation, edit: _Edit) -> Effect:
    targets = find_targets(situation.house, _list_wanted(situation))
    if targets.error is not None:
        return failed(targets)
    todo, item = targets.entities[0], str(situation.slots.get("item", "")).strip()
    after = edit(_texts(todo.attributes.get("items")), _texts(todo.attributes.get("completed")), item)
    if after is None:
        return Effect(error="item_not_found", error_slots={"item": item})
    items, completed = after
    if len(items) > ITEM_LIMIT:
        return Effect(error="list_full")
    return Effect(matched=(_with_items(todo, items, completed),))


def _list_wanted(situation: Situation) -> Constraints:
    """Return the named list; the sentences about "the shopping list" name none, and mean Home Assistant's own."""
    wanted = replace(asked_for(situation.request), domains=frozenset({"todo"}))
    if wanted.name is not None:
        return wanted
    is_there = any(entity.id == _SHOPPING_ID for entity in situation.house.entities)
    return replace(wanted, name=_SHOPPING, entity_id=_SHOPPING_ID if is_there else None)


def _with_items(todo: Entity, items: _Items, completed: _Items) -> Entity:
    return changed(todo, str(len(items)), items=items, completed=completed)


def _texts(value: AttributeValue) -> _Items:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _added(items: _Items, completed: _Items, item: str) -> tuple[_Items, _Items] | None:
    return (*items, item[:1].upper() + item[1:]), completed


def _completed(items: _Items, completed: _Items, item: str) -> tuple[_Items, _Items] | None:
    found = _found(items, item)
    return None if found is None else (_without(items, found), (*completed, found)[-ITEM_LIMIT:])


def _removed(items: _Items, completed: _Items, item: str) -> tuple[_Items, _Items] | None:
    if (found := _found(items, item)) is not None:
        return _without(items, found), completed
    if (found := _found(completed, item)) is not None:
        return items, _without(completed, found)
    return None


def _found(items: _Items, item: str) -> str | None:
    return next((one for one in items if one.casefold() == item.casefold()), None)


def _without(items: _Items, item: str) -> _Items:
    index = items.index(item)
    return (*items[:index], *items[index + 1 :])
