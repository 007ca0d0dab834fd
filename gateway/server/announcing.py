"""Announcements of one home: a text, or a sound file that arrives in pieces; decoded, then heard at satellites."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import ProtocolError, VoiceError
from gateway.events import Sound
from gateway.server.services import Services
from gateway.turn.tasks import drop
from gateway.wire.messages import TEXT_CHARS, name_of
from gateway.wire.voice_words import Announce, Announced

FILE_S: Final = 10.0
"""4 MiB take less than one on the slowest home network."""
MOST_OPEN: Final = 8
"""Texts and files of one home that are being turned into sound."""

NOT_CONNECTED: Final = ("not_connected", "no such satellite is connected")

type Play = Callable[[Sequence[Sound], tuple[str, ...]], tuple[str, ...]]
"""Plays sounds at satellites (none named: at all); returns where they will be heard."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _File:
    """A sound file that is on its way."""

    announce: Announce
    deadline: asyncio.TimerHandle
    content: bytearray = field(default_factory=bytearray)


class Announcing:
    """The announcements of one home, from the first word to the answer."""

    def __init__(
        self,
        services: Services,
        is_heard: Callable[[tuple[str, ...]], bool],
        play: Play,
        say: Callable[[Announced], None],
        *,
        file_s: float = FILE_S,
    ) -> None:
        """`is_heard` tells whether any of these satellites is there (none named: any at all), `say` sends an answer.

        `file_s` is how long a file's bytes may take.
        """
        self._services = services
        self._is_heard = is_heard
        self._play = play
        self._say = say
        self._file_s = file_s
        self._file: _File | None = None
        self._open: set[asyncio.Task[None]] = set()

    def announce(self, message: Announce) -> None:
        """Take an announcement. Raises ProtocolError `malformed`, `out_of_order`, `too_many`."""
        about = name_of(Announce)
        if bool(message.text) == bool(message.sound_bytes):
            raise ProtocolError("malformed", "an announcement is either a text or a sound file", about=about)
        if len(self._open) >= MOST_OPEN:
            raise ProtocolError("too_many", f"at most {MOST_OPEN} announcements at once", about=about)
        if message.text:
            self._begin(message, b"")
            return
        if self._file is not None:
            raise ProtocolError("out_of_order", "another sound file is on its way", about=about)
        deadline = asyncio.get_running_loop().call_later(self._file_s, self._late)
        self._file = _File(announce=message, deadline=deadline)

    def hear(self, piece: bytes) -> None:
        """Take the next piece of a sound file; one of odd length is filled up with a byte, as frames are never odd.

        Raises ProtocolError where none is on its way.
        """
        file = self._file
        if file is None:
            raise ProtocolError("out_of_order", "no sound file is on its way")
        file.content += piece
        if len(file.content) < file.announce.sound_bytes:
            return
        self._forget_file()
        if len(file.content) > file.announce.sound_bytes + file.announce.sound_bytes % 2:  # frames are never odd
            message = f"more than the {file.announce.sound_bytes} bytes that were announced"
            self._fail(file.announce, "too_large", message)
            return
        self._begin(file.announce, bytes(file.content[: file.announce.sound_bytes]))

    async def close(self) -> None:
        """Drop what is open."""
        self._forget_file()
        for task in list(self._open):
            await drop(task)

    def _begin(self, announce: Announce, content: bytes) -> None:
        task = asyncio.create_task(self._sound(announce, content))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _sound(self, announce: Announce, content: bytes) -> None:
        if announce.text and not self._is_heard(announce.satellite_ids):
            self._fail(announce, *NOT_CONNECTED)
            return
        try:
            if content:
                sounds = [await self._services.decode(content)]
            else:
                sounds = [sound async for sound in self._services.equipment.speak(announce.text)]
        except VoiceError as error:
            self._fail(announce, error.code, str(error))
            return
        except Exception as error:  # noqa: BLE001 - the end of an announcement: the home is told
            self._fail(announce, "internal", f"the gateway failed: {type(error).__name__}")
            return
        heard = self._play(sounds, announce.satellite_ids)
        if not heard:
            self._fail(announce, *NOT_CONNECTED)
            return
        _LOG.info("announcement %d: heard at %s", announce.id, ", ".join(heard))
        self._say(Announced(id=announce.id, satellite_ids=heard))

    def _late(self) -> None:
        file = self._file
        if file is not None:
            self._forget_file()
            self._fail(file.announce, "late", f"the sound file was not here within {self._file_s:g} seconds")

    def _forget_file(self) -> None:
        if self._file is not None:
            self._file.deadline.cancel()
            self._file = None

    def _fail(self, announce: Announce, code: str, message: str) -> None:
        _LOG.warning("announcement %d failed: %s", announce.id, code)
        self._say(Announced(id=announce.id, error=code, message=message[:TEXT_CHARS]))
