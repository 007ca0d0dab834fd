"""`local-voice listen`: turns from this machine's microphone until Ctrl-C."""

import argparse
import asyncio

from rich.console import Console

from gateway.assembly import Assembly
from gateway.commands.arguments import add_config, add_house, chosen_config
from gateway.commands.timeline import JsonLines, Timeline
from gateway.config import Config
from gateway.home.timer import TimerFinished
from gateway.local_satellite import LocalSatellite
from gateway.satellite.microphone import open_microphone
from gateway.satellite.speaker import open_speaker


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
    assembly = Assembly(config)
    house = assembly.house()
    place = assembly.place(house)
    satellites: list[LocalSatellite] = []

    def ring(timer: TimerFinished) -> None:
        for satellite in satellites:
            satellite.timer_finished(timer)

    home = assembly.home(house, asyncio.get_running_loop(), on_timer_finished=ring)
    phrases = " or ".join(f"“{word.replace('_', ' ')}”" for word in config.wake.words)
    waiting, hearing = f"[dim]say {phrases}, Ctrl-C ends[/]", "[bold green]● listening[/]"
    try:
        with console.status("loading the models") as status:
            if is_json:
                status.stop()
            stages = await assembly.load(assembly.stages, home)
            async with (
                open_microphone(config.satellite.microphone or None) as microphone,
                open_speaker(config.satellite.speaker or None) as speaker,
            ):
                satellite = LocalSatellite(
                    aiter(microphone),
                    speaker,
                    stages,
                    place,
                    assembly,
                    show=writer.write,
                    listening=lambda is_listening: status.update(hearing if is_listening else waiting),
                )
                satellites.append(satellite)
                await satellite.run()
    finally:
        home.close()
        assembly.close()
    return 0
