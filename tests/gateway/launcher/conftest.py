"""What all tests of the launcher stand on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway import launcher
from tests.gateway.launcher.scripted_processes import Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Put a stage under the launcher: no program is started, and this process gives up nothing for good."""
    played = Stage()

    @asynccontextmanager
    async def announced(**what: object) -> AsyncIterator[None]:
        played.announced.append(what)
        played.events.append("announce")
        try:
            yield
        finally:
            played.events.append("farewell")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", played.start)
    monkeypatch.setattr(launcher, "announced", announced)
    monkeypatch.setattr(launcher, "LEDGER_BEGUN_S", 0.1)
    monkeypatch.setattr(launcher, "harden", lambda: played.events.append("harden"))
    monkeypatch.setattr(launcher, "voice_user", lambda _: (10_871, ""))
    monkeypatch.setattr(launcher, "_is_filtered", lambda _: played.filtered)
    return played
