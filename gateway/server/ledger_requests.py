"""What a home, or by way of the ledger its owner, asks about what is remembered.

Most of it the ledger answers. What takes understanding, or knowledge of the models, is answered here, one question at a
time: it has turns recognised and understood again, and satellites must not wait for that.
"""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gateway.audio import RATE_HZ
from gateway.errors import LedgerError, ProtocolError
from gateway.processes.ledger_words import VoicesQuestion
from gateway.server import learning
from gateway.server.requests import Answered
from gateway.server.services import Services
from gateway.wire.channel import Channel
from gateway.wire.learning_words import (
    AskRules,
    AskTuning,
    CorrectTurn,
    MarkWake,
    RemoveRule,
    Rules,
    SetSensitivity,
    Tuning,
    TurnCorrected,
)
from gateway.wire.ledger_words import (
    AskStats,
    AskTurns,
    ChangeKept,
    ForgetTurns,
    LedgerDone,
    PlayTurn,
    Question,
    Stats,
    Turns,
    TurnsForgotten,
)
from gateway.wire.messages import Message
from gateway.wire.request_words import Speaking, Spoken

ANSWERED: Final[Mapping[type[Message], Answered]] = MappingProxyType(
    {
        AskTurns: Turns,
        PlayTurn: Spoken,
        AskStats: Stats,
        ForgetTurns: TurnsForgotten,
        CorrectTurn: TurnCorrected,
        AskRules: Rules,
        RemoveRule: LedgerDone,
        MarkWake: Tuning,
        AskTuning: Tuning,
        SetSensitivity: LedgerDone,
        ChangeKept: LedgerDone,
    }
)
"""By which kind of message each question is answered."""


class LedgerRequests:
    """One gateway's. Belongs to the event loop that is running when it is made."""

    def __init__(self, services: Services, is_satellite: Callable[[str], bool]) -> None:
        """`is_satellite` tells whether a satellite of this id is paired: others do not wake here."""
        self._services = services
        self._is_satellite = is_satellite
        self._understanding = asyncio.Lock()

    async def answer(self, asked: Question, *, by: str, channel: Channel) -> Message:
        """Return the answer to a home's question; sound goes over its `channel` before. Raises VoiceError."""
        match asked:
            case CorrectTurn() | MarkWake() | AskTuning() | AskStats():
                return await self.understand(asked, by=by)
            case PlayTurn():
                return await self._play(asked, by, channel)
            case SetSensitivity():
                self._check(asked.satellite_id)
        answer, _ = await self._services.ledger.ask(asked, by=by)
        return answer

    async def understand(self, asked: VoicesQuestion, *, by: str) -> TurnCorrected | Tuning | Stats:
        """Return the answer to what takes understanding. Raises VoiceError."""
        if isinstance(asked, AskTuning):
            self._check(asked.satellite_id)
        async with self._understanding:
            return await self._understand(asked, by)

    def _check(self, satellite_id: str) -> None:
        if not self._is_satellite(satellite_id):
            raise ProtocolError("unknown_satellite", "no satellite of this id is paired here")

    async def _understand(self, asked: VoicesQuestion, by: str) -> TurnCorrected | Tuning | Stats:
        ledger, equipment, understanding = self._services.ledger, self._services.equipment, self._services.learning
        if understanding is None:
            raise LedgerError("nothing can be taught here", refusal="away")
        match asked:
            case CorrectTurn():
                return await learning.correct(
                    asked,
                    by=by,
                    ledger=ledger,
                    understanding=understanding,
                    stt=equipment.shared.stt,
                    area_of=self._services.household.area_id,
                )
            case AskTuning() | MarkWake():
                usual = equipment.offer().settings.wake_sensitivity
                return await learning.tuning(asked, by=by, ledger=ledger, usual=usual)
            case AskStats():
                return await learning.stats(asked, by=by, ledger=ledger, understanding=understanding)

    async def _play(self, asked: PlayTurn, by: str, channel: Channel) -> Spoken:
        """Send what was recorded, as `speak` does; return what is said after it."""
        answer, pcm = await self._services.ledger.ask(asked, by=by)
        if not isinstance(answer, LedgerDone):
            raise LedgerError("the ledger answered something else than it was asked")
        if not answer.error:
            channel.say(Speaking(id=asked.id, rate_hz=RATE_HZ))
            await channel.play_for(asked.id, pcm)
        return Spoken(id=asked.id, error=answer.error, message=answer.message)
