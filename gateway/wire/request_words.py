"""What a home asks of the gateway's engines on the voice port: hear, find a wake word, speak, understand, be set up.

A request has an `id` that the home chooses, and is answered under it, once. Its sound travels in binary frames that
begin with that id (`streams`); `docs/protocol.md` describes each.
"""

from typing import Annotated, Final

import msgspec

from gateway.wire.messages import Count, Id, Message, Name, Text

type RequestId = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
type Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
type Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
type Few = Annotated[tuple[Id, ...], msgspec.Meta(max_length=64)]


class Recognize(Message, frozen=True, tag="recognize"):
    """Write down what is said in the sound that follows (16 kHz mono s16le). The gateway finds its end by itself."""

    id: RequestId
    language: Name = ""
    wake_tail_ms: Milliseconds = 0
    """How much at the beginning may still be the wake word (`detected`)."""
    conversation_id: Name = ""
    """Of the `converse` that what is recognised will be said in: both are remembered as one turn."""


class Recognized(Message, frozen=True, tag="recognized"):
    """The answer to `recognize`: the words, none for silence and noise. Sound that is on its way is passed over."""

    id: RequestId
    text: Text = ""
    error: Name = ""
    message: Text = ""


class Detect(Message, frozen=True, tag="detect"):
    """Find one of these wake words (none named: any) in the sound that follows (16 kHz mono s16le)."""

    id: RequestId
    wake_words: Few = ()


class Detected(Message, frozen=True, tag="detected"):
    """The answer to `detect`, when it was said or the sound has ended without it."""

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


class Speak(Message, frozen=True, tag="speak"):
    """Say this text, or the beginning of one where there is `more`; answered with `speaking`, sound, `spoken`."""

    id: RequestId
    text: Text = ""
    language: Name = ""
    voice: Name = ""
    more: bool = False


class SpeakMore(Message, frozen=True, tag="speak_more"):
    """The next piece of a text that has `more`."""

    id: RequestId
    text: Text = ""
    more: bool = False


class Speaking(Message, frozen=True, tag="speaking"):
    """Mono s16le sound at `rate_hz` follows in frames of this id, as it is made."""

    id: RequestId
    rate_hz: Annotated[int, msgspec.Meta(ge=8_000, le=48_000)]


class Spoken(Message, frozen=True, tag="spoken"):
    """All of the sound was sent, or why not."""

    id: RequestId
    error: Name = ""
    message: Text = ""


class Converse(Message, frozen=True, tag="converse"):
    """Understand these words, do what they ask for, answer. What is to be done is asked of this same home."""

    id: RequestId
    text: Text
    language: Name = ""
    conversation_id: Name = ""
    """The same for a question back and its answer."""
    area_id: Name | None = None
    """Where it was said."""
    satellite_id: Name = ""
    """The home's own id of the device that it was said at; empty where it was typed."""
    user_id: Name = ""
    """The Home Assistant user from whose own login it came; empty where nobody was logged in."""


class Conversed(Message, frozen=True, tag="conversed"):
    """The answer to `converse`."""

    id: RequestId
    speech: Text = ""
    outcome: Name = ""
    """`action`, `answer`, `not_understood`, `not_confirmed`, `never_mind`, `question`, `consent_asked`, `forgotten` or
    `error`."""
    is_question: bool = False
    """An answer is waited for, under the same `conversation_id`."""
    error: Name = ""
    """Which of the language's error answers `speech` is (`no_entity` …); or why there is none."""
    message: Text = ""


class Forget(Message, frozen=True, tag="forget"):
    """The answer to this request is not wanted any more; none comes."""

    id: RequestId


# Settings


class VoiceWords(msgspec.Struct, frozen=True, kw_only=True):
    """A voice (`offer.Voice`)."""

    id: Id
    name: Name
    language: Name


class WakeWordWords(msgspec.Struct, frozen=True, kw_only=True):
    """A wake word (`offer.WakeWordModel`)."""

    id: Id
    phrase: Name


class Offered(Message, frozen=True, tag="offered"):
    """To `home`: what is installed and in use (`offer.Offer`). Sent at the beginning, and when it is different."""

    language: Name
    stt_model: Name
    stt_models: Few
    voice: Name
    voices: Annotated[tuple[VoiceWords, ...], msgspec.Meta(max_length=512)]
    wake_words: Few
    """Those that are listened for."""
    known_wake_words: Annotated[tuple[WakeWordWords, ...], msgspec.Meta(max_length=64)]
    wake_sensitivity: Percent
    stt_fitness: Annotated[dict[Id, Name], msgspec.Meta(max_length=64)] = msgspec.field(default_factory=dict)
    """How well each of `stt_models` hears commands in `language` (`offer.Fitness`)."""
    second_language: Name = ""
    """What is understood besides `language`; empty where that is nothing."""


class ChangeSettings(Message, frozen=True, tag="change_settings"):
    """Be set to this from now on; what is left out stays. Answered with `settings_changed`; `offered` comes before."""

    id: RequestId
    stt_model: Name | None = None
    voice: Name | None = None
    wake_words: Few | None = None
    wake_sensitivity: Percent | None = None


class SettingsChanged(Message, frozen=True, tag="settings_changed"):
    """The answer to `change_settings`: it is so now, or why not."""

    id: RequestId
    error: Name = ""
    message: Text = ""


QUESTIONS: Final = (Recognize, Detect, Speak, SpeakMore, Converse, Forget, ChangeSettings)
"""What a home may say of its requests."""
ANSWERS: Final = (Recognized, Detected, Speaking, Spoken, Conversed, SettingsChanged)
