"""Puts a model into the person's folder: joined or copied from packages, from files, or downloaded where they say so.

A model is there whole or not at all: it is made aside, compared with its hashes, and only then moved to its place.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gateway.errors import ModelError
from gateway.models.registry import Kind, Model, ModelFile, check_name, write_manifest
from gateway.models.sources import matched, offered_by, packaged
from gateway.models.store import HASH_SHOWN, ModelDirectory, ModelStore
from gateway.models.transfer import HTTPS, MAX_FILE_BYTES, Progress, Source, write

type BeforeDownload = Callable[[str, str], None]
"""Told the name of a model, and the host that it is about to be fetched from."""

ASIDE = ".adding-"
FOLDER_MODE, FILE_MODE = 0o755, 0o644
"""Models are public, and the process that hears reads them as a user of its own: whatever the umask, everybody may."""
NEEDED: dict[Kind, tuple[str, ...]] = {
    # Without its tokenizer.json a Whisper model is completed from a hub by its library: never here.
    Kind.STT: (r"model\.bin", r"config\.json", r"tokenizer\.json", r"vocabulary\.(txt|json)"),
    Kind.TTS: (r".+\.onnx", r".+\.onnx\.json"),
    Kind.WAKE: (r".+\.json", r".+\.tflite"),
    Kind.WAKE_SECOND: (r"(?!melspec|embedding).+\.tflite", r"melspectrogram\.tflite", r"embedding_model\.tflite"),
    Kind.VAD: (r".+\.bin",),
}
"""What the files of each kind are called; of the first, which engines open, there is one."""
FILES_OF: dict[Kind, str] = {
    Kind.STT: "a CTranslate2 folder: model.bin, config.json, tokenizer.json, vocabulary.txt or vocabulary.json",
    Kind.TTS: "one Piper voice: NAME.onnx, NAME.onnx.json",
    Kind.WAKE: "one microWakeWord: NAME.json, NAME.tflite",
    Kind.WAKE_SECOND: "one openWakeWord: NAME.tflite, with melspectrogram.tflite and embedding_model.tflite",
    Kind.VAD: "one Silero VAD: NAME.bin",
}
"""The same for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What a person asks to have added."""

    name: str
    sources: tuple[str, ...] = ()
    """Files, folders and `https://` addresses (one that ends in `/` stands for a folder); none means the packages."""
    sha256: tuple[str, ...] = ()
    """For a model that the registry does not know: the hash of each address, in the same order."""
    kind: Kind | None = None
    languages: tuple[str, ...] = ()
    licence: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One file that is to be made, and what is known of it before."""

    name: str
    sources: tuple[Source, ...]
    bytes: int | None = None
    sha256: str | None = None


def add(
    store: ModelStore, addition: Addition, progress: Progress, before_download: BeforeDownload = lambda *_: None
) -> ModelDirectory:
    """Add the model to the store's folder, in place of one of that name, and return where it lies.

    `before_download` is told the model and each host before anything is fetched; nothing is done where it raises.
    Raises ModelError, with nothing changed, where a source is missing or is not what it should be.
    """
    check_name(addition.name)
    model = next((model for model in store.registry if model.name == addition.name), None)
    wanted = _of_registered(model, addition) if model else _of_own(store, addition)
    with _aside(store.folder) as aside:
        made = aside / "new"
        made.mkdir()
        for host in _hosts(wanted):
            before_download(addition.name, host)
        files = tuple(_made(made, file, progress) for file in wanted)
        if model is None:
            model = _own(addition, files)
            write_manifest(made, model)
        _let_all_read(made)
        _move_into_place(made, store.folder / model.name, aside)
    return ModelDirectory(model=model, path=store.folder / model.name)


