"""Which sentences are said in `bench understand`, and in which houses: a manifest's, and Home Assistant's tests'."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.gold import Source
from bench.manifest import Recording, chosen
from bench.options import Options, shared_folder
from bench.understand_clips import Material, of_recordings, of_sentences
from bench.understand_house import reference_house, reference_sentences
from gateway.assembly import Assembly
from gateway.errors import ConfigError
from gateway.house import House

COMMAND: Final = "command"
MOST_SENTENCES: Final = 560
"""Of Home Assistant's tests; all of them would take twice as long."""


def tests_folder() -> Path:
    """Return where Home Assistant's intent tests lie."""
    return shared_folder() / "text" / "ha_intents"


def materials(options: Options, house: House, recordings: Sequence[Recording]) -> Iterator[Material]:
    """Yield what is said, and where: in `house` the manifest's commands; and usually the tests' in theirs.

    Raises ConfigError, HouseError.
    """
    place = Assembly(options.config_in_house).place(house)
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


def _of_tests() -> Material:
    house = reference_house(tests_folder())
    return Material(
        source=Source.SENTENCES,
        house=house,
        area_id=house.areas[0].id,
        said=of_sentences(list(reference_sentences(tests_folder()))[:MOST_SENTENCES]),
        is_frozen=True,
    )
