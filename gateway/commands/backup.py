"""`local-voice backup`: the gateway in one file, encrypted with a passphrase."""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from gateway.backup.making import back_up
from gateway.backup.sealing import LEAST_PASSPHRASE_CHARS
from gateway.commands.prompts import is_at_terminal, secret
from gateway.errors import ConfigError
from gateway.files import new_file
from gateway.paths import owned_gateway_dir

OK: Final = 0
WITHOUT_TURNS: Final = (
    "What was said is not in it: what you delete later would come back with it. --with-turns takes it along."
)
WITH_TURNS: Final = (
    "What was said is in it: what you delete from now on comes back when you restore it. Delete old backups."
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `backup` to the program's."""
    parser = subparsers.add_parser(
        "backup",
        description="Who the gateway is, peers, settings, destinations with their keys, audit log, what was taught, "
        "and how long things are kept. The passphrase is asked for, and not shown; without a terminal it is a line on "
        "standard input. Without it nobody opens the file, you neither.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file; only you can read it")
    parser.add_argument(
        "--with-turns", action="store_true", help="what was said as well; the gateway has to be stopped"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises VoiceError."""
    path, folder = args.file, owned_gateway_dir()
    try:
        with new_file(path) as file:
            contents = back_up(
                folder, file, _new_passphrase(), version=version("local-voice"), with_turns=args.with_turns
            )
    except FileExistsError as error:
        raise ConfigError(f"{path}: is there already, and is not written over; choose another name") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
    console = Console()
    size_bytes = path.stat().st_size
    _say(console, f"Written: {path}, {len(contents.files)} files of {folder}, {size_bytes} bytes, encrypted.")
    _say(console, WITH_TURNS if args.with_turns else WITHOUT_TURNS)
    return OK


def _new_passphrase() -> str:
    passphrase = secret("Passphrase, a few words (not shown): ")
    if len(passphrase) < LEAST_PASSPHRASE_CHARS:
        raise ConfigError(f"a passphrase has at least {LEAST_PASSPHRASE_CHARS} characters: a few words")
    if is_at_terminal() and secret("Once more: ") != passphrase:
        raise ConfigError("these were two different passphrases; nothing is written")
    return passphrase


def _say(console: Console, line: str) -> None:
    console.print(escape(line), soft_wrap=True, highlight=False)
