"""The launcher: binds the ports, says by zeroconf that they are there, and keeps broker and voice process alive.

It hears nothing and decides nothing. What the two have to say to each other goes through it, so that either can be
started anew alone; and neither of them, nor it, takes descriptors from anybody.
"""

import asyncio
import hashlib
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import replace
from importlib.metadata import version
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gateway.announce import announced
from gateway.config import Config
from gateway.confinement import readable_folders
from gateway.errors import ConfigError, LinkError, ProcessError
from gateway.models import make_models_folder
from gateway.paths import gateway_dir, models_dir
from gateway.processes.child import Child, started
from gateway.processes.keeping import Lives
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    CloudIs,
    Decided,
    Failed,
    FromBroker,
    FromVoice,
    KeepSettings,
    OfCloud,
    Peers,
    Pong,
    Propose,
    Proposed,
    Protected,
    Serve,
    Serving,
    SettingsKept,
    ShowCode,
    VoiceBegin,
    VoiceStarted,
    Withdraw,
    Withdrawn,
    Written,
)
from gateway.protection import SAME_USER, Layer, Protection
from gateway.sandbox.privileges import harden
from gateway.sandbox.targets import Canary
from gateway.sandbox.users import voice_user
from gateway.wire.identity import gateway_id, load_or_create_identity
from gateway.wire.listener import bind
from gateway.wire.messages import Message
from gateway.wyoming.port import listen

VERSION: Final = version("local-voice")
WRITTEN_S: Final = 10.0
"""A row and its syncing; on an old memory card that takes a second."""
MOST_PROPOSALS, PROPOSALS_WITHIN_S = 20, 60.0
"""The broker asks about five; a voice process that was taken over must not keep it busy with a megabyte each."""
SECRETS: Final = ("broker.pem", "peers.json", "cloud.json", "audit.pem", "audit.db")
"""In the gateway's folder: what the process that hears must not be able to open."""

_FROM_BROKER: Final = msgspec.json.Decoder(FromBroker)
_FROM_VOICE: Final = msgspec.json.Decoder(FromVoice)
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
        self._voice: Child[FromVoice] | None = None
        self._broker: Child[FromBroker] | None = None
        self._broker_begun = asyncio.Event()
        self._let_serve: Child[FromVoice] | None = None
        self._proposed_s: deque[float] = deque(maxlen=MOST_PROPOSALS)
        self._lasting: dict[type[Message], Peers | CloudIs] = {}
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
            self._broker_begun.set()
            try:
                while (message := await child.link.hear()) is not None:
                    self._broker_said(child, message)
            finally:
                self._broker = None
                for waiting in self._written.values():
                    waiting.cancel()
            return f"ended by itself ({await child.ended()})"

    def _broker_said(self, child: Child[FromBroker], message: FromBroker) -> None:
        match message:
            case BrokerReady():
                self._broker_lives.serving()
                if self._protection is not None:
                    child.link.say(VoiceStarted(id=0, protection=self._protection, is_new=False))
            case Peers() | CloudIs() | SettingsKept() | Proposed() | Withdrawn() | Decided():
                self._tell_voice(message)
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
                child.link.say(
                    VoiceBegin(
                        config=msgspec.to_builtins(self._config),
                        broker_fingerprint=self._broker_fingerprint.hex(),
                        version=VERSION,
                        user=self._user,
                        targets=msgspec.to_builtins(canary.targets),
                    )
                )
                for known in self._lasting.values():
                    child.link.say(known)
                self._voice = child
                try:
                    while (message := await child.link.hear()) is not None:
                        await self._voice_said(child, message, canary)
                        if child is self._let_serve:
                            canaries.close()  # they have told what they can
                finally:
                    self._voice = None
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
            case KeepSettings() | Propose() | Withdraw():
                self._pass_on(child, message)
            case Pong():
                pass  # it was heard, which is all
            case Failed():
                raise ProcessError(message.message)

    def _pass_on(self, child: Child[FromVoice], message: KeepSettings | Propose | Withdraw) -> None:
        """Let the broker have it; where there is none, answer for it that nothing comes of it."""
        match message:
            case Propose() if not self._may_propose():
                child.link.say(Proposed(id=message.id, error="too_many"))
            case _ if self._broker is not None:
                self._broker.link.say(message)
            case KeepSettings():
                away = "the broker is being started again, so the choice would be forgotten; try again"
                child.link.say(SettingsKept(id=message.id, error=away))
            case Propose():
                child.link.say(Proposed(id=message.id, error="away"))
            case Withdraw():  # what a broker knew of requests ended with it
                child.link.say(Withdrawn(id=message.id))

    def _may_propose(self) -> bool:
        """Tell whether voice has not said `Propose` too often."""
        now_s = monotonic()
        if len(self._proposed_s) == MOST_PROPOSALS and now_s - self._proposed_s[0] < PROPOSALS_WITHIN_S:
            return False
        self._proposed_s.append(now_s)
        return True

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

    def _tell_voice(self, message: Peers | SettingsKept | OfCloud) -> None:
        """Pass on what the broker says; what holds until it says something else is told a new voice process, too."""
        if isinstance(message, Peers | CloudIs):
            self._lasting[type(message)] = message
        if self._voice is not None:
            with suppress(LinkError):  # who reads nothing is cut off, and so ends; the broker has no part in that
                self._voice.link.say(message)

    @contextmanager
    def _canary(self) -> Iterator[Canary]:
        """Hold what the self-test tries to reach, and know of whatever is none of the voice process's business."""
        processes = [os.getpid(), *([] if self._broker is None else [self._broker.process.pid])]
        secrets = [gateway_dir() / name for name in SECRETS]
        with ExitStack() as stack:
            try:
                canary = Canary(processes=processes, secrets=secrets)
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
