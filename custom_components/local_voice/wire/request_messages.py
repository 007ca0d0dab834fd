"""What is asked of the gateway: hear, find a wake word, speak, understand, announce, be set up."""

from dataclasses import field
from typing import Annotated

from .codec import Between, Message, Words
from .wire_types import Count, Few, Id, Ids, Milliseconds, Name, Percent, RateHz, RequestId, SoundBytes, Text

# Requests to the engines


class Recognize(Message):
    """Write down what is said in the sound that follows (16 kHz mono s16le)."""

    id: RequestId
    language: Name = ""
    wake_tail_ms: Milliseconds = 0
    """How much at the beginning may still be the wake word (`detected`)."""
    conversation_id: Name = ""
    """Of the `converse` that what is recognised will be said in: both are remembered as one turn."""


class Recognized(Message):
    """The words, none for silence and noise."""

    id: RequestId
    text: Text = ""
    error: Name = ""
    message: Text = ""


class Detect(Message):
    """Find one of these wake words (none named: any) in the sound that follows (16 kHz mono s16le)."""

    id: RequestId
    wake_words: Few = ()


class Detected(Message):
    """It was said, or the sound has ended without it."""

    id: RequestId
    wake_word: Name = ""
    """Which; empty where none was."""
    heard_ms: Count = 0
    """How much of the sound the gateway had heard by then."""
    lead_in_ms: Milliseconds = 0
    """How much of that, at its end, belongs to what is said after the wake word."""
    tail_ms: Milliseconds = 0
    """How much of the lead-in may still be the wake word itself."""
    error: Name = ""
    message: Text = ""


class Speak(Message):
    """Say this text, or the beginning of one where there is `more`; answered with `speaking`, sound, `spoken`."""

    id: RequestId
    text: Text = ""
    language: Name = ""
    voice: Name = ""
    more: bool = False


class SpeakMore(Message):
    """The next piece of a text that has `more`."""

    id: RequestId
    text: Text = ""
    more: bool = False


class Speaking(Message):
    """Mono s16le sound at `rate_hz` follows in frames of this id, as it is made."""

    id: RequestId
    rate_hz: RateHz


class Spoken(Message):
    """All of the sound was sent, or why not."""

    id: RequestId
    error: Name = ""
    message: Text = ""


class Converse(Message):
    """Understand these words, do what they ask for, answer."""

    id: RequestId
    text: Text
    language: Name = ""
    conversation_id: Name = ""
    """The same for a question back and its answer."""
    area_id: Name | None = None
    """Where it was said."""
    satellite_id: Name = ""
    """Our own id of the device that it was said at; empty where it was typed."""
    user_id: Name = ""
    """The Home Assistant user from whose own login it came; empty where nobody was logged in."""


class Conversed(Message):
    """The answer to `converse`."""

    id: RequestId
    speech: Text = ""
    outcome: Name = ""
    """`action`, `answer`, `not_understood`, `not_confirmed`, `never_mind`, `question` or `error`."""
    is_question: bool = False
    """An answer is waited for, under the same `conversation_id`."""
    error: Name = ""
    """Which of the language's error answers `speech` is (`no_entity` …); or why there is none."""
    message: Text = ""


class Forget(Message):
    """The answer to this request is not wanted any more; none comes."""

    id: RequestId


# Settings


class VoiceWords(Words):
    """A voice."""

    id: Id
    name: Name
    language: Name


class WakeWordWords(Words):
    """A wake word."""

    id: Id
    phrase: Name


class Offered(Message):
    """What is installed and in use."""

    language: Name
    stt_model: Name
    stt_models: Few
    voice: Name
    voices: Annotated[tuple[VoiceWords, ...], Between(0, 512)]
    wake_words: Few
    """Those that are listened for."""
    known_wake_words: Annotated[tuple[WakeWordWords, ...], Between(0, 64)]
    wake_sensitivity: Percent
    stt_fitness: Annotated[dict[Id, Name], Between(0, 64)] = field(default_factory=dict)
    """How well each of `stt_models` hears commands in `language`: `good`, `fair`, `weak` or `unmeasured`."""
    second_language: Name = ""
    """What is understood besides `language`; empty where that is nothing."""

    @property
    def languages(self) -> list[str]:
        """What is understood, one language or two."""
        return [self.language, *([self.second_language] if self.second_language else [])]


class ChangeSettings(Message):
    """Be set to this from now on; what is left out stays."""

    id: RequestId
    stt_model: Name | None = None
    voice: Name | None = None
    wake_words: Few | None = None
    wake_sensitivity: Percent | None = None


class SettingsChanged(Message):
    """It is so now, or why not."""

    id: RequestId
    error: Name = ""
    message: Text = ""


# Announcements


class Announce(Message):
    """Say `text`, or play the sound file whose `sound_bytes` follow in frames of this id; answered with `announced`."""

    id: RequestId
    text: Text = ""
    sound_bytes: SoundBytes = 0
    satellite_ids: Ids = ()
    then: Name = ""
    """`listen`: a turn without a wake word follows; `answer`: what is said is told (`answered`), not acted upon."""


class Announced(Message):
    """Where it will be heard, or why nowhere."""

    id: RequestId
    satellite_ids: Ids = ()
    error: Name = ""
    message: Text = ""


class AnnounceOver(Message):
    """It has been heard to its end, or somebody cut it short."""

    id: RequestId


class Answered(Message):
    """What was said to an announcement that waits for it; nothing for silence, or a satellite that went."""

    id: RequestId
    text: Text = ""
