"""The shared recordings: commands against Home Assistant's own sentences, who wakes it, and what does by mistake."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList
from home_assistant_intents import get_intents

from gateway.assembly import Assembly
from gateway.audio import frames
from gateway.config import Config, WakeConfig
from gateway.engines.intents import HassilIntents
from gateway.events import Intent
from gateway.home.files import load_house
from gateway.recordings import read_recording
from gateway.turn.choice import Choice, choose
from gateway.turn.wake import WakeListener
from tests.e2e.conftest import WORDS
from tests.voices import silence

OFFICE = "Office"
"""Where the satellite of the commands stands."""
FEWEST_COMMANDS = 58
RIGHT_SHARE = 0.85
ALEXAS, WOKEN_SHARE = 165, 0.95
MOST_FALSE_WAKES = 3
"""Of the four words together, in twenty minutes of speech, noise and music."""

type State = Callable[[str], None]
type Meaning = tuple[str, dict[str, Any]]
type Row = Mapping[str, str]


def rows(shared: Path, kind: str, **values: str) -> Iterator[Row]:
    with (shared / "speech" / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"].startswith(kind) and all(row[key] == value for key, value in values.items()):
                yield row


def sound(shared: Path, row: Row) -> bytes:
    return read_recording(shared / "speech" / row["path"])


# Commands


class Reference:
    """What hassil alone makes of Home Assistant's sentences in a house, by nothing of ours."""

    def __init__(self, house: Path) -> None:
        fixtures = yaml.safe_load(house.read_text(encoding="utf-8"))["fixtures"]
        intents = get_intents("en")
        assert intents is not None
        self._intents = Intents.from_dict(intents)
        names = [(e["name"], e["name"], {"domain": e["domain"]}) for e in fixtures["entities"]]
        areas = [(area["name"], area["name"]) for area in fixtures["areas"]]
        self._lists: dict[str, SlotList] = {
            "name": TextSlotList.from_tuples(names, allow_template=False),
            "area": TextSlotList.from_tuples(areas, allow_template=False),
            "floor": TextSlotList.from_tuples([]),
        }

    def meaning(self, text: str) -> Meaning | None:
        context = {"area": OFFICE}
        result = recognize_best(
            text, self._intents, slot_lists=self._lists, intent_context=context, language="en", best_slot_name="name"
        )
        if result is None or result.unmatched_entities:
            return None
        return result.intent.name, {name: entity.value for name, entity in result.entities.items()}


def meaning(intent: Intent | None) -> Meaning | None:
    return None if intent is None else (intent.name, dict(intent.slots))


def plain(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.casefold()).split())


async def test_commands_are_understood_from_audio(shared: Path, state: State) -> None:
    house_file = shared / "text" / "speech_to_phrase" / "fixtures" / "en.yaml"
    house = load_house(house_file)
    reference, intents = Reference(house_file), HassilIntents("en")
    intents.use(house)
    office = next(area.id for area in house.areas if area.name == OFFICE)
    assembly = Assembly(Config())
    stt = assembly.stt()

    async def match(text: str) -> Intent | None:
        return intents.match(text, area_id=office)

    right: dict[str, list[bool]] = defaultdict(list)
    for row in rows(shared, "command", lang="en"):
        expected = reference.meaning(row["transcript"]) if row["kind"] == "command" else None
        if expected is None:
            continue
        choice: Choice = await choose(await stt.recognize(sound(shared, row)), match)
        found = meaning(choice.intent)
        right[plain(row["transcript"])].append(found == expected)
        if found != expected:
            heard = choice.heard and choice.heard.text
            state(f"not understood: “{row['transcript']}” {expected}, heard “{heard}”: {found}")
    assembly.close()
    results = [result for takes in right.values() for result in takes]
    share = sum(results) / len(results)
    by_sentence = sum(sum(takes) / len(takes) for takes in right.values()) / len(right)
    state(
        f"commands: {sum(results)} of {len(results)} recordings understood ({share:.1%}); "
        f"{by_sentence:.1%} of {len(right)} distinct sentences"
    )
    assert len(results) >= FEWEST_COMMANDS
    assert share >= RIGHT_SHARE
    assert by_sentence >= RIGHT_SHARE


# Waking


async def wakes(listener: WakeListener, pcm: bytes) -> list[str]:
    await listener.reset()
    found = [await listener.hear(frame) for frame in frames(silence(0.5) + pcm + silence(1))]
    return [wake.wake_word for wake in found if wake is not None]


async def test_people_who_say_alexa_wake_it(shared: Path, state: State) -> None:
    assembly = Assembly(Config(wake=WakeConfig(words=("alexa",))))
    listener = WakeListener(assembly.wake(), assembly.second_opinion())
    counts = Counter(
        [len(await wakes(listener, sound(shared, row))) for row in rows(shared, "wake_positive", label="alexa")]
    )
    assembly.close()
    woken = counts.total() - counts[0]
    state(f"“alexa”: {woken} of {counts.total()} recordings wake ({woken / counts.total():.1%}); twice: {counts[2]}")
    assert counts.total() >= ALEXAS
    assert woken / counts.total() >= WOKEN_SHARE


async def test_what_is_no_wake_word_hardly_ever_wakes_it(shared: Path, state: State) -> None:
    assembly = Assembly(Config(wake=WakeConfig(words=WORDS)))
    listener = WakeListener(assembly.wake(), assembly.second_opinion())
    false: list[str] = []
    seconds = 0.0
    for row in rows(shared, "negative_"):
        found = await wakes(listener, sound(shared, row))
        seconds += float(row["seconds"])
        false += [f"{word} in {row['path']}" for word in found]
    assembly.close()
    state(f"false wakes: {len(false)} in {seconds / 60:.1f} minutes without a wake word {false or ''}")
    assert seconds > 1_200
    assert len(false) <= MOST_FALSE_WAKES
