"""A file that a passphrase opens: encrypted piece by piece, so that what is altered, cut off or moved is found out.

It begins with `MAGIC`, the number of the format, a salt and a check. scrypt makes two keys of passphrase and salt: one
is for the pieces; the other, by which the beginning is authenticated, makes the check, so that a wrong passphrase is
told from an altered file. Each piece is encrypted with ChaCha20-Poly1305; its nonce is its number, and whether it is
the last.
"""

import hashlib
import hmac
import os
import struct
import unicodedata
from collections.abc import Mapping
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gateway.errors import ConfigError

MAGIC: Final = b"local-voice backup\n"
FORMAT: Final = 1
LEAST_PASSPHRASE_CHARS: Final = 12
"""Three short words. Who has the file may guess for years."""
SALT_BYTES: Final = 16
CHECK_BYTES: Final = 32
KEY_BYTES: Final = 32
PIECE_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
SCRYPT: Final[Mapping[str, int]] = {"n": 2**17, "r": 8, "p": 1}
"""128 MiB and about a second for each guess. Others take another number of the format."""
_SCRYPT_MEMORY_BYTES: Final = 256 * 1024 * 1024
_HEAD_BYTES: Final = len(MAGIC) + 1 + SALT_BYTES


class SealedWriter:
    """Writes such a file. Methods raise OSError."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Write the beginning. Raises ConfigError for a passphrase that is too short."""
        if len(passphrase) < LEAST_PASSPHRASE_CHARS:
            raise ConfigError(f"a passphrase has at least {LEAST_PASSPHRASE_CHARS} characters: a few words")
        self._file = file
        self._head = MAGIC + bytes([FORMAT]) + os.urandom(SALT_BYTES)
        key, check = _keys(passphrase, self._head)
        self._cipher = ChaCha20Poly1305(key)
        self._pending = bytearray()
        self._number = 0
        file.write(self._head + check)

    def write(self, content: bytes) -> None:
        """Add `content`."""
        self._pending += content
        while len(self._pending) > PIECE_BYTES:
            self._seal(bytes(self._pending[:PIECE_BYTES]), is_last=False)
            del self._pending[:PIECE_BYTES]

    def finish(self) -> None:
        """Write the last piece: without it the file is none."""
        self._seal(bytes(self._pending), is_last=True)
        self._pending.clear()

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, self._head))
        self._number += 1


class SealedReader:
    """Reads such a file. Methods raise ConfigError for whatever is not as it was written, and OSError."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        """Read the beginning."""
        self._file = file
        self._head = file.read(_HEAD_BYTES)
        check = file.read(CHECK_BYTES)
        if not self._head.startswith(MAGIC):
            raise ConfigError("this file is no backup of a gateway")
        if len(check) < CHECK_BYTES:
            raise _altered()
        if self._head[len(MAGIC)] != FORMAT:
            raise ConfigError(
                f"written by a newer version of this program (format {self._head[len(MAGIC)]}, known is {FORMAT}); "
                "install that version again"
            )
        key, expected = _keys(passphrase, self._head)
        if not hmac.compare_digest(check, expected):
            raise ConfigError("that is not its passphrase (or the beginning of the file was altered)")
        self._cipher = ChaCha20Poly1305(key)
        self._number = 0
        self._piece = b""
        self._is_last = False
        self._ahead = file.read(PIECE_BYTES + TAG_BYTES)

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes; all of them."""
        found = bytearray()
        while len(found) < size:
            if not self._piece:
                self._open_next()
            taken = self._piece[: size - len(found)]
            self._piece = self._piece[len(taken) :]
            found += taken
        return bytes(found)

    def end(self) -> None:
        """Make sure that nothing follows: a file that was cut off at the end of a piece is found out here."""
        if not self._is_last and not self._piece:
            self._open_next()
        if self._piece or not self._is_last:
            raise _altered()

    def _open_next(self) -> None:
        if self._is_last:
            raise _altered()
        sealed, self._ahead = self._ahead, self._file.read(PIECE_BYTES + TAG_BYTES)
        self._is_last = not self._ahead
        try:
            nonce = _nonce(self._number, is_last=self._is_last)
            self._piece = self._cipher.decrypt(nonce, sealed, self._head)
        except InvalidTag as error:
            raise _altered() from error
        self._number += 1


def _keys(passphrase: str, head: bytes) -> tuple[bytes, bytes]:
    """Return the key of the pieces, and the check that is in the file."""
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    salt = head[-SALT_BYTES:]
    both = hashlib.scrypt(secret, salt=salt, maxmem=_SCRYPT_MEMORY_BYTES, dklen=2 * KEY_BYTES, **SCRYPT)
    return both[:KEY_BYTES], hmac.digest(both[KEY_BYTES:], head, "sha256")


def _nonce(number: int, *, is_last: bool) -> bytes:
    """Return what no other piece has; the key is this file's alone."""
    return struct.pack(">3xQ?", number, is_last)


def _altered() -> ConfigError:
    return ConfigError("the file was altered, or its end is missing; take another copy of it")
