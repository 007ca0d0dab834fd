"""One timer as data, and which of several is meant. Pure: the time of day comes in as an argument.

The rules are those of Home Assistant's `components/intent/timers.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.events import ActionRequest, Slots
from gateway.home.effects import number
from gateway.home.targets import areas_named, text_slot
from gateway.house import House
from gateway.timers import LONGEST_COMMAND_CHARS, LONGEST_NAME_CHARS, LONGEST_S, LastingTimer


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStatus:
    """What an answer says of a timer; the names are the templates'."""

    id: str
    name: str
    area: str
    start_hours: int
    start_minutes: int
    start_seconds: int
    is_active: bool
    total_seconds_left: int
    rounded_hours_left: int
    rounded_minutes_left: int
    rounded_seconds_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A timer at one moment."""

    number: int
    name: str | None
    command: str | None
    satellite_id: str
    area_id: str | None
    area_name: str | None
    floor_id: str | None
    start: tuple[int | None, int | None, int | None]
    """Hours, minutes and seconds, as they were said."""
    duration_s: int
    left_s: float
    """At `since_s`."""
    since_s: float
    is_active: bool = True
    is_confirmed: bool = False
    """Somebody said yes to the command."""
    language: str = ""
    """In which it was set, or the command said."""

    def seconds_left(self, now_s: float) -> int:
        """Return what is left of it."""
        return max(0, round(self.left_s - (now_s - self.since_s) if self.is_active else self.left_s))

    @property
    def label(self) -> str:
        """What a person calls it."""
        return f"{self.name} timer" if self.name else "timer"


def lasting(timer: Timer, now_s: float) -> LastingTimer:
    """Return a timer as it is to outlast the program."""
    left_s = timer.left_s - (now_s - timer.since_s) if timer.is_active else timer.left_s
    return LastingTimer(
        number=timer.number,
        left_s=min(left_s, LONGEST_S),
        is_active=timer.is_active,
        name=None if timer.name is None else timer.name[:LONGEST_NAME_CHARS],
        command=None if timer.command is None else timer.command[:LONGEST_COMMAND_CHARS],
        satellite_id=timer.satellite_id,
        area_id=timer.area_id,
        area_name=timer.area_name,
        floor_id=timer.floor_id,
        start=timer.start,
        duration_s=min(timer.duration_s, LONGEST_S),
        is_confirmed=timer.is_confirmed,
        language=timer.language,
    )


def revived(kept: LastingTimer, *, number: int, now_s: float) -> Timer:
    """Return a timer that outlasted the program, under this number."""
    return Timer(
        number=number,
        name=kept.name,
        command=kept.command,
        satellite_id=kept.satellite_id,
        area_id=kept.area_id,
        area_name=kept.area_name,
        floor_id=kept.floor_id,
        start=kept.start,
        duration_s=kept.duration_s,
        left_s=kept.left_s,
        since_s=now_s,
        is_active=kept.is_active,
        is_confirmed=kept.is_confirmed,
        language=kept.language,
    )


type _Test = Callable[[Timer], bool]


def find_timer(
    all_timers: Iterable[Timer], request: ActionRequest, house: House, *, is_active: bool | None = None
) -> Timer | str:
    """Return the one timer that is meant, or the key of the error answer: Home Assistant's `_find_timer`.

    Home Assistant takes the only timer that runs before it looks at the name that was said. Here all that was said has
    to be true of it: "pause the egg timer" pauses no other one.
    """
    timers = [timer for timer in all_timers if timer.command is None]
    for step in _filters(request.intent.slots, house, is_active=is_active):
        timers = [timer for timer in timers if step(timer)]
    if len(timers) == 1:
        return timers[0]
    if not timers:
        return "timer_not_found"
    for is_near in _nearby(request, house):
        near = [timer for timer in timers if is_near(timer)]
        if len(near) == 1:
            return near[0]
    return "multiple_timers_matched"


def find_timers(all_timers: Iterable[Timer], request: ActionRequest, house: House) -> list[Timer]:
    """Return all timers that are meant, the nearest first: Home Assistant's `_find_timers`."""
    timers = [timer for timer in all_timers if timer.command is None]
    for step in _filters(request.intent.slots, house):
        timers = [timer for timer in timers if step(timer)]
    _, in_area, on_floor = _nearby(request, house)
    return sorted(timers, key=lambda timer: 0 if in_area(timer) else 1 if on_floor(timer) else 2)


