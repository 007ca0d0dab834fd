"""The process that hears, run inside of this one: its confinement is played, all else of it is real."""

import asyncio
import gc
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import voice_process, voice_relay
from gateway.errors import HouseError
from gateway.offer import SettingsChange
from gateway.paths import gateway_dir
from gateway.processes import beginning
from gateway.processes.words import (
    Failed,
    KeepSettings,
    Ping,
    Pong,
    Protected,
    Serve,
    Serving,
    SettingsKept,
    Stop,
)
from gateway.sandbox.targets import Targets
from gateway.settings_file import SettingsFile
from gateway.voice_service import VoiceService
from gateway.wire.dial import Address
from gateway.wire.identity import gateway_id
from gateway.wire.port import bind
from gateway.wire.request_words import ChangeSettings, Offered, SettingsChanged
from gateway.wyoming.port import listen
from tests.gateway.processes.pairs import descriptors
from tests.gateway.running_service import HOST, until
from tests.gateway.running_voice_process import (
    BROKER_PIN,
    FOUND,
    TARGETS,
    Played,
    begin,
    home_of,
    paired_home,
    play,
    running,
)
from tests.gateway.server.peers import ScriptedHome


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """Let nothing be given up for good, and models be scripted."""
    played = play(monkeypatch)
    yield played
    played.parts.close()


def is_at_the_root() -> bool:
    return Path("/").samefile(".")


