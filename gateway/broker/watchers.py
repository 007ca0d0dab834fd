"""Home Assistants that watch the audit log: each is told what is new in it, and how the process that hears is kept."""

import asyncio
import logging
from typing import Final

from gateway.broker.audit import AuditLog
from gateway.errors import ConfigError, LinkError
from gateway.protection import Layer, Protection
from gateway.wire.broker_words import MOST_ROWS, AuditHead, AuditRows, ProtectionIs, WatchAudit
from gateway.wire.channel import Channel

MOST_PAGES_WAITING: Final = 4
"""For one watcher, 50 KiB each at most: one that does not read costs no more until it is cut off."""
MOST_NAMED: Final = 64
"""Ways out; the self-test tries fewer."""
LONGEST_NAMED_CHARS: Final = 120
"""A way out, or why there is no such layer: a phrase, and 64 of them fit into one message in any script."""

_LOG = logging.getLogger(__name__)


class Watchers:
    """All of them. Belongs to the event loop that is running when it is used."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._news: set[asyncio.Event] = set()
        self.protection: ProtectionIs | None = None
        """How it stands with the voice process that started last; None before there was one."""
        log.on_append(self._tell)

    def set_protection(self, protection: Protection) -> None:
        """Tell everybody how the voice process that serves now is kept from connecting."""
        self.protection = _words(protection)
        self._tell()

    async def follow(self, channel: Channel, watch: WatchAudit) -> None:
        """Tell a watcher of the log, from what it has kept on, until its connection ends."""
        news = asyncio.Event()
        self._news.add(news)
        told_size = self._log.head.size if watch.hash is None else watch.size
        told_head: AuditHead | None = None
        told_protection: ProtectionIs | None = None
        try:
            while True:
                news.clear()
                head, protection = self._log.head, self.protection
                if head != told_head:
                    await self._tell_rows(channel, told_size, head.size)
                    await channel.say_patiently(head)
                    told_head, told_size = head, head.size
                if protection is not None and protection is not told_protection:
                    await channel.say_patiently(protection)
                    told_protection = protection
                await news.wait()
        except LinkError:
            pass  # the connection has ended
        except ConfigError as error:
            _LOG.error("audit log: %s", error)
            channel.cut("internal")
        finally:
            self._news.discard(news)

    async def _tell_rows(self, channel: Channel, after: int, until: int) -> None:
        for first in range(after, until, MOST_ROWS):
            rows = tuple(self._log.rows(first, min(MOST_ROWS, until - first)))
            await channel.say_patiently(AuditRows(first=first + 1, rows=rows), most_waiting=MOST_PAGES_WAITING)

    def _tell(self) -> None:
        for news in self._news:
            news.set()


def _words(protection: Protection) -> ProtectionIs:
    """Return it as it travels; what came from the voice process is as long as a message allows, and no longer."""
    return ProtectionIs(
        is_enforced=protection.is_enforced,
        is_same_user=protection.is_same_user,
        layers=tuple(layer.value for layer in Layer if layer in protection.layers),
        missing={
            layer.value: protection.missing[layer][:LONGEST_NAMED_CHARS]
            for layer in Layer
            if layer in protection.missing
        },
        attempts=protection.attempts,
        ways_out=tuple(way[:LONGEST_NAMED_CHARS] for way in protection.ways_out[:MOST_NAMED]),
    )
