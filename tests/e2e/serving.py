"""A real `local-voice serve` on loopback, in folders of its own, and devices that are paired with it by real codes."""

import asyncio
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.wire.dial import Address
from gateway.wire.pairing import Paired, pair
from gateway.wire.peers import Role
from tests.e2e.program import Running, started

CODE = re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b")
READY = "INFO local-voice: ready after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A gateway that serves, and how it is reached."""

    running: Running
    port: int
    environ: dict[str, str]
    config: Path
    host: str = "127.0.0.1"
    via: tuple[str, ...] = ()
    """What it is run by: in another network, for one."""

    @property
    def voice(self) -> Address:
        return Address(host=self.host, port=self.port)

    @property
    def broker(self) -> Address:
        return Address(host=self.host, port=self.port + 1)

    async def home(self) -> Paired:
        """Pair a home with the code that the first start shows."""
        await asyncio.to_thread(self.running.wait_for_log, "the code for Home Assistant")
        log = "\n".join(line for _, line in self.running.err)
        return await self.pair(first_code(log), Role.HOME, "Home")

    async def satellite(self, name: str, area: str = "") -> Paired:
        """Pair a satellite with a code that the owner asks for."""
        with self.code("satellite", *(("--area", area) if area else ())) as code:
            return await self.pair(code, Role.SATELLITE, name)

    @contextmanager
    def code(self, *arguments: str) -> Iterator[str]:
        """Ask for a code as the owner does: `local-voice pair ARGUMENTS`; something must be paired during the block."""
        with started("pair", *arguments, environ=self.environ, via=self.via) as pairing:
            number = pairing.wait_for(lambda line: CODE.search(line) is not None)
            yield first_code(pairing.out[number][1])
            assert pairing.process.wait(10) == 0

    async def pair(self, code: str, role: Role, name: str) -> Paired:
        return await pair(self.voice, self.broker, code=code, role=role, name=name)


@contextmanager
def serving(
    folder: Path,
    *,
    more: str = "",
    port: int = 0,
    announce: bool = False,
    host: str = "127.0.0.1",
    via: tuple[str, ...] = (),
) -> Iterator[Serving]:
    """Serve from `folder` during the block, announced by zeroconf or not; `more` is TOML for the configuration.

    Run `via` something, as in another network, it listens on all of that network's addresses; `host` is one of them.
    """
    port = port or free_ports()
    config = loopback_config(folder, port, more, announce=announce, host="" if via else host)
    environ = {"XDG_DATA_HOME": str(folder / "data")}
    with started("serve", "--config", config, environ=environ, via=via) as running:
        running.wait_for_log(READY, deadline_s=60)
        yield Serving(running=running, port=port, environ=environ, config=config, host=host, via=via)
        if running.process.poll() is None:
            code = running.end(signal.SIGTERM).code
            assert code in (0, -signal.SIGKILL), "it ends as it should after all of that, unless a test has killed it"


def loopback_config(
    folder: Path, port: int, more: str = "", *, announce: bool = False, host: str = "127.0.0.1"
) -> Path:
    """Write a configuration for a gateway that only this machine reaches, or whoever reaches `host`; `more` is TOML."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.toml"
    server = f'[server]\nhost = "{host}"\nport = {port}\nannounce = {str(announce).lower()}\n'
    config.write_text(f"{server}{more}", encoding="utf-8")
    return config


def free_ports() -> int:
    """Return the first of two neighbouring ports that are free."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError, OverflowError:
                continue
            return port


def first_code(text: str) -> str:
    """Return the first pairing code in a text."""
    found = CODE.search(text)
    assert found is not None, "no code is shown"
    return found.group()
