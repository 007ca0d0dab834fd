"""Understanding from speech, beside Home Assistant Assist: commands, names that are missing, and other sounds."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from pathlib import Path
from time import strftime
from typing import Final

from bench.findings import Section
from bench.gold import Spelling, counted, is_in
from bench.manifest import Recording, read_manifest
from bench.options import Options
from bench.understand_clips import Clip, Material, Sounds, spread
from bench.understand_house import padded, without
from bench.understand_material import materials, other_sounds, shares, with_surroundings
from bench.understand_peer import Assist, assist
from bench.understand_report import Found, section
from bench.understand_turns import Household, household
from bench.understand_verdicts import Case, Missing, Other, Theirs
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.errors import AudioError, ConfigError
from gateway.home.files import load_house
from gateway.models import ModelStore
from gateway.paths import models_dir
from gateway.recordings import read_recording

MOST_MISSING: Final = 120
"""Clips that are heard again without a name."""
MOST_TIMED: Final = 100
WARM_UP: Final = 3
OTHERS_S: Final = 30.0
"""So much of a sound that is no command is heard; a turn is over by then."""
TOLD_EVERY: Final = 100
"""Clips between two lines of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of what is said in one house."""

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]
    """Texts that mean nothing, or nothing that could be agreed on."""
    missing: tuple[Missing, ...]
    others: tuple[Other, ...]


def measure(options: Options) -> Section:
    """Return what is understood. Takes about two seconds for each clip. Raises VoiceError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    house = load_house(options.house)
    options = replace(options, language=house.language)
    recordings = read_manifest(options.manifest)
    every = list(materials(options, house, recordings))
    assembly = Assembly(options.config_in_house)
    try:
        us = await household(assembly, house)
        sounds = Sounds(_voice(options), with_surroundings(recordings), options.noise_db)
        share = shares(every, options.most_clips)
        heard = []
        for material in every:
            others = other_sounds(recordings, options) if material is every[0] else ()
            heard.append(await _heard(material, options, us, sounds, others, share(material)))
        cases = [case for one in heard for case in one.cases]
        if not cases:
            raise ConfigError(f"{options.manifest}: no command in it means anything in {options.house}")
        quiet = options.noise_db is None
        added_ms = await _added_ms(us, every[-1], [case.clip for case in heard[-1].cases or cases]) if quiet else ()
    finally:
        assembly.close()
    found = Found(
        cases=tuple(cases),
        left_out=tuple(text for one in heard for text in one.left_out),
        missing=tuple(one for each in heard for one in each.missing),
        others=tuple(one for each in heard for one in each.others),
        added_ms=tuple(added_ms),
    )
    return section(found, options)


async def _heard(
    material: Material,
    options: Options,
    us: Household,
    sounds: Sounds,
    others: Sequence[Recording],
    most: int | None,
) -> Heard:
    house, spelling = material.house, Spelling(material.house)
    async with assist(options, house, material.area_id) as them:
        texts = list(dict.fromkeys(one.text for one in material.said))
        gold = await them.agent.gold(texts)
        meanings = counted(material.source, texts, gold, spelling, is_frozen=material.is_frozen)
        said = spread([one for one in material.said if one.text in meanings], most)
        clips = await asyncio.to_thread(lambda: list(sounds.clips(said, meanings)))
        cases = await _cases(clips, material, us, them, spelling)
        quiet = options.noise_db is None
        return Heard(
            cases=tuple(cases),
            left_out=tuple(text for text in texts if text not in meanings),
            missing=tuple(await _missing(clips, material, us, them, spelling)) if quiet else (),
            others=tuple(await _heard_others(others, material, us, them)) if quiet else (),
        )


async def _cases(
    clips: Sequence[Clip], material: Material, us: Household, them: Assist, spelling: Spelling
) -> list[Case]:
    """Have both hear the clips, each with a thread of its own."""
    listener = await us.listener(material.house, material.area_id)

    async def theirs(clip: Clip) -> Theirs:
        heard, meaning = await them.hear(clip.pcm)
        return Theirs(heard=heard, meaning=meaning)

    turns, answers = await asyncio.gather(
        _each(clips, lambda clip: listener.hear(clip.pcm), f"{material.source}, ours"),
        _each(clips, theirs, f"{material.source}, Assist"),
    )
    return [
        Case(clip=clip, turn=turn, theirs=answer, spelling=spelling)
        for clip, turn, answer in zip(clips, turns, answers, strict=True)
    ]


async def _missing(
    clips: Sequence[Clip], material: Material, us: Household, them: Assist, spelling: Spelling
) -> list[Missing]:
    """Take each name that is said out of the house, and hear again who says it."""
    here = next(area for area in material.house.areas if area.id == material.area_id)
    by_name: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        for name in spelling.names(clip.meant):
            if not is_in(name, (here.name, *here.aliases)):  # where the satellite stands there is a room
                by_name[name].append(clip)
    smaller = {name: house for name in sorted(by_name) if (house := without(material.house, name)) != material.house}
    found: list[Missing] = []
    for name, house in islice(smaller.items(), MOST_MISSING):
        saying = spread(by_name[name], ceil(MOST_MISSING / len(smaller)))
        meant = await them.agent.gold_without(name, [clip.said.text for clip in saying])
        listener = await us.listener(house, material.area_id)
        for clip, meaning in zip(saying, meant, strict=True):
            turn = await listener.hear(clip.pcm)
            found.append(Missing(clip=clip, name=name, meant=meaning, turn=turn, spelling=spelling))
    _say(f"{material.source}: {len(found)} clips without a name, {len(smaller)} names")
    return found


async def _heard_others(
    recordings: Sequence[Recording], material: Material, us: Household, them: Assist
) -> list[Other]:
    """Have us hear what is no command; what does mean something here is left out."""
    gold = await them.agent.gold([recording.transcript for recording in recordings])
    listener = await us.listener(material.house, material.area_id)
    unmeant = [recording for recording, meaning in zip(recordings, gold, strict=True) if meaning is None]

    async def other(recording: Recording) -> Other | None:
        try:
            pcm = read_recording(recording.path)[: int(OTHERS_S * RATE_HZ) * SAMPLE_BYTES]
        except AudioError as error:
            print(f"left out: {error}")
            return None
        return Other(name=recording.name, kind=recording.kind, turn=await listener.hear(pcm))

    return [one for one in await _each(unmeant, other, "other sounds") if one is not None]


async def _added_ms(us: Household, material: Material, clips: Sequence[Clip]) -> list[float]:
    """Return how long understanding takes in a large house."""
    listener = await us.listener(padded(material.house), material.area_id)
    for clip in clips[:WARM_UP]:
        await listener.added_ms(clip.pcm)
    timed = await _each(spread(clips, MOST_TIMED), lambda clip: listener.added_ms(clip.pcm), "time")
    return [ms for ms in timed if ms is not None]


async def _each[T, R](items: Sequence[T], do: Callable[[T], Awaitable[R]], what: str) -> list[R]:
    """Return what `do` makes of each, one after the other, and tell how far that is."""
    done: list[R] = []
    for item in items:
        done.append(await do(item))
        if len(done) % TOLD_EVERY == 0 or len(done) == len(items):
            _say(f"{what}: {len(done)} of {len(items)}")
    return done


def _voice(options: Options) -> Path:
    return ModelStore(models_dir()).find(options.config.tts.voice).main


def _say(text: str) -> None:
    print(f"{strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
