"""The whole audit log, reckoned anew: an honest one is good, and whatever was changed in it is found, and named."""

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, cast

import pytest
from homeassistant.core import HomeAssistant

from custom_components.local_voice import broker as brokers
from custom_components.local_voice import log_check
from custom_components.local_voice.errors import GatewayError, NotConnectedError, RefusedError
from custom_components.local_voice.log_check import BROKEN, GOOD, LogCheck, check
from custom_components.local_voice.wire import backoff
from custom_components.local_voice.wire.broker_messages import FROM_BROKER, AuditHead, WatchAudit
from custom_components.local_voice.wire.connection import Connection
from custom_components.local_voice.witness import Finding, Kept, Verdict
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_audit import ScriptedLog
from tests.home_assistant.scripted_gateway import PROTECTION, Json, ScriptedGateway
from tests.home_assistant.test_broker import set_up, until_size
from tests.home_assistant.test_gateway import lines
from tests.home_assistant.test_init import _ours
from tests.home_assistant.test_witness import TAMPERINGS, head_of

ROWS: Final = 60
"""More than two messages."""


class Said:
    """A connection on which this is said."""

    def __init__(self, messages: Iterable[Json]) -> None:
        self.messages = list(messages)
        self.heard: list[Any] = []

    def say(self, message: object) -> None:
        self.heard.append(message)

    async def hear(self) -> Any:
        return FROM_BROKER.decode(json.dumps(self.messages.pop(0))) if self.messages else None


def rewritten(rows: list[str], *, seed: int = 7) -> ScriptedLog:
    """Return a log of these rows, with the hashes and the head that go with them, as who has the key can make it."""
    log = ScriptedLog(0, seed=seed)
    log.rows = rows
    return log


async def checked(said: Iterable[Json], kept: AuditHead | None, *, key: str = "") -> LogCheck:
    """Return what comes of a log that is told like this."""
    return await check(cast("Connection", Said(said)), key or ScriptedLog(0).key.hex(), kept)


async def verdict(log: ScriptedLog, kept: AuditHead | None, *, head: Json | None = None) -> str:
    """Return what is said of a log, told whole, with its own head where no other is given."""
    return (await checked([*log.pages(0), head or log.head()], kept)).verdict


@pytest.mark.parametrize("size", [0, 1, 24, ROWS])
async def test_an_honest_log_is_good_whenever_its_head_was_kept(size: int) -> None:
    log = ScriptedLog(size)
    for kept in (None, *(head_of(log, kept_size) for kept_size in range(size + 1))):
        came_of_it = await checked([*log.pages(0), log.head()], kept)
        assert came_of_it == LogCheck(rows=size, head=head_of(log), verdict=GOOD)


