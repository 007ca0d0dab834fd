"""Lists."""

from homeassistant.components.todo import TodoItem, TodoItemStatus, TodoListEntity, TodoListEntityFeature
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .thing import Thing, add_things


async def async_setup_entry(
    hass: HomeAssistant, entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Begin them."""
    await add_things(hass, entry, async_add_entities, TodoList, "todo")


class TodoList(Thing, TodoListEntity):
    """A list that is empty at rest; otherwise there is something on it."""

    _attr_supported_features = TodoListEntityFeature.CREATE_TODO_ITEM | TodoListEntityFeature.UPDATE_TODO_ITEM

    def become(self, *, is_working: bool) -> None:
        """Have one item, or none."""
        milk = TodoItem(uid="milk", summary="milk", status=TodoItemStatus.NEEDS_ACTION)
        self._attr_todo_items = [milk] if is_working else []

    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Write something down."""
        items = self._attr_todo_items or []
        item.uid, item.status = f"{len(items)}", item.status or TodoItemStatus.NEEDS_ACTION
        self._attr_todo_items = [*items, item]
        self.async_write_ha_state()

    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Change what is written."""
        self._attr_todo_items = [item if old.uid == item.uid else old for old in self._attr_todo_items or []]
        self.async_write_ha_state()
