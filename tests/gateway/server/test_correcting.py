from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.engines.learned import LearnedUnderstanding
from gateway.events import Hypothesis, Recognition
from gateway.processes.ledger_words import AskClip, KeepCorrection
from gateway.rules import Rule, RuleKind
from gateway.server import replay
from gateway.server.learning import correct
from gateway.wire.learning_words import CorrectTurn, TurnCorrected
from gateway.wire.ledger_words import TurnWords
from tests.fakes import ScriptedStt, recognized
from tests.gateway.server.remembering import NOW, KnownSentences, RememberedTurns, knows, rule, turn

ANNA = "anna"


@dataclass
class House:
    """Somebody corrects turns here."""

    ledger: RememberedTurns
    inner: KnownSentences
    rules: list[Rule] = field(default_factory=list)
    stt: ScriptedStt | None = None
    areas: list[str] = field(default_factory=list)

    async def correct(self, one: TurnWords, meant: str = "", **more: Any) -> TurnCorrected:
        asked = CorrectTurn(id=7, turn_id=one.turn_id, meant=meant, user_id=ANNA, **more)

        def area_of(named: str) -> str | None:
            self.areas.append(named)
            return named

        return await correct(
            asked,
            by="home",
            ledger=self.ledger,
            understanding=LearnedUnderstanding(self.inner, self.rules),
            stt=self.stt,
            area_of=area_of,
        )

    @property
    def kept(self) -> KeepCorrection:
        (kept,) = self.ledger.of(KeepCorrection)
        assert isinstance(kept, KeepCorrection)
        return kept


def house(*turns: TurnWords, sentences: tuple[str, ...] = ("turn on lamp", "turn on radio"), **more: Any) -> House:
    return House(RememberedTurns(list(turns)), knows(*sentences, names={"light.lamp": "lamp"}), **more)


LAMB = {"outcome": "not_understood", "intent": ""}


async def test_the_most_general_rule_that_harms_nothing_is_proposed_and_nothing_kept() -> None:
    one, other = turn("Turn on lamb.", **LAMB), turn("turn on radio")
    there = house(one, other)
    told = await there.correct(one, "turn on lamp")
    assert told.rule is not None
    assert (told.rule.kind, told.rule.said, told.rule.meant, told.rule.language) == ("words", "lamb", "lamp", "en")
    assert (told.rule.turn_id, told.rule.by) == (one.turn_id, ANNA)
    assert told.before is not None
    assert (told.before.text, told.before.intent) == ("Turn on lamb.", "")
    assert told.after is not None
    assert (told.after.intent, told.after.entity_id) == ("turn on", "light.lamp")
    assert (told.replayed, told.harmed, told.is_kept, told.error, told.from_sound) == (1, (), False, "", False)
    assert not there.ledger.of(KeepCorrection)


async def test_what_is_kept_is_the_correction_with_its_rule() -> None:
    one = turn("Turn on lamb.", area_id="kitchen", **LAMB)
    there = house(one)
    told = await there.correct(one, "turn on lamp", keep=True)
    assert (told.is_kept, told.error) == (True, "")
    kept = there.kept
    assert kept.rule == told.rule
    assert (kept.turn_id, kept.user_id, kept.correction.by) == (one.turn_id, ANNA, ANNA)
    assert (kept.correction.meant, kept.correction.meaning.entity_id) == ("turn on lamp", "light.lamp")
    assert told.rule is not None
    assert kept.correction.rule_id == told.rule.rule_id
    assert datetime.fromisoformat(kept.correction.corrected_at).tzinfo == UTC
    assert there.areas == ["kitchen"]


async def test_a_more_special_rule_is_taken_where_the_general_one_harms() -> None:
    one = turn("now turn on lamb", **LAMB)
    earlier = turn("just turn on lamb", "turn on radio")
    there = house(one, earlier, sentences=("now turn on lamp", "just turn on lamp", "turn on radio"))
    told = await there.correct(one, "now turn on lamp")
    assert told.rule is not None
    assert (told.rule.kind, told.rule.said, told.harmed_count) == ("sentence", "now turn on lamb", 0)


async def test_where_every_rule_harms_it_is_shown_and_kept_only_despite_that() -> None:
    one = turn("turn on radio", intent="turn on")
    again = turn("Turn on radio!", intent="turn on")
    there = house(one, again)
    told = await there.correct(one, "turn on lamp", keep=True)
    assert (told.error, told.is_kept, told.harmed_count) == ("harm", False, 1)
    assert told.rule is not None
    assert told.rule.kind == "sentence"
    (harm,) = told.harmed
    assert (harm.turn_id, harm.before.entity_id, harm.after.entity_id) == (again.turn_id, "light.radio", "light.lamp")
    assert not there.ledger.of(KeepCorrection)
    told = await there.correct(one, "turn on lamp", keep=True, despite_harm=True)
    assert (told.error, told.is_kept, told.harmed_count) == ("", True, 1)
    assert there.kept.rule == told.rule


async def test_what_is_right_already_is_remembered_without_a_rule() -> None:
    one = turn("turn on lamp")
    there = house(one)
    told = await there.correct(one, "Turn on lamp!", keep=True)
    assert (told.rule, told.is_kept, told.error) == (None, True, "")
    assert there.kept.rule is None
    assert there.kept.correction.rule_id == ""


async def test_what_no_rule_helps_is_said_and_may_be_remembered() -> None:
    one = turn("thank you", **LAMB)
    there = house(one)
    told = await there.correct(one, "turn on lamp")
    assert (told.rule, told.error) == (None, "no_rule")
    told = await there.correct(one, "turn on lamp", keep=True)
    assert (told.is_kept, told.error, told.message) == (True, "", "no rule would make this sound mean that")
    assert there.kept.rule is None
    silent = turn(**LAMB)
    assert (await house(silent).correct(silent, "turn on lamp")).error == "no_rule"


