"""What launcher, broker, filter and namespaces cost a turn: the real gateway beside one that is a single process."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Final

from bench.findings import Finding, Section, Table, at_most, figure
from bench.one_process import FILTER
from bench.options import Options
from bench.running import SERVE, running
from bench.speech import spoken
from gateway.assembly import Assembly
from gateway.errors import EngineError
from gateway.wire import voice_words
from gateway.wire.channel import Channel
from gateway.wire.dial import dial
from gateway.wire.messages import Greeting, Hello
from gateway.wire.peers import Role
from gateway.wire.request_words import Recognize, Recognized, Speak, Spoken
from gateway.wire.streams import end_of_sound

SENTENCES: Final = ("Turn on the kitchen light.", "Set the thermostat to twenty one degrees.", "What time is it?")
REPLY: Final = "Turned on the light."
ROUNDS, WARM_UP, TURNS = 4, 3, 12
"""Two processes of the very same program differ by more than what is looked for, so each is started several times."""
ANSWER_S: Final = 20.0
GATEWAYS: Final = {"processes": SERVE, "single": ("bench.one_process",)}
"""Modules, with what comes before the configuration."""

METHOD: Final = f"""\
*Added by the filter*: the voice service in one process takes {TURNS} turns, has the filter installed, and takes {TURNS}
more. Another one takes as many without a filter: later turns differ from earlier ones anyhow. By how much the one grows
more than the other is what the filter adds; the median of {ROUNDS} such pairs, in either order. *`serve` and a single
process*: both as they start, side by side, {TURNS} turns each in turn, started {ROUNDS} times in either order. A turn
is a home's: from the last byte of a spoken sentence to its words, and on to the first frame of a spoken reply. No
process asks another one in a turn, so what is added is the filter's, and what the kernel takes to change processes."""


def measure(options: Options) -> Section:
    """Return what a turn takes with both. Takes three minutes. Raises VoiceError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    sounds = await _sounds(options)
    grown_ms: dict[bool, list[float]] = {True: [], False: []}
    """With the filter, and without."""
    for number in range(ROUNDS):
        for is_filtered in (True, False) if number % 2 else (False, True):
            grown_ms[is_filtered].append(await _before_and_after_ms(sounds, options, is_filtered=is_filtered))
    added_ms = [filtered - same for filtered, same in zip(grown_ms[True], grown_ms[False], strict=True)]
    rounds = [await _round(list(GATEWAYS)[:: 1 if number % 2 else -1], sounds, options) for number in range(ROUNDS)]
    differences_ms = [one["processes"] - one["single"] for one in rounds]
    of_each = {name: [one[name] for one in rounds] for name in GATEWAYS}
    ours_ms, single_ms = median(of_each["processes"]), median(of_each["single"])
    chance_ms = [abs(now - before) for times in of_each.values() for before, now in pairwise(times)]
    return Section(
        title="Three processes",
        method=METHOD,
        findings=(
            Finding(
                key="added_ms", what="the filter adds to a turn", value=median(added_ms), unit="ms",
                target=at_most(2.0),
            ),
            Finding(
                key="later_ms", what="… later turns anyhow, without a filter", value=median(grown_ms[False]), unit="ms"
            ),
            Finding(
                key="difference_ms", what="`serve` beside a single process", value=median(differences_ms), unit="ms"
            ),
            Finding(key="starts_ms", what="two starts of the same differ by", value=median(chance_ms), unit="ms"),
            Finding(key="processes_ms", what="a turn with `serve`", value=ours_ms, unit="ms"),
            Finding(key="single_ms", what="a turn in one process", value=single_ms, unit="ms"),
            Finding(key="ratio", what="the one as a share of the other", value=ours_ms / single_ms),
        ),
        tables=(
            Table(
                caption="Each start: a turn's median, ms",
                headings=("", *(str(number + 1) for number in range(ROUNDS))),
                rows=tuple((name, *(figure(value) for value in times)) for name, times in of_each.items()),
            ),
        ),
    )  # fmt: skip


async def _round(names: Sequence[str], sounds: Sequence[bytes], options: Options) -> dict[str, float]:
    """Start both; return the median of a turn of each, in milliseconds."""
    times_ms: dict[str, list[float]] = {name: [] for name in names}
    async with AsyncExitStack() as stack:
        gateways = {name: await stack.enter_async_context(_gateway(GATEWAYS[name], options)) for name in names}
        for number in range(WARM_UP + TURNS):
            for name in names[:: 1 if number % 2 else -1]:  # who comes second finds warmer caches
                took_ms = await _turn_ms(gateways[name][0], 2 * number + 1, sounds[number % len(sounds)])
                if number >= WARM_UP:
                    times_ms[name].append(took_ms)
    return {name: median(times) for name, times in times_ms.items()}


async def _before_and_after_ms(sounds: Sequence[bytes], options: Options, *, is_filtered: bool) -> float:
    """Return by how much the turns after the filter take longer than those before."""
    async with _gateway(GATEWAYS["single"], options) as (home, process):
        before_ms = await _turns_ms(home, sounds, WARM_UP + TURNS, first=0)
        if is_filtered:
            process.send_signal(FILTER)
        after_ms = await _turns_ms(home, sounds, TURNS, first=WARM_UP + TURNS)
    return median(after_ms) - median(before_ms[WARM_UP:])


async def _turns_ms(home: Channel, sounds: Sequence[bytes], count: int, *, first: int) -> list[float]:
    return [
        await _turn_ms(home, 2 * number + 1, sounds[number % len(sounds)]) for number in range(first, first + count)
    ]


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
async def _gateway(command: Sequence[str], options: Options) -> AsyncIterator[tuple[Channel, subprocess.Popen[bytes]]]:
    """Hold a home's connection to a gateway that serves, and its process."""
    with running(command, model=options.model, roles=[Role.HOME]) as gateway:
        dialled = dial(gateway.address, "/voice", voice_words.TO_HOME, pin=gateway.pin, token=gateway.tokens[0])
        async with dialled as channel:
            channel.say(Hello(protocol=1))
            if not isinstance(await channel.hear(), Greeting):
                raise EngineError("the gateway does not greet")
            yield channel, gateway.process
