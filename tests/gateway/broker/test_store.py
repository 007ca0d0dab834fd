import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.broker import store as stores
from gateway.broker.store import PeerStore
from gateway.errors import ConfigError
from gateway.wire.broker_words import MOST_PEERS, Peers, PeerWords
from gateway.wire.messages import encode
from gateway.wire.peers import Peer, PeerTable, Role

NOW = datetime(2026, 11, 22, 4, 5, 6, 789, tzinfo=UTC)


@contextmanager
def opened(folder: Path) -> Iterator[PeerStore]:
    with closing(PeerStore(folder, lambda: NOW)) as store:
        yield store


def test_a_peer_is_there_again_after_a_restart_and_its_tokens_are_good(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "gateway"
    with opened(folder) as store:
        home = store.add(name="Home", role=Role.HOME, area="")
        satellite = store.add(name="Shelf", role=Role.SATELLITE, area="Kitchen")
    with opened(folder) as store:
        assert store.peers() == (home.peer, satellite.peer)
        assert satellite.peer == PeerWords(
            id=satellite.peer.id,
            name="Shelf",
            role=Role.SATELLITE,
            area="Kitchen",
            paired_at="2026-11-22T04:05:06+00:00",
        )
        voice, broker = PeerTable(store.voice_peers()), PeerTable(store.broker_peers())
    assert [role_of(voice.find(new.voice_token)) for new in (home, satellite)] == [Role.HOME, Role.SATELLITE]
    assert [role_of(broker.find(new.broker_token)) for new in (home, satellite)] == [Role.CONSENT, Role.SATELLITE]
    assert voice.find(home.broker_token) is None
    assert broker.find(home.voice_token) is None


def role_of(peer: Peer | None) -> Role | None:
    return None if peer is None else peer.role


def test_only_its_owner_may_read_the_file_and_it_holds_no_token(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    with opened(folder) as store:
        new = store.add(name="Home", role=Role.HOME)
    path = folder / "peers.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    for token in (new.voice_token, new.broker_token):
        assert token.partition(".")[2] not in path.read_text(encoding="utf-8")
        assert token not in repr(new)


def test_a_revoked_peer_is_gone_for_good(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert not store.has_home
        gone = store.add(name="Old", role=Role.HOME)
        stays = store.add(name="Shelf", role=Role.SATELLITE)
        assert store.has_home
        assert store.revoke(gone.peer.id)
        assert not store.revoke(gone.peer.id)
        assert not store.has_home
    with opened(tmp_path) as store:
        assert store.peers() == (stays.peer,)


def test_the_later_of_two_names_gets_a_number(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        names = ["Kitchen", "kitchen", "Kitchen", "Kitchen 2", "Bath"]
        given = [store.add(name=name, role=Role.SATELLITE).peer.name for name in names]
    assert given == ["Kitchen", "kitchen 2", "Kitchen 3", "Kitchen 2 2", "Bath"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  Living \t room\n", "Living room"),
        ("\x1b[2Jgone\x07", "[2Jgone"),
        ("left\u202eright", "left right"),
        ("\x00\x1b", "satellite"),
        ("x" * 61, "x" * 60),
        ("𝄞" * 60, "𝄞" * 45),
        ("Küche", "Küche"),
    ],
)
def test_a_name_cannot_move_a_terminals_cursor(said: str, kept: str, tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.add(name=said, role=Role.SATELLITE).peer.name == kept


def test_there_is_room_for_as_many_peers_as_fit_into_one_message(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for _ in range(MOST_PEERS):
            assert not store.is_full
            store.add(name='"' * 60, role=Role.SATELLITE, area="€" * 60)
        assert store.is_full
        with pytest.raises(ConfigError, match="128 peers leave no room for another"):
            store.add(name="One more", role=Role.SATELLITE)
        encode(Peers(peers=store.peers()))
    with opened(tmp_path) as store:
        assert len(store.peers()) == MOST_PEERS
    assert (tmp_path / "peers.json").stat().st_size < stores.LARGEST_BYTES


GOOD = {
    "id": "0123",
    "name": "Home",
    "role": "home",
    "area": "",
    "paired_at": "2026-11-22T04:05:06+00:00",
    "voice_secret_hash": "0" * 64,
    "broker_secret_hash": "f" * 64,
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        json.dumps({"version": 2, "peers": []}).encode(),
        json.dumps({"version": 1, "peers": [{**GOOD, "voice_secret_hash": "short"}]}).encode(),
        json.dumps({"version": 1, "peers": [{**GOOD, "role": "consent"}]}).encode(),
        json.dumps({"version": 1, "peers": [{**GOOD, "role": "admin"}]}).encode(),
        json.dumps({"version": 1, "peers": [{**GOOD, "id": ""}]}).encode(),
        json.dumps({"version": 1, "peers": [GOOD, GOOD]}).encode(),
        json.dumps({"version": 1, "peers": [{**GOOD, "id": f"{number}"} for number in range(129)]}).encode(),
    ],
    ids=lambda content: content[:20].decode("latin-1") or "empty",
)
def test_a_damaged_file_is_named_with_the_way_out_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    path.write_bytes(content)
    for _ in range(2):  # the folder was let go of
        with pytest.raises(ConfigError) as refused:
            PeerStore(tmp_path)
        assert str(refused.value).startswith(f"{path}: damaged, or written by a newer version; restore it")
    assert path.read_bytes() == content


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "peers.json").write_bytes(b" " * (stores.LARGEST_BYTES + 1))
    with pytest.raises(ConfigError, match="more than 262144 bytes"):
        PeerStore(tmp_path)


def test_what_was_written_by_hand_is_read(tmp_path: Path) -> None:
    (tmp_path / "peers.json").write_text(json.dumps({"version": 1, "peers": [GOOD]}), encoding="utf-8")
    with opened(tmp_path) as store:
        assert [peer.id for peer in store.peers()] == ["0123"]


def test_a_peer_may_have_an_id_that_was_chosen_before(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.add(name="Home", role=Role.HOME, peer_id="0123").peer.id == "0123"
        assert "0123" in store
        assert "4567" not in store


def test_one_process_at_a_time_keeps_the_folder(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with pytest.raises(ConfigError, match="another gateway is running and keeps its peers here"):
            PeerStore(tmp_path)
        store.close()
        with opened(tmp_path):
            pass


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="file/gateway: cannot be used"):
        PeerStore(tmp_path / "file" / "gateway")


def test_what_could_not_be_written_has_not_happened(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    with opened(folder) as store:
        first = store.add(name="Home", role=Role.HOME)
        folder.rename(tmp_path / "moved")
        folder.write_bytes(b"")
        with pytest.raises(ConfigError):
            store.add(name="Shelf", role=Role.SATELLITE)
        with pytest.raises(ConfigError):
            store.revoke(first.peer.id)
        assert store.peers() == (first.peer,)