async def test_what_means_nothing_here_is_not_learned() -> None:
    one = turn("turn on lamb", **LAMB)
    assert (await house(one).correct(one, "turn on sun", keep=True)).error == "no_meaning"
    assert (await house(one).correct(one, said="lamb", entity_id="light.gone")).error == "no_meaning"


@pytest.mark.parametrize(
    "words",
    [{}, {"meant": "…"}, {"said": "lamb"}, {"entity_id": "light.lamp"}, {"meant": "a", "said": "b", "entity_id": "c"}],
)
async def test_a_correction_says_one_thing(words: dict[str, str]) -> None:
    one = turn("turn on lamb", **LAMB)
    there = house(one)
    assert (await there.correct(one, **words)).error == "malformed"
    assert not there.ledger.asked


async def test_what_a_thing_is_called_here_becomes_an_alias() -> None:
    one = turn("Turn on sunny.", **LAMB)
    there = house(one)
    told = await there.correct(one, said=" sunny ", entity_id="light.lamp", keep=True)
    assert told.rule is not None
    assert (told.rule.kind, told.rule.said, told.rule.entity_id, told.rule.meant) == (
        "alias",
        "sunny",
        "light.lamp",
        "",
    )
    assert told.is_kept
    assert there.kept.correction.meant == "turn on lamp"


async def test_an_alias_that_the_turn_does_not_need_or_use_is_no_rule() -> None:
    one, right = turn("turn on lamb", **LAMB), turn("turn on lamp")
    there = house(one, right)
    assert (await there.correct(one, said="sunny", entity_id="light.lamp", keep=True)).error == "no_rule"
    told = await there.correct(right, said="lamp", entity_id="light.lamp", keep=True)
    assert (told.rule, told.is_kept) == (None, True)


async def test_the_sound_counts_where_there_is_some() -> None:
    one = turn("old reading", clip_until=NOW.isoformat(), **LAMB)
    stt = ScriptedStt(recognized("turn on lamb"))
    there = house(one, stt=stt)
    there.ledger.clips[one.turn_id] = b"pcm"
    told = await there.correct(one, "turn on lamp")
    assert (told.from_sound, stt.heard) == (True, [b"pcm"])
    assert told.rule is not None
    assert told.rule.said == "lamb"
    there.ledger.refusals[AskClip] = ("not_recorded", "the audit log cannot be written")
    told = await there.correct(one, "turn on lamp")
    assert told.from_sound is False
    assert told.rule is not None
    assert (told.rule.kind, told.rule.said) == ("sentence", "old reading")


async def test_sound_that_is_taken_for_noise_cannot_be_learned_from() -> None:
    one = turn("", clip_until=NOW.isoformat(), **LAMB)
    noise = Recognition(hypotheses=(Hypothesis(text="turn on lamb", score=-0.9),), no_speech_probability=0.9)
    there = house(one, stt=ScriptedStt(noise))
    there.ledger.clips[one.turn_id] = b"pcm"
    assert (await there.correct(one, "turn on lamp")).error == "no_rule"


async def test_what_is_meant_may_be_said_in_words_that_were_taught() -> None:
    one = turn("turn on lamb", **LAMB)
    good_night = rule(RuleKind.SENTENCE, "good night", "turn on radio")
    there = house(one, rules=[good_night])
    told = await there.correct(one, "good night")
    assert told.rule is not None
    assert (told.rule.kind, told.rule.said, told.rule.meant) == ("words", "lamb", "radio")
    sunny = rule(RuleKind.ALIAS, "sunny", entity_id="light.lamp")
    told = await house(one, rules=[sunny]).correct(one, "turn on sunny")
    assert told.rule is not None
    assert (told.rule.said, told.rule.meant) == ("lamb", "sunny"), "it follows the thing when that is renamed"


async def test_where_not_all_earlier_turns_could_be_tried_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "REPLAY_S", 0.0)
    one = turn("turn on lamb", **LAMB)
    told = await house(one, turn("turn on radio")).correct(one, "turn on lamp")
    assert told.rule is not None
    assert told.message == "there are more earlier turns than could be tried again"


async def test_of_somebody_elses_turns_nothing_is_corrected_or_shown() -> None:
    own, others = turn("turn on lamb", user_id=ANNA, **LAMB), turn("so turn on lamb", "turn on radio", user_id="ben")
    there = house(own, others, sentences=("turn on lamp", "so turn on lamp", "turn on radio"))
    assert (await there.correct(others, "turn on lamp", of_user=ANNA)).error == "unknown_turn"
    told = await there.correct(own, "turn on lamp", of_user=ANNA)
    assert (told.harmed, told.replayed) == ((), 0)


async def test_what_the_ledger_cannot_keep_it_says() -> None:
    one = turn("turn on lamb", **LAMB)
    there = house(one)
    there.ledger.refusals[KeepCorrection] = ("full", "there are 300 rules already")
    told = await there.correct(one, "turn on lamp", keep=True)
    assert (told.error, told.message, told.is_kept) == ("full", "there are 300 rules already", False)


async def test_whom_a_members_rule_harms_is_looked_for_among_everybody_and_not_shown() -> None:
    own = turn("turn on radio", intent="turn on", user_id=ANNA)
    others = turn("Turn on radio!", intent="turn on", user_id="bob")
    there = house(own, others)
    told = await there.correct(own, "turn on lamp", of_user=ANNA, keep=True, despite_harm=True)
    assert (told.error, told.is_kept, told.harmed_count) == ("harm", False, 1)
    assert (told.harmed, told.replayed) == ((), 0)
    assert not there.ledger.of(KeepCorrection)
