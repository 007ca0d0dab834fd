"""`local-voice say`: Piper to a file or to the speaker."""

import argparse
import asyncio
from pathlib import Path

from gateway.assembly import Assembly
from gateway.commands.arguments import add_config, chosen_config
from gateway.commands.turn import joined
from gateway.errors import ConfigError
from gateway.recordings import write_wav
from gateway.satellite.speaker import open_speaker, play

LONGEST_CHARS = 5_000
"""Five minutes of speech."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `say` to the program's."""
    parser = subparsers.add_parser("say")
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write a WAV instead of playing it")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    if not args.text.strip() or len(args.text) > LONGEST_CHARS:
        raise ConfigError(f"TEXT: found {len(args.text)} characters, must be 1 to {LONGEST_CHARS}, not only spaces")
    config = chosen_config(args)
    assembly = Assembly(config)
    try:
        tts = await assembly.load(assembly.tts)
        if args.out is None:
            async with open_speaker(config.satellite.speaker or None) as speaker:
                await play(speaker, tts.speak(args.text))
        elif sound := joined([sound async for sound in tts.speak(args.text)]):
            write_wav(args.out, sound)
    finally:
        assembly.close()
    return 0
