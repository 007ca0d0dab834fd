"""`local-voice serve`: the gateway as a service, on this machine's microphone and speaker.

Its log says what happened and how long it took, never what was said.
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path
from time import monotonic
from typing import Never

from gateway.commands.arguments import chosen_config
from gateway.config import Config
from gateway.errors import AudioError
from gateway.events import Event, IntentRecognized, Reply, TurnEnded, TurnFailed, WakeDetected
from gateway.local_gateway import LocalGateway
from gateway.turn.tasks import drop

RETRY_S = 30.0
"""A microphone that is plugged in later is found within this time."""

_LOG = logging.getLogger("local-voice")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `serve` to the program's."""
    parser = subparsers.add_parser("serve")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration (default: the user's own)")
    parser.set_defaults(run=run, model=None, language=None, wake=None)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    _LOG.setLevel(logging.INFO)
    return asyncio.run(_serve(chosen_config(args)))


async def _serve(config: Config) -> int:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    gateway = LocalGateway(config)
    serving = asyncio.create_task(_listen_for_ever(gateway, ", ".join(config.wake.words)))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        await drop(serving)
        await drop(stopping)
        gateway.close()
    _LOG.info("stopped")
    return 0


async def _listen_for_ever(gateway: LocalGateway, wake_words: str) -> Never:
    """Take turns; wait for the sound devices where they are missing."""
    started_s = monotonic()
    stages = await gateway.load()
    _LOG.info("ready after %.1f s", monotonic() - started_s)

    def opened() -> None:
        _LOG.info("listening for %s", wake_words)

    while True:
        try:
            await gateway.listen(stages, opened=opened, show=_log, listening=lambda _: None)
        except AudioError as error:
            _LOG.warning("%s; trying again in %.0f s", error, RETRY_S)
        await asyncio.sleep(RETRY_S)


def _log(event: Event) -> None:
    """Write down what happened, without a word of what was said."""
    match event:
        case WakeDetected():
            _LOG.info("wake: %s, %.2f", event.wake_word, event.score)
        case IntentRecognized():
            _LOG.info("intent: %s", event.name)
        case Reply():
            _LOG.info("reply: first sound %d ms after the end of speech", event.first_sound_ms)
        case TurnFailed():
            _LOG.error("turn failed: %s", event.code)
        case TurnEnded():
            stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in event.stages_ms.items())
            _LOG.info("turn: %s (ms after the end of speech: %s)", event.outcome, stages)
