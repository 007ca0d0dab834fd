import asyncio
import logging
from pathlib import Path

import pytest

from gateway.broker import pairing
from gateway.broker.app import Broker
from gateway.broker.audit import AuditError
from gateway.broker.audit_rows import decoded
from gateway.broker.owner_link import owner_link
from gateway.errors import ConfigError, LinkError, TrustError
from gateway.offer import SettingsChange
from gateway.protection import Protection
from gateway.settings_file import SettingsFile
from gateway.wire.broker_words import FROM_BROKER, AskProtection, Leave, ListPeers, Peers, RevokePeer
from gateway.wire.dial import dial
from gateway.wire.identity import gateway_id, load_or_create_identity
from gateway.wire.messages import Greeting, Hello, Refused
from gateway.wire.pairing import pair
from gateway.wire.peers import Peer, Role
from gateway.wire.port import bind
from tests.gateway.broker.running import HOST, locked, running, soon


async def test_the_first_start_shows_a_code_for_a_home_and_later_starts_do_not(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        assert gateway.shown == []
        for _ in range(2):
            gateway.broker.open_first_window()
        (shown,) = gateway.shown
        assert shown.seconds == pairing.WINDOW_S
        assert gateway.told == [[]]
        home = await pair(gateway.voice, gateway.port, code=shown.code, role=Role.HOME, name="Home Assistant")
        (peer,) = gateway.told[-1]
        assert (peer.id, peer.name, peer.role) == (home.peer_id, "Home Assistant", Role.HOME)
    async with running(tmp_path) as gateway:
        gateway.broker.open_first_window()
        assert gateway.shown == []
        assert gateway.told == [[peer]]


async def test_a_home_decides_about_peers_and_a_satellite_only_about_itself(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home = await gateway.paired(Role.HOME, "Home")
        satellite = await gateway.paired(Role.SATELLITE, "Kitchen", area="Kitchen")
        async with gateway.channel(home) as consent:
            consent.say(ListPeers())
            listed = await soon(consent.hear)
            assert isinstance(listed, Peers)
            assert [(peer.id, peer.role, peer.area) for peer in listed.peers] == [
                (home.peer_id, Role.HOME, ""),
                (satellite.peer_id, Role.SATELLITE, "Kitchen"),
            ]
            async with gateway.channel(satellite) as leaving:
                leaving.say(Leave())
                assert await soon(leaving.hear) is None
            consent.say(ListPeers())
            listed = await soon(consent.hear)
            assert isinstance(listed, Peers)
            assert [peer.id for peer in listed.peers] == [home.peer_id]
        assert [peer.id for peer in gateway.told[-1]] == [home.peer_id]


async def test_a_revoked_token_ends_its_connections_and_opens_none(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home = await gateway.paired(Role.HOME)
        satellite = await gateway.paired(Role.SATELLITE)
        async with (
            gateway.channel(satellite) as first,
            gateway.channel(satellite) as second,
            gateway.channel(home) as us,
        ):
            us.say(RevokePeer(peer_id=satellite.peer_id))
            assert await soon(first.hear) is None
            assert await soon(second.hear) is None
            assert isinstance(await soon(us.hear), Peers)
            us.say(RevokePeer(peer_id=satellite.peer_id))  # who is none is none afterwards
            assert isinstance(await soon(us.hear), Peers)
        with pytest.raises(TrustError, match="does not know this device"):
            async with gateway.channel(satellite):
                pass


async def test_a_new_home_is_paired_besides_the_old_one(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        old, new = await gateway.paired(name="Home"), await gateway.paired(name="Home")
        async with gateway.channel(old) as first, gateway.channel(new) as second:
            for channel in (first, second):
                channel.say(ListPeers())
                listed = await soon(channel.hear)
                assert isinstance(listed, Peers)
                assert [peer.name for peer in listed.peers] == ["Home", "Home 2"]


async def test_a_greeting_says_which_gateway_this_is(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home = await gateway.paired(name="Home")
        assert home.gateway_id == gateway_id(home.voice_pin, home.broker_pin)
        async with dial(gateway.port, "/broker", FROM_BROKER, pin=home.broker_pin, token=home.broker_token) as channel:
            channel.say(Hello(protocol=1))
            assert await soon(channel.hear) == Greeting(
                protocol=1,
                version="test",
                gateway_id=home.gateway_id,
                peer_id=home.peer_id,
                role=Role.CONSENT,
                name="Home",
            )
            channel.say(Hello(protocol=1))
            refused = await soon(channel.hear)
            assert isinstance(refused, Refused)
            assert refused.code == "out_of_order"


async def test_whoever_does_not_say_hello_first_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home = await gateway.paired()
        async with dial(gateway.port, "/broker", FROM_BROKER, pin=home.broker_pin, token=home.broker_token) as channel:
            channel.say(ListPeers())
            refused = await soon(channel.hear)
            assert isinstance(refused, Refused)
            assert (refused.code, refused.about) == ("out_of_order", "list_peers")
            assert await soon(channel.hear) is None


async def test_closing_tells_the_peers_and_lets_go_of_everything(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home = await gateway.paired()
        async with gateway.channel(home) as channel:
            closing = asyncio.create_task(gateway.broker.close())
            assert await soon(channel.hear) is None
            await soon(lambda: closing)
        bind(HOST, gateway.port.port).close()
        async with running(tmp_path) as again:
            assert again.told[0] == gateway.told[-1]


async def test_two_gateways_do_not_keep_one_folder(tmp_path: Path) -> None:
    identity = load_or_create_identity(tmp_path / "broker.pem")
    async with running(tmp_path):
        bound = bind(HOST, 0)
        with pytest.raises(ConfigError, match="another gateway is running"):
            Broker(tmp_path, bound, identity, b"", version="", configuration="", tell_voice=print, show_code=print)
        assert bound.fileno() == -1


@pytest.mark.usefixtures("impatient")
async def test_a_broker_whose_start_cannot_be_written_down_lets_nobody_in(tmp_path: Path) -> None:
    identity = load_or_create_identity(tmp_path / "broker.pem")
    bound = bind(HOST, 0)
    told: list[list[Peer]] = []
    broker = Broker(
        tmp_path, bound, identity, b"", version="", configuration="", tell_voice=told.append, show_code=print
    )
    with locked(tmp_path), pytest.raises(AuditError, match="cannot be written"):
        await broker.start()
    assert told == []
    assert not (tmp_path / "owner.sock").exists()
    await broker.close()


@pytest.mark.usefixtures("impatient")
async def test_a_voice_process_whose_start_cannot_be_written_down_must_not_serve(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, owner_link(tmp_path) as us:
        with locked(tmp_path), pytest.raises(AuditError, match="cannot be written"):
            gateway.broker.voice_started(Protection(), is_new=True)
        with pytest.raises(LinkError, match="has not started yet"):
            await us.ask(AskProtection())


async def test_settings_are_kept_and_the_log_says_which(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        gateway.broker.keep_settings(SettingsChange(voice="joe"))
    assert SettingsFile(tmp_path).chosen == SettingsChange(voice="joe")
    async with running(tmp_path, configuration="another one") as gateway:
        log = gateway.broker._records.audit
        rows = [decoded(row) for row in log.rows(0, log.head.size)]
    assert [(row.action, row.about) for row in rows if row is not None] == [
        ("start", "broker"),
        ("configure", "settings"),
        ("configure", "file"),
        ("start", "broker"),
    ]


@pytest.mark.usefixtures("impatient")
async def test_pairing_and_revoking_that_cannot_be_written_down_do_not_happen(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home, satellite = await gateway.paired(Role.HOME), await gateway.paired(Role.SATELLITE)
        told = len(gateway.told)
        code = await gateway.code()
        with locked(tmp_path):
            with pytest.raises(LinkError, match="could not keep the pairing; its log says why"):
                await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")
            with pytest.raises(LinkError, match="could not write it down; its log says why"):
                await gateway.revoke(satellite)
            async with gateway.channel(home) as us, gateway.channel(satellite) as leaving:
                for channel, message in ((us, RevokePeer(peer_id=satellite.peer_id)), (leaving, Leave())):
                    channel.say(message)
                    refused = await soon(channel.hear)
                    assert isinstance(refused, Refused)
                    assert refused.code == "not_stored"
        assert len(gateway.told) == told


async def test_no_secret_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(tmp_path) as gateway:
        gateway.broker.open_first_window()
        home = await gateway.paired(name="Secret name")
        await gateway.code()
        with pytest.raises(TrustError):
            await pair(gateway.voice, gateway.port, code="A" * 16, role=Role.HOME, name="x")
        async with gateway.channel(home) as channel:
            channel.say(RevokePeer(peer_id=home.peer_id))
            await soon(channel.hear)
    ours = [record for record in caplog.records if record.name.startswith("gateway")]
    said = "\n".join(record.getMessage() for record in ours)
    assert f"pairing: {home.peer_id} is a peer now: home" in said
    assert "pairing: refused: wrong_code" in said
    assert f"revoked: {home.peer_id}" in said
    codes = [opened.code for opened in gateway.shown] + gateway.opened
    secrets = [*codes, *(code.replace("-", "") for code in codes), home.voice_token, home.broker_token, "Secret name"]
    assert not [secret for secret in secrets if secret in said]
