"""What the whole gateway keeps in memory, beside the three servers that do its work elsewhere, after the same work."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from bench.options import Options
from bench.peers import ours, servers
from bench.peers.client import listen, speak, transcribe
from bench.peers.models import data_folder

REPLIES: Final = (
    "Turned on the light.",
    "It is twenty one degrees in the living room, and eighteen degrees in the bedroom. The windows are closed.",
)
SILENCE: Final = bytes(4 * 16_000 * 2)
"""Of 4 s: as much of it as a wake stream may be ahead of its own pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprints:
    """What each has in memory, in MiB, shared pages by share."""

    gateway: float
    """All processes of `serve` together."""
    peers: dict[str, float]
    """Each server, with what it has started."""

    @property
    def all_peers(self) -> float:
        """The servers together."""
        return sum(self.peers.values())


async def footprints(options: Options, sounds: Sequence[bytes]) -> Footprints:
    """Have all do the same: recognise `sounds` (16 kHz mono s16le), speak, listen for wake words; then look.

    Raises ConfigError where the peers are not installed, ModelError, EngineError.
    """
    config = options.config
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder(config.stt.model))
        transcriber = await stack.enter_async_context(
            servers.transcriber(
                folder.model(config.stt.model), threads=config.stt.cpu_threads, compute_type=config.stt.compute_type
            )
        )
        speaker = await stack.enter_async_context(servers.speaker(folder.models.find(config.tts.voice)))
        detector = await stack.enter_async_context(servers.wake_detector(*config.wake.words))
        gateway = await stack.enter_async_context(ours.gateway(config, folder))
        for sound in sounds:
            for peer in (transcriber, gateway):
                await transcribe(peer, sound, is_paced=False)
        for peer in (speaker, gateway):
            for reply in REPLIES:
                await speak(peer, reply)
        for peer in (detector, gateway):
            await listen(peer, SILENCE)
        return Footprints(
            gateway=gateway.resident_mib(),
            peers={peer.name: peer.resident_mib() for peer in (transcriber, speaker, detector)},
        )
