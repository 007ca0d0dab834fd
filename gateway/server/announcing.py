"""Announcements of one home: a text, a sound file that arrives in pieces, or only the turn to speak that follows them.

Each is answered when it is known where it will be heard, told of again when it has been heard, and a third time where
an answer was waited for.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.errors import ProtocolError, VoiceError
from gateway.events import Sound
from gateway.server.followed import Followed
from gateway.server.notice import Notice, Then
from gateway.server.services import Services
from gateway.turn.tasks import drop
from gateway.wire.messages import TEXT_CHARS, Message, name_of
from gateway.wire.voice_words import Announce, Announced

FILE_S: Final = 10.0
"""4 MiB take less than one on the slowest home network."""
MOST_FILES: Final = 8
"""Sound files that are on their way at once: 32 MiB."""
MOST_OPEN: Final = 32
"""One for each satellite of a large house."""

NOT_CONNECTED: Final = ("not_connected", "no such satellite is connected")

_LOG = logging.getLogger(__name__)


class Play(Protocol):
    """Plays sounds at satellites (none named: at all)."""

    def __call__(self, sounds: Sequence[Sound], satellite_ids: tuple[str, ...], then: Then, /) -> Mapping[str, Notice]:
        """Return, by satellite, what tells how it goes where they will be heard."""


@dataclass(slots=True, kw_only=True)
class _File:
    """A sound file that is on its way."""

    announce: Announce
    deadline: asyncio.TimerHandle
    content: bytearray = field(default_factory=bytearray)


class Announcing:
    """The announcements of one home, from the first word to the last answer."""

    def __init__(
        self,
        services: Services,
        is_heard: Callable[[tuple[str, ...]], bool],
        play: Play,
        say: Callable[[Message], None],
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
        self._files: dict[int, _File] = {}
        self._open: dict[int, asyncio.Task[None]] = {}

    def announce(self, message: Announce) -> None:
        """Take an announcement whose id is new. Raises ProtocolError `malformed`."""
        self._check(message)
        if too_many := self._too_many(message):
            self._fail(message, "too_many", too_many)
            return
        if not message.sound_bytes:
            self._begin(message, b"")
            return
        deadline = asyncio.get_running_loop().call_later(self._file_s, self._late, message.id)
        self._files[message.id] = _File(announce=message, deadline=deadline)

    def hear(self, request_id: int, piece: bytes) -> None:
        """Take the next piece of a sound file, an empty one for its end; what belongs to none is passed over.

        One of odd length is filled up with a byte, as frames are never odd.
        """
        file = self._files.get(request_id)
        if file is None:
            return
        file.content += piece
        sound_bytes = file.announce.sound_bytes
        missing = sound_bytes - len(file.content)
        if missing > 0 and piece:
            return
        self._forget_file(request_id)
        if missing > 0:
            self._fail(file.announce, "malformed", f"less than the {sound_bytes} bytes that were announced")
        elif -missing > sound_bytes % 2:
            self._fail(file.announce, "too_large", f"more than the {sound_bytes} bytes that were announced")
        else:
            self._begin(file.announce, bytes(file.content[:sound_bytes]))

    def forget(self, request_id: int) -> bool:
        """Answer an announcement no more, and let nothing follow it; return whether there was one."""
        is_file = request_id in self._files
        self._forget_file(request_id)
        task = self._open.get(request_id)
        if task is not None:
            task.cancel()
        return is_file or task is not None

    async def close(self) -> None:
        """Drop what is open."""
        for request_id in list(self._files):
            self._forget_file(request_id)
        await drop(*self._open.values())

    def _check(self, message: Announce) -> None:
        about = name_of(Announce)
        if message.text and message.sound_bytes:
            raise ProtocolError("malformed", "an announcement is either a text or a sound file", about=about)
        if message.then not in Then:
            raise ProtocolError("malformed", f"`then` is one of {', '.join(filter(None, Then))}", about=about)
        if message.then and len(message.satellite_ids) != 1:
            raise ProtocolError("malformed", "`then` needs one satellite that is named", about=about)
        if not (message.text or message.sound_bytes or message.then):
            raise ProtocolError("malformed", "an announcement has a text, a sound file, or `then`", about=about)

    def _too_many(self, message: Announce) -> str:
        if len(self._files) >= MOST_FILES and message.sound_bytes:
            return f"at most {MOST_FILES} sound files at once"
        return f"at most {MOST_OPEN} announcements at once" if len(self._files) + len(self._open) >= MOST_OPEN else ""

    def _begin(self, announce: Announce, content: bytes) -> None:
        task = asyncio.create_task(self._announce(announce, content))
        self._open[announce.id] = task
        task.add_done_callback(lambda _: self._open.pop(announce.id))

    async def _announce(self, announce: Announce, content: bytes) -> None:
        if not content and not self._is_heard(announce.satellite_ids):
            self._fail(announce, *NOT_CONNECTED)
            return
        try:
            sounds = await self._sounds(announce, content)
        except VoiceError as error:
            self._fail(announce, error.code, str(error))
            return
        except Exception as error:  # noqa: BLE001 - the end of an announcement: the home is told
            self._fail(announce, "internal", f"the gateway failed: {type(error).__name__}")
            return
        notices = self._play(sounds, announce.satellite_ids, Then(announce.then))
        if not notices:
            self._fail(announce, *NOT_CONNECTED)
            return
        _LOG.info("announcement %d: heard at %s", announce.id, ", ".join(notices))
        self._say(Announced(id=announce.id, satellite_ids=tuple(notices)))
        await Followed(announce.id, notices.values(), self._say).to_its_end()

    async def _sounds(self, announce: Announce, content: bytes) -> list[Sound]:
        if content:
            return [await self._services.decode(content)]
        if not announce.text:
            return []
        return [sound async for sound in self._services.equipment.speak(announce.text)]

    def _late(self, request_id: int) -> None:
        file = self._files[request_id]
        self._forget_file(request_id)
        self._fail(file.announce, "late", f"the sound file was not here within {self._file_s:g} seconds")

    def _forget_file(self, request_id: int) -> None:
        file = self._files.pop(request_id, None)
        if file is not None:
            file.deadline.cancel()

    def _fail(self, announce: Announce, code: str, message: str) -> None:
        _LOG.warning("announcement %d failed: %s", announce.id, code)
        self._say(Announced(id=announce.id, error=code, message=message[:TEXT_CHARS]))
