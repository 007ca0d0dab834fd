"""`local-voice ledger correct`, `rules`, `unlearn`, `mark` and `tune`: what the household teaches."""

import argparse
from collections.abc import Sequence

from rich.console import Console

from gateway.commands.ledger_access import NUMBER, OwnersLedger
from gateway.commands.ledger_chosen import add_json, add_yes, agrees
from gateway.commands.ledger_export import all_rules
from gateway.commands.ledger_shown import (
    RULE_HEADINGS,
    corrected_lines,
    print_table,
    rule_cells,
    say,
    say_json,
)
from gateway.commands.peers import paired
from gateway.errors import ConfigError
from gateway.rules import LONGEST_RULE_CHARS
from gateway.wire.broker_words import PeerWords
from gateway.wire.learning_words import (
    AskTuning,
    CorrectTurn,
    MarkWake,
    RemoveRule,
    SetSensitivity,
    Tuning,
    TurnCorrected,
)
from gateway.wire.ledger_words import LedgerDone
from gateway.wire.peers import Role

OK, NOT_DONE = 0, 1
USUAL = "usual"
MOST_PERCENT = 100


def register(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add these to the actions of `ledger`."""
    correcting = actions.add_parser(
        "correct",
        help="say what was meant: it is understood from then on",
        description="Shows first what would become of it, tried on everything that was right before, and asks.",
    )
    correcting.add_argument("id", metavar="ID", help="of the turn, or its beginning")
    correcting.add_argument("meant", nargs="?", type=_text, metavar="MEANT", help="what should have been heard")
    correcting.add_argument("--called", type=_text, metavar="WORDS", help="what a thing is called here …")
    correcting.add_argument("--entity", default="", metavar="ENTITY_ID", help="… and which thing that is")
    correcting.add_argument("--despite-harm", action="store_true", help="even where turns that were right would change")
    rules = actions.add_parser("rules", help="what was taught")
    unlearning = actions.add_parser("unlearn", help="remove a rule")
    unlearning.add_argument("id", metavar="RULE-ID", help="or its beginning, as `local-voice ledger rules` shows it")
    marking = actions.add_parser("mark", help="say that nobody had said the wake word there")
    marking.add_argument("id", metavar="ID", help="of the turn, or its beginning")
    marking.add_argument("--real", action="store_true", help="somebody had after all")
    tuning = actions.add_parser("tune", help="how eagerly a satellite wakes, and what other settings would have done")
    tuning.add_argument("satellite", metavar="SATELLITE", help="its name or id")
    tuning.add_argument("--to", type=_sensitivity, metavar="N", help=f"set it: 0 to {MOST_PERCENT}, or {USUAL}")
    for parser in (correcting, rules, unlearning, marking, tuning):
        add_json(parser)
    for parser in (correcting, unlearning):
        add_yes(parser)


async def correct(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    """Show what a correction comes to, and keep it where a person agrees."""
    if bool(args.meant) == bool(args.called) or bool(args.called) != bool(args.entity):
        raise ConfigError("ledger correct: say either what was meant, or --called WORDS with --entity ENTITY_ID")
    turn = await ledger.named(args.id)

    def question(*, is_kept: bool, despite_harm: bool = False) -> CorrectTurn:
        return CorrectTurn(
            id=NUMBER,
            turn_id=turn.turn_id,
            meant=args.meant or "",
            said=args.called or "",
            entity_id=args.entity,
            keep=is_kept,
            despite_harm=despite_harm,
        )

    told = await ledger.ask(TurnCorrected, question(is_kept=False))
    if not args.json:
        for line in corrected_lines(told):
            say(console, line)
    if told.harmed_count and args.yes and not args.despite_harm:
        raise ConfigError(
            f"ledger correct: {told.harmed_count} turns that were right would be understood otherwise; "
            "--despite-harm keeps it all the same"
        )
    harm = ", although it does harm" if told.harmed_count else ""
    if not agrees(args, f"Keep this{harm}?"):
        say(console, "Nothing is kept.")
        return NOT_DONE
    kept = await ledger.ask(TurnCorrected, question(is_kept=True, despite_harm=bool(told.harmed_count)))
    if args.json:
        say_json(kept)
    else:
        say(console, "Kept. It holds from the next turn on; `local-voice ledger rules` lists what was taught.")
    return OK


async def show_rules(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    """List the rules."""
    rules = await all_rules(ledger)
    if args.json:
        for rule in rules:
            say_json(rule)
    elif rules:
        print_table(console, RULE_HEADINGS, map(rule_cells, rules))
    else:
        say(console, "Nothing was taught yet; `local-voice ledger correct` does.")
    return OK


async def unlearn(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    """Remove a rule."""
    found = [rule for rule in await all_rules(ledger) if args.id and rule.rule_id.startswith(args.id.lower())]
    if len(found) != 1:
        many = "several rules begin" if found else "there is no rule that begins"
        raise ConfigError(f"ledger: {many} with {args.id!r}; `local-voice ledger rules` shows them")
    rule = found[0]
    if not args.json:
        print_table(console, RULE_HEADINGS, [rule_cells(rule)])
    if not agrees(args, "Remove this rule?"):
        say(console, "It stays.")
        return NOT_DONE
    await ledger.ask(LedgerDone, RemoveRule(id=NUMBER, rule_id=rule.rule_id))
    if args.json:
        say_json(rule)
    else:
        say(console, "Removed; it holds no more from the next turn on.")
    return OK


async def mark(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    """Mark a wake as false, or as real after all."""
    turn = await ledger.named(args.id)
    tuning = await ledger.ask(Tuning, MarkWake(id=NUMBER, turn_id=turn.turn_id, is_false=not args.real))
    if args.json:
        say_json(tuning)
        return OK
    say(console, "Marked as real." if args.real else "Marked: nobody had said the wake word.")
    if tuning.is_changed:
        say(
            console,
            f"It wakes less eagerly from now on: sensitivity {tuning.sensitivity}. That costs no wake we know of.",
        )
    _show(tuning, console)
    return OK


async def tune(args: argparse.Namespace, ledger: OwnersLedger, console: Console) -> int:
    """Show how eagerly a satellite wakes, or set it."""
    if args.to is not None:
        sensitivity = None if args.to == USUAL else int(args.to)
        words = SetSensitivity(id=NUMBER, satellite_id=args.satellite, sensitivity=sensitivity)
        await ledger.ask(LedgerDone, words)
        if not args.json:
            told = "as the gateway does" if sensitivity is None else f"with sensitivity {sensitivity}"
            say(console, f"From now on it wakes {told}.")
            return OK
        say_json({"satellite_id": args.satellite, "sensitivity": sensitivity})
        return OK
    tuning = await ledger.ask(Tuning, AskTuning(id=NUMBER, satellite_id=args.satellite))
    if args.json:
        say_json(tuning)
    else:
        _show(tuning, console)
    return OK


def satellite_id(wanted: str) -> str:
    """Return the id of the paired satellite with this id, or else this name. Raises ConfigError."""
    satellites = _satellites()
    found = _called(wanted, satellites)
    if found is None:
        known = f"there are: {', '.join(peer.name for peer in satellites)}" if satellites else "there is none"
        raise ConfigError(f"ledger: no satellite {wanted!r} is paired here; {known}")
    return found


def place_id(wanted: str) -> str:
    """Return the id of who has it, or else of the paired satellite with this name. Raises ConfigError.

    Turns may have been said at a satellite that is gone, or that is not ours: Home Assistant's, or Wyoming's.
    """
    return _called(wanted, _satellites()) or wanted


def _satellites() -> Sequence[PeerWords]:
    return [peer for peer in paired() if peer.role is Role.SATELLITE]


def _called(wanted: str, satellites: Sequence[PeerWords]) -> str | None:
    if any(peer.id == wanted for peer in satellites):
        return wanted
    return next((peer.id for peer in satellites if peer.name.casefold() == wanted.casefold()), None)


def _show(tuning: Tuning, console: Console) -> None:
    own = "its own" if tuning.is_own else "as the gateway's"
    suggested = "" if tuning.suggested is None else f"; suggested: {tuning.suggested}"
    say(console, f"Sensitivity {tuning.sensitivity} ({own}){suggested}.")
    say(console, f"Known: {tuning.real_wakes} real wakes, {tuning.false_wakes} marked as false.")
    if tuning.options:
        rows = ((str(each.sensitivity), str(each.false_wakes), str(each.missed)) for each in tuning.options)
        print_table(console, ("sensitivity", "false wakes", "real wakes missed at most"), rows)


def _text(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_RULE_CHARS:
        raise argparse.ArgumentTypeError(f"1 to {LONGEST_RULE_CHARS} characters, not only spaces")
    return text


def _sensitivity(text: str) -> str:
    if text != USUAL and not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST_PERCENT):
        raise argparse.ArgumentTypeError(f"{text!r}: 0 to {MOST_PERCENT}, or {USUAL}")
    return text
