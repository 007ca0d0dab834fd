"""`local-voice audit`: what was done here, and whether the log of it is what was written.

Reads the log's file itself, whether the gateway runs or not, and changes nothing.
"""

import argparse
import re
from contextlib import closing
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.broker.audit_chain import SHORT_HASH_CHARS, Seen, StoredRow
from gateway.broker.audit_reading import AuditReader
from gateway.broker.audit_rows import AuditRow, Detail, decoded
from gateway.errors import ConfigError
from gateway.files import write_whole
from gateway.paths import owned_gateway_dir

OK, ALTERED = 0, 3
"""2 is for a log that cannot be read at all."""
SHOWN_ROWS = 20
MOST_SHOWN_ROWS = 10_000
"""More than a house has in years; `export` has no limit."""
_HEAD = re.compile(rf"(\d{{1,15}}):([0-9a-f]{{{SHORT_HASH_CHARS},64}})")
_DEEDS = {
    "start": "started",
    "pair": "paired",
    "revoke": "cut off",
    "configure": "changed the settings",
    "download": "fetched a model",
    "approve": "approved",
    "send": "sent",
    "result": "what came back",
    "refuse": "refused",
    "forget": "forgot",
    "play": "played",
    "replay": "recognised again",
    "export": "exported",
    "correct": "corrected",
    "unlearn": "unlearned",
    "retention": "changed what is kept",
    "sensitivity": "set a satellite",
}
"""What people call the actions; one of a newer version is called by its own name."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `audit` to the program's."""
    parser = subparsers.add_parser("audit")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    showing = actions.add_parser("show", help="what was done, the latest last")
    showing.add_argument("--last", type=_count, default=SHOWN_ROWS, metavar="N", help=f"rows (default: {SHOWN_ROWS})")
    showing.add_argument("--json", action="store_true", help="each row as a line of JSON, exactly as it is hashed")
    verifying = actions.add_parser(
        "verify",
        help="whether every row is what was written",
        description=f"Names the first row that is not; then the exit code is {ALTERED}. Compare what is printed at the "
        "end with what Home Assistant shows, or give that to --head: an older log that was put back is found only so.",
    )
    verifying.add_argument("--head", type=_head, metavar="SIZE:HASH", help="as Home Assistant shows it")
    exporting = actions.add_parser(
        "export", help="write the whole log into a file, to be verified without this program"
    )
    exporting.add_argument("file", type=Path, metavar="FILE", help="lines of JSON; a file of that name is replaced")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises ConfigError."""
    console = Console()
    with closing(AuditReader(owned_gateway_dir())) as log:
        match args.action:
            case "show" if args.json:
                for row in log.last_rows(args.last):
                    print(_printable(row.text))  # noqa: T201
            case "show":
                _show(log.last_rows(args.last), console)
            case "verify":
                return _verify(log, args.head, console)
            case _:
                _export(log, args.file, console)
    return OK


def _show(rows: list[StoredRow], console: Console) -> None:
    if not rows:
        console.print("Nothing was done yet.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("row", justify="right", no_wrap=True)
    for heading in ("when", "who", "what", "more"):
        table.add_column(heading, no_wrap=heading == "when", overflow="fold")
    for stored in rows:
        row = decoded(stored.text)
        if row is None:
            table.add_row(str(stored.seq), "", "", "[red]not what was written: see `local-voice audit verify`[/]")
        else:
            cells = (str(row.seq), _local(row.at), row.actor, _deed(row), _more(row.detail))
            table.add_row(*(escape(_printable(cell)) for cell in cells))
    console.print(table, highlight=False)


def _verify(log: AuditReader, witness: Seen | None, console: Console) -> int:
    flaw = log.verify(witness)
    if flaw is not None:
        console.print(f"[red]The audit log is not what was written.[/] {escape(str(flaw))}", soft_wrap=True)
        return ALTERED
    console.print(f"Every row is what was written: {log.head_in_short}", soft_wrap=True, highlight=False)
    if witness is None:
        console.print(
            "Home Assistant shows the same, unless somebody put back an older log or took its key.", soft_wrap=True
        )
    return OK


def _export(log: AuditReader, path: Path, console: Console) -> None:
    lines = "".join(f"{line}\n" for line in log.exported())
    try:
        write_whole(path, lines.encode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place for it") from error
    console.print(
        f"{escape(str(path))}: the log up to {log.head_in_short}; docs/audit.md says how to verify it by hand.",
        soft_wrap=True,
        highlight=False,
    )


def _local(at: str) -> str:
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError, OverflowError:
        return at


def _deed(row: AuditRow) -> str:
    if "undone" in row.detail:
        return f"did not happen: row {row.detail['undone']}"
    deed = _DEEDS.get(row.action, row.action)
    return f"{deed}: {row.about}" if row.about else deed


def _more(detail: dict[str, Detail]) -> str:
    told = ((name.replace("_", " "), _told(value)) for name, value in detail.items() if name != "undone")
    return "; ".join(f"{name}: {value}" for name, value in told)


def _told(value: Detail) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(value) or "none"
        case _:
            return str(value) or "none"


def _printable(text: str) -> str:
    """Return it without what could move a terminal's cursor: anybody may have written it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_SHOWN_ROWS):
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 1 to {MOST_SHOWN_ROWS}")
    return int(text)


def _head(text: str) -> Seen:
    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r}: rows and hash, such as 42:{'0a1b2c3d' * 2}")
    return Seen(size=int(found[1]), hash=found[2])
