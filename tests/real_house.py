"""A simulated house in which real models hear: a whole turn after the wake word."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.assembly import Assembly
from gateway.audio import paced
from gateway.config import Config, HomeConfig
from gateway.events import ActionDone, Event, Outcome, TurnEnded
from gateway.models import ModelStore
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.voices import silence

AFTER_S = 1.5
"""Of silence after what is said."""


@dataclass(frozen=True)
class RealHouse:
    """Its satellite stands in the kitchen."""

    stages: Stages
    assembly: Assembly

    async def hears(self, pcm: bytes) -> list[Event]:
        """Return what happens where this (16 kHz mono s16le) is said after the wake word."""
        ear = Ear(paced(pcm + silence(AFTER_S), realtime=False), self.stages, self.assembly.endpoint())
        return [event async for event in run_turn(ear, self.stages, Place(area_id="kitchen"), is_awake=True)]


@asynccontextmanager
async def real_house(
    yaml: str, folder: Path, config: Config | None = None, store: ModelStore | None = None
) -> AsyncIterator[RealHouse]:
    """Keep the house that `yaml` describes, written down in `folder`, with the models of `config`."""
    path = folder / "house.yaml"
    path.write_text(yaml, encoding="utf-8")
    assembly = Assembly(replace(config or Config(), home=HomeConfig(house=str(path))), store)
    simulated = assembly.home(assembly.house(), asyncio.get_running_loop(), on_timer_finished=lambda _: None)
    try:
        yield RealHouse(await assembly.load(assembly.stages, simulated), assembly)
    finally:
        simulated.close()
        assembly.close()


def changed(events: Sequence[Event]) -> list[str]:
    """Return the names of what was changed."""
    return [change.name for event in events if isinstance(event, ActionDone) for change in event.changes]


def outcome(events: Sequence[Event]) -> Outcome:
    """Return how the turn ended."""
    return next(event.outcome for event in events if isinstance(event, TurnEnded))
