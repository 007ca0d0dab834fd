"""What was said before at one satellite, in memory only: what it was about, and how it sounded.

The sound is for whoever says "ask the cloud to listen" right after it. It is kept for a minute at most, and only while
it could be asked whether it may be sent: where no service that listens is set up, or the switch is off, nothing is
kept, and what was kept is forgotten within a second.
"""

import asyncio
from typing import Final

from gateway.turn.context import Context
from gateway.turn.proposals import LONGEST_SOUND_BYTES, CloudState, Content
from gateway.turn.stages import Cloud

KEPT_S: Final = 60.0
"""Who wants something heard again says so at once."""
LOOK_S: Final = 1.0
"""How often it is looked whether it may still be kept."""


class Earlier:
    """One satellite's. Belongs to the event loop that is running while it keeps something."""

    def __init__(self) -> None:
        self.context: Final = Context()
        """What "it" and "there" mean."""
        self._cloud: Cloud | None = None
        self._pcm = b""
        self._until_s = 0.0
        self._look: asyncio.TimerHandle | None = None

    @property
    def pcm(self) -> bytes:
        """The utterance, 16 kHz mono s16le; empty where none is kept."""
        self._forget_in_time()
        return self._pcm

    def keep(self, pcm: bytes, cloud: Cloud) -> None:
        """Keep this in place of the one before, as long as `cloud` says that a sound could be proposed."""
        self._forget_sound()
        self._cloud, self._pcm = cloud, pcm[:LONGEST_SOUND_BYTES]
        self._until_s = asyncio.get_running_loop().time() + KEPT_S
        self._look_again()

    def forget(self) -> None:
        """Keep nothing."""
        self.context.forget()
        self._forget_sound()

    def _forget_sound(self) -> None:
        self._cloud, self._pcm = None, b""
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _forget_in_time(self) -> None:
        """Forget it where it may not be kept any more."""
        is_over = asyncio.get_running_loop().time() >= self._until_s
        if self._cloud is not None and (is_over or self._cloud.state(Content.AUDIO) is not CloudState.READY):
            self._forget_sound()

    def _look_again(self) -> None:
        self._forget_in_time()
        if self._cloud is not None:
            self._look = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)
