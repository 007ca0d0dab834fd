"""A gateway's broker as the integration knows it: what it says of its audit log, judged, and of what protects the home.

A connection of its own, beside the one to what hears: that could tell whatever it likes, and never about itself. What
is said there about requests that want to leave the home is in `consent.py`.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

from homeassistant.const import CONF_HOST, CONF_PORT

from .consent import CloudRequests
from .const import CONF_BROKER_PIN, CONF_BROKER_TOKEN
from .errors import NotConnectedError, RefusedError
from .keeper import Keeper
from .listeners import Listeners
from .log_check import GOOD, LONGEST_CHECK_S, LogCheck, check
from .wire.broker_messages import FROM_BROKER, AuditHead, AuditRows, Protection, WatchAudit
from .wire.connection import Connection, Port
from .wire.messages import Greeting, Refused
from .wire.open_request import to_its_end, within
from .witness import Finding, Kept, Witness, short
from .witness_store import WitnessStore

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from .errors import GatewayError
    from .wire.codec import Message

PATH: Final = "/broker"
REST_SHARE: Final = 4
"""After the whole log was read, so many times as long as that took passes before it is read again, whoever asks."""
LONGEST_REST_S: Final = 60.0

_LOGGER = logging.getLogger(__name__)


class Broker:
    """One gateway's, over a connection that comes and goes. Nothing waits for it: the gateway hears without it."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know what `entry` says; nothing is read nor dialled before `start`."""
        self.name: Final[str] = entry.title
        self.protection: Protection | None = None
        """The last one that was told; kept while the broker is away."""
        self.trouble = ""
        """Why it is away: the translation key of an error, nothing while it is there, or never was looked for."""
        self.store: Final = WitnessStore(hass, entry.entry_id)
        self._witness = Witness(Kept())
        self._connection: Connection | None = None
        self._verifying: asyncio.Task[LogCheck] | None = None
        self._rested_at = monotonic()
        """When the whole log may be read again."""
        self._on_change: Listeners[()] = Listeners()
        self.cloud: Final = CloudRequests(hass, entry.entry_id, entry.title, self._on_change.tell)
        data = entry.data
        port = Port(
            host=data[CONF_HOST],
            number=data[CONF_PORT] + 1,
            path=PATH,
            heard=FROM_BROKER,
            pin=data[CONF_BROKER_PIN],
            token=data[CONF_BROKER_TOKEN],
        )
        self._keeper = Keeper(hass, entry, port, hold=self._hold, failed=self._failed)

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._connection is not None

    @property
    def head(self) -> AuditHead | None:
        """The latest good head of the audit log."""
        return self._witness.kept.head

    @property
    def finding(self) -> Finding | None:
        """What is wrong with the log, until it continues the kept head again, or somebody accepts it."""
        return self._witness.kept.finding

    async def start(self) -> None:
        """Remember what was kept, and connect as soon as that is possible; raises nothing, waits for nobody."""
        self._witness = Witness(await self.store.load())
        self._keeper.keep()

    async def stop(self) -> None:
        """Be connected no more; nothing of the connection, or of another one, is left when this returns."""
        if self._verifying is not None:
            self._verifying.cancel()
            await asyncio.wait({self._verifying})
        await self._keeper.stop()

    def on_change(self, cb: Callable[[], None]) -> Callable[[], None]:
        """Have `cb` called whenever connection, log, protection or consent are different; return what ends it."""
        return self._on_change.add(cb)

    async def accept(self, head: AuditHead) -> None:
        """Keep `head`, which somebody was shown and can explain, instead of the one that is kept.

        What the log has become since is judged from there: the broker is asked anew.
        """
        self._witness.accept(head)
        _LOGGER.warning("%s: its audit log was accepted as it is: %s", self.name, short(head))
        await self.store.save(self._witness.kept)
        self._on_change.tell()
        if self._connection is not None:
            self._connection.cut()

    async def verify(self) -> LogCheck:
        """Have the whole log read anew, on a connection of its own, and compared with the head that is kept.

        Raises NotConnectedError, RefusedError `too_many` while another does, `no_answer`, `too_large`, and what `dial`
        and `Connection.greet` do.
        """
        if self._verifying is not None:
            raise RefusedError("too_many")
        kept = self._witness.kept
        told = kept.head
        if told is None and kept.finding is not None:
            told = kept.finding.head
        if self._connection is None or told is None:
            raise NotConnectedError
        self._verifying = asyncio.create_task(self._verify(told.key, kept.head))
        try:
            checked = await self._verifying
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise NotConnectedError from None  # `stop`
        finally:
            self._verifying = None
        if checked.verdict != GOOD:
            _LOGGER.error(
                "%s: all %d rows of its audit log were read, and it is not what it was (%s): found %s",
                self.name,
                checked.rows,
                checked.verdict,
                short(checked.head),
            )
        return checked

    async def _verify(self, key: str, kept: AuditHead | None) -> LogCheck:
        await asyncio.sleep(self._rested_at - monotonic())
        began_at = monotonic()
        try:
            async with within(LONGEST_CHECK_S):
                connection, _ = await self._keeper.connect()
                try:
                    return await check(connection, key, kept)
                finally:
                    await to_its_end(connection.close())
        finally:
            took_s = monotonic() - began_at
            self._rested_at = monotonic() + min(REST_SHARE * took_s, LONGEST_REST_S)

    async def _hold(self, connection: Connection, greeting: Greeting) -> None:  # noqa: ARG002 - voice's says the same
        """Watch the audit log, and what wants to leave the home, until the connection ends."""
        self._found(connection)
        try:
            self._watch(connection)
            self.cloud.begin(connection)
            while (heard := await connection.hear()) is not None:
                await self._told(heard)
        except NotConnectedError:
            pass
        else:
            _LOGGER.info("%s: the connection to its broker is lost", self.name)
        finally:
            self._lost()
            await to_its_end(connection.close())

    def _found(self, connection: Connection) -> None:
        if self.trouble:
            _LOGGER.info("%s: its broker is connected again", self.name)
        self.trouble = ""
        self._connection = connection
        self._on_change.tell()

    def _lost(self) -> None:
        self.trouble = "not_connected"
        self._connection = None
        self.cloud.end()
        self._on_change.tell()

    def _failed(self, error: GatewayError) -> None:
        if not self.trouble:
            _LOGGER.info("%s: its broker is away: %s", self.name, error.translation_key)
        self.trouble = error.translation_key or ""
        self._on_change.tell()

    def _watch(self, connection: Connection) -> None:
        self._witness.begin()
        head = self.head
        connection.say(WatchAudit() if head is None else WatchAudit(size=head.size, hash=head.hash))

    async def _told(self, heard: Message | bytes) -> None:
        if self.cloud.told(heard):
            return
        match heard:
            case AuditRows():
                self._witness.chain(heard.first, heard.rows)
            case AuditHead():
                await self._judge(heard)
            case Protection():
                self.protection = heard
                self._on_change.tell()
            case Refused():
                _LOGGER.warning(
                    "%s: its broker does not do what it was told (%s): %s", self.name, heard.about, heard.code
                )
            case _:
                _LOGGER.debug("%s: its broker said something that was not asked for", self.name)

    async def _judge(self, head: AuditHead) -> None:
        """Keep a head, or what is wrong with it, and tell of it once that is written."""
        before = self._witness.kept
        verdict = self._witness.judge(head)
        if self._witness.kept == before:
            return
        if verdict is not None:
            kept = "none" if before.head is None else short(before.head)
            _LOGGER.error(
                "%s: its audit log is not what it was (%s): kept %s, found %s", self.name, verdict, kept, short(head)
            )
        await self.store.save(self._witness.kept)
        self._on_change.tell()
