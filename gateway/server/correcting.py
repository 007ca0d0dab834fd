"""A correction: what a turn means as things are, which rule would make it mean what was meant, and whom that harms.

The turn itself is tried by its sound where that is kept, otherwise by its readings. Who corrects a turn of their own
(`of_user`) is told how many of the others' turns it would harm, not which, and cannot have it in spite of that.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from gateway.errors import ProtocolError
from gateway.events import Intent, Recognition
from gateway.processes.ledger_words import KeepCorrection
from gateway.rules import Rule, RuleKind, words_in
from gateway.server.candidates import candidates
from gateway.server.meanings import Learning, is_same, meaning, meaning_of, readings
from gateway.server.remembered import Asker
from gateway.server.replay import NO_HARM, Harm, earlier_turns, harm_of
from gateway.turn.stages import SpeechToText
from gateway.wire.learning_words import CorrectionWords, CorrectTurn, MeaningWords, TurnCorrected
from gateway.wire.ledger_words import TurnWords
from gateway.wire.taught_rules import rule_words

type AreaOf = Callable[[str], str | None]
"""Returns the id of the area with this name or id; None where the house has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What was said in the turn, and what it means as things are."""

    recognition: Recognition
    from_sound: bool
    area_id: str | None
    before: MeaningWords


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proposal:
    """What should have been understood, and what would make it so."""

    meant: str
    target: MeaningWords
    """What that means."""
    after: MeaningWords
    """What the turn would mean with the rule."""
    rule: Rule | None = None
    replayed: int = 0
    harm: Harm = NO_HARM
    is_all: bool = True
    """Whether all earlier turns were tried."""


class Correcting:
    """One correction."""

    def __init__(
        self,
        asked: CorrectTurn,
        asker: Asker,
        understanding: Learning,
        *,
        stt: SpeechToText | None,
        area_of: AreaOf,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._asked = asked
        self._asker = asker
        self._understanding = understanding
        self._stt = stt
        self._area_of = area_of
        self._now = now

    async def answer(self) -> TurnCorrected:
        """Return what it comes to; with `keep`, see to it. Raises ProtocolError, LedgerError, EngineError."""
        asked = self._asked
        if bool(words_in(asked.meant)) == bool(words_in(asked.said) and asked.entity_id):
            raise ProtocolError(
                "malformed", "say either what was meant, or what is called so here and how it was called"
            )
        turn = await self._asker.turn(asked.turn_id)
        said = await self._said(turn)
        proposal = await (self._sentence(turn, said) if asked.meant else self._alias(turn, said))
        told = self._told(said, proposal)
        if not asked.keep:
            return told
        if proposal.harm.count and (asked.of_user is not None or not asked.despite_harm):
            return _refused(told, "harm", "other turns that were right would be understood otherwise")
        await self._keep(turn, proposal)
        return msgspec.structs.replace(told, is_kept=True, error="")

    async def _said(self, turn: TurnWords) -> _Said:
        pcm = b"" if self._stt is None else await self._asker.clip(turn)
        recognition = readings(turn)
        if pcm and self._stt is not None:
            recognition = await self._stt.recognize(pcm, language=self._understanding.language)
        area_id = self._area_of(turn.area_id) if turn.area_id else None
        before = await meaning_of(recognition, self._understanding, area_id)
        return _Said(recognition=recognition, from_sound=bool(pcm), area_id=area_id, before=before)

    async def _sentence(self, turn: TurnWords, said: _Said) -> _Proposal:
        """Return what it takes for the turn to mean a sentence."""
        intent = await self._understanding.match(self._asked.meant, area_id=said.area_id)
        if intent is None:
            raise ProtocolError("no_meaning", "what was meant means nothing here: say it as it would be understood")
        target = meaning(intent)
        if is_same(said.before, target):
            return _Proposal(meant=self._asked.meant, target=target, after=said.before)
        heard = said.recognition.hypotheses[0].text if said.recognition.hypotheses else ""
        helpful: list[tuple[Rule, MeaningWords]] = []
        for rule in candidates(heard, self._in_other_words(intent), self._new_rule):
            after = await self._with(rule, said)
            if is_same(after, target):
                helpful.append((rule, after))
        return await self._least(turn, said, self._asked.meant, target, helpful)

    async def _alias(self, turn: TurnWords, said: _Said) -> _Proposal:
        """Return what comes of what a thing is called here."""
        entity_id = self._asked.entity_id
        if self._understanding.name_of(entity_id) is None:
            raise ProtocolError("no_meaning", "there is no such thing here")
        rule = replace(self._new_rule(RuleKind.ALIAS, self._asked.said.strip(), ""), entity_id=entity_id)
        after = await self._with(rule, said)
        if after.entity_id != entity_id:
            raise ProtocolError("no_rule", "with that name, too, the turn would not be about this thing")
        if is_same(said.before, after):
            return _Proposal(meant=after.text, target=after, after=after)
        return await self._least(turn, said, after.text, after, [(rule, after)])

    async def _least(
        self,
        turn: TurnWords,
        said: _Said,
        meant: str,
        target: MeaningWords,
        helpful: Sequence[tuple[Rule, MeaningWords]],
    ) -> _Proposal:
        """Return the first rule that harms nothing; the last one, with its harm, where each of them does."""
        if not helpful:
            return _Proposal(meant=meant, target=target, after=said.before)
        everybody = replace(self._asker, of_user=None)  # whom a rule harms does not depend on who wants it
        earlier = await earlier_turns(everybody, [rule for rule, _ in helpful], turn.turn_id)
        for rule, after in helpful:  # noqa: B007 - the last one that was looked at is proposed
            harm = await harm_of(rule, earlier, self._understanding)
            if not harm.count:
                break
        return _Proposal(
            meant=meant,
            target=target,
            after=after,
            rule=rule,
            replayed=earlier.count,
            harm=harm,
            is_all=earlier.is_all,
        )

    async def _with(self, rule: Rule, said: _Said) -> MeaningWords:
        with_rule = self._understanding.with_rules((rule, *self._understanding.rules))
        return await meaning_of(said.recognition, with_rule, said.area_id)

    def _in_other_words(self, intent: Intent) -> str:
        """Return what is meant without a rule for its whole sentence: such rules are not followed from one another."""
        sentences = {rule.id for rule in self._understanding.rules if rule.kind is RuleKind.SENTENCE}
        return self._asked.meant.strip() if sentences.isdisjoint(intent.rule_ids) else intent.text

    def _new_rule(self, kind: RuleKind, said: str, meant: str) -> Rule:
        return Rule(
            id=secrets.token_hex(16),
            kind=kind,
            said=said,
            meant=meant,
            language=self._understanding.language,
            made_at=self._now(),
            turn_id=self._asked.turn_id,
            by=self._asked.user_id or self._asker.by,
        )

    def _told(self, said: _Said, proposal: _Proposal) -> TurnCorrected:
        may_see_others = self._asked.of_user is None
        told = TurnCorrected(
            id=self._asked.id,
            rule=None if proposal.rule is None else rule_words(proposal.rule),
            before=said.before,
            after=proposal.after,
            from_sound=said.from_sound,
            replayed=proposal.replayed if may_see_others else 0,
            harmed=proposal.harm.shown if may_see_others else (),
            harmed_count=proposal.harm.count,
            message="" if proposal.is_all else "there are more earlier turns than could be tried again",
        )
        if proposal.rule is None and not is_same(proposal.after, proposal.target):
            return _refused(told, "no_rule", "no rule would make this sound mean that")
        return told

    async def _keep(self, turn: TurnWords, proposal: _Proposal) -> None:
        rule = proposal.rule
        correction = CorrectionWords(
            meant=proposal.meant,
            meaning=proposal.target,
            corrected_at=self._now().isoformat(),
            rule_id="" if rule is None else rule.id,
            by=self._asked.user_id or self._asker.by,
        )
        await self._asker.do(
            KeepCorrection(
                id=self._asked.id,
                turn_id=turn.turn_id,
                correction=correction,
                rule=None if rule is None else rule_words(rule),
                user_id=self._asked.user_id,
            )
        )


def _refused(told: TurnCorrected, error: str, message: str) -> TurnCorrected:
    return msgspec.structs.replace(told, error=error, message=message)
