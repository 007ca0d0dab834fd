"""A satellite of the gateway's that stands in the kitchen of a household with Home Assistant."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.recordings import read_recording
from gateway.satellite.known_gateways import from_pairing, remember
from tests.e2e.home_assistant.setting_up import Household
from tests.e2e.program import Running, started


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """The folder of a satellite that is paired and stands in the kitchen."""

    folder: Path

    @contextmanager
    def hears(self, recording: Path) -> Iterator[Running]:
        """Run the satellite; it hears a recording, and silence after that."""
        devices: tuple[str | Path, ...] = ("--wav", recording, "--out", self.out)
        with started("satellite", *devices, environ={"XDG_DATA_HOME": str(self.folder)}) as running:
            running.wait_for_log("connected to the gateway")
            yield running

    @property
    def out(self) -> Path:
        """What its speaker plays."""
        return self.folder / "out.wav"

    def played(self) -> bytes:
        """Return what its speaker has played, 16 kHz mono s16le; the satellite has ended."""
        return read_recording(self.out)


def paired_kitchen(home: Household, folder: Path) -> Kitchen:
    """Pair a satellite; what it remembers goes to `folder`."""
    paired = asyncio.run(home.served.satellite("Kitchen satellite", "Kitchen"))
    remember(folder / "local-voice" / "satellite.json", from_pairing(home.served.voice, paired))
    return Kitchen(folder=folder)
