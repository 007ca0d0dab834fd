"""Which codes name one language."""

import pytest

from gateway.languages import called, is_same_language


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [("en", "en-GB", True), ("en_US", "EN", True), ("de", "en", False), ("nb", "n", False), ("pt-BR", "pt-PT", True)],
)
def test_the_country_does_not_matter(one: str, other: str, *, is_same: bool) -> None:
    assert is_same_language(one, other) is is_same


def test_a_language_is_called_by_its_name_where_we_have_one_and_else_by_its_code() -> None:
    assert called("de") == called("de_CH") == called("DE-at") == "German"
    assert called("sv-SE") == "sv-SE"
