"""How soon a reply sounds, and whether it goes on without a gap: wyoming-piper beside us, through the same client."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Final

from wyoming.audio import AudioChunk, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Eventable
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped

from bench.findings import Finding, Section, Table, at_least, at_most, figure
from bench.options import Options
from bench.peers.models import data_folder
from bench.peers.ours import gateway
from bench.peers.process import HOST, Peer
from bench.peers.servers import speaker
from gateway.errors import EngineError

ANSWER_S: Final = 60.0
TOGETHER_S: Final = 0.02
"""What comes so soon after the first piece of sound was ready together with it: a stretch is sent in pieces."""
PLAYED_S: Final = 0.3
"""Three short words: a first stretch that is shorter would be a trick."""
LEARNT_ROUNDS: Final = 2

ROOMS: Final = (
    "kitchen",
    "bedroom",
    "living room",
    "hall",
    "office",
    "bathroom",
    "cellar",
    "garage",
    "attic",
    "nursery",
)
SHORT: Final = tuple(f"Turned on the {room} light." for room in ROOMS)
LONG: Final = tuple(
    f"The light in the {room} is on and set to {percent} percent. The window in the {other} has been open since this "
    f"morning, and the heating is off. It is {degrees} degrees in the {other} and will stay dry until the evening."
    for room, other, percent, degrees in zip(
        ROOMS,
        (*ROOMS[3:], *ROOMS[:3]),
        ("ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "fifteen"),
        ("twelve", "thirteen", "fourteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "eleven", "nine"),
        strict=True,
    )
)
"""Three sentences each. None is said twice before it is to be known."""
WARM_UP: Final = ("The front door is locked.", "Good evening. It is raining. Take an umbrella.")

METHOD: Final = f"""\
Both speak with the same voice, ours through the real gateway's own Wyoming port, and the same client asks both in turn
for the same text: {len(SHORT)} short replies and {len(LONG)} of three sentences, none of which either has said before,
and then all of them again, {LEARNT_ROUNDS} times. *First sound* is the time from the request to the first piece of
sound; *gaps* counts replies of ours of which any piece came later than the sound before it would have been played.
Asked as Home Assistant asks: with the text in pieces, as it does where a server can take that (both can), and with the
whole text in one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a reply came."""

    first_s: float
    """From the request to the first sound."""
    whole_s: float
    """To the last."""
    lasts_s: float
    """How long it is when it is played."""
    first_stretch_s: float
    """How much sound came at once, to begin with."""
    late_s: float
    """By how much the worst piece came after the sound before it would have been over; 0 where none did."""


type Asking = Callable[[AsyncTcpClient, str], Awaitable[None]]


def measure(options: Options) -> Section:
    """Return how soon both speak. Takes three minutes. Raises VoiceError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    with data_folder(options.model, options.config.tts.voice) as folder:
        async with AsyncExitStack() as stack:
            theirs = await stack.enter_async_context(speaker(folder.models.find(options.config.tts.voice)))
            ours = await stack.enter_async_context(gateway(options.config, folder))
            sides = (theirs, ours)
            for text in WARM_UP:
                await _in_turn(sides, (text,), _in_pieces)
            half = len(LONG) // 2
            short = await _in_turn(sides, SHORT, _in_pieces)
            pieces = await _in_turn(sides, LONG[:half], _in_pieces)
            whole = await _in_turn(sides, LONG[half:], _at_once)
            known = await _in_turn(sides, (*SHORT, *LONG) * LEARNT_ROUNDS, _in_pieces)
    return _section(short, pieces, whole, known)


type Pairs = Sequence[tuple[Reply, Reply]]
"""Theirs and ours, of the same texts."""


async def _in_turn(sides: tuple[Peer, Peer], texts: Sequence[str], ask: Asking) -> Pairs:
    """Have both say each text, one after the other; who was second is first the next time."""
    pairs = []
    for number, text in enumerate(texts):
        order = (0, 1) if number % 2 else (1, 0)
        replies = {side: await said(sides[side], text, ask) for side in order}
        pairs.append((replies[0], replies[1]))
    return pairs


async def said(peer: Peer, text: str, ask: Asking) -> Reply:
    """Have a text spoken; return how it came. Raises EngineError where it does not."""
    try:
        async with asyncio.timeout(ANSWER_S), AsyncTcpClient(HOST, peer.port) as client:
            begin_s = perf_counter()
            await ask(client, text)
            pieces = await _pieces(client, peer.name, is_streaming=ask is _in_pieces)
    except (OSError, TimeoutError) as error:
        raise EngineError(f"{peer.name} has not spoken ({type(error).__name__})") from error
    if not pieces:
        raise EngineError(f"{peer.name} has made no sound")
    return reply_of(pieces, begin_s)


