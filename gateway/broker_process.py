"""The broker as a process: `python -m gateway.broker_process`, which the launcher starts. It decides nothing itself."""

import argparse
import asyncio
import logging
import socket
from collections import deque
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gateway.broker.app import Broker
from gateway.broker.decided import Decided
from gateway.broker.destination import Content
from gateway.errors import ProcessError, ProtocolError, VoiceError
from gateway.processes.beginning import begun, linked
from gateway.processes.habits import leave, log_what_happens, run_quietly, write_logs
from gateway.processes.ledger_words import ActRecorded, Gone, OfAudit, RecordAct
from gateway.processes.link import Link
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    CloudIs,
    KeepSettings,
    Peers,
    Ping,
    Pong,
    Propose,
    Proposed,
    SettingsKept,
    ShowCode,
    Stop,
    ToBroker,
    VoiceStarted,
    Withdraw,
    Withdrawn,
    Written,
)
from gateway.processes.words import Decided as DecidedWords
from gateway.sandbox.privileges import drop_capabilities
from gateway.wire.identity import load_or_create_identity

IDENTITY: Final = "broker.pem"
MOST_CHOICES, CHOICES_WITHIN_S = 60, 60.0
"""People choose; each is a row for ever, and a voice process that was taken over must not fill the disk with them."""
MOST_ACTS, ACTS_WITHIN_S = 120, 60.0
"""With the ledger, likewise: a person plays and deletes, and a correction that is tried may hear a few dozen turns."""

_HEARD: Final = msgspec.json.Decoder(ToBroker)
_LOG = logging.getLogger(__name__)


class BrokerProcess:
    """The whole process, from its first message to its end."""

    def __init__(self, link: Link[ToBroker], begin: BrokerBegin, port: socket.socket) -> None:
        """Open the folder. Raises ConfigError where another gateway keeps it, or it is not usable."""
        folder = Path(begin.folder)
        self._link = link
        self._choices_s: deque[float] = deque(maxlen=MOST_CHOICES)
        self._acts_s: deque[float] = deque(maxlen=MOST_ACTS)
        self._told_cloud: CloudIs | None = None
        self._broker = Broker(
            folder,
            port,
            load_or_create_identity(folder / IDENTITY),
            bytes.fromhex(begin.voice_fingerprint),
            version=begin.version,
            configuration=begin.configuration,
            tell_voice=lambda peers: link.say(Peers(peers=tuple(peers))),
            show_code=lambda window: link.say(ShowCode(code=window.code, seconds=window.seconds)),
            decided=lambda decided: link.say(_words(decided)),
            cloud_changed=self._tell_cloud,
        )

    async def run(self) -> None:
        """Serve until it is told to stop, or nobody is there to tell it. Raises VoiceError."""
        try:
            await self._broker.start()
            self._link.say(BrokerReady())
            while (message := await self._link.hear()) is not None:
                match message:
                    case VoiceStarted():
                        self._say_whether_written(message)
                    case KeepSettings():
                        self._link.say(SettingsKept(id=message.id, error=self._keep_settings(message)))
                    case Propose():
                        self._link.say(self._proposed(message))
                    case Withdraw():
                        withdrawn = await self._broker.consent.withdraw(message.satellite_id)
                        self._link.say(Withdrawn(id=message.id, requests=withdrawn))
                    case RecordAct() | Gone():
                        await self._of_ledger(message)
                    case Ping():
                        self._link.say(Pong())
                    case Stop():
                        return
                    case BrokerBegin():
                        raise ProcessError("the launcher began twice")
        finally:
            await self._broker.close()

    def _say_whether_written(self, message: VoiceStarted) -> None:
        error = self._voice_started(message)
        self._link.say(Written(id=message.id, error=error))
        if not error:
            self._broker.open_first_window()

    def _voice_started(self, message: VoiceStarted) -> str:
        try:
            self._broker.voice_started(message.protection, is_new=message.is_new)
        except VoiceError as error:
            return str(error)
        return ""

    def _keep_settings(self, message: KeepSettings) -> str:
        now_s = monotonic()
        if len(self._choices_s) == MOST_CHOICES and now_s - self._choices_s[0] < CHOICES_WITHIN_S:
            return "too many changes within a minute; wait a little"
        self._choices_s.append(now_s)
        try:
            self._broker.keep_settings(message.change)
        except VoiceError as error:
            return str(error)
        return ""

    async def _of_ledger(self, message: OfAudit) -> None:
        match message:
            case RecordAct():
                self._link.say(ActRecorded(id=message.id, error=self._record_act(message)))
            case Gone():
                if message.everything:
                    await self._broker.consent.forget()

    def _record_act(self, message: RecordAct) -> str:
        """Write down what is done with the ledger; return "" when it is, or why it cannot be."""
        now_s = monotonic()
        if len(self._acts_s) == MOST_ACTS and now_s - self._acts_s[0] < ACTS_WITHIN_S:
            return "too many rows within a minute; wait a little"
        self._acts_s.append(now_s)
        try:
            counts = {"turns": message.turns, "clips": message.clips, "rules": message.rules}
            self._broker.record_act(message.act, message.about, by=message.by, user=message.user_id, counts=counts)
        except VoiceError as error:
            return str(error)
        return ""

    def _tell_cloud(self, is_allowed: bool, contents: tuple[Content, ...]) -> None:
        """Tell voice what it may propose, where that is something else than it was told."""
        cloud = CloudIs(is_allowed=is_allowed, contents=contents)
        if cloud != self._told_cloud:
            self._told_cloud = cloud
            self._link.say(cloud)

    def _proposed(self, message: Propose) -> Proposed:
        consent = self._broker.consent
        is_known = not message.satellite_id or self._broker.is_satellite(message.satellite_id)
        if not is_known or message.content not in Content:
            return Proposed(id=message.id, error="malformed")
        try:
            if message.content == Content.AUDIO:
                request_id = consent.propose_audio(message.satellite_id, message.sound, language=message.language)
            else:
                names = tuple((thing.name, thing.kind) for thing in message.names)
                request_id = consent.propose_text(message.satellite_id, message.text, names)
        except ProtocolError as error:
            return Proposed(id=message.id, error=error.refusal)
        except VoiceError as error:
            _LOG.error("a request cannot be proposed: %s", error)
            return Proposed(id=message.id, error=error.code)
        return Proposed(id=message.id, request_id=request_id)


def _words(decided: Decided) -> DecidedWords:
    """Return what became of a request as voice is told."""
    return DecidedWords(
        request_id=decided.request_id,
        satellite_id=decided.satellite_id,
        content=decided.content,
        fate=decided.sent.fate,
        text=decided.sent.text,
    )


async def _run(handed: argparse.Namespace) -> int:
    async def serve(link: Link[ToBroker]) -> None:
        begin = await link.hear()
        if isinstance(begin, BrokerBegin):
            await BrokerProcess(link, begin, socket.socket(fileno=handed.port)).run()

    return await linked(handed.link, _HEARD, serve)


def main() -> int:
    """Run the process; return its exit code."""
    handed = begun()
    drop_capabilities()
    return asyncio.run(_run(handed))


if __name__ == "__main__":
    write_logs()
    log_what_happens()
    leave(run_quietly(main))
