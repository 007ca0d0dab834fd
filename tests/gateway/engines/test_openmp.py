import os

import pytest

from gateway.engines.openmp import LIMIT, one_thread


@pytest.mark.parametrize("before", [None, "3"])
def test_the_limit_holds_during_the_block_and_not_afterwards(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv(LIMIT, raising=False)
    if before is not None:
        monkeypatch.setenv(LIMIT, before)
    with one_thread():
        assert os.environ[LIMIT] == "1"
    assert os.environ.get(LIMIT) == before
