from dataclasses import replace

import pytest

from gateway.home import media
from gateway.home.effects import changed
from gateway.home.titles import CATALOGUE
from gateway.house import AttributeValue
from tests.gateway.home.rooms import HOUSE, entity, situation

BOTH_PLAYING = replace(
    HOUSE, entities=(entity("media_player.kitchen"), changed(entity("media_player.bedroom"), "playing"))
)


def test_pausing_pauses_what_plays() -> None:
    effect = media.pause(situation({"area": "Kitchen"}))
    assert [(one.id, one.state) for one in effect.matched] == [("media_player.kitchen", "paused")]


def test_what_does_not_play_cannot_be_paused() -> None:
    effect = media.pause(situation({"name": "TV"}))
    assert (effect.error, effect.error_slots) == ("entity_wrong_state", {"state": "playing"})


def test_resuming_goes_on_with_what_was_paused_by_voice() -> None:
    everything = frozenset({"media_player.bedroom"})
    resumed = media.resume(situation({}, last_paused=everything))
    assert [one.id for one in resumed.matched] == ["media_player.bedroom"]


@pytest.mark.parametrize(
    ("slots", "ids"),
    [
        ({}, ["media_player.kitchen"]),
        ({"name": "TV"}, ["media_player.bedroom"]),
        ({"area": "Bedroom"}, ["media_player.bedroom"]),
    ],
)
def test_resuming_without_memory_takes_what_is_not_off(slots: dict[str, AttributeValue], ids: list[str]) -> None:
    assert [one.id for one in media.resume(situation(slots)).matched] == ids
    assert media.resume(situation({"area": "Attic"})).error == "no_domain_in_area"


def test_skipping_goes_through_the_catalogue_and_round() -> None:
    tracks = [title.title for title in CATALOGUE if title.media_class == "track"]
    ahead = media.skip(situation({"name": "Radio"})).matched[0]
    back = media.go_back(situation({"name": "Radio"})).matched[0]
    assert ahead.attributes["media_title"] == tracks[1]
    assert back.attributes["media_title"] == tracks[-1]


def test_skipping_what_is_not_in_the_catalogue_begins_it() -> None:
    house = replace(HOUSE, entities=(changed(entity("media_player.kitchen"), media_title="News"),))
    assert media.skip(situation({}, house=house)).matched[0].attributes["media_title"] == CATALOGUE[0].title


def test_there_is_nothing_to_skip_to_in_an_empty_catalogue() -> None:
    assert media.skip(replace(situation({"name": "Radio"}), catalogue=())).error == "feature_not_supported"


def test_the_volume_is_set_in_percent() -> None:
    player = media.set_volume(situation({"name": "Radio", "volume_level": 35})).matched[0]
    assert player.attributes["volume_level"] == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("name", "step", "level"),
    [("Radio", "up", 0.6), ("Radio", "down", 0.4), ("Radio", -20, 0.3), ("TV", "up", 1.0)],
)
def test_the_volume_changes_by_a_step_or_by_points_and_stays_in_its_range(
    name: str, step: AttributeValue, level: float
) -> None:
    player = media.change_volume(situation({"name": name, "volume_step": step})).matched[0]
    assert player.attributes["volume_level"] == pytest.approx(level)


def test_of_several_players_only_those_that_play_get_louder() -> None:
    effect = media.change_volume(situation({"volume_step": "up"}))
    assert [one.id for one in effect.matched] == ["media_player.kitchen"]
    both = media.change_volume(situation({"volume_step": "up"}, house=BOTH_PLAYING))
    assert len(both.matched) == 2
    silent = replace(HOUSE, entities=tuple(changed(one, "off") for one in BOTH_PLAYING.entities))
    assert media.change_volume(situation({"volume_step": "up"}, house=silent)).error == "entity_wrong_state"
    assert media.change_volume(situation({"area": "Attic", "volume_step": "up"})).error == "no_domain_in_area"


def test_muting_and_unmuting() -> None:
    assert media.mute(situation({"name": "Radio"})).matched[0].attributes["is_volume_muted"] is True
    assert media.unmute(situation({"name": "Radio"})).matched[0].attributes["is_volume_muted"] is False


@pytest.mark.parametrize(
    ("slots", "title"),
    [
        ({"search_query": "northern light"}, "Northern Light"),
        ({"search_query": "riverside trio", "media_class": "track"}, "Blue Afternoon"),
        ({"search_query": "jazz", "media_class": "playlist"}, "Dinner Jazz"),
    ],
)
def test_what_is_found_is_played(slots: dict[str, AttributeValue], title: str) -> None:
    effect = media.search_and_play(situation({"name": "TV", **slots}))
    assert effect.matched[0].state == "playing"
    assert effect.matched[0].attributes["media_title"] == title
    assert effect.speech_slots["media"]


@pytest.mark.parametrize("slots", [{"search_query": "polka"}, {"search_query": "jazz", "media_class": "album"}, {}])
def test_what_is_not_found_is_said_and_changes_nothing(slots: dict[str, AttributeValue]) -> None:
    effect = media.search_and_play(situation({"name": "TV", **slots}))
    assert effect.error is None
    assert effect.matched == ()
    assert effect.speech_slots == {"media": None}


def test_playing_needs_one_player() -> None:
    assert media.search_and_play(situation({"search_query": "jazz"})).error == "duplicate_targets"
    near = media.search_and_play(situation({"search_query": "jazz"}, area_id="kitchen"))
    assert near.matched[0].id == "media_player.kitchen"
