"""The real gateway, `serve` with all its processes, behind its own Wyoming port: what the peers are compared with."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bench.options import PROJECT
from bench.peers.models import DataFolder
from bench.peers.process import HOST, Peer, free_port, served, usual_environment
from gateway.config import Config

NAME: Final = "Local Voice"
CONFIG: Final = """\
[stt]
model = "{model}"
language = "{language}"
[server]
host = "{host}"
port = {port}
announce = false
[wyoming]
enabled = true
host = "{host}"
port = {wyoming_port}
"""


@asynccontextmanager
async def gateway(config: Config, folder: DataFolder) -> AsyncIterator[Peer]:
    """Serve with the model and language of `config`; all else is as it ships. Raises EngineError."""
    port, wyoming_port = free_port(), free_port()
    file = folder.path / "config.toml"
    file.write_text(
        CONFIG.format(
            model=config.stt.model, language=config.stt.language, host=HOST, port=port, wyoming_port=wyoming_port
        ),
        encoding="utf-8",
    )
    command = (sys.executable, "-m", "gateway", "serve", "--config", str(file))
    environment = usual_environment(XDG_DATA_HOME=str(folder.path), HOME=str(folder.path))
    async with served(NAME, command, port=wyoming_port, environment=environment, folder=PROJECT) as peer:
        yield peer
