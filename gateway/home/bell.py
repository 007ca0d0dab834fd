"""What satellites do themselves, in whatever house: ring when a timer is up, and tell each other messages.

It keeps time and tells listeners; it makes no sound itself.
"""

from collections.abc import Callable, Sequence
from typing import Final

from gateway.events import ActionRequest, ActionResult, Announcement
from gateway.home.timers import Clock, Timers
from gateway.house import House
from gateway.timers import TimerFinished

_MESSAGE: Final = "HassBroadcast"


class Bell:
    """The timers of all satellites, and the messages between them."""

    def __init__(
        self,
        clock: Clock,
        on_timer_finished: Callable[[TimerFinished], None] | None = None,
        on_announcement: Callable[[Announcement], None] | None = None,
        *,
        languages: Sequence[str] = ("",),
    ) -> None:
        """Keep time by `clock`. Without listeners, delayed commands and messages are refused.

        `languages` are those that are spoken here, the first one first.
        """
        self.timers: Final = Timers(clock, on_timer_finished, languages=languages)
        self._on_announcement = on_announcement

    def handles(self, request: ActionRequest) -> bool:
        """Tell whether a request is about timers or messages."""
        return request.intent.name == _MESSAGE or self.timers.handles(request.intent.name)

    def perform(self, request: ActionRequest, house: House) -> ActionResult:
        """Do what is asked, or say why not; `house` says where satellites stand."""
        if request.intent.name == _MESSAGE:
            return self._announce(request)
        timed = self.timers.perform(request, house)
        return ActionResult(error=timed.error, changes=timed.changes, speech_slots=timed.speech_slots)

    def close(self) -> None:
        """Forget all timers."""
        self.timers.close()

    def _announce(self, request: ActionRequest) -> ActionResult:
        if self._on_announcement is None:
            return ActionResult(error="no_domain", error_slots={"domain": "other satellite"})
        message = str(request.intent.slots.get("message", ""))
        self._on_announcement(
            Announcement(message=message, satellite_id=request.satellite_id, language=request.language)
        )
        return ActionResult()
