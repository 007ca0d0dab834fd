"""What Home Assistant asks of the gateway over one connection: each request has an id, a deadline, and one end.

Sound travels in binary frames that begin with the request's id: to the gateway as it arrives, from it as it is made.
"""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from ..errors import NotConnectedError, RefusedError
from .codec import Message
from .connection import Connection
from .ledger_messages import ANSWERS, PlayTurn
from .messages import (
    Announce,
    Announced,
    AnnounceOver,
    Answered,
    ChangeSettings,
    Converse,
    Conversed,
    Detect,
    Detected,
    Forget,
    Recognize,
    Recognized,
    SettingsChanged,
    Speak,
    Speaking,
    SpeakMore,
    Spoken,
)
from .open_request import OpenRequest, Said, closed, ended, within
from .timer_messages import TimerCancelled

ID_BYTES: Final = 4
MIC_FRAME_BYTES: Final = 1_024
"""32 ms of 16 kHz mono s16le, as the gateway's VAD hears it; Home Assistant brings 10 ms at a time."""
LARGEST_PIECE_BYTES: Final = 8 * 1024 - ID_BYTES
"""Of a file that is sent as fast as it goes."""
LONGEST_TEXT_CHARS: Final = 4_096
"""Of one message; a longer text is said in several."""
LONGEST_NAME_CHARS: Final = 255
"""Of an id that whoever talks to Home Assistant may choose."""
ANSWER_S: Final = 30.0
"""For an answer, or the next piece of one, once everything has been said: the slowest computer needs ten."""
ANNOUNCED_S: Final = 60.0
"""The whole of a text is made into sound before it is announced."""
RECOGNIZED_S: Final = 120.0
"""From the first sound to the words: the gateway ends a turn after half a minute of speech, on the slowest computer."""
CONVERSED_S: Final = 60.0
"""Actions are done meanwhile, each with a deadline of its own."""
SETTINGS_S: Final = 120.0
"""A large Whisper model takes a minute from a slow disk."""
HEARD_S: Final = 600.0
"""An announcement lasts four minutes at most, and waits until whoever speaks there has finished."""
LAST_PIECE_S: Final = 0.5
"""Sound comes every 10 ms; a source that brings none for so long has stopped."""
LARGEST_CLIP_BYTES: Final = 60 * 32_000
"""Of what was recorded of a turn: a minute of 16 kHz mono s16le, as the gateway's own limit."""
CLIP_RATE_HZ: Final = 16_000
SILENT_RATE_HZ: Final = 16_000
"""Of the sound of an empty text, which has none."""

_ANSWERS: Final = (
    Recognized,
    Detected,
    Speaking,
    Spoken,
    Conversed,
    Announced,
    AnnounceOver,
    Answered,
    SettingsChanged,
    TimerCancelled,
    *ANSWERS,
)
"""What is said about an open request, under its id."""


