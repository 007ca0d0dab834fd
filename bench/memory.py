"""How much memory a gateway takes, and whether it grows: many turns in one process."""

import asyncio
from collections.abc import AsyncIterator

from bench.findings import Finding, Section, Table, at_most
from bench.options import Options
from bench.process import peak_mib, resident_mib
from bench.speech import COMMANDS, varied
from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, SAMPLE_BYTES, paced
from gateway.events import Outcome, TurnEnded
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages

WARM_UP_TURNS = 2 * len(COMMANDS)
"""Every kind of turn twice: buffers have their size then, caches are filled later."""
STEP = 50
AFTER = bytes(RATE_HZ * SAMPLE_BYTES)

METHOD = f"""\
One process with everything that `serve` loads: tiny.en, the Piper voice, both wake engines, VAD, sentences and the demo
house. Turns run one after the other, as fast as possible and without wake word, over {len(COMMANDS)} sentences that our
own voice speaks, each time at another loudness and with another hiss. Resident memory as the kernel counts it, shared
libraries included. Growth is counted from the end of {WARM_UP_TURNS} turns that warm up."""


def measure(options: Options) -> Section:
    """Return what it takes. 500 turns take about five minutes. Raises ModelError."""
    return asyncio.run(_measure(options))


async def _measure(options: Options) -> Section:
    assembly = Assembly(options.config)
    house = assembly.house()
    home = assembly.home(house, asyncio.get_running_loop())
    try:
        stages = await assembly.load(assembly.stages, home)
        loaded = resident_mib()
        said = varied(stages.tts)
        for _ in range(WARM_UP_TURNS):
            await _turn(await anext(said), stages, assembly)
        course = [(0, resident_mib())]
        outcomes: list[Outcome] = []
        for number in range(1, options.turns + 1):
            outcomes.append(await _turn(await anext(said), stages, assembly))
            if number % STEP == 0 or number == options.turns:
                course.append((number, resident_mib()))
    finally:
        home.close()
        assembly.close()
    return _section(loaded, course, outcomes)


def _section(loaded: float, course: list[tuple[int, float]], outcomes: list[Outcome]) -> Section:
    turns, last = course[-1]
    done = sum(outcome in (Outcome.ACTION, Outcome.ANSWER) for outcome in outcomes)
    return Section(
        title="Memory",
        method=METHOD,
        findings=(
            Finding(key="loaded_mib", what="everything is loaded", value=loaded, unit="MiB", target=at_most(600)),
            Finding(key="resident_mib", what=f"after {turns} turns", value=last, unit="MiB", target=at_most(600)),
            Finding(key="peak_mib", what="at the most, ever", value=peak_mib(), unit="MiB", target=at_most(600)),
            Finding(
                key="growth_mib", what=f"growth over {turns} turns", value=last - course[0][1], unit="MiB",
                target=at_most(5),
            ),
            Finding(key="turns", what="turns that were taken", value=len(outcomes)),
            Finding(key="done", what="of them with an action or an answer", value=done),
        ),
        tables=(
            Table(
                caption="Resident memory over the turns",
                headings=("turns", *(str(number) for number, _ in course)),
                rows=(("MiB", *(f"{mib:.1f}" for _, mib in course)),),
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
