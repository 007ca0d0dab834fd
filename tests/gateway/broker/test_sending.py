"""One approved request on its way out: what is released when, and what becomes of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.broker import cloud_store, sending
from gateway.broker.audit import Action
from gateway.broker.outgoing import MARKER
from gateway.broker.records import OWNER
from gateway.broker.waiting import WAITS_S
from gateway.errors import VoiceError
from gateway.wire.consent_words import LONGEST_ANSWER_CHARS
from tests.gateway.broker.consenting import (
    ANSWER,
    CHAT,
    KEY,
    QUESTION,
    Consenting,
    Wire,
    answers,
    breaks,
    chat_service,
    consenting,
    fails,
    release,
    turns,
)
from tests.gateway.broker.running import locked


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Consenting]:
    async with consenting(tmp_path / "gateway", chat_service()) as house:
        yield house


def results(house: Consenting) -> list[dict[str, object]]:
    return [dict(row.detail) for row in house.rows(Action.RESULT)]


def sent_rows(house: Consenting) -> list[str]:
    return [row.about for row in house.rows(Action.SEND)]


async def test_when_the_bytes_are_handed_out_the_audit_log_says_so_already(house: Consenting) -> None:
    request_id, wire = await house.send()
    assert sent_rows(house) == []
    await wire.do(release)
    assert sent_rows(house) == [request_id]
    assert results(house) == []
    assert KEY.encode() in wire.released[0]
    assert MARKER.encode() not in wire.released[0]
    assert house.rows(Action.SEND)[0].detail == {"bytes": len(wire.released[0])}


async def test_it_is_released_once_whatever_who_sends_it_does(house: Consenting) -> None:
    request_id, wire = await house.send()
    await wire.do(release)
    await wire.do(release)
    assert len(wire.released) == 1
    assert house.fates == [("revoked", "destination")]
    assert results(house) == [{"outcome": "failed", "reason": "destination"}]
    with pytest.raises(VoiceError, match="once, if at all"):
        wire.release()
    assert sent_rows(house) == [request_id]


async def test_nothing_is_released_of_what_is_over(house: Consenting) -> None:
    _, wire = await house.send()
    await wire.do(fails("not_reached"))
    assert results(house) == [{"outcome": "not_sent", "reason": "not_reached"}]
    with pytest.raises(VoiceError, match="once, if at all"):
        wire.release()
    assert sent_rows(house) == []


@pytest.mark.usefixtures("impatient")
async def test_what_cannot_be_written_down_does_not_leave_and_is_not_tried_again(
    house: Consenting, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    request_id, wire = await house.send()

    def twice(wire: Wire) -> None:
        with locked(tmp_path / "gateway"), pytest.raises(VoiceError, match="cannot be written"):
            wire.release()
        wire.release()

    await wire.do(twice)
    assert wire.released == []
    assert house.fates == [("revoked", "destination")]
    other_id, other = await house.send("other")
    with locked(tmp_path / "gateway"):
        await other.do(release)
    assert house.fates[1:] == [("failed", "not_stored")]
    assert sent_rows(house) == []
    assert f"request {other_id}: what became of it is not in the audit log" in caplog.text
    assert [row.about for row in house.rows(Action.RESULT)] == [request_id]


async def test_what_was_approved_may_be_sent_when_its_time_to_wait_is_over(house: Consenting) -> None:
    _, wire = await house.send()
    house.wait(2 * WAITS_S)
    await wire.do(release)
    assert len(wire.released) == 1


# Revoked


@pytest.mark.parametrize("behind", ["switched off", "destination removed", "key replaced"])
async def test_the_moment_before_the_bytes_leave_it_is_looked_again_whether_they_may(
    house: Consenting, behind: str
) -> None:
    _, wire = await house.send()
    match behind:  # of who revokes
        case "switched off":
            house.records.allow_cloud(False, by=OWNER)
        case "destination removed":
            house.records.remove_destination(CHAT, by=OWNER)
        case _:
            house.records.add_destination(chat_service(), by=OWNER)
    await wire.do(release)
    assert wire.released == []
    assert house.fates == [("revoked", "destination")]
    assert results(house) == [{"outcome": "not_sent", "reason": "destination"}]


async def test_what_is_revoked_before_it_has_begun_never_begins(house: Consenting) -> None:
    preview, _ = house.show(house.propose())
    house.approve(preview)
    await house.allow(False)
    assert house.sender.wires == []
    assert house.fates == [("revoked", "switched_off")]
    assert results(house) == [{"outcome": "not_sent", "reason": "switched_off"}]


async def test_what_is_revoked_while_it_leaves_is_cut_and_what_left_is_told(house: Consenting) -> None:
    _, wire = await house.send()
    await wire.do(release)
    await house.consent.withdraw("shelf")
    assert wire.cuts == 1
    (decided,) = house.decided
    assert (decided.sent.fate, decided.sent.reason) == ("revoked", "withdrawn")
    assert decided.sent.sent_bytes == len(wire.released[0])
    assert results(house) == [{"outcome": "failed", "reason": "withdrawn"}]


async def test_who_sends_and_does_not_stop_gets_nothing_and_holds_nobody_up(
    house: Consenting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "CUT_S", 0.01)
    house.sender.is_stubborn = True
    _, wire = await house.send()
    await house.allow(False)
    assert (wire.cuts, house.decided) == (1, [])
    await house.allow(False)
    await house.allow(True)
    await wire.do(release)
    assert wire.released == []
    assert house.fates == [("revoked", "switched_off")], "the first reason that there was"


async def test_a_program_that_ends_takes_it_along(house: Consenting) -> None:
    _, wire = await house.send()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        if "Sending" in repr(task):
            task.cancel()
    await turns()
    assert wire.cuts == 1
    assert house.fates == [("revoked", "stopped")]


# What comes back


async def test_an_answer_is_kept_as_long_as_a_message_may_be(house: Consenting) -> None:
    _, wire = await house.send()
    await wire.do(release)
    await wire.do(answers("x" * (LONGEST_ANSWER_CHARS + 1)))
    assert len(house.decided[0].sent.text) == LONGEST_ANSWER_CHARS


async def test_a_request_that_is_not_answered_says_why(house: Consenting, caplog: pytest.LogCaptureFixture) -> None:
    request_id, wire = await house.send()
    await wire.do(release)
    await wire.do(fails("status", status=401, received_bytes=12))
    (decided,) = house.decided
    sent = decided.sent
    assert (sent.fate, sent.reason, sent.status, sent.received_bytes) == ("failed", "status", 401, 12)
    assert sent.sent_bytes == len(wire.released[0])
    assert results(house) == [{"outcome": "failed", "reason": "status", "status": 401, "received": 12}]
    assert f"request {request_id}: not answered: status" in caplog.text
    assert ANSWER not in caplog.text


async def test_a_fault_nobody_thought_of_ends_this_request_only_and_tells_nothing_of_it(
    house: Consenting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request_id, wire = await house.send()
    await wire.do(breaks)
    assert house.fates == [("failed", "internal")]
    assert f"request {request_id}: failed: RuntimeError" in caplog.text
    assert QUESTION not in caplog.text
    _, wire = await house.send()
    await wire.do(release)
    await wire.do(answers())
    assert house.fates[1:] == [("answered", "")]
