import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from gateway.broker import egress
from gateway.broker.cloud_answer import LARGEST_ANSWER_BYTES
from gateway.broker.cloud_tls import context_for
from gateway.broker.destination import Destination, Kind
from gateway.broker.egress import MOST_ADDRESSES, Answer, Egress, EgressError, Resolve, SocketAddress
from gateway.broker.outgoing import audio_request, text_request, with_key
from gateway.errors import ConfigError, ProtocolError
from tests.clouds import HANG, Authority, Cloud, Tls, as_json, chat, cloud, http, redirect, transcription

HOST = "cloud.example"
KEY = "sk-secret"
QUESTION = "How tall is a giraffe?"


class Names:
    """A resolver that counts, and whose answers may change: the last is given again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[SocketAddress]:
        self.asked.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [(address, port, 0, 0) if ":" in address else (address, port) for address in addresses]


class Released:
    """What is released, and what the cloud had seen by then."""

    def __init__(self, server: Cloud, content: bytes) -> None:
        self._server = server
        self._content = content
        self.seen: list[tuple[int, list[bytes]]] = []

    def __call__(self) -> bytes:
        self.seen.append((self._server.connections, self._server.requests))
        return self._content


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority) -> Iterator[Cloud]:
    with cloud(hosts=(HOST, "localhost", "127.0.0.1"), authority=authority) as running:
        yield running


def destination(server: Cloud, kind: Kind = Kind.CHAT) -> Destination:
    return Destination(
        id="answers",
        kind=kind,
        host=HOST,
        port=server.port,
        path="/v1/chat/completions",
        model="some-model",
        is_local=True,
        key=KEY,
        key_version=1,
        ca=server.ca,
        added_at="2026-11-22T10:00:00Z",
    )


def here() -> Names:
    return Names(["127.0.0.1"])


def question(server: Cloud) -> Released:
    return Released(server, with_key(text_request(destination(server), QUESTION), KEY))


async def failure(sending: Awaitable[Answer]) -> EgressError:
    """Return the error that has to come, after a look at what it says."""
    with pytest.raises(EgressError) as failed:
        await sending
    said = str(failed.value)
    assert said.startswith("answers: ")
    assert not any(secret in said for secret in (KEY, QUESTION, "secret"))
    return failed.value


async def refused_before(server: Cloud, to: Destination, resolve: Resolve | None = None) -> EgressError:
    """Return why nothing left, and check that nothing did."""
    released = question(server)
    error = await failure(Egress(resolve=resolve or here(), total_s=5.0).send(to, released))
    assert released.seen == []
    assert server.requests == []
    assert (error.status, error.received_bytes) == (0, 0)
    return error


async def refused_after(server: Cloud, total_s: float = 5.0) -> EgressError:
    """Return what was wrong with the answer to a question, which was sent once."""
    released = question(server)
    error = await failure(Egress(resolve=here(), total_s=total_s).send(destination(server), released))
    assert len(released.seen) == len(server.requests) == server.connections == 1
    return error


async def seen_by(server: Cloud, until: Callable[[Cloud], bool]) -> None:
    await asyncio.to_thread(server.wait, until)


# One request, once


async def test_exactly_the_released_bytes_arrive_once(server: Cloud) -> None:
    released = question(server)
    answer = await Egress(resolve=here()).send(destination(server), released)
    assert answer == Answer(status=200, text="Seven.", received_bytes=len(chat("Seven.")))
    assert server.requests == [with_key(text_request(destination(server), QUESTION), KEY)]
    assert (server.connections, server.complete) == (1, 1)


async def test_what_is_sent_is_released_when_everything_else_is_done(server: Cloud) -> None:
    released = question(server)
    await Egress(resolve=here()).send(destination(server), released)
    assert released.seen == [(1, [])]  # it was connected to, and nothing had been said


async def test_a_sound_arrives_whole(server: Cloud) -> None:
    server.behave(transcription("turn on the lamp"))
    to = destination(server, Kind.TRANSCRIPTION)
    content = with_key(audio_request(to, bytes(range(250)) * 2_500, language="en"), KEY)
    answer = await Egress(resolve=here()).send(to, lambda: content)
    assert answer.text == "turn on the lamp"
    assert server.requests == [content]


async def test_every_request_has_a_connection_of_its_own(server: Cloud) -> None:
    server.behave(http(chat("Seven.").partition(b"\r\n\r\n")[2], headers=[("Set-Cookie", "id=1"), ("Alt-Svc", "h3")]))
    sender = Egress(resolve=here())
    for _ in range(3):
        await sender.send(destination(server), question(server))
    assert (server.connections, server.complete, server.resumed) == (3, 3, 0)
    assert len({*server.requests}) == 1
    assert b"cookie" not in server.requests[-1].lower()


async def test_what_release_raises_gets_out_as_it_is_and_nothing_is_written(server: Cloud) -> None:
    for error in (ProtocolError("revoked", "no"), TimeoutError("no"), OSError("no"), ConfigError("no")):

        def release(error: Exception = error) -> bytes:
            raise error

        with pytest.raises(type(error)) as raised:
            await Egress(resolve=here()).send(destination(server), release)
        assert raised.value is error
    await seen_by(server, lambda server: server.hung_up == 4)
    assert server.requests == []


async def test_a_proxy_in_the_environment_is_not_used(server: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://192.0.2.1:9")
    assert (await Egress(resolve=here()).send(destination(server), question(server))).text == "Seven."


# Where it may go


async def test_a_name_is_looked_up_once_however_its_answers_change(server: Cloud) -> None:
    names = Names(["127.0.0.1"], ["8.8.8.8"])
    assert (await Egress(resolve=names).send(destination(server), question(server))).text == "Seven."
    assert names.asked == [HOST]

    names = Names(["8.8.8.8"], ["127.0.0.1"])
    assert (await failure(Egress(resolve=names).send(destination(server), _never))).reason == "public_address"
    assert names.asked == [HOST]
    assert server.connections == 1


async def test_the_system_is_asked_once_for_a_name(server: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    really = socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: object, **named: object) -> object:
        asked.append(host)
        return really(host, *arguments, **named)  # type: ignore[arg-type]  # handed on as they come

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    to = replace(destination(server), host="localhost")
    assert (await Egress().send(to, question(server))).text == "Seven."
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"]
)
async def test_a_cloud_is_not_looked_for_at_home(server: Cloud, address: str) -> None:
    to = replace(destination(server), is_local=False)
    for addresses in ([address], ["8.8.8.8", address]):
        assert (await refused_before(server, to, Names(addresses))).reason == "private_address"
    assert server.connections == 0


async def test_a_local_destination_is_not_looked_for_outside(server: Cloud) -> None:
    for addresses in (["8.8.8.8"], ["127.0.0.1", "2606:4700::1111"]):
        assert (await refused_before(server, destination(server), Names(addresses))).reason == "public_address"
    assert server.connections == 0


async def test_a_name_without_an_address_is_said_to_have_none(server: Cloud) -> None:
    async def unknown(host: str, port: int) -> Sequence[SocketAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "secret")

    for resolve in (unknown, Names([])):
        assert (await refused_before(server, destination(server), resolve)).reason == "no_address"
    to = replace(destination(server), host="x" * 64)  # which no name in DNS may be
    assert (await failure(Egress().send(to, question(server)))).reason == "no_address"


async def test_the_next_address_is_tried_where_one_does_not_answer(
    server: Cloud, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "CONNECT_S", 0.5)
    with cloud(address="127.0.0.2", port=server.port, authority=authority) as silent:
        silent.behave(b"", tls=Tls.SILENT)
        names = Names(["127.0.0.3", "127.0.0.2", "127.0.0.1"])  # nobody listens at the first
        assert (await Egress(resolve=names).send(destination(server), question(server))).text == "Seven."
        assert (silent.connections, server.connections) == (1, 1)


async def test_where_nobody_answers_it_is_not_reached(server: Cloud) -> None:
    nobody = [f"127.0.0.{number}" for number in range(2, 2 + MOST_ADDRESSES)]
    error = await refused_before(server, destination(server), Names([*nobody, "127.0.0.1"]))
    assert error.reason == "not_reached"
    assert "Connection refused" in str(error)
    assert server.connections == 0


async def test_an_address_of_ipv6_works_too(authority: Authority) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with cloud(hosts=("::1",), address="::1", authority=authority) as server:
        to = replace(destination(server), host="::1")
        content = with_key(text_request(to, QUESTION), KEY)
        assert (await Egress().send(to, lambda: content)).text == "Seven."
        assert f"\r\nHost: [::1]:{server.port}\r\n".encode() in server.requests[0]


# Whom it may meet there


async def test_the_name_is_said_to_the_server_and_an_address_is_not(server: Cloud) -> None:
    sender = Egress(resolve=here())
    await sender.send(destination(server), question(server))
    await sender.send(replace(destination(server), host="127.0.0.1"), question(server))
    assert server.names == [HOST, None]


@pytest.mark.parametrize("tls", [Tls.EXPIRED, Tls.OTHER_NAME, Tls.OTHER_AUTHORITY])
@pytest.mark.parametrize("host", [HOST, "127.0.0.1"])
async def test_a_wrong_certificate_is_refused(server: Cloud, tls: Tls, host: str) -> None:
    server.behave(chat("secret"), tls=tls)
    error = await refused_before(server, replace(destination(server), host=host))
    assert error.reason == "certificate"
    assert host in str(error)


@pytest.mark.parametrize("tls", [Tls.OLD, Tls.NONE])
async def test_what_speaks_no_tls_of_today_is_not_reached(server: Cloud, tls: Tls) -> None:
    server.behave(chat("secret"), tls=tls)
    error = await failure(Egress(resolve=here()).send(destination(server), _never))
    assert error.reason == "not_reached"
    assert "no TLS 1.2 or later" in str(error)


def _never() -> bytes:
    raise AssertionError("this must not be sent")


async def test_tls_is_new_enough_and_its_keys_are_written_nowhere(
    server: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert (await Egress(resolve=here()).send(destination(server), question(server))).text == "Seven."
    assert not await asyncio.to_thread(keys.exists)
    context = context_for(destination(server))
    assert context.keylog_filename is None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_no_variable_adds_an_authority(server: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(server.ca)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert (await refused_before(server, replace(destination(server), ca=""))).reason == "certificate"


async def test_an_authority_of_the_owner_s_is_the_only_one_then(server: Cloud) -> None:
    assert len(context_for(destination(server)).get_ca_certs()) == 1
    error = await refused_before(server, replace(destination(server), ca=Authority().pem))
    assert error.reason == "certificate"


async def test_an_authority_that_is_none_is_said_to_be_none(server: Cloud) -> None:
    for ca in ("secret", "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n", "ключ"):
        assert (await refused_before(server, replace(destination(server), ca=ca))).reason == "certificate"


# What may come back


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_refused_and_not_followed(server: Cloud, status: int) -> None:
    server.behave(redirect(f"https://{HOST}:{server.port}/secret", status))
    error = await refused_after(server)
    assert (error.reason, error.status) == ("redirect", status)


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_a_failure_is_not_tried_again(server: Cloud, status: int) -> None:
    server.behave(as_json({"error": {"message": "secret"}}, status=status))
    error = await refused_after(server)
    assert (error.reason, error.status) == ("status", status)


async def test_an_answer_that_comes_before_the_request_was_read_counts(server: Cloud) -> None:
    server.behave((as_json({"error": "secret"}, status=413), HANG), reads_bytes=100)
    error = await refused_after(server)
    assert (error.reason, error.status) == ("status", 413)


async def test_a_slow_answer_is_late(server: Cloud) -> None:
    raw = chat("secret")
    server.behave([step for byte in raw for step in (bytes([byte]), 0.01)])
    start_s = monotonic()
    error = await refused_after(server, total_s=0.6)
    assert 0.6 <= monotonic() - start_s < 3.0
    assert error.reason == "late"
    assert 0 < error.received_bytes < len(raw)
    await seen_by(server, lambda server: server.hung_up == 1)


async def test_no_answer_is_late_too(server: Cloud) -> None:
    server.behave((HANG,))
    error = await refused_after(server, total_s=0.6)
    assert (error.reason, error.status, error.received_bytes) == ("late", 0, 0)


async def test_who_never_gets_as_far_as_tls_is_sent_nothing(server: Cloud) -> None:
    server.behave((), tls=Tls.SILENT)
    error = await failure(Egress(resolve=here(), total_s=0.2).send(destination(server), _never))
    assert error.reason == "late"
    assert "nothing was sent" in str(error)


async def test_a_lookup_that_takes_for_ever_is_late(server: Cloud) -> None:
    async def never(host: str, port: int) -> Sequence[SocketAddress]:
        await asyncio.Event().wait()
        raise AssertionError

    error = await failure(Egress(resolve=never, total_s=0.05).send(destination(server), _never))
    assert error.reason == "late"


async def test_an_answer_without_an_end_is_too_large(server: Cloud) -> None:
    server.behave((b"HTTP/1.1 200 OK\r\n\r\n", b"secret" * (LARGEST_ANSWER_BYTES // 4), HANG))
    error = await refused_after(server)
    assert (error.reason, error.status) == ("too_large", 200)
    assert error.received_bytes <= LARGEST_ANSWER_BYTES + 2 * 16 * 1024


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "no_answer"),
        (b"HTTP/1.1 200 OK\r\n", "no_answer"),
        (chat("secret")[:-5], "broken_answer"),
        (b"secret", "no_answer"),
        (b"220 secret ready\r\n\r\n", "broken_answer"),
        (http(b"secret"), "broken_answer"),
        (http(b"{}", headers=[("Content-Encoding", "gzip")]), "broken_answer"),
    ],
)
async def test_a_broken_answer_is_refused(server: Cloud, answer: bytes, reason: str) -> None:
    server.behave(answer)
    error = await refused_after(server)
    assert (error.reason, error.received_bytes) == (reason, len(answer))


async def test_a_connection_that_is_lost_is_an_end(server: Cloud) -> None:
    server.behave(b"", reads_bytes=10)  # and the rest is unread, so the connection is reset
    error = await failure(Egress(resolve=here()).send(destination(server), lambda: b"x" * 4 * 1024 * 1024))
    assert error.reason == "no_answer"


# When somebody says stop


async def cancelled(sending: asyncio.Task[Answer]) -> None:
    sending.cancel()
    start_s = monotonic()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert monotonic() - start_s < 2.0  # a graceful end of TLS would wait for the other side


async def test_who_is_cancelled_while_connecting_sends_nothing(server: Cloud) -> None:
    server.behave((), tls=Tls.SILENT)
    sending = asyncio.create_task(Egress(resolve=here()).send(destination(server), _never))
    await seen_by(server, lambda server: server.connections == 1)
    await cancelled(sending)
    await seen_by(server, lambda server: server.hung_up == 1)


async def test_who_is_cancelled_while_sending_sends_no_more(server: Cloud) -> None:
    content = b"x" * 16 * 1024 * 1024  # more than the kernel takes
    server.behave((HANG,), reads_bytes=1_000)
    sending = asyncio.create_task(Egress(resolve=here()).send(destination(server), lambda: content))
    await seen_by(server, lambda server: len(b"".join(server.requests)) == 1_000)
    await cancelled(sending)
    await seen_by(server, lambda server: server.hung_up == 1)
    assert server.complete == 0


async def test_who_is_cancelled_while_waiting_hangs_up(server: Cloud) -> None:
    server.behave((HANG,))
    sending = asyncio.create_task(Egress(resolve=here()).send(destination(server), question(server)))
    await seen_by(server, lambda server: server.complete == 1)
    await cancelled(sending)
    await seen_by(server, lambda server: server.hung_up == 1)


async def test_nothing_is_released_to_who_has_hung_up(server: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    really = asyncio.open_connection

    async def open_connection(**named: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        stream, writer = await really(**named)  # type: ignore[arg-type]  # handed on as they come
        writer.transport.abort()
        return stream, writer

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    error = await failure(Egress(resolve=here()).send(destination(server), _never))
    assert error.reason == "not_reached"
