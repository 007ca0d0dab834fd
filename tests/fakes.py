"""Scripted stages for tests of the turn's own decisions. A frame says in its first byte what is heard in it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.audio import FRAME_BYTES, FRAME_MS
from gateway.errors import EngineError
from gateway.events import (
    ActionRequest,
    ActionResult,
    Hypothesis,
    Intent,
    Recognition,
    SentenceAnswer,
    Sound,
    StateChange,
)
from gateway.house import Called, Entity, KnownName
from gateway.suggestions import Likelihood, Suggestion
from gateway.turn.proposals import CloudState, Content, Proposal, Proposed
from gateway.turn.stages import NO_CLOUD, NO_MEMORY, Cloud, Memory, SecondOpinion, Stages, Tongue

QUIET, SPEECH, WAKE = 0, 1, 2
LIT = Entity(id="light.lamp", name="Lamp", state="on")
UNLOCKED = Entity(id="lock.front", name="Front Door", state="unlocked")
LIGHT_ON = Intent(name="HassTurnOn", slots={"name": "Lamp"}, text="turn on the lamp")
UNLOCK = Intent(name="HassTurnOff", slots={"name": "Front Door"}, text="unlock the front door")
TIME = Intent(name="HassGetCurrentTime", text="what time is it")
NEVER_MIND = Intent(name="HassNevermind", text="never mind")
LAMP_NAME = KnownName(name="Lamp", kind=Called.DEVICE)
PERSON_NAME = KnownName(name="Anna", kind=Called.PERSON)
REQUEST_ID = "0123456789abcdef"
SWITCHED = StateChange(entity_id="light.lamp", name="Lamp", before="off", after="on")


def sound(kind: int, ms: int) -> list[bytes]:
    """Return frames of one kind."""
    return [bytes([kind]) * FRAME_BYTES] * (ms // FRAME_MS)


def quiet(ms: int) -> list[bytes]:
    """Return frames in which nothing is heard."""
    return sound(QUIET, ms)


def speech(ms: int) -> list[bytes]:
    """Return frames in which somebody speaks."""
    return sound(SPEECH, ms)


def wake_word() -> list[bytes]:
    """Return the frame at whose end the first wake model fires."""
    return sound(WAKE, FRAME_MS)


async def heard(*stretches: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield frames, letting the event loop run in between, as real audio does."""
    for stretch in stretches:
        for frame in stretch:
            await asyncio.sleep(0)
            yield frame


def recognized(*texts: str, score: float = -0.1, no_speech: float = 0.01, language: str = "en") -> Recognition:
    """Return a recognition of these hypotheses, best first."""
    hypotheses = tuple(Hypothesis(text=text, score=score - 0.1 * rank) for rank, text in enumerate(texts))
    return Recognition(hypotheses=hypotheses, no_speech_probability=no_speech, language=language)


def known_in(text: str) -> tuple[KnownName, ...]:
    """Return which of the scripted house's two names occur in a text."""
    return tuple(known for known in (LAMP_NAME, PERSON_NAME) if known.name.casefold() in text.casefold())


class ScriptedWakeWord:
    """Fires on wake frames."""

    def __init__(self, wake_word: str = "okay_nabu", score: float = 0.9) -> None:
        self.wake_word = wake_word
        self.score = score
        self.resets = 0

    async def scores(self, frame: bytes) -> Mapping[str, float]:
        return {self.wake_word: self.score if frame[0] == WAKE else 0.0}

    async def reset(self) -> None:
        self.resets += 1


class ScriptedOpinion:
    """Gives its scores in turn: the first to `begin`, the others to `more`."""

    def __init__(self, *scores: float | None) -> None:
        self.scores = list(scores)
        self.asked: list[str] = []

    async def begin(self, wake_word: str, pcm: bytes) -> float | None:
        self.asked.append(wake_word)
        return self.scores.pop(0)

    async def more(self, pcm: bytes) -> float:
        return (self.scores.pop(0) if len(self.scores) > 1 else self.scores[0]) or 0.0


class ScriptedVad:
    """Hears speech in speech frames."""

    async def speech_probability(self, frame: bytes) -> float:
        return 0.95 if frame[0] == SPEECH else 0.05

    async def reset(self) -> None:
        return None


class ScriptedStt:
    """Gives its recognitions in turn, the last for ever; may take some turns of the event loop, or fail."""

    def __init__(
        self,
        *recognitions: Recognition,
        loops: int = 0,
        fails: bool = False,
        stop_after: int | None = None,
    ) -> None:
        self.recognitions = list(recognitions)
        self.loops = loops
        self.fails = fails
        self.stop_after = stop_after
        self.heard: list[bytes] = []
        self.looks: list[bytes] = []
        self.glimpses: list[bytes] = []
        self.partial = ""
        """What a glimpse sees."""
        self.cancelled = 0
        self.likely: dict[str, float] = {}
        """Of texts that are compared, the log-probability of a word, where it is not 0."""
        self.compared: list[tuple[str, ...]] = []
        self.languages: list[str] = []
        """In which it was to recognise and compare, each time; empty where it was to find out."""

    async def compare(self, pcm: bytes, texts: Sequence[str], *, language: str = "") -> tuple[Likelihood, ...]:
        self.compared.append(tuple(texts))
        self.languages.append(language)
        await asyncio.sleep(0)
        return tuple(self.likelihood(text, self.likely.get(text, 0.0)) for text in texts)

    @staticmethod
    def likelihood(text: str, of_a_word: float) -> Likelihood:
        words = tuple((word, of_a_word) for word in text.split())
        return Likelihood(log_probability=len(words) * of_a_word, tokens=len(words), words=words)

    async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
        self.heard.append(pcm)
        self.languages.append(language)
        try:
            for _ in range(self.loops):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise EngineError("scripted")
        return self.recognitions.pop(0) if len(self.recognitions) > 1 else self.recognitions[0]

    async def glimpse(self, pcm: bytes) -> str:
        self.glimpses.append(pcm)
        await asyncio.sleep(0)
        return self.partial

    async def hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        self.looks.append(pcm)
        return self.stop_after is not None and len(self.looks) >= self.stop_after and "stop" in words


