"""`local-voice turn`: one turn over a recording, at the pace of real life or as fast as it goes."""

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, paced
from gateway.commands.arguments import add_config, add_house, chosen_config
from gateway.commands.timeline import EXIT_CODES, EventWriter, JsonLines, Timeline
from gateway.events import Outcome, ReplyAudio, Sound, TurnEnded
from gateway.recordings import read_recording, write_wav
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages

SILENCE_AFTER = bytes(RATE_HZ * SAMPLE_BYTES)
"""A recording that ends with its last word is followed by a second of silence, as in life."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `turn` to the program's."""
    parser = subparsers.add_parser(
        "turn",
        description="Exit code: 0 an action or an answer, 3 no wake word or nothing heard, 4 heard but not understood, "
        "2 bad input.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="WAV, FLAC or OGG, any rate, width and channels")
    add_house(parser)
    parser.add_argument("--no-wake", action="store_true", help="the recording begins after the wake word")
    parser.add_argument("--fast", action="store_true", help="do not wait for real time to pass")
    parser.add_argument("--out", type=Path, metavar="REPLY.wav", help="write the spoken reply here")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the timeline")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    pcm = read_recording(args.file)
    assembly = Assembly(chosen_config(args))
    house = assembly.house()
    place = assembly.place(house)
    home = assembly.home(house, asyncio.get_running_loop())
    try:
        stages = await assembly.load(assembly.stages, home)
        ear = Ear(paced(pcm + SILENCE_AFTER, realtime=not args.fast), stages, assembly.endpoint())
        writer = JsonLines(Console()) if args.json else Timeline(Console())
        outcome, reply = await show_turn(ear, stages, place, writer, is_awake=args.no_wake)
    finally:
        home.close()
        assembly.close()
    if args.out is not None and reply is not None:
        write_wav(args.out, reply)
    return EXIT_CODES[outcome]


async def show_turn(
    ear: Ear, stages: Stages, place: Place, writer: EventWriter, *, is_awake: bool = False
) -> tuple[Outcome, Sound | None]:
    """Run one turn and show its events; return how it ended, and all that was said in it as one sound."""
    outcome = Outcome.ERROR
    sounds: list[Sound] = []
    async for event in run_turn(ear, stages, place, is_awake=is_awake):
        writer.write(event)
        if isinstance(event, ReplyAudio):
            sounds.append(event.sound)
        elif isinstance(event, TurnEnded):
            outcome = event.outcome
    return outcome, joined(sounds)


def joined(sounds: list[Sound]) -> Sound | None:
    """Return stretches of one voice as one sound; None where there are none."""
    if not sounds:
        return None
    return Sound(rate_hz=sounds[0].rate_hz, pcm=b"".join(sound.pcm for sound in sounds))
