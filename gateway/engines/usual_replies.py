"""What is often said, and is the same in every house: a language's answers that name nothing."""

from typing import Final

import home_assistant_intents

from gateway.engines.sentences import supported_language

MOST: Final = 24
LONGEST_WORDS: Final = 6
"""Longer ones introduce the assistant, and are hardly ever said twice."""
TEMPLATE: Final = "{"


def usual_replies(language: str) -> tuple[str, ...]:
    """Return some of them, errors first. Raises ConfigError for a language that there are none in."""
    data = home_assistant_intents.get_intents(supported_language(language)) or {}
    responses = data.get("responses", {})
    answers = [text for texts in responses.get("intents", {}).values() for text in texts.values()]
    wordings = [" ".join(text.split()) for text in (*responses.get("errors", {}).values(), *answers)]
    usual = [text for text in wordings if text and TEMPLATE not in text and len(text.split()) <= LONGEST_WORDS]
    return tuple(dict.fromkeys(usual))[:MOST]
