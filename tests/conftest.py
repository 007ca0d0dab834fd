"""What every test gets: no network but the loopback, its own folders, and voices to make recordings with."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.soundcard import SoundCard, running_soundcard, why_missing
from tests.voices import Voices

NEAR: Final = ("127.", "::1", "localhost", "192.0.2.")
"""The loopback, and TEST-NET-1: nobody has these addresses but the two ends of `tests/e2e/namespaces.py`'s cable."""
collect_ignore = ["home_assistant"]
"""They run in an environment with Home Assistant in it, with a `pytest.ini` of their own."""


def _refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    """Fail whatever tries to leave this machine; `scripts/offline` cuts the network off besides, where it may."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, str) and host and not host.startswith(NEAR):
        raise AssertionError(f"a test tried to reach {host}: nothing may leave this machine")


sys.addaudithook(_refuse_the_network)


_FIGURES: Final = pytest.StashKey[list[str]]()


@pytest.fixture
def state(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a function for what a test has measured: a line that is shown at the end of the run, passed or not."""
    return request.config.stash.setdefault(_FIGURES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was measured."""
    figures = config.stash.get(_FIGURES, [])
    if figures:
        terminalreporter.section("figures")
    for figure in figures:
        terminalreporter.write_line(figure)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the person's own configuration and models."""
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))


@pytest.fixture(scope="session")
def voices() -> Voices:
    """Piper and espeak-ng, speaking what a test asks for."""
    return Voices()


@pytest.fixture
def shared() -> Path:
    """Return the folder of shared recordings; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("LOCAL_VOICE_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "speech" / "manifest.csv").is_file():
        pytest.skip("no shared recordings: set LOCAL_VOICE_SHARED to their folder")
    return folder


@pytest.fixture
def wav(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Return a function that writes 16 kHz mono s16le into a WAV of that name."""
    from gateway.audio import RATE_HZ
    from gateway.events import Sound
    from gateway.recordings import write_wav

    def write(name: str, pcm: bytes) -> Path:
        path = tmp_path / name
        write_wav(path, Sound(rate_hz=RATE_HZ, pcm=pcm))
        return path

    return write


@pytest.fixture(scope="session")
def running_card() -> Iterator[SoundCard]:
    """Run a virtual sound card for all tests that want one."""
    if reason := why_missing():
        pytest.skip(reason)
    with running_soundcard() as card:
        yield card


@pytest.fixture
def soundcard(running_card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> SoundCard:
    """Put the test itself and every program that it starts on the virtual sound card."""
    for name, value in running_card.environ.items():
        monkeypatch.setenv(name, value)
    return running_card
