"""What several packages of the gateway's tests use."""

import pytest

from gateway.broker import audit_database


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for an audit log that somebody else has open."""
    monkeypatch.setattr(audit_database, "BUSY_TIMEOUT_MS", 1)
