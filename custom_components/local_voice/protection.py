"""How well the process that hears is kept from connecting, in a word."""

from enum import StrEnum
from typing import Any

from .wire.broker_messages import Protection


class Level(StrEnum):
    """The word."""

    ENFORCED = "enforced"
    SAME_USER = "same_user"
    """Enforced; but were that process taken over, it could alter the broker, whose user it is."""
    NOT_ENFORCED = "not_enforced"


def level_of(protection: Protection) -> Level:
    """Return the word for a protection."""
    if not protection.is_enforced:
        return Level.NOT_ENFORCED
    return Level.SAME_USER if protection.is_same_user else Level.ENFORCED


def in_detail(protection: Protection) -> dict[str, Any]:
    """Return what that is made of, for those who look closer."""
    return {
        "active_layers": list(protection.layers),
        "missing_layers": dict(protection.missing),
        "attempts": protection.attempts,
        "ways_out": list(protection.ways_out),
    }
