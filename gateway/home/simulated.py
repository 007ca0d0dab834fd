"""A house that holds state and does what it is asked, as Home Assistant's intents would do it, with nothing behind it.

It decides what happens, by the handlers of this package, and keeps the result. It plays no sound and opens no door.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway.events import ActionRequest, ActionResult, Announcement, SentenceAnswer, StateChange
from gateway.home.bell import Bell
from gateway.home.changes import difference
from gateway.home.effects import Effect, Situation, told
from gateway.home.handlers import effect_of, foreseen
from gateway.home.timers import Clock
from gateway.home.titles import CATALOGUE, Title
from gateway.house import Entity, House, KnownName, names_in
from gateway.timers import TimerFinished


class SimulatedHome:
    """A house to talk to. Not for several threads: all calls come from one event loop."""

    def __init__(
        self,
        house: House,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        on_timer_finished: Callable[[TimerFinished], None] | None = None,
        on_announcement: Callable[[Announcement], None] | None = None,
        catalogue: tuple[Title, ...] = CATALOGUE,
    ) -> None:
        """Start with the states of `house`.

        `clock` is the running event loop (or a test's); `now` gives local time with its zone. Without a listener,
        timers run out unheard, and delayed commands and announcements are refused. `catalogue` is what can be played.
        """
        self._house = house
        self._entities = {entity.id: entity for entity in house.entities}
        self._now = now
        self._bell = Bell(clock, on_timer_finished, on_announcement)
        self._catalogue = catalogue
        self._last_paused: frozenset[str] = frozenset()

    def snapshot(self) -> House:
        """Return the house as it is now."""
        return replace(self._house, entities=tuple(self._entities.values()))

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        """Return what a request would change, as it would be afterwards: what a confirmation has to name.

        Changes nothing.
        """
        return () if self._bell.handles(request) else foreseen(self._situation(request))

    async def perform(self, request: ActionRequest) -> ActionResult:
        """Do what is asked, or say why not."""
        if self._bell.handles(request):
            return self._bell.perform(request, self._house)
        return self._apply(request, effect_of(self._situation(request)))

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Have no sentences of its own."""
        del texts, area_id, satellite_id
        return None

    def names_in(self, text: str) -> tuple[KnownName, ...]:
        """Return the names of this house that occur in a text."""
        return names_in(self._house, text)

    def close(self) -> None:
        """Stop all timers."""
        self._bell.close()

    def _situation(self, request: ActionRequest) -> Situation:
        return Situation(
            house=self.snapshot(),
            request=request,
            now=self._now(),
            last_paused=self._last_paused,
            catalogue=self._catalogue,
        )

    def _apply(self, request: ActionRequest, effect: Effect) -> ActionResult:
        changes: list[StateChange] = []
        for after in (*effect.matched, *effect.also):
            change = difference(self._entities[after.id], after)
            if change is not None:
                changes.append(change)
            self._entities[after.id] = after
        if effect.error is None and request.intent.name == "HassMediaPause":
            self._last_paused = frozenset(entity.id for entity in effect.matched)
        elif effect.error is None and request.intent.name == "HassMediaUnpause":
            self._last_paused = frozenset()
        return told(effect, tuple(changes))
