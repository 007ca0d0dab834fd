"""Understanding with what a household taught: its rules say what is meant by what is said here.

For each reading: a rule for the whole sentence comes first, then what it means anyway, then what it means with words
replaced. So a rule of words never takes a sentence's own meaning away.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Protocol

from gateway.engines.rewriting import Rewriting, Rulebook
from gateway.events import ActionResult, Intent
from gateway.house import House
from gateway.languages import is_same_language
from gateway.rules import Rule
from gateway.suggestions import Suggestion

_COMMAND: Final = "conversation_command"
"""The slot of a sentence such as "… in ten minutes": a sentence itself."""


class HouseUnderstanding(Protocol):
    """What knows the sentences and names of one house (`understanding.HassUnderstanding`)."""

    language: str

    async def use(self, house: House) -> None:
        """Understand the names of `house` from now on."""

    def name_of(self, entity_id: str) -> str | None:
        """Return the name of a thing of the house; None where there is none."""

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        """Return what `text` means here; None where it means nothing."""

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        """Return what `text` would mean with words that may follow it."""

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        """Return what may be meant by what was heard as one of `texts`."""

    async def is_request(self, text: str) -> bool:
        """Tell whether what was heard may have been meant for this house, though it means nothing in it."""

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        """Return the answer to say; may be empty."""

    async def sorry(self) -> str:
        """Return what to say to words that mean nothing here."""


class LearnedUnderstanding:
    """Another understanding, with rules. Belongs to one event loop."""

    def __init__(self, inner: HouseUnderstanding, rules: Iterable[Rule] = ()) -> None:
        self._inner = inner
        self.language = inner.language
        self.use_rules(rules)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in use, those of other languages among them; the first one counts most."""
        return self._rules

    def use_rules(self, rules: Iterable[Rule]) -> None:
        """Understand by these rules from now on, the newest first."""
        self._rules = tuple(rules)
        self._book = Rulebook(
            [rule for rule in self._rules if not rule.language or is_same_language(rule.language, self.language)]
        )

    def with_rules(self, rules: Iterable[Rule]) -> LearnedUnderstanding:
        """Return an understanding of the same house by other rules, to try them; it changes nothing here."""
        return LearnedUnderstanding(self._inner, rules)

    async def use(self, house: House) -> None:
        """Understand the names of `house` from now on."""
        await self._inner.use(house)

    def name_of(self, entity_id: str) -> str | None:
        """Return the name of a thing of the house; None where there is none."""
        return self._inner.name_of(entity_id)

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        """Return what `text` means in this house, by its rules; None where it means nothing."""
        rule = self._book.sentence(text)
        if rule is not None:
            intent = await self._without_sentence_rules(rule.meant, area_id)
            if intent is not None:
                return replace(intent, rule_ids=(rule.id, *intent.rule_ids))
        return await self._without_sentence_rules(text, area_id)

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        """Return what `text` would mean with words that may follow it. Rules are not looked at: they are few."""
        return await self._inner.continuations(text, area_id=area_id)

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        """Return what may be meant by what was heard as one of `texts`. Rules are not looked at: they were before."""
        return await self._inner.suggestions(texts)

    async def is_request(self, text: str) -> bool:
        """Tell whether what was heard may have been meant for this house, though it means nothing in it."""
        return await self._inner.is_request(text)

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        """Return the answer to say; empty where nothing is to be said."""
        return await self._inner.answer(intent, result)

    async def sorry(self) -> str:
        """Return what to say to words that mean nothing here."""
        return await self._inner.sorry()

    async def _without_sentence_rules(self, text: str, area_id: str | None) -> Intent | None:
        intent = await self._inner.match(text, area_id=area_id)
        if intent is not None:
            return intent
        for rewriting in self._book.rewritings(text, self.name_of):
            intent = await self._inner.match(rewriting.text, area_id=area_id)
            if intent is not None and (meant := _with_aliases(intent, rewriting)) is not None:
                return replace(meant, rule_ids=rewriting.rule_ids)
        return None


def _with_aliases(intent: Intent, rewriting: Rewriting) -> Intent | None:
    """Return `intent` about the very things that aliases stand for; None where it is not about them.

    Several things may have one name, and the name of a thing may be that of something else: words to be put on a list.
    """
    for name, entity_id in rewriting.entity_ids.items():
        command = intent.slots.get(_COMMAND)
        if command is not None and name in str(command):
            continue
        if intent.slots.get("name") != name:
            return None
        if intent.entity_id is not None and _domain(intent.entity_id) != _domain(entity_id):
            return None
        intent = replace(intent, entity_id=entity_id)
    return intent


def _domain(entity_id: str) -> str:
    return entity_id.partition(".")[0]
