import array
import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path

import pytest

from gateway.broker import owner, owner_link
from gateway.broker.app import Broker
from gateway.broker.owner import MOST_CONNECTIONS
from gateway.broker.owner_link import ANSWER_S, NoGatewayError
from gateway.broker.pairing import Closing
from gateway.errors import ConfigError, LinkError
from gateway.protection import Layer, Protection
from gateway.wire.broker_words import (
    BROKER_TO_OWNER,
    MOST_PEERS,
    AskProtection,
    ListPeers,
    OpenPairing,
    PairingClosed,
    PairingOpen,
    Peers,
    ProtectionIs,
    RecordDownload,
    Recorded,
    RevokePeer,
)
from gateway.wire.consent_words import (
    AddDestination,
    AllowCloud,
    Approve,
    AskAnswer,
    AskConsent,
    AskPreview,
    Refuse,
    RemoveDestination,
    SetPin,
)
from gateway.wire.identity import load_or_create_identity
from gateway.wire.messages import Hello, Message, Refused, encode, name_of
from gateway.wire.pairing import pair
from gateway.wire.peers import Role
from gateway.wire.port import bind
from tests.gateway.broker.running import HOST, SOON_S, locked, running, soon
from tests.gateway.broker.test_conversations import all_messages


async def test_the_owner_opens_the_window_and_hears_who_was_paired(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, owner_link.owner_link(tmp_path) as us:
        opened = await us.ask(OpenPairing(role=Role.SATELLITE, area="Kitchen"))
        assert isinstance(opened, PairingOpen)
        assert opened.seconds == 300
        assert len(opened.code) == 19
        paired = await pair(gateway.voice, gateway.port, code=opened.code, role=Role.SATELLITE, name="Shelf")
        closed = await us.hear(SOON_S)
        assert isinstance(closed, PairingClosed)
        assert closed.reason == "paired"
        assert closed.peer is not None
        assert (closed.peer.id, closed.peer.name, closed.peer.area) == (paired.peer_id, "Shelf", "Kitchen")
        assert gateway.told[-1][0].area == "Kitchen"
        assert await us.ask(ListPeers()) == Peers(peers=(closed.peer,))
        assert await us.ask(RevokePeer(peer_id=paired.peer_id)) == Peers(peers=())


async def test_the_owner_hears_that_nobody_came(tmp_path: Path) -> None:
    async with running(tmp_path, window_s=0.05), owner_link.owner_link(tmp_path) as us:
        assert isinstance(await us.ask(OpenPairing(role=Role.HOME)), PairingOpen)
        assert await us.hear(SOON_S) == PairingClosed(reason=Closing.EXPIRED)


async def test_who_opened_a_window_hears_that_another_took_its_place(tmp_path: Path) -> None:
    async with running(tmp_path), owner_link.owner_link(tmp_path) as first, owner_link.owner_link(tmp_path) as second:
        assert isinstance(await first.ask(OpenPairing(role=Role.HOME)), PairingOpen)
        assert isinstance(await second.ask(OpenPairing(role=Role.HOME)), PairingOpen)
        assert await first.hear(SOON_S) == PairingClosed(reason=Closing.REPLACED)


async def test_a_window_outlives_the_terminal_that_opened_it(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        code = await gateway.code()  # its connection has gone
        await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")


async def test_the_owner_hears_that_the_gateway_stops(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, owner_link.owner_link(tmp_path) as us:
        assert isinstance(await us.ask(OpenPairing(role=Role.HOME)), PairingOpen)
        await gateway.broker.close()
        assert await us.hear(SOON_S) == PairingClosed(reason=Closing.STOPPED)
        with pytest.raises(LinkError, match="the gateway has ended"):
            await us.hear(SOON_S)
        with pytest.raises(LinkError, match="the gateway has ended"):
            await us.ask(ListPeers())
    assert not (tmp_path / "owner.sock").exists()


async def test_a_window_for_consent_alone_or_for_one_peer_too_many_is_not_opened(tmp_path: Path) -> None:
    async with running(tmp_path), owner_link.owner_link(tmp_path) as us:
        with pytest.raises(LinkError, match="only a home or a satellite can be paired"):
            await us.ask(OpenPairing(role=Role.CONSENT))


async def test_where_there_is_no_room_no_window_is_opened(tmp_path: Path) -> None:
    stored = ",".join(
        f'{{"id":"{number}","name":"n{number}","role":"satellite","area":"","paired_at":"","voice_secret_hash":"'
        f'{"0" * 64}","broker_secret_hash":"{"0" * 64}"}}'
        for number in range(MOST_PEERS)
    )
    (tmp_path / "peers.json").write_text(f'{{"version":1,"peers":[{stored}]}}', encoding="utf-8")
    async with running(tmp_path) as gateway, owner_link.owner_link(tmp_path) as us:
        assert gateway.shown == []
        with pytest.raises(LinkError, match="there is no room for another peer; `local-voice peers revoke` makes some"):
            await us.ask(OpenPairing(role=Role.HOME))
        assert isinstance(await us.ask(RevokePeer(peer_id="7")), Peers)
        assert isinstance(await us.ask(OpenPairing(role=Role.HOME)), PairingOpen)


async def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    async with running(tmp_path):
        assert (tmp_path / "owner.sock").stat().st_mode & 0o777 == 0o600


async def test_the_socket_of_a_dead_gateway_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "owner.sock"))
    with pytest.raises(NoGatewayError):
        async with owner_link.owner_link(tmp_path):
            pass
    async with running(tmp_path), owner_link.owner_link(tmp_path) as us:
        assert await us.ask(ListPeers()) == Peers(peers=())


async def test_a_path_that_is_too_long_for_a_socket_will_do(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "gateway"
    assert len(str(folder)) > 107
    async with running(folder), owner_link.owner_link(folder) as us:
        assert await us.ask(ListPeers()) == Peers(peers=())


async def test_a_socket_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "owner.sock").mkdir()
    identity = load_or_create_identity(tmp_path / "broker.pem")
    broker = Broker(
        tmp_path, bind(HOST, 0), identity, b"", version="", configuration="", tell_voice=print, show_code=print
    )
    with pytest.raises(ConfigError, match=r"owner\.sock: cannot be made"):
        await broker.start()
    await broker.close()


async def test_where_no_gateway_runs_that_is_said(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(NoGatewayError, match="no gateway of this user is running on this machine"):
            async with owner_link.owner_link(folder):
                pass


async def test_a_socket_that_is_none_or_not_ours_is_not_reached(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="is not reached"):
        async with owner_link.owner_link(tmp_path / ("x" * 300)):
            pass
    (tmp_path / "owner.sock").symlink_to("owner.sock")
    with pytest.raises(LinkError, match="is not reached"):
        async with owner_link.owner_link(tmp_path):
            pass


async def test_what_is_no_message_is_refused_and_the_owner_may_go_on(tmp_path: Path) -> None:
    async with running(tmp_path), owner_link.owner_link(tmp_path) as us:
        with pytest.raises(LinkError, match="no such message"):
            await us.ask(Hello(protocol=1))
        assert await us.ask(ListPeers()) == Peers(peers=())


async def test_a_line_without_an_end_ends_the_connection(tmp_path: Path) -> None:
    async with running(tmp_path):
        for sent in (b"x" * 200_000, b'{"type":"list_peers"}'):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "owner.sock"))
            writer.write(sent)
            writer.write_eof()
            with contextlib.suppress(ConnectionError):
                assert await soon(reader.read) == b""
            writer.transport.abort()


