"""From the end of speech to the state that changes: our gateway and Home Assistant's own pipeline, in one house."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.e2e_clips import Clip, Meaning, Speaker, in_turn, sentences
from bench.e2e_plot import draw
from bench.e2e_sides import LEAD_S, PATIENCE_S, Outcome, sides
from bench.findings import Finding, Section, Table, at_least, at_most
from bench.home_assistant.furnishing import furnished
from bench.manifest import Recording, chosen, read_manifest
from bench.options import Options
from bench.speech import spoken
from bench.speech_end import SpeechEnd
from gateway.assembly import Assembly
from gateway.errors import ConfigError
from gateway.home.files import load_house
from gateway.recordings import read_recording
from gateway.turn.stages import TextToSpeech

MOST_CLIPS: Final = 36
"""A clip takes twelve seconds on both sides together, and the whole is to take less than ten minutes."""
FEWEST_CLIPS: Final = 20
"""Where there are fewer recordings, our own voice says the rest."""
WARM_UP: Final = 2
"""Clips that are taken once more before, and not counted: what is done for the first time takes longer."""
WAKE_WORD: Final = "Okay Nabu."
SPEEDUP: Final = 3.5
MEDIAN_S, P95_S = 0.5, 0.8

METHOD: Final = f"""\
Both sides act in the same Home Assistant 2026.11, a process of its own, in a house whose things only remember what was
done. *Ours*: `local-voice serve` with all its processes as it ships, paired with Home Assistant through our
integration, and one of our satellites, woken by a spoken wake word before each clip. *Theirs*: Home Assistant's Assist
pipeline as its frontend and satellites run it (Wyoming integration, wyoming-faster-whisper with the same model files,
compute type and threads, wyoming-piper, Home Assistant's own agent, its own voice activity detection at its default; of
pymicro-vad the release that has a wheel for this Python). Clips come in turn, ours then theirs, in frames of 32 ms at
the pace of life, after {LEAD_S} s of a quiet room, and followed by that room. The time is from the last speech frame of
an offline Silero pass over the clip until the `state_changed` event of the last thing that had to change is here. A
clip is a command whose true text, written, changes something in this house by Home Assistant's own agent, and the same
by ours; right is exactly that change and no other, within {PATIENCE_S:.0f} s. The house is the house file's, with a
light, a curtain and a window in every area; before each clip everything is put back. Times are of clips that both sides
got right. Assist's reply sounds when the first piece of its file is fetched: it keeps replies that it has spoken, as
it does at home. Of recordings, each sentence comes once before any comes twice, {MOST_CLIPS} clips at most; where they
are fewer than {FEWEST_CLIPS}, Piper speaks the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A clip, and what both made of it."""

    clip: Clip
    meaning: Meaning
    ours: Outcome
    theirs: Outcome

    @property
    def is_counted(self) -> bool:
        """Whether both were right."""
        return self.ours.acted_s is not None and self.theirs.acted_s is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many recordings there are, and what their true text does."""

    recordings: int
    """English commands in the manifest."""
    usable: int
    differ: int


