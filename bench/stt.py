"""Recognition beside wyoming-faster-whisper: how long each takes after the last of the sound, and which is right."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench import plots
from bench.findings import Finding, Plot, Section, Table, at_least, at_most, figure
from bench.manifest import Recording, chosen, read_manifest
from bench.options import Options
from bench.peers import ours, servers
from bench.peers.client import CHUNK_MS, Heard, transcribe
from bench.peers.environment import version_of
from bench.peers.models import data_folder
from bench.peers.process import Peer
from bench.speech_end import SpeechEnd, cut_after, store
from bench.word_errors import WordErrors, difference_upper, together, word_errors
from gateway.errors import AudioError, ConfigError
from gateway.recordings import read_recording

COMMANDS: Final = ("command", "wake_plus_command")
SENTENCES: Final = ("speech", "speaker")
GROUPS: Final = {"commands": COMMANDS, "sentences": SENTENCES}
LANGUAGE: Final = "en"
"""Of the models that are compared: the other one hears more languages, but is compared on what both hear."""
LONGEST_S: Final = 30.0
"""Whisper looks at so much at once; nobody gives a command for longer."""
AFTER_SPEECH_S: Final = 0.1
WARM_UP: Final = 5
SEED: Final = 8
"""Draws the recordings that are streamed at real-time pace."""
ONE_POINT: Final = 1.0

METHOD: Final = f"""\
Both sides run at once on this machine: {servers.TRANSCRIBER} {{version}} with faster-whisper, and `serve` as it ships,
with all its processes. Both have the same model files, int8, {{threads}} threads. The peer's beam is its own default
(5; on ARM 1), ours is the one that ships. One client speaks Wyoming with either, a connection for each recording, as
Home Assistant does, in turn: A B A B. English recordings with a transcript are taken: commands, and sentences that
people read. Each is cut {AFTER_SPEECH_S * 1000:.0f} ms after its end of speech, which is the last speech frame of one
pass of Silero over the whole of it, so that nobody can begin early; then nothing follows. Time counts from just before
the last {CHUNK_MS} ms of sound are sent to the transcript, over a drawn set that is streamed at real-time pace, after
{WARM_UP} recordings that warm up. The others are sent as fast as possible, and count for the words only. Words are
written alike by whisper-normalizer and counted by jiwer. The upper bound is the upper end of a 95 % interval, from a
paired bootstrap over recordings (seeded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A recording as both sides get it."""

    recording: Recording
    pcm: bytes
    end_s: float | None
    """The end of speech; none where Silero hears none, and then nothing is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What both made of it."""

    clip: Clip
    ours: Heard
    theirs: Heard
    is_paced: bool
    """Whether the times mean something."""

    @property
    def our_errors(self) -> WordErrors:
        """Ours."""
        return word_errors(self.clip.recording.transcript, self.ours.text)

    @property
    def their_errors(self) -> WordErrors:
        """The peer's."""
        return word_errors(self.clip.recording.transcript, self.theirs.text)


def measure(options: Options) -> Section:
    """Return times and error rates. Takes about ten minutes a model.

    Raises ConfigError where the peers are not installed or there is nothing to recognise, ModelError, EngineError.
    """
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    clips = read_clips(options)
    pairs = {model: await _compare(options.with_model(model), clips) for model in options.models}
    return section(pairs, options)


def read_clips(options: Options) -> tuple[Clip, ...]:
    """Return the recordings that both sides get, cut. Raises ConfigError where there is none that can be used."""
    found = chosen(read_manifest(options.manifest), *COMMANDS, *SENTENCES, language=LANGUAGE)
    speech_end = SpeechEnd()
    clips = [clip for recording in found if recording.transcript.strip() for clip in _clip(recording, speech_end)]
    if not clips:
        kinds = ", ".join((*COMMANDS, *SENTENCES))
        raise ConfigError(f"{options.manifest}: has no English recording with a transcript that is one of: {kinds}")
    store(options.drafts, {clip.recording.name: clip.end_s for clip in clips})
    return tuple(clips)


def paced(clips: Sequence[Clip], count: int, seed: int = SEED) -> frozenset[str]:
    """Draw the names of those to be streamed at real-time pace, of each group its share."""
    names: list[str] = []
    draw = random.Random(seed)  # noqa: S311 - a choice of recordings, and no secret
    for kinds in GROUPS.values():
        group = [clip.recording.name for clip in clips if clip.recording.kind in kinds]
        names += draw.sample(group, min(round(count * len(group) / len(clips)), len(group)))
    return frozenset(names)


def _clip(recording: Recording, speech_end: SpeechEnd) -> Iterator[Clip]:
    try:
        pcm = read_recording(recording.path)
    except AudioError as error:
        print(f"left out: {error}")
        return
    end_s = speech_end.seconds(pcm)
    if end_s is not None:
        pcm = cut_after(pcm, end_s + AFTER_SPEECH_S)
    if len(cut_after(pcm, LONGEST_S)) == len(pcm):
        yield Clip(recording=recording, pcm=pcm, end_s=end_s)
    else:
        print(f"left out: {recording.name} is longer than {LONGEST_S:.0f} s")


async def _compare(options: Options, clips: Sequence[Clip]) -> list[Pair]:
    stt = options.config.stt
    drawn = paced(clips, options.clips)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder(stt.model))
        us = await stack.enter_async_context(ours.gateway(options.config, folder))
        peer = await stack.enter_async_context(
            servers.transcriber(folder.model(stt.model), threads=stt.cpu_threads, compute_type=stt.compute_type)
        )
        for clip in clips[:WARM_UP]:
            await _pair(clip, us, peer, is_paced=False)
        return [await _pair(clip, us, peer, is_paced=clip.recording.name in drawn) for clip in clips]


