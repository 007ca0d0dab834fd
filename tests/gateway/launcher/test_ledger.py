"""The process that keeps the ledger, in the launcher's hands: what it is given, and that voice serves without it."""

import asyncio
import logging
import os
import socket
import stat

import pytest

from gateway.paths import gateway_dir
from gateway.processes.ledger_words import (
    ActRecorded,
    AskKept,
    AskLedger,
    Gone,
    KeepTurn,
    Learned,
    LedgerBegin,
    LedgerReady,
    LedgerSays,
    RecordAct,
    TurnKept,
)
from gateway.processes.words import BrokerBegin, Failed, Pong, VoiceBegin
from gateway.protection import Layer
from gateway.wire.owners_lines import LEDGER_SOCKET
from tests.gateway.launcher.scripted_processes import LEDGER, ScriptedProcess, Stage, launched, loopback

LAYERS = tuple(layer.value for layer in Layer)


async def begun(stage: Stage) -> ScriptedProcess:
    """Return what keeps the ledger at a point where it was told who it is."""
    ledger = await stage.ledger()
    assert await ledger.told(LedgerBegin) == LedgerBegin(folder=str(gateway_dir() / "ledger"))
    return ledger


async def serving(stage: Stage) -> tuple[ScriptedProcess, ScriptedProcess, ScriptedProcess]:
    """Return broker, voice and ledger, where all of them serve."""
    broker, voice = await stage.serving()
    ledger = await begun(stage)
    ledger.say(LedgerReady(layers=LAYERS), Learned())
    await voice.told(Learned)
    return broker, voice, ledger


async def test_it_is_given_a_socket_that_listens_and_that_only_the_owner_opens(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = gateway_dir() / LEDGER_SOCKET
    async with launched(stage):
        *_, ledger = await serving(stage)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stat().st_uid == gateway_dir().stat().st_uid
        (number,) = ledger.arguments["port"]
        with socket.socket(fileno=os.dup(number)) as given, socket.socket(socket.AF_UNIX) as owner:
            given.setblocking(False)
            monkeypatch.chdir(path.parent)  # a socket's own path may not be as long as a test's folder
            owner.connect(LEDGER_SOCKET)
            given.accept()[0].close()
    assert not path.exists()


async def test_voice_hands_it_turns_and_asks_it_and_the_broker_writes_its_acts_down(stage: Stage) -> None:
    act = RecordAct(id=2, by="owner", act="forget", turns=1)
    async with launched(stage):
        broker, voice, ledger = await serving(stage)
        voice.say(KeepTurn(id=1, turn=b"{}"), AskLedger(id=2, by="home", question=AskKept(id=1)))  # type: ignore[arg-type]
        assert (await ledger.told(KeepTurn)).id == 1
        assert (await ledger.told(AskLedger)).by == "home"
        ledger.say(TurnKept(id=1), LedgerSays(id=2), act, Pong())
        assert await voice.told(TurnKept) == TurnKept(id=1)
        assert await voice.told(LedgerSays) == LedgerSays(id=2)
        assert await broker.told(RecordAct) == act
        broker.say(ActRecorded(id=2))
        assert await ledger.told(ActRecorded) == ActRecorded(id=2)
        ledger.say(Gone(everything=True))
        assert await voice.told(Gone) == await broker.told(Gone) == Gone(everything=True)


async def test_one_that_ends_is_started_again_and_voice_knows_that_nobody_remembers_meanwhile(stage: Stage) -> None:
    async with launched(stage):
        _, voice, ledger = await serving(stage)
        ledger.end(-9)
        assert await voice.told(Learned) == Learned(is_there=False)
        ledger = await begun(stage)
        ledger.say(LedgerReady(layers=LAYERS), Learned())
        assert await voice.told(Learned) == Learned()
        voice.end(-9)
        voice = await stage.voice()
        await voice.told(VoiceBegin)
        assert await voice.told(Learned) == Learned()


async def test_it_waits_for_the_broker_which_knows_whether_another_gateway_keeps_the_folder(stage: Stage) -> None:
    async with launched(stage):
        broker = await stage.broker()
        await broker.told(BrokerBegin)
        await asyncio.sleep(0.05)
        assert f"start {LEDGER}" not in stage.events
        assert not (gateway_dir() / LEDGER_SOCKET).exists()


@pytest.mark.parametrize("fault", ["says why", "ends", "cannot be started", "has no socket"])
async def test_without_it_the_gateway_serves_and_says_so_once(
    stage: Stage, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    if fault == "cannot be started":
        stage.faults[LEDGER] = OSError(12, "Cannot allocate memory")
    if fault == "has no socket":
        (gateway_dir() / LEDGER_SOCKET).mkdir(parents=True)
    async with launched(stage) as gateway:
        broker, voice = await stage.begun()
        if fault in ("cannot be started", "has no socket"):
            assert await voice.told(Learned) == Learned(is_there=False)
        await stage.let_serve(broker, voice)
        for _ in range(3 if fault in ("says why", "ends") else 0):
            ledger = await begun(stage)
            if fault == "says why":
                ledger.say(Failed(code="ledger", message="a newer version made it"))
            else:
                ledger.end(1)
        if fault in ("says why", "ends"):
            assert await voice.told(Learned) == Learned(is_there=False)
        assert await voice.is_told_nothing()
        assert stage.readied == 1
        assert not gateway.serving.done()
    said = [record.message for record in caplog.records if record.message.startswith("ledger: ")]
    assert len(said) == 1, said


@pytest.mark.parametrize(("layers", "filtered"), [((), True), (LAYERS, False)])
async def test_one_that_could_connect_keeps_nothing(
    stage: Stage, layers: tuple[str, ...], filtered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with launched(stage):
        _, voice = await stage.serving()
        stage.filtered = filtered
        ledger = await begun(stage)
        ledger.say(LedgerReady(layers=layers), Learned())
        assert await voice.told(Learned) == Learned(is_there=False)
    assert (
        "nothing is remembered: the process that keeps the ledger is not filtered, so it could connect" in caplog.text
    )


async def test_where_it_need_not_be_strict_it_keeps_it_and_says_so(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with launched(stage, loopback(strict=False)):
            _, voice = await stage.serving()
            ledger = await begun(stage)
            ledger.say(LedgerReady(layers=("landlock",)), Learned())
            assert await voice.told(Learned) == Learned()
    assert "not enforced: the process that keeps the ledger could connect; [server] strict is false" in caplog.messages
    assert "ledger: landlock" in caplog.messages
