"""What could not be spoken is not written down either."""

import inspect
import logging

import pytest
from homeassistant.components import tts

from custom_components.local_voice.reply_log import COMPLAINT, LOGGER, without_words


def test_a_reply_that_failed_is_logged_without_its_words_until_the_gateway_is_gone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    end = without_words()
    LOGGER.error("Error getting audio for %s: %s", "the marzipan is gone", "no answer")
    LOGGER.error("Error getting audio from stream: %s", "no answer")
    assert [record.getMessage() for record in caplog.records] == [
        "Error getting audio for a reply: no answer",
        "Error getting audio from stream: no answer",
    ]
    end()
    LOGGER.error("Error getting audio for %s: %s", "another's words", "no answer")
    assert "another's words" in caplog.text
    assert LOGGER.filters == []


def test_home_assistant_still_words_its_complaint_like_that() -> None:
    assert f'_LOGGER.error("{COMPLAINT} %s: %s", trunc_msg, err)' in inspect.getsource(tts)
    assert logging.getLogger(tts.__name__) is LOGGER
