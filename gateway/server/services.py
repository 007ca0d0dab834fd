"""What the voice server needs of others; the launcher hands it over. Nothing here decides or does anything."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.events import ActionRequest, ActionResult, Sound
from gateway.house import AttributeValue, Entity, House
from gateway.turn.stages import Stages

type Ask = Callable[[ActionRequest], Awaitable[ActionResult]]
"""Asks the home that is connected to do something. Raises HomeError where it does not answer in time, or is gone."""
type StateNews = tuple[str, str, Mapping[str, AttributeValue]]
"""An entity's id, its state, and its attributes, all of them."""


class Household(Protocol):
    """The house as the connected home tells it, or the demo house where none is."""

    async def use(self, house: House) -> None:
        """Take this house for the one before; return when what is said is understood in it. Raises EngineError."""

    async def change(self, changed: tuple[Entity, ...], removed: tuple[str, ...]) -> None:
        """Take these entities, whole each, for new or different, and those ids for gone."""

    def states(self, news: Iterable[StateNews]) -> None:
        """Take these states; names and places stay. An id that is not known is ignored."""

    def connected(self, ask: Ask) -> None:
        """Ask this home from now on for what is to be done; called after the first `use` of its house."""

    def disconnected(self, ask: Ask) -> None:
        """Ask this home no more; one that was connected before it is asked again."""

    def area_id(self, named: str) -> str | None:
        """Return the id of the area with this name, alias or id; None where the house has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that sessions need besides their connection."""

    household: Household
    new_stages: Callable[[], Awaitable[Stages]]
    """Returns stages with wake and vad models of their own, for one satellite. Raises ModelError, EngineError."""
    keep: Callable[[Stages], None]
    """Takes back the stages of a satellite that has gone, for the next one."""
    speak: Callable[[str], AsyncIterator[Sound]]
    """Yields the sound of a text in stretches. Raises EngineError."""
    decode: Callable[[bytes], Awaitable[Sound]]
    """Returns what is in a sound file. Raises AudioError for what is none, or too long."""
