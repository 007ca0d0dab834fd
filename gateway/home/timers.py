"""Timers that really run out, and delayed commands, as in Home Assistant's `components/intent/timers.py`.

It keeps time through the loop it is given and tells listeners; it makes no sound and runs no command itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from gateway.events import ActionRequest, StateChange
from gateway.home.targets import text_slot
from gateway.home.timer import (
    Timer,
    described,
    find_timer,
    find_timers,
    lasting,
    names_one,
    revived,
    said_seconds,
    said_start,
    status,
)
from gateway.house import House
from gateway.languages import is_same_language
from gateway.timers import MOST_TIMERS, LastingTimer, RunningTimer, TimerFinished

START_TIMER: Final = "HassStartTimer"
LATE_S: Final = 600.0
"""What was up while nobody ran rings all the same, if it was no longer ago: the cake can still be saved, and a restart
takes a minute. What was up before is told of, and does not ring: power that is back at three in the morning is to wake
nobody for the eggs of last night, and what was to be done hours ago may not be wanted any more."""


class Cancellable(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Never make it."""


class Clock(Protocol):
    """What timers need of an asyncio event loop, which is one."""

    def time(self) -> float:
        """Return seconds on a clock that never goes back."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Cancellable:
        """Make a call in `delay` seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerEffect:
    """What a timer request comes to."""

    changes: tuple[StateChange, ...] = ()
    speech_slots: Mapping[str, object] = field(default_factory=dict)
    error: str | None = None


