"""Keep head after head in a folder, and say each once it is kept, until killed.

python -m tests.home_assistant.keep_heads FOLDER
"""

import asyncio
import json
import sys

from homeassistant.core import HomeAssistant

from custom_components.local_voice.wire.broker_messages import FROM_BROKER, AuditHead
from custom_components.local_voice.witness import Kept
from custom_components.local_voice.witness_store import WitnessStore
from tests.home_assistant.scripted_audit import ScriptedLog


async def main(folder: str) -> None:
    """Go on with what is there, saying first what that is."""
    store = WitnessStore(HomeAssistant(folder), "entry")
    kept = await store.load()
    log = ScriptedLog(0 if kept.head is None else kept.head.size)
    _say("kept" if store.is_readable else "unreadable", log)
    while True:
        log.append()
        head = FROM_BROKER.decode(json.dumps(log.head()))
        assert isinstance(head, AuditHead)
        await store.save(Kept(head))
        _say("kept", log)


def _say(what: str, log: ScriptedLog) -> None:
    sys.stdout.write(f"{what} {len(log.rows)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
