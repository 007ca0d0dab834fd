"""Keep head after head in a folder, be killed at any time, and go on with what is there, again and again.

    python -m tests.home_assistant.keep_heads FOLDER KILLS

Writes a line for each life: how many rows the head had that it began with, and the last one that it had kept.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from typing import Final

from homeassistant.core import HomeAssistant

from custom_components.local_voice.wire.broker_messages import FROM_BROKER, AuditHead
from custom_components.local_voice.witness import Kept
from custom_components.local_voice.witness_store import WitnessStore
from tests.home_assistant.scripted_audit import ScriptedLog

LONGEST_LIFE_S: Final = 0.2


async def keep(folder: str, said: int) -> None:
    """Go on with what is there, and write each size into the descriptor `said` once its head is kept."""
    store = WitnessStore(HomeAssistant(folder), "entry")
    kept = await store.load()
    assert store.is_readable
    log = ScriptedLog(0 if kept.head is None else kept.head.size)
    while True:
        os.write(said, b"%d\n" % len(log.rows))
        log.append()
        head = FROM_BROKER.decode(json.dumps(log.head()))
        assert isinstance(head, AuditHead)
        await store.save(Kept(head))


def live(folder: str) -> list[int]:
    """Return what a life said before it was killed."""
    hears, says = os.pipe()
    if (life := os.fork()) == 0:
        try:
            asyncio.run(keep(folder, says))
        finally:
            os._exit(1)
    os.close(says)
    with os.fdopen(hears, encoding="ascii") as said:
        first = said.readline()
        time.sleep(random.uniform(0, LONGEST_LIFE_S))  # noqa: S311 - not a secret
        os.kill(life, signal.SIGKILL)
        os.waitpid(life, 0)
        return [int(line) for line in (first, *said)]


def main(folder: str, kills: int) -> None:
    """Live that often."""
    for _ in range(kills):
        said = live(folder)
        sys.stdout.write(f"{said[0]} {said[-1]}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
