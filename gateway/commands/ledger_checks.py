"""What `doctor` says of the ledger: whether anything is remembered, and for how long. Changes nothing."""

import asyncio
from pathlib import Path
from typing import Final

from gateway.broker.owner_link import NoGatewayError, owner_link
from gateway.commands.service_checks import Finding, Level
from gateway.errors import LinkError
from gateway.ledger_link import ledger_link
from gateway.processes.ledger_words import AskKept, KeptIs

LABEL: Final = "Ledger"
CANNOT_START: Final = "nothing is remembered: its process cannot start; the gateway's log says why"
HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S


def ledger_findings(folder: Path) -> list[Finding]:
    """Return what is to be said of the gateway that keeps `folder`; nothing where none runs."""
    try:
        found = asyncio.run(_asked(folder))
    except LinkError as error:
        return [_finding(Level.NOTE, str(error))]
    return [] if found is None else [found]


async def _asked(folder: Path) -> Finding | None:
    """Return how it stands with the gateway that runs; None where none does. Raises LinkError."""
    try:
        async with ledger_link(folder) as ledger:
            kept, _ = await ledger.ask(AskKept(id=1))
    except NoGatewayError:
        return await _without(folder)
    if not isinstance(kept, KeptIs):
        return _finding(Level.PROBLEM, f"it does not work: {getattr(kept, 'message', '')}")
    return _finding(Level.GOOD, _told(kept))


async def _without(folder: Path) -> Finding | None:
    """Return what it means that nobody listens at the ledger's socket."""
    try:
        async with owner_link(folder):
            return _finding(Level.PROBLEM, CANNOT_START)
    except NoGatewayError:
        return None


def _told(kept: KeptIs) -> str:
    if kept.transcripts_s is None:
        return "nothing is kept of what is said"
    recordings = "no recordings" if kept.audio_s is None else f"recordings for {_time(kept.audio_s)}"
    return f"what is said is kept for {_time(kept.transcripts_s)}, {recordings}; its process cannot connect to anybody"


def _time(kept_s: int) -> str:
    unit_s, unit = (DAY_S, "day") if kept_s % DAY_S == 0 else (HOUR_S, "hour")
    number = round(kept_s / unit_s)
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _finding(level: Level, text: str) -> Finding:
    return Finding(label=LABEL, level=level, text=text)
