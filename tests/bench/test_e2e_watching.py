import pytest

from bench.home_assistant.watching import RAN, Change, difference, met_s, signature

BEFORE = {"light.a": "off", "light.b": "off"}


def change(at_s: float, entity_id: str, became: str) -> Change:
    return Change(at_s=at_s, entity_id=entity_id, became=became)


def test_what_went_back_to_what_it_was_is_not_different() -> None:
    changes = [change(1, "light.a", "on"), change(2, "light.b", "on"), change(3, "light.a", "off")]
    assert difference(changes, BEFORE) == {"light.b": "on"}


@pytest.mark.parametrize(
    ("changes", "wanted", "when_s"),
    [
        ([change(1, "light.a", "on")], {"light.a": "on"}, 1),
        ([change(1, "light.a", "on"), change(2, "light.b", "on")], {"light.a": "on", "light.b": "on"}, 2),
        ([change(1, "light.a", "red"), change(2, "light.a", "on")], {"light.a": "on"}, 2),
        ([change(1, "light.b", "on"), change(2, "light.a", "on")], {"light.a": "on"}, None),
        ([change(1, "script.s", RAN), change(2, "script.s", RAN)], {"script.s": RAN}, 1),
        ([], {"light.a": "on"}, None),
    ],
)
def test_it_is_done_when_all_that_was_wanted_is_different_and_nothing_else(
    changes: list[Change], wanted: dict[str, str], when_s: float | None
) -> None:
    assert met_s(changes, BEFORE, wanted) == when_s


def test_attributes_tell_conditions_apart_and_of_a_script_only_that_it_ran() -> None:
    dim, bright = ({"entity_id": "light.a", "state": "on", "attributes": {"brightness": value}} for value in (10, 20))
    assert signature(dim) != signature(bright)
    assert signature({"entity_id": "scene.a", "state": "2026-11-23T01:00:00", "attributes": {}}) == RAN
