"""What the voice server needs of others; the launcher hands it over. Nothing here decides or does anything."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.errors import LedgerError
from gateway.events import ActionRequest, ActionResult, SentenceAnswer, Sound
from gateway.house import AttributeValue, Entity, House, KnownName
from gateway.ledger.rows import TurnRow
from gateway.offer import Offer, SettingsChange
from gateway.own_sentences import OwnSentences
from gateway.rules import Rule
from gateway.server.meanings import Learning
from gateway.timers import LastingTimer, RunningTimer
from gateway.turn.stages import NO_CLOUD, Cloud, Stages, Understanding
from gateway.wire.ledger_words import Kept
from gateway.wire.messages import Message

type StateNews = tuple[str, str, Mapping[str, AttributeValue]]
"""An entity's id, its state, and its attributes, all of them."""


class ConnectedHome(Protocol):
    """A home that is connected. Raises HomeError where it does not answer in time, or is gone."""

    async def act(self, request: ActionRequest) -> ActionResult:
        """Have it do something."""

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Have it do what one of these readings asks for, if it is a sentence of its own."""


class Timers(Protocol):
    """Timers and delayed commands that have not run out yet, of all satellites."""

    def running(self) -> tuple[RunningTimer, ...]:
        """Return them as they are now."""

    def cancel(self, timer_number: int) -> bool:
        """Forget one; return whether there was one of this number."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever something else runs than before, or is paused, resumed or given another time."""

    def lasting(self) -> tuple[LastingTimer, ...]:
        """Return them as they are to outlast the program."""

    def restore(self, kept: Iterable[LastingTimer]) -> None:
        """Go on with what outlasted it; what was up meanwhile is up now, late or missed."""

    def forget(self) -> None:
        """Forget all."""


class Household(Protocol):
    """The house as the connected home tells it, or the demo house where none is."""

    @property
    def timers(self) -> Timers:
        """What runs, of all satellites."""

    async def use(self, house: House) -> None:
        """Take this house for the one before; return when what is said is understood in it. Raises EngineError."""

    async def change(self, changed: tuple[Entity, ...], removed: tuple[str, ...]) -> None:
        """Take these entities, whole each, for new or different, and those ids for gone."""

    def states(self, news: Iterable[StateNews]) -> None:
        """Take these states; names and places stay. An id that is not known is ignored."""

    def use_sentences(self, sentences: OwnSentences) -> None:
        """Take these for the household's own sentences; they are understood soon afterwards."""

    def connected(self, home: ConnectedHome) -> None:
        """Ask this home from now on for what is to be done; called after the first `use` of its house."""

    def disconnected(self, home: ConnectedHome) -> None:
        """Ask this home no more; one that was connected before it is asked again."""

    def area_id(self, named: str) -> str | None:
        """Return the id of the area with this name, alias or id; None where the house has none."""

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        """Return what a request would change, as it would be afterwards, by what is known; changes nothing."""

    def names_in(self, text: str) -> tuple[KnownName, ...]:
        """Return the names of the house that occur in a text."""

    async def perform(self, request: ActionRequest) -> ActionResult:
        """Have done what was said at a satellite. Raises HomeError."""

    async def perform_in(self, home: ConnectedHome, request: ActionRequest) -> ActionResult:
        """Have this very home do what was said to it: its satellites' timers and messages are its own business, too.

        Raises HomeError.
        """


class Equipment(Protocol):
    """The models that are loaded, and others to choose from."""

    @property
    def understanding(self) -> Understanding:
        """What knows the sentences of the household's house, for all who ask."""

    @property
    def shared(self) -> Stages:
        """The stages in use now, for who needs no ears: ask again for each piece of work, and keep none."""

    def offer(self) -> Offer:
        """Return what is installed, and what of it is in use."""

    async def change(self, change: SettingsChange) -> None:
        """Load what is to be used from now on, and remember it; `VoiceServer.offer_changed` follows.

        Raises ConfigError for what is not offered, ModelError, EngineError; then all stays as it was.
        """

    async def stages(self) -> Stages:
        """Return stages with wake and vad models of their own, for one stream. Raises ModelError, EngineError."""

    def keep(self, stages: Stages) -> None:
        """Take back stages that are needed no more, for the next stream."""

    def speak(self, text: str, *, language: str = "", voice: str = "") -> AsyncGenerator[Sound]:
        """Yield the sound of a text in stretches, in this voice, or the best for the language, or the usual one.

        Raises ConfigError for a voice or language that there is none of, EngineError.
        """


class Ledger(Protocol):
    """What is remembered, kept by another process; and what this household taught."""

    @property
    def kept(self) -> Kept:
        """How long things are kept."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What was taught, the newest first."""

    def sensitivity(self, satellite_id: str) -> int | None:
        """Return how eagerly a satellite is to wake; None where it does as the gateway does."""

    def keep(self, row: TurnRow, pcm: bytes) -> None:
        """Have a turn remembered, some time soon. `pcm` is what was said, 16 kHz mono s16le; it may be empty."""

    async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
        """Return the answer to one of `wire.ledger_words`, and the sound that goes with it.

        `by` is who asks: a home's id, or `voice:` and a satellite's. Raises LedgerError where none comes.
        """

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever `kept`, `rules` or a sensitivity is different."""

    def on_gone(self, gone: Callable[[bool], None]) -> None:
        """Call `gone` whenever something was forgotten; with True when it was everything."""


class NoLedger:
    """There is none, and nothing is remembered."""

    kept: Final = Kept(is_there=False)
    rules: Final[tuple[Rule, ...]] = ()

    def sensitivity(self, satellite_id: str) -> int | None:
        """Know of none."""
        del satellite_id
        return None

    def keep(self, row: TurnRow, pcm: bytes) -> None:
        """Forget it."""

    async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
        """Raise LedgerError."""
        del question, by
        raise LedgerError("there is no ledger here")

    def on_change(self, changed: Callable[[], None]) -> None:
        """Never call it."""

    def on_gone(self, gone: Callable[[bool], None]) -> None:
        """Never call it."""


NO_LEDGER: Final = NoLedger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that sessions need besides their connection."""

    household: Household
    equipment: Equipment
    decode: Callable[[bytes], Awaitable[Sound]]
    """Returns what is in a sound file. Raises AudioError for what is none, or too long."""
    cloud: Cloud = NO_CLOUD
    """For what homes were told themselves; a satellite's turns have it among their stages."""
    ledger: Ledger = NO_LEDGER
    learning: Learning | None = None
    """What understands, with rules to try; None where nothing can be taught."""
