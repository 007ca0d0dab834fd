"""`local-voice cloud`: where requests may be sent to, and whether any may. Nothing here sends one.

Asks the running gateway, so that what waits or is being sent ends at once where it has to; where none runs, changes its
folder itself.
"""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.broker.adding_destination import destination_of
from gateway.broker.cloud_store import CloudStore, check_pin, destination_words
from gateway.broker.destination import Destination, Kind
from gateway.broker.owner_link import NoGatewayError
from gateway.broker.records import OWNER, Records
from gateway.commands.asking import consent_is, have_done
from gateway.commands.consent_shown import host_of
from gateway.commands.prompts import is_at_terminal, secret
from gateway.commands.service import is_kept_at_home
from gateway.errors import ConfigError
from gateway.files import read_bounded
from gateway.paths import owned_gateway_dir
from gateway.wire.consent_words import (
    AddDestination,
    AllowCloud,
    ConsentIs,
    DestinationWords,
    RemoveDestination,
    SetPin,
)
from gateway.wire.messages import Message

OK: Final = 0
LARGEST_CA_BYTES: Final = 256 * 1024
"""Of a file that an authority's certificates are in; what else is in it is left out."""
SWITCH: Final = "Allow cloud requests"
FILTERED: Final = (
    "The machine's service may speak with the home network only. For it to reach this one, run once more: "
    "sudo local-voice service install; then sudo systemctl daemon-reload && sudo systemctl restart local-voice"
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `cloud` to the program's."""
    parser = subparsers.add_parser("cloud")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = actions.add_parser(
        "add",
        help="a service that requests may be sent to, each after a yes of its own",
        description="The key is asked for, and not shown; without a terminal it is a line on standard input. "
        "The same name again replaces a destination and its key.",
    )
    adding.add_argument("name", metavar="NAME", help="a short word of yours for it")
    adding.add_argument("url", metavar="URL", help="an OpenAI-compatible service: https://HOST[:PORT][/PATH]")
    adding.add_argument("--model", required=True, metavar="MODEL", help="as the service calls it")
    kinds = [kind.value for kind in Kind]
    adding.add_argument("--kind", default=Kind.CHAT.value, choices=kinds, help="what it does (default: chat)")
    adding.add_argument("--local", action="store_true", help="it is on the home's own network")
    adding.add_argument("--ca", type=Path, metavar="FILE", help="PEM of the authority that signed its certificate")
    adding.add_argument("--no-key", action="store_true", help="it wants none")
    actions.add_parser("list", help="the destinations, the switch, and what has left this month")
    removing = actions.add_parser("remove", help="forget a destination and its key; what waits for it is not sent")
    removing.add_argument("name", metavar="NAME", help="as `local-voice cloud list` shows it")
    actions.add_parser("on", help=f'the switch "{SWITCH}": each still waits for a yes')
    actions.add_parser("off", help="nothing is sent any more, at once; what waits is given up")
    pin = actions.add_parser("pin", help="have each approval take a PIN")
    pin.add_argument("--remove", action="store_true", help="have it take none any more")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises ConfigError, LinkError."""
    console = Console()
    match args.action:
        case "add":
            _add(args, console)
        case "list":
            _show(_state(), console)
        case "remove":
            _remove(args.name, console)
        case "pin":
            _pin(console, is_removed=args.remove)
        case _:
            _switch(console, is_on=args.action == "on")
    return OK


def stored_state(folder: Path) -> ConsentIs:
    """Return what is stored in a gateway's folder, whether it runs or not. Raises ConfigError."""
    store = CloudStore(folder)
    return ConsentIs(
        is_allowed=store.is_allowed,
        has_pin=store.has_pin,
        destinations=tuple(map(destination_words, store.destinations)),
    )


def _state() -> ConsentIs:
    try:
        return asyncio.run(consent_is())
    except NoGatewayError:
        return stored_state(owned_gateway_dir())


def _change(message: Message, change: Callable[[Records], object]) -> None:
    """Have the running gateway do it; where none runs, do it in its folder."""
    try:
        asyncio.run(have_done(message))
    except NoGatewayError:
        with closing(Records(owned_gateway_dir())) as records:
            change(records)


def _add(args: argparse.Namespace, console: Console) -> None:
    words = AddDestination(
        id=1,
        name=args.name,
        kind=args.kind,
        url=args.url,
        model=args.model,
        is_local=args.local,
        ca=_authority(args.ca),
    )
    checked = destination_of(words, datetime.now(UTC))  # before a key is typed in vain
    words = msgspec.structs.replace(words, ca=checked.ca, key="" if args.no_key else _typed_key(checked))
    destination_of(words, datetime.now(UTC))
    is_known = any(found.id == words.name for found in _state().destinations)
    _change(words, lambda records: records.add_destination(words, by=OWNER))
    _say(console, f"{'Replaced' if is_known else 'Added'}: {words.name}, {described(destination_words(checked))}.")
    is_on = _state().is_allowed
    _say(console, f'This sends nothing: "{SWITCH}" is {"on" if is_on else "off (`local-voice cloud on`)"}, and each')
    _say(console, "request waits for a yes of its own, by a person who has seen its bytes.")
    if not words.is_local and is_kept_at_home(owned_gateway_dir()):
        _say(console, FILTERED)


def _authority(path: Path | None) -> str:
    if path is None:
        return ""
    content = read_bounded(path, LARGEST_CA_BYTES)
    if content is None:
        raise ConfigError(f"--ca {path}: there is no such file")
    return content.decode("utf-8", "replace")


def _typed_key(destination: Destination) -> str:
    key = secret(f"Key for {destination.host} (not shown): ").strip()
    if not key:
        raise ConfigError("no key was typed, nothing is added; --no-key is for a service that wants none")
    return key


def _remove(name: str, console: Console) -> None:
    known = [found.id for found in _state().destinations]
    if name not in known:
        are = f"there are: {', '.join(known)}" if known else "there are none"
        raise ConfigError(f"cloud: there is no destination {name!r}; {are}")
    _change(RemoveDestination(id=1, name=name), lambda records: records.remove_destination(name, by=OWNER))
    _say(console, f"Removed: {name}, and its key. What waited for it is not sent.")


def _switch(console: Console, *, is_on: bool) -> None:
    _change(AllowCloud(id=1, is_allowed=is_on), lambda records: records.allow_cloud(is_on, by=OWNER))
    if not is_on:
        _say(console, f'"{SWITCH}" is off: nothing is asked for, and nothing is sent.')
        return
    _say(console, f'"{SWITCH}" is on. Each request waits for a yes of its own: in Home Assistant, or here by')
    _say(console, "`local-voice consent list`. There is no way to say yes to all of them.")
    if not _state().destinations:
        _say(console, "There is nowhere to send one to yet: `local-voice cloud add`.")


def _pin(console: Console, *, is_removed: bool) -> None:
    pin = "" if is_removed else _typed_pin()
    _change(SetPin(id=1, pin=pin), lambda records: records.set_pin(pin, by=OWNER))
    _say(console, "Approvals take no PIN any more." if is_removed else "From now on each approval takes the PIN.")


def _typed_pin() -> str:
    pin = secret("New PIN (not shown): ")
    check_pin(pin)
    if is_at_terminal() and secret("Once more: ") != pin:
        raise ConfigError("these were two different PINs; nothing is changed")
    return pin


def _show(state: ConsentIs, console: Console) -> None:
    if state.destinations:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for heading in ("name", "kind", "host", "model", "local", "key", "added"):
            table.add_column(heading, no_wrap=heading not in {"host", "model"}, overflow="fold")
        for found in state.destinations:
            table.add_row(*map(escape, _cells(found)))
        console.print(table, highlight=False)
    else:
        _say(console, "No destination; `local-voice cloud add` adds one.")
    _say(console, f'"{SWITCH}": {"on" if state.is_allowed else "off"}')
    _say(console, f"PIN: {'each approval takes it' if state.has_pin else 'none'}")
    if state.month:
        _say(console, f"Left the home in {state.month}: {state.sent_bytes} bytes")
        for day, sent_bytes in state.sent_days.items():
            _say(console, f"  {day}: {sent_bytes} bytes")


def _cells(found: DestinationWords) -> tuple[str, ...]:
    return (
        found.id,
        found.kind,
        host_of(found),
        found.model,
        "yes" if found.is_local else "no",
        "yes" if found.has_key else "no",
        found.added_at[:10],
    )


def described(found: DestinationWords) -> str:
    """Return what a destination is, in a line."""
    where = "at home" if found.is_local else "in the cloud"
    return f"{found.kind} at {host_of(found)} ({where}), model {found.model}"


def _say(console: Console, line: str) -> None:
    console.print(escape(line), soft_wrap=True, highlight=False)
