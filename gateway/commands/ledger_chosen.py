"""Which turns are meant on the command line, and whether a person agrees to what is about to happen to them."""

import argparse
import re
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from gateway.commands.ledger_access import OwnersLedger
from gateway.commands.prompts import is_at_terminal, typed
from gateway.errors import ConfigError
from gateway.ledger.selection import LAST_HOUR_S
from gateway.wire.ledger_words import MOST_TURNS, SelectionWords, TurnWords
from gateway.wire.messages import NAME_CHARS

DAYS: Final = ("today", "yesterday")
LONGEST_TIME_CHARS: Final = len("18:30:00")
"""What is longer has a day, too."""
_DURATION: Final = re.compile(r"(\d{1,6})\s*(s|min|h|d)")
_UNITS_S: Final = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="JSON, a line each, instead of words for people")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask; for scripts")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add what says which turns are meant; several things have to be true together."""
    parser.add_argument("--id", action="append", metavar="ID", help="this turn, or its beginning; may be repeated")
    parser.add_argument("--area", type=_name, metavar="AREA", help="turns of this room, by its id as `list` shows it")
    parser.add_argument("--satellite", type=_name, metavar="SATELLITE", help="turns of this satellite, by name or id")
    parser.add_argument("--last-hour", action="store_true", help="turns of the last hour, whatever the clock says")
    parser.add_argument("--day", type=day, metavar="DAY", help="turns of a day: 2026-11-22, today or yesterday")
    parser.add_argument("--since", type=moment, metavar="TIME", help="from then on: 18:30, or 2026-11-22T18:30")
    parser.add_argument("--until", type=moment, metavar="TIME", help="before then")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add by what else turns can be looked for."""
    add_selection(parser)
    parser.add_argument("--outcome", type=_name, metavar="OUTCOME", help="e.g. action, answer, not_understood, error")
    parser.add_argument("--false-wakes", action="store_true", help="wakes after which nobody spoke to us")
    parser.add_argument("--corrected", action="store_true", help="turns that were corrected")


async def selected(args: argparse.Namespace, ledger: OwnersLedger) -> SelectionWords:
    """Return which turns `args` mean. Raises ConfigError, LinkError, LedgerError."""
    wanted: list[str] = args.id or []
    if len(wanted) > MOST_TURNS:
        raise ConfigError(f"--id: at most {MOST_TURNS} turns can be named at once")
    ids = [(await ledger.named(each)).turn_id for each in wanted]
    since, until = args.since, args.until
    if args.day is not None:
        if since is not None or until is not None:
            raise ConfigError("--day: say either a day, or --since and --until")
        since, until = _of_day(args.day)
    if since is not None and until is not None and since >= until:
        raise ConfigError("--until: has to be later than --since")
    return SelectionWords(
        turn_ids=tuple(dict.fromkeys(ids)) if ids else None,
        area_id=args.area,
        satellite_id=args.satellite,
        outcome=getattr(args, "outcome", None),
        kind="false_wake" if getattr(args, "false_wakes", False) else None,
        since="" if since is None else since.isoformat(),
        until="" if until is None else until.isoformat(),
        last_s=int(LAST_HOUR_S) if args.last_hour else None,
        corrected=True if getattr(args, "corrected", False) else None,
    )


async def turns_of(ledger: OwnersLedger, selection: SelectionWords) -> AsyncGenerator[TurnWords]:
    """Yield all turns that are selected, the newest first."""
    async for page in ledger.pages(selection):
        for turn in page.turns:
            yield turn


def agrees(args: argparse.Namespace, question: str) -> bool:
    """Tell whether a person says yes to this, or has with `--yes`. Raises ConfigError where nobody can be asked."""
    if args.yes:
        return True
    if args.json or not is_at_terminal():
        raise ConfigError("a person has to agree to this: run it in a terminal without --json, or add --yes")
    return typed(f"{question} [y/N] ").strip().casefold() in ("y", "yes")


def day(text: str) -> date:
    """Return the day that is meant."""
    today = datetime.now(UTC).astimezone().date()
    if text in DAYS:
        return today - timedelta(days=DAYS.index(text))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: a day such as 2026-11-22, today or yesterday") from None


def moment(text: str) -> datetime:
    """Return the point in time that is meant, as this machine's clock shows it; a time alone is one of today."""
    try:
        if len(text) <= LONGEST_TIME_CHARS:
            at = datetime.combine(datetime.now(UTC).astimezone().date(), time.fromisoformat(text))
        else:
            at = datetime.fromisoformat(text)
        return at.astimezone(UTC)
    except ValueError, OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r}: a time such as 18:30 or 2026-11-22T18:30") from None


def duration_s(text: str) -> int | None:
    """Return how long something is to be kept; None for `off`."""
    if text == "off":
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r}: a time such as 7d, 24h or 60s, or off")
    return int(found[1]) * _UNITS_S[found[2]]


def duration(kept_s: int | None) -> str:
    """Return a time as people write it."""
    if kept_s is None:
        return "off"
    unit = next(unit for unit in ("d", "h", "min", "s") if kept_s % _UNITS_S[unit] == 0 or unit == "s")
    return f"{kept_s // _UNITS_S[unit]} {unit}"


def _of_day(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day as this machine's clock shows it, and the first after it."""
    try:
        first, after = (datetime.combine(each, time()).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    except OverflowError as error:
        raise ConfigError("--day: there is no such day in any ledger") from error
    return first, after


def _name(text: str) -> str:
    if not 1 <= len(text) <= NAME_CHARS:
        raise argparse.ArgumentTypeError(f"1 to {NAME_CHARS} characters")
    return text
