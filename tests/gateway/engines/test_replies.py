from gateway.engines.replies import LONGEST_BYTES, LONGEST_S, MOST_BYTES, MOST_REPLIES, Replies
from gateway.events import Sound


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def sound(size: int = 2) -> Sound:
    return Sound(rate_hz=22_050, pcm=bytes(size))


def keep(replies: Replies, text: str, size: int = 2) -> None:
    replies.keep(("joe", text), sound(size), age=replies.age)


def knows(replies: Replies, text: str) -> bool:
    return replies.get(("joe", text)) is not None


def test_what_was_said_is_known_for_the_voice_that_said_it() -> None:
    replies = Replies()
    keep(replies, "Turned on the light.")
    assert knows(replies, "Turned on the light.")
    assert replies.get(("amy", "Turned on the light.")) is None


def test_there_is_room_for_so_many_and_what_was_said_longest_ago_goes_first() -> None:
    replies = Replies()
    for number in range(MOST_REPLIES):
        keep(replies, str(number))
    assert knows(replies, "0"), "and with that it was said last"
    keep(replies, "one more")
    assert knows(replies, "0")
    assert not knows(replies, "1")
    assert len(replies) == MOST_REPLIES


def test_there_is_room_for_so_many_bytes() -> None:
    replies = Replies()
    for number in range(2 * MOST_BYTES // LONGEST_BYTES):
        keep(replies, str(number), LONGEST_BYTES)
        assert replies.size_bytes <= MOST_BYTES
    assert replies.size_bytes == MOST_BYTES
    keep(replies, "too long", LONGEST_BYTES + 2)
    assert not knows(replies, "too long")


def test_what_is_said_again_takes_its_room_once() -> None:
    replies = Replies()
    keep(replies, "yes", 100)
    keep(replies, "yes", 60)
    assert (len(replies), replies.size_bytes) == (1, 60)


def test_what_nobody_says_for_a_day_is_forgotten() -> None:
    clock = Clock()
    replies = Replies(clock)
    keep(replies, "said once")
    keep(replies, "said again")
    clock.now_s = LONGEST_S
    assert knows(replies, "said again")
    clock.now_s += 1
    assert not knows(replies, "said once")
    assert (len(replies), replies.size_bytes) == (1, 2)


def test_when_something_is_to_be_forgotten_all_is_and_what_is_being_made_as_well() -> None:
    replies = Replies()
    keep(replies, "Added milk to the shopping list.")
    age = replies.age
    replies.forget()
    assert (len(replies), replies.size_bytes) == (0, 0)
    replies.keep(("joe", "Added bread."), sound(), age=age)
    assert not knows(replies, "Added bread."), "it was begun before"
    keep(replies, "Forgotten.")
    assert knows(replies, "Forgotten.")