class TestItsLife:
    async def test_it_gives_up_its_rights_loads_and_tries_before_anybody_is_served(self, played: Played) -> None:
        async with running() as launcher:
            launcher.say(begin())
            assert await launcher.told(Protected) == Protected(protection=FOUND)
            assert played.done == ["confined", f"child of {os.getppid()}", "hardened", "tried"]
            assert (played.targets, played.users) == ([TARGETS], [10_871])
            assert is_at_the_root(), "where it was started may be closed to it by now"
            assert await launcher.is_told_nothing(), "it waits for leave"
            launcher.say(Serve())
            await launcher.told(Serving)
            launcher.say(Stop())
            assert await launcher.code() == 0

    async def test_it_gives_signs_of_life_while_it_loads(self, played: Played) -> None:
        async with running() as launcher:
            launcher.say(begin(), Ping())
            await launcher.told(Pong)
            await launcher.told(Protected)

    async def test_whom_the_launcher_names_is_let_in(self, played: Played) -> None:
        async with running() as launcher:
            await launcher.serving()
            peers, token = paired_home()
            address, pin = Address(host=HOST, port=launcher.port), launcher.identity.fingerprint
            launcher.say(peers)
            await asyncio.sleep(0.05)
            async with ScriptedHome.connected(address, pin=pin, token=token) as home:
                greeting = await home.greeted()
                assert greeting.gateway_id == gateway_id(pin, BROKER_PIN)
                launcher.say(Stop())
                assert await home.end() == "stopping"
            assert await launcher.code() == 0

    async def test_it_is_told_to_stop_while_it_loads(self, played: Played) -> None:
        async with running() as launcher:
            with played.parts.gate:
                launcher.say(begin())
                await until(lambda: "hardened" in played.done)
                launcher.say(Stop())
                assert await launcher.code() == 0
            assert "tried" not in played.done

    @pytest.mark.parametrize("has_begun", [True, False])
    async def test_without_a_launcher_it_ends(self, played: Played, has_begun: bool) -> None:
        async with running() as launcher:
            if has_begun:
                launcher.say(begin())
                await launcher.told(Protected)
            else:
                os.close(launcher.descriptor)
            launcher.raw.shutdown(socket.SHUT_WR)
            assert await launcher.code() == 0

    async def test_nothing_stays_open(self, played: Played) -> None:
        before = len(descriptors())
        async with running(wyoming=True) as launcher:
            await launcher.serving()
            launcher.say(Stop())
            await launcher.code()
        assert len(descriptors()) == before

    async def test_the_wyoming_port_is_served_where_there_is_one(
        self, played: Played, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with running(wyoming=True) as launcher:
            await launcher.serving()
        assert "wyoming: anybody who reaches port" in caplog.text


class TestWhatGoesWrong:
    async def test_a_model_that_cannot_be_loaded_is_told(self, played: Played) -> None:
        played.parts.broken = {"tiny.en"}
        async with running() as launcher:
            launcher.say(begin())
            assert await launcher.told(Failed) == Failed(code="model", message="scripted")
            assert await launcher.code() == beginning.FAILED
        assert "tried" not in played.done

    @pytest.mark.filterwarnings("ignore::ResourceWarning")  # its port goes with the process
    async def test_a_house_file_that_is_not_there_is_told_before_anything_is_given_up(
        self, played: Played, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def house() -> None:
            raise HouseError("house.yaml: there is no such file")

        monkeypatch.setattr(played.parts, "house", house)
        async with running() as launcher:
            launcher.say(begin())
            assert await launcher.told(Failed) == Failed(code="house", message="house.yaml: there is no such file")
            assert await launcher.code() == beginning.FAILED
        assert played.done == []
        gc.collect()

    async def test_a_launcher_that_begins_twice_is_refused(self, played: Played) -> None:
        async with running() as launcher:
            launcher.say(begin(), begin())
            said = await launcher.link.hear()
            while isinstance(said, Protected):
                said = await launcher.link.hear()
            assert said == Failed(code="process", message="the launcher began twice")
            assert await launcher.code() == beginning.FAILED

    async def test_what_is_no_message_ends_it(self, played: Played) -> None:
        async with running() as launcher:
            await launcher.serving()
            launcher.raw.send(b"{}\n")
            assert (await launcher.told(Failed)).code == "protocol"
            assert await launcher.code() == beginning.FAILED

    async def test_what_is_none_at_all_before_it_has_begun_does_so_too(self, played: Played) -> None:
        async with running() as launcher:
            launcher.raw.send(b"hello\n")
            assert (await launcher.told(Failed)).code == "protocol"
            assert await launcher.code() == beginning.FAILED
            os.close(launcher.descriptor)

    async def test_who_begins_with_something_else_is_nobody(self, played: Played) -> None:
        async with running() as launcher:
            launcher.say(Serve())
            assert await launcher.code() == 0
            os.close(launcher.descriptor)
        assert played.done == []

    async def test_a_user_that_was_changed_by_half_is_a_fault(
        self, played: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        services: list[VoiceService] = []

        def noted(*arguments: Any, **more: Any) -> VoiceService:
            services.append(VoiceService(*arguments, **more))
            return services[0]

        def half(targets: Targets, *, user: int | None) -> None:
            raise PermissionError(1, "it is not wholly user 10871")

        monkeypatch.setattr(voice_process, "VoiceService", noted)
        monkeypatch.setattr(voice_process, "Confinement", half)
        async with running() as launcher:
            launcher.say(begin())
            with pytest.raises(PermissionError):
                await launcher.code()
            await services[0].close()  # the process would have ended


class TestWhatIsChosen:
    async def test_it_is_remembered_by_the_broker_before_it_holds(self, played: Played) -> None:
        async with running() as launcher, home_of(launcher) as home:
            home.say(ChangeSettings(id=1, stt_model="base"))
            asked = await launcher.told(KeepSettings)
            assert asked.change == SettingsChange(stt_model="base")
            assert not home.all_told(SettingsChanged)
            launcher.say(SettingsKept(id=asked.id + 7, error="nobody asked"), SettingsKept(id=asked.id))
            launcher.say(SettingsKept(id=asked.id, error="twice"))
            assert (await home.told(SettingsChanged)).error == ""
            assert (await home.told(Offered, 2)).stt_model == "base"
        assert not SettingsFile(gateway_dir()).chosen.named, "the process itself writes nothing"

    async def test_where_it_cannot_be_the_home_hears_why(self, played: Played) -> None:
        async with running() as launcher, home_of(launcher) as home:
            home.say(ChangeSettings(id=1, stt_model="base"))
            asked = await launcher.told(KeepSettings)
            launcher.say(SettingsKept(id=asked.id, error="the disk is full"))
            changed = await home.told(SettingsChanged)
            assert (changed.error, changed.message) == ("config", "the disk is full")
            home.say(ChangeSettings(id=2, stt_model="base"))
            assert (await launcher.told(KeepSettings)).id != asked.id, "each is asked by a number of its own"

    async def test_a_broker_that_does_not_answer_is_not_waited_for_for_ever(
        self, played: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(voice_relay, "KEPT_S", 0.05)
        async with running() as launcher, home_of(launcher) as home:
            home.say(ChangeSettings(id=1, stt_model="base"))
            late = await launcher.told(KeepSettings)
            changed = await home.told(SettingsChanged)
            assert "the broker does not answer" in changed.message
            assert "try again" in changed.message
            launcher.say(SettingsKept(id=late.id))
            assert await launcher.is_told_nothing()
            assert len(home.all_told(Offered)) == 1


class TestTheProgram:
    def test_what_it_does_first(self, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        ours, theirs = socket.socketpair()
        voice_port, wyoming_port = bind(HOST, 0), listen(HOST, 0)
        numbers = {"link": theirs.detach(), "port": voice_port.detach(), "wyoming": wyoming_port.detach()}
        options = [word for name, number in numbers.items() for word in (f"--{name}", str(number))]
        monkeypatch.setattr(sys, "argv", ["voice", "--parent", "77", *options, "--keep", "901", "--keep", "900"])
        with ours:
            ours.send(msgspec.json.encode(begin()) + b"\n" + msgspec.json.encode(Stop()) + b"\n")
            assert voice_process.main() == 0
        gc.unfreeze()
        kept = sorted([0, 1, 2, *numbers.values(), 900, 901])
        assert played.done[:4] == [f"kept {kept}", "child of 77", "no signals", "hardened"]
        assert played.done[4:7] == ["confined", "child of 77", "hardened"], "the kernel forgets it with the user"

    def test_without_wyoming_one_less_is_kept(self, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        ours, theirs = socket.socketpair()
        ours.close()
        link = theirs.detach()
        monkeypatch.setattr(sys, "argv", ["voice", "--parent", "77", "--link", str(link), "--port", "900"])
        assert voice_process.main() == 0
        assert played.done[0] == f"kept {sorted([0, 1, 2, link, 900])}"

    def test_it_is_nothing_that_a_person_starts(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "gateway.voice_process"], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2
        assert "--parent, --link, --port" in done.stderr
