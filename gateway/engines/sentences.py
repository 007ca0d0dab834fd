"""What a language offers: its sentence templates, answers and error texts, from the home-assistant-intents package.

Read from disk only. Knows nothing of a house.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import home_assistant_intents
from hassil import Intents

from gateway.errors import ConfigError, EngineError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """One language's sentences, and what is answered to them."""

    language: str
    """The package's code, e.g. `en` or `pt-BR`."""
    intents: Intents
    answers: Mapping[str, Mapping[str, str]]
    """Templates by intent and response key."""
    errors: Mapping[str, str]
    """Templates by error key."""


def load_sentences(language: str) -> Sentences:
    """Read a language; `en-GB` falls back to `en`.

    Raises ConfigError for a language that the package does not have, EngineError for a package that cannot be read.
    """
    code = supported_language(language)
    try:
        data = home_assistant_intents.get_intents(code)
        if data is None:
            raise EngineError(f"home-assistant-intents has no sentences for {code!r}; install the package again")
        responses = data.get("responses", {})
        return Sentences(
            language=code,
            intents=Intents.from_dict(data),
            answers=responses.get("intents", {}),
            errors=responses.get("errors", {}),
        )
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(
            f"home-assistant-intents cannot be read for {code!r} ({error}); install the package again"
        ) from error


def supported_language(language: str) -> str:
    """Return the package's code for `language`.

    Raises ConfigError, naming what there is.
    """
    codes = {code.casefold(): code for code in home_assistant_intents.get_languages()}
    wanted = language.replace("_", "-").casefold()
    found = codes.get(wanted) or codes.get(wanted.partition("-")[0])
    if found is None:
        raise ConfigError(f"no sentences for language {language!r}; there are: {', '.join(sorted(codes.values()))}")
    return found
