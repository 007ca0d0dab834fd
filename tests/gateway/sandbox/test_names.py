"""Looking up a name leaks it to whoever keeps the name server: the real resolver, asked for real."""

import pytest

from tests.gateway.sandbox.names import ALL, FILTER, FREE, asked, why_impossible


@pytest.fixture(autouse=True, scope="module")
def _room() -> None:
    if reason := why_impossible():
        pytest.skip(reason)


def test_without_protection_the_name_server_is_asked() -> None:
    assert asked(FREE) == ["child.example", "earlier-thread.example", "main.example"]


@pytest.mark.parametrize("how", [FILTER, ALL])
def test_under_protection_nobody_is_asked(how: str) -> None:
    assert asked(how) == []
