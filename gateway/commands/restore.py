"""`local-voice restore`: a gateway of a backup, where none has been."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from gateway.backup.contents import Contents
from gateway.backup.restoring import check_unused, restore
from gateway.broker.audit_reading import AuditReader
from gateway.broker.store import PeerStore
from gateway.commands.prompts import secret
from gateway.errors import ConfigError
from gateway.paths import owned_gateway_dir

OK: Final = 0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `restore` to the program's."""
    parser = subparsers.add_parser(
        "restore",
        description="Only where no gateway has been; whatever is wrong with the file, nothing has changed then.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="as `local-voice backup` wrote it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises VoiceError."""
    folder = owned_gateway_dir()
    check_unused(folder)
    try:
        with args.file.open("rb") as file:
            contents = restore(file, secret("Passphrase (not shown): "), folder)
    except ConfigError as error:
        raise ConfigError(f"{args.file}: {error}") from error
    except OSError as error:
        raise ConfigError(
            f"{args.file}: cannot be read ({error.strerror}); check the name and its permissions"
        ) from error
    for line in _told(folder, contents):
        Console().print(escape(line), soft_wrap=True, highlight=False)
    return OK


def _told(folder: Path, contents: Contents) -> list[str]:
    made_at = contents.made_at.removesuffix("+00:00").replace("T", " ")
    turns = "with" if contents.with_turns else "without"
    with closing(PeerStore(folder)) as store:
        peers = len(store.peers())
    lines = [f"Restored: {folder}, as it was on {made_at} UTC ({peers} paired, {turns} what was said)."]
    try:
        with closing(AuditReader(folder)) as log:
            lines.append(
                f"Its audit log ends at {log.head_in_short}. Home Assistant knows a later end where anything was done "
                "since, and says that rows are missing: they are, see docs/backup.md."
            )
    except ConfigError as error:
        lines.append(f"Its audit log cannot be read: {error}")
    return lines
