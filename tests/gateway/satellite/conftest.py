from collections.abc import Iterator
from types import ModuleType

import pytest

from gateway.satellite import portaudio
from tests.soundcard import SoundCard, running_soundcard, why_missing


@pytest.fixture
def loose_card(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundCard]:
    """Run a card of this test's own, which it may unplug."""
    if reason := why_missing():
        pytest.skip(reason)
    with running_soundcard() as card:
        for name, value in card.environ.items():
            monkeypatch.setenv(name, value)
        yield card


@pytest.fixture
def portaudio_library(soundcard: SoundCard) -> ModuleType:
    """Return PortAudio, looking at the virtual sound card."""
    library = portaudio.load()
    if library is None:
        pytest.skip("PortAudio is not installed (libportaudio2 and the extra `portaudio`)")
    library._terminate()
    library._initialize()  # PortAudio looks for devices when it starts, and never again
    return library


@pytest.fixture
def empty_path(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every program of the system away."""
    monkeypatch.setenv("PATH", str(tmp_path))
