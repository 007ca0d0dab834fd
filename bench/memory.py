"""How much memory a gateway takes, and whether it grows: many turns in one process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bench.findings import Finding, Section, Table, at_most
from bench.footprints import Footprints, footprints
from bench.options import Options
from bench.peers.ours import NAME
from bench.process import in_use_mib, peak_mib, resident_mib
from bench.speech import COMMANDS, varied
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, paced
from gateway.events import Outcome, TurnEnded
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages

WARM_UP_TURNS = 8 * len(COMMANDS)
"""The heap takes its size in a few steps of 5 to 10 MiB, when two models happen to work at once; then it stays."""
STEP = 50
HEARD = 10
AFTER = bytes(RATE_HZ * SAMPLE_BYTES)

METHOD = f"""\
One process with everything that `serve` loads: tiny.en, the Piper voice, both wake engines, VAD, sentences and the demo
house. Turns run one after the other, as fast as possible and without wake word, over {len(COMMANDS)} sentences that our
own voice speaks, each time at another loudness and with another hiss. Resident memory is what the kernel counts, shared
libraries included; growth is counted from the end of {WARM_UP_TURNS} turns that warm up. *In use* is what the C library
has handed out and not got back, touched or not: a leak shows there, however much freed memory is kept for the next
turn.

*The whole gateway* is `serve` as it ships, with all its processes; *the peers* are wyoming-faster-whisper with the same
model, wyoming-piper with the same voice, and openWakeWord with the same wake word, in a process of its own with a
Wyoming server around it. Each recognises the same {HEARD} sentences, speaks the same replies and listens to the same
silence; then each page counts by the share that a process has of it (PSS, from smaps_rollup). The gateway also
understands sentences, and keeps pairing, audit log and ledger, which the peers leave to Home Assistant."""


def measure(options: Options) -> Section:
    """Return what it takes. 500 turns take about five minutes. Raises ModelError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    assembly = Assembly(options.config)
    house = assembly.house()
    home = assembly.home(house, asyncio.get_running_loop())
    try:
        stages = await assembly.load(assembly.stages, home)
        loaded = _Level.now(turns=0)
        said = varied(stages.tts)
        for _ in range(WARM_UP_TURNS):
            await _turn(await anext(said), stages, assembly)
        course = [_Level.now(turns=0)]
        outcomes: list[Outcome] = []
        for number in range(1, options.turns + 1):
            outcomes.append(await _turn(await anext(said), stages, assembly))
            if number % STEP == 0 or number == options.turns:
                course.append(_Level.now(turns=number))
        heard = [await anext(said) for _ in range(HEARD)]
    finally:
        home.close()
        assembly.close()
    return _section(loaded, course, outcomes, await footprints(options, heard))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How much memory there is after so many turns, in MiB."""

    turns: int
    resident: float
    in_use: float

    @classmethod
    def now(cls, *, turns: int) -> _Level:
        return cls(turns=turns, resident=resident_mib(), in_use=in_use_mib())


def _section(loaded: _Level, course: list[_Level], outcomes: list[Outcome], beside: Footprints) -> Section:
    first, last = course[0], course[-1]
    turns = last.turns
    done = sum(outcome in (Outcome.ACTION, Outcome.ANSWER) for outcome in outcomes)
    return Section(
        title="Memory",
        method=METHOD,
        findings=(
            Finding(
                key="loaded_mib", what="everything is loaded", value=loaded.resident, unit="MiB", target=at_most(600)
            ),
            Finding(
                key="resident_mib", what=f"after {turns} turns", value=last.resident, unit="MiB", target=at_most(600)
            ),
            Finding(
                key="peak_mib", what="at the most, ever", value=max(peak_mib(), last.resident), unit="MiB",
                target=at_most(600),
            ),
            Finding(
                key="growth_mib", what=f"growth over {turns} turns", value=last.resident - first.resident,
                unit="MiB", target=at_most(5),
            ),
            Finding(
                key="in_use_growth_mib", what="… of what is in use", value=last.in_use - first.in_use, unit="MiB",
                target=at_most(5),
            ),
            Finding(
                key="gateway_mib", what="the whole gateway, all processes", value=beside.gateway, unit="MiB",
                target=at_most(beside.all_peers),
            ),
            Finding(key="peers_mib", what="the three peers' servers together", value=beside.all_peers, unit="MiB"),
            Finding(key="turns", what="turns that were taken", value=len(outcomes)),
            Finding(key="done", what="of them with an action or an answer", value=done),
        ),
        tables=(
            Table(
                caption="MiB over the turns",
                headings=("turns", "loaded", *(str(level.turns) for level in course)),
                rows=(
                    ("resident", *(f"{level.resident:.1f}" for level in (loaded, *course))),
                    ("in use", *(f"{level.in_use:.1f}" for level in (loaded, *course))),
                ),
            ),
            Table(
                caption="MiB after the same work, shared pages by share",
                headings=(NAME, *beside.peers),
                rows=((f"{beside.gateway:.0f}", *(f"{mib:.0f}" for mib in beside.peers.values())),),
            ),
        ),
    )  # fmt: skip


async def _turn(pcm: bytes, stages: Stages, assembly: Assembly) -> Outcome:
    ear = Ear(_sound(pcm), stages, assembly.endpoint())
    async for event in run_turn(ear, stages, Place(), is_awake=True):
        if isinstance(event, TurnEnded):
            return event.outcome
    raise AssertionError("every turn ends with TurnEnded")


def _sound(pcm: bytes) -> AsyncIterator[bytes]:
    return paced(pcm + AFTER, realtime=False)