def _nearby(request: ActionRequest, house: House) -> tuple[_Test, _Test, _Test]:
    """Return the tests that prefer a timer of this satellite, of its area, of its floor."""
    floor_id = next((area.floor_id for area in house.areas if area.id == request.area_id), None)
    return (
        lambda timer: timer.satellite_id == request.satellite_id,
        lambda timer: request.area_id is not None and timer.area_id == request.area_id,
        lambda timer: floor_id is not None and timer.floor_id == floor_id,
    )


def rounded(seconds: int) -> tuple[int, int, int]:
    """Return hours, minutes and seconds in the precision that people want to hear: Home Assistant's `_round_time`."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours > 0:
        if minutes > 45:
            return hours + 1, 0, 0
        return hours, (0 if minutes < 15 else 30), 0
    if minutes > 0:
        if seconds > 45:
            return 0, minutes + 1, 0
        return 0, minutes, (0 if seconds < 15 else 30)
    if seconds > 50:
        return 0, 1, 0
    return 0, 0, seconds if seconds < 10 else seconds - seconds % 10


def _filters(slots: Slots, house: House, *, is_active: bool | None = None) -> list[_Test]:
    filters: list[_Test] = []
    if is_active is not None:
        filters.append(lambda timer: timer.is_active is is_active)
    if (name := text_slot(slots, "name")) is not None:
        filters.append(lambda timer: (timer.name or "").strip().casefold() == name.strip().casefold())
    if (area := text_slot(slots, "area")) is not None:
        meant = {one.id for one in areas_named(house, area)}
        filters.append(
            lambda timer: (
                timer.area_id in meant or (timer.area_name or "").strip().casefold() == area.strip().casefold()
            )
        )
    start = said_start(slots, "start_")
    if start != (None, None, None):
        filters.append(lambda timer: timer.start == start)
    return filters


def names_one(slots: Slots) -> bool:
    """Tell whether a sentence is about a certain timer, by its name, its room or how long it was set for."""
    has_start = said_start(slots, "start_") != (None, None, None)
    return has_start or any(text_slot(slots, slot) is not None for slot in ("name", "area"))


def said_start(slots: Slots, prefix: str) -> tuple[int | None, int | None, int | None]:
    """Return the hours, minutes and seconds of a sentence, as they were said."""
    hours, minutes, seconds = (
        None if (value := slots.get(f"{prefix}{unit}")) is None else round(number(value))
        for unit in ("hours", "minutes", "seconds")
    )
    return hours, minutes, seconds


def said_seconds(slots: Slots) -> int:
    """Return how long a sentence says."""
    hours, minutes, seconds = said_start(slots, "")
    return 3600 * (hours or 0) + 60 * (minutes or 0) + (seconds or 0)


def status(timer: Timer, now_s: float) -> TimerStatus:
    """Return what an answer says of a timer."""
    left = timer.seconds_left(now_s)
    hours, minutes, seconds = rounded(left)
    return TimerStatus(
        id=f"timer.{timer.number}",
        name=timer.name or "",
        area=timer.area_name or "",
        start_hours=timer.start[0] or 0,
        start_minutes=timer.start[1] or 0,
        start_seconds=timer.start[2] or 0,
        is_active=timer.is_active,
        total_seconds_left=left,
        rounded_hours_left=hours,
        rounded_minutes_left=minutes,
        rounded_seconds_left=seconds,
    )


def described(timer: Timer | None, now_s: float) -> str:
    """Return a timer's state for a person; no timer is an idle one."""
    if timer is None:
        return "idle"
    minutes, seconds = divmod(timer.seconds_left(now_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'active' if timer.is_active else 'paused'}, {hours}:{minutes:02}:{seconds:02} left"
