"""What a gateway answers for: a row before each act, none without, and what a row says."""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from gateway.broker import cloud_store, records
from gateway.broker.audit import Action, AuditError, AuditLog
from gateway.broker.records import GATEWAY, OWNER, PAGE_ROWS, Records
from gateway.broker.store import PeerStore
from gateway.errors import ConfigError
from gateway.offer import SettingsChange
from gateway.protection import Layer, Protection
from gateway.settings_file import SettingsFile
from gateway.wire.broker_words import MOST_PEERS
from gateway.wire.peers import Role
from tests.gateway.broker.consenting import CHAT, HOST, KEY, PIN, chat_service
from tests.gateway.broker.running import locked


def rows(kept: Records) -> list[dict[str, Any]]:
    """Return all rows, without number and time."""
    read = [json.loads(row) for row in kept.audit.rows(0, kept.audit.head.size)]
    return [{key: value for key, value in row.items() if key not in ("seq", "at")} for row in read]


def row(actor: str, action: str, about: str, **detail: object) -> dict[str, Any]:
    return {"actor": actor, "action": action, "about": about, "detail": detail}


ACTS: dict[str, Callable[[Records, str], object]] = {
    "pair": lambda kept, _: kept.pair(by=OWNER, name="Shelf", role=Role.SATELLITE),
    "revoke": lambda kept, peer_id: kept.revoke(peer_id, by=OWNER),
    "configure": lambda kept, _: kept.keep_settings(SettingsChange(voice="joe")),
    "download": lambda kept, _: kept.record_download("tiny.en", "example.org"),
    "start broker": lambda kept, _: kept.broker_started(version="1", configuration="c"),
    "start voice": lambda kept, _: kept.voice_started(Protection(), version="1"),
    "add destination": lambda kept, _: kept.add_destination(chat_service(), by=OWNER),
    "switch on": lambda kept, _: kept.allow_cloud(True, by=OWNER),
    "set PIN": lambda kept, _: kept.set_pin(PIN, by=OWNER),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.usefixtures("impatient")
def test_what_cannot_be_written_down_is_not_done(act: Callable[[Records, str], object], tmp_path: Path) -> None:
    with closing(Records(tmp_path)) as kept:
        peer = kept.pair(by=OWNER, name="Home", role=Role.HOME).peer
        before = rows(kept)
        with locked(tmp_path), pytest.raises(AuditError, match="the audit log cannot be written"):
            act(kept, peer.id)
        assert rows(kept) == before
        assert kept.peers.peers() == (peer,)
        assert not (tmp_path / "settings.json").exists()
        assert not (tmp_path / "cloud.json").exists()
        act(kept, peer.id)
        assert len(rows(kept)) == len(before) + 1


def test_rows_say_who_did_what_and_nothing_that_people_wrote(tmp_path: Path) -> None:
    with closing(Records(tmp_path)) as kept:
        kept.broker_started(version="0.1.0", configuration="1d")
        home = kept.pair(by=GATEWAY, name="Ann's Home", role=Role.HOME)
        shelf = kept.pair(by=OWNER, name="Bob's shelf", role=Role.SATELLITE, area="Nursery")
        assert kept.revoke(shelf.peer.id, by=home.peer.id)
        assert not kept.revoke(shelf.peer.id, by=home.peer.id), "who is none is none afterwards, and it is no row"
        kept.keep_settings(SettingsChange(wake_words=("alexa",), voice="joe"))
        assert kept.record_download("tiny.en", "example.org") == 6
        protection = Protection(
            layers=(Layer.LANDLOCK, Layer.SECCOMP),
            missing={"own_user": "only root can change the user", "nonsense": "x" * 10_000},
            attempts=36,
            ways_out=("main tcp", "child tcp"),
            is_same_user=True,
        )
        kept.voice_started(protection, version="0.1.0")
        assert rows(kept) == [
            row("gateway", "start", "broker", version="0.1.0", configuration="1d"),
            row("gateway", "pair", home.peer.id, role="home"),
            row("owner", "pair", shelf.peer.id, role="satellite"),
            row(home.peer.id, "revoke", shelf.peer.id),
            row("voice", "configure", "settings", names=["voice", "wake_words"]),
            row("owner", "download", "tiny.en", host="example.org"),
            row(
                "gateway",
                "start",
                "voice",
                version="0.1.0",
                layers=["seccomp", "landlock"],
                missing=["own_user"],
                attempts=36,
                ways_out=2,
                same_user=True,
            ),
        ]
    assert SettingsFile(tmp_path).chosen == SettingsChange(wake_words=("alexa",), voice="joe")
    with closing(Records(tmp_path)) as kept:
        assert kept.peers.peers() == (home.peer,)


def test_where_there_is_no_room_for_a_peer_there_is_no_row(tmp_path: Path) -> None:
    with closing(Records(tmp_path)) as kept:
        for _ in range(MOST_PEERS):
            kept.peers.add(name="Shelf", role=Role.SATELLITE)
        with pytest.raises(ConfigError, match="128 peers leave no room for another"):
            kept.pair(by=OWNER, name="One more", role=Role.SATELLITE)
        assert rows(kept) == []


def test_rows_of_the_cloud_say_what_was_changed_and_hold_no_key_and_no_pin(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)
    with closing(Records(tmp_path, now=lambda: now)) as kept:
        assert kept.add_destination(chat_service(), by=OWNER) == kept.cloud.get(CHAT)
        assert kept.cloud.destinations[0].added_at == now.isoformat()
        assert kept.add_destination(chat_service(), by=OWNER).key_version == 2
        kept.allow_cloud(True, by="home", user="u7")
        kept.allow_cloud(False, by=OWNER)
        kept.set_pin(PIN, by=OWNER)
        kept.set_pin("", by=OWNER)
        assert kept.remove_destination(CHAT, by=OWNER)
        assert not kept.remove_destination(CHAT, by=OWNER), "what is none is none afterwards, and it is no row"
        assert kept.approve("home", "r1", bytes=3) == 8
        place = {"host": HOST, "kind": "chat", "local": False}
        assert rows(kept) == [
            row("owner", "configure", f"destination:{CHAT}", change="added", **place),
            row("owner", "configure", f"destination:{CHAT}", change="replaced", **place),
            row("home", "configure", "cloud", allowed=True, user="u7"),
            row("owner", "configure", "cloud", allowed=False),
            row("owner", "configure", "pin", set=True),
            row("owner", "configure", "pin", set=False),
            row("owner", "configure", f"destination:{CHAT}", change="removed"),
            row("home", "approve", "r1", bytes=3),
        ]
        assert not any(canary in json.dumps(rows(kept)) for canary in (KEY, PIN))


def test_what_is_done_with_the_ledger_is_a_row_and_nothing_else_is_written_in_its_name(tmp_path: Path) -> None:
    none = {"turns": 0, "clips": 0, "rules": 0}
    with closing(Records(tmp_path)) as kept:
        kept.record_act("forget", "", by="home-1", user="u7", counts={"turns": 3, "clips": 1, "rules": 0})
        kept.record_act("play", "f00d", by=OWNER, user="", counts=none)
        for act in ("approve", "send", "pair", "", "FORGET"):
            with pytest.raises(ConfigError, match="nothing that is done with the ledger"):
                kept.record_act(act, "f00d", by=OWNER, user="", counts=none)
        assert rows(kept) == [
            row("voice", "forget", "", by="home-1", user="u7", turns=3, clips=1),
            row("owner", "play", "f00d"),
        ]


@pytest.mark.usefixtures("impatient")
def test_switching_off_and_removing_are_done_even_where_they_cannot_be_written_down(tmp_path: Path) -> None:
    with closing(Records(tmp_path)) as kept:
        kept.add_destination(chat_service(), by=OWNER)
        kept.allow_cloud(True, by=OWNER)
        with locked(tmp_path):
            for act in (
                lambda: kept.allow_cloud(False, by=OWNER),
                lambda: kept.remove_destination(CHAT, by=OWNER),
            ):
                with pytest.raises(AuditError, match="cannot be written"):
                    act()
    with closing(Records(tmp_path)) as kept:
        assert (kept.cloud.is_allowed, kept.cloud.destinations) == (False, ())


def test_a_cloud_file_that_cannot_be_written_leaves_all_but_the_switch_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Records(tmp_path)) as kept:
        kept.add_destination(chat_service(), by=OWNER)
        kept.allow_cloud(True, by=OWNER)
        before = kept.cloud.destinations

        def fail(*_: object) -> None:
            raise ConfigError("the disk failed")

        monkeypatch.setattr(cloud_store, "write_privately", fail)
        for act in (
            lambda: kept.add_destination(chat_service(), by=OWNER),
            lambda: kept.remove_destination(CHAT, by=OWNER),
            lambda: kept.set_pin(PIN, by=OWNER),
            lambda: kept.allow_cloud(False, by=OWNER),
        ):
            with pytest.raises(ConfigError, match="the disk failed"):
                act()
        assert (kept.cloud.destinations, kept.cloud.has_pin, kept.cloud.is_allowed) == (before, False, False)


