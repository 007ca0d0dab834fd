"""What became of requests to the cloud, said at the satellite where they were asked for.

What the cloud recognised in a sound is understood, and done, as if it was said there; what needs a yes is refused, as
nobody may be there any more to give it. Where the satellite is gone nothing is said, and nothing done.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.errors import HomeError, VoiceError
from gateway.events import ActionRequest, Sound
from gateway.server.notice import Notice
from gateway.server.services import Services
from gateway.turn import cloud, policy
from gateway.turn.obey import obey
from gateway.turn.proposals import Content
from gateway.turn.stages import Stages
from gateway.turn.tasks import drop

MOST_ANSWERS: Final = 16
"""That wait for their sound at once: as many as requests may wait for a person."""
ANSWERED: Final = "answered"
LONGEST_COMMAND_CHARS: Final = 500
"""Of what was recognised: half a minute of fast speech; what is longer is no command, and is not looked at."""

_LOG = logging.getLogger(__name__)


class Rooms(Protocol):
    """The satellites, as far as they are needed here."""

    def is_heard(self, satellite_ids: Sequence[str]) -> bool:
        """Tell whether one of these is there."""

    def area_id(self, satellite_id: str) -> str | None:
        """Return the room that a satellite stands in."""

    def announce(self, sounds: Sequence[Sound], satellite_ids: Sequence[str]) -> Mapping[str, Notice]:
        """Play `sounds` at these."""


@dataclass(frozen=True, slots=True)
class CloudAnswer:
    """What became of a request."""

    request_id: str
    satellite_id: str
    """Where it was asked for; empty for what a home was told itself."""
    content: str
    fate: str
    """`answered`, `failed`, `refused`, `expired`, `withdrawn` or `revoked`."""
    text: str = field(default="", repr=False)
    """What came back; for `audio` what was recognised."""
    language: str = ""
    """In which it was asked for; empty for the household's first."""


class CloudAnswers:
    """All of them. Belongs to the event loop that is running when it is made."""

    def __init__(self, services: Services, rooms: Rooms) -> None:
        self._services = services
        self._rooms = rooms
        self._telling: set[asyncio.Task[None]] = set()

    def decided(self, answer: CloudAnswer) -> None:
        """Have it said soon."""
        if not answer.satellite_id:
            return
        if len(self._telling) >= MOST_ANSWERS:
            _LOG.warning("request %s: %s, not said: too many at once", answer.request_id, answer.fate)
            return
        task = asyncio.create_task(self._tell(answer))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def close(self) -> None:
        """Drop what was to be said."""
        for telling in list(self._telling):
            await drop(telling)

    async def _tell(self, answer: CloudAnswer) -> None:
        became = "said nowhere"
        try:
            if await self._is_said(answer):
                became = f"said at {answer.satellite_id}"
        except VoiceError as error:
            became = f"not said: {error.code}"
        except Exception as error:  # noqa: BLE001 - a fault in one answer must not end the service
            became = f"not said: {type(error).__name__}"  # its message may hold what was said
        _LOG.info("request %s: %s, %s", answer.request_id, answer.fate, became)

    async def _is_said(self, answer: CloudAnswer) -> bool:
        """Say it; tell whether it will be heard. Raises VoiceError."""
        where = (answer.satellite_id,)
        if not self._rooms.is_heard(where):
            return False
        text = await self._speech(answer)
        if not text:
            return False
        speaking = self._services.equipment.speak(text, language=answer.language)
        sounds = [sound async for sound in speaking]
        return bool(self._rooms.announce(sounds, where))

    async def _speech(self, answer: CloudAnswer) -> str:
        language = self._stages(answer).understanding.language
        if answer.fate != ANSWERED:
            return cloud.ended(answer.fate, language)
        if not answer.text.strip():
            return cloud.ended("failed", language)
        if answer.content != Content.AUDIO:
            return cloud.says(answer.text, language)
        return f"{cloud.heard(answer.text, language)} {await self._obeyed(answer)}".strip()

    async def _obeyed(self, answer: CloudAnswer) -> str:
        """Do what was recognised, as if it was said there; return the answer. Raises EngineError."""
        household, understanding = self._services.household, self._stages(answer).understanding
        area_id = self._rooms.area_id(answer.satellite_id)
        text = answer.text.strip()
        is_command = len(text) <= LONGEST_COMMAND_CHARS
        intent = await understanding.match(text, area_id=area_id) if is_command else None
        if intent is None:
            return await understanding.sorry()
        request = ActionRequest(
            intent=intent, area_id=area_id, satellite_id=answer.satellite_id, language=understanding.language
        )
        try:
            return (await obey(request, household, understanding)).speech
        except HomeError as error:
            _LOG.error("request %s: not done: %s", answer.request_id, error.code)
            return policy.home_is_away(understanding.language)

    def _stages(self, answer: CloudAnswer) -> Stages:
        """Return the stages of the language in which it was asked for."""
        return self._services.equipment.shared.in_language(answer.language)
