"""From a sentence to what it means in this house: hassil over home-assistant-intents and the house's names.

Slot lists and choices are those of Home Assistant's `conversation/default_agent.py`. It does not act, does no I/O after
it is built, and keeps no sentence longer than its small cache.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from hassil import is_match, parse_sentence, recognize_all, recognize_best
from hassil.intents import RangeSlotList, SlotList, TextSlotList
from hassil.recognize import RecognizeResult
from hassil.util import remove_punctuation

from gateway.engines.fillers import fillers
from gateway.engines.household_sentences import IS_CUSTOM, HouseholdSentences, household_sentences
from gateway.engines.sentences import Sentences, load_sentences
from gateway.engines.several import MOST_COMMANDS, completed, parted
from gateway.engines.wildcards import may_be_meant
from gateway.engines.wording import readings, spelled
from gateway.events import Intent
from gateway.house import Area, AttributeValue, Entity, Floor, House
from gateway.own_sentences import NO_SENTENCES

TEXT_LIMIT_CHARS = 300
"""Nobody says a longer command; the matcher's cost grows with it."""
CACHED_SENTENCES = 256
"""The same hypotheses are tried while a sentence grows, and people repeat themselves."""
COMMAND_DEPTH = 1
"""A delayed command ("… in ten minutes") may hold a plain command, and not another delayed one."""

_AWAY = frozenset({"away", "out", "not home", "outside"})

type _Name = tuple[str, str, dict[str, AttributeValue]]


class HassilIntents:
    """Understands one language in one house. `match` may be called from any thread."""

    def __init__(self, language: str = "en") -> None:
        """Load a language. Raises ConfigError for one that is not there, naming what is."""
        self._sentences = load_sentences(language)
        self._told = NO_SENTENCES
        self.household = household_sentences(self._sentences, self._told)
        """The language's sentences with the household's."""
        _prepare(self._sentences)
        self.use(House(name=""))

    @property
    def language(self) -> str:
        """The language's code in the package."""
        return self._sentences.language

    def use(self, house: House) -> None:
        """Understand the names of `house`, and its own sentences, from now on."""
        if self._told is not house.sentences:
            self._told, self.household = house.sentences, household_sentences(self._sentences, house.sentences)
            _prepare_own(self.household)
        self._match = _matcher(self._sentences, self.household, house)

    def match(self, text: str, *, area_id: str | None = None) -> Intent | None:
        """Return the best meaning of `text` in this house, said in the area `area_id`; None where it has none."""
        if not text.strip() or len(text) > TEXT_LIMIT_CHARS:
            return None
        return self._match(text, area_id)


def _prepare(sentences: Sentences) -> None:
    """Build what hassil builds on first use, templates and number words: the first sentence must not pay for it."""
    rules = sentences.intents.expansion_rules
    for intent in sentences.intents.intents.values():
        for block in intent.data:
            for template in block.sentences:
                template.get_required_clauses({**rules, **block.expansion_rules})
    number = parse_sentence("{number}")
    for slot_list in sentences.intents.slot_lists.values():
        if isinstance(slot_list, RangeSlotList):
            is_match("no number", number, slot_lists={"number": slot_list}, language=sentences.language)


def _prepare_own(household: HouseholdSentences) -> None:
    rules = household.intents.expansion_rules
    for block in household.data:
        for template in block.sentences:
            template.get_required_clauses({**rules, **block.expansion_rules})


def _matcher(
    sentences: Sentences, household: HouseholdSentences, house: House
) -> Callable[[str, str | None], Intent | None]:
    """Return a cached function from (text, area) to meaning, over what does not change until the house does."""
    names = _Names(sentences, household, house)

    @lru_cache(maxsize=CACHED_SENTENCES)
    def match(text: str, area_id: str | None) -> Intent | None:
        return names.match(text, area_id, depth=COMMAND_DEPTH)

    return match


