"""Speech synthesis: Piper, a few words at a time, so that the first sound does not wait for the last word.

A text is spoken by clause (`clauses`), a clause by stretch (`piper_voice`): the first one is three words, each further
one as long as what has been made already leaves time for. A clause that was spoken before is known (`replies`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import onnxruntime

from gateway.engines.clauses import clauses
from gateway.engines.piper_voice import Piper, Utterance
from gateway.engines.replies import Replies
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.events import Sound

SEED = 1
"""Piper varies its rhythm by chance; with a fixed seed the same replies sound the same after every start."""
SHORTEST_S: Final = 0.5
LONGEST_S: Final = 2.5
"""Of a stretch after the first. A longer one would need more memory, and hold up for longer who has something else to
say."""
SLOWEST: Final = 0.5
"""Seconds that a second of sound may take to be made, as long as nobody has measured it."""
MARGIN: Final = 0.5
"""Of the time until there would be a gap, the share that the next stretch is to take."""
SMOOTHING: Final = 0.3
"""The weight of the last stretch in what is known of how long they take."""


class PiperTextToSpeech:
    """One Piper voice. Belongs to one event loop."""

    def __init__(self, model: Path, worker: Worker, replies: Replies | None = None) -> None:
        """`model` is the `.onnx`, its `.onnx.json` beside it; `replies` may be those of other voices as well.

        Raises ModelError where it cannot be loaded.
        """
        self._name = str(model)
        self._worker = worker
        self._replies = Replies() if replies is None else replies
        self._pace = SLOWEST
        self._prepared: _Clause | None = None
        self._preparing: asyncio.Task[None] | None = None
        onnxruntime.set_seed(SEED)
        try:
            self._piper = Piper(model)
        except Exception as error:  # onnxruntime's errors have no common class below Exception
            raise ModelError(f"{model}: not a Piper voice; run `local-voice models verify`") from error

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Yield sound in stretches, each as soon as it is ready. Raises EngineError where Piper fails."""
        lead = _Lead()
        wanted = clauses(text, self._piper.language)
        prepared = self._taken(wanted[0]) if wanted else None
        for place, clause in enumerate(wanted):
            known = self._replies.get((self._name, clause))
            if known is not None:
                yield lead.grown_by(known)
                continue
            speaking = prepared if place == 0 and prepared is not None else self._new(clause)
            number = 0
            while (sound := await speaking.stretch(number, self._next_s(lead))) is not None:
                number += 1
                yield lead.grown_by(sound)

    async def prepare(self, text: str) -> None:
        """Begin with the first clause of what is about to be spoken, and return at once.

        It is made once, whether it is spoken before that is done or after. Where something else is spoken, that waits
        for the stretch that is being made at most, and what was prepared ends there. The last preparation counts.
        """
        first = next(iter(clauses(text, self._piper.language)), None)
        if first is None or self._replies.get((self._name, first)) is not None:
            return
        if self._prepared is None or not self._prepared.serves(first, self._replies.age):
            self._drop_prepared()
            self._prepared = self._new(first)
            self._preparing = asyncio.create_task(self._make(self._prepared))

    async def _make(self, clause: _Clause) -> None:
        """Make all of a clause; where that fails, whoever speaks it is told."""
        lead = _Lead()
        number = 0
        with suppress(EngineError):
            while (sound := await clause.stretch(number, self._next_s(lead))) is not None:
                number += 1
                lead.grown_by(sound)
        if self._prepared is clause:
            self._prepared = self._preparing = None

    def _taken(self, clause: str) -> _Clause | None:
        """Return what was prepared, for who goes on with it; None where that was something else, which ends."""
        prepared = self._prepared
        self._drop_prepared()
        return prepared if prepared is not None and prepared.serves(clause, self._replies.age) else None

    def _drop_prepared(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
        self._prepared = self._preparing = None

    def _new(self, clause: str) -> _Clause:
        return _Clause(clause, Utterance(self._piper, clause), self._made, self._whole, age=self._replies.age)

    def _next_s(self, lead: _Lead) -> float | None:
        """Return how long the next stretch is to be; None for the first of all, which is as short as can be."""
        if lead.is_new:
            return None
        return min(max(lead.seconds() * MARGIN / self._pace, SHORTEST_S), LONGEST_S)

    async def _made(self, utterance: Utterance, seconds: float | None) -> Sound:
        begin_s = time.perf_counter()
        try:
            pcm = await self._worker.run(utterance.stretch, seconds)
        except (RuntimeError, ValueError) as error:
            raise EngineError("Piper failed while it was speaking") from error
        sound = Sound(rate_hz=self._piper.rate_hz, pcm=pcm)
        if pcm:
            took = (time.perf_counter() - begin_s) / (sound.duration_ms / 1000)
            self._pace += SMOOTHING * (took - self._pace)
        return sound

    def _whole(self, clause: _Clause) -> None:
        pcm = b"".join(sound.pcm for sound in clause.sounds)
        self._replies.keep((self._name, clause.text), Sound(rate_hz=self._piper.rate_hz, pcm=pcm), age=clause.age)


class _Lead:
    """By how much what is made is ahead of what can have been heard, from the first stretch on."""

    def __init__(self) -> None:
        self._begin_s: float | None = None
        self._made_s = 0.0

    @property
    def is_new(self) -> bool:
        """Whether nothing was made yet."""
        return self._begin_s is None

    def grown_by(self, sound: Sound) -> Sound:
        """Return the sound, counted."""
        if self._begin_s is None:
            self._begin_s = time.perf_counter()
        self._made_s += sound.duration_ms / 1000
        return sound

    def seconds(self) -> float:
        """Return how long it will last; less than nothing where there is a gap already."""
        return 0.0 if self._begin_s is None else self._made_s - (time.perf_counter() - self._begin_s)


class _Clause:
    """A clause that is being made. Each stretch is made once, for all who ask for it."""

    def __init__(
        self,
        text: str,
        utterance: Utterance,
        made: Callable[[Utterance, float | None], Awaitable[Sound]],
        whole: Callable[[_Clause], None],
        *,
        age: int,
    ) -> None:
        """`made` makes a stretch, `whole` is told when all of them are there; `age` is the replies' at this moment."""
        self.text = text
        self.age = age
        self.sounds: list[Sound] = []
        self._utterance = utterance
        self._made = made
        self._tell_whole = whole
        self._is_whole = False
        self._making: asyncio.Task[None] | None = None
        """The stretch that is being made, or the one that failed."""

    def serves(self, text: str, age: int) -> bool:
        """Tell whether this is the clause, and nothing was to be forgotten since it was begun."""
        return self.text == text and self.age == age

    async def stretch(self, number: int, seconds: float | None) -> Sound | None:
        """Return one of the stretches, about as long as wished where it is not there yet; None after the last.

        Raises EngineError. Who is cancelled leaves the stretch to others: what is made is not lost.
        """
        while number >= len(self.sounds) and not self._is_whole:
            if self._making is None:
                self._making = asyncio.create_task(self._next(seconds))
                self._making.add_done_callback(_retrieved)
            await asyncio.shield(self._making)
        return self.sounds[number] if number < len(self.sounds) else None

    async def _next(self, seconds: float | None) -> None:
        sound = await self._made(self._utterance, seconds)
        if sound.pcm:
            self.sounds.append(sound)
        else:
            self._is_whole = True
            self._tell_whole(self)
        self._making = None


def _retrieved(task: asyncio.Task[None]) -> None:
    """Look at how a stretch ended: asyncio would complain of an error that nobody waited for."""
    if not task.cancelled():
        task.exception()
