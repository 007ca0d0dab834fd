import pytest

from gateway.home.timer import rounded, said_seconds


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (9, (0, 0, 9)),
        (47, (0, 0, 40)),
        (55, (0, 1, 0)),
        (70, (0, 1, 0)),
        (85, (0, 1, 30)),
        (110, (0, 2, 0)),
        (3600 + 10 * 60, (1, 0, 0)),
        (3600 + 25 * 60, (1, 30, 0)),
        (3600 + 50 * 60, (2, 0, 0)),
    ],
)
def test_what_is_left_is_said_in_the_precision_people_want(seconds: int, spoken: tuple[int, int, int]) -> None:
    assert rounded(seconds) == spoken


def test_hours_minutes_and_seconds_add_up() -> None:
    assert said_seconds({"hours": 1, "minutes": 2, "seconds": 3}) == 3723
    assert said_seconds({}) == 0
