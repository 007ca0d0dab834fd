"""How the ledger's answers look: as tables and lines for people, as JSON for programs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.commands.ledger_access import SHORT_ID_CHARS
from gateway.wire.learning_words import MeaningWords, RuleWords, TurnCorrected
from gateway.wire.ledger_words import CountsWords, DayWords, Stats, TurnWords

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "action": "done",
        "answer": "answered",
        "not_understood": "not understood",
        "not_confirmed": "not confirmed",
        "never_mind": "never mind",
        "consent_asked": "cloud asked for",
        "nothing_heard": "nothing heard",
        "recognized": "recognised",
        "forgotten": "forgot",
    }
)
"""What people call the outcomes; others are shown by their own name."""

WIDEST_CELL: Final = 48
"""What is longer, in a line that no terminal folds, is not waited for by all others."""

type Plain = bool | int | float | str | list[Plain] | dict[str, Plain] | None


def plain(value: object) -> Plain:
    """Return a message as JSON has it, with every field, those that are as usual as well."""
    match value:
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__ if name != "id"}
        case dict():
            return {str(name): plain(one) for name, one in value.items()}
        case tuple() | list():
            return [plain(one) for one in value]
        case bool() | int() | float() | str() | None:
            return value
        case _:
            return str(value)


def say_json(value: object) -> None:
    """Print a line of JSON."""
    print(msgspec.json.encode(plain(value)).decode())  # noqa: T201


def say(console: Console, line: str) -> None:
    """Print a line; nothing in it moves a cursor."""
    console.print(escape(printable(line)), soft_wrap=True, highlight=False)


def printable(text: str) -> str:
    """Return it without what could move a terminal's cursor: it was said by anybody."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def print_table(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below headings: as wide as the terminal is, or where there is none each row whole, on one line."""
    shown = [[printable(cell) for cell in row] for row in rows]
    if not console.is_terminal:
        for line in _lines([headings, *shown]):
            say(console, line)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(headings):
        table.add_column(heading, no_wrap=number < 2, overflow="fold")
    for row in shown:
        table.add_row(*map(escape, row))
    console.print(table, highlight=False)


