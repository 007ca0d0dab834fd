"""A ledger in memory: what voice asks of it, answered as the ledger's process would."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from gateway.errors import LedgerError
from gateway.events import ActionResult, Intent
from gateway.ledger.rows import TurnRow
from gateway.processes.ledger_words import AskClip, AskWakes, KeepCorrection, MarkTurn, Wakes, WakeWords
from gateway.rules import Rule, RuleKind
from gateway.server.remembered import Asker
from gateway.suggestions import Suggestion
from gateway.wire.learning_words import CorrectionWords, MeaningWords, SetSensitivity
from gateway.wire.ledger_words import AskStats, AskTurns, HypothesisWords, Kept, LedgerDone, Stats, Turns, TurnWords
from gateway.wire.messages import Message

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def turn(*readings: str, intent: str = "HassTurnOn", outcome: str = "action", **more: object) -> TurnWords:
    """Return a turn in which this was heard, likeliest first."""
    words = TurnWords(
        turn_id=secrets.token_hex(16),
        at=NOW.isoformat(),
        satellite_id="shelf",
        outcome=outcome,
        intent=intent,
        heard=readings[0] if readings else "",
        hypotheses=tuple(HypothesisWords(text=text, score=-0.1 * rank) for rank, text in enumerate(readings, 1)),
    )
    return msgspec.structs.replace(words, **more)


def corrected(one: TurnWords, meant: str, meaning: MeaningWords) -> TurnWords:
    """Return a turn that somebody corrected."""
    return msgspec.structs.replace(one, correction=CorrectionWords(meant=meant, meaning=meaning))


def rule(kind: RuleKind, said: str, meant: str = "", entity_id: str = "") -> Rule:
    """Return a rule."""
    return Rule(id=secrets.token_hex(16), kind=kind, said=said, meant=meant, entity_id=entity_id, made_at=NOW)


@dataclass
class RememberedTurns:
    """Implements `services.Ledger` with what a test gives it."""

    turns: list[TurnWords] = field(default_factory=list)
    """The newest first."""
    page_size: int = 2
    clips: dict[str, bytes] = field(default_factory=dict)
    wakes: tuple[WakeWords, ...] = ()
    stats: Stats = field(default_factory=lambda: Stats(id=1))
    own: dict[str, int] = field(default_factory=dict)
    refusals: dict[type, tuple[str, str]] = field(default_factory=dict)
    is_away: bool = False
    asked: list[Message] = field(default_factory=list)
    askers: set[str] = field(default_factory=set)
    kept: Kept = field(default_factory=lambda: Kept(is_there=True))
    rules: tuple[Rule, ...] = ()

    def sensitivity(self, satellite_id: str) -> int | None:
        return self.own.get(satellite_id)

    def keep(self, row: TurnRow, pcm: bytes) -> None:
        raise AssertionError("nothing is remembered here")

    def on_change(self, changed: Callable[[], None]) -> None:
        raise AssertionError("nobody listens here")

    def on_gone(self, gone: Callable[[bool], None]) -> None:
        raise AssertionError("nobody listens here")

    async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
        self.asked.append(question)
        self.askers.add(by)
        if self.is_away:
            raise LedgerError("the ledger does not answer", refusal="away")
        if type(question) in self.refusals:
            error, message = self.refusals[type(question)]
            return LedgerDone(id=1, error=error, message=message), b""
        match question:
            case AskTurns():
                return self._page(question), b""
            case AskClip():
                return LedgerDone(id=1), self.clips[question.turn_id]
            case AskWakes():
                return Wakes(id=1, wakes=self.wakes), b""
            case AskStats():
                return self.stats, b""
            case KeepCorrection() | MarkTurn() | SetSensitivity():
                return LedgerDone(id=1), b""
        raise AssertionError(type(question).__name__)

    def of(self, kind: type[Message]) -> list[Message]:
        """Return what was asked of this kind."""
        return [question for question in self.asked if type(question) is kind]

    def _page(self, question: AskTurns) -> Turns:
        first = 0 if question.before is None else question.before
        found = [(at, one) for at, one in enumerate(self.turns) if at >= first and _is_meant(one, question)]
        page = found[: min(self.page_size, question.limit)]
        before = page[-1][0] + 1 if len(found) > len(page) else None
        return Turns(id=question.id, turns=tuple(one for _, one in page), before=before)


def _is_meant(one: TurnWords, question: AskTurns) -> bool:
    selection = question.selection
    texts = " ".join([one.heard, *(hypothesis.text for hypothesis in one.hypotheses)]).casefold()
    return (
        (selection.turn_ids is None or one.turn_id in selection.turn_ids)
        and (selection.kind is None or one.kind == selection.kind)
        and (selection.corrected is None or selection.corrected == (one.correction is not None))
        and (question.of_user is None or one.user_id == question.of_user)
        and all(word in texts for word in question.words.split())
    )


def asker(ledger: RememberedTurns, *, of_user: str | None = None) -> Asker:
    """Return who asks that ledger."""
    return Asker(ledger=ledger, id=7, by="home", of_user=of_user)


class KnownSentences:
    """An understanding of the house that knows these sentences, and these things by name."""

    def __init__(self, meanings: Mapping[str, Intent], names: Mapping[str, str] | None = None) -> None:
        self.language = "en"
        self.meanings = dict(meanings)
        self.names = dict(names or {})
        self.looks = 0

    async def use(self, house: object) -> None:
        raise AssertionError("it stays in this house")

    def name_of(self, entity_id: str) -> str | None:
        return self.names.get(entity_id)

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        self.looks += 1
        return self.meanings.get(text.casefold().strip(" .!?"))

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        return ()

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        return ()

    async def is_request(self, text: str) -> bool:
        return True

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        return ""

    async def sorry(self) -> str:
        return "sorry"


def knows(*sentences: str, names: Mapping[str, str] | None = None) -> KnownSentences:
    """Return an understanding of "VERB NAME" sentences: each means the thing that is its last word."""
    meanings = {}
    for one in sentences:
        verb, _, name = one.rpartition(" ")
        meanings[one] = Intent(name=verb, slots={"name": name}, text=one, entity_id=f"light.{name}")
    return KnownSentences(meanings, names)