def make_models_folder(folder: Path) -> None:
    """Make the folder of all models where it is missing, so that every user may read it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_mode & FOLDER_MODE != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)


def _of_registered(model: Model, addition: Addition) -> list[_Wanted]:
    sources = matched(model, addition.sources) if addition.sources else packaged(model)
    return [
        _Wanted(name=file.name, sources=sources[file.name], bytes=file.bytes, sha256=file.sha256)
        for file in model.files
    ]


def _of_own(store: ModelStore, addition: Addition) -> list[_Wanted]:
    if not addition.sources:
        store.model(addition.name)  # says which there are
        raise ModelError(f"{addition.name} is a model of your own; say where to take it from: --from FILE_OR_ADDRESS")
    if addition.kind is None:
        kinds = ", ".join(Kind)
        raise ModelError(f"{addition.name} is not in the registry, so say what it is for: --kind, one of {kinds}")
    offered, folders = offered_by(addition.sources)
    addresses = [name for name, source in offered.items() if isinstance(source, str)]
    if folders or len(addition.sha256) != len(addresses):
        raise ModelError(
            f"{addition.name} is not in the registry, so each address must be of one file and have its --sha256, "
            "in the same order"
        )
    hashes = dict(zip(addresses, addition.sha256, strict=True))
    return [
        _Wanted(name=name, sources=(offered[name],), sha256=hashes.get(name))
        for name in _in_order(addition.name, addition.kind, list(offered))
    ]


def _hosts(wanted: list[_Wanted]) -> list[str]:
    addresses = {source for file in wanted for source in file.sources if isinstance(source, str)}
    return sorted({urlsplit(address).hostname or "" for address in addresses if address.startswith(HTTPS)})


def _own(addition: Addition, files: tuple[ModelFile, ...]) -> Model:
    return Model(
        name=addition.name,
        kind=addition.kind or Kind.STT,
        files=files,
        languages=addition.languages,
        licence=addition.licence,
    )


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Make a folder for half-made things next to the models; only one program at a time, and nothing is left behind."""
    try:
        make_models_folder(folder)
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ModelError(f"{folder}: no models can be kept there ({error.strerror})") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for leftover in folder.glob(f"{ASIDE}*"):  # of a program that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=ASIDE, dir=folder) as aside:
            yield Path(aside)
    except BlockingIOError as error:
        raise ModelError(f"{folder}: another program is adding a model; try again when it is done") from error
    except OSError as error:
        raise ModelError(f"{folder}: cannot be written ({error.strerror})") from error
    finally:
        os.close(lock)


def _in_order(name: str, kind: Kind, files: list[str]) -> list[str]:
    """Return `files`, the one that engines open first. Raises ModelError where a file of that kind is missing."""
    main, *others = ([file for file in files if re.fullmatch(pattern, file)] for pattern in NEEDED[kind])
    if len(main) != 1 or not all(others):
        raise ModelError(f"{name}: a model for {kind} is {FILES_OF[kind]}; found: {', '.join(files) or 'nothing'}")
    return main + [file for file in files if file not in main]


def _made(folder: Path, wanted: _Wanted, progress: Progress) -> ModelFile:
    source = str(wanted.sources[0])
    size_bytes, sha256 = write(folder / wanted.name, wanted.sources, wanted.bytes or MAX_FILE_BYTES, progress)
    if wanted.bytes not in (None, size_bytes):
        raise ModelError(f"{source}: it has {size_bytes} bytes and should have {wanted.bytes}; nothing was added")
    if wanted.sha256 is not None and sha256 != wanted.sha256.lower():
        raise ModelError(
            f"{source}: its SHA-256 is {sha256[:HASH_SHOWN]}… and should be {wanted.sha256[:HASH_SHOWN].lower()}…; "
            "nothing was added"
        )
    return ModelFile(name=wanted.name, bytes=size_bytes, sha256=sha256)


def _let_all_read(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(FILE_MODE)
    folder.chmod(FOLDER_MODE)


def _move_into_place(made: Path, place: Path, aside: Path) -> None:
    if place.exists():
        place.rename(aside / "old")
    made.rename(place)
