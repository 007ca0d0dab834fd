"""Satellites of a gateway that serves, each in a room: they hear a recording, and play into a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.satellite.known_gateways import from_pairing, remember
from tests.e2e.program import Running, started
from tests.e2e.serving import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A satellite somewhere in the house."""

    folder: Path
    peer_id: str

    @contextmanager
    def satellite(self, recording: Path, *more: str) -> Iterator[Running]:
        devices: tuple[str | Path, ...] = ("--wav", recording, "--out", self.out)
        with started("satellite", *devices, *more, environ={"XDG_DATA_HOME": str(self.folder)}) as running:
            yield running

    @property
    def out(self) -> Path:
        return self.folder / "out.wav"


async def room(served: Serving, folder: Path, area: str) -> Room:
    """Pair a satellite that stands in an area, with a code that the owner asks for."""
    paired = await served.satellite(area, area)
    remember(folder / "local-voice" / "satellite.json", from_pairing(served.voice, paired))
    return Room(folder=folder, peer_id=paired.peer_id)