class Client:
    """Asks, and keeps apart what is answered. Belongs to one connection, and ends with it."""

    def __init__(self, connection: Connection, told: Callable[[Message], None]) -> None:
        """`told` is what the gateway says unasked."""
        self._connection = connection
        self._told = told
        self._ids = itertools.count(1)
        self._open: dict[int, OpenRequest] = {}
        self.say = connection.say
        self.say_patiently = connection.say_patiently

    async def run(self) -> None:
        """Hand on what the gateway says until the connection ends, which is a NotConnectedError for all that is open.

        Raises it, too.
        """
        try:
            while (heard := await self._connection.hear()) is not None:
                if isinstance(heard, bytes):
                    self._give(int.from_bytes(heard[:ID_BYTES]), heard[ID_BYTES:])
                elif isinstance(heard, _ANSWERS):
                    self._give(heard.id, heard)
                else:
                    self._told(heard)
            raise NotConnectedError
        finally:
            for request in self._open.values():
                request.fail(NotConnectedError)
            self._open.clear()

    def said_for(self, converse_id: int) -> Said | None:
        """Return what was said in an open `converse`."""
        request = self._open.get(converse_id)
        return None if request is None else request.said

    async def recognize(
        self, sound: AsyncIterable[bytes], *, language: str, wake_tail_ms: int, conversation_id: str = ""
    ) -> str:
        """Return the words in 16 kHz mono s16le, as soon as the gateway has them: `sound` may still go on then."""
        with self._request() as request:
            asked = Recognize(
                id=request.id,
                language=language,
                wake_tail_ms=wake_tail_ms,
                conversation_id=conversation_id[:LONGEST_NAME_CHARS],
            )
            await self.say_patiently(asked)
            async with within(RECOGNIZED_S):
                recognized = await self._listened(request, sound, Recognized, last_piece_s=0.0)
        return recognized.text

    async def detect(self, sound: AsyncIterable[bytes], *, wake_words: Sequence[str]) -> Detected:
        """Return which wake word was said in 16 kHz mono s16le; `sound` may go on for ever.

        The piece that `sound` is about to bring is waited for, not broken off: what is below it is listened to next.
        """
        with self._request() as request:
            await self.say_patiently(Detect(id=request.id, wake_words=tuple(wake_words)))
            return await self._listened(request, sound, Detected, last_piece_s=LAST_PIECE_S)

    async def speak(self, text: AsyncIterable[str], *, language: str, voice: str) -> tuple[int, AsyncGenerator[bytes]]:
        """Return the rate and the sound, mono s16le, of a text; it may still come in pieces while it is spoken."""
        request = self._begin()
        telling = asyncio.create_task(self._tell(request, text, language, voice))
        try:
            heard = await self._said_next(request, telling)
            while isinstance(heard, bytes):  # sound belongs behind `speaking`
                heard = await self._said_next(request, telling)
        except BaseException:
            await self._stop_speaking(request, telling)
            raise
        if isinstance(heard, Speaking):
            return heard.rate_hz, self._spoken(request, telling)
        await self._stop_speaking(request, telling)
        return SILENT_RATE_HZ, _no_sound()

    async def converse(self, said: Said) -> Conversed:
        """Have something understood, done and answered; what it needs of Home Assistant is asked under `said_for`."""
        with self._request(said) as request:
            asked = Converse(
                id=request.id,
                text=said.text[:LONGEST_TEXT_CHARS],
                language=said.language,
                conversation_id=said.conversation_id[:LONGEST_NAME_CHARS],
                area_id=said.area_id,
                satellite_id=said.satellite_id or "",
                user_id=said.context.user_id or "",
            )
            await self.say_patiently(asked)
            async with within(CONVERSED_S):
                while not isinstance(heard := await request.next(), Conversed):
                    pass
            return heard

    async def announce(self, satellite_id: str, *, text: str, sound: bytes, then: str) -> str:
        """Have something heard at a satellite; return then, or with `then="answer"` what was said to it."""
        with self._request() as request:
            words = Announce(
                id=request.id,
                text=text[:LONGEST_TEXT_CHARS],
                sound_bytes=len(sound),
                satellite_ids=(satellite_id,),
                then=then,
            )
            await self.say_patiently(words)
            for start in range(0, len(sound), LARGEST_PIECE_BYTES):
                piece = sound[start : start + LARGEST_PIECE_BYTES]
                await self._connection.send(_frame(request.id, piece + bytes(len(piece) % 2)))  # whole samples
            async with within(ANNOUNCED_S):
                await request.answer(Announced)
            async with within(HEARD_S):
                if then == "answer":
                    return (await request.answer(Answered)).text
                await request.answer(AnnounceOver)
                request.is_over = True
                return ""

    async def change_settings(
        self,
        *,
        stt_model: str | None,
        voice: str | None,
        wake_words: Sequence[str] | None,
        wake_sensitivity: int | None,
    ) -> None:
        """Have the gateway set up differently; what is None stays."""
        with self._request() as request:
            changed = ChangeSettings(
                id=request.id,
                stt_model=stt_model,
                voice=voice,
                wake_words=None if wake_words is None else tuple(wake_words),
                wake_sensitivity=wake_sensitivity,
            )
            await self.say_patiently(changed)
            async with within(SETTINGS_S):
                await request.answer(SettingsChanged)

    # The ledger, and timers

    async def ask[Awaited: Message](
        self, question: Callable[[int], Message], kind: type[Awaited], *, answer_s: float
    ) -> Awaited:
        """Return the answer to what `question` makes of a request's id. Raises RefusedError for one with an error."""
        with self._request() as request:
            await self.say_patiently(question(request.id))
            async with within(answer_s):
                return await request.answer(kind)

    async def play(self, turn_id: str, *, of_user: str | None, user_id: str) -> bytes:
        """Return what was recorded of a turn, 16 kHz mono s16le."""
        with self._request() as request:
            await self.say_patiently(PlayTurn(id=request.id, turn_id=turn_id, of_user=of_user, user_id=user_id))
            sound = bytearray()
            async with within(ANSWER_S):
                while not isinstance(heard := await request.next(), Spoken):
                    if isinstance(heard, bytes):
                        sound += heard
                    elif isinstance(heard, Speaking) and heard.rate_hz != CLIP_RATE_HZ:
                        raise RefusedError("malformed")
                    if len(sound) > LARGEST_CLIP_BYTES:
                        raise RefusedError("malformed")
            if heard.error:
                raise RefusedError(heard.error, heard.message)
        return bytes(sound)

    # Requests

    def _begin(self, said: Said | None = None) -> OpenRequest:
        if not self._connection.is_open:
            raise NotConnectedError
        request = OpenRequest(next(self._ids), said)
        self._open[request.id] = request
        return request

    def _end(self, request: OpenRequest) -> None:
        """Close a request; one that the gateway still works on is forgotten there too."""
        if self._open.pop(request.id, None) is not None and not request.is_over:
            with suppress(NotConnectedError):
                self.say(Forget(id=request.id))

    @contextmanager
    def _request(self, said: Said | None = None) -> Iterator[OpenRequest]:
        request = self._begin(said)
        try:
            yield request
        finally:
            self._end(request)

    def _give(self, request_id: int, heard: Message | bytes) -> None:
        request = self._open.get(request_id)
        if request is not None:  # otherwise it was forgotten while this was on its way
            request.give(heard)
            if request.is_over:
                del self._open[request_id]

    # Sound to the gateway

    async def _listened[Awaited: Message](
        self, request: OpenRequest, sound: AsyncIterable[bytes], kind: type[Awaited], *, last_piece_s: float
    ) -> Awaited:
        """Send sound until the answer comes; where it ends before, wait for the answer."""
        sending = asyncio.create_task(self._send_sound(request, sound))
        answering = asyncio.create_task(request.answer(kind))
        try:
            await asyncio.wait({sending, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                await sending  # its end, or why its source failed
                async with within(ANSWER_S):
                    await asyncio.wait({answering})
            return await answering
        finally:
            request.is_over |= answering.done()
            await ended(answering)
            if last_piece_s and not sending.done():
                await asyncio.wait({sending}, timeout=last_piece_s)
            await ended(sending)
            await closed(sound)

    async def _send_sound(self, request: OpenRequest, sound: AsyncIterable[bytes]) -> None:
        waiting = bytearray()
        async for piece in sound:
            if request.is_over:
                return
            waiting += piece
            while len(waiting) >= MIC_FRAME_BYTES:
                await self._connection.send(_frame(request.id, waiting[:MIC_FRAME_BYTES]))
                del waiting[:MIC_FRAME_BYTES]
        if len(waiting) > 1:
            await self._connection.send(_frame(request.id, waiting[: len(waiting) // 2 * 2]))
        await self._connection.send(_frame(request.id, b""))

    # Speech from the gateway

    async def _tell(self, request: OpenRequest, text: AsyncIterable[str], language: str, voice: str) -> bool:
        """Say a text as it comes; return whether there was any."""
        has_begun = False
        try:
            async for piece in text:
                for start in range(0, len(piece), LONGEST_TEXT_CHARS):
                    part = piece[start : start + LONGEST_TEXT_CHARS]
                    if has_begun:
                        await self.say_patiently(SpeakMore(id=request.id, text=part, more=True))
                    else:
                        has_begun = True
                        first = Speak(id=request.id, text=part, language=language, voice=voice, more=True)
                        await self.say_patiently(first)
        finally:
            await closed(text)
        if has_begun:
            await self.say_patiently(SpeakMore(id=request.id))
        return has_begun

    async def _said_next(self, request: OpenRequest, telling: asyncio.Task[bool]) -> Speaking | Spoken | bytes | None:
        """Return what comes next: as late as the text does, and then in time. None where there was no text."""
        getting: asyncio.Task[Message | bytes] = asyncio.create_task(request.next())
        try:
            await asyncio.wait({getting, telling}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                if not await telling:  # or why its source failed
                    request.is_over = True
                    return None
                async with within(ANSWER_S):
                    await asyncio.wait({getting})
            heard = await getting
        finally:
            await ended(getting)
        if isinstance(heard, Spoken) and heard.error:
            raise RefusedError(heard.error)
        return heard if isinstance(heard, Speaking | Spoken | bytes) else b""

    async def _spoken(self, request: OpenRequest, telling: asyncio.Task[bool]) -> AsyncGenerator[bytes]:
        try:
            while not isinstance(heard := await self._said_next(request, telling), Spoken | None):
                if isinstance(heard, bytes) and heard:
                    yield heard
        finally:
            await self._stop_speaking(request, telling)

    async def _stop_speaking(self, request: OpenRequest, telling: asyncio.Task[bool]) -> None:
        self._end(request)
        await ended(telling)


def _frame(request_id: int, piece: bytes | bytearray) -> bytes:
    return request_id.to_bytes(ID_BYTES) + piece


async def _no_sound() -> AsyncGenerator[bytes]:
    return
    yield b""
