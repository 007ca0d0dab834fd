"""`local-voice ledger`: what is remembered of what was said here, and how it is forgotten, corrected and taken away.

Asks the running gateway; where none runs, opens its ledger itself. What is done goes to the audit log either way.
"""

import argparse
import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

from rich.console import Console

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.commands import ledger_learning as learning
from gateway.commands.ledger_access import NUMBER, OwnersLedger, owners_ledger
from gateway.commands.ledger_chosen import (
    add_filters,
    add_json,
    add_selection,
    add_yes,
    agrees,
    duration,
    duration_s,
    selected,
)
from gateway.commands.ledger_export import Extent, export, extent, wav
from gateway.commands.ledger_shown import (
    DAY_HEADINGS,
    TURN_HEADINGS,
    day_cells,
    print_table,
    say,
    say_json,
    stats_lines,
    turn_cells,
    turn_lines,
)
from gateway.config import load_config
from gateway.errors import ConfigError
from gateway.events import Sound
from gateway.files import new_file
from gateway.processes.ledger_words import AskKept, KeptIs
from gateway.satellite.speaker import open_speaker, play
from gateway.wire.ledger_words import (
    LONGEST_SEARCH_CHARS,
    MOST_DAYS,
    AskStats,
    ChangeKept,
    ForgetTurns,
    LedgerDone,
    PlayTurn,
    SelectionWords,
    Stats,
    TurnsForgotten,
    TurnWords,
)

