"""The peers' servers, set up as their own documentation says, with our model files and no network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.peers.environment import peers_python
from bench.peers.process import HOST, Peer, free_port, served, usual_environment
from gateway.models import ModelDirectory

TRANSCRIBER: Final = "wyoming-faster-whisper"
SPEAKER: Final = "wyoming-piper"
WAKE_DETECTOR: Final = "openWakeWord"
OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""Everything they need lies on the disk; who asks a hub for it would be measured with the network."""


@asynccontextmanager
async def transcriber(
    model: Path, *, threads: int, language: str = "en", compute_type: str = "int8"
) -> AsyncIterator[Peer]:
    """Serve wyoming-faster-whisper with the CTranslate2 folder `model`.

    Its beam is what it chooses itself: 5, on ARM 1. Its VAD is off, as it is by default.
    Raises ConfigError, EngineError.
    """
    options = {
        "stt-library": "faster-whisper",
        "model": str(model),
        "language": language,
        "compute-type": compute_type,
        "cpu-threads": str(threads),
        "data-dir": str(model.parent),
    }
    async with _served(TRANSCRIBER, "wyoming_faster_whisper", options) as peer:
        yield peer


@asynccontextmanager
async def speaker(voice: ModelDirectory) -> AsyncIterator[Peer]:
    """Serve wyoming-piper with a Piper voice, streaming by sentence, as it does by default.

    Raises ConfigError, EngineError.
    """
    options = {"voice": voice.main.stem, "data-dir": str(voice.path)}
    async with _served(SPEAKER, "wyoming_piper", options) as peer:
        yield peer


@asynccontextmanager
async def wake_detector(*words: str) -> AsyncIterator[Peer]:
    """Serve openWakeWord for these words, at their defaults, as wyoming-openwakeword does. Raises as the others."""
    program = Path(__file__).with_name("open_wake_word.py")
    port = free_port()
    command = (str(peers_python()), str(program), str(port), *words)
    async with _running(WAKE_DETECTOR, command, port) as peer:
        yield peer


@asynccontextmanager
async def _served(name: str, module: str, options: dict[str, str]) -> AsyncIterator[Peer]:
    port = free_port()
    named = [part for key, value in options.items() for part in (f"--{key}", value)]
    command = (str(peers_python()), "-m", module, "--uri", f"tcp://{HOST}:{port}", "--local-files-only", *named)
    async with _running(name, command, port) as peer:
        yield peer


@asynccontextmanager
async def _running(name: str, command: tuple[str, ...], port: int) -> AsyncIterator[Peer]:
    with TemporaryDirectory(prefix="lv-") as home:
        environment = usual_environment(HOME=home, TMPDIR=home, **OFFLINE)
        async with served(name, command, port=port, environment=environment, folder=Path(home)) as peer:
            yield peer
