import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import LinkError, TrustError
from gateway.satellite import leaving
from gateway.satellite.known_gateways import KnownGateway, from_pairing
from gateway.satellite.leaving import leave
from gateway.wire.dial import Address
from gateway.wire.peers import Role
from tests.gateway.broker.running import Gateway, running
from tests.gateway.satellite.scripted_gateway import ScriptedGateway, scripted_gateway


async def known(gateway: Gateway) -> KnownGateway:
    """Pair a satellite. Its voice port is one before the broker's, whoever is there."""
    paired = await gateway.paired(Role.SATELLITE, "Kitchen")
    return from_pairing(Address(host=gateway.port.host, port=gateway.port.port - 1), paired)


async def test_who_leaves_is_no_peer_any_more(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        satellite = await known(gateway)
        await leave(satellite)
        assert gateway.told[-1] == []
        with pytest.raises(TrustError):
            await leave(satellite)


async def test_a_gateway_that_is_gone_did_not_hear_it(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        satellite = await known(gateway)
    with pytest.raises(LinkError, match="is not reached"):
        await leave(satellite)


async def test_a_gateway_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "ANSWER_S", 0.0)
    async with running(tmp_path) as gateway:
        satellite = await known(gateway)
        with pytest.raises(LinkError, match="did not answer in time"):
            await leave(satellite)
        assert len(gateway.told[-1]) == 1


def at_broker(gateway: ScriptedGateway) -> KnownGateway:
    """Return a scripted gateway as one whose broker it is."""
    voice = Address(host="127.0.0.1", port=gateway.listener.port - 1)
    return replace(gateway.known, voice=voice, broker_pin=gateway.identity.fingerprint)


async def test_a_gateway_that_does_not_let_go_did_not_hear_it(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        with pytest.raises(LinkError, match="did not let this satellite go"):
            await leave(at_broker(gateway))


async def test_a_gateway_that_does_not_greet_did_not_hear_it(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway:
        gateway.greeting = None
        leaving_us = asyncio.create_task(leave(at_broker(gateway)))
        await (await gateway.session()).channel.close("stopping")
        with pytest.raises(LinkError, match="did not greet"):
            await leaving_us
