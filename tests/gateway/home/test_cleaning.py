from gateway.home import cleaning
from tests.gateway.home.rooms import situation


def test_a_vacuum_cleaner_starts_and_returns() -> None:
    assert cleaning.start_vacuum(situation({"name": "Rover"})).matched[0].state == "cleaning"
    assert cleaning.start_vacuum(situation({"floor": "Ground Floor"})).matched[0].state == "cleaning"
    assert cleaning.return_vacuum(situation({"name": "Rover"})).matched[0].state == "returning"


def test_a_vacuum_cleaner_cleans_another_area_than_its_own() -> None:
    rover = cleaning.clean_area(situation({"area": "Bedroom"})).matched[0]
    assert (rover.state, rover.attributes["cleaning_area"]) == ("cleaning", "Bedroom")


def test_an_area_that_is_not_there_cannot_be_cleaned() -> None:
    effect = cleaning.clean_area(situation({"area": "Cellar"}))
    assert (effect.error, effect.error_slots) == ("no_area", {"area": "Cellar"})


def test_a_mower_mows_and_docks() -> None:
    assert cleaning.start_mowing(situation()).matched[0].state == "mowing"
    assert cleaning.dock_mower(situation({"name": "Clippy"})).matched[0].state == "returning"
