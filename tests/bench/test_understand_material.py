from dataclasses import replace
from pathlib import Path

import pytest

from bench.gold import Source
from bench.manifest import Recording
from bench.options import Options, usual_house, usual_manifest
from bench.understand_clips import Group, Material, of_sentences
from bench.understand_material import MOST_SENTENCES, materials, other_sounds, shares, with_surroundings
from gateway.errors import ConfigError
from gateway.house import Area, House

HOUSE = House(name="home", areas=(Area(id="den", name="Den"),))
MINE = Options(manifest=Path("mine.csv"), house=Path("mine.yaml"), area="Den")


def recording(kind: str, name: str = "a.wav", language: str = "en", said: str = "on") -> Recording:
    return Recording(
        path=Path(name), name=name, kind=kind, language=language, label="", transcript=said, is_human=False
    )


def material(count: int) -> Material:
    said = of_sentences([str(number) for number in range(count)])
    return Material(source=Source.RECORDINGS, house=HOUSE, area_id="den", said=said, is_frozen=False)


def test_of_a_manifest_its_commands_in_the_houses_language_are_said_and_nothing_is_frozen() -> None:
    recordings = [recording("command"), recording("command", language="de"), recording("speech")]
    (only,) = materials(MINE, HOUSE, recordings)
    assert (only.area_id, only.is_frozen, [one.group for one in only.said]) == ("den", False, [Group.SYNTHETIC])
    (german,) = materials(replace(MINE, language="de"), HOUSE, recordings)
    assert len(german.said) == 1


@pytest.mark.parametrize("area", ["", "Attic"])
def test_where_the_satellite_stands_must_be_known(area: str) -> None:
    with pytest.raises(ConfigError, match="area"):
        list(materials(replace(MINE, area=area), HOUSE, []))


def test_usually_sentences_of_home_assistants_tests_are_said_as_well() -> None:
    options = Options(manifest=usual_manifest(), house=usual_house(), area="Den")
    if not options.house.exists():
        pytest.skip("needs the shared sentences")
    recordings, sentences = materials(options, HOUSE, [])
    assert recordings.is_frozen
    assert sentences.is_frozen
    assert len(sentences.said) == MOST_SENTENCES
    assert sentences.house.areas[0].id == sentences.area_id


def test_what_is_to_be_heard_at_the_most_is_shared_out() -> None:
    every = [material(30), material(10)]
    assert [shares(every, 8)(one) for one in every] == [6, 2]
    assert [shares(every, None)(one) for one in every] == [None, None]


def test_other_sounds_are_what_is_no_command_in_this_language_and_all_noise() -> None:
    recordings = [
        recording("command"),
        recording("command_oov"),
        recording("speech"),
        recording("speech", language="de"),
        recording("negative_noise", "1.wav", language=""),
        recording("negative_noise", "2.wav", language=""),
        recording("negative_speech", language="es"),
        recording("wake_other"),
    ]
    assert [one.kind for one in other_sounds(recordings, MINE)] == [
        *("command_oov", "speech", "negative_noise", "negative_noise", "negative_speech")
    ]
    few = other_sounds(recordings, replace(MINE, most_clips=1))
    assert [one.kind for one in few] == ["command_oov", "negative_noise", "negative_speech"]


def test_a_manifest_with_noise_is_its_own_surroundings() -> None:
    recordings = [recording("negative_music")]
    assert with_surroundings(recordings) is recordings
    if usual_manifest().exists():
        assert len(with_surroundings([recording("command")])) > 1
