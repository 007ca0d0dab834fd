"""How long to wait before the next try: longer each time, and never the same for all who lost the same gateway."""

import random
from typing import Final

FIRST_PAUSE_S: Final = 0.5
"""A gateway that restarts is back after a few seconds."""
LONGEST_PAUSE_S: Final = 4.0
"""Whoever restarts a gateway waits for it, and a try is a packet or two on the home's own network."""
LASTING_S: Final = 30.0
"""A connection that held for so long was a good one: the next pause is a short one again."""


class Backoff:
    """Exponential, with full jitter."""

    def __init__(self) -> None:
        """Begin with the shortest."""
        self._most_s = FIRST_PAUSE_S

    def next_s(self, connected_s: float = 0.0) -> float:
        """Return the next pause, after a connection that held for `connected_s`, if there was one."""
        if connected_s >= LASTING_S:
            self._most_s = FIRST_PAUSE_S
        pause_s = random.uniform(0.0, self._most_s)  # noqa: S311 - not a secret
        self._most_s = min(self._most_s * 2, LONGEST_PAUSE_S)
        return pause_s
