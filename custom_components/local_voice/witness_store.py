"""Where Home Assistant keeps what the witness must not forget: a file for each gateway, gone with its entry.

Written whole, to the disk, and put in the place of the one before, as soon as a head was judged and before anybody is
shown it. Whoever kills Home Assistant, or its power, before that makes it forget that one head: it then goes on from
the one before, and the rows in between are judged again.
"""

import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .wire.broker_messages import AuditHead
from .wire.codec import Vocabulary, encode
from .witness import Finding, Kept, Verdict

VERSION: Final = 1

_LOGGER = logging.getLogger(__name__)
_HEAD: Final = Vocabulary(AuditHead)


class WitnessStore:
    """What is kept of one gateway's log."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Belong to a config entry."""
        self._store = Store[dict[str, Any]](
            hass, VERSION, f"{DOMAIN}.audit_{entry_id}", private=True, atomic_writes=True
        )
        self.is_readable = True
        """Whether what was kept could be read; where not, it is left as it is, and nothing is written any more."""

    @property
    def path(self) -> str:
        """The file's."""
        path: str = self._store.path
        return path

    async def load(self) -> Kept:
        """Return what was kept; nothing where nothing is. Raises nothing.

        A file that is no JSON is put aside by Home Assistant, which says so in its repairs.
        """
        try:
            stored = await self._store.async_load()
            return Kept() if stored is None else _kept(stored)
        except Exception:
            _LOGGER.exception("%s cannot be used", self.path)
            self.is_readable = False
            self._store.make_read_only()
            return Kept()

    async def save(self, kept: Kept) -> None:
        """Write it now. Where that fails, Home Assistant logs why; the next try is with the next head."""
        await self._store.async_save(_stored(kept))

    async def remove(self) -> None:
        """Forget it."""
        await self._store.async_remove()


def _stored(kept: Kept) -> dict[str, Any]:
    finding = kept.finding
    return {
        "head": kept.head and encode(kept.head).decode(),
        "finding": finding and {"verdict": finding.verdict.value, "head": encode(finding.head).decode()},
    }


def _kept(stored: dict[str, Any]) -> Kept:
    found = stored["finding"]
    return Kept(
        stored["head"] and _head(stored["head"]),
        found and Finding(Verdict(found["verdict"]), _head(found["head"])),
    )


def _head(stored: str) -> AuditHead:
    head = _HEAD.decode(stored)
    if not isinstance(head, AuditHead):
        raise TypeError("not a head")
    return head
