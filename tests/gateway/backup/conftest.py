"""What all tests of backups get: passphrases that cost nothing."""

import pytest

from gateway.backup import sealing


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SCRYPT", {"n": 2, "r": 1, "p": 1})
