"""What a gateway remembers of what was said, as it tells it, and what can be asked of it. Nothing of it is kept here.

Who in Home Assistant may ask what is looked at by whoever asks (`ledger_access.py`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from .errors import RefusedError
from .listeners import Listeners
from .wire.learning_messages import TurnCorrected
from .wire.ledger_messages import (
    ChangeKept,
    ForgetTurns,
    Kept,
    LedgerDone,
    SelectionWords,
    SomethingForgotten,
    Stats,
    TurnsForgotten,
)

if TYPE_CHECKING:
    from .wire.client import Client
    from .wire.codec import Message

ASKED_S: Final = 60.0
"""For an answer: ten thousand turns are forgotten by then, on a slow disk."""
TRIED_S: Final = 180.0
"""For one that takes understanding what was said before once more, and recognising it."""
_TRIED: Final = (TurnCorrected, Stats)


class Ledger:
    """One gateway's. What is asked raises NotConnectedError where that is away, RefusedError where it does not do it.

    The codes of a RefusedError are the gateway's (`unknown_turn`, `no_clip`, `not_recorded`, `no_meaning`, `harm` …);
    `no_ledger` is ours, for a gateway that is too old to have one.
    """

    def __init__(self, connected: Callable[[], Client]) -> None:
        """`connected` returns the connection, or raises NotConnectedError."""
        self.kept: Kept | None = None
        """How long things are kept; None while the gateway is away, and where it is too old to have a ledger."""
        self._connected = connected
        self._on_change: Listeners[()] = Listeners()
        self._on_forgotten: Listeners[bool] = Listeners()

    @property
    def is_there(self) -> bool:
        """Whether there is a ledger that works."""
        return self.kept is not None and self.kept.is_there

    # What it says unasked

    def on_change(self, cb: Callable[[], None]) -> Callable[[], None]:
        """Have `cb` called whenever `kept` is different; return what ends it."""
        return self._on_change.add(cb)

    def on_forgotten(self, cb: Callable[[bool], None]) -> Callable[[], None]:
        """Have `cb` called whenever something was forgotten, with True when it was everything; return what ends it."""
        return self._on_forgotten.add(cb)

    @callback
    def told(self, heard: Kept | SomethingForgotten) -> None:
        """Take what the gateway says."""
        if isinstance(heard, SomethingForgotten):
            self._on_forgotten.tell(heard.everything)
        elif heard != self.kept:
            self.kept = heard
            self._on_change.tell()

    @callback
    def lost(self) -> None:
        """Know nothing any more: the connection has ended."""
        if self.kept is not None:
            self.kept = None
            self._on_change.tell()

    # What it is asked

    async def ask[A: Message](self, question: Callable[[int], Message], kind: type[A]) -> A:
        """Return the answer of this kind to what `question` makes of an id. One with an `error` is a RefusedError."""
        client, _ = self._there()
        return await client.ask(question, kind, answer_s=TRIED_S if issubclass(kind, _TRIED) else ASKED_S)

    async def play(self, turn_id: str, *, of_user: str | None, user_id: str) -> bytes:
        """Return what was recorded of a turn, 16 kHz mono s16le."""
        client, _ = self._there()
        return await client.play(turn_id, of_user=of_user, user_id=user_id)

    async def forget(
        self,
        selection: SelectionWords | None = None,
        *,
        everything: bool = False,
        keep_rules: bool = False,
        of_user: str | None = None,
        user_id: str,
    ) -> TurnsForgotten:
        """Have these turns forgotten, or everything; return how much that was, once it is gone on the disk.

        With `keep_rules`, only for turns that are named, what was learned from them stays.
        """
        chosen = SelectionWords() if selection is None else selection
        return await self.ask(
            lambda id_: ForgetTurns(
                id=id_,
                selection=chosen,
                everything=everything,
                keep_rules=keep_rules,
                of_user=of_user,
                user_id=user_id,
            ),
            TurnsForgotten,
        )

    async def keep(self, *, transcripts_s: int | None, audio_s: int | None, user_id: str) -> None:
        """Have things kept for so long from now on, None for not at all; false wakes as long as they are."""
        _, kept = self._there()
        await self.ask(
            lambda id_: ChangeKept(
                id=id_,
                transcripts_s=transcripts_s,
                audio_s=audio_s,
                false_wakes_s=kept.false_wakes_s,
                user_id=user_id,
            ),
            LedgerDone,
        )

    def _there(self) -> tuple[Client, Kept]:
        client = self._connected()
        if self.kept is None:
            raise RefusedError("no_ledger")
        return client, self.kept
