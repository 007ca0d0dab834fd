"""`local-voice pair`: lets one Home Assistant or one satellite become a peer of the running gateway.

Shows the code and how it ended; the gateway decides everything.
"""

import argparse
import asyncio
from time import monotonic

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from gateway.broker.owner_link import answer_of, owner_link
from gateway.broker.pairing import Closing
from gateway.errors import ConfigError
from gateway.paths import owned_gateway_dir
from gateway.wire.broker_words import OpenPairing, PairingClosed, PairingOpen
from gateway.wire.peers import Role

PAIRED, NOT_PAIRED, INTERRUPTED = 0, 1, 130
MARGIN_S = 10.0
"""The gateway says that the window is closed within this time after it is."""
NEXT_STEP = {
    Role.HOME: "In Home Assistant: Settings, Devices & services, Add integration, Local Voice; type this code there.",
    Role.SATELLITE: "On the satellite's machine: local-voice satellite --gateway HOST; type this code there.",
}
ENDS = {
    Closing.EXPIRED: "Nobody paired in time; the code is no longer good. `local-voice pair` shows a new one.",
    Closing.TOO_MANY_WRONG_CODES: "Closed after five wrong codes. If that was not you, somebody on your network is "
    "guessing. `local-voice pair` shows a new code.",
    Closing.REPLACED: "Another `local-voice pair` has opened a new window; this code is no longer good.",
    Closing.STOPPED: "The gateway closed the window; its log says why. The code is no longer good.",
}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `pair` to the program's."""
    parser = subparsers.add_parser(
        "pair", description="Shows a code for five minutes; the device that is told the code becomes a peer."
    )
    kinds = [Role.HOME.value, Role.SATELLITE.value]
    parser.add_argument("role", nargs="?", default="home", choices=kinds, help="what to pair (default: home)")
    parser.add_argument("--area", default="", metavar="NAME", help="the room that the satellite stands in")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window and wait for its end; return 0 only where somebody was paired. Raises ConfigError, LinkError."""
    role = Role(args.role)
    if args.area and role is not Role.SATELLITE:
        raise ConfigError("--area: only a satellite stands in a room: local-voice pair satellite --area NAME")
    console = Console()
    try:
        closed = asyncio.run(_pair(role, args.area, console))
    except KeyboardInterrupt:
        _say(console, "The window stays open until its time is over; `local-voice peers list` shows who has paired.")
        return INTERRUPTED
    if closed.peer is None:
        _say(console, ENDS.get(Closing(closed.reason), closed.reason))
        return NOT_PAIRED
    where = f" in {closed.peer.area}" if closed.peer.area else ""
    _say(console, f"Paired: {closed.peer.name}{where} ({closed.peer.role}, {closed.peer.id}).")
    return PAIRED


async def _pair(role: Role, area: str, console: Console) -> PairingClosed:
    async with owner_link(owned_gateway_dir()) as gateway:
        opened = answer_of(PairingOpen, await gateway.ask(OpenPairing(role=role, area=area)))
        until_s = monotonic() + opened.seconds
        console.print(f"Code: [bold]{escape(opened.code)}[/bold]  (good for {_clock(opened.seconds)} minutes)")
        _say(console, NEXT_STEP[role])

        def left() -> Text:
            return Text(f"{_clock(max(0.0, until_s - monotonic()))} left", style="dim")

        if console.is_terminal:
            with Live(console=console, get_renderable=left, refresh_per_second=2, transient=True):
                closed = await gateway.hear(opened.seconds + MARGIN_S)
        else:
            closed = await gateway.hear(opened.seconds + MARGIN_S)
        return answer_of(PairingClosed, closed)


def _say(console: Console, line: str) -> None:
    console.print(escape(line), soft_wrap=True, highlight=False)


def _clock(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"
