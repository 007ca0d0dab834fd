"""Whether people who pause within a command are cut off, and whether what they say then still counts."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bench.cutoff_clips import Clip, recorded_clips, splits, spoken_clips
from bench.findings import Finding, Section, Table, at_least, at_most, percent
from bench.manifest import chosen, read_manifest
from bench.options import Options
from bench.speech import Silent
from gateway.assembly import Assembly
from gateway.audio import paced
from gateway.events import (
    Intent,
    IntentRecognized,
    SpeechEnded,
    SpeechResumed,
)
from gateway.house import House
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from gateway.turn.standing import is_same
from gateway.turn.words import plain_words
from tests.e2e.held_up import Instant, Understood, Work

METHOD = """\
Commands with a pause of 0.3, 0.45 or 0.6 s at a word's end. Their words are those of the recorded commands: spoken by
our own voice in two parts, also with words that make another command of them (“… in ten minutes”), and the recordings
themselves, opened where they are quietest, as far as the words before that are recognised as the true text's beginning.
Each goes through a whole turn as fast as possible, while the sound waits for recognition: as if the machine were
infinitely fast, which is when an early end comes earliest. Somebody is cut off where an utterance was over before its
last word had been heard, and did not go on. Corrected is what was done before, and in the end means what all the words
mean; what is misheard counts against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What became of one clip."""

    clip: Clip
    is_cut: bool
    was_early: bool
    """Whether something was done before the last words, and these were then heard."""
    intent: Intent | None

    @property
    def is_right(self) -> bool:
        """Whether in the end it means what all the words mean."""
        return self.intent is not None and is_same(_plain(self.intent), _plain(self.clip.split.meant))


def measure(options: Options) -> Section:
    """Return how often people are cut off. Takes about two seconds for each clip. Raises VoiceError."""
    return _section(asyncio.run(_cases(options)), options)


async def _cases(options: Options) -> list[Case]:
    assembly = Assembly(options.config_in_house)
    house = assembly.house()
    place = assembly.place(house)
    home = assembly.home(house, asyncio.get_running_loop())
    try:
        stages = await assembly.load(assembly.stages, home)
        clips = await _clips(options, stages, house, place)
        return [await _case(clip, stages, house, assembly, place) for clip in clips]
    finally:
        home.close()
        assembly.close()


async def _clips(options: Options, stages: Stages, house: House, place: Place) -> list[Clip]:
    async def match(text: str) -> Intent | None:
        return await stages.understanding.match(text, area_id=place.area_id)

    async def recognize(pcm: bytes) -> str:
        hypotheses = (await stages.stt.recognize(pcm)).hypotheses
        return hypotheses[0].text if hypotheses else ""

    recordings = chosen(read_manifest(options.manifest), "command", language="en")
    sentences = sorted({" ".join(plain_words(recording.transcript)) for recording in recordings})
    areas = [area.name for area in house.areas if area.id != place.area_id][:1]
    parts = await splits([text for text in sentences if await match(text)], areas, match, options.clips)
    return [
        *await spoken_clips(parts, stages.tts),
        *await recorded_clips(recordings, match, recognize, options.clips // 2),
    ]


async def _case(clip: Clip, stages: Stages, house: House, assembly: Assembly, place: Place) -> Case:
    """Take one turn, in a house as it was before all others."""
    home = assembly.home(house, asyncio.get_running_loop())
    work = Work()
    hearing = replace(
        stages,
        stt=_Hearing(stages.stt, work),
        understanding=Understood(stages.understanding, work),
        home=home,
        tts=Silent(),
    )
    ear = Ear(work.held_up(paced(clip.pcm, realtime=False)), hearing, assembly.endpoint())
    ends_ms: list[int] = []
    intent, was_early = None, False
    try:
        async with aclosing(run_turn(ear, hearing, place, is_awake=True)) as events:
            async for event in events:
                match event:
                    case SpeechEnded():
                        ends_ms.append(ear.now_ms)
                    case SpeechResumed():
                        ends_ms.pop()
                        was_early = True
                    case IntentRecognized():
                        intent = await stages.understanding.match(event.used, area_id=place.area_id)
    finally:
        home.close()
    is_cut = any(end_ms < clip.rest_end_ms for end_ms in ends_ms)
    return Case(clip=clip, is_cut=is_cut, was_early=was_early, intent=intent)


class _Hearing(Instant):
    """Sees nothing while somebody speaks: what is said so far is not looked at here."""

    async def glimpse(self, pcm: bytes) -> str:
        del pcm
        return ""


def _section(cases: Sequence[Case], options: Options) -> Section:
    incomplete = [case for case in cases if not case.clip.split.is_complete]
    complete = [case for case in cases if case.clip.split.is_complete]
    early = [case for case in complete if case.was_early]
    recorded = sum(case.clip.is_recorded for case in cases)
    return Section(
        title=f"People who pause, {options.model}",
        method=METHOD,
        findings=(
            Finding(key="clips", what="commands with a pause", value=len(cases)),
            Finding(key="recorded_clips", what="… of which recordings", value=recorded),
            Finding(key="incomplete", what="pauses before which nothing was a command yet", value=len(incomplete)),
            Finding(key="cut_incomplete", what="cut off there", value=sum(case.is_cut for case in incomplete),
                    target=at_most(0)),
            Finding(key="complete", what="pauses after what is a command already", value=len(complete)),
            Finding(key="cut_complete_percent", what="cut off there", value=_share(complete, cut=True), unit="%",
                    target=at_most(2)),
            Finding(key="early", what="done before the last words, which were then heard", value=len(early)),
            Finding(key="corrected_percent", what="of these, what all the words mean was done in the end",
                    value=_share(early, cut=False), unit="%", target=at_least(90)),
            Finding(key="right_percent", what="what all the words mean, of all clips",
                    value=_share(cases, cut=False), unit="%"),
        ),
        tables=(_table([*(case for case in cases if case.is_cut), *(case for case in early if not case.is_right)]),),
        listing=tuple(_line(case) for case in cases),
    )  # fmt: skip


def _share(cases: Sequence[Case], *, cut: bool) -> float:
    """Return the percentage that was cut off, or that is right; of no cases, the better of 0 and 100."""
    if not cases:
        return 0.0 if cut else 100.0
    return percent(sum(case.is_cut if cut else case.is_right for case in cases) / len(cases))


def _table(cases: Iterable[Case]) -> Table:
    return Table(
        caption="Cut off, or not corrected",
        headings=("said", "pause", "cut off", "meant", "understood"),
        rows=tuple(
            (
                case.clip.split.text,
                f"{case.clip.pause_s:g} s",
                "yes" if case.is_cut else "no",
                _meaning(case.clip.split.meant),
                _meaning(case.intent),
            )
            for case in cases
        ),
    )


def _line(case: Case) -> str:
    split = case.clip.split
    told = [
        "complete  " if split.is_complete else "incomplete",
        "cut  " if case.is_cut else "heard",
        "early" if case.was_early else "     ",
        "right" if case.is_right else "wrong",
        "recorded" if case.clip.is_recorded else "spoken  ",
    ]
    return f"{' '.join(told)} {case.clip.pause_s:4} s  “{split.text}”  {_meaning(case.intent)}"


def _plain(intent: Intent) -> Intent:
    """Return it with free words as plain words: recognition writes "Turn on the lamp", a list of sentences does not."""
    slots = {name: " ".join(plain_words(v)) if isinstance(v, str) else v for name, v in intent.slots.items()}
    return replace(intent, slots=slots)


def _meaning(intent: Intent | None) -> str:
    return "nothing" if intent is None else f"{intent.name}({', '.join(f'{k}={v}' for k, v in intent.slots.items())})"
