"""What a turn needs from the world: one protocol for each stage, and the bundle of them.

An engine fits by having these methods; it never imports this module. Sound is 16 kHz mono s16le throughout.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from gateway.events import ActionRequest, ActionResult, Intent, Recognition, SentenceAnswer, Sound
from gateway.house import Entity, KnownName
from gateway.languages import is_same_language
from gateway.offer import USUAL_SENSITIVITY
from gateway.suggestions import Likelihood, Suggestion
from gateway.turn.proposals import CloudState, Content, Proposal, Proposed, Refusal


class WakeWord(Protocol):
    """The first model of the wake cascade: cheap, always listening, eager."""

    async def scores(self, frame: bytes) -> Mapping[str, float]:
        """Take the stream's next frame; return how sure the model is of each wake word, 0 to 1."""

    async def reset(self) -> None:
        """Forget what was heard."""


class SecondOpinion(Protocol):
    """The second model of the wake cascade: asked only where the first one fires."""

    async def begin(self, wake_word: str, pcm: bytes) -> float | None:
        """Look for the wake word in `pcm`; return the best score, or None where this model does not know the word."""

    async def more(self, pcm: bytes) -> float:
        """Look at what was said next; return the best score since `begin`."""


class VoiceActivity(Protocol):
    """Tells speech from everything else."""

    async def speech_probability(self, frame: bytes) -> float:
        """Take the stream's next frame; return how likely it is speech, 0 to 1."""

    async def reset(self) -> None:
        """Forget what was heard."""


class SpeechToText(Protocol):
    """Recognises an utterance."""

    async def recognize(self, pcm: bytes, *, language: str = "") -> Recognition:
        """Return the N best for up to 30 s, in this language of the household's, or else in the one that is heard."""

    async def compare(self, pcm: bytes, texts: Sequence[str], *, language: str = "") -> tuple[Likelihood, ...]:
        """Return how likely each of `texts` is what is said in up to 30 s in this language, or the first."""

    async def glimpse(self, pcm: bytes) -> str:
        """Return roughly what is said so far; empty, and at once, where the recogniser is busy."""

    async def hears_word(self, pcm: bytes, words: frozenset[str]) -> bool:
        """Tell, quickly, whether one of `words` is all that is said in a second or so of sound."""


class Understanding(Protocol):
    """Knows what sentences mean in this house, and how its answers are worded."""

    language: str

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        """Return what `text` means here; None where it means nothing."""

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        """Return what `text` would mean with words that may follow it: a few examples, and none where none would do.

        Where `text` means something itself, only words count that may make it mean something else.
        """

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        """Return sentences of this house that sound like what was heard as one of `texts`, the closest first."""

    async def is_request(self, text: str) -> bool:
        """Tell whether `text`, which means nothing here, may have been meant for this house."""

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        """Return the answer to say; may be empty."""

    async def sorry(self) -> str:
        """Return what to say to words that mean nothing here."""


class Home(Protocol):
    """The house that acts."""

    def foresee(self, request: ActionRequest) -> tuple[Entity, ...]:
        """Return what the request would change, as it would be afterwards, by what is known; changes nothing."""

    async def perform(self, request: ActionRequest) -> ActionResult:
        """Do it."""

    async def sentence(
        self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str
    ) -> SentenceAnswer | None:
        """Do what one of these readings asks for, where it is a sentence of the home's own; None where none is."""

    def names_in(self, text: str) -> tuple[KnownName, ...]:
        """Return the names of this house that occur in a text."""


class Cloud(Protocol):
    """Has a person asked whether something may be sent to the cloud. It sends nothing itself, and raises nothing."""

    def state(self, content: Content) -> CloudState:
        """Return whether anything of this kind could be proposed now."""

    async def propose(self, proposal: Proposal) -> Proposed:
        """Have a person asked; return that somebody is, or why nobody is."""

    async def withdraw(self, satellite_id: str) -> int:
        """Have nothing sent, or nothing more, that was asked for there; return how many requests that ended."""


class NoCloud:
    """There is none."""

    def state(self, content: Content) -> CloudState:
        """Return that nothing is set up."""
        del content
        return CloudState.NOT_SET_UP

    async def propose(self, proposal: Proposal) -> Proposed:
        """Ask nobody."""
        del proposal
        return Proposed(refusal=Refusal.NO_DESTINATION)

    async def withdraw(self, satellite_id: str) -> int:
        """Find nothing that waits."""
        del satellite_id
        return 0


NO_CLOUD: Final = NoCloud()


class Memory(Protocol):
    """What is remembered of turns at a satellite, as far as it can be forgotten by voice. It raises nothing.

    "There" is the satellite that is named. The turn that asks is not remembered yet, and turns that ended as
    `Outcome.FORGOTTEN` do not count: nobody means them. `today` is the day on which it was wished for: a yes may come
    after midnight.
    """

    async def forget_last(self, satellite_id: str) -> int | None:
        """Forget what was said there just before; return how many turns that was, None where it cannot be done."""

    async def said_today(self, satellite_id: str, today: date) -> int | None:
        """Return how many turns are remembered of today there; None where nobody can tell."""

    async def forget_today(self, satellite_id: str, today: date) -> int | None:
        """Forget all of today there; return how many turns that was, None where it cannot be done."""


class NoMemory:
    """There is none that could be reached."""

    async def forget_last(self, satellite_id: str) -> int | None:
        """Forget nothing."""
        del satellite_id
        return None

    async def said_today(self, satellite_id: str, today: date) -> int | None:
        """Know nothing."""
        del satellite_id, today
        return None

    async def forget_today(self, satellite_id: str, today: date) -> int | None:
        """Forget nothing."""
        del satellite_id, today
        return None


NO_MEMORY: Final = NoMemory()


class TextToSpeech(Protocol):
    """Speaks."""

    def speak(self, text: str) -> AsyncIterator[Sound]:
        """Yield the sound of `text` in stretches, each as soon as it is ready."""

    async def prepare(self, text: str) -> None:
        """Begin to make the sound of `text`, as it is likely to be spoken next; return at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language of the household's: what is said in it is understood by the one, and answered by the other."""

    understanding: Understanding
    tts: TextToSpeech


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages of one satellite's turns; `wake` and `vad` follow its stream, the others may be shared.

    They are of one language; where the household speaks a second one, `in_language` has them in that.
    """

    wake: WakeWord
    second_opinion: SecondOpinion | None
    vad: VoiceActivity
    stt: SpeechToText
    understanding: Understanding
    home: Home
    tts: TextToSpeech
    cloud: Cloud = NO_CLOUD
    memory: Memory = NO_MEMORY
    wake_sensitivity: int = USUAL_SENSITIVITY
    other: Tongue | None = None
    """The language that is spoken here besides; None where there is only one."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the codes of the languages that are spoken here, one or two; the first is that of these stages."""
        return (self.understanding.language, *(() if self.other is None else (self.other.understanding.language,)))

    def in_language(self, code: str) -> Stages:
        """Return the same in this language; as they are where it is not spoken here, or nobody says which it is."""
        other = self.other
        if other is None or not is_same_language(code, other.understanding.language):
            return self
        mine = Tongue(understanding=self.understanding, tts=self.tts)
        return replace(self, understanding=other.understanding, tts=other.tts, other=mine)
