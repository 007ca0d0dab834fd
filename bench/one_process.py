"""A gateway that is one process and gives up nothing, to be compared with the real one: `python -m bench.one_process`.

What hears is the same code, with the same models; what is missing is launcher, broker, filter, namespace and Landlock.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

from gateway.broker.store import PeerStore
from gateway.config import load_config
from gateway.offer import SettingsChange
from gateway.paths import gateway_dir
from gateway.processes.habits import be_modest, leave, write_logs
from gateway.sandbox.seccomp import install_filter
from gateway.settings_file import SettingsFile
from gateway.voice_service import VoiceService
from gateway.wire.identity import load_or_create_identity
from gateway.wire.port import bind

FILTER: Final = signal.SIGUSR1
"""Has the filter installed, so that turns before and after it can be compared."""


async def _serve(config_file: Path) -> None:
    asyncio.get_running_loop().add_signal_handler(FILTER, install_filter)
    config, folder = load_config(config_file), gateway_dir()
    store = PeerStore(folder)
    service = VoiceService(
        config,
        load_or_create_identity(folder / "voice.pem"),
        SettingsFile(folder),
        gateway_id="one-process",
        version="",
        voice_port=bind(config.server.host, config.server.port),
        wyoming_port=None,
        remember=_nothing,
    )
    await service.load()
    service.replace_peers(store.voice_peers())
    service.start()
    print("ready after", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


async def _nothing(_: SettingsChange) -> None:
    """Forget it: nobody chooses anything in a benchmark."""


if __name__ == "__main__":
    be_modest()
    write_logs()
    asyncio.run(_serve(Path(sys.argv[1])))
    leave(0)