@pytest.mark.parametrize("act", ["pair", "revoke", "configure"])
def test_what_was_written_down_and_then_could_not_be_done_is_told_by_another_row(act: str, tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    with closing(Records(folder)) as kept:
        peer = kept.pair(by=OWNER, name="Home", role=Role.HOME).peer
        folder.rename(tmp_path / "moved")
        folder.write_bytes(b"")
        with pytest.raises(ConfigError, match="cannot be written"):
            ACTS[act](kept, peer.id)
        assert kept.peers.peers() == (peer,)
        done, undone = rows(kept)[1:]
        assert (done["action"], undone["action"]) == (act, act)
        assert undone == row("gateway", act, done["about"], undone=2)


@pytest.mark.usefixtures("impatient")
def test_where_that_cannot_be_added_yet_it_comes_before_the_next_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Records(tmp_path)) as kept:
        with ExitStack() as stack:

            def fail(*_: object, **__: object) -> None:
                stack.enter_context(locked(tmp_path))
                raise ConfigError("the disk failed")

            stack.enter_context(monkeypatch.context()).setattr(PeerStore, "add", fail)
            with pytest.raises(ConfigError, match="the disk failed"):
                kept.pair(by=OWNER, name="Home", role=Role.HOME)
            assert "row 1 says what was not done, and that cannot be added yet" in caplog.text
            with pytest.raises(AuditError, match="the audit log cannot be written"):
                kept.record_download("tiny.en", "example.org")
        kept.record_download("tiny.en", "example.org")
        paired, undone, _ = rows(kept)
        assert undone == row("gateway", "pair", paired["about"], undone=1)


