"""What a process gives up, in the order in which it can be given up; of the one that hears, the proof that it has.

Layers that hold for one thread come first, while there is only one: namespace, user, capabilities, Landlock. Then the
filter, which binds all threads. Models are loaded after that: the native code that reads them is bound, too.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import gateway
from gateway.paths import models_dir
from gateway.protection import Layer, Protection
from gateway.sandbox.leaks import SelfTest
from gateway.sandbox.privileges import Given, give_up_rights
from gateway.sandbox.seccomp import install_filter
from gateway.sandbox.targets import Targets

PROGRAM: Final = Path(gateway.__file__).parent


def readable_folders() -> tuple[Path, ...]:
    """Return what the process has to read besides the system's folders: the program, Python, packages, and models."""
    places = (PROGRAM, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent, models_dir())
    packages = (Path(place) for place in sys.path if place)
    return tuple(dict.fromkeys(place.absolute() for place in (*places, *packages) if place.exists()))


def confine_keeper(folder: Path) -> tuple[Layer, ...]:
    """Give up what the ledger's process does without: it keeps `folder` as the user that it is, and reaches nobody.

    Return the layers that this machine has. Raises RuntimeError where other threads run already.
    """
    given = _filtered(give_up_rights(readable=readable_folders(), writable=[folder], user=None))
    return tuple(layer for layer in Layer if layer in given.layers)


class Confinement:
    """This process, from now on and for good; its threads and its children as well."""

    def __init__(self, targets: Targets, *, user: int | None, readable: Sequence[Path] | None = None) -> None:
        """Give up what can be given up, as long as there is one thread; `user` is whom to become.

        Raises OSError where the change of the user fails half-way.
        """
        given = give_up_rights(readable=readable_folders() if readable is None else readable, user=user)
        self._self_test = SelfTest(targets)  # it has a thread that is there before the filter is
        self._given = _filtered(given)

    def protection(self) -> Protection:
        """Try every way out, and return how it stands. Takes less than a second."""
        found = self._self_test.run()
        layers = tuple(layer for layer in Layer if layer in self._given.layers)
        return Protection(
            layers=layers,
            missing={str(layer): why for layer, why in self._given.missing.items()},
            attempts=found.attempts,
            ways_out=found.ways_out,
            is_same_user=Layer.OWN_USER not in layers or bool(found.alterable),
        )


def _filtered(given: Given) -> Given:
    try:
        install_filter()
    except OSError as error:
        missing = {**given.missing, Layer.SECCOMP: f"the kernel refuses the filter ({error.strerror or error})"}
        return Given(layers=given.layers, missing=missing)
    return Given(layers=(*given.layers, Layer.SECCOMP), missing=given.missing)
