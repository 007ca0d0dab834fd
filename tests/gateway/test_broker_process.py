"""The broker as a process, run inside of this one: the launcher is played, the broker is real."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway import broker_process
from gateway.broker.audit import AuditLog
from gateway.broker.consent import Consent
from gateway.broker.owner_link import owner_link
from gateway.offer import SettingsChange
from gateway.processes import beginning
from gateway.processes.ledger_words import ActRecorded, Gone, RecordAct
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    CloudIs,
    Failed,
    FromBroker,
    KeepSettings,
    Peers,
    Ping,
    Pong,
    SettingsKept,
    ShowCode,
    Stop,
    VoiceStarted,
    Written,
)
from gateway.protection import Layer, Protection
from gateway.settings_file import SettingsFile
from gateway.wire.broker_words import AskProtection, OpenPairing, PairingOpen, ProtectionIs
from gateway.wire.dial import Address
from gateway.wire.identity import load_or_create_identity
from gateway.wire.listener import Listener
from gateway.wire.pairing import pair
from gateway.wire.peers import Role
from gateway.wire.port import bind
from tests.gateway.broker.running import locked
from tests.gateway.processes.pairs import descriptors
from tests.gateway.processes.played_launcher import PlayedLauncher, played_launcher

HOST: Final = "127.0.0.1"
HEARD: Final = msgspec.json.Decoder(FromBroker)
PROTECTED: Final = Protection(layers=(Layer.SECCOMP, Layer.OWN_USER), attempts=7, is_same_user=False)
CHOICE: Final = SettingsChange(wake_sensitivity=70)


@dataclass
class Running(PlayedLauncher[FromBroker]):
    """A process that runs, and where its port is."""

    folder: Path
    port: int
    descriptor: int
    """The port's, which is the process's own as soon as it was told who it is."""

    def begin(self) -> None:
        voice_pin = load_or_create_identity(self.folder / "voice.pem").fingerprint.hex()
        self.say(BrokerBegin(folder=str(self.folder), voice_fingerprint=voice_pin, version="test", configuration="1d"))

    async def ready(self) -> None:
        """Have it serve in a folder of its own, for the first time."""
        self.begin()
        await self.told(Peers)
        await self.told(CloudIs)
        await self.told(BrokerReady)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    bound = bind(HOST, 0)
    port, descriptor = bound.getsockname()[1], bound.detach()
    async with played_launcher(broker_process._run, HEARD, port=descriptor) as launcher:
        yield Running(launcher.link, launcher.raw, launcher.process, folder, port, descriptor)


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def starts_of_voice(folder: Path) -> int:
    """Return how many starts of voice the audit log of a folder knows."""
    log = AuditLog(folder)
    try:
        rows = [msgspec.json.decode(row) for row in log.rows(0, log.head.size)]
    finally:
        log.close()
    return sum(1 for row in rows if (row["action"], row["about"]) == ("start", "voice"))


class TestItsLife:
    async def test_it_tells_whom_to_let_in_and_that_it_serves_and_the_first_code_when_voice_does(
        self, tmp_path: Path
    ) -> None:
        async with running(tmp_path) as launcher:
            launcher.begin()
            assert await launcher.told(Peers) == Peers(peers=())
            assert await launcher.told(CloudIs) == CloudIs(is_allowed=False)
            await launcher.told(BrokerReady)
            assert await launcher.is_told_nothing(), "who paired now would find nobody who hears"
            launcher.say(VoiceStarted(id=1, protection=PROTECTED))
            await launcher.told(Written)
            window = await launcher.told(ShowCode)
            assert window.seconds > 0
            voice_identity = load_or_create_identity(tmp_path / "voice.pem")
            voice = Listener(bind(HOST, 0), voice_identity.server_context(), {}, most_connections=4, name="voice port")
            voice.start()
            addresses = Address(host=HOST, port=voice.port), Address(host=HOST, port=launcher.port)
            home = await pair(*addresses, code=window.code, role=Role.HOME, name="Home")
            await voice.close()
            (told,) = (await launcher.told(Peers)).peers
            assert (told.id, told.role) == (home.peer_id, Role.HOME)
            launcher.say(Stop())
            assert await launcher.code() == 0

    async def test_a_window_that_the_owner_opens_is_the_owners_alone(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            async with owner_link(tmp_path) as owner:
                assert isinstance(await owner.ask(OpenPairing(role=Role.SATELLITE, area="")), PairingOpen)
            assert await launcher.is_told_nothing()

    async def test_it_gives_signs_of_life(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.say(Ping())
            await launcher.told(Pong)

    async def test_without_a_launcher_it_ends_and_lets_the_folder_go(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.raw.shutdown(socket.SHUT_WR)
            assert await launcher.code() == 0
        async with running(tmp_path) as launcher:
            await launcher.ready()

    async def test_nothing_stays_open(self, tmp_path: Path) -> None:
        before = len(descriptors())
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.say(Stop())
            await launcher.code()
        assert len(descriptors()) == before


class TestTheStartsOfVoice:
    async def test_a_new_one_is_in_the_audit_log_before_that_is_said(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            for number in (1, 2):
                launcher.say(VoiceStarted(id=number, protection=PROTECTED))
                assert await launcher.told(Written) == Written(id=number)
                if number == 1:
                    await launcher.told(ShowCode)
            launcher.say(Stop())
            await launcher.code()
        assert starts_of_voice(tmp_path) == 2

    async def test_one_that_serves_already_is_only_known(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.say(VoiceStarted(id=0, protection=PROTECTED, is_new=False))
            assert await launcher.told(Written) == Written(id=0)
            async with owner_link(tmp_path) as owner:
                said = await owner.ask(AskProtection())
            assert isinstance(said, ProtectionIs)
            launcher.say(Stop())
            await launcher.code()
        assert starts_of_voice(tmp_path) == 0

    @pytest.mark.usefixtures("impatient")
    async def test_where_it_cannot_be_written_down_that_is_said(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            with locked(tmp_path):
                launcher.say(VoiceStarted(id=3, protection=PROTECTED))
                written = await launcher.told(Written)
            assert written.id == 3
            assert written.error
            launcher.say(Stop())
            assert await launcher.code() == 0, "it goes on, for revocations and pairings"
        assert starts_of_voice(tmp_path) == 0


class TestTheLedger:
    async def test_what_is_done_with_it_is_written_down_or_said_not_to_be(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.say(RecordAct(id=1, by="home-1", act="forget", turns=2), RecordAct(id=2, by="owner", act="send"))
            assert await launcher.told(ActRecorded) == ActRecorded(id=1)
            assert (await launcher.told(ActRecorded)).error == "that is nothing that is done with the ledger"
            launcher.say(Stop())
            await launcher.code()
        log = AuditLog(tmp_path)
        try:
            (last,) = [msgspec.json.decode(row) for row in log.rows(log.head.size - 1, 1)]
        finally:
            log.close()
        assert (last["actor"], last["action"], last["detail"]) == ("voice", "forget", {"by": "home-1", "turns": 2})

    async def test_a_ledger_that_was_taken_over_does_not_fill_the_log(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now_s = 1_000.0
        monkeypatch.setattr(broker_process, "monotonic", lambda: now_s)
        async with running(tmp_path) as launcher:
            await launcher.ready()
            act = RecordAct(id=1, by="owner", act="unknown")
            for _ in range(broker_process.MOST_ACTS):
                launcher.say(act)
                await launcher.told(ActRecorded)
            launcher.say(act)
            assert "too many rows" in (await launcher.told(ActRecorded)).error
            now_s += broker_process.ACTS_WITHIN_S
            launcher.say(act)
            assert "too many rows" not in (await launcher.told(ActRecorded)).error

    async def test_that_everything_is_forgotten_is_heard(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        forgotten: list[int] = []

        async def forget(_: Consent) -> None:
            forgotten.append(1)

        monkeypatch.setattr(Consent, "forget", forget)
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.say(Gone(), Ping())
            await launcher.told(Pong)
            assert forgotten == []
            launcher.say(Gone(everything=True), Ping())
            await launcher.told(Pong)
            assert forgotten == [1]


class TestWhatIsChosen:
    async def test_it_is_remembered(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.say(KeepSettings(id=5, change=CHOICE))
            assert await launcher.told(SettingsKept) == SettingsKept(id=5)
            assert SettingsFile(tmp_path).chosen == CHOICE

    async def test_a_voice_process_that_was_taken_over_does_not_fill_the_disk_with_choices(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now_s = 1_000.0
        monkeypatch.setattr(broker_process, "monotonic", lambda: now_s)
        async with running(tmp_path) as launcher:
            await launcher.ready()
            for number in range(broker_process.MOST_CHOICES):
                launcher.say(KeepSettings(id=number, change=CHOICE))
                assert (await launcher.told(SettingsKept)).error == ""
            now_s += broker_process.CHOICES_WITHIN_S - 1
            launcher.say(KeepSettings(id=100, change=SettingsChange(wake_sensitivity=1)))
            assert "wait a little" in (await launcher.told(SettingsKept)).error
            assert SettingsFile(tmp_path).chosen == CHOICE
            now_s += 2
            launcher.say(KeepSettings(id=101, change=SettingsChange(wake_sensitivity=1)))
            assert (await launcher.told(SettingsKept)).error == ""

    @pytest.mark.usefixtures("impatient")
    async def test_what_cannot_be_written_down_is_not_remembered(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            with locked(tmp_path):
                launcher.say(KeepSettings(id=6, change=CHOICE))
                kept = await launcher.told(SettingsKept)
            assert kept.id == 6
            assert kept.error
            assert not SettingsFile(tmp_path).chosen.named


class TestWhatGoesWrong:
    async def test_a_folder_that_another_gateway_keeps_is_told(self, tmp_path: Path) -> None:
        async with running(tmp_path) as first, running(tmp_path) as second:
            await first.ready()
            second.begin()
            assert (await second.told(Failed)).code == "config"
            assert await second.code() == beginning.FAILED
            assert not first.process.done()

    @pytest.mark.usefixtures("impatient")
    async def test_a_broker_that_cannot_write_down_its_own_start_does_not_serve(self, tmp_path: Path) -> None:
        AuditLog(tmp_path).close()
        async with running(tmp_path) as launcher:
            with locked(tmp_path):
                launcher.begin()
                assert (await launcher.told(Failed)).code == "config"
                assert await launcher.code() == beginning.FAILED

    async def test_a_launcher_that_begins_twice_is_refused(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.begin()
            assert await launcher.told(Failed) == Failed(code="process", message="the launcher began twice")
            assert await launcher.code() == beginning.FAILED

    async def test_what_is_no_message_ends_it(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            await launcher.ready()
            launcher.raw.send(b'{"type":"serve"}\n')
            assert (await launcher.told(Failed)).code == "protocol"
            assert await launcher.code() == beginning.FAILED

    async def test_who_begins_with_something_else_is_nobody(self, tmp_path: Path) -> None:
        async with running(tmp_path) as launcher:
            launcher.say(Stop())
            assert await launcher.code() == 0
            socket.socket(fileno=launcher.descriptor).close()
        assert is_empty(tmp_path)


class TestTheProgram:
    def test_what_it_does_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done: list[str] = []
        monkeypatch.setattr(beginning, "close_other_descriptors", lambda keep: done.append(f"kept {sorted(keep)}"))
        monkeypatch.setattr(beginning, "die_with_parent", lambda parent: done.append(f"child of {parent}"))
        monkeypatch.setattr(beginning, "heed_the_launcher_alone", lambda: done.append("no signals"))
        monkeypatch.setattr(beginning, "harden", lambda: done.append("hardened"))
        monkeypatch.setattr(broker_process, "drop_capabilities", lambda: done.append("no capabilities"))
        ours, theirs = socket.socketpair()
        ours.close()
        link = theirs.detach()
        monkeypatch.setattr(sys, "argv", ["broker", "--parent", "77", "--link", str(link), "--port", "900"])
        assert broker_process.main() == 0
        kept = sorted([0, 1, 2, link, 900])
        assert done == [f"kept {kept}", "child of 77", "no signals", "hardened", "no capabilities"]

    def test_it_is_nothing_that_a_person_starts(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "gateway.broker_process"], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2
        assert "--parent, --link, --port" in done.stderr
