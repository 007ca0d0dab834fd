"""Coffee orders: a closed domain of a household's own sentences, said by people with many accents, in noise.

A commercial engine publishes figures for these recordings: acceptance is the share of which every slot is right.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from bench.coffee_clips import INTENT, NOISES, Order, Slots, noises, orders, sounds
from bench.custom_sentences import read_custom_sentences
from bench.findings import Finding, Section, Table, at_least, percent
from bench.manifest import read_manifest
from bench.options import Options
from bench.wake_noise import Surroundings
from gateway.assembly import Assembly
from gateway.events import Intent
from gateway.turn.choice import choose
from gateway.turn.resolving import resolved
from gateway.turn.stages import SpeechToText, Understanding

SENTENCES: Final = Path(__file__).parent / "coffee_orders.yaml"
NOISES_DB: Final = (24.0, 12.0, 6.0)
"""Speech to noise, as published."""
LEAST: Final[Mapping[float | None, int]] = {24.0: 95, 12.0: 92, 6.0: 85}
PUBLISHED: Final = (
    ("Picovoice Rhino", "99", "98", "94"),
    ("IBM Watson", "96", "89", "61"),
    ("Microsoft LUIS", "93", "90", "85"),
    ("Amazon Lex", "88", "85", "76"),
    ("Google Dialogflow", "83", "77", "67"),
)
"""Of 619 recordings of the same collection, mean of two noises, by their makers' benchmark."""
METHOD: Final = f"""\
The {INTENT!r} recordings of kind `command_slots` (crowd-sourced, accents of all kinds; speakers are not told apart),
each in two noises: {", ".join(NOISES)} (a running tap; people who talk at several tables), which are ours, as the
published ones are not at hand. What can be ordered stands in `bench/{SENTENCES.name}`, custom sentences in Home
Assistant's format beside its own and the demo house. Recognition, the ten best against the sentences, and where the
likeliest is none, the search by sound and comparing, as in a turn. Accepted is what is done at once with every slot
right: a question back counts as none. Thresholds were chosen on every second recording (“seen”); the figure that counts
is that of the others, at which nobody looked."""


class Verdict(StrEnum):
    """What became of one order."""

    RIGHT = "right"
    WRONG = "wrong"
    """Something else would have been done."""
    ASKED = "asked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One order in one noise."""

    order: Order
    noise: str
    noise_db: float | None
    heard: str
    got: Slots
    verdict: Verdict
    added_ms: float
    """What understanding took, after recognition."""


def measure(options: Options) -> Section:
    """Return how many orders are accepted. Takes a second or two for each sound. Raises VoiceError."""
    recordings = read_manifest(options.manifest)
    levels = NOISES_DB if options.noise_db is None else (options.noise_db,)
    found = orders(recordings)
    around = noises(recordings)
    by_model = {
        model: asyncio.run(_cases(options.with_model(model), found, around, levels)) for model in options.models
    }
    return section(by_model, levels)


async def _cases(
    options: Options, found: Sequence[Order], around: Mapping[str, Surroundings], levels: Sequence[float]
) -> list[Case]:
    assembly = Assembly(options.config)
    try:
        house = replace(assembly.house(), sentences=read_custom_sentences(SENTENCES))
        stt = await assembly.load(assembly.stt)
        understanding = await assembly.load(assembly.understanding, house)
        return [
            await _case(order, noise, level, pcm, stt, understanding)
            for level in levels
            for order in found
            for noise, pcm in sounds(order, around, level)
        ]
    finally:
        assembly.close()