def measure(options: Options) -> Section:
    """Return how long both take. Takes up to ten minutes. Raises VoiceError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    recordings = [one for one in chosen(read_manifest(options.manifest), "command", language="en") if one.transcript]
    house = furnished(load_house(options.house))
    async with _voice(options) as voice, sides(options, house, await spoken(WAKE_WORD, voice)) as both:
        of_recordings = await both.understood([one.transcript for one in recordings])
        known = dict(of_recordings.meanings)
        usable = [one for one in recordings if one.transcript in known]
        differ = [one for one in recordings if one.transcript in of_recordings.differ]
        clips = [clip for one in in_turn(usable, min(options.clips, MOST_CLIPS)) if (clip := _recorded(one))]
        if len(clips) < FEWEST_CLIPS:
            more = await both.understood(sentences(house))
            known |= more.meanings
            texts = list(more.meanings)[: FEWEST_CLIPS - len(clips)]
            clips += [clip for text in texts if (clip := await _spoken(text, voice))]
        if not clips:
            raise ConfigError(f"{options.house}: nothing in it can be acted on, so nothing can be measured")

        async def pair(clip: Clip) -> Pair:
            meaning = known[clip.text]
            ours = await both.ours(clip, meaning)
            return Pair(clip=clip, meaning=meaning, ours=ours, theirs=await both.theirs(clip, meaning))

        for clip in clips[:WARM_UP]:
            await pair(clip)
        pairs = [await pair(clip) for clip in clips]
    counts = Counts(recordings=len(recordings), usable=len(usable), differ=len(differ))
    return section(pairs, counts, options)


@asynccontextmanager
async def _voice(options: Options) -> AsyncIterator[TextToSpeech]:
    assembly = Assembly(options.config)
    try:
        yield await assembly.load(assembly.tts)
    finally:
        assembly.close()


def _recorded(recording: Recording) -> Clip | None:
    who = Speaker.PERSON if recording.is_human else Speaker.SYNTHETIC
    return _clip(recording.name, recording.transcript, who, read_recording(recording.path))


async def _spoken(text: str, voice: TextToSpeech) -> Clip | None:
    return _clip("Piper", text, Speaker.OURS, await spoken(text, voice))


def _clip(name: str, text: str, who: Speaker, pcm: bytes) -> Clip | None:
    """Return a clip; None where nobody speaks in it."""
    end_s = SpeechEnd().seconds(pcm)
    return None if end_s is None else Clip(name=name, text=text, speaker=who, pcm=pcm, speech_end_s=end_s)


def section(pairs: Sequence[Pair], counts: Counts, options: Options) -> Section:
    """Return what `pairs` show."""
    counted = [pair for pair in pairs if pair.is_counted]
    ours, theirs = _times(counted, _ours), _times(counted, _theirs)
    median_s, peer_median_s = _median(ours), _median(theirs)
    sounds = _firsts(counted, _ours), _firsts(counted, _theirs)
    return Section(
        title=f"From the end of speech to the action, {options.model}",
        method=METHOD,
        findings=(
            Finding(key="speedup", what="so many times faster, medians", value=peer_median_s / (median_s or math.inf),
                    target=at_least(SPEEDUP)),
            Finding(key="median_s", what="ours, median", value=median_s, unit="s", target=at_most(MEDIAN_S)),
            Finding(key="p95_s", what="ours, 95th percentile", value=percentile(ours, 95), unit="s",
                    target=at_most(P95_S)),
            Finding(key="peer_median_s", what="Home Assistant Assist, median", value=peer_median_s, unit="s"),
            Finding(key="peer_p95_s", what="Home Assistant Assist, 95th percentile", value=percentile(theirs, 95),
                    unit="s"),
            Finding(key="clips", what="clips", value=len(pairs)),
            Finding(key="counted", what="… that both got right", value=len(counted)),
            Finding(key="right", what="… that ours got right", value=len(_times(pairs, _ours))),
            Finding(key="peer_right", what="… that Assist got right", value=len(_times(pairs, _theirs))),
            Finding(key="first_sound_s", what="the reply begins to sound, ours, median", value=_median(sounds[0]),
                    unit="s"),
            Finding(key="peer_first_sound_s", what="the reply begins to sound, Assist, median",
                    value=_median(sounds[1]), unit="s"),
            Finding(key="usable", what=f"commands in the manifest that change something, of {counts.recordings}",
                    value=counts.usable),
            Finding(key="differ", what="… left out: written, the two agents do not do the same", value=counts.differ),
        ),
        tables=(_by_speaker(pairs), _wrong(pairs)),
        listing=tuple(map(_line, pairs)),
        plots=(draw(options.pictures / "e2e.png", ours, theirs),) if counted else (),
    )  # fmt: skip


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest of `values` that so many percent of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)] if ordered else 0.0


def _ours(pair: Pair) -> Outcome:
    return pair.ours


def _theirs(pair: Pair) -> Outcome:
    return pair.theirs


def _times(pairs: Sequence[Pair], side: Callable[[Pair], Outcome]) -> list[float]:
    return [time_s for pair in pairs if (time_s := side(pair).acted_s) is not None]


def _firsts(pairs: Sequence[Pair], side: Callable[[Pair], Outcome]) -> list[float]:
    return [time_s for pair in pairs if (time_s := side(pair).first_sound_s) is not None]


def _median(values: Sequence[float]) -> float:
    return median(values) if values else 0.0


def _by_speaker(pairs: Sequence[Pair]) -> Table:
    rows = []
    for who in Speaker:
        said = [pair for pair in pairs if pair.clip.speaker is who]
        counted = [pair for pair in said if pair.is_counted]
        if said:
            rights = (len(_times(said, side)) for side in (_ours, _theirs))
            medians = (f"{_median(_times(counted, side)):.2f}" for side in (_ours, _theirs))
            rows.append((who.value, str(len(said)), *map(str, rights), *medians))
    return Table(
        caption="By who speaks; seconds are medians of what both got right",
        headings=("", "clips", "right, ours", "right, Assist", "ours, s", "Assist, s"),
        rows=tuple(rows),
    )


def _wrong(pairs: Sequence[Pair]) -> Table:
    return Table(
        caption="What was not done, or not exactly that",
        headings=("said", "ours", "Assist"),
        rows=tuple((pair.clip.text, _short(pair.ours), _short(pair.theirs)) for pair in pairs if not pair.is_counted),
    )


def _short(outcome: Outcome) -> str:
    return outcome.note or "wrong" if outcome.acted_s is None else "right"


def _line(pair: Pair) -> str:
    both = (f"{'—' if one.acted_s is None else f'{one.acted_s:.2f}':>5}" for one in (pair.ours, pair.theirs))
    notes = "  ".join(filter(None, (pair.ours.note, pair.theirs.note)))
    wanted = ", ".join(pair.meaning.wanted)
    return f"{'  '.join(both)}  {pair.clip.name}  “{pair.clip.text}”  {wanted}  {notes}".rstrip()
