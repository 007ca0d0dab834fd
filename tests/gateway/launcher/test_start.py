"""The launcher's decisions before voice serves, with processes that the test plays."""

import asyncio
import logging
import os
import socket
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway import launcher
from gateway.config import Config
from gateway.launcher import SECRETS
from gateway.paths import gateway_dir
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    Protected,
    Serve,
    Serving,
    ShowCode,
    Stop,
    VoiceBegin,
    VoiceStarted,
    Written,
)
from gateway.protection import SAME_USER, Layer, Protection
from gateway.sandbox import targets as canaries
from gateway.sandbox.aims import MAIN, mark
from gateway.sandbox.targets import Targets
from gateway.wire.identity import gateway_id, load_or_create_identity
from tests.gateway.launcher.scripted_processes import (
    BROKER,
    LEDGER,
    PROTECTED,
    SOON_S,
    VOICE,
    Stage,
    launched,
    loopback,
)

WEAK = replace(PROTECTED, layers=(Layer.NO_NEW_PRIVILEGES,), missing={Layer.SECCOMP: "the kernel refuses the filter"})
LEAKING = replace(PROTECTED, ways_out=("main tcp", "child unix"))


def is_there(path: str) -> bool:
    return Path(path).exists()


class TestTheStart:
    async def test_both_are_told_who_they_are_and_given_their_ports(self, stage: Stage) -> None:
        config = loopback(wyoming=True)
        async with launched(stage, config):
            broker, voice = await stage.broker(), await stage.voice()
            voice_pin = load_or_create_identity(gateway_dir() / "voice.pem").fingerprint.hex()
            broker_pin = load_or_create_identity(gateway_dir() / "broker.pem").fingerprint.hex()
            said = await broker.told(BrokerBegin)
            assert (said.folder, said.voice_fingerprint, said.version) == (
                str(gateway_dir()),
                voice_pin,
                launcher.VERSION,
            )
            begin = await voice.told(VoiceBegin)
            assert msgspec.convert(begin.config, Config) == config
            assert (begin.broker_fingerprint, begin.version, begin.user) == (broker_pin, launcher.VERSION, 10_871)
            assert {os.getpid()} == set(broker.arguments["parent"] + voice.arguments["parent"])
            for process, option, port in (
                (broker, "port", config.server.port + 1),
                (voice, "port", config.server.port),
                (voice, "wyoming", config.wyoming.port),
            ):
                with socket.socket(fileno=os.dup(process.arguments[option][0])) as bound:
                    assert bound.getsockname()[1] == port
            assert set(broker.arguments) == {"parent", "link", "port"}

    async def test_a_connection_waits_while_the_processes_start(self, stage: Stage) -> None:
        async with launched(stage) as gateway:
            await stage.voice()
            server = gateway.config.server
            for port in (server.port, server.port + 1):
                socket.create_connection(("127.0.0.1", port), timeout=SOON_S).close()

    async def test_voice_serves_when_its_start_is_written_down_and_not_before(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.begun()
            voice.say(Protected(protection=PROTECTED))
            started = await broker.told(VoiceStarted)
            assert started == VoiceStarted(id=started.id, protection=PROTECTED)
            assert await voice.is_told_nothing()
            broker.say(Written(id=started.id))
            assert await voice.told(Serve) == Serve()
            assert stage.readied == 0

    async def test_a_broker_that_is_slower_to_start_is_waited_for(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.broker(), await stage.voice()
            await broker.told(BrokerBegin)
            await voice.told(VoiceBegin)
            voice.say(Protected(protection=PROTECTED))
            assert await broker.is_told_nothing()
            broker.say(BrokerReady())
            broker.say(Written(id=(await broker.told(VoiceStarted)).id))
            await voice.told(Serve)

    async def test_peers_may_come_once_both_serve(self, stage: Stage) -> None:
        async with launched(stage, loopback(announce=True)) as gateway:
            broker, voice = await stage.begun()
            voice.say(Protected(protection=PROTECTED))
            broker.say(Written(id=(await broker.told(VoiceStarted)).id))
            await voice.told(Serve)
            assert await voice.is_told_nothing()
            assert stage.announced == []
            voice.say(Serving())
            await asyncio.sleep(0.05)
            assert stage.events == [
                "harden",
                *(f"start {name}" for name in (BROKER, VOICE, LEDGER)),
                "announce",
                "ready",
            ]
            pins = [load_or_create_identity(gateway_dir() / f"{name}.pem").fingerprint for name in ("voice", "broker")]
            server = gateway.config.server
            expected = {
                "gateway_id": gateway_id(*pins),
                "voice_fingerprint": pins[0],
                "port": server.port,
                "host": server.host,
            }
            assert stage.announced == [expected]

    async def test_a_gateway_that_is_to_be_silent_is_not_announced(self, stage: Stage) -> None:
        async with launched(stage):
            await stage.serving()
            await asyncio.sleep(0.05)
            assert (stage.announced, stage.readied) == ([], 1)

    async def test_ready_is_said_once_however_often_processes_start(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.end(1)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            await stage.let_serve(broker, voice)
            broker.end(1)
            broker = await stage.broker()
            await broker.told(BrokerBegin)
            broker.say(BrokerReady())
            await broker.told(VoiceStarted)
            assert stage.readied == 1

    async def test_the_code_of_the_first_start_is_shown(self, stage: Stage) -> None:
        async with launched(stage):
            broker, _ = await stage.begun()
            window = ShowCode(code="ABCD", seconds=300)
            broker.say(window)
            await asyncio.sleep(0.05)
            assert stage.shown == [window]

    async def test_the_digest_of_the_configuration_changes_with_its_meaning(self, stage: Stage) -> None:
        config = loopback()
        told = []
        for chosen in (config, replace(config), replace(config, stt=replace(config.stt, hypotheses=5))):
            async with launched(stage, chosen):
                told.append((await (await stage.broker()).told(BrokerBegin)).configuration)
        assert told[0] == told[1] != told[2]


class TestWhatIsNotWrittenDownDoesNotServe:
    async def test_a_broker_that_cannot_write_it_down_says_why(self, stage: Stage) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.begun()
            voice.say(Protected(protection=PROTECTED))
            broker.say(Written(id=(await broker.told(VoiceStarted)).id, error="the disk is full"))
            assert await gateway.why_ended() == "the disk is full"
            assert [type(message) for message in voice.heard] == [VoiceBegin, Stop]

    async def test_a_broker_that_does_not_answer_is_not_waited_for_for_ever(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(launcher, "WRITTEN_S", 0.05)
        async with launched(stage) as gateway:
            broker, voice = await stage.begun()
            voice.say(Protected(protection=PROTECTED))
            await broker.told(VoiceStarted)
            assert await gateway.why_ended() == "the broker does not write down that voice was started"
            assert Serve() not in voice.heard

    async def test_a_broker_that_ends_meanwhile_has_written_nothing_down(self, stage: Stage) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.begun()
            voice.say(Protected(protection=PROTECTED))
            await broker.told(VoiceStarted)
            broker.end(-9)
            assert await gateway.why_ended() == "the broker has ended"
            assert Serve() not in voice.heard

    async def test_while_the_broker_is_away_voice_is_tried_again_until_it_is_back(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.end(-9)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            broker.end(-9)
            await broker.ended()
            await asyncio.sleep(0)
            voice.say(Protected(protection=PROTECTED))
            await voice.told(Stop)
            broker, voice = await stage.broker(), await stage.voice()
            await broker.told(BrokerBegin)
            await voice.told(VoiceBegin)
            broker.say(BrokerReady())
            assert (await broker.told(VoiceStarted)).is_new is False
            started = await stage.let_serve(broker, voice)
            assert started.is_new
        assert "the broker is being started again, so this start cannot be written down" in caplog.text

    async def test_answers_that_nobody_waits_for_any_more_are_passed_over(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            monkeypatch.setattr(launcher, "WRITTEN_S", 0.05)
            voice.end(-9)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            voice.say(Protected(protection=PROTECTED))
            late = (await broker.told(VoiceStarted)).id
            await voice.told(Stop)
            monkeypatch.setattr(launcher, "WRITTEN_S", SOON_S)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            voice.say(Protected(protection=PROTECTED))
            started = await broker.told(VoiceStarted)
            broker.say(Written(id=late, error="late"), Written(id=started.id + 100, error="never asked"))
            assert await voice.is_told_nothing()
            broker.say(Written(id=started.id), Written(id=started.id, error="twice"))
            await voice.told(Serve)
            assert await broker.is_told_nothing(), "neither is ended for that"


class TestStrict:
    @pytest.mark.parametrize(
        ("protection", "found"),
        [
            (WEAK, "the kernel refuses the filter"),
            (LEAKING, "main tcp, child unix"),
            (replace(PROTECTED, attempts=0), "nothing was tried"),
        ],
    )
    async def test_what_could_connect_does_not_serve(self, stage: Stage, protection: Protection, found: str) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.begun()
            voice.say(Protected(protection=protection))
            why = await gateway.why_ended()
            assert why.startswith(f"the process that hears could connect ({found}), so it does not serve")
            assert "[server] strict = false" in why
            assert "local-voice doctor" in why
            assert [type(message) for message in broker.heard] == [BrokerBegin, Stop], "nothing is to be written down"

    @pytest.mark.parametrize("protection", [WEAK, LEAKING])
    async def test_where_it_need_not_be_strict_it_serves_and_says_so(
        self, stage: Stage, protection: Protection, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with launched(stage, loopback(strict=False)):
            started = await stage.let_serve(*await stage.begun(), protection)
            assert started.protection == protection
        said = [record.message for record in caplog.records if record.levelno == logging.ERROR]
        assert len(said) == 1
        assert said[0].startswith("not enforced: the process that hears could connect (")

    async def test_how_it_stands_is_logged(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            async with launched(stage):
                await stage.serving(replace(PROTECTED, layers=(Layer.SECCOMP, Layer.OWN_USER)))
        assert "voice: seccomp, own_user; 120 ways out tried, 0 open" in caplog.messages
        assert SAME_USER not in caplog.text

    async def test_that_there_is_no_layer_at_all_is_logged(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO):
            async with launched(stage, loopback(strict=False)):
                await stage.serving(replace(PROTECTED, layers=()))
        assert "voice: no layer; 120 ways out tried, 0 open" in caplog.messages

    async def test_the_same_user_is_warned_of(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        async with launched(stage):
            await stage.serving(replace(PROTECTED, is_same_user=True))
        assert SAME_USER in caplog.messages


class TestWhatTheProcessSaysOfItselfIsNotAllThatCounts:
    async def test_the_kernel_knows_better_whether_all_threads_are_filtered(self, stage: Stage) -> None:
        stage.filtered = False
        async with launched(stage, loopback(strict=False)):
            seen = (await stage.let_serve(*await stage.begun())).protection
        assert seen.layers == tuple(layer for layer in Layer if layer is not Layer.SECCOMP)
        assert seen.missing == {Layer.SECCOMP: "not all threads are filtered"}

    async def test_an_unfiltered_thread_is_refused(self, stage: Stage) -> None:
        stage.filtered = False
        async with launched(stage) as gateway:
            _, voice = await stage.begun()
            voice.say(Protected(protection=PROTECTED))
            assert "could connect (not all threads are filtered)" in await gateway.why_ended()

    async def test_the_kernel_is_not_asked_about_a_filter_that_nobody_claims(self, stage: Stage) -> None:
        stage.filtered = False
        async with launched(stage, loopback(strict=False)):
            seen = (await stage.let_serve(*await stage.begun(), WEAK)).protection
        assert seen.missing == WEAK.missing

    async def test_a_canary_that_was_reached_counts_whatever_was_said(self, stage: Stage) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.broker(), await stage.voice()
            broker.say(BrokerReady())
            targets = msgspec.convert((await voice.told(VoiceBegin)).targets, Targets)
            with socket.create_connection(targets.tcp, timeout=SOON_S) as sock:
                sock.sendall(mark(MAIN, "tcp"))
            voice.say(Protected(protection=PROTECTED))
            assert "could connect (reached main tcp)" in await gateway.why_ended()

    async def test_why_it_is_the_same_user_the_launcher_knows_better(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(launcher, "voice_user", lambda _: (None, "only root can change the user"))
        said = Protection(
            layers=(Layer.SECCOMP,), missing={Layer.OWN_USER: "it was not told", "landlock": "none"}, attempts=1
        )
        async with launched(stage):
            broker, voice = await stage.broker(), await stage.voice()
            await broker.told(BrokerBegin)
            broker.say(BrokerReady())
            assert (await voice.told(VoiceBegin)).user is None
            seen = (await stage.let_serve(broker, voice, said)).protection
        assert seen == replace(said, missing={Layer.OWN_USER: "only root can change the user", Layer.LANDLOCK: "none"})

    async def test_the_canaries_stand_for_launcher_broker_and_secrets(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.broker(), await stage.voice()
            targets = msgspec.convert((await voice.told(VoiceBegin)).targets, Targets)
            assert targets.processes == (os.getpid(), broker.pid)
            assert targets.secrets == tuple(str(gateway_dir() / name) for name in SECRETS)
            assert sorted(voice.arguments["keep"]) == sorted(targets.descriptors)
            assert set(targets.descriptors) <= set(voice.how["pass_fds"])

    async def test_the_ledger_is_among_them_from_the_first_start_on(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(launcher, "LEDGER_BEGUN_S", SOON_S)
        async with launched(stage):
            broker, voice = await stage.begun()
            ledger = await stage.ledger()
            begin = voice.heard[0]
            assert isinstance(begin, VoiceBegin)
            assert msgspec.convert(begin.targets, Targets).processes == (os.getpid(), broker.pid, ledger.pid)

    async def test_a_ledger_that_cannot_be_started_is_not_waited_for(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(launcher, "LEDGER_BEGUN_S", 600.0)
        stage.faults[LEDGER] = OSError(12, "Cannot allocate memory")
        async with launched(stage):
            broker, voice = await stage.begun()
            begin = voice.heard[0]
            assert isinstance(begin, VoiceBegin)
            assert msgspec.convert(begin.targets, Targets).processes == (os.getpid(), broker.pid)

    async def test_the_canaries_go_as_soon_as_they_have_told_what_they_can(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.broker(), await stage.voice()
            await broker.told(BrokerBegin)
            broker.say(BrokerReady())
            targets = msgspec.convert((await voice.told(VoiceBegin)).targets, Targets)
            assert is_there(targets.unix)
            await stage.let_serve(broker, voice)
            await asyncio.sleep(0.05)
            assert not is_there(targets.unix)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(targets.tcp, timeout=SOON_S)

    async def test_while_the_broker_is_away_there_is_one_process_less_to_touch(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            ledger = await stage.ledger()
            stage.faults[BROKER] = OSError(12, "Cannot allocate memory")
            broker.end(1)
            voice.end(1)
            begin = await (await stage.voice()).told(VoiceBegin)
            assert msgspec.convert(begin.targets, Targets).processes == (os.getpid(), ledger.pid)

    async def test_without_canaries_there_is_no_start(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(canaries, "_LOOPBACK", "192.0.2.1")
        async with launched(stage) as gateway:
            assert await gateway.why_ended() == (
                "the self-test's canaries cannot be put up (Cannot assign requested address)"
            )

    async def test_who_serves_does_not_say_anew_how_it_is_protected(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving(replace(PROTECTED, is_same_user=True))
            voice.say(Protected(protection=PROTECTED))
            await voice.told(Stop)
            assert await broker.is_told_nothing()
