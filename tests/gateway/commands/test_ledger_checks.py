"""What `doctor` says of the ledger: of one that runs, of one that cannot, and of none."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from gateway.commands.ledger_checks import CANNOT_START, ledger_findings
from gateway.commands.service_checks import Finding, Level
from gateway.processes.ledger_words import KeptIs, LedgerSays
from gateway.wire.ledger_words import LedgerDone
from gateway.wire.messages import Message
from gateway.wire.owners_lines import LEDGER_SOCKET, OWNER_SOCKET

DEADLINE_S = 10.0
DAY_S = 86_400


@contextmanager
def listening(folder: Path, name: str, answer: Message | None = None) -> Iterator[None]:
    """Have somebody at a socket during the block, who says only this."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / name))
        listener.listen()
        listener.settimeout(DEADLINE_S)

        def say() -> None:
            asking, _ = listener.accept()
            with asking, asking.makefile("rb") as lines:
                if answer is not None:
                    lines.readline()
                    asking.sendall(msgspec.json.encode(answer) + b"\n")

        thread = threading.Thread(target=say, daemon=True)
        thread.start()
        yield
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (KeptIs(id=1, transcripts_s=7 * DAY_S), "what is said is kept for 7 days, no recordings"),
        (KeptIs(id=1, transcripts_s=DAY_S, audio_s=3_600), "what is said is kept for 1 day, recordings for 1 hour"),
        (KeptIs(id=1, transcripts_s=10_800), "what is said is kept for 3 hours, no recordings"),
        (KeptIs(id=1), "nothing is kept of what is said"),
    ],
)
def test_one_that_runs_says_how_long_it_keeps_things(short_folder: Path, kept: KeptIs, text: str) -> None:
    with listening(short_folder, LEDGER_SOCKET, LedgerSays(id=1, answer=kept)):
        (found,) = ledger_findings(short_folder)
    assert (found.label, found.level, found.text.partition(";")[0]) == ("Ledger", Level.GOOD, text)


def test_one_that_cannot_look_is_a_problem(short_folder: Path) -> None:
    answer = LedgerSays(id=1, answer=LedgerDone(id=1, error="ledger", message="the disk is gone"))
    with listening(short_folder, LEDGER_SOCKET, answer):
        assert [found.level for found in ledger_findings(short_folder)] == [Level.PROBLEM]


def test_one_that_says_nothing_is_told(short_folder: Path) -> None:
    with listening(short_folder, LEDGER_SOCKET):
        (found,) = ledger_findings(short_folder)
    assert (found.level, "has ended" in found.text) == (Level.NOTE, True)


def test_a_gateway_without_a_ledger_is_a_problem(short_folder: Path) -> None:
    with listening(short_folder, OWNER_SOCKET):
        assert ledger_findings(short_folder) == [Finding(label="Ledger", level=Level.PROBLEM, text=CANNOT_START)]


def test_where_no_gateway_runs_there_is_nothing_to_say(short_folder: Path) -> None:
    assert ledger_findings(short_folder) == []


@pytest.fixture
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose path leaves room for a socket's name."""
    return tmp_path_factory.mktemp("g")
