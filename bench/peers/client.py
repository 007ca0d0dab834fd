"""The client that speaks with every server alike: Wyoming, a connection for each sentence, as Home Assistant does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.tts import Synthesize
from wyoming.wake import Detect, Detection, NotDetected

from bench.peers.process import HOST, Peer
from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.errors import EngineError

CHUNK_MS: Final = 32
CHUNK_BYTES: Final = RATE_HZ * SAMPLE_BYTES * CHUNK_MS // 1000
ANSWER_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a server made of a recording."""

    text: str
    took_s: float
    """From the moment before the last piece of sound was sent to the transcript."""


async def transcribe(peer: Peer, pcm: bytes, *, language: str = "en", is_paced: bool = True) -> Heard:
    """Send `pcm` (16 kHz mono s16le) in pieces of `CHUNK_MS` and return what was heard.

    Each piece is sent when it would have been recorded, or at once where nothing is paced. Raises EngineError.
    """
    try:
        async with asyncio.timeout(ANSWER_S + _seconds(pcm)), AsyncTcpClient(HOST, peer.port) as client:
            await client.write_event(Transcribe(language=language).event())
            await client.write_event(AudioStart(rate=RATE_HZ, width=SAMPLE_BYTES, channels=1).event())
            sent_s = await _send(client, pcm, is_paced=is_paced)
            await client.write_event(AudioStop().event())
            text = await _answer(client, peer.name)
            return Heard(text=text, took_s=perf_counter() - sent_s)
    except (OSError, TimeoutError) as error:
        raise EngineError(f"{peer.name} has not answered ({type(error).__name__})") from error


async def speak(peer: Peer, text: str) -> bytes:
    """Have `text` spoken; return the sound as the server's voice has it, s16le. Raises EngineError."""
    sound = bytearray()
    async for event in _asked(peer, Synthesize(text=text)):
        if AudioChunk.is_type(event.type):
            sound += AudioChunk.from_event(event).audio
        if AudioStop.is_type(event.type):
            return bytes(sound)
    raise EngineError(f"{peer.name} has closed the connection before it had spoken")


async def listen(peer: Peer, pcm: bytes) -> bool:
    """Have wake words looked for in `pcm`, 16 kHz mono s16le; return whether there was one. Raises EngineError."""
    form = {"rate": RATE_HZ, "width": SAMPLE_BYTES, "channels": 1}
    pieces = [AudioChunk(audio=pcm[start : start + CHUNK_BYTES], **form) for start in range(0, len(pcm), CHUNK_BYTES)]
    async for event in _asked(peer, Detect(), AudioStart(**form), *pieces, AudioStop()):
        if Detection.is_type(event.type) or NotDetected.is_type(event.type):
            return Detection.is_type(event.type)
    raise EngineError(f"{peer.name} has closed the connection before it had listened to the end")


async def _asked(peer: Peer, *events: Eventable) -> AsyncIterator[Event]:
    """Send these, and yield what comes back until the connection is closed."""
    try:
        async with asyncio.timeout(ANSWER_S), AsyncTcpClient(HOST, peer.port) as client:
            for event in events:
                await client.write_event(event.event())
            while (answer := await client.read_event()) is not None:
                if Error.is_type(answer.type):
                    raise EngineError(f"{peer.name} reports an error")
                yield answer
    except (OSError, TimeoutError) as error:
        raise EngineError(f"{peer.name} has not answered ({type(error).__name__})") from error


async def _send(client: AsyncTcpClient, pcm: bytes, *, is_paced: bool) -> float:
    """Send all of it; return when the last piece was about to go."""
    start_s = sent_s = perf_counter()
    for start in range(0, len(pcm), CHUNK_BYTES):
        piece = pcm[start : start + CHUNK_BYTES]
        if is_paced:
            await asyncio.sleep(start_s + _seconds(pcm[: start + len(piece)]) - perf_counter())
        sent_s = perf_counter()
        await client.write_event(AudioChunk(audio=piece, rate=RATE_HZ, width=SAMPLE_BYTES, channels=1).event())
    return sent_s


async def _answer(client: AsyncTcpClient, name: str) -> str:
    while (event := await client.read_event()) is not None:
        if Transcript.is_type(event.type):
            return Transcript.from_event(event).text
        if Error.is_type(event.type):
            raise EngineError(f"{name} reports an error")
    raise EngineError(f"{name} has closed the connection without an answer")


def _seconds(pcm: bytes) -> float:
    return len(pcm) / (RATE_HZ * SAMPLE_BYTES)
