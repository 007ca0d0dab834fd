"""`local-voice serve`: the gateway as a service, on this machine's microphone and speaker.

Its log says what happened and how long it took, never what was said.
"""

import argparse
import asyncio
import logging
import signal
from pathlib import Path
from time import monotonic

from gateway.assembly import Assembly
from gateway.commands.arguments import chosen_config
from gateway.config import Config
from gateway.errors import AudioError
from gateway.events import Event, IntentRecognized, Reply, TurnEnded, TurnFailed, WakeDetected
from gateway.home.timer import TimerFinished
from gateway.local_satellite import LocalSatellite
from gateway.satellite.microphone import open_microphone
from gateway.satellite.speaker import open_speaker
from gateway.turn.run import Place
from gateway.turn.stages import Stages

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
    started_s = monotonic()
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    assembly = Assembly(config)
    house = assembly.house()
    place = assembly.place(house)
    satellites: list[LocalSatellite] = []

    def ring(timer: TimerFinished) -> None:
        for satellite in satellites:
            satellite.timer_finished(timer)

    home = assembly.home(house, loop, on_timer_finished=ring)

    async def load_and_listen() -> None:
        stages = await assembly.load(assembly.stages, home)
        _LOG.info("ready after %.1f s", monotonic() - started_s)
        await _keep_listening(config, assembly, stages, place, satellites)

    try:
        serving = asyncio.create_task(load_and_listen())
        stopping = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            serving.cancel()
            stopping.cancel()
            await asyncio.gather(serving, stopping, return_exceptions=True)
        _LOG.info("stopped")
    finally:
        home.close()
        assembly.close()
    return 0


async def _keep_listening(
    config: Config, assembly: Assembly, stages: Stages, place: Place, satellites: list[LocalSatellite]
) -> None:
    """Take turns for ever; wait for the sound devices where they are missing."""
    while True:
        try:
            async with (
                open_microphone(config.satellite.microphone or None) as microphone,
                open_speaker(config.satellite.speaker or None) as speaker,
            ):
                _LOG.info("listening for %s", ", ".join(config.wake.words))
                satellite = LocalSatellite(
                    aiter(microphone), speaker, stages, place, assembly, show=_log, listening=lambda _: None
                )
                satellites[:] = [satellite]
                await satellite.run()
        except AudioError as error:
            _LOG.warning("%s; trying again in %.0f s", error, RETRY_S)
        satellites.clear()
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
