"""The processes that a launcher starts, played by a test: it hears what each is told, and says what each would say.

Only the starting of programs is replaced; links, children and how they are ended are the real ones.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from gateway.config import Config, ServerConfig, WyomingConfig
from gateway.errors import ProcessError
from gateway.launcher import Launcher
from gateway.processes.link import Link
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    Protected,
    Serve,
    Serving,
    ShowCode,
    Stop,
    ToBroker,
    ToLedger,
    ToVoice,
    VoiceBegin,
    VoiceStarted,
    Written,
)
from gateway.protection import Layer, Protection
from gateway.turn.tasks import drop
from gateway.wire.messages import Message
from tests.e2e.serving import free_ports

BROKER: Final = "gateway.broker_process"
VOICE: Final = "gateway.voice_process"
LEDGER: Final = "gateway.ledger_process"
SOON_S: Final = 10.0
"""Nothing here takes a tenth of it."""
A_WHILE_S: Final = 0.15
"""In which what must not happen would have happened."""
PROTECTED: Final = Protection(layers=tuple(Layer), attempts=120, is_same_user=False)
"""All that there is."""
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    BROKER: msgspec.json.Decoder(ToBroker),
    VOICE: msgspec.json.Decoder(ToVoice),
    LEDGER: msgspec.json.Decoder(ToLedger),
}


class ScriptedProcess:
    """One process, as the launcher sees it (`asyncio.subprocess.Process`), and as the test plays it."""

    def __init__(self, module: str, arguments: dict[str, list[int]], how: dict[str, Any], pid: int) -> None:
        self.module = module
        self.arguments = arguments
        """The numbers that it was given, by their options."""
        self.how = how
        """The other arguments of `asyncio.create_subprocess_exec`."""
        self.pid: Final = pid
        self.returncode: int | None = None
        self.heard: list[Message] = []
        """All that it was told, in order."""
        self.is_hard_of_hearing = False
        """Whether it goes on when it is told to stop."""
        self.stops_after_s = 0.0
        """How long its goodbye takes."""
        self._ended = asyncio.Event()
        self._news = asyncio.Event()
        self._taken = 0
        self._link: Link[Any]
        self._living: asyncio.Task[None]

    async def begin(self) -> None:
        """Take over the end of the pair that it was given."""
        end = socket.socket(fileno=os.dup(self.arguments["link"][0]))
        self._link = await Link.over(end, _DECODERS[self.module])
        self._living = asyncio.create_task(self._live())

    # For the launcher

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        self.end(-signal.SIGKILL)

    # For the test

    def say(self, *messages: Message) -> None:
        for message in messages:
            self._link.say(message)

    async def told[M: Message](self, kind: type[M]) -> M:
        """Return what it was told next, which is of this kind."""
        async with asyncio.timeout(SOON_S):
            while len(self.heard) <= self._taken:
                self._news.clear()
                await self._news.wait()
        message = self.heard[self._taken]
        self._taken += 1
        assert isinstance(message, kind), f"{kind.__name__} was expected, and {message} was said"
        return message

    async def is_told_nothing(self) -> bool:
        """Tell whether it is told nothing more for a while."""
        await asyncio.sleep(A_WHILE_S)
        return len(self.heard) == self._taken

    def end(self, code: int = 0) -> None:
        """End, as a process does: its link goes with it."""
        self.returncode = code
        self._living.cancel()

    async def ended(self) -> int:
        """Return its exit code, as soon as it has one."""
        async with asyncio.timeout(SOON_S):
            return await self.wait()

    def stop_reading(self) -> None:
        """Hang: read nothing from now on."""
        self._link._reader._transport.pause_reading()  # type: ignore[attr-defined]

    async def _live(self) -> None:
        try:
            while (message := await self._link.hear()) is not None:
                self.heard.append(message)
                self._news.set()
                if isinstance(message, Stop) and not self.is_hard_of_hearing:
                    await asyncio.sleep(self.stops_after_s)
                    self.returncode = 0
                    return
        finally:
            await self._link.close()
            if self.returncode is None:
                self.returncode = 0
            self._ended.set()


@dataclass
class Stage:
    """Where the launcher's processes are played."""

    filtered: bool = True
    """Whether the kernel says that all threads of the process that hears are filtered."""
    shown: list[ShowCode] = field(default_factory=list)
    readied: int = 0
    """How often peers were let come."""
    announced: list[dict[str, object]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    """What was done outside of processes: `harden`, `start MODULE`, `announce`, `ready`, `farewell`."""
    faults: dict[str, OSError] = field(default_factory=dict)
    """Why a module cannot be started."""
    processes: list[ScriptedProcess] = field(default_factory=list)
    _new: dict[str, asyncio.Queue[ScriptedProcess]] = field(
        default_factory=lambda: {module: asyncio.Queue() for module in (BROKER, VOICE, LEDGER)}
    )

    async def broker(self) -> ScriptedProcess:
        """Return the next broker that was started."""
        return await self._next(BROKER)

    async def voice(self) -> ScriptedProcess:
        """Return the next process that hears that was started."""
        return await self._next(VOICE)

    async def ledger(self) -> ScriptedProcess:
        """Return the next process that was started to keep the ledger; nobody waits for it."""
        return await self._next(LEDGER)

    async def begun(self) -> tuple[ScriptedProcess, ScriptedProcess]:
        """Return both at a point where the broker serves, and voice was told who it is."""
        broker, voice = await self.broker(), await self.voice()
        await broker.told(BrokerBegin)
        broker.say(BrokerReady())
        await voice.told(VoiceBegin)
        return broker, voice

    async def serving(self, protection: Protection = PROTECTED) -> tuple[ScriptedProcess, ScriptedProcess]:
        """Return both at a point where both serve."""
        broker, voice = await self.begun()
        await self.let_serve(broker, voice, protection)
        return broker, voice

    async def let_serve(
        self, broker: ScriptedProcess, voice: ScriptedProcess, protection: Protection = PROTECTED
    ) -> VoiceStarted:
        """Have voice say how it is protected, and serve; return what the broker wrote down."""
        voice.say(Protected(protection=protection))
        started = await broker.told(VoiceStarted)
        broker.say(Written(id=started.id))
        await voice.told(Serve)
        voice.say(Serving())
        return started

    async def start(self, *command: str, **how: Any) -> ScriptedProcess:
        """Take the place of `asyncio.create_subprocess_exec`."""
        _, _, module, *words = command
        if module in self.faults:
            raise self.faults[module]
        arguments: dict[str, list[int]] = {}
        for option, number in zip(words[::2], words[1::2], strict=True):
            arguments.setdefault(option.removeprefix("--"), []).append(int(number))
        process = ScriptedProcess(module, arguments, how, pid=2_000_000_000 + len(self.processes))
        await process.begin()
        self.events.append(f"start {module}")
        self.processes.append(process)
        self._new[module].put_nowait(process)
        return process

    def ready(self) -> None:
        self.readied += 1
        self.events.append("ready")

    async def _next(self, module: str) -> ScriptedProcess:
        async with asyncio.timeout(SOON_S):
            return await self._new[module].get()


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of the loopback."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def loopback(*, strict: bool = True, announce: bool = False, wyoming: bool = False) -> Config:
    """Return a configuration for ports of the loopback that are free."""
    port = free_ports()
    return Config(
        server=ServerConfig(host="127.0.0.1", port=port, announce=announce, strict=strict),
        wyoming=WyomingConfig(enabled=wyoming, port=free_ports()),
    )


@dataclass(frozen=True)
class Launched:
    """A launcher that serves."""

    config: Config
    launcher: Launcher
    serving: asyncio.Task[None]

    async def why_ended(self) -> str:
        """Return the words of the ProcessError that ended it."""
        await asyncio.wait({self.serving}, timeout=SOON_S)
        fault = self.serving.exception()
        assert isinstance(fault, ProcessError)
        return str(fault)


@asynccontextmanager
async def launched(stage: Stage, config: Config | None = None) -> AsyncIterator[Launched]:
    """Have a launcher serve during the block, on a stage; it is cancelled at the end, if it has not ended before."""
    chosen = config or loopback()
    started = Launcher(chosen, show_code=stage.shown.append)
    serving = asyncio.create_task(started.serve(stage.ready))
    try:
        yield Launched(chosen, started, serving)
    finally:
        await drop(serving)
        for process in stage.processes:
            if process.returncode is None:
                process.end()
            await process.wait()
