"""Those who want to be told of something, until they want it no more."""

import logging
from collections.abc import Callable
from functools import partial

from homeassistant.core import callback

_LOGGER = logging.getLogger(__name__)


class Listeners[*What]:
    """They are told in the order in which they came."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._callbacks: list[Callable[[*What], None]] = []

    def __len__(self) -> int:
        """How many listen."""
        return len(self._callbacks)

    def add(self, cb: Callable[[*What], None]) -> Callable[[], None]:
        """Tell `cb`, too, from now on; return what ends it."""
        self._callbacks.append(cb)
        return partial(self._callbacks.remove, cb)

    @callback
    def tell(self, *what: *What) -> None:
        """Tell everybody; what goes wrong with one does not concern the others, nor who tells."""
        for cb in list(self._callbacks):
            try:
                cb(*what)
            except Exception:
                _LOGGER.exception("Something that listens to the gateway failed")
