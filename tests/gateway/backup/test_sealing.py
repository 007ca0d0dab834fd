"""A file that only its passphrase opens, and only as it was written."""

import io
import os

import pytest

from gateway.backup import sealing
from gateway.backup.sealing import (
    CHECK_BYTES,
    MAGIC,
    PIECE_BYTES,
    SALT_BYTES,
    TAG_BYTES,
    SealedReader,
    SealedWriter,
)
from gateway.errors import ConfigError

PASSPHRASE = "three short words"  # noqa: S105
BEGINNING = len(MAGIC) + 1 + SALT_BYTES + CHECK_BYTES
PIECE = PIECE_BYTES + TAG_BYTES


def sealed(*contents: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, passphrase)
    for content in contents:
        writer.write(content)
    writer.finish()
    return file.getvalue()


def opened(raw: bytes, size: int, passphrase: str = PASSPHRASE) -> bytes:
    reader = SealedReader(io.BytesIO(raw), passphrase)
    content = reader.read(size)
    reader.end()
    return content


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_was_written_is_read(size: int) -> None:
    content = os.urandom(size)
    half = size // 2
    raw = sealed(content[:half], content[half:])
    assert opened(raw, size) == content
    assert len(raw) == BEGINNING + size + max(1, -(-size // PIECE_BYTES)) * TAG_BYTES
    reader = SealedReader(io.BytesIO(raw), PASSPHRASE)
    assert b"".join(reader.read(part) for part in (half, size - half)) == content
    reader.end()


def test_nothing_of_it_can_be_read_in_the_file() -> None:
    raw = sealed(b"turn on the kitchen light " * 10_000)
    assert b"kitchen" not in raw
    assert sealed(b"same") != sealed(b"same")


def test_another_passphrase_is_told_from_an_altered_file() -> None:
    with pytest.raises(ConfigError, match="that is not its passphrase"):
        opened(sealed(b"secret"), 6, "three other words")


def test_a_passphrase_is_the_same_however_its_letters_are_composed() -> None:
    composed, decomposed = "drei schöne Wörter", "drei scho\u0308ne Wo\u0308rter"
    assert opened(sealed(b"secret", passphrase=composed), 6, decomposed) == b"secret"


def test_a_short_passphrase_is_refused_before_anything_is_written() -> None:
    file = io.BytesIO()
    with pytest.raises(ConfigError, match="at least 12 characters"):
        SealedWriter(file, "too short")
    assert not file.getvalue()


def test_no_byte_can_be_altered() -> None:
    raw = sealed(b"all of this is authenticated")
    for place in range(len(raw)):
        altered = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(ConfigError):
            opened(altered, 28)


def test_it_cannot_be_cut_off_anywhere() -> None:
    content = os.urandom(2 * PIECE_BYTES + 10)
    raw = sealed(content)
    ends = [*range(BEGINNING + 40), BEGINNING + PIECE, BEGINNING + 2 * PIECE, BEGINNING + PIECE + 1, len(raw) - 1]
    for end in ends:
        for size in (len(content), 2 * PIECE_BYTES, PIECE_BYTES, 10):
            with pytest.raises(ConfigError):
                opened(raw[:end], size)


def test_what_is_longer_than_what_was_written_is_not_read() -> None:
    raw = sealed(b"four")
    for longer, size in ((raw + b"x", 4), (raw, 3), (raw, 5)):
        with pytest.raises(ConfigError, match="altered"):
            opened(longer, size)


def test_pieces_cannot_change_places() -> None:
    raw = sealed(bytes(3 * PIECE_BYTES))
    first, second = raw[BEGINNING : BEGINNING + PIECE], raw[BEGINNING + PIECE : BEGINNING + 2 * PIECE]
    with pytest.raises(ConfigError, match="altered"):
        opened(raw[:BEGINNING] + second + first + raw[BEGINNING + 2 * PIECE :], 3 * PIECE_BYTES)


def test_what_is_no_backup_is_said_to_be_none() -> None:
    for raw in (b"", b"PK\x03\x04", os.urandom(1_000)):
        with pytest.raises(ConfigError, match="no backup of a gateway"):
            opened(raw, 1)


def test_a_newer_format_is_refused_with_a_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "FORMAT", 2)
    raw = sealed(b"new")
    monkeypatch.undo()
    with pytest.raises(ConfigError, match=r"newer version of this program \(format 2, known is 1\)"):
        opened(raw, 3)
