import pytest

from gateway.errors import LedgerError, ProtocolError
from gateway.processes.ledger_words import AskClip, AskWakes, Wakes
from gateway.wire.ledger_words import AskTurns, Stats
from tests.gateway.server.remembering import RememberedTurns, asker, turn


async def test_a_turn_is_there_for_who_may_see_it() -> None:
    own, others = turn("a", user_id="anna"), turn("b", user_id="ben")
    ledger = RememberedTurns([own, others])
    assert await asker(ledger).turn(others.turn_id) == others
    assert await asker(ledger, of_user="anna").turn(own.turn_id) == own
    with pytest.raises(ProtocolError) as refusal:
        await asker(ledger, of_user="anna").turn(others.turn_id)
    assert refusal.value.refusal == "unknown_turn"
    assert ledger.askers == {"home"}
    assert all(question.id == 7 for question in ledger.of(AskTurns) if isinstance(question, AskTurns))


async def test_what_the_ledger_refuses_is_refused_in_its_words() -> None:
    ledger = RememberedTurns(refusals={AskWakes: ("malformed", "not like this")})
    with pytest.raises(ProtocolError, match="not like this") as refusal:
        await asker(ledger).ask(AskWakes(id=1, satellite_id="x"), Wakes)
    assert refusal.value.refusal == "malformed"
    with pytest.raises(ProtocolError, match="something else"):
        await asker(RememberedTurns()).ask(AskWakes(id=1, satellite_id="x"), Stats)
    with pytest.raises(LedgerError):
        await asker(RememberedTurns(is_away=True)).ask(AskWakes(id=1, satellite_id="x"), Wakes)


async def test_sound_is_asked_for_only_where_there_is_some() -> None:
    silent, heard = turn("a"), turn("b", clip_until="2026-11-23T12:00:00+00:00")
    ledger = RememberedTurns([silent, heard], clips={heard.turn_id: b"pcm"})
    assert await asker(ledger).clip(silent) == b""
    assert not ledger.asked
    assert await asker(ledger).clip(heard) == b"pcm"
    ledger.refusals[AskClip] = ("not_recorded", "the audit log cannot be written")
    assert await asker(ledger).clip(heard) == b""