async def _pair(clip: Clip, us: Peer, peer: Peer, *, is_paced: bool) -> Pair:
    return Pair(
        clip=clip,
        ours=await transcribe(us, clip.pcm, language=LANGUAGE, is_paced=is_paced),
        theirs=await transcribe(peer, clip.pcm, language=LANGUAGE, is_paced=is_paced),
        is_paced=is_paced,
    )


def section(pairs: dict[str, list[Pair]], options: Options) -> Section:
    """Return what was found, the first model's figures without its name before their keys."""
    first = next(iter(pairs))
    return Section(
        title="Recognition, side by side",
        method=METHOD.format(version=version_of(servers.TRANSCRIBER), threads=options.config.stt.cpu_threads),
        findings=tuple(
            found
            for model, ones in pairs.items()
            for found in _findings(ones, model, prefix="" if model == first else f"{model}_")
        ),
        tables=(_by_group(pairs),),
        plots=(_plot(pairs, options),),
        listing=tuple(_line(model, pair) for model, ones in pairs.items() for pair in ones),
    )


def _findings(pairs: Sequence[Pair], model: str, prefix: str) -> tuple[Finding, ...]:
    our_s, their_s = _seconds(pairs)
    us, them = [pair.our_errors for pair in pairs], [pair.their_errors for pair in pairs]
    upper = 100 * difference_upper(us, them)
    return (
        Finding(
            key=f"{prefix}speedup", what=f"{model}: how many times faster, by the medians",
            value=median(their_s) / median(our_s), target=at_least(2.5),
        ),
        Finding(key=f"{prefix}median_s", what=f"{model}: last sound → transcript", value=median(our_s), unit="s"),
        Finding(key=f"{prefix}p95_s", what="… of 95 %", value=percentile(our_s, 0.95), unit="s"),
        Finding(key=f"{prefix}peer_median_s", what=f"… {servers.TRANSCRIBER}", value=median(their_s), unit="s"),
        Finding(key=f"{prefix}peer_p95_s", what="… of 95 %", value=percentile(their_s, 0.95), unit="s"),
        Finding(key=f"{prefix}wer", what=f"{model}: word error rate", value=100 * together(us).rate, unit="%"),
        Finding(key=f"{prefix}peer_wer", what=f"… {servers.TRANSCRIBER}", value=100 * together(them).rate, unit="%"),
        Finding(
            key=f"{prefix}wer_difference_upper", what="… ours less theirs, upper 95 % bound", value=upper,
            unit="points", target=at_most(ONE_POINT),
        ),
        Finding(key=f"{prefix}clips", what=f"{model}: recordings", value=len(pairs)),
        Finding(key=f"{prefix}paced_clips", what="… of them at real-time pace, for the times", value=len(our_s)),
    )  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that this share of them does not exceed."""
    return sorted(values)[max(-int(-share * len(values) // 1), 1) - 1]


def _seconds(pairs: Sequence[Pair]) -> tuple[list[float], list[float]]:
    timed = [pair for pair in pairs if pair.is_paced] or pairs
    return [pair.ours.took_s for pair in timed], [pair.theirs.took_s for pair in timed]


def _by_group(pairs: dict[str, list[Pair]]) -> Table:
    rows = []
    for model, ones in pairs.items():
        for group, kinds in GROUPS.items():
            of_group = [pair for pair in ones if pair.clip.recording.kind in kinds]
            if of_group:
                rows.append((model, group, str(len(of_group)), *_row(of_group)))
    return Table(
        caption="By what is said (word error rates with what ours may be above theirs; seconds are medians)",
        headings=("model", "said", "recordings", "WER", "theirs", "at most above", "s", "theirs"),
        rows=tuple(rows),
    )


def _row(pairs: Sequence[Pair]) -> tuple[str, ...]:
    our_s, their_s = _seconds(pairs)
    us, them = [pair.our_errors for pair in pairs], [pair.their_errors for pair in pairs]
    return (
        f"{100 * together(us).rate:.1f} %",
        f"{100 * together(them).rate:.1f} %",
        f"{100 * difference_upper(us, them):.1f}",
        figure(median(our_s)),
        figure(median(their_s)),
    )


def _plot(pairs: dict[str, list[Pair]], options: Options) -> Plot:
    boxes = []
    for model, ones in pairs.items():
        our_s, their_s = _seconds(ones)
        boxes.append(plots.Box(name=f"{ours.NAME}, {model}", values=our_s, colour=0))
        boxes.append(plots.Box(name=f"{servers.TRANSCRIBER}, {model}", values=their_s, colour=1))
    return plots.boxes(
        options.pictures / "stt.png",
        boxes,
        axis=plots.Axis(name="last sound → transcript, s", low=0),
        caption="How long each takes from the last of the sound to the transcript, with the same model",
    )


def _line(model: str, pair: Pair) -> str:
    us, them = pair.our_errors, pair.their_errors
    verdict = "same" if us.errors == them.errors else "better" if us.errors < them.errors else "worse"
    times = f"{pair.ours.took_s:.2f} / {pair.theirs.took_s:.2f} s" if pair.is_paced else ""
    said = f"{model:<8} {verdict:<7} {us.errors}/{them.errors} of {us.words}  {times:<14} {pair.clip.recording.name}"
    if us.errors == them.errors == 0:
        return said
    return f"{said}  “{pair.clip.recording.transcript}”  heard “{pair.ours.text}” / “{pair.theirs.text.strip()}”"
