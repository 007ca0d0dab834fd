"""Reading the audit log of a gateway that may be running: nothing is changed, and nothing there is believed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import msgspec

from gateway.broker.audit_chain import SHORT_HASH_CHARS, Flaw, Seen, StoredRow, verify
from gateway.broker.audit_database import FILE_NAME, AuditDatabase, unusable
from gateway.broker.audit_key import KEY_NAME, read_key
from gateway.errors import ConfigError


class AuditReader:
    """The log as it was when it was opened, with whatever was done to it. Methods raise ConfigError."""

    def __init__(self, folder: Path) -> None:
        """Open the log in `folder`. Raises ConfigError where there is none, or it cannot be read."""
        self._path = folder / FILE_NAME
        if not self._path.exists():
            raise ConfigError(f"{self._path}: there is no audit log yet; `local-voice serve` begins one")
        key = read_key(folder / KEY_NAME)
        if key is None:
            raise ConfigError(
                f"{folder / KEY_NAME}: the audit log's key is missing, and without it nobody can tell whether the log "
                "is what was written; restore it from a backup"
            )
        self.key = key.public_key().public_bytes_raw()
        """The public key."""
        self._database = AuditDatabase(self._path, is_written=False)
        try:
            with self._reading():
                self._database.begin()
                self.head = self._database.head()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; may be called again."""
        self._database.close()

    @property
    def head_in_short(self) -> str:
        """The log's size and the beginning of its hash, `42:0a1b2c3d0a1b2c3d`: what Home Assistant shows, too."""
        return "no head" if self.head is None else f"{self.head.size}:{self.head.hash[:SHORT_HASH_CHARS]}"

    def last_rows(self, count: int) -> list[StoredRow]:
        """Return the last `count` rows, in order."""
        with self._reading():
            return self._database.last_rows(count)

    def verify(self, witness: Seen | None = None) -> Flaw | None:
        """Return the first row that is not as it was written (`audit_chain.verify`)."""
        with self._reading():
            return verify(self._database.all_rows(), self.head, self.key, witness=witness)

    def exported(self) -> Iterator[str]:
        """Yield the whole log, a line of JSON each: the rows exactly as they are hashed, then the head with the key."""
        with self._reading():
            for row in self._database.all_rows():
                yield row.text.replace("\n", " ")  # there is none in what we wrote
            yield json.dumps({"head": None if self.head is None else msgspec.to_builtins(self.head)})

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as error:
            raise unusable(self._path, error) from error
