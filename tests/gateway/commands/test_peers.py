import argparse
import asyncio
import json
from contextlib import closing

import pytest

from gateway.broker.audit import AuditLog
from gateway.broker.store import PeerStore
from gateway.commands import peers as command
from gateway.errors import ConfigError, LinkError
from gateway.paths import gateway_dir
from gateway.wire.broker_words import PeerWords
from gateway.wire.peers import Role
from tests.gateway.broker.running import locked, running, soon


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["peers", *arguments])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def stored() -> tuple[PeerWords, PeerWords]:
    """Store a home and a satellite, as a gateway would have."""
    with closing(PeerStore(gateway_dir())) as store:
        home = store.add(name="Home", role=Role.HOME).peer
        return home, store.add(name="Shelf [red]", role=Role.SATELLITE, area="Kitchen").peer


def test_nobody_is_paired_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert capsys.readouterr().out == ("Nobody is paired; `local-voice pair` lets Home Assistant or a satellite in.\n")


def test_everybody_is_listed_where_no_gateway_runs(capsys: pytest.CaptureFixture[str]) -> None:
    home, satellite = stored()
    assert run("list") == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["id", "name", "role", "area", "paired"]
    assert lines[0].split()[:3] == [home.id, "Home", "home"]
    assert lines[1].split()[:5] == [satellite.id, "Shelf", "[red]", "satellite", "Kitchen"]
    assert lines[0].rstrip().endswith(home.paired_at[11:19])
    assert max(map(len, lines)) <= 80


def test_one_is_revoked_where_no_gateway_runs(capsys: pytest.CaptureFixture[str]) -> None:
    home, satellite = stored()
    assert run("revoke", "shelf [RED]") == 0
    assert capsys.readouterr().out == f"Revoked: Shelf [red] (satellite, {satellite.id}).\n"
    with closing(PeerStore(gateway_dir())) as store:
        assert store.peers() == (home,)
    assert run("revoke", home.id) == 0
    with closing(AuditLog(gateway_dir())) as log:
        rows = [json.loads(row) for row in log.rows(0, 10)]
    assert [(row["actor"], row["action"], row["about"]) for row in rows] == [
        ("owner", "revoke", satellite.id),
        ("owner", "revoke", home.id),
    ]
    with pytest.raises(ConfigError, match="peers: there is no 'Home'; nobody is paired"):
        run("revoke", "Home")


@pytest.mark.usefixtures("impatient")
def test_where_it_cannot_be_written_down_nobody_is_revoked() -> None:
    home, satellite = stored()
    AuditLog(gateway_dir()).close()
    with locked(gateway_dir()), pytest.raises(ConfigError, match="the audit log cannot be written"):
        run("revoke", home.id)
    with closing(PeerStore(gateway_dir())) as store:
        assert store.peers() == (home, satellite)


def test_a_name_that_is_not_known_is_named_beside_those_that_are() -> None:
    stored()
    with pytest.raises(ConfigError) as refused:
        run("revoke", "Bath")
    assert str(refused.value) == "peers: there is no 'Bath'; paired are: Home, Shelf [red]"


async def test_a_running_gateway_is_asked_and_cuts_off_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    async with running(gateway_dir()) as gateway:
        home = await gateway.paired(name="Home")
        async with gateway.channel(home) as channel:
            assert await asyncio.to_thread(run, "list") == 0
            assert home.peer_id in capsys.readouterr().out
            assert await asyncio.to_thread(run, "revoke", "Home") == 0
            assert await soon(channel.hear) is None
        assert gateway.told[-1] == []


async def test_a_gateway_that_answers_something_else_is_not_understood() -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"type":"pairing_closed","reason":"expired"}\n')
        await reader.read()
        writer.close()

    gateway_dir().mkdir(parents=True)
    async with await asyncio.start_unix_server(other, str(gateway_dir() / "owner.sock")):
        with pytest.raises(LinkError, match="the gateway answered out of order"):
            await asyncio.to_thread(run, "list")