class ScriptedUnderstanding:
    """Knows the sentences it was given; those that begin with others may be what these go on to."""

    def __init__(self, *intents: Intent, language: str = "en") -> None:
        self.intents = {intent.text: intent for intent in intents}
        self.language = language
        self.suggested: tuple[Suggestion, ...] = ()
        """What any words sound like."""
        self.asked_for: list[tuple[str, ...]] = []
        self.talk: frozenset[str] = frozenset()
        """What is not meant for this house."""

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        return self.intents.get(text)

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        self.asked_for.append(texts)
        return self.suggested

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        return tuple(intent for said, intent in self.intents.items() if said.startswith(f"{text} "))

    async def is_request(self, text: str) -> bool:
        return text not in self.talk

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        return result.error or f"answer to {intent.name}"

    async def sorry(self) -> str:
        return "sorry"


@dataclass
class ScriptedHome:
    """Does what its script says, and remembers what it was asked."""

    changes: tuple[StateChange, ...] = (SWITCHED,)
    foreseen: tuple[Entity, ...] = (LIT,)
    delay_s: float = 0.0
    fault: BaseException | None = None
    requests: list[ActionRequest] = field(default_factory=list)
    own: SentenceAnswer | None = None
    """The one sentence of its own, and the answer to it."""
    sentences: list[tuple[str, ...]] = field(default_factory=list)

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        return self.foreseen

    async def perform(self, request: ActionRequest) -> ActionResult:
        self.requests.append(request)
        await asyncio.sleep(self.delay_s)
        if self.fault is not None:
            raise self.fault
        return ActionResult(changes=self.changes)

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        self.sentences.append(texts)
        return self.own if self.own is not None and self.own.text in texts else None

    def names_in(self, text: str) -> tuple[KnownName, ...]:
        return known_in(text)


@dataclass
class ScriptedCloud:
    """Takes proposals as its script says, and remembers them."""

    states: dict[Content, CloudState] = field(
        default_factory=lambda: {Content.TEXT: CloudState.READY, Content.AUDIO: CloudState.READY}
    )
    refusal: str = ""
    waiting: int = 0
    """How many requests a withdrawal ends."""
    delay_s: float = 0.0
    proposals: list[Proposal] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def state(self, content: Content) -> CloudState:
        return self.states[content]

    async def propose(self, proposal: Proposal) -> Proposed:
        self.proposals.append(proposal)
        await asyncio.sleep(self.delay_s)
        return Proposed(refusal=self.refusal) if self.refusal else Proposed(request_id=REQUEST_ID)

    async def withdraw(self, satellite_id: str) -> int:
        self.withdrawn.append(satellite_id)
        await asyncio.sleep(self.delay_s)
        return self.waiting


@dataclass
class ScriptedMemory:
    """Remembers so many turns, as its script says, until they are forgotten; notes what it was asked."""

    last: int | None = 1
    today: int | None = 3
    delay_s: float = 0.0
    asked: list[tuple[str, str]] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    """Which today was meant, each time."""

    async def forget_last(self, satellite_id: str) -> int | None:
        self.asked.append(("forget_last", satellite_id))
        await asyncio.sleep(self.delay_s)
        return self.last

    async def said_today(self, satellite_id: str, today: date) -> int | None:
        self.days.append(today)
        self.asked.append(("said_today", satellite_id))
        await asyncio.sleep(self.delay_s)
        return self.today

    async def forget_today(self, satellite_id: str, today: date) -> int | None:
        self.days.append(today)
        self.asked.append(("forget_today", satellite_id))
        await asyncio.sleep(self.delay_s)
        return self.today


class ScriptedTts:
    """Speaks a stretch a word."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.prepared: list[str] = []

    async def prepare(self, text: str) -> None:
        self.prepared.append(text)

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        self.said.append(text)
        for word in text.split():
            await asyncio.sleep(0)
            yield Sound(rate_hz=16_000, pcm=word.encode().ljust(20, b"\0"))


def stages(
    *,
    stt: ScriptedStt | None = None,
    understanding: ScriptedUnderstanding | None = None,
    home: ScriptedHome | None = None,
    second_opinion: SecondOpinion | None = None,
    wake: ScriptedWakeWord | None = None,
    cloud: Cloud = NO_CLOUD,
    memory: Memory = NO_MEMORY,
    other: Tongue | None = None,
) -> Stages:
    """Return stages that understand "turn on the lamp", with what a test has to say about them."""
    return Stages(
        wake=wake or ScriptedWakeWord(),
        second_opinion=second_opinion,
        vad=ScriptedVad(),
        stt=stt or ScriptedStt(recognized("turn on the lamp")),
        understanding=understanding or ScriptedUnderstanding(LIGHT_ON, UNLOCK, TIME, NEVER_MIND),
        home=home or ScriptedHome(),
        tts=ScriptedTts(),
        cloud=cloud,
        memory=memory,
        other=other,
    )
