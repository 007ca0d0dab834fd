"""Which spoken commands `bench e2e` can measure: those whose true text changes something in the house.

What a text changes is found out by giving it to Home Assistant's own agent, in the very house, once with everything off
and closed and, where that changes nothing, once with everything on and open. Ours must do the same with it, so that
hearing and waiting are measured, and nobody's sentences.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Final

from bench.home_assistant.assistant import Assistant
from bench.home_assistant.watching import Condition, Watch
from bench.manifest import Recording
from gateway.house import House

CONDITIONS: Final = ("resting", "working")
ACTED_S: Final = 0.1
"""After a run has ended: what it changed has been told by then."""
MOST_SENTENCES: Final = 150
"""Each takes up to a second to try."""
_SWITCHED: Final = frozenset({"light", "switch", "fan"})


class Speaker(StrEnum):
    """Whose voice a clip is."""

    PERSON = "people"
    SYNTHETIC = "synthetic voices"
    OURS = "spoken by Piper for this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A spoken command."""

    name: str
    text: str
    """What is really said."""
    speaker: Speaker
    pcm: bytes
    """16 kHz mono s16le."""
    speech_end_s: float
    """When in `pcm` the last speech frame ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a text does to the house."""

    before: str
    """The condition of the house in which it does it, one of `CONDITIONS`."""
    wanted: Condition
    """All that is different afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What texts do."""

    meanings: Mapping[str, Meaning]
    """By text; only what both agents do the same."""
    differ: frozenset[str]
    """Texts that change something, and not the same with both."""


async def understood(texts: Iterable[str], theirs: Assistant, ours: Assistant, watch: Watch) -> Understood:
    """Return what each text does, where it changes anything, by either agent."""
    found: dict[str, Meaning] = {}
    differ: set[str] = set()
    for text, _ in zip(dict.fromkeys(texts), range(MOST_SENTENCES), strict=False):
        for condition in CONDITIONS:
            wanted = await _changed(text, theirs, watch, condition)
            if not wanted:
                continue
            if await _changed(text, ours, watch, condition) == wanted:
                found[text] = Meaning(before=condition, wanted=wanted)
            else:
                differ.add(text)
            break
    return Understood(meanings=found, differ=frozenset(differ))


async def _changed(text: str, agent: Assistant, watch: Watch, condition: str) -> Condition:
    await watch.reset(condition)
    await agent.read(text)
    await asyncio.sleep(ACTED_S)
    return dict(watch.changed)


def in_turn(recordings: Sequence[Recording], most: int) -> tuple[Recording, ...]:
    """Return at most so many: one of each sentence before the second of any, people before synthetic voices."""
    numbers: dict[str, count[int]] = {}
    people_first = sorted(recordings, key=lambda recording: not recording.is_human)
    ranked = [
        (next(numbers.setdefault(recording.transcript.casefold(), count())), place, recording)
        for place, recording in enumerate(people_first)
    ]
    return tuple(recording for _, _, recording in sorted(ranked, key=lambda one: one[:2])[:most])


def sentences(house: House) -> tuple[str, ...]:
    """Return commands for what `house` has, to be spoken where there are too few recordings."""
    switched = [entity.name for entity in house.entities if entity.domain in _SWITCHED]
    return (
        *(f"Turn on the {name}." for name in switched),
        *(f"Turn off the {name}." for name in switched),
        *(f"{verb} the {entity.name}." for verb in ("Open", "Close") for entity in house.entities
          if entity.domain == "cover" and entity.attributes.get("device_class") == "curtain"),
        *(f"{verb} the lights in the {area.name}." for verb in ("Turn on", "Turn off") for area in house.areas),
    )  # fmt: skip