async def test_the_whole_log_is_asked_for_once_and_what_else_is_told_is_passed_over() -> None:
    log = ScriptedLog(30)
    first, last = log.pages(0)
    connection = Said([PROTECTION, first, last, {"type": "peers", "peers": []}, log.head(), PROTECTION])
    came_of_it = await check(cast("Connection", connection), log.key.hex(), head_of(log, 7))
    assert (came_of_it.rows, came_of_it.verdict) == (30, GOOD)
    assert connection.heard == [WatchAudit(size=0, hash=log.hashes()[0])]


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_rows_that_were_changed_on_the_disk_do_not_come_to_the_log_s_end(tampering: str) -> None:
    honest = ScriptedLog(ROWS)
    for at in range(ROWS - 1):
        tampered = rewritten(TAMPERINGS[tampering](honest.rows, at))
        for kept in (None, head_of(honest, ROWS // 2), head_of(honest)):
            assert await verdict(tampered, kept, head=honest.head()) == BROKEN, at


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_who_has_the_key_and_writes_everything_anew_does_not_come_to_the_kept_head(tampering: str) -> None:
    honest = ScriptedLog(ROWS)
    for at in range(ROWS - 1):
        tampered = rewritten(TAMPERINGS[tampering](honest.rows, at))
        found = await verdict(tampered, head_of(honest))
        assert found in (BROKEN, Verdict.FORKED, Verdict.WENT_BACK), at
        if tampering in ("flipped", "forked"):
            assert found == Verdict.FORKED
        if tampering in ("dropped", "truncated"):
            assert found == Verdict.WENT_BACK


@pytest.mark.parametrize("tampering", ["dropped", "reordered", "added to"])
async def test_rows_say_their_own_number_so_that_none_is_left_out_or_put_in_by_whoever_it_is(tampering: str) -> None:
    honest = ScriptedLog(ROWS)
    for at in range(ROWS - 1):
        assert await verdict(rewritten(TAMPERINGS[tampering](honest.rows, at)), None) == BROKEN, at


@pytest.mark.parametrize("nonsense", ["", "nonsense", "[]", "{}", '{"seq":"2"}', '{"seq":null}', "[" * 1_000, "ä"])
async def test_a_row_that_is_none_is_found(nonsense: str) -> None:
    honest = ScriptedLog(3)
    assert await verdict(rewritten([honest.rows[0], nonsense, honest.rows[2]]), None) == BROKEN


async def test_a_gap_between_pages_is_found_though_every_hash_is_right() -> None:
    log = ScriptedLog(ROWS)
    first, second, third = log.pages(0)
    assert (await checked([first, {**second, "first": 26}, third, log.head()], None)).verdict == BROKEN
    assert (await checked([first, third, log.head()], None)).verdict == BROKEN
    assert (await checked([first, second, log.head()], None)).verdict == BROKEN
    assert (await checked([first, second, third, log.head(ROWS - 1)], None)).verdict == BROKEN


async def test_an_older_log_another_one_and_one_that_nobody_has_signed_are_told_apart() -> None:
    log, another = ScriptedLog(ROWS), ScriptedLog(ROWS, seed=8)
    assert await verdict(rewritten(log.rows[:50]), head_of(log)) == Verdict.WENT_BACK
    assert await verdict(another, head_of(log)) == Verdict.REPLACED
    assert await verdict(another, None) == Verdict.REPLACED
    assert await verdict(log, head_of(log), head={**log.head(), "at": "never"}) == Verdict.UNSIGNED
    assert await verdict(log, replace(head_of(log, 50), hash="0" * 64)) == Verdict.FORKED
    empty = ScriptedLog(0)
    assert await verdict(empty, replace(head_of(empty), hash="0" * 64)) == Verdict.FORKED


@pytest.mark.parametrize("limit", ["MOST_ROWS", "MOST_CHARS"])
async def test_more_than_a_log_can_be_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    log = ScriptedLog(ROWS)
    size = {"MOST_ROWS": ROWS, "MOST_CHARS": sum(map(len, log.rows))}[limit]
    monkeypatch.setattr(log_check, limit, size)
    assert await verdict(log, None) == GOOD
    monkeypatch.setattr(log_check, limit, size - 1)
    with pytest.raises(RefusedError) as refused:
        await verdict(log, None)
    assert refused.value.code == "too_large"


async def test_what_the_gateway_refuses_and_that_it_goes_are_told_apart() -> None:
    log = ScriptedLog(ROWS)
    refused = {"type": "refused", "code": "not_allowed", "message": "canary", "about": "watch_audit"}
    with pytest.raises(RefusedError) as error:
        await checked([refused], None)
    assert error.value.code == "not_allowed"
    with pytest.raises(NotConnectedError):
        await checked(log.pages(0), None)


# On a connection of its own


@pytest.fixture
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


async def test_the_whole_log_is_read_beside_the_connection_that_watches(
    gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    broker = await set_up(setup_entry)
    await gateway.write(100)
    await until_size(broker, 103)
    checked = await broker.verify()
    assert (checked.rows, checked.head, checked.verdict) == (103, broker.head, GOOD)
    assert await gateway.told("watch_audit", 2) == {"type": "watch_audit", "hash": gateway.log.hashes()[0]}
    await gateway.until(lambda: len(gateway._watchers) == 1)
    await gateway.write()
    await until_size(broker, 104)
    assert (await broker.verify()).rows == 104
    assert lines(caplog) == []


@pytest.mark.usefixtures("_short_pauses")
async def test_a_row_from_before_that_was_changed_is_found_which_no_watching_can(
    gateway: ScriptedGateway, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    broker = await set_up(setup_entry)
    head = gateway.log.head()
    gateway.log.rows[0] = gateway.log.rows[0].replace("start", "stars")
    gateway.scripts["watch_audit"] = lambda heard: [*gateway.log.pages(heard.get("size", 0)), head]
    gateway.drop_broker()
    await gateway.told("watch_audit", 2)
    await until_told(broker, lambda broker: broker.is_connected)
    checked = await broker.verify()
    assert (checked.rows, checked.head, checked.verdict) == (3, broker.head, BROKEN)
    assert broker.finding is None
    (line,) = lines(caplog, logging.ERROR)
    assert line.startswith("Gateway: all 3 rows of its audit log were read, and it is not what it was (broken): found")


async def test_a_log_that_was_written_anew_is_found_before_there_is_anything_new_in_it(
    gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    broker = await set_up(setup_entry)
    gateway.log.rows[0] = gateway.log.rows[0].replace("start", "stars")
    assert (await broker.verify()).verdict == Verdict.FORKED


async def test_a_log_of_which_no_good_head_is_kept_is_read_all_the_same(
    gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    broker = await set_up(setup_entry)
    broker._witness.kept = Kept(None, Finding(Verdict.UNSIGNED, head_of(gateway.log)))
    assert (await broker.verify()).verdict == GOOD
    broker._witness.kept = Kept()
    with pytest.raises(NotConnectedError):  # nothing was told yet
        await broker.verify()


async def test_one_reads_it_at_a_time(gateway: ScriptedGateway, setup_entry: SetUp) -> None:
    broker = await set_up(setup_entry)
    first, second = await asyncio.gather(broker.verify(), broker.verify(), return_exceptions=True)
    assert isinstance(first, LogCheck)
    assert isinstance(second, RefusedError)
    assert second.code == "too_many"
    assert (await broker.verify()).verdict == GOOD


async def test_who_asks_again_and_again_has_it_read_with_rests_in_between(
    gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await set_up(setup_entry)
    monkeypatch.setattr(brokers, "REST_SHARE", 1_000)
    monkeypatch.setattr(brokers, "LONGEST_REST_S", 0.3)
    await broker.verify()
    began = asyncio.get_running_loop().time()
    assert (await broker.verify()).verdict == GOOD
    assert asyncio.get_running_loop().time() - began >= 0.25


async def test_a_broker_that_is_away_or_refuses_or_says_nothing_is_not_waited_for(
    gateway: ScriptedGateway, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = await set_up(setup_entry)
    gateway.broker_refusal = 503, "too_many_connections"
    with pytest.raises(GatewayError) as full:
        await broker.verify()
    assert full.value.translation_key == "too_many_connections"
    gateway.broker_refusal = None
    monkeypatch.setattr(brokers, "LONGEST_CHECK_S", 0.2)
    gateway.scripts["watch_audit"] = lambda _: ()
    with pytest.raises(RefusedError) as silent:
        await broker.verify()
    assert silent.value.code == "no_answer"
    await gateway.until(lambda: len(gateway._watchers) == 1)
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_told(broker, lambda broker: not broker.is_connected)
    with pytest.raises(NotConnectedError):
        await broker.verify()


async def test_who_does_not_wait_any_more_and_the_end_leave_nothing_of_it(
    hass: HomeAssistant, gateway: ScriptedGateway, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    broker = entry.runtime_data.broker
    gateway.scripts["watch_audit"] = lambda _: ()
    waiting = asyncio.create_task(broker.verify())
    await gateway.told("watch_audit", 2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await gateway.until(lambda: len(gateway._watchers) == 1)
    waiting = asyncio.create_task(broker.verify())
    await gateway.told("watch_audit", 3)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(NotConnectedError):
        await waiting
    await gateway.until(lambda: not gateway.is_watched and not gateway._sockets)
    assert not _ours()
