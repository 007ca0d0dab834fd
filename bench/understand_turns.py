"""What our turns make of clips: whole turns after the wake word, as fast as the sound can be read.

Nothing is carried out, so that no clip changes the next, but where time is measured.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bench.gold import Command, Meaning
from bench.speech import Silent
from gateway.assembly import Assembly
from gateway.audio import paced
from gateway.events import (
    Event,
    Hypothesis,
    Intent,
    IntentRecognized,
    NothingHeard,
    Outcome,
    QuestionAsked,
    Recognition,
    Transcript,
    TurnEnded,
    TurnFailed,
)
from gateway.house import House
from gateway.suggestions import Likelihood
from gateway.turn.choice import choose
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import SpeechToText, Stages

TURN_S: Final = 120.0
"""One takes a second or two; who takes longer has failed."""
_HEARD, _UNDERSTOOD = "stt", "intent"
"""The stages of a turn between which understanding is."""
_ABOUT_US: Final = frozenset({Outcome.FORGOTTEN, Outcome.CONSENT_ASKED})


class Ending(StrEnum):
    """What became of a turn."""

    UNDERSTOOD = "understood"
    """Something would have been done, or a question answered."""
    ASKED = "asked"
    """We asked back."""
    SORRY = "sorry"
    """We said that we do not understand."""
    SILENT = "silent"
    """Nobody seemed to have said anything to us."""
    OTHER = "other"
    """It was taken for something about what was said before, or for the cloud."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What we made of one sound."""

    ending: Ending
    heard: str = ""
    used: str = ""
    """The sentence that was acted on."""
    meaning: Meaning | None = None
    """What it was taken for; only where it was understood."""
    ten_best: Meaning | None = None
    """What the likeliest reading means of which anything is known: what there was to go by without us."""


class Listener:
    """We, in one house, at one place."""

    def __init__(self, assembly: Assembly, stages: Stages, house: House, area_id: str) -> None:
        """`stages` understand the names of `house`."""
        self._assembly = assembly
        self._stages = replace(stages, stt=_Unglimpsed(stages.stt), tts=Silent())
        self._house = house
        self._place = Place(area_id=area_id)

    async def hear(self, pcm: bytes) -> Turn:
        """Return what we make of 16 kHz mono s16le, as far as it is clear what would be done."""
        turn = Turn(ending=Ending.FAILED)
        with suppress(TimeoutError):
            async with self._turn(pcm) as events:
                async for event in events:
                    match event:
                        case Transcript():
                            ten_best = await self._ten_best(event.hypotheses)
                            turn = replace(turn, heard=event.text, ten_best=ten_best)
                        case IntentRecognized():
                            meaning = await self._meaning(event)
                            return replace(turn, ending=Ending.UNDERSTOOD, used=event.used, meaning=meaning)
                        case QuestionAsked():
                            return replace(turn, ending=Ending.ASKED)
                        case NothingHeard():
                            return replace(turn, ending=Ending.SILENT)
                        case TurnFailed():
                            return turn
                        case TurnEnded():
                            is_other = event.outcome in _ABOUT_US
                            return replace(turn, ending=Ending.OTHER if is_other else Ending.SORRY)
        return turn

    async def added_ms(self, pcm: bytes) -> float | None:
        """Return how long it took from what was heard to what it means; None where nothing was to be understood.

        This turn is carried out.
        """
        with suppress(TimeoutError):
            async with self._turn(pcm) as events:
                async for event in events:
                    if isinstance(event, TurnEnded) and {_HEARD, _UNDERSTOOD} <= event.stages_ms.keys():
                        return event.stages_ms[_UNDERSTOOD] - event.stages_ms[_HEARD]
        return None

    @asynccontextmanager
    async def _turn(self, pcm: bytes) -> AsyncIterator[AsyncGenerator[Event]]:
        """Begin a turn in the house as it was before all others. Raises TimeoutError where it takes too long."""
        home = self._assembly.home(self._house, asyncio.get_running_loop())
        stages = replace(self._stages, home=home)
        ear = Ear(paced(pcm, realtime=False), stages, self._assembly.endpoint())
        try:
            async with asyncio.timeout(TURN_S), aclosing(run_turn(ear, stages, self._place, is_awake=True)) as events:
                yield events
        finally:
            home.close()

    async def _match(self, text: str) -> Intent | None:
        return await self._stages.understanding.match(text, area_id=self._place.area_id)

    async def _meaning(self, event: IntentRecognized) -> Meaning:
        """Return all that would be done: the event tells of the first command."""
        intent = await self._match(event.used)
        more = () if intent is None else tuple(_command(one) for one in intent.also)
        return Meaning(commands=(Command(name=event.name, slots=event.slots), *more))

    async def _ten_best(self, hypotheses: tuple[Hypothesis, ...]) -> Meaning | None:
        choice = await choose(Recognition(hypotheses=hypotheses), self._match)
        if choice.intent is None:
            return None
        return Meaning(commands=(_command(choice.intent), *map(_command, choice.intent.also)))


class Household:
    """Our models, loaded once, for many houses."""

    def __init__(self, assembly: Assembly, stages: Stages) -> None:
        self._assembly = assembly
        self._stages = stages

    async def listener(self, house: House, area_id: str) -> Listener:
        """Return us in `house`. Raises ConfigError for a language that has no sentences."""
        understanding = await self._assembly.load(self._assembly.understanding, house)
        return Listener(self._assembly, replace(self._stages, understanding=understanding), house, area_id)


async def household(assembly: Assembly, house: House) -> Household:
    """Load our models, with any house. Raises ModelError, ConfigError."""
    home = assembly.home(house, asyncio.get_running_loop())
    try:
        return Household(assembly, await assembly.load(assembly.stages, home))
    finally:
        home.close()


def _command(intent: Intent) -> Command:
    return Command(name=intent.name, slots=intent.slots)


class _Unglimpsed:
    """Recognition that shows nothing while somebody speaks: nobody looks here."""

    def __init__(self, stt: SpeechToText) -> None:
        self._stt = stt

    async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
        return await self._stt.recognize(pcm, language=language)

    async def compare(self, pcm: bytes, texts: Sequence[str], *, language: str = "") -> tuple[Likelihood, ...]:
        return await self._stt.compare(pcm, texts, language=language)

    async def hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        return await self._stt.hears_word(pcm, words)

    async def glimpse(self, pcm: bytes) -> str:
        del pcm
        return ""
