"""`speak`: the sound of a home's text, sent as it is made; a text that is still being written, sentence by sentence."""

from contextlib import aclosing

from gateway.audio import resample
from gateway.errors import ConfigError, ProtocolError
from gateway.events import Sound
from gateway.server.intake import TextIntake
from gateway.server.services import Equipment
from gateway.wire.channel import Channel
from gateway.wire.request_words import Speak, Speaking, Spoken


async def speak(asked: Speak, text: TextIntake, equipment: Equipment, channel: Channel) -> Spoken:
    """Say `speaking` and send all of the sound; return what is said after it.

    Raises ProtocolError for a voice or language that there is none of and a late or long text, EngineError, LinkError.
    """
    speech = _Speech(asked.id, channel)
    async for sentences in text:
        if not sentences.strip():
            continue
        try:
            async with aclosing(equipment.speak(sentences, language=asked.language, voice=asked.voice)) as sounds:
                async for sound in sounds:
                    await speech.send(sound)
        except ConfigError as error:
            raise ProtocolError("unsupported_voice", str(error)) from error
    return Spoken(id=asked.id)


class _Speech:
    """One request's sound on its way. All of it has one rate, the first stretch's."""

    def __init__(self, request_id: int, channel: Channel) -> None:
        self._request_id = request_id
        self._channel = channel
        self._rate_hz: int | None = None

    async def send(self, sound: Sound) -> None:
        if self._rate_hz is None:
            self._rate_hz = sound.rate_hz
            self._channel.say(Speaking(id=self._request_id, rate_hz=sound.rate_hz))
        await self._channel.play_for(self._request_id, resample(sound.pcm, sound.rate_hz, self._rate_hz))
