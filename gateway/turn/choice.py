"""Which reading of what was said is taken, and whether anything was said at all.

Small Whisper models invent words for noise, and the right words are often not the likeliest ones. So every hypothesis
is tried against the house, best first; and sounds that are no speech end in silence, never in an answer.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.events import Hypothesis, Intent, IntentRecognized, Recognition
from gateway.suggestions import Replacement
from gateway.turn.endpoint import Standing
from gateway.turn.words import is_loop, plain_words

NO_SPEECH_PROBABILITY = 0.6
"""Whisper's own threshold."""
NOISE_SCORE = -0.6
"""Noise that Whisper itself takes for noise scores below this; speech above, whatever it takes it for."""
LOWEST_ACTED_SCORE = -2.0
"""A reading less likely than this is never acted on, even where it means something here."""
LOWEST_ANSWERED_SCORE = -0.75
"""Words that mean nothing here are answered ("sorry …") only from here on: below are babble, music and mumbling."""
LEAST_OF_WORDS = 2 / 3
"""A reading with fewer of the words of the likeliest one leaves out what was said: the second of two commands."""
AS_LIKELY = 0.15
"""So much less a reading may score to be taken in place of one in which more may be any words."""
MOST_READINGS = 10
"""Further ones are hardly ever what was said, and each costs the home a look."""
LONGEST_ASKED_WORDS = 24
"""Nobody asks for something in more words: who speaks on and says nothing that can be done here, speaks to others."""
INVENTIONS = frozenset(
    {
        "you", "thank you", "thank you very much", "thank you so much", "thanks for watching", "thank you for watching",
        "bye", "bye bye", "okay", "oh", "hmm", "mmm", "uh", "ah", "so", "the", "subtitles by the amara org community",
        "please subscribe", "music", "applause", "blank audio", "silence", "laughter", "foreign",
    }
)  # fmt: skip
"""What Whisper, trained on videos, writes for silence and noise."""

GREETING = "HassRespond"
"""The intent of what is only answered."""
NOISE = "noise"
"""Why nothing is said: what was heard was no speech, or not said to us."""
NO_WORDS = "no_words"
"""Why nothing is said: nobody spoke, or only what Whisper invents was heard."""

type Match = Callable[[str], Awaitable[Intent | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What may have been meant."""

    intent: Intent
    replaced: tuple[Replacement, ...] = ()
    """What its sentence has in place of what was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was heard, and what was made of it."""

    recognition: Recognition
    heard: Hypothesis | None
    """The likeliest reading; none where nothing was said."""
    used: Hypothesis | None = None
    """The reading that means something here."""
    intent: Intent | None = None
    replaced: tuple[Replacement, ...] = ()
    """What that reading has in place of what was heard, where it is none of recognition's own."""
    asked: tuple[Meaning, ...] = ()
    """What is to be asked about, as it may have been meant; `intent` is None then."""
    is_answered: bool = False
    """Whether that was asked, and `intent` is the answer."""
    is_nearest: bool = False
    """Whether others spoke as well, and only what was said nearest counts."""
    standing: Standing = Standing.UNKNOWN
    """Whether it is all that somebody wants to say, as far as anybody has looked."""

    def recognized(self, intent: Intent, *, t_ms: int) -> IntentRecognized:
        """Return what is told of it, `t_ms` after the turn began, where `intent` was understood."""
        return IntentRecognized(
            t_ms=t_ms,
            name=intent.name,
            slots=intent.slots,
            heard="" if self.heard is None else self.heard.text,
            used=intent.text,
            rule_ids=intent.rule_ids,
            replaced=self.replaced,
            is_asked=self.is_answered,
            is_nearest=self.is_nearest,
        )

    @property
    def best(self) -> Hypothesis | None:
        """The reading that means something here, or else the likeliest; none where nothing was said."""
        return self.used or self.heard

    @property
    def likeliest(self) -> tuple[Hypothesis, ...]:
        """The readings that may be acted on, likeliest first; none where nothing was said."""
        if self.heard is None:
            return ()
        return tuple(hypothesis for hypothesis in self.recognition.hypotheses if _is_acceptable(hypothesis))

    @property
    def readings(self) -> tuple[str, ...]:
        """What may have been said: the reading that means something here first, then the others, likeliest first."""
        used = () if self.used is None else (self.used,)
        return tuple(dict.fromkeys(hypothesis.text for hypothesis in (*used, *self.likeliest)))[:MOST_READINGS]

    @property
    def silence_reason(self) -> str | None:
        """Why nothing is to be said: `NOISE` or `NO_WORDS`; None where something was understood or must be answered."""
        if self.intent is not None or self.asked:
            return None
        if self.heard is None or is_invention(self.heard.text):
            return NO_WORDS
        is_noise = self.heard.score < LOWEST_ANSWERED_SCORE or is_loop(plain_words(self.heard.text))
        return NOISE if is_noise else None

    @property
    def is_talk(self) -> bool:
        """Whether it means nothing here and is too long to have been said to us: a conversation, a television."""
        return (
            self.intent is None and self.heard is not None and len(plain_words(self.heard.text)) > LONGEST_ASKED_WORDS
        )


async def choose(recognition: Recognition, match: Match) -> Choice:
    """Return the likeliest hypothesis that means something here, or what was heard where none does."""
    hypotheses = recognition.hypotheses
    if not hypotheses or is_noise(recognition):
        return Choice(recognition=recognition, heard=None)
    heard = hypotheses[0]
    fewest_words = LEAST_OF_WORDS * len(plain_words(heard.text))
    used: tuple[Hypothesis, Intent] | None = None
    for hypothesis in hypotheses:
        if used is not None and hypothesis.score < used[0].score - AS_LIKELY:
            break
        if not _is_acceptable(hypothesis) or is_number_alone(hypothesis.text):
            continue
        if len(plain_words(hypothesis.text)) < fewest_words:
            continue
        intent = await match(hypothesis.text)
        if intent is None or _is_babble(intent, hypothesis.text):
            continue
        if used is None or _says_more(intent, used[1]):
            used = hypothesis, intent
        if not intent.any_words:
            break
    if used is None:
        return Choice(recognition=recognition, heard=heard)
    return Choice(recognition=recognition, heard=heard, used=used[0], intent=used[1])


def is_noise(recognition: Recognition) -> bool:
    """Tell whether Whisper itself doubts that this is speech."""
    return recognition.no_speech_probability > NO_SPEECH_PROBABILITY and recognition.hypotheses[0].score < NOISE_SCORE


def is_invention(text: str) -> bool:
    """Tell whether these are words that Whisper writes where nobody spoke."""
    words = plain_words(text)
    said = " ".join(words)
    return not words or said in INVENTIONS or (len(words) > 1 and len(set(words)) == 1 and words[0] in INVENTIONS)


def is_number_alone(text: str) -> bool:
    """Tell whether there is nothing but a number: German sets a thermostat to it, and mumbling is heard as one."""
    return not any(letter.isalpha() for letter in text)


def _says_more(intent: Intent, other: Intent) -> bool:
    """Tell whether less of it may be any words, and it says all the more: "artist Queen", not "the R's Queen"."""
    return intent.name == other.name and intent.any_words < other.any_words and set(intent.slots) > set(other.slots)


def _is_babble(intent: Intent, text: str) -> bool:
    """Tell whether it is no more than "hello, hello, hello"; who says "stop" that often wants it."""
    return intent.name == GREETING and is_loop(plain_words(text))


def _is_acceptable(hypothesis: Hypothesis) -> bool:
    return hypothesis.score >= LOWEST_ACTED_SCORE and not is_invention(hypothesis.text)
