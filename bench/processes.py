"""What launcher, broker, filter and namespaces cost a turn: the real gateway beside one that is a single process."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from bench.findings import Finding, Section, at_most
from bench.options import PROJECT, Options
from bench.speech import spoken
from gateway.assembly import Assembly
from gateway.broker.store import PeerStore
from gateway.errors import EngineError
from gateway.wire import voice_words
from gateway.wire.channel import Channel
from gateway.wire.dial import Address, dial
from gateway.wire.identity import load_or_create_identity
from gateway.wire.messages import Greeting, Hello
from gateway.wire.peers import Role
from gateway.wire.request_words import Recognize, Recognized, Speak, Spoken
from gateway.wire.streams import end_of_sound

SENTENCES: Final = ("Turn on the kitchen light.", "Set the thermostat to twenty one degrees.", "What time is it?")
REPLY: Final = "Turned on the light."
WARM_UP, ROUNDS = 5, 60
ANSWER_S: Final = 20.0
STARTING_S: Final = 60.0
LONGEST_LINE_BYTES: Final = 10_000
CONFIG: Final = """\
[stt]
model = "{model}"
[server]
host = "127.0.0.1"
port = {port}
announce = false
"""
GATEWAYS: Final = {"processes": ("gateway", "serve", "--config"), "single": ("bench.one_process",)}
"""Modules, with what comes before the configuration."""

METHOD: Final = f"""\
Two gateways on this machine, both warm: `serve` as it ships, and the same voice service in one process that gives up
nothing. A home asks both, in turn, for the words of a spoken sentence (from its last byte to the text) and for the
sound of a short reply (to its first frame): one turn. {ROUNDS} turns each, {len(SENTENCES)} sentences; the median
of the differences between neighbours counts."""


def measure(options: Options) -> Section:
    """Return what a turn takes with both. Takes a minute. Raises VoiceError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    sounds = await _sounds(options)
    async with AsyncExitStack() as stack:
        homes = {
            name: await stack.enter_async_context(_gateway(command, options)) for name, command in GATEWAYS.items()
        }
        times_ms: dict[str, list[float]] = {name: [] for name in homes}
        for number in range(WARM_UP + ROUNDS):
            order = list(homes) if number % 2 else list(reversed(homes))  # who comes second finds warmer caches
            for name in order:
                took_ms = await _turn_ms(homes[name], 2 * number + 1, sounds[number % len(sounds)])
                if number >= WARM_UP:
                    times_ms[name].append(took_ms)
    differences_ms = [ours - single for ours, single in zip(times_ms["processes"], times_ms["single"], strict=True)]
    ours_ms, single_ms = median(times_ms["processes"]), median(times_ms["single"])
    return Section(
        title="Three processes",
        method=METHOD,
        findings=(
            Finding(
                key="added_ms", what="added to a turn", value=median(differences_ms), unit="ms", target=at_most(2.0)
            ),
            Finding(key="processes_ms", what="a turn with `serve`", value=ours_ms, unit="ms"),
            Finding(key="single_ms", what="a turn in one process", value=single_ms, unit="ms"),
            Finding(key="ratio", what="the one as a share of the other", value=ours_ms / single_ms),
        ),
    )


async def _sounds(options: Options) -> list[bytes]:
    assembly = Assembly(options.config)
    try:
        tts = await assembly.load(assembly.tts)
        return [await spoken(sentence, tts) for sentence in SENTENCES]
    finally:
        assembly.close()


async def _turn_ms(channel: Channel, request_id: int, sound: bytes) -> float:
    channel.say(Recognize(id=request_id))
    await channel.play_for(request_id, sound)
    await channel.play(end_of_sound(request_id))
    start_s = perf_counter()
    async with asyncio.timeout(ANSWER_S):
        while not isinstance(heard := await channel.hear(), Recognized):
            _check(heard, channel)
        if heard.error or not heard.text:
            raise EngineError(f"a spoken sentence was not understood: {heard.error or 'no words'}")
        channel.say(Speak(id=request_id + 1, text=REPLY))
        while not isinstance(heard := await channel.hear(), bytes):
            _check(heard, channel)
        took_ms = (perf_counter() - start_s) * 1000
        while not isinstance(heard := await channel.hear(), Spoken):
            _check(heard, channel)
    return took_ms


def _check(heard: object, channel: Channel) -> None:
    if heard is None:
        raise EngineError(f"a gateway has gone while it was measured: {channel.end}")


@asynccontextmanager
async def _gateway(command: Sequence[str], options: Options) -> AsyncIterator[Channel]:
    """Hold a gateway that serves, and a home's connection to it."""
    with _running(command, options) as (address, pin, token):
        async with dial(address, "/voice", voice_words.TO_HOME, pin=pin, token=token) as channel:
            channel.say(Hello(protocol=1))
            if not isinstance(await channel.hear(), Greeting):
                raise EngineError("the gateway does not greet")
            yield channel


@contextmanager
def _running(command: Sequence[str], options: Options) -> Iterator[tuple[Address, bytes, str]]:
    """Run a gateway; give its address, its fingerprint, and a home's token."""
    with tempfile.TemporaryDirectory(prefix="lv-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the process that hears is another user
        address = Address(host="127.0.0.1", port=_free_port())
        config = folder / "config.toml"
        config.write_text(CONFIG.format(model=options.model, port=address.port), encoding="utf-8")
        gateway_dir = folder / "local-voice" / "gateway"
        store = PeerStore(gateway_dir)
        token = store.add(name="Benchmark", role=Role.HOME).voice_token
        store.close()
        with _serving((*command, str(config)), folder):
            yield address, load_or_create_identity(gateway_dir / "voice.pem").fingerprint, token


@contextmanager
def _serving(command: Sequence[str], folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        (sys.executable, "-m", *command),
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        env={**os.environ, "XDG_DATA_HOME": str(folder)},
    )
    try:
        said = process.stderr
        while said is not None and b"ready after" not in (line := said.readline(LONGEST_LINE_BYTES)):
            if not line:
                raise EngineError("a gateway ended while it was starting; does it start with `local-voice serve`?")
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STARTING_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return min(port, 65_000)
