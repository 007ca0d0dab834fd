"""Which codes name one language."""

import pytest

from gateway.languages import is_same_language


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [("en", "en-GB", True), ("en_US", "EN", True), ("de", "en", False), ("nb", "n", False), ("pt-BR", "pt-PT", True)],
)
def test_the_country_does_not_matter(one: str, other: str, *, is_same: bool) -> None:
    assert is_same_language(one, other) is is_same