async def test_an_owner_who_says_nothing_or_reads_nothing_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "QUIET_S", 0.05)
    monkeypatch.setattr(owner, "SEND_S", 0.05)
    async with running(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "owner.sock"))
        assert await soon(reader.read) == b""
        writer.transport.abort()
    stored = f'{{"id":"1","name":"{"n" * 200}","role":"satellite","area":"","paired_at":"","voice_secret_hash":"'
    stored += f'{"0" * 64}","broker_secret_hash":"{"0" * 64}"}}'
    (tmp_path / "peers.json").write_text(f'{{"version":1,"peers":[{stored}]}}', encoding="utf-8")
    async with running(tmp_path):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "owner.sock"), limit=1)

        async def ask_and_never_read() -> None:
            while True:
                writer.write(b'{"type":"list_peers"}\n' * 100)
                await writer.drain()

        with pytest.raises(ConnectionError):
            await soon(ask_and_never_read)
        writer.transport.abort()


async def test_a_person_has_a_few_terminals_and_no_more(tmp_path: Path) -> None:
    async with running(tmp_path):
        ends = [await asyncio.open_unix_connection(str(tmp_path / "owner.sock")) for _ in range(MOST_CONNECTIONS + 1)]
        assert await soon(ends[-1][0].read) == b""
        for _, writer in ends:
            writer.transport.abort()


async def test_a_gateway_that_was_killed_is_gone(tmp_path: Path) -> None:
    async def killed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"type":"pe')
        writer.close()

    server = await asyncio.start_unix_server(killed, str(tmp_path / "owner.sock"))
    async with server, owner_link.owner_link(tmp_path) as us:
        with pytest.raises(LinkError, match="the gateway has ended"):
            await us.ask(ListPeers())


async def test_a_gateway_that_says_too_much_is_not_listened_to(tmp_path: Path) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 200_000)
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(endless, str(tmp_path / "owner.sock"))
    async with server, owner_link.owner_link(tmp_path) as us:
        with pytest.raises(LinkError, match="the gateway has ended"):
            await us.hear(SOON_S)


