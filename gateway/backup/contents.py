"""What is in a backup: a list of its files, then one after the other."""

import re
from typing import Annotated, Final, Literal

import msgspec

from gateway.broker.audit_database import FILE_NAME as AUDIT_NAME
from gateway.broker.audit_key import KEY_NAME as AUDIT_KEY_NAME
from gateway.broker.cloud_store import FILE_NAME as CLOUD_NAME
from gateway.broker.store import FILE_NAME as PEERS_NAME
from gateway.ledger.clips import FOLDER_NAME as CLIPS_NAME
from gateway.ledger.clips import LARGEST_BYTES as LARGEST_CLIP_BYTES
from gateway.ledger.database import FILE_NAME as LEDGER_NAME
from gateway.ledger.keys import FILE_NAME as LEDGER_KEY_NAME
from gateway.settings_file import NAME as SETTINGS_NAME

IDENTITIES: Final = ("voice.pem", "broker.pem")
"""Who the gateway is; without them there is none."""
SMALL: Final = (*IDENTITIES, SETTINGS_NAME, CLOUD_NAME, PEERS_NAME, AUDIT_KEY_NAME)
"""Whole files that are replaced as wholes. Peers come before the audit log, which has each of them before it is one."""
LEDGER_FOLDER: Final = "ledger"
LEDGER_DATABASE: Final = f"{LEDGER_FOLDER}/{LEDGER_NAME}"
LEDGER_KEY: Final = f"{LEDGER_FOLDER}/{LEDGER_KEY_NAME}"
CLIPS: Final = f"{LEDGER_FOLDER}/{CLIPS_NAME}"
LARGEST_SMALL_BYTES: Final = 1024 * 1024
LARGEST_DATABASE_BYTES: Final = 512 * 1024 * 1024
"""Of the audit log, which is a thousandth of it, and of the ledger: a copy of either is in memory."""
MOST_FILES: Final = 200_000
"""A clip for each row that there may be, and as many again."""
LARGEST_LIST_BYTES: Final = 32 * 1024 * 1024
LENGTH_BYTES: Final = 4
"""Before the list: how long it is."""
_CLIP: Final = re.compile(rf"{CLIPS}/([0-9a-f]{{2}})/\1[0-9a-f]{{30}}\.bin")


class FileWords(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    name: Annotated[str, msgspec.Meta(max_length=100)]
    size: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_DATABASE_BYTES)]


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The list, as JSON at the beginning of what is sealed."""

    format: Literal[1] = 1
    version: Annotated[str, msgspec.Meta(max_length=255)]
    """Of the program that made it."""
    made_at: Annotated[str, msgspec.Meta(max_length=40)]
    with_turns: bool
    files: Annotated[tuple[FileWords, ...], msgspec.Meta(max_length=MOST_FILES)]


def is_of_a_gateway(file: FileWords) -> bool:
    """Tell whether a gateway has such a file: nothing else is ever written."""
    if file.name in SMALL or file.name == LEDGER_KEY:
        return file.size <= LARGEST_SMALL_BYTES
    if file.name in (AUDIT_NAME, LEDGER_DATABASE):
        return True
    return file.size <= LARGEST_CLIP_BYTES and _CLIP.fullmatch(file.name) is not None
