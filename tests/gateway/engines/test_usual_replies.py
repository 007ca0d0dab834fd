import pytest

from gateway.engines.answers import HassAnswers
from gateway.engines.usual_replies import LONGEST_WORDS, MOST, usual_replies
from gateway.errors import ConfigError


@pytest.mark.parametrize("language", ["en", "de", "en-GB"])
def test_usual_replies_are_worded_as_they_are_said(language: str) -> None:
    usual = usual_replies(language)
    assert HassAnswers(language).sorry() == usual[0]
    assert len(set(usual)) == len(usual) == MOST
    assert all("{" not in text and len(text.split()) <= LONGEST_WORDS for text in usual)


def test_a_language_without_sentences_is_refused() -> None:
    with pytest.raises(ConfigError, match="xx"):
        usual_replies("xx")
