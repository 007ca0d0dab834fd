"""The launcher: binds the ports, says by zeroconf that they are there, and keeps broker, voice and ledger alive.

It hears nothing and decides nothing. What the three have to say to each other goes through it (`processes.relaying`),
so that each can be started anew alone; and none of them, nor it, takes descriptors from anybody.
"""

import asyncio
import hashlib
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from gateway.announce import announced
from gateway.config import Config
from gateway.confinement import readable_folders
from gateway.errors import ConfigError, ProcessError
from gateway.ledger.database import FILE_NAME as LEDGER_DATABASE
from gateway.ledger.keys import FILE_NAME as LEDGER_KEY
from gateway.models import make_models_folder
from gateway.paths import gateway_dir, models_dir
from gateway.processes.child import Child, started
from gateway.processes.keeping import Lives
from gateway.processes.ledger_words import LedgerBegin, LedgerReady
from gateway.processes.owners_socket import owners_socket
from gateway.processes.relaying import Relay, Side
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    Failed,
    FromBroker,
    FromLedger,
    FromVoice,
    Pong,
    Protected,
    Serve,
    Serving,
    ShowCode,
    VoiceBegin,
    VoiceStarted,
    Written,
)
from gateway.protection import SAME_USER, Layer, Protection
from gateway.sandbox.privileges import harden
from gateway.sandbox.targets import Canary
from gateway.sandbox.users import voice_user
from gateway.wire.identity import gateway_id, load_or_create_identity
from gateway.wire.owners_lines import LEDGER_SOCKET
from gateway.wire.port import bind
from gateway.wyoming.port import listen

VERSION: Final = version("local-voice")
WRITTEN_S: Final = 10.0
"""A row and its syncing; on an old memory card that takes a second."""
LEDGER_BEGUN_S: Final = 3.0
"""For the ledger's process to be there before voice tries to look into it: it begins when the broker serves, which
voice needs before it serves in any case."""
LEDGER: Final = "ledger"
"""The ledger's folder, in the gateway's."""
SECRETS: Final = (
    *("broker.pem", "peers.json", "cloud.json", "audit.pem", "audit.db"),
    *(f"{LEDGER}/{name}" for name in (LEDGER_KEY, LEDGER_DATABASE)),
)
"""In the gateway's folder: what the process that hears must not be able to open."""

_FROM_BROKER: Final = msgspec.json.Decoder(FromBroker)
_FROM_VOICE: Final = msgspec.json.Decoder(FromVoice)
_FROM_LEDGER: Final = msgspec.json.Decoder(FromLedger)
_LOG = logging.getLogger(__name__)


