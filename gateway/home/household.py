"""The household's house: the one that Home Assistant tells of and acts in, or the demo house where none is paired.

It decides who answers a request, and sees to it that sentences are understood in that house. It knows no connection:
a home that is connected is a function to ask.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from gateway.errors import HomeError
from gateway.events import ActionRequest, ActionResult, Announcement, SentenceAnswer
from gateway.home.bell import Bell
from gateway.home.effects import Situation, told
from gateway.home.handlers import effect_of, foreseen
from gateway.home.simulated import SimulatedHome
from gateway.home.targets import areas_named
from gateway.home.timers import START_TIMER, Cancellable, Clock, Timers
from gateway.home.told import ToldHouse
from gateway.house import AttributeValue, Entity, House, KnownName, names_in
from gateway.own_sentences import OwnSentences
from gateway.timers import TimerFinished

GATHER_S: Final = 0.1
"""Names that change this close together are understood together: half of what people take for "at once"."""
_ANSWERED_HERE: Final = frozenset({"HassGetCurrentDate", "HassGetCurrentTime", "HassNevermind", "HassRespond"})
"""What needs no house."""
_OPENS: Final = frozenset({"HassTurnOn", "HassTurnOff", "HassToggle", "HassSetPosition"})
"""What may unlock or open something."""

_LOG = logging.getLogger(__name__)


class ConnectedHome(Protocol):
    """A home that is connected. Raises HomeError where no answer comes."""

    async def act(self, request: ActionRequest) -> ActionResult:
        """Do it; return what it came to."""

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Do what one of these readings asks for, if it is a sentence of its own."""


