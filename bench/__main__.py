"""`python -m bench`: measures one part, or all of them, each in a process of its own."""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench import (
    coffee,
    cutoff,
    e2e,
    idle,
    memory,
    processes,
    scale,
    sensitivity,
    start,
    stt,
    tts,
    turns,
    understand,
    wake,
)
from bench.alone import alone
from bench.findings import Section
from bench.options import DRAFTS, PROJECT, USUAL_CLIPS, Options, usual_house, usual_manifest
from bench.report import shown, write_again, write_report
from gateway.errors import VoiceError
from gateway.processes.habits import be_modest

BENCHMARKS: dict[str, Callable[[Options], Section]] = {
    "start": start.measure,
    "idle": idle.measure,
    "turns": turns.measure,
    "understand": understand.measure,
    "coffee": coffee.measure,
    "cutoff": cutoff.measure,
    "stt": stt.measure,
    "e2e": e2e.measure,
    "tts": tts.measure,
    "wake": wake.measure,
    "memory": memory.measure,
    "processes": processes.measure,
    "scale": scale.measure,
}
"""In the order in which `all` runs them."""
ALONE: dict[str, Callable[[Options], Section]] = {"sensitivity": sensitivity.measure}
"""Run only by name: what they find stands elsewhere (docs/configuration.md)."""
REPORT = PROJECT / "docs" / "benchmarks.md"
PICTURES = REPORT.parent / "pictures" / "benchmarks"
EVERY = "all"
MISSED, BAD_INPUT = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what `arguments` name; return 0, 1 where a target is missed, or 2 where something could not be measured."""
    args = _parser().parse_args(arguments)
    is_report = args.write and args.name not in ALONE
    options = _options(args, pictures=PICTURES if is_report else DRAFTS)
    be_modest()  # the servers of others get as few threads
    names = list(BENCHMARKS) if args.name == EVERY else [args.name]
    load = os.getloadavg()[0]
    sections: dict[str, Section] = {}
    has_failed = False
    for name in names:
        try:
            sections[name] = alone((BENCHMARKS | ALONE)[name], options)
            print(shown(sections[name]), flush=True)
            if is_report and args.name != EVERY:
                write_again(REPORT, sections[name])
        except VoiceError as error:  # of `all`, the others are still worth an hour
            print(f"bench: {name}: {error}", file=sys.stderr)
            unmeasured = Section(title=name, method=f"Could not be measured: {error}", findings=())
            sections.setdefault(name, unmeasured)  # what was measured and could not be written is not lost
            has_failed = True
        if is_report and args.name == EVERY:  # as far as it has come: a run takes most of an hour
            write_report(REPORT, sections.values(), load=load)
    if args.json:
        figures = {name: _figures(section) for name, section in sections.items()}
        print(json.dumps(figures if args.name == EVERY else figures[args.name], ensure_ascii=False))
    if has_failed:
        return BAD_INPUT
    is_missed = any(finding.is_met is False for section in sections.values() for finding in section.findings)
    return MISSED if is_missed else 0


def _options(args: argparse.Namespace, *, pictures: Path) -> Options:
    options = Options(
        manifest=args.manifest,
        house=args.home,
        area=args.area,
        clips=USUAL_CLIPS if args.clips is None else args.clips,
        most_clips=args.clips,
        noise_db=args.noise_db,
        turns=args.turns,
        pictures=pictures,
    )
    return options if args.model == EVERY else replace(options, model=args.model, models=(args.model,))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench",
        description="What a gateway costs and how right it is, beside others. Exit code: 1 where a target is missed, 2 "
        "where a part could not be measured.",
    )
    parser.add_argument("name", choices=[*BENCHMARKS, *ALONE, EVERY], help="what to measure")
    parser.add_argument("--manifest", type=Path, default=usual_manifest(), help="a CSV of recordings")
    parser.add_argument(
        "--home", type=Path, default=usual_house(), help="the house that the recorded commands are meant for"
    )
    parser.add_argument("--area", default="Office", help="where in it they are said")
    parser.add_argument(
        "--model", default=EVERY, help="the Whisper model; by default tiny.en, in `stt` and `coffee` base as well"
    )
    clips = f"how many recordings are streamed at real-time pace ({USUAL_CLIPS}), or in `understand` taken at all (all)"
    parser.add_argument("--clips", type=int, help=clips)
    noise = "how far below what is said there is noise, in `understand` (without it the room is quiet) and `coffee`"
    parser.add_argument("--noise-db", type=_decibels, metavar="N", help=noise)
    parser.add_argument("--turns", type=int, default=500, help="how many turns memory must survive")
    parser.add_argument(
        "--json", action="store_true", help="the last line is one object with all figures; of `all`, by part"
    )
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md, or this part of it")
    return parser


def _decibels(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _figures(section: Section) -> dict[str, float]:
    return {finding.key: finding.value for finding in section.findings}


if __name__ == "__main__":
    sys.exit(main())
