"""Answers in plain words: the language's response templates, rendered the way Home Assistant renders them.

Templates run in jinja's immutable sandbox over frozen data. Nothing here looks anything up or changes anything.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from jinja2 import TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.engines.sentences import load_sentences
from gateway.engines.spoken import (
    OWN_ANSWERS,
    OWN_ERRORS,
    SpokenEntity,
    demo_opening,
    spoken_device_class,
    spoken_domain,
    spoken_slot,
)
from gateway.events import ActionResult, Intent

CACHED_TEMPLATES = 512
"""More than any language has."""
ANSWER_LIMIT_CHARS = 1000
"""A minute of speech. A longer answer is cut: nobody listens to it, and a state may be of any length."""


class HassAnswers:
    """Says what was done, answered or could not be done, in one language."""

    def __init__(self, language: str = "en") -> None:
        """Load a language. Raises ConfigError for one that is not there, naming what is."""
        self._sentences = load_sentences(language)
        environment = ImmutableSandboxedEnvironment(autoescape=False, finalize=_nothing_is_silent)
        self._template = lru_cache(maxsize=CACHED_TEMPLATES)(environment.from_string)

    @property
    def language(self) -> str:
        """The language's code in the package."""
        return self._sentences.language

    def render(self, intent: Intent, result: ActionResult, *, unit: str) -> str:
        """Return the answer to `intent`; `unit` is the house's temperature unit. Empty where nothing is to be said."""
        said = self._answer(intent, result, unit)
        return f"{demo_opening(self.language)}{said}" if said and result.is_demo else said

    def sorry(self) -> str:
        """Return what is said to a sentence that means nothing here."""
        return self.error("no_intent", {})

    def error(self, key: str, slots: Mapping[str, object]) -> str:
        """Return the error answer `key`; the language's most general one where it has no such key."""
        own = OWN_ERRORS.get((self.language, key))
        source = self._sentences.errors.get(key) or own or self._sentences.errors.get("no_intent", "")
        if self.language == "en" and "domain" in slots:
            slots = {**slots, "domain": spoken_domain(str(slots["domain"]))}
        return self._say(source, {"slots": slots, **slots})

    def _answer(self, intent: Intent, result: ActionResult, unit: str) -> str:
        if result.error is not None:
            return self.error(result.error, result.error_slots)
        source = self._source(intent)
        if source is None:
            return ""
        return self._say(source, self._values(intent, result, unit))

    def _source(self, intent: Intent) -> str | None:
        own = OWN_ANSWERS.get((self.language, intent.name, intent.response))
        return own or self._sentences.answers.get(intent.name, {}).get(intent.response)

    def _values(self, intent: Intent, result: ActionResult, unit: str) -> dict[str, object]:
        matched = [SpokenEntity(entity, self.language, unit) for entity in result.matched]
        unmatched = [SpokenEntity(entity, self.language, unit) for entity in result.unmatched]
        states = {state.entity_id: state for state in (*matched, *unmatched)}
        slots: dict[str, object] = {key: spoken_slot(value) for key, value in intent.slots.items()}
        if self.language == "en" and "device_class" in slots:
            slots["device_class"] = spoken_device_class(str(slots["device_class"]), intent.text)
        return {
            "slots": slots | dict(result.speech_slots),
            "state": next(iter((*matched, *unmatched)), None),
            "query": {"matched": matched, "unmatched": unmatched},
            "state_attr": _attributes_of(states),
        }

    def _say(self, source: str, values: Mapping[str, object]) -> str:
        try:
            said = self._template(source).render(values)
        except TemplateError, TypeError, ValueError, ArithmeticError:
            # The thing was done; what cannot be put in words must not turn that into a failure.
            return ""
        return " ".join(said.split())[:ANSWER_LIMIT_CHARS]


def _attributes_of(states: Mapping[str, SpokenEntity]) -> Callable[[str, str], object]:
    """Return the templates' `state_attr`."""

    def state_attr(entity_id: str, name: str) -> object:
        state = states.get(entity_id)
        return None if state is None else state.attributes.get(name)

    return state_attr


def _nothing_is_silent(value: object) -> object:
    """Say nothing for a value that is not there, where jinja says `None`."""
    return "" if value is None or isinstance(value, Undefined) else value
