"""`local-voice listen`: turns from this machine's microphone until Ctrl-C."""

import argparse
import asyncio

from rich.console import Console

from gateway.commands.arguments import add_config, add_house, chosen_config
from gateway.commands.timeline import JsonLines, Timeline
from gateway.config import Config
from gateway.local_gateway import LocalGateway


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `listen` to the program's."""
    parser = subparsers.add_parser("listen")
    add_house(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of the timeline")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen until the microphone ends or Ctrl-C; return the exit code."""
    return asyncio.run(listen(chosen_config(args), is_json=args.json))


async def listen(config: Config, *, is_json: bool) -> int:
    """Take turns with whoever speaks. Raises AudioError where there is no microphone or speaker."""
    console = Console()
    writer = JsonLines(console) if is_json else Timeline(console)
    phrases = " or ".join(f"“{word.replace('_', ' ')}”" for word in config.wake.words)
    waiting, hearing = f"[dim]say {phrases}, Ctrl-C ends[/]", "[bold green]● listening[/]"
    gateway = LocalGateway(config)
    try:
        with console.status("loading the models") as status:
            if is_json:
                status.stop()
            stages = await gateway.load()
            await gateway.listen(
                stages,
                opened=lambda: status.update(waiting),
                show=writer.write,
                listening=lambda is_listening: status.update(hearing if is_listening else waiting),
            )
    finally:
        gateway.close()
    return 0
