"""Speaks for a Wyoming client: a whole text, or one that comes in pieces, sentence by sentence."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event, Eventable
from wyoming.tts import SynthesizeStopped

from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.errors import ProtocolError
from gateway.events import Sound
from gateway.turn.text_pieces import TextPieces
from gateway.wyoming.limits import TEXT_CHARS
from gateway.wyoming.requests import Piece, Start, Synthesize, asked, check_language, check_name
from gateway.wyoming.services import Services, Turnstile

CHUNK_BYTES: Final = 4_096
"""A tenth of a second."""


class Speaking:
    """The speech of one connection."""

    def __init__(self, services: Services, turnstile: Turnstile, say: Callable[[Eventable], Awaitable[None]]) -> None:
        self._services = services
        self._turnstile = turnstile
        self._say = say
        self._is_streaming = False
        self._text = TextPieces()
        self._rate_hz: int | None = None
        """The rate of the sound that was begun; None where none was."""

    async def synthesize(self, event: Event) -> None:
        """Speak a whole text, unless it has come in pieces: then it is said again for older servers.

        Raises ProtocolError, EngineError, LinkError; as do the others.
        """
        request = asked(Synthesize, event)
        if self._is_streaming:
            return
        self._check(request)
        await self._speak(request.text)
        await self._finish()

    async def start(self, event: Event) -> None:
        """Expect a text in pieces."""
        self._check(asked(Start, event))
        self._is_streaming = True
        self._text = TextPieces()

    async def piece(self, event: Event) -> None:
        """Take a piece, and speak the sentences that are whole with it."""
        text = asked(Piece, event).text
        if not self._is_streaming:
            raise ProtocolError("unexpected", "a piece of text comes after `synthesize-start`")
        if self._text.taken_chars + len(text) > TEXT_CHARS:
            raise ProtocolError("too_long", f"a text has at most {TEXT_CHARS} characters")
        self._text.add(text)
        await self._speak(self._text.sentences())

    async def stop(self, _event: Event) -> None:
        """Speak the rest."""
        if not self._is_streaming:
            raise ProtocolError("unexpected", "`synthesize-stop` comes after `synthesize-start`")
        await self._speak(self._text.rest())
        self._is_streaming = False
        await self._finish()
        await self._say(SynthesizeStopped())

    def _check(self, request: Start) -> None:
        if request.text_format not in (None, "text"):
            raise ProtocolError("unsupported_format", "only plain text is spoken")
        if request.voice is not None:
            names = self._services.engines().names
            check_name(request.voice.name, names.voice)
            check_language(request.voice.language, names.voice_language)

    async def _speak(self, text: str) -> None:
        """Say the sound of `text`; the voice is others' while the peer takes it."""
        if not text.strip():
            return
        sounds = self._services.engines().tts.speak(text)
        try:
            while (sound := await self._turnstile.run(lambda: anext(sounds, None))) is not None:
                await self._send(sound)
        finally:
            if isinstance(sounds, AsyncGenerator):
                await sounds.aclose()

    async def _send(self, sound: Sound) -> None:
        if self._rate_hz is None:
            await self._begin(sound.rate_hz)
        for start in range(0, len(sound.pcm), CHUNK_BYTES):
            audio = sound.pcm[start : start + CHUNK_BYTES]
            await self._say(AudioChunk(rate=sound.rate_hz, width=SAMPLE_BYTES, channels=1, audio=audio))

    async def _begin(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        await self._say(AudioStart(rate=rate_hz, width=SAMPLE_BYTES, channels=1))

    async def _finish(self) -> None:
        if self._rate_hz is None:
            await self._begin(RATE_HZ)  # nothing to say is an empty sound, not an answer that never comes
        self._rate_hz = None
        await self._say(AudioStop())
