"""Understanding as a turn needs it: sentences to intents, results to answers, off the event loop."""

from gateway.engines.answers import HassAnswers
from gateway.engines.going_on import GoingOn
from gateway.engines.intents import HassilIntents
from gateway.engines.suggesting import Suggesting
from gateway.engines.worker import Worker
from gateway.events import ActionResult, Intent
from gateway.house import House
from gateway.suggestions import Suggestion


class HassUnderstanding:
    """Home Assistant's sentences and answers over the names of one house."""

    def __init__(self, house: House, worker: Worker, *, language: str, by_sound: bool = True) -> None:
        """`by_sound` is whether what is understood was spoken, so that it may have been misheard.

        Raises ConfigError for a language that has no sentences.
        """
        self._by_sound = by_sound
        self._worker = worker
        self._intents = HassilIntents(language)
        self._answers = HassAnswers(language)
        self._unit = house.temperature_unit
        self._names = _names(house)
        self.language = self._intents.language
        self._intents.use(house)
        self._going_on = GoingOn(self.language)
        self._going_on.use(house)
        self._house = house
        self._suggesting = self._for(house) if by_sound else None

    async def use(self, house: House) -> None:
        """Understand the names of `house` from now on."""
        await self._worker.run(self._use, house)
        self._unit = house.temperature_unit
        self._names = _names(house)

    def name_of(self, entity_id: str) -> str | None:
        """Return the name of a thing of the house; None where there is none."""
        return self._names.get(entity_id)

    async def match(self, text: str, *, area_id: str | None) -> Intent | None:
        """Return what `text` means in this house, said in the area `area_id`; None where it means nothing."""
        return await self._worker.run(self._intents.match, text, area_id=area_id)

    async def continuations(self, text: str, *, area_id: str | None) -> tuple[Intent, ...]:
        """Return what `text` would mean with words that may follow it; see `GoingOn.of`."""
        return await self._worker.run(self._continuations, text, area_id)

    async def suggestions(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        """Return what may have been said by what was heard as one of `texts`, the closest first; see `Suggesting`.

        None where nothing is heard here.
        """
        return await self._worker.run(self._suggest, texts)

    async def is_request(self, text: str) -> bool:
        """Tell whether what was heard may have been meant for this house, though it means nothing in it.

        Whatever is typed is.
        """
        return await self._worker.run(self._is_request, text)

    async def answer(self, intent: Intent, result: ActionResult) -> str:
        """Return the answer to say; empty where nothing is to be said."""
        return await self._worker.run(self._answers.render, intent, result, unit=self._unit)

    async def sorry(self) -> str:
        """Return what to say to words that mean nothing here."""
        return self._answers.sorry()

    def _use(self, house: House) -> None:
        self._intents.use(house)
        self._going_on.use(house)
        self._house = house
        self._suggesting = None

    def _suggest(self, texts: tuple[str, ...]) -> tuple[Suggestion, ...]:
        return self._by_its_sound().suggestions(texts) if self._by_sound else ()

    def _is_request(self, text: str) -> bool:
        return not self._by_sound or self._by_its_sound().is_request(text)

    def _by_its_sound(self) -> Suggesting:
        if self._suggesting is None:  # a house that is told anew in pieces need not be ready for this each time
            self._suggesting = self._for(self._house)
        return self._suggesting

    def _for(self, house: House) -> Suggesting:
        return Suggesting(self.language, house, self._intents.household.grammar)

    def _continuations(self, text: str, area_id: str | None) -> tuple[Intent, ...]:
        return self._going_on.of(text, lambda said, area: self._intents.match(said, area_id=area), area_id=area_id)


def _names(house: House) -> dict[str, str]:
    return {entity.id: entity.name for entity in house.entities}
