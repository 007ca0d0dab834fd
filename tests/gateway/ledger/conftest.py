"""A ledger of tests gives no disk back: its ballast would be most of what it writes."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.ballast import Ballast


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)


@pytest.fixture
def memory() -> Iterator[Path]:
    """Yield a folder in memory, which outlives a process as a disk does; there, ten times as much happens in a life."""
    place = "/dev/shm"  # noqa: S108 - nothing of ours that is told to anybody
    with TemporaryDirectory(prefix="ledger-", dir=place if os.access(place, os.W_OK) else None) as folder:
        yield Path(folder)
