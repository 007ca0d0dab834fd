"""Which of several satellites answers a wake word."""

from gateway.server.arbiter import Arbiter, Earlier


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_first_of_two_answers() -> None:
    clock = Clock()
    arbiter = Arbiter(clock)
    assert arbiter.heard("kitchen", "okay_nabu") is None
    clock.now_s += 0.32
    assert arbiter.heard("hall", "okay_nabu") == Earlier(satellite_id="kitchen", before_ms=320)
    clock.now_s += 0.38
    assert arbiter.heard("attic", "okay_nabu") == Earlier(satellite_id="kitchen", before_ms=700)


def test_after_the_window_it_is_another_wake_word() -> None:
    clock = Clock()
    arbiter = Arbiter(clock)
    arbiter.heard("kitchen", "okay_nabu")
    clock.now_s += 0.701
    assert arbiter.heard("hall", "okay_nabu") is None
    clock.now_s += 0.1
    assert arbiter.heard("kitchen", "okay_nabu") == Earlier(satellite_id="hall", before_ms=100)


def test_who_stayed_silent_does_not_make_the_window_longer() -> None:
    clock = Clock()
    arbiter = Arbiter(clock)
    arbiter.heard("kitchen", "okay_nabu")
    clock.now_s += 0.5
    arbiter.heard("hall", "okay_nabu")
    clock.now_s += 0.5
    assert arbiter.heard("hall", "okay_nabu") is None


def test_the_same_satellite_and_other_words_are_not_held_back() -> None:
    arbiter = Arbiter(Clock())
    assert arbiter.heard("kitchen", "okay_nabu") is None
    assert arbiter.heard("kitchen", "okay_nabu") is None
    assert arbiter.heard("hall", "alexa") is None
