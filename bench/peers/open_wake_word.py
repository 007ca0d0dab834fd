"""A Wyoming server around openWakeWord, run with the peers' Python: `open_wake_word.py PORT WORD …`.

wyoming-openwakeword's last release on the package index asks for another wyoming than the other peers, so this does
what it does: the models are loaded for each stream of sound, kept for the next one, and asked for every piece of it.
"""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from functools import partial

from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, WakeModel, WakeProgram
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.wake import Detection, NotDetected

THRESHOLD = 0.5
"""Its default."""
NOBODY = Attribution(name="", url="")


class Ears:
    """What one stream is heard with."""

    def __init__(self, words: Sequence[str]) -> None:
        """Load the models."""
        self.features = OpenWakeWordFeatures.from_builtin()
        self.models = [OpenWakeWord.from_builtin(Model(word)) for word in words]

    def hear(self, pcm: bytes) -> set[str]:
        """Return the words that were said by the end of this piece, 16 kHz mono s16le."""
        found = set()
        for embeddings in self.features.process_streaming(pcm):
            for model in self.models:
                found |= {model.id for score in model.process_streaming(embeddings) if score > THRESHOLD}
        return found


class Handler(AsyncEventHandler):
    """One connection."""

    def __init__(self, words: Sequence[str], idle: list[Ears], reader: StreamReader, writer: StreamWriter) -> None:
        """`idle` are ears that a stream has left."""
        super().__init__(reader, writer)
        self._words = words
        self._idle = idle
        self._ears: Ears | None = None
        self._found: set[str] = set()

    async def handle_event(self, event: Event) -> bool:
        """Answer to one event; every connection stays open."""
        if Describe.is_type(event.type):
            await self.write_event(_info(self._words).event())
        elif AudioStart.is_type(event.type):
            self._found.clear()
            self._ears = self._ears or (self._idle.pop() if self._idle else Ears(self._words))
        elif AudioChunk.is_type(event.type) and self._ears is not None:
            for word in self._ears.hear(AudioChunk.from_event(event).audio) - self._found:
                self._found.add(word)
                await self.write_event(Detection(name=word).event())
        elif AudioStop.is_type(event.type):
            if not self._found:
                await self.write_event(NotDetected().event())
            self._leave()
        return True

    async def disconnect(self) -> None:
        """Leave the ears to who comes next."""
        self._leave()

    def _leave(self) -> None:
        if self._ears is not None:
            self._idle.append(self._ears)
            self._ears = None


def _info(words: Sequence[str]) -> Info:
    models = [
        WakeModel(
            name=word, phrase=word, description=word, version="", attribution=NOBODY, installed=True, languages=[]
        )
        for word in words
    ]
    program = WakeProgram(
        name="openwakeword", description="openWakeWord", version="", attribution=NOBODY, installed=True, models=models
    )
    return Info(wake=[program])


async def _serve(port: int, words: Sequence[str]) -> None:
    idle = [Ears(words)]
    await AsyncTcpServer("127.0.0.1", port).run(partial(Handler, words, idle))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