# A crash between the row and the act


def written(folder: Path, action: Action, about: str) -> None:
    """Write a row, and nothing more."""
    with closing(AuditLog(folder)) as log:
        log.append(OWNER, action, about)


def test_a_pairing_and_a_revocation_that_a_crash_prevented_are_told_by_another_row(tmp_path: Path) -> None:
    with closing(Records(tmp_path)) as kept:
        peer = kept.pair(by=OWNER, name="Home", role=Role.HOME).peer
    for number, (action, about) in enumerate([(Action.PAIR, "nobody"), (Action.REVOKE, peer.id)]):
        written(tmp_path, action, about)
        for _ in range(2):  # the second time nothing is new
            with closing(Records(tmp_path)) as kept:
                assert kept.peers.peers() == (peer,)
                assert rows(kept)[2 * number + 1 :] == [
                    row("owner", action, about),
                    row("gateway", action, about, undone=2 * number + 2),
                ]


def test_what_was_done_before_the_crash_is_left_as_it_is(tmp_path: Path) -> None:
    with closing(Records(tmp_path)) as kept:
        peer = kept.pair(by=OWNER, name="Home", role=Role.HOME).peer
    with closing(Records(tmp_path)) as kept:
        assert kept.revoke(peer.id, by=OWNER)
    with closing(Records(tmp_path)) as kept:
        assert len(rows(kept)) == 2
        kept.keep_settings(SettingsChange(voice="joe"))
    with closing(Records(tmp_path)) as kept:
        assert len(rows(kept)) == 3


