"""The process that hears, run inside of a test's: its confinement is played, all else of it is real."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway import voice_process
from gateway.config import Config
from gateway.paths import gateway_dir
from gateway.processes import beginning
from gateway.processes.words import FromVoice, Peers, Protected, Serve, Serving, VoiceBegin
from gateway.protection import Layer, Protection
from gateway.sandbox.targets import Targets
from gateway.wire.dial import Address
from gateway.wire.identity import Identity, load_or_create_identity
from gateway.wire.peers import Peer, Role, new_token
from gateway.wire.port import bind
from gateway.wire.request_words import Offered
from gateway.wyoming.port import listen
from tests.gateway.processes.played_launcher import PlayedLauncher, played_launcher
from tests.gateway.running_service import HOST, ScriptedParts, script
from tests.gateway.server.peers import ScriptedHome

HEARD: Final = msgspec.json.Decoder(FromVoice)
BROKER_PIN: Final = bytes(range(32))
FOUND: Final = Protection(layers=(Layer.SECCOMP,), missing={Layer.LANDLOCK: "none"}, attempts=7)
TARGETS: Final = Targets(
    tcp=(HOST, 1),
    tcp6=None,
    udp=(HOST, 2),
    dns=(HOST, 3),
    unix="/unix",
    unix_datagram="/datagram",
    abstract="\0unix",
    abstract_datagram="\0datagram",
    listeners={"main": {"tcp": 9}},
    processes=(1,),
    program=("/program",),
    secrets=("/secret",),
)


@dataclass
class Played:
    """What the process does for good, and here only says that it did."""

    parts: ScriptedParts
    done: list[str] = field(default_factory=list)
    targets: list[Targets] = field(default_factory=list)
    users: list[int | None] = field(default_factory=list)


def play(monkeypatch: pytest.MonkeyPatch) -> Played:
    """Let nothing be given up for good, and models be scripted."""
    played = Played(script(monkeypatch))
    monkeypatch.chdir(Path.cwd())  # to be there again afterwards

    class PlayedConfinement:
        def __init__(self, targets: Targets, *, user: int | None) -> None:
            assert not played.parts.loaded, "no model's native code has run before"
            played.done.append("confined")
            played.targets.append(targets)
            played.users.append(user)

        def protection(self) -> Protection:
            assert played.parts.loaded, "it is tried when the models are there"
            played.done.append("tried")
            return FOUND

    monkeypatch.setattr(voice_process, "Confinement", PlayedConfinement)
    for module in (voice_process, beginning):
        monkeypatch.setattr(module, "die_with_parent", lambda parent: played.done.append(f"child of {parent}"))
        monkeypatch.setattr(module, "harden", lambda: played.done.append("hardened"))
    monkeypatch.setattr(beginning, "heed_the_launcher_alone", lambda: played.done.append("no signals"))
    monkeypatch.setattr(beginning, "close_other_descriptors", lambda keep: played.done.append(f"kept {sorted(keep)}"))
    return played


@dataclass
class Running(PlayedLauncher[FromVoice]):
    """A process that runs, and how it is reached."""

    port: int = 0
    descriptor: int = -1
    """The voice port's, which is the process's own as soon as it was told who it is."""
    identity: Identity = field(default_factory=lambda: load_or_create_identity(gateway_dir() / "voice.pem"))

    async def serving(self) -> None:
        """Have it serve."""
        self.say(begin())
        await self.told(Protected)
        self.say(Serve())
        await self.told(Serving)


def begin(config: Config | None = None, user: int | None = 10_871) -> VoiceBegin:
    return VoiceBegin(
        config=msgspec.to_builtins(config or Config()),
        broker_fingerprint=BROKER_PIN.hex(),
        version="test",
        user=user,
        targets=msgspec.to_builtins(TARGETS),
    )


@asynccontextmanager
async def running(*, wyoming: bool = False) -> AsyncIterator[Running]:
    """Run the process from its first message on."""
    voice_port = bind(HOST, 0)
    port, descriptor = voice_port.getsockname()[1], voice_port.detach()
    wyoming_descriptor = listen(HOST, 0).detach() if wyoming else None
    async with played_launcher(voice_process._run, HEARD, port=descriptor, wyoming=wyoming_descriptor) as launcher:
        yield Running(launcher.link, launcher.raw, launcher.process, port, descriptor)
    gc.unfreeze()


@asynccontextmanager
async def home_of(launcher: Running) -> AsyncIterator[ScriptedHome]:
    """Have the process serve, and a home be connected that has heard what is offered."""
    await launcher.serving()
    peers, token = paired_home()
    launcher.say(peers)
    await asyncio.sleep(0.05)
    address = Address(host=HOST, port=launcher.port)
    async with ScriptedHome.connected(address, pin=launcher.identity.fingerprint, token=token) as home:
        await home.told(Offered)
        yield home
        assert not launcher.process.done()


def paired_home() -> tuple[Peers, str]:
    token, secret_hash = new_token("home")
    return Peers(peers=(Peer(id="home", name="Home", role=Role.HOME, secret_hash=secret_hash),)), token