def reply_of(pieces: Sequence[tuple[float, float]], begin_s: float) -> Reply:
    """Return how a reply came; of each piece when it came and how long it lasts, in seconds."""
    first_s = pieces[0][0]
    heard_until_s = first_s
    late_s = first_stretch_s = 0.0
    is_together = True
    for (before_s, _), (came_s, lasts_s) in pairwise([pieces[0], *pieces]):
        is_together = is_together and came_s - before_s < TOGETHER_S
        first_stretch_s += lasts_s if is_together else 0.0
        late_s = max(late_s, came_s - heard_until_s)
        heard_until_s = max(heard_until_s, came_s) + lasts_s
    return Reply(
        first_s=first_s - begin_s,
        whole_s=pieces[-1][0] - begin_s,
        lasts_s=sum(lasts_s for _, lasts_s in pieces),
        first_stretch_s=first_stretch_s,
        late_s=late_s,
    )


async def _in_pieces(client: AsyncTcpClient, text: str) -> None:
    """Ask as Home Assistant does where a text may still be being written; this one is there."""
    asked: tuple[Eventable, ...] = (
        SynthesizeStart(),
        SynthesizeChunk(text=text),
        Synthesize(text=text),
        SynthesizeStop(),
    )
    for event in asked:
        await client.write_event(event.event())


async def _at_once(client: AsyncTcpClient, text: str) -> None:
    """Ask as Home Assistant does with a whole text."""
    await client.write_event(Synthesize(text=text).event())


async def _pieces(client: AsyncTcpClient, name: str, *, is_streaming: bool) -> list[tuple[float, float]]:
    """Return of each piece of sound when it came and how long it lasts. Raises EngineError."""
    last = SynthesizeStopped if is_streaming else AudioStop
    pieces: list[tuple[float, float]] = []
    while (event := await client.read_event()) is not None:
        if last.is_type(event.type):
            return pieces
        if AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            pieces.append((perf_counter(), chunk.samples / chunk.rate))
        elif Error.is_type(event.type):
            raise EngineError(f"{name} reports an error")
    raise EngineError(f"{name} has closed the connection before the end")


def _section(short: Pairs, pieces: Pairs, whole: Pairs, known: Pairs) -> Section:
    long = [*pieces, *whole]
    replies = [ours for _, ours in (*short, *long, *known)]
    names = {"short": short, "three sentences, in pieces": pieces, "three sentences, at once": whole, "known": known}
    return Section(
        title="First sound of a reply",
        method=METHOD,
        findings=(
            Finding(
                key="speedup_long", what="first sound of three sentences: how many times faster, by the medians",
                value=_speedup(long), target=at_least(2),
            ),
            Finding(
                key="speedup_learnt", what="… of replies that were spoken before", value=_speedup(known),
                target=at_least(10),
            ),
            Finding(key="speedup_short", what="… of short replies", value=_speedup(short)),
            Finding(
                key="gaps", what="replies of ours with a gap", value=sum(reply.late_s > 0 for reply in replies),
                target=at_most(0),
            ),
            Finding(
                key="shortest_first_stretch_s", what="least sound that came at once, to begin with",
                value=min(reply.first_stretch_s for reply in replies), unit="s", target=at_least(PLAYED_S),
            ),
            Finding(key="first_sound_s", what="first sound, short", value=_median(short, 1), unit="s"),
            Finding(key="peer_first_sound_s", what="… wyoming-piper", value=_median(short, 0), unit="s"),
            Finding(key="long_first_sound_s", what="first sound, three sentences", value=_median(long, 1), unit="s"),
            Finding(key="peer_long_first_sound_s", what="… wyoming-piper", value=_median(long, 0), unit="s"),
            Finding(key="learnt_first_sound_s", what="first sound, known", value=_median(known, 1), unit="s"),
            Finding(key="peer_learnt_first_sound_s", what="… wyoming-piper", value=_median(known, 0), unit="s"),
        ),
        tables=(
            Table(
                caption="Medians: milliseconds to the first sound and to the last, and seconds that it lasts",
                headings=("replies", "wyoming-piper: first", "last", "lasts", "ours: first", "last", "lasts"),
                rows=tuple((name, *_figures(pairs)) for name, pairs in names.items() if pairs),
            ),
        ),
        listing=tuple(
            f"{name}: {theirs.first_s * 1000:.0f} / {ours.first_s * 1000:.0f} ms, late {ours.late_s * 1000:.0f} ms"
            for name, pairs in names.items()
            for theirs, ours in pairs
        ),
    )  # fmt: skip


def _figures(pairs: Pairs) -> tuple[str, ...]:
    return tuple(
        text
        for side in (0, 1)
        for text in (
            f"{median(pair[side].first_s for pair in pairs) * 1000:.1f}",
            f"{median(pair[side].whole_s for pair in pairs) * 1000:.0f}",
            figure(round(median(pair[side].lasts_s for pair in pairs), 2)),
        )
    )


def _median(pairs: Pairs, side: int) -> float:
    return median(pair[side].first_s for pair in pairs)


def _speedup(pairs: Pairs) -> float:
    return _median(pairs, 0) / _median(pairs, 1)
