"""What the wake word's stage of a pipeline tells the recogniser's: how much of the sound may still be the wake word.

Both stages run in one task, one after the other, so a variable of the task's context carries it and nothing is kept.
"""

from contextvars import ContextVar

_wake_tail_ms: ContextVar[int] = ContextVar("local_voice_wake_tail_ms", default=0)


def leave_wake_tail_ms(tail_ms: int) -> None:
    """Leave it for the recogniser."""
    _wake_tail_ms.set(tail_ms)


def take_wake_tail_ms() -> int:
    """Return what was left, once."""
    tail_ms = _wake_tail_ms.get()
    _wake_tail_ms.set(0)
    return tail_ms
