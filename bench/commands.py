"""Understanding from audio: whether spoken commands come to the same intent and slots as their true text does."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.findings import Finding, Section, Table, at_least, percent
from bench.manifest import Recording, chosen, read_manifest
from bench.options import Options
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, paced
from gateway.events import Intent, IntentRecognized, Slots, Transcript
from gateway.recordings import read_recording
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages

AROUND = bytes(RATE_HZ * SAMPLE_BYTES)
"""Recordings end with their last word, as life does not."""
FEWEST_ROWS = 58

METHOD = """\
Recordings of kind `command` whose true text means something in this house, said in this area. Each goes through a whole
turn after the wake word, as fast as possible; right is the same intent with the same slots as from the true text. Rows
whose text means nothing here do not count at all. What the true text means is said by our own matcher, so this
measures hearing, not the sentences."""


class Verdict(StrEnum):
    """What became of one recording."""

    RIGHT = "right"
    WRONG = "wrong"
    """Another intent or other slots."""
    REFUSED = "refused"
    """Nothing was understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recording, what it means, and what was understood."""

    recording: Recording
    meant: Intent
    heard: str
    name: str
    slots: Slots

    @property
    def verdict(self) -> Verdict:
        """Whether it was understood."""
        if not self.name:
            return Verdict.REFUSED
        is_same = self.name == self.meant.name and dict(self.slots) == dict(self.meant.slots)
        return Verdict.RIGHT if is_same else Verdict.WRONG

    @property
    def sentence(self) -> str:
        """What was said, without punctuation and capitals."""
        words = "".join(letter if letter.isalnum() else " " for letter in self.recording.transcript.casefold())
        return " ".join(words.split())


def measure(options: Options) -> Section:
    """Return how much is understood. Takes about a second for each recording. Raises VoiceError."""
    recordings = chosen(read_manifest(options.manifest), "command", language="en")
    return _section(asyncio.run(_cases(options, recordings)), recordings, options)


async def _cases(options: Options, recordings: Sequence[Recording]) -> list[Case]:
    assembly = Assembly(options.config_in_house)
    house = assembly.house()
    place = assembly.place(house)
    home = assembly.home(house, asyncio.get_running_loop())
    try:
        stages = await assembly.load(assembly.stages, home)
        cases = []
        for recording in recordings:
            meant = await stages.understanding.match(recording.transcript, area_id=place.area_id)
            if meant is not None:
                cases.append(
                    await _case(
                        recording, meant, Ear(_sound(recording.path), stages, assembly.endpoint()), stages, place
                    )
                )
        return cases
    finally:
        home.close()
        assembly.close()


def _sound(path: Path) -> AsyncIterator[bytes]:
    return paced(AROUND + read_recording(path) + AROUND, realtime=False)


async def _case(recording: Recording, meant: Intent, ear: Ear, stages: Stages, place: Place) -> Case:
    """Listen to one recording as far as its intent; nothing is carried out, so that no case changes the next."""
    heard, name, slots = "", "", {}
    async with aclosing(run_turn(ear, stages, place, is_awake=True)) as events:
        async for event in events:
            if isinstance(event, Transcript):
                heard = event.text
            elif isinstance(event, IntentRecognized):
                name, slots = event.name, dict(event.slots)
                break
    return Case(recording=recording, meant=meant, heard=heard, name=name, slots=slots)


def _section(cases: Sequence[Case], recordings: Sequence[Recording], options: Options) -> Section:
    counted = {case.recording for case in cases}
    left_out = [recording for recording in recordings if recording not in counted]
    humans = [case for case in cases if case.recording.is_human]
    others = [case for case in cases if not case.recording.is_human]
    wrong = sum(case.verdict is Verdict.WRONG for case in cases)
    return Section(
        title=f"Understanding from audio, {options.model}",
        method=METHOD,
        findings=(
            Finding(key="clips", what="recordings whose text means something", value=len(cases),
                    target=at_least(FEWEST_ROWS)),
            Finding(key="without_meaning", what="recordings left out", value=len(left_out)),
            Finding(key="right_rate", what="same intent and slots", value=percent(rate(cases)), unit="%",
                    target=at_least(85)),
            Finding(key="sentence_right_rate", what="… each distinct sentence counted once",
                    value=percent(rate_by_sentence(cases)), unit="%", target=at_least(85)),
            Finding(key="sentences", what="distinct sentences", value=len({case.sentence for case in cases})),
            Finding(key="human_right_rate", what=f"people ({len(humans)} recordings)", value=percent(rate(humans)),
                    unit="%"),
            Finding(key="synthetic_right_rate", what=f"synthetic voices ({len(others)})", value=percent(rate(others)),
                    unit="%"),
            Finding(key="wrong_rate", what="something else was understood", value=percent(wrong / max(len(cases), 1)),
                    unit="%"),
        ),
        tables=(_failures(cases),),
        listing=(
            *(_line(case) for case in cases),
            *(f"left out {recording.name}  “{recording.transcript}”" for recording in left_out),
        ),
    )  # fmt: skip


def rate(cases: Sequence[Case]) -> float:
    """Return the share that is right; 0 of none."""
    return sum(case.verdict is Verdict.RIGHT for case in cases) / max(len(cases), 1)


def rate_by_sentence(cases: Iterable[Case]) -> float:
    """Return the mean of each distinct sentence's share, so that a sentence recorded often does not count more."""
    by_sentence = defaultdict(list)
    for case in cases:
        by_sentence[case.sentence].append(case)
    return sum(map(rate, by_sentence.values())) / max(len(by_sentence), 1)


def _failures(cases: Iterable[Case]) -> Table:
    return Table(
        caption="What was not understood",
        headings=("said", "heard", "understood", "meant"),
        rows=tuple(
            (
                case.recording.transcript,
                case.heard or "nothing",
                _meaning(case.name, case.slots),
                _meaning_of(case.meant),
            )
            for case in cases
            if case.verdict is not Verdict.RIGHT
        ),
    )


def _line(case: Case) -> str:
    said = f"{case.verdict:<8}{case.recording.name}  “{case.recording.transcript}”  {_meaning_of(case.meant)}"
    if case.verdict is Verdict.RIGHT:
        return said
    return f"{said}  heard “{case.heard}”: {_meaning(case.name, case.slots)}"


def _meaning_of(intent: Intent) -> str:
    return _meaning(intent.name, intent.slots)


def _meaning(name: str, slots: Slots) -> str:
    return f"{name}({', '.join(f'{slot}={value}' for slot, value in slots.items())})" if name else "nothing"