class Launcher:
    """One gateway. Belongs to the event loop that is running when it is made."""

    def __init__(self, config: Config, *, show_code: Callable[[ShowCode], None]) -> None:
        """Take the identities and the ports; start nothing yet. Raises ConfigError.

        `show_code` shows the code of the pairing window that the first start opens.
        """
        self._config = config
        self._show_code = show_code
        folder = gateway_dir()
        self._voice_fingerprint = load_or_create_identity(folder / "voice.pem").fingerprint
        self._broker_fingerprint = load_or_create_identity(folder / "broker.pem").fingerprint
        self._voice_lives, self._broker_lives = Lives("voice"), Lives("broker")
        self._ledger_lives = Lives("ledger", is_needed=False)
        self._relay = Relay()
        self._broker: Child[FromBroker] | None = None
        self._ledger: Child[FromLedger] | None = None
        self._ledger_layers: tuple[str, ...] = ()
        self._broker_begun = asyncio.Event()
        self._ledger_begun = asyncio.Event()
        """Set as well where it could not: nobody has to wait for it then."""
        self._let_serve: Child[FromVoice] | None = None
        self._protection: Protection | None = None
        self._numbers = count(1)
        self._written: dict[int, asyncio.Future[str]] = {}
        _make_models_dir()
        self._user, self._why_same_user = voice_user(readable_folders())
        server, wyoming = config.server, config.wyoming
        self._wyoming_port: socket.socket | None = None
        with ExitStack() as ports:
            self._voice_port = ports.enter_context(bind(server.host, server.port))
            self._broker_port = ports.enter_context(bind(server.host, server.port + 1))
            if wyoming.enabled:
                self._wyoming_port = ports.enter_context(listen(wyoming.host, wyoming.port))
            self._ports = ports.pop_all()

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until cancelled, then close everything; `ready` is called when peers may come. Raises VoiceError."""
        harden()
        tasks = [
            asyncio.create_task(self._broker_lives.keep(self._live_broker)),
            asyncio.create_task(self._voice_lives.keep(self._live_voice)),
            asyncio.create_task(self._ledger_lives.keep(self._live_ledger)),
            asyncio.create_task(self._announce(ready)),
        ]
        with self._ports:
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    if not task.cancelling():  # a second time would cut short the goodbyes
                        task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _announce(self, ready: Callable[[], None]) -> None:
        await self._broker_lives.has_served.wait()
        await self._voice_lives.has_served.wait()
        server = self._config.server
        async with AsyncExitStack() as stack:
            if server.announce:
                await stack.enter_async_context(
                    announced(
                        gateway_id=gateway_id(self._voice_fingerprint, self._broker_fingerprint),
                        voice_fingerprint=self._voice_fingerprint,
                        port=server.port,
                        host=server.host,
                    )
                )
            ready()
            await asyncio.Event().wait()

    # The broker

    async def _live_broker(self) -> str:
        """Have one broker live; return how it ended. Raises ProcessError where it says that it cannot."""
        ports = {"port": self._broker_port.fileno()}
        async with started("gateway.broker_process", _FROM_BROKER, ports, user=_owner(gateway_dir())) as child:
            child.link.say(
                BrokerBegin(
                    folder=str(gateway_dir()),
                    voice_fingerprint=self._voice_fingerprint.hex(),
                    version=VERSION,
                    configuration=_digest(self._config),
                )
            )
            self._broker = child
            self._relay.came(Side.BROKER, child.link)
            self._broker_begun.set()
            try:
                while (message := await child.link.hear()) is not None:
                    self._broker_said(child, message)
            finally:
                self._broker = None
                self._relay.went(Side.BROKER)
                for waiting in self._written.values():
                    waiting.cancel()
            return f"ended by itself ({await child.ended()})"

    def _broker_said(self, child: Child[FromBroker], message: FromBroker) -> None:
        match message:
            case BrokerReady():
                self._broker_lives.serving()
                if self._protection is not None:
                    child.link.say(VoiceStarted(id=0, protection=self._protection, is_new=False))
            case ShowCode():
                self._show_code(message)
            case Written():
                waiting = self._written.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message.error)
            case Pong():
                pass  # it was heard, which is all
            case Failed():
                raise ProcessError(message.message)
            case _:
                self._relay.from_broker(message)

    # The process that hears

    async def _live_voice(self) -> str:
        """Have one voice process live; return how it ended. Raises ProcessError where it says that it cannot."""
        ports = {"port": self._voice_port.fileno()}
        if self._wyoming_port is not None:
            ports["wyoming"] = self._wyoming_port.fileno()
        await self._broker_begun.wait()  # its memory is among what the self-test tries
        with ExitStack() as canaries:
            canary = canaries.enter_context(self._canary())
            async with started("gateway.voice_process", _FROM_VOICE, ports, more=canary.descriptors) as child:
                await self._wait_for_ledger()  # while the new process reads its program
                targets = replace(canary.targets, processes=self._processes())
                child.link.say(
                    VoiceBegin(
                        config=msgspec.to_builtins(self._config),
                        broker_fingerprint=self._broker_fingerprint.hex(),
                        version=VERSION,
                        user=self._user,
                        targets=msgspec.to_builtins(targets),
                    )
                )
                self._relay.came(Side.VOICE, child.link)
                try:
                    while (message := await child.link.hear()) is not None:
                        await self._voice_said(child, message, canary)
                        if child is self._let_serve:
                            canaries.close()  # they have told what they can
                finally:
                    self._relay.went(Side.VOICE)
                return f"ended by itself ({await child.ended()})"

    async def _voice_said(self, child: Child[FromVoice], message: FromVoice, canary: Canary) -> None:
        match message:
            case Protected() if child is self._let_serve:
                raise ProcessError("the process that hears says twice how it is protected")
            case Protected():
                protection = self._seen(message.protection, child.process.pid, canary)
                self._check(protection)
                await self._write_down(protection)
                self._protection, self._let_serve = protection, child
                child.link.say(Serve())
            case Serving():
                self._voice_lives.serving()
                self._tell_layers()
            case Pong():
                pass  # it was heard, which is all
            case Failed():
                raise ProcessError(message.message)
            case _:
                self._relay.from_voice(message)

    def _seen(self, said: Protection, pid: int, canary: Canary) -> Protection:
        """Return what the process says of itself, where our own eyes and the canaries do not say otherwise."""
        if Layer.SECCOMP in said.layers and not _is_filtered(pid):
            layers = tuple(layer for layer in said.layers if layer is not Layer.SECCOMP)
            said = replace(said, layers=layers, missing={**said.missing, Layer.SECCOMP: "not all threads are filtered"})
        return said.seen_by(canary.reached, self._why_same_user)

    def _check(self, protection: Protection) -> None:
        """Say how it stands; raise ProcessError where it must not serve like this."""
        if not protection.is_enforced:
            found = ", ".join(protection.ways_out) or protection.missing.get(Layer.SECCOMP, "nothing was tried")
            if self._config.server.strict:
                raise ProcessError(
                    f"the process that hears could connect ({found}), so it does not serve; "
                    "`local-voice doctor` says more, and [server] strict = false serves all the same"
                )
            _LOG.error("not enforced: the process that hears could connect (%s); [server] strict is false", found)
        layers, tried, found_open = ", ".join(protection.layers), protection.attempts, len(protection.ways_out)
        _LOG.info("voice: %s; %d ways out tried, %d open", layers or "no layer", tried, found_open)
        if protection.is_same_user:
            _LOG.warning("%s", SAME_USER)

    async def _write_down(self, protection: Protection) -> None:
        """Return when this start is in the audit log. Raises ProcessError: what is not written down does not serve."""
        await self._broker_lives.has_served.wait()
        if self._broker is None:
            raise ProcessError("the broker is being started again, so this start cannot be written down")
        number, written = next(self._numbers), asyncio.get_running_loop().create_future()
        self._written[number] = written
        try:
            self._broker.link.say(VoiceStarted(id=number, protection=protection))
            async with asyncio.timeout(WRITTEN_S):
                await asyncio.wait({written})
        except TimeoutError as error:
            raise ProcessError("the broker does not write down that voice was started") from error
        finally:
            del self._written[number]
        refusal = "the broker has ended" if written.cancelled() else written.result()
        if refusal:
            raise ProcessError(refusal)

    # The ledger

    async def _live_ledger(self) -> str:
        """Have one process keep the ledger; return how it ended. Raises ProcessError where it says that it cannot."""
        await self._broker_lives.has_served.wait()  # which has seen to it that no other gateway keeps the folder
        folder = gateway_dir()
        try:
            with owners_socket(folder, LEDGER_SOCKET) as door:
                ports = {"port": door.fileno()}
                async with started("gateway.ledger_process", _FROM_LEDGER, ports, user=_owner(folder)) as child:
                    child.link.say(LedgerBegin(folder=str(folder / LEDGER)))
                    self._ledger = child
                    self._ledger_begun.set()
                    while (message := await child.link.hear()) is not None:
                        self._ledger_said(child, message)
                    return f"ended by itself ({await child.ended()})"
        finally:
            self._ledger = None
            self._ledger_begun.set()
            self._relay.went(Side.LEDGER)

    def _ledger_said(self, child: Child[FromLedger], message: FromLedger) -> None:
        match message:
            case LedgerReady():
                self._check_ledger(Layer.SECCOMP in message.layers and _is_filtered(child.process.pid))
                self._relay.came(Side.LEDGER, child.link)
                self._ledger_lives.serving()
                self._ledger_layers = message.layers
                self._tell_layers()
            case Pong():
                pass  # it was heard, which is all
            case Failed():
                raise ProcessError(f"nothing is remembered: {message.message}")
            case _:
                self._relay.from_ledger(message)

    def _tell_layers(self) -> None:
        """Log what keeps the ledger from connecting, once voice serves: a start that fails says only why."""
        if self._ledger_layers and self._voice_lives.has_served.is_set():
            _LOG.info("ledger: %s", ", ".join(self._ledger_layers))
            self._ledger_layers = ()

    def _check_ledger(self, is_filtered: bool) -> None:
        """Raise ProcessError where what keeps the ledger could connect, and must not serve like this."""
        if not is_filtered and self._config.server.strict:
            raise ProcessError(
                "nothing is remembered: the process that keeps the ledger is not filtered, so it could connect; "
                "[server] strict = false has it serve all the same"
            )
        if not is_filtered:
            _LOG.error("not enforced: the process that keeps the ledger could connect; [server] strict is false")

    async def _wait_for_ledger(self) -> None:
        """Return when the process that keeps the ledger has begun, or failed to, or does not begin soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LEDGER_BEGUN_S):
                await self._ledger_begun.wait()

    def _processes(self) -> tuple[int, ...]:
        """Return what voice must not touch: us, and the others that run now."""
        others = (child.process.pid for child in (self._broker, self._ledger) if child is not None)
        return os.getpid(), *others

    @contextmanager
    def _canary(self) -> Iterator[Canary]:
        """Hold what the self-test tries to reach, and know of whatever is none of the voice process's business."""
        secrets = [gateway_dir() / name for name in SECRETS]
        with ExitStack() as stack:
            try:
                canary = Canary(processes=self._processes(), secrets=secrets)
                stack.enter_context(canary)
            except OSError as error:
                raise ProcessError(f"the self-test's canaries cannot be put up ({error.strerror})") from error
            yield canary


def _make_models_dir() -> None:
    """Have the folder there: what is not there when a process gives up its rights, it cannot read later."""
    try:
        make_models_folder(models_dir())
    except OSError as error:
        raise ConfigError(f"{models_dir()}: cannot be made ({error.strerror}); choose another place for it") from error


def _owner(folder: Path) -> int | None:
    """Return whose `folder` is where we are root and somebody else's it is: the broker runs as that user."""
    owner = folder.stat().st_uid
    return owner if os.geteuid() == 0 and owner != 0 else None


def _digest(config: Config) -> str:
    """Return a digest of what the configuration means: another one is another configuration."""
    return hashlib.sha256(msgspec.json.encode(config)).hexdigest()


def _is_filtered(pid: int) -> bool:
    """Tell whether the kernel says of each thread of a process that it filters its system calls."""
    statuses = []
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile needs no filter
            statuses.append(status.read_text(encoding="ascii", errors="replace"))
    return bool(statuses) and all("\nSeccomp:\t2\n" in status for status in statuses)
