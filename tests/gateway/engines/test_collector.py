import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from gateway.engines.collector import spare_what_is_loaded


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


class Loaded:
    """Refers to itself, so that only the collector can find out that nobody needs it."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_loaded_is_looked_at_no_more_and_what_comes_later_is() -> None:
    early = ref(Loaded())
    assert early() is not None
    spare_what_is_loaded()
    assert early() is None, "what nobody needs is let go before"
    assert gc.get_freeze_count() > 1_000
    late = ref(Loaded())
    gc.collect()
    assert late() is None
