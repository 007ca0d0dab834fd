import pytest

from gateway.home.changes import difference
from gateway.home.effects import changed
from gateway.house import AttributeValue, Entity


@pytest.mark.parametrize(
    ("before", "state", "attributes", "words"),
    [
        (Entity(id="light.a", name="A", state="off"), "on", {"brightness": 128}, ("off", "on, brightness 50 %")),
        (
            Entity(id="light.a", name="A", state="on", attributes={"color": "red"}),
            None,
            {"color": None, "color_temp_kelvin": 2700},
            ("on, color red", "on, color temperature 2700 K"),
        ),
        (
            Entity(id="cover.a", name="A", state="open", attributes={"current_position": 100}),
            None,
            {"current_position": 40},
            ("open, position 100 %", "open, position 40 %"),
        ),
        (
            Entity(id="climate.a", name="A", state="heat", attributes={"temperature": 19.0}),
            None,
            {"temperature": 21.5},
            ("heat, target 19°", "heat, target 21.5°"),
        ),
        (
            Entity(id="todo.a", name="A", state="0", attributes={"items": ()}),
            "1",
            {"items": ("Milk",)},
            ("0, no items", "1, Milk"),
        ),
        (
            Entity(id="media_player.a", name="A", state="playing", attributes={"volume_level": 0.4}),
            None,
            {"is_volume_muted": True, "volume_level": 0.5},
            ("playing, volume 40 %", "playing, volume 50 %, muted"),
        ),
        (Entity(id="scene.a", name="A", state="unknown"), "2026-01-01", {}, ("ready", "activated")),
        (Entity(id="script.a", name="A", state="off"), None, {"last_triggered": "now"}, ("ready", "run")),
        (Entity(id="button.a", name="A", state="unknown"), "2026-01-01", {}, ("ready", "pressed")),
    ],
)
def test_a_change_is_said_with_what_changed(
    before: Entity, state: str | None, attributes: dict[str, AttributeValue], words: tuple[str, str]
) -> None:
    change = difference(before, changed(before, state, **attributes))
    assert change is not None
    assert (change.entity_id, change.name) == (before.id, "A")
    assert (change.before, change.after) == words


def test_nothing_different_is_no_change() -> None:
    light = Entity(id="light.a", name="A", state="on", attributes={"brightness": 3})
    scene = Entity(id="scene.a", name="A", state="unknown")
    assert difference(light, changed(light, "on")) is None
    assert difference(light, changed(light, rgb_color=(1, 2, 3))) is None
    assert difference(scene, scene) is None
