"""A connection to one of a gateway's ports that lasts: held while it does, and had again whenever it has ended."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .errors import GatewayError, TrustError, WrongVersionError
from .wire.backoff import Backoff
from .wire.connection import Connection, Port, dial
from .wire.messages import Greeting
from .wire.open_request import to_its_end

CONF_REASON: Final = "reason"
"""In the data that a reauth flow begins with: why it is needed (`unknown_token`, `changed_pin`)."""
UNTRUSTED_PAUSE_S: Final = 300.0
"""Somebody has to pair again, or to update; only a gateway that was another for a while comes back by itself."""

type Greeted = tuple[Connection, Greeting]


class Keeper:
    """Keeps one. Who is not trusted any more is paired again."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        port: Port,
        *,
        hold: Callable[[Connection, Greeting], Awaitable[None]],
        failed: Callable[[GatewayError], None],
    ) -> None:
        """Nothing is dialled yet.

        `hold` uses a connection until it has ended, and closes it, however that happens; it raises nothing else than
        that it is cancelled. `failed` is told why there is none again.
        """
        self._hass = hass
        self._entry = entry
        self._port = port
        self._hold = hold
        self._failed = failed
        self._keeping: asyncio.Task[None] | None = None

    async def connect(self) -> Greeted:
        """Return a connection that was greeted. Raises what `dial` and `Connection.greet` do."""
        connection = await dial(self._hass, self._port)
        try:
            return connection, await connection.greet()
        except BaseException:
            await to_its_end(connection.close())
            raise

    def keep(self, greeted: Greeted | None = None) -> None:
        """Hold this connection, or one that is had soon, and others after it, until `stop`."""
        name = f"{self._entry.domain} {self._entry.entry_id} {self._port.path}"
        self._keeping = self._entry.async_create_background_task(self._hass, self._keep(greeted), name)

    async def stop(self) -> None:
        """Be connected no more; nothing of the connection is left when this returns."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})

    async def _keep(self, greeted: Greeted | None) -> None:
        backoff, pause_s = Backoff(), 0.0
        while True:
            if greeted is None:
                await asyncio.sleep(pause_s)
                try:
                    greeted = await self.connect()
                except GatewayError as error:
                    pause_s = self._pause_s(error) or backoff.next_s()
                    continue
            began_s = self._hass.loop.time()
            await self._hold(*greeted)
            greeted = None
            pause_s = backoff.next_s(self._hass.loop.time() - began_s)

    def _pause_s(self, error: GatewayError) -> float | None:
        """Return how long to wait where the next try comes to the same unless somebody does something."""
        self._failed(error)
        if isinstance(error, TrustError):
            self._entry.async_start_reauth(self._hass, data={CONF_REASON: error.translation_key})
        return UNTRUSTED_PAUSE_S if isinstance(error, TrustError | WrongVersionError) else None