class _Names:
    """A house's names, compiled for hassil."""

    def __init__(self, sentences: Sentences, household: HouseholdSentences, house: House) -> None:
        self._sentences = sentences
        self._household = household
        self._house = house
        self._fillers = fillers(sentences.language)
        self._areas = {area.id: area for area in house.areas}
        self._zones = _zones(house)
        self._slot_lists: dict[str, SlotList] = {
            "name": _indexed(self._entity_names()),
            "area": _indexed(self._place_names(house.areas)),
            "floor": _indexed(self._place_names(house.floors)),
        }
        places: tuple[Area | Floor, ...] = (*house.areas, *house.floors)
        self._places = {self._bare(name) for place in places for name in (place.name, *place.aliases)}
        self._by_name: dict[str, list[Entity]] = {}
        for entity in house.entities:
            for name in {_folded(name) for name in (entity.name, *entity.aliases)}:
                self._by_name.setdefault(name, []).append(entity)

    def match(self, text: str, area_id: str | None, *, depth: int) -> Intent | None:
        """Return the best valid meaning of the sentence, or of all its parts where it is several commands."""
        intent = self._one(text, area_id, depth)
        return self._several(text, area_id, depth, MOST_COMMANDS) if intent is None else intent

    def _several(self, text: str, area_id: str | None, depth: int, most: int) -> Intent | None:
        for before, after, is_said in parted(text, self._sentences.language):
            first = self._one(before, area_id, depth)
            if first is None and most > 2:
                first = self._several(before, area_id, depth, most - 1)
            if first is None or first.is_own:
                continue
            for part in completed(after, before):
                then = self._one(part, area_id, depth)
                if then is None or then.is_own or (self._is_name(then) and not self._is_name(first)):
                    continue
                if then.name == first.name and self._is_another_place(after, before, first):
                    continue
                if any(then.asked == one.asked for one in (first, *first.also)):  # recognition repeats itself at times
                    return replace(first, text=text)
                if is_said or not then.any_words:  # a comma alone may be in a name: "light up, play corner"
                    return replace(first, text=text, also=(*first.also, then))
        return None

    def _is_name(self, intent: Intent) -> bool:
        """Tell whether nothing but a name was said, which switches on; after a command that one's verb is meant."""
        names = self._heard(" ".join(str(value) for value in intent.slots.values())).casefold().split()
        said = self._heard(intent.text).casefold().split()
        return self._fillers.union(names).issuperset(said)

    def _is_another_place(self, after: str, before: str, first: Intent) -> bool:
        """Tell whether nothing but a place follows what names none: "skip song in living room", with an "and"."""
        if self._bare(after) not in self._places:
            return False
        said = set(self._heard(before).casefold().split())
        named = [self._bare(str(first.slots[slot])) for slot in ("area", "floor", "name") if slot in first.slots]
        return not any(said.issuperset(name.split()) for name in named)

    def _bare(self, name: str) -> str:
        return " ".join(word for word in self._heard(name).casefold().split() if word not in self._fillers)

    def _one(self, text: str, area_id: str | None, depth: int) -> Intent | None:
        """Return the best valid meaning of the sentence's readings."""
        for reading in readings(text, self._sentences.language, self._house.temperature_unit):
            if (trigger := self._trigger(reading)) is not None:
                return trigger
            result = recognize_best(
                reading,
                self._household.intents,
                slot_lists=self._slot_lists,
                intent_context=self._context(area_id),
                language=self._sentences.language,
                best_metadata_key=IS_CUSTOM,
                best_slot_name="name",
            )
            if result is None or result.unmatched_entities:
                continue
            intent = self._intent(result, reading if result.intent.name in self._household.own else text, area_id)
            if intent is not None and self._is_valid(result, intent, area_id, depth):
                return intent
        return None

    def _trigger(self, reading: str) -> Intent | None:
        """Return that an automation waits for this sentence."""
        triggers = self._household.triggers
        result = None if triggers is None else next(iter(recognize_all(reading, triggers)), None)
        return None if result is None else Intent(name=result.intent.name, text=reading, is_own=True)

    def _heard(self, name: str) -> str:
        return remove_punctuation(spelled(name, self._sentences.language, self._house.temperature_unit)).strip()

    def _entity_names(self) -> Iterator[_Name]:
        for entity in self._house.entities:
            context: dict[str, AttributeValue] = {"domain": entity.domain}
            if "device_class" in entity.attributes:
                context["device_class"] = entity.attributes["device_class"]
            for name in (entity.name, *entity.aliases):
                heard = self._heard(name)
                if heard:  # an empty name would match anywhere
                    yield heard, name, context

    def _place_names(self, places: Iterable[Area | Floor]) -> Iterator[tuple[str, str]]:
        for place in places:
            for name in (place.name, *place.aliases):
                if heard := self._heard(name):
                    yield heard, place.name

    def _context(self, area_id: str | None) -> dict[str, dict[str, str]] | None:
        area = self._areas.get(area_id or "")
        return None if area is None else {"area": {"value": area.name, "text": area.name}}

    def _intent(self, result: RecognizeResult, text: str, area_id: str | None) -> Intent | None:
        slots = {entity.name: _plain(entity.value) for entity in result.entities_list}
        if "state" in _wildcards(result):
            zone = self._zones.get(_folded(str(slots["state"])))
            if zone is None:
                return None
            slots["state"] = zone
        entity = self._meant(result, slots, area_id)
        if entity is not None:
            slots["name"] = entity.name
        return Intent(
            name=result.intent.name,
            slots=slots,
            response=result.response or "default",
            text=text,
            entity_id=None if entity is None else entity.id,
            is_own=result.intent.name in self._household.own,
        )

    def _meant(self, result: RecognizeResult, slots: dict[str, AttributeValue], area_id: str | None) -> Entity | None:
        """Return the one entity that the sentence's name can mean, if it is one."""
        name = result.entities.get("name")
        if name is None or name.is_wildcard or not isinstance(name.value, str):
            return None
        domains = _required_domains(result)
        same = [
            entity for entity in self._by_name.get(_folded(name.value), ()) if not domains or entity.domain in domains
        ]
        if len(same) > 1 and "area" in slots:
            same = [entity for entity in same if self._is_in(entity, str(slots["area"]))]
        if len(same) > 1 and area_id is not None:
            same = [entity for entity in same if entity.area_id == area_id]
        return same[0] if len(same) == 1 else None

    def _is_in(self, entity: Entity, area_name: str) -> bool:
        area = self._areas.get(entity.area_id or "")
        return area is not None and area.name == area_name

    def _is_valid(self, result: RecognizeResult, intent: Intent, area_id: str | None, depth: int) -> bool:
        """Tell whether what the wildcards caught can be meant at all."""
        for slot in _wildcards(result):
            if not may_be_meant(slot, str(intent.slots[slot]), intent.text, self._sentences.language):
                return False
        command = intent.slots.get("conversation_command")
        if command is None:
            return True
        meant = self.match(str(command), area_id, depth=depth - 1) if depth > 0 else None
        return meant is not None and not meant.is_own


