"""An export: one archive of WAV and JSON that opens without us, for its owner alone."""

import io
import wave
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.commands.ledger_access import NUMBER, OwnersLedger
from gateway.commands.ledger_chosen import turns_of
from gateway.commands.ledger_shown import plain
from gateway.errors import ConfigError, LedgerError
from gateway.files import new_file
from gateway.processes.ledger_words import AskClip, BeginExport
from gateway.wire.learning_words import AskRules, Rules, RuleWords
from gateway.wire.ledger_words import LedgerDone, SelectionWords

_README: Final = """What this house's voice assistant remembered, exported on {at}.

turns.json     every turn: when, where, what was heard (the likeliest reading first), what it was taken for and why,
               what was done and answered, and how long that took. Times are UTC.
rules.json     what the household taught it.
clips/ID.wav   what was recorded of the turn with this id: 16 kHz, mono, 16 bits.

Nothing in here is encrypted. Whoever has this file can read and hear all of it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much there is to be exported."""

    turns: int
    clips: tuple[str, ...]
    """The turns whose sound is kept."""


async def extent(ledger: OwnersLedger, selection: SelectionWords) -> Extent:
    """Look through what is selected."""
    turns, clips = 0, []
    async for turn in turns_of(ledger, selection):
        turns += 1
        if turn.clip_until:
            clips.append(turn.turn_id)
    return Extent(turns=turns, clips=tuple(clips))


async def export(ledger: OwnersLedger, selection: SelectionWords, found: Extent, path: Path) -> Extent:
    """Write what is selected into a new file; return how much of it was still there.

    Raises ConfigError where there is something of that name, LinkError, LedgerError: nothing is written then.
    """
    try:
        with new_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            await ledger.ask(LedgerDone, BeginExport(id=NUMBER, turns=found.turns, clips=len(found.clips)))
            archive.writestr("README.txt", _README.format(at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"))
            turns = await _write_turns(ledger, selection, archive)
            archive.writestr("rules.json", _json([plain(rule) for rule in await all_rules(ledger)]))
            clips = [turn_id for turn_id in found.clips if await _write_clip(ledger, turn_id, archive)]
    except FileExistsError as error:
        raise ConfigError(f"{path}: is there already, and is not written over; choose another name") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
    return Extent(turns=turns, clips=tuple(clips))


async def all_rules(ledger: OwnersLedger) -> Sequence[RuleWords]:
    """Return all rules, the newest first."""
    rules: list[RuleWords] = []
    before: int | None = None
    while True:
        page = await ledger.ask(Rules, AskRules(id=NUMBER, before=before))
        rules += page.rules
        before = page.before
        if before is None:
            return rules


def wav(pcm: bytes) -> bytes:
    """Return 16 kHz mono s16le as a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm)
    return content.getvalue()


async def _write_turns(ledger: OwnersLedger, selection: SelectionWords, archive: zipfile.ZipFile) -> int:
    count = 0
    entry = zipfile.ZipInfo("turns.json", datetime.now().timetuple()[:6])  # noqa: DTZ005 - archives have local time
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as file:
        file.write(b"[")
        async for turn in turns_of(ledger, selection):
            file.write((b",\n" if count else b"\n") + msgspec.json.encode(plain(turn)))
            count += 1
        file.write(b"\n]\n")
    return count


async def _write_clip(ledger: OwnersLedger, turn_id: str, archive: zipfile.ZipFile) -> bool:
    """Write a clip; tell whether it is there still."""
    try:
        _, sound = await ledger.ask_for_sound(LedgerDone, AskClip(id=NUMBER, turn_id=turn_id))
    except LedgerError as error:
        if error.refusal in ("no_clip", "unknown_turn"):
            return False
        raise
    archive.writestr(f"clips/{turn_id}.wav", wav(sound))
    return True


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
