import pytest

from gateway.events import Intent
from gateway.turn.context import REMEMBERED_S, Context

NAMES = {"name": "Lampe", "area": "Küche"}


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def about(clock: Clock | None = None, **slots: str) -> Context:
    context = Context(clock or Clock())
    context.happened(Intent(name="HassTurnOn", slots=slots))
    return context


@pytest.mark.parametrize(
    ("text", "language", "reading"),
    [
        ("turn it off", "en", "turn Lampe off"),
        ("Turn them off again.", "en-GB", "Turn Lampe off again."),
        ("mach sie aus", "de", "mach Lampe aus"),
        ("éteins-la", "fr", "éteins Lampe"),
        ("apágala", "es", "apaga Lampe"),
        ("spegnila", "it", "spegni Lampe"),
        ("doe hem uit", "nl", "doe Lampe uit"),
    ],
)
def test_it_is_what_the_command_before_was_about(text: str, language: str, reading: str) -> None:
    assert list(about(name="Lampe").readings(text, language)) == [reading]


@pytest.mark.parametrize(
    ("text", "language", "reading"),
    [
        ("open the blinds there", "en", "open the blinds in the Küche"),
        ("mach dort das Licht aus", "de", "mach im Küche das Licht aus"),
        ("éteins la lumière là-bas", "fr", "éteins la lumière dans Küche"),
    ],
)
def test_there_is_where_it_was(text: str, language: str, reading: str) -> None:
    assert reading in list(about(area="Küche").readings(text, language))


def test_a_storey_is_a_place_too() -> None:
    assert list(about(floor="Attic").readings("the lights in there", "en")) == ["the lights in the Attic"]


def test_what_points_at_nothing_is_left_as_it_is() -> None:
    assert not list(about(None, **NAMES).readings("turn on the light", "en"))
    assert not list(about(None, **NAMES).readings("turn it off", "xx"))
    assert not list(about().readings("turn it off", "en"))
    assert not list(about(area="Küche").readings("turn it off", "en"))
    assert not list(about(name="Lampe").readings("on the light there", "en"))


def test_it_is_forgotten_in_time_and_when_somebody_wants_that() -> None:
    clock = Clock()
    context = about(clock, name="Lampe")
    clock.now_s += REMEMBERED_S - 1
    assert list(context.readings("turn it off", "en"))
    clock.now_s += 2
    assert not list(context.readings("turn it off", "en"))
    context.happened(Intent(name="HassTurnOn", slots={"name": "Lampe"}))
    context.happened(Intent(name="HassGetCurrentTime"))
    assert list(context.readings("turn it off", "en")), "the time is about nothing"
    context.forget()
    assert not list(context.readings("turn it off", "en"))
