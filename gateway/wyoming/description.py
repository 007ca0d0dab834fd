"""What the Wyoming server says of itself when it is asked to `describe`."""

from typing import Final, TypedDict

from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    IntentModel,
    IntentProgram,
    TtsProgram,
    TtsVoice,
    WakeModel,
    WakeProgram,
)

from gateway.wyoming.services import Names

NAME: Final = "local-voice"


class _Artifact(TypedDict):
    """What every program and model has."""

    name: str
    attribution: Attribution
    installed: bool
    description: str
    version: str


def info(names: Names) -> Info:
    """Return the answer to `describe`: one program of each kind, with the models that are loaded."""
    version, languages = names.version, [names.language]
    stt = AsrModel(**_artifact(names.stt_model, names.stt_model, version), languages=languages)
    voice = TtsVoice(**_artifact(names.voice, names.voice, version), languages=[names.voice_language])
    wake_words = [
        WakeModel(**_artifact(word, _phrase(word), version), languages=languages, phrase=_phrase(word))
        for word in names.wake_words
    ]
    sentences = IntentModel(**_artifact("sentences", "Home Assistant's sentences", version), languages=languages)
    house = HandleModel(**_artifact("house", "Acts; what is protected is refused", version), languages=languages)
    return Info(
        asr=[AsrProgram(**_artifact(NAME, "Speech to text", version), models=[stt])],
        tts=[
            TtsProgram(**_artifact(NAME, "Text to speech", version), voices=[voice], supports_synthesize_streaming=True)
        ],
        wake=[WakeProgram(**_artifact(NAME, "Wake words", version), models=wake_words)],
        intent=[IntentProgram(**_artifact(NAME, "Sentences about the house", version), models=[sentences])],
        handle=[
            HandleProgram(
                **_artifact(NAME, "Commands to the house", version), models=[house], supports_home_control=True
            )
        ],
    )


def _artifact(name: str, description: str, version: str) -> _Artifact:
    return _Artifact(
        name=name,
        attribution=Attribution(name="Local Voice", url=""),
        installed=True,
        description=description,
        version=version,
    )


def _phrase(word: str) -> str:
    return word.replace("_", " ").title()
