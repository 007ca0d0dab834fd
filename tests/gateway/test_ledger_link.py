"""What the owner's commands say to a running ledger, and what they make of what it says."""

import pytest

from gateway import ledger_link as module
from gateway.broker.owner_link import NoGatewayError
from gateway.errors import LinkError
from gateway.ledger_link import ledger_link
from gateway.paths import gateway_dir
from gateway.processes.ledger_words import AskClip, AskKept, AskLedger, KeptIs, LedgerSays
from gateway.wire.ledger_words import LedgerDone
from tests.gateway.commands.scripted_ledger import Says, scripted_ledger

CLIP = AskClip(id=1, turn_id="a" * 32)
PCM = bytes(640_000)


async def test_questions_are_answered_with_their_sound() -> None:
    def says(asked: AskLedger) -> LedgerSays:
        assert asked.by == "owner"
        if isinstance(asked.question, AskKept):
            return LedgerSays(id=asked.id, answer=KeptIs(id=1, audio_s=9))
        return LedgerSays(id=asked.id, answer=LedgerDone(id=1), sound=PCM)

    async with scripted_ledger(says) as asked, ledger_link(gateway_dir()) as link:
        assert await link.ask(AskKept(id=1)) == (KeptIs(id=1, audio_s=9), b"")
        assert await link.ask(CLIP) == (LedgerDone(id=1), PCM)
    assert asked == [AskKept(id=1), CLIP]


async def test_where_no_gateway_runs_that_is_said() -> None:
    with pytest.raises(NoGatewayError, match="no gateway of this user is running"):
        async with ledger_link(gateway_dir()):
            pytest.fail("there is none")


async def test_a_socket_that_cannot_be_opened_is_named() -> None:
    gateway_dir().parent.mkdir(parents=True)
    gateway_dir().touch()
    with pytest.raises(LinkError, match=r"is not reached \(Not a directory\)"):
        async with ledger_link(gateway_dir()):
            pytest.fail("there is none")


@pytest.mark.parametrize(
    ("says", "match"),
    [
        (lambda asked: LedgerSays(id=asked.id, error="away"), r"does not answer \(away\)"),
        (lambda asked: LedgerSays(id=asked.id, error="away", message="come back later"), "come back later"),
        (lambda asked: LedgerSays(id=asked.id + 1, answer=LedgerDone(id=1)), "out of order"),
        (lambda _: b"nonsense\n", "out of order"),
        (lambda _: b'{"type":"ledger_says","id":1,"answer":{"type":"ping"}}\n', "out of order"),
        (lambda _: b"x" * (2 * 1024 * 1024), "has ended"),
    ],
)
async def test_what_is_no_answer_is_not_taken_for_one(says: Says, match: str) -> None:
    async with scripted_ledger(says), ledger_link(gateway_dir()) as link:
        with pytest.raises(LinkError, match=match):
            await link.ask(CLIP)


async def test_a_ledger_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.05)
    async with scripted_ledger(lambda _: b"half a line"), ledger_link(gateway_dir()) as link:
        with pytest.raises(LinkError, match="did not answer within 0 seconds"):
            await link.ask(CLIP)


async def test_a_ledger_that_ends_in_the_middle_is_gone() -> None:
    def ends(_: AskLedger) -> LedgerSays:
        raise ConnectionError

    async with scripted_ledger(ends), ledger_link(gateway_dir()) as link:
        with pytest.raises(LinkError, match="has ended"):
            await link.ask(CLIP)


async def test_a_ledger_that_reads_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def says(asked: AskLedger) -> LedgerSays:
        return LedgerSays(id=asked.id, answer=LedgerDone(id=1))

    async def stuck() -> None:
        raise ConnectionResetError

    async with scripted_ledger(says), ledger_link(gateway_dir()) as link:
        await link.ask(CLIP)
        monkeypatch.setattr(link._writer, "drain", stuck)
        with pytest.raises(LinkError, match="has ended"):
            await link.ask(CLIP)