OK, NOT_DONE = 0, 1
SHOWN_TURNS: Final = 20
MOST_SHOWN_TURNS: Final = 100_000
"""As many as there may be."""
SHOWN_DAYS: Final = 7
LOCALTIME: Final = Path("/etc/localtime")
NOT_WITHOUT: Final = ", but none without transcripts"
OTHERS: Final = (
    "Home Assistant keeps what it was told itself: its history, and the sound of replies in its cache, which it clears "
    "when it is connected. A backup that has turns brings them back."
)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `ledger` to the program's."""
    parser = subparsers.add_parser("ledger")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what was said, the latest first")
    add_filters(listing)
    listing.add_argument("--words", type=_words, metavar="WORDS", help="turns in which all of these occur")
    listing.add_argument("--limit", type=_count, default=SHOWN_TURNS, metavar="N", help=f"default: {SHOWN_TURNS}")
    showing = actions.add_parser("show", help="all that is remembered of one turn")
    playing = actions.add_parser("play", help="what was recorded of a turn")
    for action in (showing, playing):
        action.add_argument("id", metavar="ID", help="of the turn, or its beginning")
    playing.add_argument("--out", type=Path, metavar="FILE.wav", help="write it there instead of playing it")
    deleting = actions.add_parser("delete", help="forget turns, with their sound and what was learned from them")
    add_selection(deleting)
    deleting.add_argument("--everything", action="store_true", help="all turns, rules, counts, and what was tuned")
    deleting.add_argument("--keep-rules", action="store_true", help="with --id: what was learned from them stays")
    exporting = actions.add_parser("export", help="one archive of WAV and JSON, which opens without this program")
    exporting.add_argument("file", type=Path, metavar="FILE.zip", help="a new file; only you can read it")
    add_filters(exporting)
    figures = actions.add_parser("stats", help="how well it does")
    figures.add_argument("--days", type=_days, default=SHOWN_DAYS, metavar="N", help=f"default: {SHOWN_DAYS}")
    figures.add_argument("--zone", metavar="ZONE", help="days as in this time zone (default: this machine's)")
    keeping = actions.add_parser("keep", help="how long things are kept; without options: as it stands")
    keeping.add_argument("--transcripts", type=duration_s, default=..., metavar="TIME", help="e.g. 7d, 24h, off")
    keeping.add_argument("--audio", type=duration_s, default=..., metavar="TIME", help="recordings: e.g. 24h, off")
    keeping.add_argument("--false-wakes", type=duration_s, default=..., metavar="TIME", help="e.g. 60s, 1h")
    for action in (listing, showing, playing, deleting, exporting, figures, keeping):
        add_json(action)
    for action in (deleting, exporting):
        add_yes(action)
    learning.register(actions)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises VoiceError."""
    if args.action == "tune":
        args.satellite = learning.satellite_id(args.satellite)
    elif getattr(args, "satellite", None):
        args.satellite = learning.place_id(args.satellite)
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    console = Console()
    do = {
        "list": _list,
        "show": _show,
        "play": _play,
        "delete": _delete,
        "export": _export,
        "stats": _stats,
        "keep": _keep,
        "correct": learning.correct,
        "rules": learning.show_rules,
        "unlearn": learning.unlearn,
        "mark": learning.mark,
        "tune": learning.tune,
    }[args.action]
    async with owners_ledger() as ledger:
        return await do(args, ledger, console)


# Looking


async def _list(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    selection = await selected(args, ledger)
    turns: list[TurnWords] = []
    unreadable = 0
    async for page in ledger.pages(selection, words=args.words or ""):
        unreadable += page.unreadable
        turns += page.turns
        if len(turns) >= args.limit:
            break
    if args.json:
        for turn in turns[: args.limit]:
            say_json(turn)
        return OK
    if turns:
        print_table(console, TURN_HEADINGS, map(turn_cells, turns[: args.limit]))
    else:
        say(console, "Nothing of that is remembered.")
    if unreadable:
        say(console, f"{unreadable} turns cannot be read: somebody altered them, or the disk did.")
    return OK


async def _show(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    turn = await ledger.named(args.id)
    if args.json:
        say_json(turn)
    else:
        for line in turn_lines(turn):
            say(console, line)
    return OK


async def _play(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    turn = await ledger.named(args.id)
    _, pcm = await ledger.ask_for_sound(LedgerDone, PlayTurn(id=NUMBER, turn_id=turn.turn_id))
    if args.out is None:
        async with open_speaker(load_config(None).satellite.speaker or None) as speaker:
            await play(speaker, _sound(pcm))
    else:
        _write_new(args.out, wav(pcm))
    if args.json:
        written = None if args.out is None else str(args.out)
        say_json({"turn_id": turn.turn_id, "ms": 1000 * len(pcm) // (RATE_HZ * SAMPLE_BYTES), "file": written})
    elif args.out is not None:
        say(console, f"Written: {args.out}, readable by you alone.")
    return OK


async def _sound(pcm: bytes) -> AsyncGenerator[Sound]:
    yield Sound(rate_hz=RATE_HZ, pcm=pcm)


async def _stats(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    stats = await ledger.ask(Stats, AskStats(id=NUMBER, days=args.days, zone=args.zone or local_zone()))
    if args.json:
        say_json(stats)
        return OK
    print_table(console, DAY_HEADINGS, map(day_cells, stats.days))
    say(console, "")
    for line in stats_lines(stats):
        say(console, line)
    return OK


# Forgetting, and taking away


async def _delete(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    selection = await selected(args, ledger)
    is_selected = selection != SelectionWords()
    if args.everything == is_selected:
        raise ConfigError("ledger delete: name what is meant, by --id, --day, --since, --area …, or --everything alone")
    if args.keep_rules and selection.turn_ids is None:
        raise ConfigError("--keep-rules: name the turns, by --id")
    found = await extent(ledger, selection)
    more = ", and everything that was learned, counted and tuned" if args.everything else ""
    more = " but not what was learned from them" if args.keep_rules else more
    if not agrees(args, f"Forget {_told(found)}{more}, for good?"):
        say(console, "Nothing is forgotten.")
        return NOT_DONE
    words = ForgetTurns(id=NUMBER, selection=selection, everything=args.everything, keep_rules=args.keep_rules)
    gone = await ledger.ask(TurnsForgotten, words)
    if args.json:
        say_json(gone)
        return OK
    told = f"{_counted(gone.turns, 'turn')}, {_counted(gone.clips, 'recording')} and {_counted(gone.rules, 'rule')}"
    say(console, f"Forgotten: {told}. {OTHERS}")
    return OK


async def _export(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    if args.file.exists():  # before anybody is asked
        raise ConfigError(f"{args.file}: is there already, and is not written over; choose another name")
    selection = await selected(args, ledger)
    found = await extent(ledger, selection)
    if not agrees(args, f"Write {_told(found)} into {args.file}, not encrypted?"):
        say(console, "Nothing is written.")
        return NOT_DONE
    written = await export(ledger, selection, found, args.file)
    if args.json:
        say_json({"file": str(args.file), "turns": written.turns, "clips": len(written.clips)})
    else:
        say(console, f"Written: {args.file}, {_told(written)}. It is not encrypted; only you can read it.")
    return OK


def _told(found: Extent) -> str:
    return f"{_counted(found.turns, 'turn')} and {_counted(len(found.clips), 'recording')}"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


# What is kept


async def _keep(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    kept = await ledger.ask(KeptIs, AskKept(id=NUMBER))
    if any(wanted is not ... for wanted in (args.transcripts, args.audio, args.false_wakes)):
        if args.false_wakes is None:
            raise ConfigError("--false-wakes: a time from 1s to 1h; they are not kept where transcripts are off")
        change = ChangeKept(
            id=NUMBER,
            transcripts_s=kept.transcripts_s if args.transcripts is ... else args.transcripts,
            audio_s=kept.audio_s if args.audio is ... else args.audio,
            false_wakes_s=kept.false_wakes_s if args.false_wakes is ... else args.false_wakes,
        )
        await ledger.ask(LedgerDone, change)
        kept = await ledger.ask(KeptIs, AskKept(id=NUMBER))
    if args.json:
        say_json(kept)
        return OK
    say(console, f"transcripts: {duration(kept.transcripts_s)}")
    but = NOT_WITHOUT if kept.transcripts_s is None and kept.audio_s is not None else ""
    say(console, f"recordings:  {duration(kept.audio_s)}{but}")
    say(console, f"false wakes: {duration(kept.false_wakes_s)}")
    return OK


def local_zone() -> str:
    """Return the name of this machine's time zone."""
    zone = os.environ.get("TZ", "").removeprefix(":")
    return zone or str(LOCALTIME.resolve()).partition("/zoneinfo/")[2] or "UTC"


def _write_new(path: Path, content: bytes) -> None:
    try:
        with new_file(path) as file:
            file.write(content)
    except FileExistsError as error:
        raise ConfigError(f"{path}: is there already, and is not written over; choose another name") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place") from error


def _words(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_SEARCH_CHARS:
        raise argparse.ArgumentTypeError(f"1 to {LONGEST_SEARCH_CHARS} characters, not only spaces")
    return text


def _count(text: str) -> int:
    return _number(text, MOST_SHOWN_TURNS)


def _days(text: str) -> int:
    return _number(text, MOST_DAYS)


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 1 to {most}")
    return int(text)
