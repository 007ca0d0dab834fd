"""A gateway in one file, and a gateway of it."""

import io
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.backup import making, restoring
from gateway.backup.contents import CLIPS, Contents, FileWords, is_of_a_gateway
from gateway.backup.making import back_up
from gateway.backup.restoring import restore
from gateway.backup.sealing import SealedWriter
from gateway.ballast import Ballast
from gateway.broker import audit_database
from gateway.broker.audit_reading import AuditReader
from gateway.broker.cloud_store import CloudStore
from gateway.broker.records import Records
from gateway.broker.store import PeerStore
from gateway.errors import ConfigError, LedgerError, VoiceError
from gateway.files import locked_folder
from gateway.settings_file import SettingsFile
from gateway.wire.identity import load_or_create_identity
from tests.gateway.backup.gateways import KEPT, RULE_ID, SAID, identified, lived
from tests.gateway.broker.audit_logs import flaw
from tests.gateway.ledger.ledgers import PCM, contents, opened, told

PASSPHRASE: Final = "three short words"  # noqa: S105


def backed_up(folder: Path, *, with_turns: bool = False) -> bytes:
    file = io.BytesIO()
    back_up(folder, file, PASSPHRASE, version="1.0", with_turns=with_turns)
    return file.getvalue()


def restored(raw: bytes, folder: Path, passphrase: str = PASSPHRASE) -> Contents:
    return restore(io.BytesIO(raw), passphrase, folder)


def fingerprints(folder: Path) -> list[bytes]:
    return [load_or_create_identity(folder / name).fingerprint for name in ("voice.pem", "broker.pem")]


@pytest.fixture(scope="session")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup") / "gateway"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Ballast, "refill", lambda _: None)
        lived(folder)
    return folder


@pytest.fixture
def gateway(_lived: Path, tmp_path: Path) -> Path:
    """Return the folder of a gateway that has lived."""
    return shutil.copytree(_lived, tmp_path / "gateway")


# There and back


def test_what_is_restored_is_the_same_gateway_without_what_was_said(gateway: Path, tmp_path: Path) -> None:
    raw = backed_up(gateway)
    there = tmp_path / "there" / "gateway"
    made = restored(raw, there)
    assert (made.version, made.with_turns) == ("1.0", False)
    assert fingerprints(there) == fingerprints(gateway)
    assert SettingsFile(there).chosen.named == {"voice": "amy"}
    (destination,) = CloudStore(there).destinations
    assert (destination.id, destination.key) == ("work", "sk-hidden")
    with closing(PeerStore(there)) as store:
        assert [peer.name for peer in store.peers()] == ["Home", "Shelf"]
    with closing(AuditReader(gateway)) as old, closing(AuditReader(there)) as new:
        assert new.head_in_short == old.head_in_short
    assert flaw(there) is None
    with opened(there / "ledger") as ledger:
        assert told(ledger) == []
        assert ([rule.id for rule in ledger.rules()], ledger.retention) == ([RULE_ID], KEPT)
    assert not list((there / "ledger").rglob("*.bin"))


def test_with_its_turns_they_can_be_read_and_heard_again(gateway: Path, tmp_path: Path) -> None:
    with opened(gateway / "ledger") as ledger:
        turns = told(ledger)
    made = restored(backed_up(gateway, with_turns=True), tmp_path / "there")
    assert (made.with_turns, sum(file.name.startswith(CLIPS) for file in made.files)) == (True, 2)
    with opened(tmp_path / "there" / "ledger") as ledger:
        assert told(ledger) == turns
        assert [ledger.clip(turn) for turn in turns] == [PCM, PCM]
        entry = ledger.get(turns[1])
        assert entry is not None
        assert entry.correction is not None
        assert (entry.row.heard, entry.correction.rule_id) == (SAID, RULE_ID)


def test_a_gateway_goes_on_where_it_was_restored(gateway: Path, tmp_path: Path) -> None:
    restored(backed_up(gateway), tmp_path / "there")
    with closing(Records(tmp_path / "there")) as records:
        records.revoke(records.peers.peers()[0].id, by="owner")
    assert flaw(tmp_path / "there") is None


def test_nothing_of_it_lies_about_and_only_its_owner_can_read_it(gateway: Path, tmp_path: Path) -> None:
    before = contents(gateway)
    raw = backed_up(gateway)
    after = {name: content for name, content in contents(gateway).items() if not name.endswith(("-shm", "-wal"))}
    assert after == {name: content for name, content in before.items() if not name.endswith(("-shm", "-wal"))}
    assert SAID.encode() not in raw
    restored(raw, tmp_path / "there")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway", "there"]
    for path in (tmp_path / "there", *(tmp_path / "there").rglob("*")):
        assert not path.stat().st_mode & 0o077


