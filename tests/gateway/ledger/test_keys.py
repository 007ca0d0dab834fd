"""The wrapping keys and their file."""

from pathlib import Path

import pytest

from gateway.errors import LedgerError
from gateway.ledger.keys import WRAPPED_BYTES, new_key, new_ring, read_ring, remove_unfinished, write_ring


def test_a_key_that_was_wrapped_can_be_unwrapped() -> None:
    ring, key = new_ring(), new_key()
    wrapped = ring.wrap(key)
    assert len(wrapped) == WRAPPED_BYTES
    assert ring.unwrap(1, wrapped) == key


def test_a_ring_shows_no_key() -> None:
    ring = new_ring()
    assert ring.keys[1].hex() not in repr(ring)
    assert repr(ring.keys[1]) not in repr(ring)


def test_another_ring_unwraps_nothing() -> None:
    ring = new_ring()
    wrapped = ring.wrap(new_key())
    with pytest.raises(LedgerError, match="cannot be unwrapped"):
        new_ring().unwrap(1, wrapped)
    with pytest.raises(LedgerError, match="cannot be unwrapped"):
        ring.unwrap(1, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    with pytest.raises(LedgerError, match="cannot be unwrapped"):
        ring.unwrap(1, b"short")
    with pytest.raises(LedgerError, match=r"wrapping key 2 is not in ledger\.key"):
        ring.unwrap(2, wrapped)


def test_while_a_key_is_replaced_both_unwrap_and_the_new_one_wraps() -> None:
    ring, key = new_ring(), new_key()
    wrapped = ring.wrap(key)
    both = ring.with_another()
    assert (both.current, both.is_replacing, ring.is_replacing) == (2, True, False)
    assert both.unwrap(1, wrapped) == both.unwrap(2, both.rewrap(1, wrapped)) == key
    new = both.without_old()
    assert not new.is_replacing
    assert new.unwrap(2, both.wrap(key)) == key
    with pytest.raises(LedgerError):
        new.unwrap(1, wrapped)


def test_a_check_tells_whether_a_ring_is_the_right_one() -> None:
    ring = new_ring()
    assert ring.is_of(ring.check())
    assert ring.with_another().is_of(ring.check())
    assert ring.with_another().is_of(ring.with_another().check()) is False
    assert not new_ring().is_of(ring.check())
    assert not ring.is_of(ring.wrap(new_key()))


def test_a_ring_is_written_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    assert read_ring(path) is None
    for ring in (new_ring(), new_ring().with_another()):
        write_ring(path, ring)
        assert read_ring(path) == ring
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"version":2,"keys":[]}',
        b'{"version":1,"keys":[]}',
        b'{"version":1,"keys":[{"number":1,"key":"00"}]}',
        b'{"version":1,"keys":[{"number":0,"key":"' + b"0" * 64 + b'"}]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_key_is_refused_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.key"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="not a key of the ledger; restore it from a backup"):
        read_ring(path)


def test_a_file_that_is_too_large_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    path.write_bytes(bytes(5_000))
    with pytest.raises(LedgerError, match="more than 4096 bytes"):
        read_ring(path)


def test_a_key_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be written; make room"):
        write_ring(tmp_path / "file" / "ledger.key", new_ring())


def test_key_files_that_were_not_finished_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".ledger.key.0a1b2c3d.part").write_bytes(b"a key")
    (tmp_path / "ledger.key").write_bytes(b"the key")
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.key"]
    (tmp_path / ".ledger.key.0a1b2c3d.part").mkdir()
    with pytest.raises(LedgerError, match="cannot be cleared"):
        remove_unfinished(tmp_path)
