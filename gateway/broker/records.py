"""What a gateway answers for: its peers, its settings, and the audit log, which has each change before it is made.

A row says what is about to be done. Where it then could not be done, or a crash came in between, another row of the
same action says so: its `undone` is the number of the first. So the peers are always those that the rows add up to.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from gateway.broker.adding_destination import destination_of
from gateway.broker.audit import Action, AuditError, AuditLog
from gateway.broker.audit_rows import AuditRow, Detail, decoded
from gateway.broker.cloud_store import CloudStore
from gateway.broker.destination import Destination
from gateway.broker.store import NewPeer, PeerStore
from gateway.errors import ConfigError
from gateway.offer import SettingsChange
from gateway.protection import Layer, Protection
from gateway.settings_file import SettingsFile
from gateway.wire.consent_words import AddDestination
from gateway.wire.peers import Role, new_peer_id

OWNER: Final = "owner"
"""The actor that is at the gateway itself: at the owner's socket, or where no gateway runs."""
GATEWAY: Final = "gateway"
"""The actor that does by itself what it does: starting, and opening the first window."""
VOICE: Final = "voice"
"""The actor that says that a home wants something; the broker has only its word for it."""
LEDGER_ACTIONS: Final = frozenset(
    {
        Action.FORGET,
        Action.PLAY,
        Action.REPLAY,
        Action.EXPORT,
        Action.CORRECT,
        Action.UNLEARN,
        Action.RETENTION,
        Action.SENSITIVITY,
    }
)
"""What the ledger may have written down."""
URGENT_ACTIONS: Final = frozenset({Action.FORGET, Action.UNLEARN, Action.RETENTION})
"""Of those, what must be possible on a full disk."""
PAGE_ROWS: Final = 64
"""Read at a time when looking back; a start is rarely further away."""
MOST_ROWS_BACK: Final = 65_536
"""A log that was tampered with may claim to have had any number."""

_LOG = logging.getLogger(__name__)


class _Undone(NamedTuple):
    """Something that a row says was about to be done, and that was not."""

    row: int
    action: Action
    about: str


