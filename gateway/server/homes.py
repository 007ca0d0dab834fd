"""All homes that are connected: the one whose house came into use last is asked to act; each is told what happens."""

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult
from gateway.server.home_session import HomeSession
from gateway.server.satellites import Satellites
from gateway.server.services import Services
from gateway.wire.channel import Channel
from gateway.wire.peers import Peer


class Homes:
    """The homes of one gateway; there is one, but for the moment in which it connects anew."""

    def __init__(self, services: Services, satellites: Satellites) -> None:
        self._services = services
        self._satellites = satellites
        self._usable: list[HomeSession] = []

    async def serve(self, peer: Peer, channel: Channel) -> None:
        """Run a home's session."""
        session = HomeSession(peer, channel, self._services, self._satellites, usable=lambda: self._use(session))
        try:
            await session.run()
        finally:
            self._lose(session)

    async def ask(self, request: ActionRequest) -> ActionResult:
        """Have the home do something. Raises HomeError where there is none, or it does not answer in time."""
        if not self._usable:
            raise HomeError("no home is connected")
        return await self._usable[-1].ask(request)

    def _use(self, session: HomeSession) -> None:
        """Ask this one from now on. The household knows all homes as one."""
        is_first = not self._usable
        if session in self._usable:
            self._usable.remove(session)
        self._usable.append(session)
        if is_first:
            self._services.household.connected(self.ask)

    def _lose(self, session: HomeSession) -> None:
        if session in self._usable:
            self._usable.remove(session)
            if not self._usable:
                self._services.household.disconnected(self.ask)
                self._satellites.house_changed()