def _lines(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield each row as a line, with its cells below one another as long as they are no sentences."""
    widths = [min(WIDEST_CELL, max(map(cell_len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield " ".join(cells).rstrip()


def turn_cells(turn: TurnWords) -> tuple[str, ...]:
    """Return a turn as a row of a table."""
    return (
        turn.turn_id[:SHORT_ID_CHARS],
        local(turn.at),
        place(turn),
        outcome(turn),
        turn.used or turn.heard,
        turn.reply,
    )


TURN_HEADINGS: Final = ("id", "when", "where", "what", "heard", "answer")


def turn_lines(turn: TurnWords) -> Iterable[str]:
    """Yield all that is remembered of a turn, a line each."""
    yield f"{turn.turn_id}  {local(turn.at)}  {place(turn)}  {outcome(turn)}"
    if turn.user_id:
        yield f"user:       {turn.user_id}"
    if turn.wake_word:
        scores = " and ".join(f"{score:.2f}" for score in (turn.wake_score, turn.second_score) if score is not None)
        marked = ", marked as false" if turn.wake_mark == "false" else ""
        yield f"wake word:  {turn.wake_word}{f' ({scores})' if scores else ''}{marked}"
    yield from _heard_lines(turn)
    if turn.intent:
        yield f"meant:      {meaning(MeaningWords(intent=turn.intent, slots=turn.slots))}"
    for change in turn.changes:
        yield f"changed:    {change.name}: {change.before} → {change.after}"
    if turn.reply:
        yield f"answer:     {turn.reply}"
    if turn.stages_ms:
        yield "after:      " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in turn.stages_ms.items())
    if turn.correction is not None:
        yield f"corrected:  {turn.correction.meant}  ({local(turn.correction.corrected_at)})"
    sound = f"until {local(turn.clip_until)}" if turn.clip_until else "not recorded"
    yield f"sound:      {turn.audio_ms / 1000:.1f} s, {sound}"
    yield f"kept until: {local(turn.keep_until)}"


def _heard_lines(turn: TurnWords) -> Iterable[str]:
    """Yield what was heard, what was used in its place, and why."""
    for number, one in enumerate(turn.hypotheses):
        yield f"{'heard:' if number == 0 else '':<11} {one.score:6.2f}  {one.text}"
    if turn.heard and not turn.hypotheses:
        yield f"heard:      {turn.heard}"
    if turn.used:
        yield f"used:       {turn.used}{f'  ({turn.why})' if turn.why else ''}"
    elif turn.why:
        yield f"why:        {turn.why}"


def rule_cells(rule: RuleWords) -> tuple[str, ...]:
    """Return a rule as a row of a table."""
    return (
        rule.rule_id[:SHORT_ID_CHARS],
        local(rule.made_at),
        rule.kind,
        rule.said,
        rule.meant or rule.entity_id,
        rule.turn_id[:SHORT_ID_CHARS],
    )


RULE_HEADINGS: Final = ("id", "since", "kind", "said", "meant", "from")


def corrected_lines(told: TurnCorrected) -> Iterable[str]:
    """Yield what a correction comes to."""
    by = "its sound" if told.from_sound else "what was heard"
    yield f"before: {meaning(told.before)}  (by {by})"
    yield f"after:  {meaning(told.after)}"
    if told.rule is None:
        yield "rule:   none is needed"
    else:
        meant = told.rule.meant or told.rule.entity_id
        yield f"rule:   {told.rule.kind}: “{told.rule.said}” → “{meant}”"
    yield f"tried again: {told.replayed} turns that were right; {told.harmed_count} would be understood otherwise"
    for harm in told.harmed:
        yield f"  {harm.turn_id[:SHORT_ID_CHARS]} “{harm.heard}”: {meaning(harm.before)} → {meaning(harm.after)}"


def stats_lines(stats: Stats) -> Iterable[str]:
    """Yield how well it did."""
    total = stats.total
    yield f"turns {total.turns}, understood {share(total)}, false wakes {total.false_wakes}"
    if stats.corrected:
        right = stats.corrected_right
        yield f"corrected turns that are understood as corrected by now: {right} of {stats.corrected}"
    for name, times in stats.stages.items():
        yield f"{name}: {times.median_ms:.0f} ms, one in twenty longer than {times.p95_ms:.0f} ms ({times.turns} turns)"


_COUNTED: Final = ("turns", "understood", "not understood", "cloud", "false wakes")
DAY_HEADINGS: Final = ("day", *_COUNTED, "answered after", "corrected", "right now")


def day_cells(day: DayWords) -> tuple[str, ...]:
    """Return a day as a row of a table."""
    counts = day.counts
    numbers = (counts.not_understood, counts.cloud, counts.false_wakes)
    answered = "-" if day.reply_ms is None else f"{day.reply_ms} ms"
    taught = (str(counts.corrected), str(day.corrected_right))
    return (day.day, str(counts.turns), share(counts), *map(str, numbers), answered, *taught)


def share(counts: CountsWords) -> str:
    """Return which part of the turns was understood, of those of which that can be told."""
    told = counts.understood + counts.not_understood
    return f"{counts.understood / told:.0%}" if told else "-"


def meaning(words: MeaningWords | None) -> str:
    """Return what a sentence means here, in a line."""
    if words is None or not words.intent:
        return "nothing"
    slots = ", ".join(f"{name}={value}" for name, value in words.slots.items())
    thing = f" → {words.entity_id}" if words.entity_id else ""
    return f"{words.intent}({slots}){thing}"


def outcome(turn: TurnWords) -> str:
    """Return how a turn ended."""
    told = "false wake" if turn.kind == "false_wake" else OUTCOMES.get(turn.outcome, turn.outcome)
    return f"{told}, corrected" if turn.correction is not None else told


def place(turn: TurnWords) -> str:
    """Return where it was said."""
    return turn.area_id or turn.satellite_id[:SHORT_ID_CHARS] or "Home Assistant"


def local(at: str) -> str:
    """Return a point in time as this machine's clock shows it."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError, OverflowError:
        return at