class Timers:
    """All timers of a house, of all its satellites."""

    def __init__(
        self,
        clock: Clock,
        on_finished: Callable[[TimerFinished], None] | None = None,
        *,
        languages: Sequence[str] = ("",),
    ) -> None:
        """Keep time by `clock`; without a listener a delayed command is refused, as nobody could carry it out.

        `languages` are those that are spoken here, one at least; what is said in an unknown one is in the first.
        """
        self._languages = tuple(languages)
        self._clock = clock
        self._on_finished = on_finished
        self._timers: dict[int, Timer] = {}
        self._calls: dict[int, Cancellable] = {}
        self._next_number = 1
        self._known: tuple[Timer, ...] = ()
        self._on_change: list[Callable[[], None]] = []
        self._requests: Mapping[str, Callable[[ActionRequest, House], TimerEffect]] = {
            START_TIMER: self._start,
            "HassCancelTimer": self._cancel,
            "HassCancelAllTimers": self._cancel_all,
            "HassIncreaseTimer": self._increase,
            "HassDecreaseTimer": self._decrease,
            "HassPauseTimer": self._pause,
            "HassUnpauseTimer": self._resume,
            "HassTimerStatus": self._status,
        }

    def handles(self, intent_name: str) -> bool:
        """Tell whether an intent is about timers."""
        return intent_name in self._requests

    def perform(self, request: ActionRequest, house: House) -> TimerEffect:
        """Carry out a request about timers."""
        effect = self._requests[request.intent.name](request, house)
        self._tell()
        return effect

    def running(self) -> tuple[RunningTimer, ...]:
        """Return what has not run out yet, paused timers and delayed commands too, in the order it was set."""
        now_s = self._clock.time()
        return tuple(
            RunningTimer(
                number=timer.number,
                name=timer.name,
                command=timer.command,
                satellite_id=timer.satellite_id,
                area_id=timer.area_id,
                duration_s=timer.duration_s,
                left_s=timer.seconds_left(now_s),
                is_active=timer.is_active,
            )
            for timer in sorted(self._timers.values(), key=lambda timer: timer.number)
        )

    def cancel(self, timer_number: int) -> bool:
        """Forget a timer or a delayed command that is `running`; return whether there was one of this number."""
        timer = self._timers.get(timer_number)
        if timer is None:
            return False
        self._drop(timer)
        self._tell()
        return True

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever something else runs than before, or is paused, resumed or given another time."""
        self._on_change.append(changed)

    def lasting(self) -> tuple[LastingTimer, ...]:
        """Return what is `running` as it is to outlast the program."""
        now_s = self._clock.time()
        return tuple(lasting(self._timers[number], now_s) for number in sorted(self._timers))

    def restore(self, kept: Iterable[LastingTimer]) -> None:
        """Go on with what outlasted the program; what was up meanwhile is up now, and late, or too late.

        Each has the number that it had, unless another one has it by now. A command in a language that is not
        understood any more is missed, as nobody would know what it means when its time has come.
        """
        all_kept = tuple(kept)
        self._next_number = max(self._next_number, *(one.number + 1 for one in all_kept), 1)
        for one in all_kept:
            is_taken = one.number in self._timers
            timer = revived(one, number=self._number() if is_taken else one.number, now_s=self._clock.time())
            is_foreign = timer.command is not None and not self._is_ours(timer.language)
            if is_foreign or (timer.is_active and timer.left_s < -LATE_S):
                self._up(timer, is_missed=True)
            elif timer.is_active and timer.left_s <= 0:
                self._up(timer)
            elif len(self._timers) < MOST_TIMERS:
                self._keep(timer)
        self._tell()

    def forget(self) -> None:
        """Forget all timers: somebody wants nothing to be remembered."""
        self.close()
        self._tell()

    def close(self) -> None:
        """Forget all timers; none of them rings any more."""
        for call in self._calls.values():
            call.cancel()
        self._calls.clear()
        self._timers.clear()

    # What can be asked

    def _start(self, request: ActionRequest, house: House) -> TimerEffect:
        slots = request.intent.slots
        command = (text_slot(slots, "conversation_command") or "").strip() or None
        if command is not None and self._on_finished is None:
            return TimerEffect(error="no_timer_support")
        if len(self._timers) >= MOST_TIMERS:
            return TimerEffect(error="too_many_timers")
        duration_s = said_seconds(slots)
        area = next((area for area in house.areas if area.id == request.area_id), None)
        timer = Timer(
            number=self._number(),
            name=text_slot(slots, "name"),
            command=command,
            satellite_id=request.satellite_id,
            area_id=request.area_id,
            area_name=None if area is None else area.name,
            floor_id=None if area is None else area.floor_id,
            start=said_start(slots, ""),
            duration_s=duration_s,
            left_s=duration_s,
            since_s=self._clock.time(),
            is_confirmed=request.is_confirmed,
            language=request.language or self._languages[0],
        )
        self._keep(timer)
        return self._told(timer, None, timer)

    def _cancel(self, request: ActionRequest, house: House) -> TimerEffect:
        found = self._find(request, house)
        return found if isinstance(found, TimerEffect) else self._drop(found)

    def _cancel_all(self, request: ActionRequest, house: House) -> TimerEffect:
        timers = find_timers(self._timers.values(), request, house)
        changes = tuple(change for timer in timers for change in self._drop(timer).changes)
        slots: dict[str, object] = {"canceled": len(timers)}
        if (area := text_slot(request.intent.slots, "area")) is not None:
            slots["area"] = area
        return TimerEffect(changes=changes, speech_slots=slots)

    def _increase(self, request: ActionRequest, house: House) -> TimerEffect:
        return self._add(request, house, said_seconds(request.intent.slots))

    def _decrease(self, request: ActionRequest, house: House) -> TimerEffect:
        return self._add(request, house, -said_seconds(request.intent.slots))

    def _add(self, request: ActionRequest, house: House, seconds: int) -> TimerEffect:
        found = self._find(request, house)
        if isinstance(found, TimerEffect):
            return found
        left_s = max(0, found.seconds_left(self._clock.time()) + seconds)
        after = replace(found, left_s=left_s, since_s=self._clock.time(), duration_s=max(found.duration_s, left_s))
        return self._changed(found, after)

    def _pause(self, request: ActionRequest, house: House) -> TimerEffect:
        found = self._find(request, house, is_active=True)
        if isinstance(found, TimerEffect):
            return found
        now_s = self._clock.time()
        return self._changed(found, replace(found, left_s=found.seconds_left(now_s), since_s=now_s, is_active=False))

    def _resume(self, request: ActionRequest, house: House) -> TimerEffect:
        found = self._find(request, house, is_active=False)
        if isinstance(found, TimerEffect):
            return found
        return self._changed(found, replace(found, since_s=self._clock.time(), is_active=True))

    def _status(self, request: ActionRequest, house: House) -> TimerEffect:
        """Tell how long all that are meant still run; that a certain one does not run is not that none does."""
        now_s = self._clock.time()
        statuses = [status(timer, now_s) for timer in find_timers(self._timers.values(), request, house)]
        if not statuses and names_one(request.intent.slots):
            return TimerEffect(error="timer_not_found")
        return TimerEffect(speech_slots={"timers": statuses})

    def _find(self, request: ActionRequest, house: House, *, is_active: bool | None = None) -> Timer | TimerEffect:
        """Return the one timer that is meant, or why it is none."""
        found = find_timer(self._timers.values(), request, house, is_active=is_active)
        return found if isinstance(found, Timer) else TimerEffect(error=found)

    # Keeping time

    def _changed(self, before: Timer, after: Timer) -> TimerEffect:
        """Put a timer into another state, and its call to another time."""
        self._drop(before)
        self._keep(after)
        return self._told(after, before, after)

    def _told(self, subject: Timer, before: Timer | None, after: Timer | None) -> TimerEffect:
        now_s = self._clock.time()
        change = StateChange(
            entity_id=f"timer.{subject.number}",
            name=subject.label,
            before=described(before, now_s),
            after=described(after, now_s),
        )
        return TimerEffect(changes=(change,))

    def _keep(self, timer: Timer) -> None:
        self._timers[timer.number] = timer
        if timer.is_active:
            self._calls[timer.number] = self._clock.call_later(timer.left_s, partial(self._finish, timer.number))

    def _drop(self, timer: Timer) -> TimerEffect:
        """Forget a timer."""
        self._timers.pop(timer.number, None)
        call = self._calls.pop(timer.number, None)
        if call is not None:
            call.cancel()
        return self._told(timer, timer, None)

    def _number(self) -> int:
        number, self._next_number = self._next_number, self._next_number + 1
        return number

    def _finish(self, number_: int) -> None:
        timer = self._timers.pop(number_)
        del self._calls[number_]
        self._up(timer)
        self._tell()

    def _up(self, timer: Timer, *, is_missed: bool = False) -> None:
        """Tell who listens that a timer is up, and how late; it is none of ours any more."""
        late_s = round(self._clock.time() - timer.since_s - timer.left_s)
        if self._on_finished is not None:
            self._on_finished(
                TimerFinished(
                    name=timer.name,
                    command=timer.command,
                    satellite_id=timer.satellite_id,
                    area_id=timer.area_id,
                    duration_s=timer.duration_s,
                    is_confirmed=timer.is_confirmed,
                    late_s=late_s if is_missed else max(0, late_s),
                    is_missed=is_missed,
                    language=timer.language,
                )
            )

    def _is_ours(self, language: str) -> bool:
        return any(is_same_language(language, one) for one in self._languages)

    def _tell(self) -> None:
        """Tell listeners, once, where something is different from what it was when they were told last."""
        before, self._known = self._known, tuple(self._timers.values())
        if self._known != before:
            for changed in self._on_change:
                changed()
