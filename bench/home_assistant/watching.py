"""What becomes of a benchmark's house: who changed to what, and when."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.home_assistant.installing import DOMAIN
from gateway.turn.tasks import drop
from tests.e2e.home_assistant.connection import Connection, Events

RAN: Final = "ran"
"""All that can be told of a scene or script afterwards."""
_RUN: Final = frozenset({"scene", "script"})
SETTLE_S: Final = 0.25
"""What one sentence changes comes within this time."""
FOREVER_S: Final = 86_400.0

type Condition = Mapping[str, str]
"""By entity id: its state and attributes as one text, or `RAN`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One `state_changed` event."""

    at_s: float
    """When it was told, on the monotonic clock."""
    entity_id: str
    became: str


class Watch:
    """Reads `state_changed` events; belongs to the event loop that made it."""

    def __init__(self, connection: Connection, entity_ids: Iterable[str]) -> None:
        self._connection = connection
        self._ids = frozenset(entity_ids)
        self._before: dict[str, str] = {}
        self._changes: list[Change] = []
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read from now on, until `stop`."""
        events = await self._connection.subscribe("subscribe_events", event_type="state_changed")
        self._reading = asyncio.create_task(self._read(events))

    async def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            await drop(self._reading)

    async def reset(self, condition: str) -> None:
        """Put everything into `condition` (`resting` or `working`), and forget what was before."""
        await self._connection.act(f"{DOMAIN}.become", condition=condition)
        states = await self._connection.call("get_states")
        await asyncio.sleep(0)  # what was told before the answer is read
        self._before = {
            one["entity_id"]: signature(one)
            for one in states
            if one["entity_id"] in self._ids and not _only_runs(one["entity_id"])
        }
        self._changes.clear()

    @property
    def changed(self) -> Condition:
        """What is different from how everything was after `reset`."""
        return difference(self._changes, self._before)

    async def reached_s(self, wanted: Condition, deadline_s: float) -> float | None:
        """Wait until the house has become what is `wanted`; return when it had, on the monotonic clock.

        None where it has not within `deadline_s` from now, or where more is different than wanted.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while (at_s := met_s(self._changes, self._before, wanted)) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        await asyncio.sleep(SETTLE_S)
        return at_s if self.changed == wanted else None

    async def _read(self, events: Events) -> None:
        while True:
            event = await events.next(FOREVER_S)
            at_s, data = time.monotonic(), event["data"]
            if data["entity_id"] in self._ids and data["new_state"] is not None:
                became = signature(data["new_state"])
                self._changes.append(Change(at_s=at_s, entity_id=data["entity_id"], became=became))
                self._news.set()


def difference(changes: Iterable[Change], before: Condition) -> Condition:
    """Return what is different after `changes` from how everything was `before`."""
    now = {change.entity_id: change.became for change in changes}
    return {one: became for one, became in now.items() if became != before.get(one)}


def met_s(changes: Sequence[Change], before: Condition, wanted: Condition) -> float | None:
    """Return when nothing but what is `wanted` was different for the first time; None where it never was so."""
    so_far = (changes[: count + 1] for count in range(len(changes)))
    return next((some[-1].at_s for some in so_far if difference(some, before) == wanted), None)


def signature(state: Mapping[str, Any]) -> str:
    """Return what tells one condition of a thing from another: state and attributes as one text."""
    if _only_runs(state["entity_id"]):
        return RAN
    return json.dumps([state["state"], state["attributes"]], sort_keys=True)


def _only_runs(entity_id: str) -> bool:
    return entity_id.partition(".")[0] in _RUN
