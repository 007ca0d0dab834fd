"""`local-voice serve`: the gateway as a service, for Home Assistant and satellites.

Its log says what happened and how long it took, never what was said.
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path
from time import monotonic

from gateway.config import Config, load_config
from gateway.launcher import Launcher
from gateway.processes.habits import log_what_happens
from gateway.processes.words import ShowCode
from gateway.turn.tasks import drop

_LOG = logging.getLogger("local-voice")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `serve` to the program's."""
    parser = subparsers.add_parser("serve")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration (default: the user's own)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    log_what_happens()
    return asyncio.run(_serve(load_config(args.config)))


async def _serve(config: Config) -> int:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    started_s = monotonic()

    def ready() -> None:
        _LOG.info("ready after %.1f s on port %d", monotonic() - started_s, config.server.port)

    serving = asyncio.create_task(Launcher(config, show_code=_show_code).serve(ready))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        await drop(serving, stopping)
    _LOG.info("stopped")
    return 0


def _show_code(window: ShowCode) -> None:
    minutes = window.seconds // 60
    _LOG.info("no Home Assistant is paired; for %d minutes the code for Home Assistant is %s", minutes, window.code)
