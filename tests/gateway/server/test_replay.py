from itertools import count

import msgspec
import pytest

from gateway.engines.learned import LearnedUnderstanding
from gateway.rules import Rule, RuleKind
from gateway.server import replay
from gateway.server.meanings import meaning
from gateway.server.replay import Earlier, earlier_turns, harm_of
from gateway.wire.learning_words import MOST_HARMED
from gateway.wire.ledger_words import AskTurns, TurnWords
from tests.gateway.server.remembering import RememberedTurns, asker, corrected, knows, rule, turn

LAMB = rule(RuleKind.WORDS, "lamb", "lamp")
SENTENCE = rule(RuleKind.SENTENCE, "turn on lamb", "turn on lamp")


def of(*turns: TurnWords) -> Earlier:
    return Earlier(count=len(turns), touched=turns, is_all=True)


async def test_right_turns_are_counted_and_those_with_the_words_tried() -> None:
    turns = [
        turn("turn on lamb", outcome="not_understood", intent=""),
        turn("turn on lamp"),
        turn("count the lamb", "count the lamp", intent="Count", outcome="answer"),
        turn("the home's own lamb", intent="", outcome="answer"),
        turn("turn on lamb", wake_mark="false"),
        corrected(turn("what a lamb", outcome="not_understood", intent=""), "x", meaning(knows("a b").meanings["a b"])),
        turn("a lamb that was not meant", kind="false_wake"),
    ]
    ledger = RememberedTurns(turns)
    earlier = await earlier_turns(asker(ledger), [LAMB, SENTENCE], but=turns[0].turn_id)
    assert (earlier.count, earlier.is_all) == (3, True)
    assert [one.heard for one in earlier.touched] == ["count the lamb", "what a lamb"]


async def test_the_turn_itself_is_not_tried() -> None:
    one = turn("turn on lamb")
    earlier = await earlier_turns(asker(RememberedTurns([one])), [LAMB], but=one.turn_id)
    assert earlier == Earlier(count=0, touched=(), is_all=True)


async def test_only_the_turns_of_a_user_are_tried_for_them() -> None:
    turns = [turn("one lamb", user_id="anna"), turn("two lamb", user_id="ben"), turn("three lamb")]
    earlier = await earlier_turns(asker(RememberedTurns(turns), of_user="anna"), [LAMB], but="")
    assert [one.heard for one in earlier.touched] == ["one lamb"]
    assert earlier.count == 1


async def test_far_back_only_turns_with_the_words_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST_READ", 4)
    turns = [turn(f"turn on {number}") for number in range(10)] + [turn("the lamb"), turn("lamb on")]
    ledger = RememberedTurns(turns)
    earlier = await earlier_turns(asker(ledger), [LAMB, SENTENCE], but="")
    assert [one.heard for one in earlier.touched] == ["the lamb", "lamb on"]
    assert (earlier.count, earlier.is_all) == (6, True)
    words = [question.words for question in ledger.of(AskTurns) if isinstance(question, AskTurns)]
    assert words == ["", "", "lamb"]


async def test_rules_without_a_word_in_common_are_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST_READ", 2)
    ledger = RememberedTurns([turn("one"), turn("two"), turn("three lamb")])
    other = rule(RuleKind.WORDS, "ramp", "lamp")
    earlier = await earlier_turns(asker(ledger), [LAMB, other], but="")
    assert (earlier.count, earlier.is_all) == (2, False)


async def test_it_ends_in_time_and_says_that_there_is_more() -> None:
    seconds = count(step=8)
    ledger = RememberedTurns([turn("the lamb") for _ in range(9)])
    earlier = await earlier_turns(asker(ledger), [LAMB], but="", clock=lambda: float(next(seconds)))
    assert (earlier.count, earlier.is_all) == (2, False)


async def test_so_many_turns_are_tried_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST_TOUCHED", 3)
    ledger = RememberedTurns([turn("the lamb") for _ in range(9)])
    earlier = await earlier_turns(asker(ledger), [LAMB], but="")
    assert (len(earlier.touched), earlier.is_all) == (4, False)


async def harmed(by: Rule, *turns: TurnWords, sentences: tuple[str, ...]) -> list[tuple[str, str, str]]:
    harm = await harm_of(by, of(*turns), LearnedUnderstanding(knows(*sentences)))
    assert harm.count == len(harm.shown)
    return [(one.heard, one.before.text, one.after.text) for one in harm.shown]


async def test_what_comes_to_mean_something_else_is_harmed() -> None:
    wanted = turn("turn on lamb", "turn on radio")
    assert await harmed(LAMB, wanted, sentences=("turn on lamp", "turn on radio")) == [
        ("turn on lamb", "turn on radio", "turn on lamp")
    ]


async def test_what_means_the_same_is_not() -> None:
    assert not await harmed(LAMB, turn("turn on lamb", "turn on lamp"), sentences=("turn on lamp",))
    assert not await harmed(LAMB, turn("turn on lamb"), sentences=("turn on lamb", "turn on lamp"))


async def test_what_means_nothing_any_more_cannot_be_harmed() -> None:
    assert not await harmed(LAMB, turn("turn on lamb"), sentences=("turn on lamp",))


async def test_a_corrected_turn_is_harmed_only_where_it_is_right_by_now() -> None:
    sentences = ("turn on lamp", "turn on radio")
    radio, lamp = (meaning(knows(*sentences).meanings[one]) for one in ("turn on radio", "turn on lamp"))
    heard = turn("turn on lamb", "turn on radio", outcome="not_understood", intent="")
    assert len(await harmed(LAMB, corrected(heard, "turn on radio", radio), sentences=sentences)) == 1
    assert not await harmed(LAMB, corrected(heard, "turn on lamp", lamp), sentences=sentences)


async def test_a_turn_that_another_candidate_is_about_is_left_alone() -> None:
    inner = knows("turn on lamp", "turn on radio")
    harm = await harm_of(SENTENCE, of(turn("so turn on lamb", "turn on radio")), LearnedUnderstanding(inner))
    assert (harm.count, inner.looks) == (0, 0)


async def test_a_message_has_room_for_some_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = [turn("turn on lamb", "turn on radio") for _ in range(MOST_HARMED + 3)]
    understanding = LearnedUnderstanding(knows("turn on lamp", "turn on radio"))
    harm = await harm_of(LAMB, of(*turns), understanding)
    assert (len(harm.shown), harm.count) == (MOST_HARMED, MOST_HARMED + 3)
    monkeypatch.setattr(replay, "LARGEST_HARM_BYTES", 2 * len(msgspec.json.encode(harm.shown[0])) + 1)
    harm = await harm_of(LAMB, of(*turns), understanding)
    assert (len(harm.shown), harm.count) == (2, MOST_HARMED + 3)
