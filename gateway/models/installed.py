"""What of the installed models can be chosen: Whisper models, Piper voices, wake words. Loads none."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.errors import ModelError
from gateway.languages import is_same_language
from gateway.models.registry import Kind, Model
from gateway.models.store import ModelStore
from gateway.offer import Voice, WakeWordModel

MAX_DESCRIPTION_BYTES = 1024 * 1024
"""A Piper voice's JSON with its phonemes has 5 kB, with those of Chinese 200."""
MANY = "*"
"""A model of many languages."""
UNKNOWN = "und"
"""BCP 47 for a language that nobody has said."""

_LOG = logging.getLogger(__name__)


def stt_models(store: ModelStore, *languages: str) -> tuple[str, ...]:
    """Return the Whisper models that hear all of `languages`."""
    return tuple(
        model.name
        for model, _ in _installed(store, Kind.STT)
        if all(may_hear(model, language) for language in languages)
    )


def piper_voices(store: ModelStore) -> tuple[Voice, ...]:
    """Return the Piper voices."""
    return tuple(_voice(model, path) for model, path in _installed(store, Kind.TTS))


def wake_words(store: ModelStore) -> tuple[WakeWordModel, ...]:
    """Return the wake words that a first model listens for."""
    return tuple(
        WakeWordModel(id=model.name, phrase=_phrase(model, path)) for model, path in _installed(store, Kind.WAKE)
    )


def _installed(store: ModelStore, kind: Kind) -> Iterator[tuple[Model, Path]]:
    """Yield each model of this kind with its folder; where a manifest is damaged, only the registry's."""
    try:
        models = store.models(kind)
    except ModelError as error:
        _LOG.warning("models of your own are not offered: %s", error)
        models = tuple(model for model in store.registry if model.kind is kind)
    for model in models:
        path = store.locate(model)
        if path is not None:
            yield model, path


def may_hear(model: Model, language: str) -> bool:
    """Tell whether a model hears `language`; one that does not say what it hears may."""
    known = model.languages or (MANY,)
    return MANY in known or any(is_same_language(language, one) for one in known)


def _voice(model: Model, path: Path) -> Voice:
    described = _described(path, ".onnx.json", model)
    language = _text(described.get("language"), "code") or next(iter(model.languages), UNKNOWN)
    speaker, quality = _text(described, "dataset"), _text(described.get("audio"), "quality")
    name = speaker.replace("_", " ").title() or model.name
    return Voice(id=model.name, name=f"{name} ({quality})" if quality else name, language=language.replace("_", "-"))


def _phrase(model: Model, path: Path) -> str:
    return _text(_described(path, ".json", model), "wake_word") or model.name.replace("_", " ").title()


def _described(path: Path, ending: str, model: Model) -> dict[str, Any]:
    """Return what the model's own JSON says of it; nothing where it cannot be read."""
    try:
        name = next(file.name for file in model.files if file.name.endswith(ending))
        with (path / name).open("rb") as file:
            described = json.loads(file.read(MAX_DESCRIPTION_BYTES))
    except OSError, ValueError, StopIteration:
        return {}
    return described if isinstance(described, dict) else {}


def _text(values: object, name: str) -> str:
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, str) else ""
