"""A ledger of tests gives no disk back: its ballast would be most of what it writes."""

import pytest

from gateway.ballast import Ballast


@pytest.fixture(autouse=True)
def _no_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ballast, "refill", lambda _: None)