def test_a_gateway_that_runs_is_backed_up_without_its_turns_only(gateway: Path) -> None:
    with closing(Records(gateway)), opened(gateway / "ledger"):
        assert backed_up(gateway)
        with pytest.raises(ConfigError, match="a gateway is running here"):
            backed_up(gateway, with_turns=True)
    with opened(gateway / "ledger"), pytest.raises(LedgerError, match="another process keeps this ledger"):
        backed_up(gateway, with_turns=True)
    descriptor = locked_folder(gateway)  # nothing of it is still locked
    os.close(descriptor)


def test_a_gateway_that_has_just_begun_is_backed_up_too(tmp_path: Path) -> None:
    identified(tmp_path / "gateway")
    for with_turns in (False, True):
        there = tmp_path / f"there {with_turns}"
        restored(backed_up(tmp_path / "gateway", with_turns=with_turns), there)
        assert fingerprints(there) == fingerprints(tmp_path / "gateway")


@pytest.mark.parametrize("with_turns", [False, True])
def test_where_no_gateway_has_been_there_is_nothing_to_back_up(with_turns: bool, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no gateway has run here yet"):
        backed_up(tmp_path / "nowhere", with_turns=with_turns)
    assert not list(tmp_path.iterdir())


def test_a_recording_that_goes_while_it_is_read_is_noticed(gateway: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = making._write

    def shorter(sealed: SealedWriter, part: making._Part, size: int) -> None:
        write(sealed, part, size + isinstance(part.content, Path))

    monkeypatch.setattr(making, "_write", shorter)
    with pytest.raises(ConfigError, match="changes while it is read"):
        backed_up(gateway, with_turns=True)


def test_an_audit_log_that_is_none_is_said_to_be_none(gateway: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "LARGEST_DATABASE_BYTES", 9)
    with pytest.raises(ConfigError, match="no audit log of ours"):
        backed_up(gateway)
    monkeypatch.setattr(making, "LARGEST_DATABASE_BYTES", 2**29)
    monkeypatch.setattr(making, "AUDIT_VERSION", 99)
    with pytest.raises(ConfigError, match="of another version of this program"):
        backed_up(gateway)
    monkeypatch.setattr(making, "AUDIT_VERSION", audit_database.VERSION)
    (gateway / "audit.db-wal").unlink(missing_ok=True)
    (gateway / "audit.db").write_bytes(os.urandom(8_192))
    with pytest.raises(ConfigError, match=r"audit\.db: cannot be used"):
        backed_up(gateway)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root restores for others")
def test_what_root_restores_for_a_service_is_the_services(gateway: Path, tmp_path: Path) -> None:
    there = tmp_path / "theirs" / "gateway"
    there.mkdir(parents=True, mode=0o700)
    for folder in (there, there.parent):
        os.chown(folder, 65_000, 65_000)
    restored(backed_up(gateway), there)
    assert {path.stat().st_uid for path in (there, *there.rglob("*"))} == {65_000}


# Whatever is wrong, nothing has changed


def refuses(raw: bytes, folder: Path, match: str, passphrase: str = PASSPHRASE) -> None:
    before = sorted(folder.parent.rglob("*")) if folder.parent.exists() else []
    with pytest.raises(VoiceError, match=match):
        restored(raw, folder, passphrase)
    assert (sorted(folder.parent.rglob("*")) if folder.parent.exists() else []) == before


def test_a_folder_in_use_is_left_as_it_is(gateway: Path, tmp_path: Path) -> None:
    raw = backed_up(gateway)
    refuses(raw, gateway, "a gateway has been here, or still is")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "something").touch()
    refuses(raw, tmp_path / "there", "a gateway has been here")
    refuses(raw, tmp_path / "there" / "something", "cannot be used")


def test_a_gateway_that_is_started_meanwhile_keeps_its_folder(
    gateway: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = backed_up(gateway)
    there = tmp_path / "there"
    tried = restoring._try_out

    def meanwhile(made: Path, found: Contents) -> None:
        tried(made, found)
        identified(there)

    monkeypatch.setattr(restoring, "_try_out", meanwhile)
    with pytest.raises(ConfigError, match="a gateway has been here"):
        restored(raw, there)
    assert sorted(path.name for path in there.iterdir()) == ["broker.pem", "voice.pem"]
    shutil.rmtree(there)
    monkeypatch.setattr(restoring, "check_unused", lambda _: None)
    with pytest.raises(ConfigError, match="cannot be written \\(Directory not empty\\)"):
        restored(raw, there)
    assert sorted(path.name for path in there.iterdir()) == ["broker.pem", "voice.pem"]


def test_a_wrong_passphrase_changes_nothing(gateway: Path, tmp_path: Path) -> None:
    refuses(backed_up(gateway), tmp_path / "there" / "gateway", "that is not its passphrase", "three other words")


def test_a_file_that_was_cut_off_or_altered_anywhere_changes_nothing(gateway: Path, tmp_path: Path) -> None:
    raw = backed_up(gateway)
    there = tmp_path / "there"
    for end in (0, 10, 40, 100, len(raw) // 3, len(raw) // 2, len(raw) - 1):
        refuses(raw[:end], there, "altered|no backup")
    for place in (0, 30, 50, 100, len(raw) // 2, len(raw) - 1):
        refuses(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :], there, "altered|no backup|newer version")


def test_what_a_newer_version_wrote_changes_nothing(gateway: Path, tmp_path: Path) -> None:
    raw = bytearray(backed_up(gateway))
    raw[len("local-voice backup\n")] = 2
    refuses(bytes(raw), tmp_path / "there", "written by a newer version")


def test_a_full_disk_changes_nothing(gateway: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = backed_up(gateway)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refuses(raw, tmp_path / "there", "No space left on device\\); nothing was restored")


def test_what_is_left_of_a_restoring_that_was_killed_is_removed(gateway: Path, tmp_path: Path) -> None:
    left = tmp_path / ".there.0a1b2c3d.restoring"
    left.mkdir()
    (left / "voice.pem").touch()
    restored(backed_up(gateway), tmp_path / "there")
    assert not left.exists()


def sealed(listed: object, content: bytes = b"") -> bytes:
    """Return a backup that somebody else made with the same passphrase."""
    file = io.BytesIO()
    writer = SealedWriter(file, PASSPHRASE)
    raw = listed if isinstance(listed, bytes) else msgspec.json.encode(listed)
    writer.write(len(raw).to_bytes(4) + raw + content)
    writer.finish()
    return file.getvalue()


def listing(*names: str, size: int = 0) -> Contents:
    files = tuple(FileWords(name=name, size=size) for name in names)
    return Contents(version="1", made_at="", with_turns=False, files=files)


IDENTITIES = ("voice.pem", "broker.pem")


@pytest.mark.parametrize(
    "listed",
    [
        b"",
        b"[" * 1_000,
        {"format": 2},
        listing(),
        listing("voice.pem"),
        listing(*IDENTITIES, "voice.pem"),
        listing(*IDENTITIES, "../outside"),
        listing(*IDENTITIES, "/etc/passwd"),
        listing(*IDENTITIES, "ledger/clips/ab/cd.bin"),
        listing(*IDENTITIES, f"ledger/clips/ab/{'c' * 32}.bin"),
        listing(*IDENTITIES, size=2**20 + 1),
    ],
)
def test_what_no_gateway_has_is_not_written_whoever_made_the_file(listed: object, tmp_path: Path) -> None:
    refuses(sealed(listed), tmp_path / "there", "no gateway of this version")


def test_a_list_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    file = io.BytesIO()
    writer = SealedWriter(file, PASSPHRASE)
    writer.write((2**32 - 1).to_bytes(4))
    writer.finish()
    refuses(file.getvalue(), tmp_path / "there", "no gateway of this version")


def test_a_gateway_that_could_not_be_started_is_not_restored(tmp_path: Path) -> None:
    refuses(sealed(listing(*IDENTITIES, size=3), b"no key"), tmp_path / "there", "cannot be used as this gateway's")


@pytest.mark.parametrize("name", ["peers.json", "cloud.json", "audit.pem", "ledger/ledger.key"])
def test_what_was_damaged_before_it_was_backed_up_is_not_restored(name: str, gateway: Path, tmp_path: Path) -> None:
    (gateway / name).write_bytes(b"{}")
    refuses(backed_up(gateway), tmp_path / "there", "damaged|restore it")


def test_only_files_of_a_gateway_are_ones() -> None:
    for name, size in (("voice.pem", 2**20), ("audit.db", 2**29), (f"{CLIPS}/ab/ab{'0' * 30}.bin", 1_000)):
        assert is_of_a_gateway(FileWords(name=name, size=size))
    for name, size in (("voice.pem", 2**20 + 1), (f"{CLIPS}/ab/ab{'0' * 30}.bin", 2**28), ("voice.pem.part", 1)):
        assert not is_of_a_gateway(FileWords(name=name, size=size))
