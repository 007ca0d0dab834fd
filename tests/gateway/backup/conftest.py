"""What all tests of backups get: passphrases that cost nothing, and ledgers without ballast."""

import pytest

from gateway.backup import sealing
from gateway.ballast import Ballast


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SCRYPT", {"n": 2, "r": 1, "p": 1})
    monkeypatch.setattr(Ballast, "refill", lambda _: None)
