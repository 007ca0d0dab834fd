"""Brightness, colour and colour temperature of lights. Pure: takes entities, returns entities."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gateway.home.domains import FULL_BRIGHTNESS, is_coloured, is_dimmable
from gateway.home.effects import Effect, Situation, acting, changed, number
from gateway.home.switching import switched
from gateway.home.targets import asked_for
from gateway.house import AttributeValue, Entity

_RGB: Final[Mapping[str, tuple[int, int, int]]] = MappingProxyType(
    {
        "white": (255, 255, 255),
        "black": (0, 0, 0),
        "red": (255, 0, 0),
        "orange": (255, 165, 0),
        "yellow": (255, 255, 0),
        "green": (0, 128, 0),
        "blue": (0, 0, 255),
        "purple": (128, 0, 128),
        "brown": (165, 42, 42),
        "pink": (255, 192, 203),
        "turquoise": (64, 224, 208),
    }
)
"""The colours of the sentence templates, by their CSS values as in Home Assistant."""


def set_light(situation: Situation) -> Effect:
    """Set what the slots say, turning lights on.

    Home Assistant also turns on the lights that cannot show it, and answers as if they did; here they are left alone,
    and it is an error if none of them can.
    """
    slots = situation.slots

    def after(entity: Entity) -> Entity | None:
        return _adjusted(entity, slots.get("brightness"), slots.get("color"), slots.get("temperature"), situation)

    return acting(situation, replace(asked_for(situation.request), domains=frozenset({"light"})), after)


def _adjusted(
    entity: Entity, brightness: AttributeValue, color: AttributeValue, kelvin: AttributeValue, situation: Situation
) -> Entity | None:
    modes = entity.attributes.get("supported_color_modes")
    after = switched(entity, is_on=brightness != 0, now=situation.now)
    if after is None or (brightness is not None and not is_dimmable(modes)):
        return None
    if brightness:
        after = changed(after, brightness=round(number(brightness) * FULL_BRIGHTNESS / 100))
    if color is not None:
        if not is_coloured(modes) or str(color) not in _RGB:
            return None
        after = changed(after, color=str(color), rgb_color=_RGB[str(color)], color_temp_kelvin=None)
    if kelvin is not None:
        if isinstance(modes, tuple) and "color_temp" not in modes:
            return None
        after = changed(after, color_temp_kelvin=round(number(kelvin)), color=None, rgb_color=None)
    return after
