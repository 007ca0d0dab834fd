"""What a turn says: a reply in stretches, as each is ready, or a question in one."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.events import Event, QuestionAsked, Reply, ReplyAudio, Sound
from gateway.turn.progress import Progress
from gateway.turn.stages import TextToSpeech


class Speaking:
    """One turn's."""

    def __init__(
        self, tts: TextToSpeech, progress: Progress, tell: Callable[[Event], Awaitable[None]], hush: asyncio.Event
    ) -> None:
        """`tell` gets what is said and its sound; once `hush` is set no more of a reply."""
        self._tts = tts
        self._progress = progress
        self._tell = tell
        self._hush = hush

    def use(self, tts: TextToSpeech) -> None:
        """Speak with this voice from now on."""
        self._tts = tts

    async def say(self, text: str) -> None:
        """Speak the reply; silence where there is nothing to say."""
        if not text:
            return
        is_first = True
        async for sound in self._tts.speak(text):
            if self._hush.is_set():
                return
            now_ms = self._progress.now_ms
            if is_first:
                self._progress.mark("first_sound")
                await self._tell(Reply(t_ms=now_ms, text=text, first_sound_ms=self._progress.since_speech_ms()))
                is_first = False
            await self._tell(ReplyAudio(t_ms=now_ms, sound=sound))

    async def ask(self, text: str, *, is_secret: bool = False) -> None:
        """Ask in one stretch of sound: whoever plays it must know when the question is over."""
        sounds = [sound async for sound in self._tts.speak(text)]
        await self._tell(QuestionAsked(t_ms=self._progress.now_ms, text=text, is_secret=is_secret))
        question = Sound(rate_hz=sounds[0].rate_hz, pcm=b"".join(sound.pcm for sound in sounds))
        await self._tell(ReplyAudio(t_ms=self._progress.now_ms, sound=question))
