"""Which sentences are said in `bench understand`, and in which houses: a manifest's, and Home Assistant's tests'."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.gold import Source
from bench.manifest import Recording, chosen, read_manifest
from bench.options import Options, shared_folder, usual_manifest
from bench.understand_clips import KINDS, Material, of_recordings, of_sentences
from bench.understand_house import reference_house, reference_sentences
from gateway.assembly import Assembly
from gateway.errors import ConfigError
from gateway.house import House

COMMAND: Final = "command"
MOST_SENTENCES: Final = 560
"""Of Home Assistant's tests; all of them would take twice as long."""
NEGATIVES: Final = tuple(kind for kinds in KINDS.values() for kind in kinds)
"""Sounds that nobody makes for us; they are also what is mixed in as noise."""
TO_US: Final = ("command_oov", "speech")
"""What somebody says that is no command to this house: one that means nothing here, and read sentences."""


def tests_folder() -> Path:
    """Return where Home Assistant's intent tests lie."""
    return shared_folder() / "text" / "ha_intents"


def materials(options: Options, house: House, recordings: Sequence[Recording]) -> Iterator[Material]:
    """Yield what is said, and where: in `house` the manifest's commands; and usually the tests' in theirs.

    Raises ConfigError, HouseError.
    """
    with closing(Assembly(options.config_in_house)) as assembly:
        place = assembly.place(house)
    if place.area_id is None:
        raise ConfigError(f"{options.house}: say in which of its areas the satellite stands (--area)")
    yield Material(
        source=Source.RECORDINGS,
        house=house,
        area_id=place.area_id,
        said=of_recordings(chosen(recordings, COMMAND, language=options.language)),
        is_frozen=options.is_usual,
    )
    if options.is_usual:
        yield _of_tests()


def shares(every: Sequence[Material], most: int | None) -> Callable[[Material], int | None]:
    """Return what tells how many clips each material is to give, where there are to be no more than `most`."""
    count = sum(len(material.said) for material in every)
    return lambda material: None if most is None else round(most * len(material.said) / max(count, 1))


def other_sounds(recordings: Sequence[Recording], options: Options) -> tuple[Recording, ...]:
    """Return what is no command, of each kind from its beginning where not all are to be heard."""
    to_us = chosen(recordings, *TO_US, language=options.language)
    most = options.most_clips
    kinds = [to_us, *(chosen(recordings, kind) for kind in NEGATIVES)]
    return tuple(one for kind in kinds for one in (kind if most is None else kind[:most]))


def with_surroundings(recordings: Sequence[Recording]) -> Sequence[Recording]:
    """Return recordings that have noises and rooms among them; the shared ones where these have none."""
    if chosen(recordings, *NEGATIVES) or not usual_manifest().exists():
        return recordings
    return read_manifest(usual_manifest())


def _of_tests() -> Material:
    house = reference_house(tests_folder())
    return Material(
        source=Source.SENTENCES,
        house=house,
        area_id=house.areas[0].id,
        said=of_sentences(list(reference_sentences(tests_folder()))[:MOST_SENTENCES]),
        is_frozen=True,
    )
