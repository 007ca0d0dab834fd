"""What the launcher passes on between its processes, which of them it starts again, and how it ends them."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from gateway.offer import SettingsChange
from gateway.processes import child as children
from gateway.processes import relaying
from gateway.processes.link import MOST_UNSENT_BYTES
from gateway.processes.words import (
    BrokerBegin,
    BrokerReady,
    CloudIs,
    Decided,
    Failed,
    KeepSettings,
    NamedThing,
    Peers,
    Propose,
    Proposed,
    SettingsKept,
    Stop,
    VoiceBegin,
    VoiceStarted,
    Withdraw,
    Withdrawn,
    Written,
)
from gateway.wire.peers import Peer, Role
from tests.gateway.launcher.scripted_processes import (
    BROKER,
    PROTECTED,
    SOON_S,
    VOICE,
    Stage,
    is_free,
    launched,
    loopback,
)

CHOICE = SettingsChange(wake_sensitivity=70)


def peer(name: str = "Home", role: Role = Role.HOME) -> Peer:
    return Peer(id=name.lower(), name=name, role=role, secret_hash="0" * 64)


class TestPeers:
    async def test_voice_is_told_whom_the_broker_lets_in(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            for peers in ((peer(),), (peer(), peer("Kitchen", Role.SATELLITE)), ()):
                broker.say(Peers(peers=peers))
                assert await voice.told(Peers) == Peers(peers=peers)

    async def test_a_new_voice_is_told_at_once(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            broker.say(Peers(peers=(peer(),)))
            await voice.told(Peers)
            voice.end(-11)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            assert await voice.told(Peers) == Peers(peers=(peer(),))

    async def test_what_is_said_while_there_is_no_voice_is_not_lost(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.end(-11)
            await voice.ended()
            await asyncio.sleep(0.02)
            broker.say(Peers(peers=(peer("Late"),)), SettingsKept(id=7))
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            assert await voice.told(Peers) == Peers(peers=(peer("Late"),))
            assert await voice.is_told_nothing()

    async def test_a_voice_that_reads_nothing_is_ended_and_the_broker_has_no_part_in_that(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(children, "DYING_S", 0.2)
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.stop_reading()
            many = Peers(peers=tuple(peer(f"{number:04}" + "x" * 60) for number in range(100)))
            for _ in range(4 * MOST_UNSENT_BYTES // len(msgspec.json.encode(many))):
                broker.say(many)
                await asyncio.sleep(0.001)
                if voice.returncode is not None:
                    break
            await voice.ended()
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            await voice.told(Peers)
            await stage.let_serve(broker, voice)
            assert broker.returncode is None


class TestSettings:
    async def test_a_choice_goes_to_the_broker_and_its_answer_back(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.say(KeepSettings(id=3, change=CHOICE))
            assert await broker.told(KeepSettings) == KeepSettings(id=3, change=CHOICE)
            broker.say(SettingsKept(id=3, error="the disk is full"))
            assert await voice.told(SettingsKept) == SettingsKept(id=3, error="the disk is full")

    async def test_one_that_comes_before_the_start_is_written_down_goes_there_too(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.begun()
            voice.say(KeepSettings(id=1, change=CHOICE))
            assert (await broker.told(KeepSettings)).id == 1
            await stage.let_serve(broker, voice)

    async def test_without_a_broker_it_is_refused_at_once(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            broker.end(-9)
            await broker.ended()
            await asyncio.sleep(0.02)
            voice.say(KeepSettings(id=4, change=CHOICE))
            answer = await voice.told(SettingsKept)
            assert answer.id == 4
            assert "the broker is being started again" in answer.error
            assert "try again" in answer.error


QUESTION = Propose(
    id=3,
    satellite_id="kitchen",
    content="text",
    text="is Ada at home",
    language="en",
    names=(NamedThing(name="Ada", kind="person"),),
)
DECIDED = Decided(request_id="f00d", satellite_id="kitchen", content="text", fate="answered", text="Yes, Ada is.")


class TestRequestsToTheCloud:
    async def test_what_voice_proposes_goes_to_the_broker_and_its_answer_back(self, stage: Stage) -> None:
        sound = Propose(id=4, satellite_id="kitchen", content="audio", sound=bytes(range(256)) * 100)
        async with launched(stage):
            broker, voice = await stage.serving()
            for proposed in (QUESTION, sound):
                voice.say(proposed)
                assert await broker.told(Propose) == proposed
            for answer in (Proposed(id=3, request_id="f00d"), Proposed(id=4, error="no_destination")):
                broker.say(answer)
                assert await voice.told(Proposed) == answer

    async def test_what_is_taken_back_goes_there_too(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.say(Withdraw(id=5, satellite_id="kitchen"))
            assert await broker.told(Withdraw) == Withdraw(id=5, satellite_id="kitchen")
            broker.say(Withdrawn(id=5, requests=2))
            assert await voice.told(Withdrawn) == Withdrawn(id=5, requests=2)

    async def test_what_became_of_a_request_is_told_to_the_voice_that_lives(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            broker.say(DECIDED)
            assert await voice.told(Decided) == DECIDED
            voice.end(-11)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            assert await voice.is_told_nothing(), "it was told once, and no answer is said twice"
            broker.say(DECIDED)
            assert await voice.told(Decided) == DECIDED

    async def test_what_may_be_proposed_is_told_a_new_voice_at_once_as_it_is_by_then(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            for cloud in (CloudIs(is_allowed=True, contents=("text",)), CloudIs(is_allowed=False, contents=("text",))):
                broker.say(cloud)
                assert await voice.told(CloudIs) == cloud
            broker.say(Peers(peers=(peer(),)))
            await voice.told(Peers)
            voice.end(-11)
            voice = await stage.voice()
            await voice.told(VoiceBegin)
            assert await voice.told(CloudIs) == CloudIs(is_allowed=False, contents=("text",))
            assert await voice.told(Peers) == Peers(peers=(peer(),))
            assert await voice.is_told_nothing()

    async def test_a_voice_that_was_taken_over_does_not_keep_the_broker_busy(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now_s = 1_000.0
        monkeypatch.setattr(relaying, "monotonic", lambda: now_s)
        async with launched(stage):
            broker, voice = await stage.serving()
            for _ in range(relaying.MOST_PROPOSALS):
                voice.say(QUESTION)
                await broker.told(Propose)
            now_s += relaying.PROPOSALS_WITHIN_S - 1
            voice.say(QUESTION, Withdraw(id=9, satellite_id="kitchen"))
            assert await voice.told(Proposed) == Proposed(id=3, error="too_many")
            await broker.told(Withdraw)
            now_s += 2
            voice.say(QUESTION)
            await broker.told(Propose)

    async def test_while_the_broker_is_away_nothing_is_asked_and_nothing_waits(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            broker.end(-9)
            await broker.ended()
            await asyncio.sleep(0.02)
            voice.say(QUESTION, Withdraw(id=6, satellite_id="kitchen"))
            assert await voice.told(Proposed) == Proposed(id=3, error="away")
            assert await voice.told(Withdrawn) == Withdrawn(id=6)
            broker = await stage.broker()
            await broker.told(BrokerBegin)
            assert await broker.is_told_nothing(), "what was said meanwhile is not made up for"


class TestRestarts:
    async def test_a_new_broker_is_told_how_voice_is_protected_and_writes_nothing_down(self, stage: Stage) -> None:
        async with launched(stage):
            broker, voice = await stage.serving(replace(PROTECTED, attempts=7))
            broker.end(-9)
            broker = await stage.broker()
            await broker.told(BrokerBegin)
            broker.say(BrokerReady())
            expected = VoiceStarted(id=0, protection=replace(PROTECTED, attempts=7), is_new=False)
            assert await broker.told(VoiceStarted) == expected
            broker.say(Written(id=0))
            assert await voice.is_told_nothing(), "voice goes on as if nothing had happened"
            assert voice.returncode is None

    async def test_a_broker_hears_nothing_of_a_voice_that_has_not_served_yet(self, stage: Stage) -> None:
        async with launched(stage):
            broker = await stage.broker()
            await broker.told(BrokerBegin)
            broker.say(BrokerReady())
            assert await broker.is_told_nothing()

    @pytest.mark.parametrize("who", [BROKER, VOICE])
    async def test_who_cannot_start_the_first_time_ends_the_gateway(self, stage: Stage, who: str) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.begun() if who == VOICE else (await stage.broker(), await stage.voice())
            failing, other = (broker, voice) if who == BROKER else (voice, broker)
            failing.say(Failed(code="model", message="tiny.en: there is no such model; add it"))
            assert await gateway.why_ended() == "tiny.en: there is no such model; add it"
            assert Stop() in other.heard
            assert stage.readied == 0

    @pytest.mark.parametrize("who", [BROKER, VOICE])
    async def test_who_fails_later_is_started_again(
        self, stage: Stage, who: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.serving()
            (broker if who == BROKER else voice).say(Failed(code="config", message="the disk is gone"))
            await (stage.broker() if who == BROKER else stage.voice())
            assert not gateway.serving.done()
        name = "broker" if who == BROKER else "voice"
        assert f"{name}: the disk is gone; it is started again" in caplog.messages

    async def test_how_one_ended_is_logged(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        async with launched(stage):
            broker, voice = await stage.serving()
            voice.end(-11)
            await stage.voice()
            broker.end(3)
            await stage.broker()
        assert "voice: ended by itself (signal 11); it is started again" in caplog.messages
        assert "broker: ended by itself (exit code 3); it is started again" in caplog.messages

    @pytest.mark.parametrize("who", [BROKER, VOICE])
    async def test_a_program_that_cannot_be_started_is_a_clear_error(self, stage: Stage, who: str) -> None:
        stage.faults[who] = OSError(12, "Cannot allocate memory")
        async with launched(stage) as gateway:
            assert await gateway.why_ended() == f"{who} cannot be started (Cannot allocate memory)"


class TestTheEnd:
    async def test_both_are_asked_to_stop_and_have_stopped_when_it_is_over(self, stage: Stage) -> None:
        async with launched(stage, loopback(announce=True)) as gateway:
            processes = await stage.serving()
            for process in processes:
                process.stops_after_s = 0.3
            await asyncio.sleep(0.05)
            gateway.serving.cancel()
            await asyncio.wait({gateway.serving}, timeout=SOON_S)
            assert gateway.serving.cancelled()
            assert [process.returncode for process in processes] == [0, 0], "neither was killed, nor left behind"
            assert stage.events[-1] == "farewell"

    async def test_an_error_of_one_lets_the_other_say_goodbye(self, stage: Stage) -> None:
        async with launched(stage) as gateway:
            broker, voice = await stage.begun()
            broker.stops_after_s = 0.3
            voice.say(Failed(code="model", message="no model"))
            await gateway.why_ended()
            assert broker.returncode == 0

    async def test_who_does_not_stop_is_killed(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(children, "GOODBYE_S", 0.1)
        async with launched(stage) as gateway:
            broker, voice = await stage.serving()
            voice.is_hard_of_hearing = True
            gateway.serving.cancel()
            await asyncio.wait({gateway.serving}, timeout=SOON_S)
            assert (broker.returncode, voice.returncode) == (0, -9)

    async def test_the_ports_are_free_afterwards(self, stage: Stage) -> None:
        config = loopback(wyoming=True)
        ports = (config.server.port, config.server.port + 1, config.wyoming.port)
        async with launched(stage, config):
            await stage.serving()
            assert not any(map(is_free, ports))
        assert all(map(is_free, ports))
