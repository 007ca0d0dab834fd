"""One Wyoming connection: each event goes to the service that it asks, until the peer leaves or breaks a rule.

Events that nobody here knows are passed over, as the protocol wants it.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.ping import Pong

from gateway.errors import LinkError, ProtocolError, VoiceError
from gateway.wyoming.commands import Commands
from gateway.wyoming.description import info
from gateway.wyoming.event_stream import EventStream
from gateway.wyoming.listening import Listening, Transcription, WakeDetection
from gateway.wyoming.requests import Detect, Format, Ping, Transcribe, When, asked, check_language, check_name
from gateway.wyoming.services import Services, Turnstile
from gateway.wyoming.sound_input import SoundInput
from gateway.wyoming.speaking import Speaking

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnstiles:
    """The models, and the house, that all connections share."""

    ears: Turnstile
    recognition: Turnstile
    voice: Turnstile
    sentences: Turnstile


class Connection:
    """What one peer asks, answered in order."""

    def __init__(self, stream: EventStream, services: Services, turnstiles: Turnstiles) -> None:
        self._stream = stream
        self._services = services
        self._turnstiles = turnstiles
        self._commands = Commands(services)
        self._speaking = Speaking(services, turnstiles.voice, self._say)
        self._listening: Listening | None = None
        self._sound: SoundInput | None = None
        self._is_open = True
        self._answers: dict[str, Callable[[Event], Awaitable[None]]] = {
            "describe": self._describe,
            "ping": self._ping,
            "transcribe": self._transcribe,
            "detect": self._detect,
            "audio-start": self._sound_begins,
            "audio-chunk": self._sound_goes_on,
            "audio-stop": self._sound_ends,
            "synthesize": self._speaking.synthesize,
            "synthesize-start": self._speaking.start,
            "synthesize-chunk": self._speaking.piece,
            "synthesize-stop": self._speaking.stop,
            "recognize": self._recognize,
            "transcript": self._handle,
        }

    async def run(self) -> None:
        """Answer; return when the connection is to be closed. Nothing that a peer says or a stage does gets out."""
        try:
            await self._converse()
        except LinkError:
            return
        except ProtocolError as error:
            await self._part(Error(text=str(error), code=error.refusal))
        except VoiceError as error:
            _LOG.warning("wyoming: a service failed: %s", error.code)
            await self._part(Error(text="the gateway could not do this; its log says why", code=error.code))
        except Exception as error:  # noqa: BLE001 - the end of a connection: a fault in one must not end the others
            _LOG.error("wyoming: a service failed: %s", type(error).__name__)  # the traceback may hold what was said
            await self._part(Error(text="the gateway could not do this; its log says why", code="internal"))
        await self._stream.end()

    async def _converse(self) -> None:
        while self._is_open and (event := await self._stream.read()) is not None:
            answer = self._answers.get(event.type)
            if answer is not None:
                await answer(event)

    async def _part(self, error: Error) -> None:
        with contextlib.suppress(LinkError):
            await self._say(error)

    async def _say(self, said: Eventable) -> None:
        await self._stream.write(said.event())

    async def _describe(self, _event: Event) -> None:
        await self._say(info(self._services.engines().names))

    async def _ping(self, event: Event) -> None:
        await self._say(Pong(text=asked(Ping, event).text))

    async def _transcribe(self, event: Event) -> None:
        request = asked(Transcribe, event)
        names = self._services.engines().names
        check_name(request.name, names.stt_model)
        check_language(request.language, names.language)
        self._listening = Transcription(self._services, self._turnstiles.recognition, self._say)
        self._sound = None

    async def _detect(self, event: Event) -> None:
        request = asked(Detect, event)
        self._listening = WakeDetection(self._services, self._turnstiles.ears, self._say, request.names)
        self._sound = None

    async def _sound_begins(self, event: Event) -> None:
        await self._begin(asked(Format, event))

    async def _sound_goes_on(self, event: Event) -> None:
        form, when = asked(Format, event), asked(When, event)
        listening, sound = self._current() if self._sound is not None else await self._begin(form)
        if form != sound.format:
            raise ProtocolError("unsupported_format", "sound keeps its format until `audio-stop`")
        if not await listening.hear(sound.feed(event.payload or b""), when.timestamp):
            await listening.end()
            self._is_open = False

    async def _sound_ends(self, _event: Event) -> None:
        listening, sound = self._current()
        await listening.hear(sound.finish(), None)
        self._sound = None
        await listening.end()

    async def _begin(self, form: Format) -> tuple[Listening, SoundInput]:
        if self._listening is None:
            raise ProtocolError("unexpected", "sound comes after `transcribe` or `detect`")
        self._sound = SoundInput(form)
        await self._listening.begin()
        return self._listening, self._sound

    def _current(self) -> tuple[Listening, SoundInput]:
        if self._listening is None or self._sound is None:
            raise ProtocolError("unexpected", "sound ends after `audio-start` or a piece of it")
        return self._listening, self._sound

    async def _recognize(self, event: Event) -> None:
        await self._say(await self._turnstiles.sentences.run(lambda: self._commands.recognize(event)))

    async def _handle(self, event: Event) -> None:
        await self._say(await self._turnstiles.sentences.run(lambda: self._commands.handle(event)))