# Starting


def configured(folder: Path, configuration: str) -> list[dict[str, Any]]:
    """Start with a configuration; return the rows that this makes."""
    with closing(Records(folder)) as kept:
        before = kept.audit.head.size
        kept.broker_started(version="1", configuration=configuration)
        return rows(kept)[before:]


def test_another_configuration_is_a_row_before_the_start(tmp_path: Path) -> None:
    started = row("gateway", "start", "broker", version="1", configuration="a")
    assert configured(tmp_path, "a") == [started]
    assert configured(tmp_path, "a") == [started]
    with closing(Records(tmp_path)) as kept:  # a busy house
        kept.voice_started(Protection(), version="1")
        for _ in range(2 * PAGE_ROWS):
            kept.record_download("tiny.en", "example.org")
    changed, again = configured(tmp_path, "b")
    assert changed == row("gateway", "configure", "file", before="a", after="b")
    assert again["detail"]["configuration"] == "b"
    assert len(configured(tmp_path, "b")) == 1


def test_a_start_that_is_too_long_ago_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PAGE_ROWS", 1)
    monkeypatch.setattr(records, "MOST_ROWS_BACK", 2)
    configured(tmp_path, "a")
    with closing(Records(tmp_path)) as kept:
        for _ in range(2):
            kept.record_download("tiny.en", "example.org")
    assert len(configured(tmp_path, "b")) == 1
    assert len(configured(tmp_path, "c")) == 2


START_WITHOUT_MORE = '{"seq":1,"at":"","actor":"gateway","action":"start","about":"broker"}'


@pytest.mark.parametrize("text", ["nonsense", '{"seq":1}', START_WITHOUT_MORE])
def test_rows_that_somebody_else_wrote_stop_nobody(tmp_path: Path, text: str) -> None:
    configured(tmp_path, "a")
    with closing(apsw.Connection(str(tmp_path / "audit.db"))) as tampered:
        tampered.execute("DROP TRIGGER rows_stay")
        tampered.execute("UPDATE rows SET row = ?", (text,))
    with closing(Records(tmp_path)) as kept:
        kept.broker_started(version="1", configuration="b")
        (started,) = kept.audit.rows(1, 10)
    assert json.loads(started)["detail"]["configuration"] == "b"


# Keeping the folder


def test_one_process_at_a_time_keeps_the_folder(tmp_path: Path) -> None:
    kept = Records(tmp_path)
    with pytest.raises(ConfigError, match="another gateway is running and keeps its peers here"):
        Records(tmp_path)
    for _ in range(2):
        kept.close()
    Records(tmp_path).close()


@pytest.mark.parametrize("name", ["audit.db", "cloud.json", "peers.json"])
def test_a_folder_with_something_unusable_in_it_is_let_go(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x" * 10_000)
    with pytest.raises(ConfigError, match=name):
        Records(tmp_path)
    (tmp_path / name).unlink()
    Records(tmp_path).close()


def test_a_row_that_would_be_too_long_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with closing(Records(tmp_path)) as kept, pytest.raises(AuditError, match="1024 are allowed"):
        kept.record_download("é" * 255, "é" * 255)