async def _case(
    order: Order, noise: str, noise_db: float, pcm: bytes, stt: SpeechToText, understanding: Understanding
) -> Case:
    async def match(text: str) -> Intent | None:
        return await understanding.match(text, area_id=None)

    recognition = await stt.recognize(pcm)
    begun_s = perf_counter()
    choice = await choose(recognition, match)
    choice = await resolved(choice, pcm, stt, understanding, area_id=None)
    added_ms = (perf_counter() - begun_s) * 1000
    got = {} if choice.intent is None else _plain(choice.intent)
    if choice.intent is not None:
        verdict = Verdict.RIGHT if choice.intent.name == INTENT and got == order.slots else Verdict.WRONG
    else:
        verdict = Verdict.ASKED if choice.asked else Verdict.REFUSED
    heard = recognition.hypotheses[0].text if recognition.hypotheses else ""
    return Case(order=order, noise=noise, noise_db=noise_db, heard=heard, got=got, verdict=verdict, added_ms=added_ms)


def _plain(intent: Intent) -> Slots:
    return {name: " ".join(str(value).casefold().split()) for name, value in intent.slots.items()}


def section(by_model: Mapping[str, Sequence[Case]], levels: Sequence[float]) -> Section:
    """Return what became of the orders, by model."""
    return Section(
        title="Coffee orders",
        method=METHOD,
        findings=tuple(finding for model, cases in by_model.items() for finding in _findings(model, cases, levels)),
        tables=(
            Table(
                caption="Every slot right, in percent, mean of two noises (published: by the maker of the first)",
                headings=("engine", *(f"{level:g} dB" for level in NOISES_DB)),
                rows=(*(_row(model, cases) for model, cases in by_model.items()), *PUBLISHED),
            ),
        ),
        listing=tuple(
            _line(model, case)
            for model, cases in by_model.items()
            for case in cases
            if case.verdict is not Verdict.RIGHT
        ),
    )


def _findings(model: str, cases: Sequence[Case], levels: Sequence[float]) -> Iterable[Finding]:
    key = model.replace(".", "_")
    for level in levels:
        there = [case for case in cases if case.noise_db == level]
        unseen = [case for case in there if case.order.is_held_out]
        seen = [case for case in there if not case.order.is_held_out]
        yield Finding(
            key=f"coffee_{key}_{level:g}db_right_rate",
            what=f"{model}, {level:g} dB: every slot right, of {len(unseen)} unseen",
            value=accepted(unseen),
            unit="%",
            target=at_least(LEAST[level]) if level in LEAST else None,
        )
        yield Finding(
            key=f"coffee_{key}_{level:g}db_seen_rate", what=f"… of {len(seen)} seen", value=accepted(seen), unit="%"
        )
        yield Finding(
            key=f"coffee_{key}_{level:g}db_wrong_rate",
            what="… another order, of all",
            value=percent(sum(case.verdict is Verdict.WRONG for case in there) / max(len(there), 1)),
            unit="%",
        )
    yield Finding(
        key=f"coffee_{key}_added_ms",
        what=f"{model}: understanding one, after recognition, median",
        value=round(median(case.added_ms for case in cases), 1) if cases else 0,
        unit="ms",
    )


def accepted(cases: Sequence[Case]) -> float:
    """Return the share that is right, in percent; 0 of none."""
    return percent(sum(case.verdict is Verdict.RIGHT for case in cases) / max(len(cases), 1))


def _row(model: str, cases: Sequence[Case]) -> tuple[str, ...]:
    unseen = [case for case in cases if case.order.is_held_out]
    by_level = ([case for case in unseen if case.noise_db == level] for level in NOISES_DB)
    return f"Local Voice, {model}, unseen", *(f"{accepted(there):g}" if there else "" for there in by_level)


def _line(model: str, case: Case) -> str:
    level = "quiet" if case.noise_db is None else f"{case.noise_db:g} dB"
    wanted = ", ".join(f"{name}={value}" for name, value in case.order.slots.items() if case.got.get(name) != value)
    seen = "unseen" if case.order.is_held_out else "seen"
    return f"{case.verdict:<8}{model} {level} {case.noise} {seen} {case.order.recording.name}  “{case.heard}”  {wanted}"
