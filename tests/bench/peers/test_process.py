import asyncio
import os
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bench.peers.client import listen, speak, transcribe
from bench.peers.environment import peers_python, version_of
from bench.peers.process import Peer, free_port, served, usual_environment
from gateway.errors import ConfigError, EngineError

SERVER = Path(__file__).with_name("wyoming_server.py")
SECOND = bytes(32_000)


def serving(*how: str, ready_s: float = 10.0) -> AbstractAsyncContextManager[Peer]:
    """Run a Wyoming server that behaves as told."""
    port = free_port()
    command = (sys.executable, "-S", str(SERVER), str(port), *how)
    return served("fake", command, port=port, environment=usual_environment(), folder=Path("/"), ready_s=ready_s)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_server_is_there_once_it_answers_and_gone_when_it_is_no_longer_needed() -> None:
    async with serving("late") as peer:
        heard = await transcribe(peer, SECOND, is_paced=False)
        assert heard.text == "32000 bytes"
        assert peer.resident_mib() > 1
        assert runs(peer.pid)
    assert not runs(peer.pid)


async def test_sound_is_sent_at_the_pace_of_life_and_only_what_comes_after_it_counts() -> None:
    async with serving() as peer:
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        heard = await transcribe(peer, SECOND[:16_000], is_paced=True)
        assert loop.time() - start_s - heard.took_s >= 0.48


async def test_replies_and_wake_words_are_asked_for_in_the_same_way() -> None:
    async with serving() as peer:
        assert await speak(peer, "Done.") == b"\x01\x00" * 4
        assert await listen(peer, SECOND) is False


async def test_a_server_that_reports_an_error_or_leaves_is_an_error() -> None:
    async with serving("refuse") as peer:
        with pytest.raises(EngineError, match="fake reports an error"):
            await transcribe(peer, SECOND, is_paced=False)
        with pytest.raises(EngineError, match="fake has closed"):
            await speak(peer, "Done.")


async def test_a_server_that_ends_at_once_is_an_error_with_its_last_words() -> None:
    with pytest.raises(EngineError, match=r"fake ended while it was starting: .*no model"):
        async with serving("fail"):
            pytest.fail("it never served")


async def test_a_server_that_never_answers_is_given_up_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.peers.process.ANSWER_S", 0.1)
    with pytest.raises(EngineError, match="fake does not answer within 0 s: it said nothing"):
        async with serving("silent", ready_s=0.3):
            pytest.fail("it never served")


async def test_a_server_that_will_not_leave_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.peers.process.GOODBYE_S", 0.2)
    async with serving("stay") as peer:
        pid = peer.pid
    assert not runs(pid)


def test_peers_that_are_not_installed_are_an_error_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="scripts/bootstrap bench"):
        peers_python(tmp_path)
    with pytest.raises(ConfigError, match=r"wyoming-piper is not installed.*scripts/bootstrap bench"):
        version_of("wyoming-piper", tmp_path)


def test_peers_that_are_installed_are_found_with_their_versions(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / ".bootstrap").touch()
    package = tmp_path / "lib" / "python3.14" / "site-packages" / "wyoming_piper-2.5.2.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: wyoming-piper\nVersion: 2.5.2\n")
    assert peers_python(tmp_path) == tmp_path / "bin" / "python"
    assert version_of("wyoming-piper", tmp_path) == "2.5.2"


def test_a_servers_environment_has_nothing_that_leads_it_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = usual_environment(HOME="/home/nobody")
    assert "PYTHONPATH" not in environment
    assert environment["LANG"] == "C.UTF-8"
    assert environment["HOME"] == "/home/nobody"
