"""What is answered where something stands in the way; what is learned is in the tests of each part."""

import asyncio

import pytest

from gateway.engines.learned import LearnedUnderstanding
from gateway.server import learning
from gateway.server.learning import correct, stats
from gateway.wire.learning_words import CorrectTurn
from gateway.wire.ledger_words import AskStats
from gateway.wire.messages import Message
from tests.fakes import ScriptedStt, recognized
from tests.gateway.server.remembering import NOW, RememberedTurns, knows, turn

HERE = LearnedUnderstanding(knows("turn on lamp"))


async def corrected(ledger: RememberedTurns, stt: ScriptedStt | None = None) -> tuple[str, str]:
    asked = CorrectTurn(id=7, turn_id=ledger.turns[0].turn_id, meant="turn on lamp")
    told = await correct(asked, by="owner", ledger=ledger, understanding=HERE, stt=stt, area_of=lambda _: None)
    assert told.id == 7
    return told.error, told.message


async def test_without_a_ledger_nothing_can_be_learned() -> None:
    assert (await corrected(RememberedTurns([turn("x")], is_away=True)))[0] == "away"
    told = await stats(AskStats(id=7), by="owner", ledger=RememberedTurns(is_away=True), understanding=HERE)
    assert (told.id, told.error) == (7, "away")


async def test_a_model_that_fails_is_told_without_its_words() -> None:
    one = turn("x", clip_until=NOW.isoformat())
    ledger = RememberedTurns([one], clips={one.turn_id: b"pcm"})
    error, message = await corrected(ledger, ScriptedStt(recognized("x"), fails=True))
    assert (error, message) == ("ledger", "what was said cannot be understood again just now: try it later")


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(RememberedTurns):
        async def ask(self, question: Message, *, by: str) -> tuple[Message, bytes]:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(learning, "ANSWER_S", 0.01)
    error, message = await corrected(Silent([turn("x")]))
    assert (error, message) == ("ledger", "it took longer than 0.01 s: try it later")
