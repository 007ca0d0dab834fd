"""`local-voice satellite`: this machine's microphone and speaker, for a gateway elsewhere in the house."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from gateway.config import ServerConfig, load_config
from gateway.errors import ConfigError, LinkError, TrustError
from gateway.paths import satellite_file
from gateway.recordings import read_recording
from gateway.satellite.known_gateways import (
    KnownGateway,
    broker_of,
    forget,
    from_pairing,
    known_gateways,
    parse_address,
    remember,
    the_only,
)
from gateway.satellite.lasting_microphone import OpenMicrophone
from gateway.satellite.leaving import leave
from gateway.satellite.microphone import open_microphone
from gateway.satellite.recorded import recorded_microphone, recorded_speaker
from gateway.satellite.satellite import OpenSpeaker, Satellite
from gateway.satellite.sign import LogSign, Sign, TerminalSign
from gateway.satellite.speaker import open_speaker
from gateway.wire.dial import Address
from gateway.wire.pairing import pair
from gateway.wire.peers import Role

NO_REPLY: Final = 1
REPLY_S: Final = 30.0
"""A slow computer answers within ten."""
ENDING_S: Final = 1.0
"""What a gateway that does not answer may take of the time in which this program has to be gone."""
LONGEST_LINE_BYTES: Final = 1_024
HOW_TO_PAIR: Final = "`local-voice pair satellite --area NAME` on the gateway shows a code"

_LOG: Final = logging.getLogger("local-voice")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `satellite` to the program's."""
    parser = subparsers.add_parser("satellite")
    parser.add_argument("--gateway", metavar="HOST[:PORT]", help="where the gateway is (default: the one it knows)")
    parser.add_argument("--code", metavar="CODE", help="pair with this code, which the gateway shows")
    parser.add_argument("--name", metavar="NAME", help="what it is called when it pairs (default: this machine's name)")
    parser.add_argument("--microphone", metavar="DEVICE", help="the microphone (default: the system's)")
    parser.add_argument("--speaker", metavar="DEVICE", help="the speaker (default: the system's)")
    parser.add_argument("--wav", type=Path, metavar="FILE", help="a recording in place of the microphone")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a WAV file in place of the speaker")
    parser.add_argument("--once", action="store_true", help="end when the first reply was heard (with --wav and --out)")
    parser.add_argument("--muted", action="store_true", help="begin muted")
    parser.add_argument("--forget", action="store_true", help="be this gateway's satellite no more")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve the gateway until SIGTERM or Ctrl-C; return the exit code."""
    if args.once and not (args.wav and args.out):
        raise ConfigError("--once: only with --wav and --out: it waits for the reply to a recording")
    if args.code and not args.gateway:
        raise ConfigError("--code: name the gateway that shows it too: --gateway HOST")
    _LOG.setLevel(logging.INFO)
    file = satellite_file()
    known = known_gateways(file)
    address = parse_address(args.gateway, default_port=ServerConfig().port) if args.gateway else the_only(known).voice
    gateway = next((one for one in known if one.voice == address), None)
    if args.forget:
        return asyncio.run(_forget(file, gateway, address))
    recording = read_recording(args.wav) if args.wav else None
    if gateway is None or args.code:
        code = args.code or _asked_code(address)
        gateway = asyncio.run(_paired(file, address, code, args.name or socket.gethostname()))
    return asyncio.run(_serve(gateway, recording, args))


def _asked_code(address: Address) -> str:
    """Return the code that a person types. Raises ConfigError where there is nobody to ask."""
    with contextlib.suppress(EOFError):
        if sys.stdin.isatty():
            return input(f"{HOW_TO_PAIR}. Code: ")
    raise ConfigError(
        f"this satellite is not paired with {address}: {HOW_TO_PAIR}; "
        f"then here: local-voice satellite --gateway {address} --code CODE"
    )


async def _paired(file: Path, address: Address, code: str, name: str) -> KnownGateway:
    done = await pair(address, broker_of(address), code=code, role=Role.SATELLITE, name=name)
    gateway = from_pairing(address, done)
    remember(file, gateway)
    _LOG.info("paired with the gateway at %s; from now on `local-voice satellite` is enough", address)
    return gateway


async def _forget(file: Path, gateway: KnownGateway | None, address: Address) -> int:
    if gateway is None:
        raise ConfigError(f"--forget: this satellite knows no gateway at {address}")
    try:
        await leave(gateway)
        _LOG.info("this satellite and the gateway at %s have forgotten each other", gateway.voice)
    except TrustError:
        _LOG.info("the gateway at %s is forgotten; it did not know this satellite any more", gateway.voice)
    except LinkError as error:
        _LOG.warning(
            "the gateway at %s is forgotten, but could not be told (%s); there: local-voice peers revoke %s",
            *(gateway.voice, error, gateway.peer_id),
        )
    finally:
        forget(file, gateway)
    return 0


async def _serve(gateway: KnownGateway, recording: bytes | None, args: argparse.Namespace) -> int:
    stopped, reached, heard = asyncio.Event(), asyncio.Event(), asyncio.Event()
    with _sign(str(gateway.voice)) as sign:
        satellite = Satellite(
            gateway,
            _microphone(args.microphone, recording, reached),
            _speaker(args.speaker, args.out),
            sign,
            is_muted=args.muted,
            reached=reached.set,
            heard=heard.set,
        )
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stopped.set)
        loop.add_signal_handler(signal.SIGUSR1, satellite.toggle_mute)
        ends = [_code_when(stopped, 0)]
        if args.once:
            ends += [_code_when(heard, 0), _no_reply()]
        try:
            with _mute_key(loop, satellite.toggle_mute):
                return await _until_one_ends(satellite, ends)
        except TrustError as error:
            again = f"{HOW_TO_PAIR}; then here: local-voice satellite --gateway {gateway.voice} --code CODE"
            raise TrustError(f"{error}; {again}") from error


def _microphone(device: str | None, recording: bytes | None, reached: asyncio.Event) -> OpenMicrophone:
    if recording is not None:
        return partial(recorded_microphone, recording, reached)
    return partial(open_microphone, device or load_config().satellite.microphone or None)


def _speaker(device: str | None, out: Path | None) -> OpenSpeaker:
    if out is not None:
        return partial(recorded_speaker, out)
    return partial(open_speaker, device or load_config().satellite.speaker or None)


@contextlib.contextmanager
def _sign(gateway: str) -> Iterator[Sign]:
    console = Console()
    if console.is_terminal:
        with TerminalSign(gateway, console) as sign:
            yield sign
    else:
        yield LogSign(gateway)


@contextlib.contextmanager
def _mute_key(loop: asyncio.AbstractEventLoop, toggle: Callable[[], None]) -> Iterator[None]:
    """Call `toggle` when somebody types `m` and Enter, where there is a terminal to type on."""
    if not sys.stdin.isatty():
        yield
        return
    keyboard = sys.stdin.fileno()

    def read() -> None:
        line = os.read(keyboard, LONGEST_LINE_BYTES)
        if not line:
            loop.remove_reader(keyboard)
        elif line.strip().lower() == b"m":
            toggle()

    loop.add_reader(keyboard, read)
    try:
        yield
    finally:
        loop.remove_reader(keyboard)


async def _until_one_ends(satellite: Satellite, ends: list[Coroutine[None, None, int]]) -> int:
    """Let the satellite work until one of `ends` gives the exit code. Raises what ends the satellite."""
    serving = asyncio.create_task(satellite.run())
    waiting = [asyncio.create_task(end) for end in ends]
    try:
        await asyncio.wait({serving, *waiting}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        return next(end.result() for end in waiting if end.done())
    finally:
        for task in (serving, *waiting):
            task.cancel()
        await asyncio.wait({serving}, timeout=ENDING_S)
        serving.cancel()  # once more, for a connection that waits for a gateway's last word
        await asyncio.gather(serving, *waiting, return_exceptions=True)


async def _code_when(happened: asyncio.Event, code: int) -> int:
    await happened.wait()
    return code


async def _no_reply() -> int:
    await asyncio.sleep(REPLY_S)
    _LOG.warning("no reply within %.0f seconds", REPLY_S)
    return NO_REPLY
