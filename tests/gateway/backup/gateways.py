"""Gateways that have lived for a while: folders with something in every file."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.broker.records import OWNER, Records
from gateway.ledger.corrections import Correction
from gateway.ledger.ledger import Ledger
from gateway.ledger.retention import Retention
from gateway.ledger.rows import TurnRow
from gateway.offer import SettingsChange
from gateway.rules import Rule, RuleKind
from gateway.wire.consent_words import AddDestination
from gateway.wire.identity import load_or_create_identity
from gateway.wire.peers import Role
from tests.gateway.ledger.ledgers import PCM, turn

KEPT: Final = Retention(transcripts_s=3 * 24 * 3_600, audio_s=24 * 3_600)
SAID: Final = "turn on the lump"
MEANT: Final = "turn on the lamp"
RULE_ID: Final = "c" * 32


def identified(folder: Path) -> None:
    """Make the identities of a gateway."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("voice.pem", "broker.pem"):
        load_or_create_identity(folder / name)


def lived(folder: Path) -> list[TurnRow]:
    """Make a gateway with peers, settings, a destination, an audit log and a ledger; return its turns, newest first."""
    identified(folder)
    with closing(Records(folder)) as records:
        records.pair(by=OWNER, name="Home", role=Role.HOME)
        records.pair(by=OWNER, name="Shelf", role=Role.SATELLITE, area="Kitchen")
        records.keep_settings(SettingsChange(voice="amy"))
        destination = AddDestination(
            id=1, name="work", kind="chat", url="https://api.example", model="m", key="sk-hidden"
        )
        records.add_destination(destination, by=OWNER)
    return remembered(folder / "ledger")


def remembered(folder: Path) -> list[TurnRow]:
    """Make a ledger with two turns, both recorded, and a rule that came of the first; return them, newest first."""
    now = datetime.now(UTC)
    turns = [turn(now, heard=SAID, used=SAID, area_id="kitchen"), turn(now, heard="what time is it", area_id="hall")]
    with closing(Ledger(folder)) as ledger:
        ledger.set_retention(KEPT)
        for row in turns:
            ledger.record(row, PCM)
        rule = Rule(id=RULE_ID, kind=RuleKind.SENTENCE, said=SAID, meant=MEANT, made_at=now, turn_id=turns[0].id)
        correction = Correction(
            meant=MEANT, intent="HassTurnOn", slots={}, entity_id="light.lamp", corrected_at=now, rule_id=RULE_ID
        )
        assert ledger.correct(turns[0].id, correction, rule)
        ledger.set_sensitivity("shelf", 40)
        ledger.owe(b"{}")
    return turns[::-1]