class Records:
    """The folder of one gateway, kept by one process at a time. Nothing changes in it without a row before."""

    def __init__(self, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Keep `folder`, which is made where it is missing, until `close`. `now` tells the time of day.

        Raises ConfigError where another process keeps it, and where peers or audit log are not usable.
        """
        self._folder = folder
        self._now = now
        self.peers: Final = PeerStore(folder, now)
        """To be read; `pair` and `revoke` change them. First, since it locks the folder."""
        try:
            self.cloud: Final = CloudStore(folder)
            """To be read; the methods below change it."""
            self.audit: Final = AuditLog(folder, now=now)
        except BaseException:
            self.peers.close()
            raise
        self._undone: _Undone | None = None
        """What the log has yet to say."""
        self._settle()

    def close(self) -> None:
        """Let other processes keep the folder. May be called again."""
        self.audit.close()
        self.peers.close()

    def pair(self, *, by: str, name: str, role: Role, area: str = "") -> NewPeer:
        """Add a peer (`PeerStore.add`). Raises ConfigError where there is no room, or something cannot be written."""
        self.peers.check_room()
        peer_id = new_peer_id()
        with self._written_down(by, Action.PAIR, peer_id, role=role.value):
            return self.peers.add(peer_id=peer_id, name=name, role=role, area=area)

    def revoke(self, peer_id: str, *, by: str) -> bool:
        """Forget a peer; tell whether there was one. Raises ConfigError where something cannot be written."""
        if peer_id not in self.peers:
            return False
        with self._written_down(by, Action.REVOKE, peer_id, is_urgent=True):
            return self.peers.revoke(peer_id)

    def keep_settings(self, change: SettingsChange) -> None:
        """Remember what was chosen in a home, as voice says. Raises ConfigError where something cannot be written."""
        with self._written_down(VOICE, Action.CONFIGURE, "settings", names=sorted(change.named)):
            SettingsFile(self._folder).add(change)

    def add_destination(self, words: AddDestination, *, by: str) -> Destination:
        """Add a destination, or replace the one of its id; return it as it is kept. Raises ConfigError."""
        destination = destination_of(words, self._now())
        change = "added" if self.cloud.get(destination.id) is None else "replaced"
        with self._written_down(
            by,
            Action.CONFIGURE,
            f"destination:{destination.id}",
            change=change,
            host=destination.host,
            kind=destination.kind.value,
            local=destination.is_local,
        ):
            return self.cloud.put(destination)

    def remove_destination(self, destination_id: str, *, by: str) -> bool:
        """Forget a destination and its key; tell whether there was one.

        Raises ConfigError where something cannot be written; where that is only the row, it is forgotten all the same.
        """
        if self.cloud.get(destination_id) is None:
            return False
        about = f"destination:{destination_id}"
        try:
            self.append(by, Action.CONFIGURE, about, is_urgent=True, change="removed")
        finally:
            self.cloud.remove(destination_id)
        return True

    def allow_cloud(self, is_allowed: bool, *, by: str, user: str = "") -> None:
        """Turn the switch. Raises ConfigError where something cannot be written; off, it is off all the same."""
        who: dict[str, Detail] = {"user": user} if user else {}
        if is_allowed:
            with self._written_down(by, Action.CONFIGURE, "cloud", is_urgent=False, allowed=True, **who):
                self.cloud.allow(True)
            return
        try:
            self.append(by, Action.CONFIGURE, "cloud", is_urgent=True, allowed=False, **who)
        finally:
            self.cloud.allow(False)

    def set_pin(self, pin: str, *, by: str) -> None:
        """Have approvals take this PIN, or none where it is empty. Raises ConfigError."""
        with self._written_down(by, Action.CONFIGURE, "pin", set=bool(pin)):
            self.cloud.set_pin(pin)

    def record_download(self, model: str, host: str) -> int:
        """Write down that the owner is about to fetch a model; return the row's number. Raises AuditError."""
        return self.append(OWNER, Action.DOWNLOAD, model, host=host)

    def record_act(self, act: str, about: str, *, by: str, user: str, counts: Mapping[str, int]) -> int:
        """Write down what was, or is about to be, done with the ledger; return the row's number.

        `by` is `owner`, or whom voice speaks for: the broker has only its word for it. Raises ConfigError for what is
        nothing of the ledger's, AuditError where it cannot be written.
        """
        if act not in LEDGER_ACTIONS:
            raise ConfigError("that is nothing that is done with the ledger")
        told: dict[str, Detail] = {"user": user, **counts}
        if by != OWNER:
            told["by"] = by
        detail = {name: value for name, value in told.items() if value}
        actor = OWNER if by == OWNER else VOICE
        return self.append(actor, Action(act), about, is_urgent=act in URGENT_ACTIONS, **detail)

    def broker_started(self, *, version: str, configuration: str) -> None:
        """Write down that the broker is about to serve, and that the configuration is another one, if it is.

        `configuration` is its digest. Raises AuditError.
        """
        before = self._last_configuration()
        if before and before != configuration:
            self.append(GATEWAY, Action.CONFIGURE, "file", is_urgent=True, before=before, after=configuration)
        detail: dict[str, Detail] = {"version": version, "configuration": configuration}
        if self.audit.flaw is not None:
            detail["flaw"] = str(self.audit.flaw)
        self.audit.append(GATEWAY, Action.START, "broker", is_urgent=True, **detail)

    def voice_started(self, protection: Protection, *, version: str) -> None:
        """Write down that a voice process is about to serve, and what keeps it from connecting. Raises AuditError."""
        self.append(
            GATEWAY,
            Action.START,
            "voice",
            is_urgent=True,
            version=version,
            layers=[layer.value for layer in Layer if layer in protection.layers],
            missing=[layer.value for layer in Layer if layer in protection.missing],
            attempts=protection.attempts,
            ways_out=len(protection.ways_out),
            same_user=protection.is_same_user,
        )

    def append(self, actor: str, action: Action, about: str, *, is_urgent: bool = False, **detail: Detail) -> int:
        """Write a row (`AuditLog.append`), after what is owed; return its number. Raises AuditError."""
        self._pay(is_urgent=is_urgent)
        return self.audit.append(actor, action, about, is_urgent=is_urgent, **detail).size

    def approve(self, actor: str, request_id: str, **detail: Detail) -> int:
        """Write the row of a yes (`AuditLog.approve`), likewise. Raises AuditError."""
        self._pay(is_urgent=False)
        return self.audit.approve(actor, request_id, **detail).size

    def rows_back(self) -> Iterator[AuditRow]:
        """Yield the last rows, the very last one first, without those that are none."""
        size = self.audit.head.size
        for end in range(size, max(0, size - MOST_ROWS_BACK), -PAGE_ROWS):
            after = max(0, end - PAGE_ROWS)
            yield from filter(None, map(decoded, reversed(self.audit.rows(after, end - after))))

    @contextmanager
    def _written_down(
        self, actor: str, action: Action, about: str, *, is_urgent: bool = False, **detail: Detail
    ) -> Iterator[None]:
        """Do something that is in the audit log before. Raises AuditError, with nothing done."""
        row = self.append(actor, action, about, is_urgent=is_urgent, **detail)
        try:
            yield
        except ConfigError:
            self._owe(_Undone(row, action, about))
            raise

    def _settle(self) -> None:
        """Say that the last thing that was about to be done was not, if a crash prevented it: peers show it."""
        row = next(self.rows_back(), None)
        if row is None or "undone" in row.detail:
            return
        is_peer = row.about in self.peers
        if (row.action == Action.PAIR and not is_peer) or (row.action == Action.REVOKE and is_peer):
            self._owe(_Undone(row.seq, Action(row.action), row.about))

    def _owe(self, undone: _Undone) -> None:
        """Say that something was not done: now, or before the next row, whatever that is."""
        self._undone = undone
        try:
            self._pay(is_urgent=False)
        except AuditError as error:
            _LOG.error("audit log: row %d says what was not done, and that cannot be added yet: %s", undone.row, error)

    def _pay(self, *, is_urgent: bool) -> None:
        if self._undone is not None:
            row, action, about = self._undone
            self.audit.append(GATEWAY, action, about, is_urgent=is_urgent, undone=row)
            self._undone = None

    def _last_configuration(self) -> str:
        """Return the digest of the configuration with which the broker started last; nothing where it never has."""
        starts = (row for row in self.rows_back() if row.action == Action.START and row.about == "broker")
        last = next(starts, None)
        return "" if last is None else str(last.detail.get("configuration", ""))