async def test_a_gateway_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(mute, str(tmp_path / "owner.sock"))
    async with server, owner_link.owner_link(tmp_path) as us:
        with pytest.raises(LinkError, match="did not answer within 0 seconds; try again"):
            await us.hear(0.01)
    assert ANSWER_S < 10


# Protection, and downloads


async def test_the_owner_asks_how_the_process_that_hears_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, owner_link.owner_link(tmp_path) as us:
        with pytest.raises(LinkError, match="has not started yet; wait until the gateway is ready"):
            await us.ask(AskProtection())
        gateway.broker.voice_started(Protection(layers=(Layer.SECCOMP,), attempts=3), is_new=True)
        told = await us.ask(AskProtection())
        assert isinstance(told, ProtectionIs)
        assert (told.is_enforced, told.layers, told.attempts) == (True, ("seccomp",), 3)


async def test_a_download_is_written_down_and_its_row_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, owner_link.owner_link(tmp_path) as us:
        assert await us.ask(RecordDownload(model="tiny.en", host="example.org")) == Recorded(row=2)
        (row,) = gateway.broker._records.audit.rows(1, 10)
        written = json.loads(row)
        assert (written["actor"], written["action"], written["about"]) == ("owner", "download", "tiny.en")
        assert written["detail"] == {"host": "example.org"}


@pytest.mark.usefixtures("impatient")
async def test_a_download_that_cannot_be_written_down_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path), owner_link.owner_link(tmp_path) as us:
        with locked(tmp_path), pytest.raises(LinkError, match=r"nothing is fetched: .* cannot be written"):
            await us.ask(RecordDownload(model="tiny.en", host="example.org"))
        assert isinstance(await us.ask(ListPeers()), Peers)


# Who may say what


EXAMPLES: dict[type[Message], Message] = {
    OpenPairing: OpenPairing(role=Role.HOME),
    ListPeers: ListPeers(),
    RevokePeer: RevokePeer(peer_id="nobody"),
    AskProtection: AskProtection(),
    RecordDownload: RecordDownload(model="tiny.en", host="example.org"),
    AskConsent: AskConsent(),
    AskPreview: AskPreview(id=1, request_id="none"),
    Approve: Approve(id=1, request_id="none", hash="ab" * 32, nonce="ab" * 16),
    Refuse: Refuse(id=1, request_id="none"),
    AllowCloud: AllowCloud(id=1, is_allowed=False),
    AskAnswer: AskAnswer(id=1, request_id="none"),
    AddDestination: AddDestination(id=1, name="cloud", kind="chat", url="https://cloud.example", model="m"),
    RemoveDestination: RemoveDestination(id=1, name="cloud"),
    SetPin: SetPin(id=1, pin=""),
}
ANSWERS = {
    OpenPairing: "pairing_open",
    ListPeers: "peers",
    RevokePeer: "peers",
    AskProtection: "protection",
    RecordDownload: "recorded",
    AskConsent: "consent",
    AskPreview: "preview",
    Approve: "consent_done",
    Refuse: "consent_done",
    AllowCloud: "consent_done",
    AskAnswer: "cloud_answer",
    AddDestination: "consent_done",
    RemoveDestination: "consent_done",
    SetPin: "consent_done",
}


async def test_the_owner_may_say_what_the_table_says_and_nothing_else(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        gateway.broker.voice_started(Protection(), is_new=True)
        for kind in all_messages():
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "owner.sock"))
            bare = f'{{"type":"{name_of(kind)}"}}'.encode()
            writer.write((encode(EXAMPLES[kind]) if kind in EXAMPLES else bare) + b"\n")
            answer = BROKER_TO_OWNER.decode(await soon(reader.readline))
            said = answer.code if isinstance(answer, Refused) else name_of(type(answer))
            assert said == ANSWERS.get(kind, "unknown_type"), name_of(kind)
            writer.transport.abort()


# Descriptors


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count


async def test_a_descriptor_that_is_sent_along_is_not_accepted(tmp_path: Path) -> None:
    async with running(tmp_path):
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as us:
            us.setblocking(False)
            await loop.sock_connect(us, str(tmp_path / "owner.sock"))
            us.send(b'{"type":"list_peers"}\n')
            await soon(lambda: loop.sock_recv(us, 65_536))  # it has accepted us
            before = open_descriptors()
            for _ in range(10):
                reading, writing = os.pipe()
                sent = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writing]))]
                us.sendmsg([b'{"type":"list_peers"}\n'], sent)
                os.close(writing)
                assert b'"peers"' in await soon(lambda: loop.sock_recv(us, 65_536))
                assert os.read(reading, 1) == b"", "nobody holds the other end"
                os.close(reading)
            assert open_descriptors() == before
