"""Replies that were spoken before, kept in memory so that they sound at once: few, for a while, and never on disk.

They hold what was said at home. So they are gone as soon as anything is to be forgotten.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.events import Sound

MOST_BYTES: Final = 8 * 1024 * 1024
"""Three minutes of sound: all that a household hears again and again."""
MOST_REPLIES: Final = 256
LONGEST_BYTES: Final = 512 * 1024
"""A clause of twelve seconds; longer ones are hardly ever said twice."""
LONGEST_S: Final = 24 * 3_600.0
"""A clause that has not been said for a day is forgotten."""

type Key = tuple[str, str]
"""A voice and a clause."""


@dataclass(slots=True)
class _Reply:
    sound: Sound
    said_s: float


class Replies:
    """Those of all voices. Belongs to one event loop; what was said longest ago goes first."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` returns seconds."""
        self._now = now
        self._kept: OrderedDict[Key, _Reply] = OrderedDict()
        self._bytes = 0
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size_bytes(self) -> int:
        """How much sound is kept."""
        return self._bytes

    @property
    def age(self) -> int:
        """A number that is another one after each `forget`: who began before it has nothing to keep any more."""
        return self._forgotten

    def get(self, key: Key) -> Sound | None:
        """Return the sound of a clause; None where it is not known."""
        self._drop_old()
        reply = self._kept.get(key)
        if reply is None:
            return None
        reply.said_s = self._now()
        self._kept.move_to_end(key)
        return reply.sound

    def keep(self, key: Key, sound: Sound, *, age: int) -> None:
        """Remember how a clause sounds, that was begun at this `age`."""
        if age != self._forgotten or len(sound.pcm) > LONGEST_BYTES:
            return
        self._drop(key)
        self._kept[key] = _Reply(sound, self._now())
        self._bytes += len(sound.pcm)
        while self._bytes > MOST_BYTES or len(self._kept) > MOST_REPLIES:
            self._drop(next(iter(self._kept)))
        self._drop_old()

    def forget(self) -> None:
        """Forget all of them, and what is being made at the moment."""
        self._kept.clear()
        self._bytes = 0
        self._forgotten += 1

    def _drop_old(self) -> None:
        oldest_s = self._now() - LONGEST_S
        while self._kept and next(iter(self._kept.values())).said_s < oldest_s:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        reply = self._kept.pop(key, None)
        if reply is not None:
            self._bytes -= len(reply.sound.pcm)