def _indexed(names: Iterable[tuple[str, str] | _Name]) -> TextSlotList:
    """Return a slot list whose index is built: the first sentence must not pay for it."""
    slot_list = TextSlotList.from_tuples(names, allow_template=False)
    slot_list.get_candidates("")
    return slot_list


def _wildcards(result: RecognizeResult) -> list[str]:
    return [entity.name for entity in result.entities_list if entity.is_wildcard]


def _required_domains(result: RecognizeResult) -> frozenset[str]:
    required = result.intent_data.requires_context.get("domain") or ()
    return frozenset([required] if isinstance(required, str) else map(str, required))


def _plain(value: object) -> AttributeValue:
    """Return a slot's value with whole numbers as integers: digits come out of hassil as floats, words as integers."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case bool() | int() | float():
            return value
        case list() | tuple():
            return tuple(_plain(item) for item in value)
    return str(value)


def _zones(house: House) -> dict[str, str]:
    """Return how the places where people can be are said, and their states."""
    places = {entity.state for entity in house.entities if entity.domain == "person"}
    places |= {entity.name for entity in house.entities if entity.domain == "zone"}
    zones = {_folded(place): place for place in places if place not in ("unknown", "unavailable")}
    return zones | {"home": "home", "not_home": "not_home"} | dict.fromkeys(_AWAY, "not_home")


def _folded(name: str) -> str:
    return name.strip().casefold()
