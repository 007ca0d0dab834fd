"""What one home asks of the gateway's engines: each request is begun here, and done by the module of its name."""

import asyncio
from collections.abc import Callable

from gateway.errors import ProtocolError
from gateway.events import Outcome
from gateway.server.conversing import Conversing
from gateway.server.detecting import detect
from gateway.server.intake import SoundIntake, TextIntake
from gateway.server.ledger_requests import ANSWERED, LedgerRequests
from gateway.server.pipeline_turns import PipelineTurns
from gateway.server.recognizing import recognize
from gateway.server.remembering import LedgerMemory
from gateway.server.requests import Requests
from gateway.server.services import ConnectedHome, Services
from gateway.server.speaking import speak
from gateway.server.translate import settings_change_of
from gateway.turn.endpoint import EndpointSettings
from gateway.turn.interruption import is_stop
from gateway.turn.spoken import Said
from gateway.wire.channel import Channel
from gateway.wire.ledger_words import QUESTIONS, Question
from gateway.wire.messages import Message, name_of
from gateway.wire.request_words import (
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
    SpeakMore,
    Spoken,
)
from gateway.wire.timer_words import CancelTimer, TimerCancelled
from gateway.wire.voice_words import Announce


class Requested:
    """The requests of one home, from the first word to the answer."""

    def __init__(
        self,
        home: ConnectedHome,
        home_id: str,
        channel: Channel,
        services: Services,
        endpoint: EndpointSettings,
        ledger: LedgerRequests,
        *,
        hush: Callable[[str, str | None], bool] = lambda _satellite_id, _area_id: False,
    ) -> None:
        """`home` does what is asked in its own conversations; `endpoint` says which pauses end what is said.

        `ledger` answers what is asked about what is remembered. `hush` silences a timer that is announced at a home's
        satellite, or in its room, and returns whether there was one.
        """
        self._hush = hush
        self._home_id = home_id
        self._channel = channel
        self._household = services.household
        self._ledger = ledger
        self._equipment = services.equipment
        self._endpoint = endpoint
        self._open = Requests(home_id, channel.say)
        clock = asyncio.get_running_loop().time
        self._conversing = Conversing(
            home,
            services.household,
            services.equipment,
            clock,
            services.cloud,
            memory_of=lambda asked: LedgerMemory(services.ledger, by=home_id, user_id=asked.user_id),
        )
        self._turns = PipelineTurns(services.ledger, is_secret=self._conversing.awaits_pin)

    def told(self, message: Message, *, is_house_known: bool) -> bool:
        """Take a message; return whether it was such a request at all, and nothing else is to be done about it.

        Raises ProtocolError `out_of_order`: an id that was used, a text that was whole or never begun.
        """
        match message:
            case Recognize():
                self._recognize(message)
            case Detect():
                self._detect(message)
            case Speak():
                self._speak(message)
            case SpeakMore():
                self._speak_more(message)
            case Converse():
                self._open.begin(message, Conversed, lambda: self._converse(message, is_house_known=is_house_known))
            case ChangeSettings():
                self._open.begin(message, SettingsChanged, lambda: self._change_settings(message))
            case CancelTimer():
                self._open.begin(message, TimerCancelled, lambda: self._cancel_timer(message))
            case Forget():
                return self._open.forget(message.id)
            case _ if isinstance(message, QUESTIONS):
                self._ask_ledger(message)
            case _:
                return False
        return True

    def forget(self) -> None:
        """Forget what was said before."""
        self._turns.forget()

    def use(self, announce: Announce) -> None:
        """Know that an announcement has its id. Raises ProtocolError `out_of_order` where it was used before."""
        self._open.use(announce.id, Announce)

    def hear(self, request_id: int, piece: bytes) -> bool:
        """Take a piece of a request's sound; return whether it was for an open one of these.

        Raises ProtocolError `out_of_order` for an id that nothing has ever had.
        """
        if not self._open.is_used(request_id):
            raise ProtocolError("out_of_order", "sound that belongs to no request")
        intake = self._open.intake(request_id)
        if not isinstance(intake, SoundIntake):
            return False
        intake.feed(piece)
        return True

    async def close(self) -> None:
        """End what is open."""
        try:
            await self._open.close()
        finally:
            self._turns.close()

    def _recognize(self, message: Recognize) -> None:
        sound = SoundIntake()
        self._open.begin(
            message,
            Recognized,
            lambda: recognize(message, sound, self._equipment, self._endpoint, self._turns),
            sound,
        )

    def _detect(self, message: Detect) -> None:
        sound = SoundIntake()
        self._open.begin(message, Detected, lambda: detect(message, sound, self._equipment), sound)

    def _speak(self, message: Speak) -> None:
        text = TextIntake()
        text.feed(message.text, more=message.more)
        self._open.begin(message, Spoken, lambda: speak(message, text, self._equipment, self._channel), text)

    def _speak_more(self, message: SpeakMore) -> None:
        intake = self._open.intake(message.id)
        if isinstance(intake, TextIntake):
            intake.feed(message.text, more=message.more)
        elif not self._open.is_used(message.id):
            raise ProtocolError("out_of_order", "a text that was never begun", about=name_of(SpeakMore))

    async def _converse(self, message: Converse, *, is_house_known: bool) -> Conversed:
        if not is_house_known:
            raise ProtocolError("out_of_order", "nothing is understood before the house is told; see `house_usable`")
        area_id = self._household.area_id(message.area_id) if message.area_id else None
        if self._hush(message.satellite_id, area_id) and is_stop(message.text, self._equipment.shared.languages):
            return Conversed(id=message.id, outcome=Outcome.NEVER_MIND)
        turn = self._turns.begin(
            Said(
                text=message.text,
                satellite_id=message.satellite_id,
                area_id=area_id or "",
                user_id=message.user_id,
                conversation_id=message.conversation_id,
            ),
            key=message.conversation_id,
        )
        with turn:
            answer = await self._conversing.converse(message, turn.tell)
            is_error = answer.outcome == Outcome.ERROR
            turn.ended(answer.outcome, answer.speech, error=answer.error if is_error else "")
        return answer

    def _ask_ledger(self, asked: Question) -> None:
        by, channel = self._home_id, self._channel
        answered = ANSWERED[type(asked)]
        self._open.begin(asked, answered, lambda: self._ledger.answer(asked, by=by, channel=channel))

    async def _change_settings(self, message: ChangeSettings) -> SettingsChanged:
        await self._equipment.change(settings_change_of(message))
        return SettingsChanged(id=message.id)

    async def _cancel_timer(self, message: CancelTimer) -> TimerCancelled:
        if not self._household.timers.cancel(message.timer_id):
            raise ProtocolError("unknown_timer", "no such timer runs; it may be up by now")
        return TimerCancelled(id=message.id)