class Household:
    """The house of all satellites' turns (`turn.stages.Home`). Not for several threads: belongs to one event loop."""

    def __init__(
        self,
        demo: House,
        *,
        clock: Clock,
        now: Callable[[], datetime],
        understand: Callable[[House], Awaitable[None]],
        is_paired: Callable[[], bool],
        on_timer_finished: Callable[[TimerFinished], None] | None = None,
        on_announcement: Callable[[Announcement], None] | None = None,
        languages: Sequence[str] = ("",),
    ) -> None:
        """Begin without a home; nothing is understood before `refresh` or `use`.

        `understand` makes sentences mean what they mean in a house; `is_paired` tells whether there is a home at all;
        `languages` are those that are spoken, the first one first; the others are as for `SimulatedHome`.
        """
        self._demo = SimulatedHome(demo, clock=clock, now=now)
        self._told = ToldHouse()
        self._bell = Bell(clock, on_timer_finished, on_announcement, languages=languages)
        self._clock = clock
        self._now = now
        self._understand = understand
        self._is_paired = is_paired
        self._homes: list[ConnectedHome] = []
        self._understood: tuple[bool, int] | None = None
        self._gathering: Cancellable | None = None
        self._understanding: asyncio.Task[None] | None = None

    @property
    def house(self) -> House:
        """The house that requests are about, as it is now; an empty one until a paired home has told of its own."""
        return self._told.house if self._has_home() else self._demo.snapshot()

    @property
    def timers(self) -> Timers:
        """What runs, of all satellites."""
        return self._bell.timers

    def area_id(self, named: str) -> str | None:
        """Return the area that somebody means by its id, its name or another of its names."""
        areas = areas_named(self.house, named) if named.strip() else ()
        return areas[0].id if areas else None

    # What Home Assistant tells

    async def use(self, house: House) -> None:
        """Take a whole house; it is understood when this returns. Raises EngineError where that fails."""
        self._told.use(house)
        await self.refresh()

    async def change(self, changed: tuple[Entity, ...], removed: tuple[str, ...]) -> None:
        """Take things that are new or different, and forget others; new names are understood soon afterwards."""
        self._told.change(changed, removed)
        self._understand_soon()

    def states(self, states: Iterable[tuple[str, str, Mapping[str, AttributeValue]]]) -> None:
        """Take what states have become: id, state and all attributes; what is not known is left out."""
        self._told.states(states)

    def use_sentences(self, sentences: OwnSentences) -> None:
        """Take these for the household's own sentences; they are understood soon afterwards."""
        self._told.use_sentences(sentences)
        self._understand_soon()

    def connected(self, home: ConnectedHome) -> None:
        """Have this home act from now on."""
        self._homes.append(home)

    def disconnected(self, home: ConnectedHome) -> None:
        """Ask this home no more; one that was connected before it is asked again."""
        if home in self._homes:
            self._homes.remove(home)

    async def refresh(self) -> None:
        """Understand the house as it is: at the start, and when a home was paired or sent away. Raises EngineError."""
        await asyncio.shield(self._catching_up())  # a home that goes away meanwhile leaves nothing half understood

    # What turns ask

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        """Return what a request would change, as it would be afterwards, by what is known; changes nothing."""
        if self._bell.handles(request):
            return ()
        return foreseen(self._situation(request)) if self._has_home() else self._demo.foresee(request)

    async def perform(self, request: ActionRequest) -> ActionResult:
        """Do it, or have it done. Raises HomeError where a home is paired and does not answer."""
        self._understand_soon()
        if self._bell.handles(request):
            return self._bell.perform(request, self.house)
        if request.intent.name in _ANSWERED_HERE:
            return told(effect_of(self._situation(request)))
        if not self._has_home():
            return replace(await self._demo.perform(request), is_demo=True)
        if not self._homes:
            raise HomeError("Home Assistant is not connected; see whether it runs, and whether it reaches this gateway")
        return self._unforeseeable(request) or await self._homes[-1].act(request)

    async def perform_in(self, home: ConnectedHome, request: ActionRequest) -> ActionResult:
        """Have this very home do what was said to it: messages between its satellites are its own business, too.

        Timers are ours wherever they are set: so they outlast a restart of the home. One needs a satellite, as it
        could ring nowhere. What was said to do later is the home's: it knows on whose behalf that will be.
        """
        if self._bell.timers.handles(request.intent.name) and "conversation_command" not in request.intent.slots:
            if request.intent.name == START_TIMER and not request.satellite_id:
                return ActionResult(error="no_timer_support")
            return self._bell.perform(request, self.house)
        if request.intent.name in _ANSWERED_HERE:
            return told(effect_of(self._situation(request)))
        return self._unforeseeable(request) or await home.act(request)

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Have the connected home do what one of these readings asks for, if it is a sentence of its own."""
        if not self._homes:
            return None
        return await self._homes[-1].sentence(texts, area_id=area_id, satellite_id=satellite_id)

    def names_in(self, text: str) -> tuple[KnownName, ...]:
        """Return the names of this house that occur in a text."""
        return names_in(self.house, text)

    def close(self) -> None:
        """Forget all timers, and leave alone what is not understood yet."""
        self._bell.close()
        self._demo.close()
        if self._gathering is not None:
            self._gathering.cancel()
        if self._understanding is not None:
            self._understanding.cancel()

    def _unforeseeable(self, request: ActionRequest) -> ActionResult | None:
        """Return why it is not to be done, where it is unclear what it would open: nobody could have said yes to it."""
        if request.intent.name not in _OPENS:
            return None
        effect = effect_of(self._situation(request))
        is_clear = effect.error is None or effect.error == "feature_not_supported"
        return None if is_clear else told(effect)

    def _situation(self, request: ActionRequest) -> Situation:
        return Situation(house=self.house, request=request, now=self._now())

    # Understanding

    def _has_home(self) -> bool:
        """Tell whether a home is paired; what one told that was sent away is forgotten."""
        is_paired = self._is_paired()
        if not is_paired and not self._told.is_empty:
            self._told.forget()
        return is_paired

    def _current(self) -> tuple[bool, int]:
        """Return what changes when names have to be understood anew."""
        return (True, self._told.revision) if self._has_home() else (False, 0)

    def _understand_soon(self) -> None:
        if self._gathering is None and self._current() != self._understood:
            self._gathering = self._clock.call_later(GATHER_S, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        self._catching_up()

    def _catching_up(self) -> asyncio.Task[None]:
        """Return the task at whose end the house is understood; there is never more than one."""
        if self._understanding is None or self._understanding.done():
            self._understanding = asyncio.create_task(self._catch_up())
            self._understanding.add_done_callback(_log_failure)
        return self._understanding

    async def _catch_up(self) -> None:
        while (current := self._current()) != self._understood:
            await self._understand(self.house)
            self._understood = current


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.error("the house is not understood: %s", type(error).__name__)  # its message may hold names
