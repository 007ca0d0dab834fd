"""Home Assistant watches the audit log: it is told what it has missed, and what is new, in pages that fit."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from gateway.broker import watchers as watching
from gateway.broker.audit import Action, AuditLog
from gateway.broker.audit_chain import empty_hash, is_head_signed, row_hash
from gateway.broker.audit_rows import decoded
from gateway.offer import SettingsChange
from gateway.protection import Layer, Protection
from gateway.wire import channel as channels
from gateway.wire.broker_words import (
    FROM_BROKER,
    LONGEST_ROW_CHARS,
    MOST_ROWS,
    AuditHead,
    AuditRows,
    ProtectionIs,
    WatchAudit,
)
from gateway.wire.channel import Channel
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, Message, Refused, encode
from gateway.wire.pairing import Paired
from gateway.wire.peers import Role
from tests.gateway.broker.running import SOON_S, Gateway, running, soon

QUIET_S = 0.05
"""So long nothing more comes."""
PROTECTED = Protection(layers=(Layer.SECCOMP,), missing={"own_user": "only root"}, attempts=36, is_same_user=True)
PROTECTION = ProtectionIs(
    is_enforced=True,
    is_same_user=True,
    layers=("seccomp",),
    missing={"own_user": "only root"},
    attempts=36,
    ways_out=(),
)


class Witness:
    """What Home Assistant does: it keeps the latest head, and chains the rows that come to it."""

    def __init__(self, channel: Channel, size: int = 0, link: str | None = None) -> None:
        self.channel = channel
        self.size, self.link = size, link
        self.rows: list[str] = []
        channel.say(WatchAudit(size=size, hash=link))

    async def hear(self) -> Message:
        """Return what comes next."""
        heard = await soon(self.channel.hear)
        assert isinstance(heard, Message), self.channel.told
        return heard

    async def head(self) -> AuditHead:
        """Take rows until a head comes; keep it if they chain to it."""
        link = None if self.link is None else bytes.fromhex(self.link)
        while isinstance(heard := await self.hear(), AuditRows):
            assert heard.first == self.size + 1
            for row in heard.rows:
                assert link is not None
                link = row_hash(link, row)
            self.size += len(heard.rows)
            self.rows += heard.rows
        assert isinstance(heard, AuditHead), heard
        assert is_head_signed(heard, bytes.fromhex(heard.key))
        if link is not None:
            assert (self.size, link.hex()) == (heard.size, heard.hash)
        self.size, self.link = heard.size, heard.hash
        return heard

    async def told_nothing(self) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                await self.channel.hear()

    def acts(self) -> list[tuple[str, str]]:
        """Return what the rows say was done, to what."""
        return [(row.action, row.about) for row in map(decoded, self.rows) if row is not None]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[tuple[Gateway, Paired]]:
    async with running(folder) as gateway:
        yield gateway, await gateway.paired(Role.HOME)


def log_of(gateway: Gateway) -> AuditLog:
    return gateway.broker._records.audit


def begun(log: AuditLog) -> str:
    """Return the hash of the log before its first row."""
    return empty_hash(bytes.fromhex(log.head.key)).hex()


async def test_the_first_time_the_head_comes_and_then_each_row(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        witness = Witness(channel)
        assert await witness.head() == log_of(gateway).head
        assert witness.rows == []
        await witness.told_nothing()  # no voice process has started yet
        gateway.broker.keep_settings(SettingsChange(voice="joe"))
        await witness.head()
        assert witness.acts() == [("configure", "settings")]
        satellite = await gateway.paired(Role.SATELLITE)
        await witness.head()
        assert witness.acts()[1:] == [("pair", satellite.peer_id)]
        await witness.told_nothing()


async def test_who_has_kept_a_head_is_told_what_it_has_missed(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home):
        async with gateway.channel(home) as channel:
            kept = await Witness(channel).head()
        satellite = await gateway.paired(Role.SATELLITE)
        await gateway.revoke(satellite)
        async with gateway.channel(home) as channel:
            witness = Witness(channel, kept.size, kept.hash)
            await witness.head()
            assert witness.acts() == [("pair", satellite.peer_id), ("revoke", satellite.peer_id)]
        async with gateway.channel(home) as channel:
            again = Witness(channel, witness.size, witness.link)
            assert await again.head() == log_of(gateway).head
            assert again.rows == []


async def test_a_log_that_went_back_shows_only_its_head(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        channel.say(WatchAudit(size=1_000, hash="0" * 64))
        head = await soon(channel.hear)
        assert isinstance(head, AuditHead)
        assert head.size == 2
        gateway.broker.keep_settings(SettingsChange(voice="joe"))
        rows = await soon(channel.hear)
        assert isinstance(rows, AuditRows)
        assert (rows.first, len(rows.rows)) == (3, 1)


async def test_a_log_that_has_forked_does_not_chain_to_what_was_kept(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        witness = Witness(channel, 1, sha256(b"another first row").hexdigest())
        with pytest.raises(AssertionError):
            await witness.head()
        assert witness.acts() == [("pair", home.peer_id)]


async def test_each_start_of_voice_is_told_with_its_row_and_the_broker_s_own_without(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        witness = Witness(channel)
        await witness.head()
        gateway.broker.voice_started(PROTECTED, is_new=True)
        await witness.head()
        assert witness.acts() == [("start", "voice")]
        assert await witness.hear() == PROTECTION
        gateway.broker.voice_started(Protection(), is_new=False)
        told = await witness.hear()
        assert isinstance(told, ProtectionIs)
        assert (told.is_enforced, told.layers) == (False, ())
        gateway.broker.voice_started(PROTECTED, is_new=True)  # as it was before; it is told all the same
        await witness.head()
        assert await witness.hear() == PROTECTION
        async with gateway.channel(home) as channel_2:
            late = Witness(channel_2)
            await late.head()
            assert await late.hear() == PROTECTION


async def test_a_long_log_comes_in_pages_of_which_each_fits_into_a_message(
    tmp_path: Path, state: Callable[[str], None]
) -> None:
    async with watched(tmp_path) as (gateway, home):
        log = log_of(gateway)
        quoted = '"' * 200 + "é" * 20  # what grows most when it is quoted once more
        while len(log.rows(log.head.size - 1, 1)[0]) < LONGEST_ROW_CHARS - 12:
            quoted += "\\"
            log.append("owner", Action.DOWNLOAD, quoted)
        for _ in range(20 * MOST_ROWS):
            log.append("owner", Action.DOWNLOAD, quoted)
        longest = max(map(len, log.rows(0, log.head.size)))
        assert LONGEST_ROW_CHARS - 12 <= longest <= LONGEST_ROW_CHARS
        largest = len(encode(AuditRows(first=1, rows=tuple(log.rows(log.head.size - MOST_ROWS, MOST_ROWS)))))
        async with gateway.channel(home) as channel:
            witness = Witness(channel, 0, begun(log))
            await witness.head()
        assert len(witness.rows) == log.head.size
        state(f"audit log: {len(witness.rows)} rows told in pages of at most {largest} bytes")
        assert largest <= LARGEST_MESSAGE_BYTES


async def test_many_watchers_are_told_of_each_row_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), AsyncExitStack() as stack:
        homes = [home, *[await gateway.paired(Role.HOME) for _ in range(3)]]
        witnesses = [
            Witness(await stack.enter_async_context(gateway.channel(peer))) for peer in homes for _ in range(4)
        ]
        for witness in witnesses:
            await witness.head()
        for number in range(10):
            gateway.broker.keep_settings(SettingsChange(wake_sensitivity=number))
            await asyncio.gather(*(witness.head() for witness in witnesses))
        assert [len(witness.rows) for witness in witnesses] == [10] * len(witnesses)
        for witness in witnesses:
            await witness.told_nothing()


async def test_a_watcher_that_never_reads_is_cut_off_and_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SEND_S", 0.3)
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        witness = Witness(channel)
        await witness.head()
        (hers,) = gateway.broker._channels
        async with gateway.channel(home) as deaf:
            (his,) = gateway.broker._channels - {hers}
            transport = deaf._websocket._response.connection.transport  # type: ignore[union-attr]
            transport.pause_reading()  # type: ignore[union-attr]
            with monkeypatch.context() as patched:  # so long that no network's buffers hold it
                patched.setattr(log_of(gateway), "rows", lambda _, limit: ["x" * LONGEST_ROW_CHARS] * limit)
                deaf.say(WatchAudit(size=0, hash="0" * 64))
                patched.setattr(log_of(gateway), "_head", replace(log_of(gateway).head, size=10**9))
                most = 0
                async with asyncio.timeout(SOON_S):
                    while his.is_open:
                        await asyncio.sleep(0)
                        most = max(most, his._waiting.qsize())
            assert his.end == "too_slow"
            assert 0 < most <= watching.MOST_PAGES_WAITING
            transport.abort()  # type: ignore[union-attr]
        gateway.broker.keep_settings(SettingsChange(voice="joe"))
        await witness.head()
        assert len(witness.rows) == 1


async def test_a_connection_watches_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        witness = Witness(channel)
        await witness.head()
        channel.say(WatchAudit())
        refused = await witness.hear()
        assert isinstance(refused, Refused)
        assert (refused.code, refused.about) == ("out_of_order", "watch_audit")
        gateway.broker.keep_settings(SettingsChange(voice="joe"))
        await witness.head()


async def test_a_log_that_cannot_be_read_ends_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with watched(tmp_path) as (gateway, home):
        log = log_of(gateway)

        def failing(*_: object) -> None:
            raise apsw.IOError("disk I/O error")

        monkeypatch.setattr(log._database, "rows", failing)
        async with gateway.channel(home) as channel:
            channel.say(WatchAudit(size=1, hash="0" * 64))
            assert await soon(channel.hear) is None
    assert "the audit log cannot be read (disk I/O error)" in caplog.text


async def test_what_voice_says_of_itself_fits_into_a_message_whatever_it_says(tmp_path: Path) -> None:
    async with watched(tmp_path) as (gateway, home), gateway.channel(home) as channel:
        witness = Witness(channel)
        await witness.head()
        lying = Protection(
            layers=(Layer.SECCOMP,) * 1_000,
            missing={**{str(number): "" for number in range(1_000)}, Layer.LANDLOCK: "𝄞" * 10_000},
            attempts=1,
            ways_out=("𝄞" * 10_000,) * 1_000,
        )
        gateway.broker.voice_started(lying, is_new=True)
        await witness.head()
        told = await witness.hear()
        assert isinstance(told, ProtectionIs)
        assert told.layers == ("seccomp",)
        assert list(told.missing) == ["landlock"]
        assert len(told.ways_out) == watching.MOST_NAMED
        assert json.loads(witness.rows[-1])["detail"]["ways_out"] == 1_000


def test_the_golden_rows_chain_to_the_golden_head() -> None:
    folder = Path(__file__).parents[2] / "golden"
    said = json.loads((folder / "broker_to_home.json").read_text(encoding="utf-8"))
    (kept,) = [
        message
        for message in json.loads((folder / "home_to_broker.json").read_text(encoding="utf-8"))
        if message["type"] == "watch_audit" and "hash" in message
    ]
    messages = {
        message["type"]: FROM_BROKER.decode(json.dumps(message).encode())
        for message in said
        if "audit" in message["type"]
    }
    rows, head = messages["audit_rows"], messages["audit_head"]
    assert isinstance(rows, AuditRows)
    assert isinstance(head, AuditHead)
    assert rows.first == kept["size"] + 1
    link = bytes.fromhex(kept["hash"])
    for row in rows.rows:
        assert decoded(row) is not None
        link = row_hash(link, row)
    assert (kept["size"] + len(rows.rows), link.hex()) == (head.size, head.hash)
    assert is_head_signed(head, bytes.fromhex(head.key))
