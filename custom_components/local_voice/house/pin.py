"""The PIN that people say: a salted hash is all that is kept of it, and few wrong ones are looked at.

A PIN of few digits can be found by whoever has the hash and time. What protects it is that Home Assistant's own files
hold it and nothing else does, and that nobody may try many: neither by voice, nor a gateway that was taken over.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_PIN_HASH, DOMAIN

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

FEWEST_DIGITS, MOST_DIGITS = 4, 12
"""Nobody remembers more; as the gateway takes them."""
MOST_WRONG: Final = 5
"""Who knows the PIN says it right by then; of 10,000 it is nothing."""
LOCKED_S: Final = 300.0
"""For so long no PIN is taken after that, the right one neither: to try half of 10,000 takes three days and a half."""
SALT_BYTES, HASH_BYTES = 16, 32
COST, BLOCK, LANES = 2**14, 8, 1
"""Of scrypt: 16 MiB, and less than half a second on a small computer."""

WRONG: Final = "wrong_pin"
LOCKED: Final = "pin_locked"
NONE_SET: Final = "no_pin"

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Attempts:
    """What was tried with one entry; it outlives reloads, which a gateway may bring about."""

    wrong: int = 0
    locked_until_s: float = 0.0
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)


_ATTEMPTS: Final[HassKey[dict[str, _Attempts]]] = HassKey(f"{DOMAIN}_pin_attempts")


def is_pin(typed: str) -> bool:
    """Tell whether these are digits, and as many as a PIN has."""
    return typed.isascii() and typed.isdigit() and FEWEST_DIGITS <= len(typed) <= MOST_DIGITS


def is_set(entry: ConfigEntry) -> bool:
    """Tell whether there is a PIN. Where there is none, what needs one is not done."""
    return isinstance(entry.options.get(CONF_PIN_HASH), Mapping)


def hashed(pin: str) -> dict[str, str]:
    """Return what is kept of a PIN. Takes a while: not for the event loop."""
    salt = secrets.token_bytes(SALT_BYTES)
    return {"salt": salt.hex(), "hash": _hash(pin, salt).hex()}


async def why_not(hass: HomeAssistant, entry: ConfigEntry, pin: str) -> str | None:
    """Return why a PIN that was said is not taken, as the error of an action; None where it is the right one."""
    kept = entry.options.get(CONF_PIN_HASH)
    if not isinstance(kept, Mapping):
        return NONE_SET
    attempts = hass.data.setdefault(_ATTEMPTS, {}).setdefault(entry.entry_id, _Attempts())
    async with attempts.one_at_a_time:
        if hass.loop.time() < attempts.locked_until_s:
            return LOCKED
        found = await hass.async_add_executor_job(_hash, pin, bytes.fromhex(kept["salt"]))
        if hmac.compare_digest(found, bytes.fromhex(kept["hash"])):
            attempts.wrong = 0
            return None
        attempts.wrong += 1
        if attempts.wrong >= MOST_WRONG:
            attempts.wrong, attempts.locked_until_s = 0, hass.loop.time() + LOCKED_S
            _LOG.warning("%d wrong PINs in a row: none is taken for %d s", MOST_WRONG, LOCKED_S)
        return WRONG


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, dklen=HASH_BYTES)
