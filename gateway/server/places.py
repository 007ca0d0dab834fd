"""In which rooms satellites stand: where a home says so there, else where they were put when they were paired."""

from collections.abc import Hashable

from gateway.server.services import Household
from gateway.wire.peers import Peer


class Places:
    """Remembers what each connected home says; where several do, the one that connected last counts."""

    def __init__(self, household: Household) -> None:
        self._household = household
        self._told: dict[Hashable, dict[str, str]] = {}

    def area_id(self, peer: Peer) -> str | None:
        """Return the id of a satellite's room; None where the house as it is now has none of that name or id."""
        told = [areas[peer.id] for areas in self._told.values() if peer.id in areas]
        named = told[-1] if told else peer.area
        return self._household.area_id(named) if named else None

    def connected(self, home: Hashable) -> None:
        """Listen to a home."""
        self._told[home] = {}

    def put(self, home: Hashable, satellite_id: str, area_id: str | None) -> None:
        """Have a satellite stand where a connected home says; None undoes what it said before."""
        if area_id is None:
            self._told[home].pop(satellite_id, None)
        else:
            self._told[home][satellite_id] = area_id

    def disconnected(self, home: Hashable) -> None:
        """Forget what a home said."""
        del self._told[home]
