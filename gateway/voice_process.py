"""The process that hears: `python -m gateway.voice_process`, which the launcher starts.

It gives up what it does not need before it reads anything from anybody, tries whether it has, and is let serve.
"""

import argparse
import asyncio
import logging
import os
import socket
from typing import Final

import msgspec

from gateway.config import Config
from gateway.confinement import Confinement
from gateway.errors import LedgerError, ProcessError, ProtocolError, VoiceError
from gateway.paths import gateway_dir
from gateway.processes.beginning import begun, linked
from gateway.processes.habits import (
    be_modest,
    leave,
    log_what_happens,
    run_quietly,
    write_logs,
)
from gateway.processes.ledger_words import AskVoice, Gone, Learned, LedgerSays, OfLedger, TurnKept, VoiceSays
from gateway.processes.link import Link
from gateway.processes.words import (
    CloudIs,
    Decided,
    OfCloud,
    Peers,
    Ping,
    Pong,
    Proposed,
    Protected,
    Serve,
    Serving,
    SettingsKept,
    Stop,
    ToVoice,
    VoiceBegin,
    Withdrawn,
)
from gateway.sandbox.privileges import die_with_parent, harden
from gateway.sandbox.targets import Targets
from gateway.settings_file import SettingsFile
from gateway.voice_ledger import RelayedLedger
from gateway.voice_relay import Memory, RelayedCloud
from gateway.voice_service import VoiceService
from gateway.wire.identity import gateway_id, load_or_create_identity

MOST_ASKED: Final = 4
"""Questions of the owner's that are open at once; they are answered one after the other."""

_HEARD: Final = msgspec.json.Decoder(ToVoice)
_LOG = logging.getLogger(__name__)


class VoiceProcess:
    """The whole process, from its first message to its end."""

    def __init__(self, link: Link[ToVoice], begin: VoiceBegin, ports: argparse.Namespace) -> None:
        """Read what this process may not read later, and give up what it must not have. Raises VoiceError, OSError."""
        config, targets = msgspec.convert(begin.config, Config), msgspec.convert(begin.targets, Targets)
        folder = gateway_dir()
        identity = load_or_create_identity(folder / "voice.pem")
        self._link = link
        self._memory, self._cloud, self._ledger = Memory(link), RelayedCloud(link), RelayedLedger(link)
        self._answering: set[asyncio.Task[None]] = set()
        self._service = VoiceService(
            config,
            identity,
            SettingsFile(folder),
            gateway_id=gateway_id(identity.fingerprint, bytes.fromhex(begin.broker_fingerprint)),
            version=begin.version,
            voice_port=socket.socket(fileno=ports.port),
            wyoming_port=None if ports.wyoming is None else socket.socket(fileno=ports.wyoming),
            remember=self._memory.remember,
            cloud=self._cloud,
            ledger=self._ledger,
        )
        self._confinement = Confinement(targets, user=begin.user)

    async def run(self) -> None:
        """Load, try, and serve until it is told to stop, or nobody is there to tell it. Raises VoiceError."""
        serving = asyncio.create_task(self._serve())
        hearing = asyncio.create_task(self._hear())
        try:
            await asyncio.wait({serving, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                serving.result()
            await hearing
        finally:
            tasks = (serving, hearing, *self._answering)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._service.close()

    async def _serve(self) -> None:
        await self._service.load()
        self._link.say(Protected(protection=self._confinement.protection()))

    async def _hear(self) -> None:
        while (message := await self._link.hear()) is not None:
            match message:
                case Peers():
                    self._service.replace_peers(list(message.peers))
                case SettingsKept():
                    self._memory.kept(message)
                case CloudIs() | Proposed() | Withdrawn() | Decided():
                    self._of_cloud(message)
                case TurnKept() | LedgerSays() | AskVoice() | Learned() | Gone():
                    self._of_ledger(message)
                case Serve():
                    self._service.start()
                    self._link.say(Serving())
                case Ping():
                    self._link.say(Pong())
                case Stop():
                    return
                case VoiceBegin():
                    raise ProcessError("the launcher began twice")

    def _of_ledger(self, message: OfLedger) -> None:
        if not isinstance(message, AskVoice):
            self._ledger.told(message)
        elif len(self._answering) >= MOST_ASKED:
            self._link.say(VoiceSays(id=message.id, error="too_many", message="other questions are being answered"))
        else:
            answering = asyncio.create_task(self._answer(message))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)

    async def _answer(self, asked: AskVoice) -> None:
        """Answer a question of the owner's."""
        try:
            says = VoiceSays(id=asked.id, answer=await self._service.answer(asked.question, by=asked.by))
        except VoiceError as error:
            code = error.refusal if isinstance(error, ProtocolError | LedgerError) else error.code
            says = VoiceSays(id=asked.id, error=code, message=str(error))
        except Exception as error:  # noqa: BLE001 - the end of a question: whoever asked is told
            code = type(error).__name__  # the traceback may hold what was said
            _LOG.error("a question of the owner's failed: %s", code)
            says = VoiceSays(id=asked.id, error="internal", message=f"the gateway failed: {code}")
        self._link.say(says)

    def _of_cloud(self, message: OfCloud) -> None:
        match message:
            case CloudIs():
                self._cloud.now_is(message)
            case Proposed() | Withdrawn():
                self._cloud.answered(message)
            case Decided():
                self._service.decided(
                    request_id=message.request_id,
                    satellite_id=message.satellite_id,
                    content=message.content,
                    fate=message.fate,
                    text=message.text,
                    language=self._cloud.language_of(message.request_id),
                )


async def _run(handed: argparse.Namespace) -> int:
    async def serve(link: Link[ToVoice]) -> None:
        begin = await link.hear()
        if isinstance(begin, VoiceBegin):
            process = VoiceProcess(link, begin, handed)
            die_with_parent(handed.parent)  # once more: the kernel forgets it with the user
            harden()
            os.chdir("/")  # some libraries ask where they are, and where this was started may be closed to it by now
            await process.run()

    return await linked(handed.link, _HEARD, serve)


def main() -> int:
    """Run the process; return its exit code."""
    return asyncio.run(_run(begun(optional=["wyoming"])))


if __name__ == "__main__":
    be_modest()
    write_logs()
    log_what_happens()
    leave(run_quietly(main))
