"""What keeps the process that hears from connecting: the layers that are active, and what its own self-test found."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

SAME_USER: Final = "same user: a compromised voice process could alter the broker"
"""How people are told of it, wherever they are."""


class Layer(StrEnum):
    """One thing that the kernel does. Only `SECCOMP` is on every machine; the others come on top where they can."""

    SECCOMP = "seccomp"
    """The filter of system calls, on all threads and children: no connection, no listening, no other process."""
    NO_NEW_PRIVILEGES = "no_new_privileges"
    """No program that it starts has more rights than it."""
    NO_CAPABILITIES = "no_capabilities"
    """It has none of root's powers, even as root."""
    OWN_USER = "own_user"
    """It is another user than launcher and broker."""
    EMPTY_NETWORK = "empty_network"
    """A network namespace in which there is nothing."""
    LANDLOCK = "landlock"
    """Files: it reads program and models, writes nothing, and opens nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How it stands with one start of the voice process."""

    layers: tuple[Layer, ...] = ()
    """Those that are active."""
    missing: dict[str, str] = field(default_factory=dict)
    """The others, and why this machine does not have each: `{"own_user": "only root can change the user"}`."""
    attempts: int = 0
    """How many ways out the self-test tried."""
    ways_out: tuple[str, ...] = ()
    """Which of them it found open (`main tcp`, `child unix`)."""
    is_same_user: bool = True
    """Whether it is the broker's user, or could write files of the program."""

    def seen_by(self, canaries_reached: Sequence[str], why_same_user: str) -> Protection:
        """Return it with what its parent knows: which canaries were reached, and why it has no user of its own."""
        missing = dict(self.missing)
        if Layer.OWN_USER not in self.layers and why_same_user:
            missing[Layer.OWN_USER] = why_same_user
        ways_out = (*self.ways_out, *(f"reached {name}" for name in canaries_reached))
        return replace(self, ways_out=ways_out, missing=missing)

    @property
    def is_enforced(self) -> bool:
        """Whether the claim holds: the filter is there, ways out were tried, and none was open."""
        return Layer.SECCOMP in self.layers and self.attempts > 0 and not self.ways_out
