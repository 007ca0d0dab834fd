from gateway.events import ActionResult, StateChange
from gateway.house import Entity
from gateway.turn.putting_back import putting_back


def change(entity_id: str, before: str, after: str) -> StateChange:
    return StateChange(entity_id=entity_id, name=entity_id.partition(".")[2].title(), before=before, after=after)


def back(*changes: StateChange, instead: ActionResult | None = None) -> list[tuple[str, str | None]]:
    return [(intent.name, intent.entity_id) for intent in putting_back(ActionResult(changes=changes), instead)]


def test_what_was_switched_is_switched_back() -> None:
    assert back(change("light.lamp", "off", "on, brightness 50 %"), change("fan.attic", "on", "off")) == [
        ("HassTurnOff", "light.lamp"),
        ("HassTurnOn", "fan.attic"),
    ]


def test_what_cannot_be_known_or_switched_back_is_left() -> None:
    assert back(change("light.lamp", "on, brightness 20 %", "on, brightness 50 %")) == []
    assert back(change("light.lamp", "unavailable", "on")) == []
    assert back(change("cover.blinds", "open", "closed"), change("script.night", "off", "on")) == []


def test_what_the_second_action_is_about_is_its_business() -> None:
    lamp, fan, heater = (change(entity_id, "off", "on") for entity_id in ("light.lamp", "fan.attic", "switch.heater"))
    instead = ActionResult(matched=(Entity(id="light.lamp", name="Lamp"),), changes=(change("fan.attic", "on", "off"),))
    assert back(lamp, fan, heater, instead=instead) == [("HassTurnOff", "switch.heater")]
