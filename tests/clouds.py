"""A cloud of our own: a TLS server, with an authority of its own, that remembers every byte and can misbehave.

It runs in threads, so that any test can start it, and on any address that this machine has:

    with cloud(hosts=("cloud.example",), answer=chat("Seven.")) as server:
        …  # server.port, server.ca
        assert server.requests == [exactly_these_bytes]
"""

import ipaddress
import json
import re
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HANG: Final = float("inf")
"""A pause until the other side hangs up, or the server is stopped."""
DEADLINE_S: Final = 10.0

_READ_BYTES: Final = 64 * 1024
_BACKLOG: Final = 64
_DAY: Final = timedelta(days=1)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)

type Step = bytes | float
"""Bytes to send; or how many seconds to wait."""
type Answer = bytes | Sequence[Step] | Callable[[bytes], Sequence[Step]]
"""What to send; or what depends on the request, whose bytes it is given."""


def http(body: bytes, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return an answer with this body."""
    lines = [
        f"HTTP/1.1 {status} Whatever",
        *(f"{name}: {value}" for name, value in (("Content-Length", str(len(body))), *headers)),
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def as_json(content: object, *, status: int = 200) -> bytes:
    """Return an answer with this in JSON."""
    return http(json.dumps(content).encode(), status=status, headers=[("Content-Type", "application/json")])


def chat(text: str) -> bytes:
    """Return what a chat service answers."""
    message: dict[str, object] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    return as_json(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "some-model",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21},
        }
    )


def transcription(text: str) -> bytes:
    """Return what a transcription service answers."""
    return as_json({"text": text, "usage": {"type": "duration", "seconds": 2}})


def redirect(address: str, status: int = 302) -> bytes:
    """Return an answer that leads elsewhere."""
    return http(b"", status=status, headers=[("Location", address)])


class Tls(Enum):
    """How it meets who connects."""

    GOOD = auto()
    EXPIRED = auto()
    OTHER_NAME = auto()
    """The certificate is for somebody else."""
    OTHER_AUTHORITY = auto()
    """The certificate is signed by one that nobody knows."""
    OLD = auto()
    """TLS 1.1 at most."""
    NONE = auto()
    """Plain HTTP."""
    SILENT = auto()
    """Connections are taken, and nothing is ever said."""


class Authority:
    """Signs certificates; itself made as people make theirs at home, with the extensions that OpenSSL adds."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of our own")])
        public = self._key.public_key()
        self._certificate = (
            _builder(self._name, self._name, public, until=datetime.now(UTC) + 30 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """Its own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def context(self, hosts: Sequence[str], *, until: datetime | None = None) -> ssl.SSLContext:
        """Return what a server of these hosts (names, addresses) shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(
                x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A cloud")]),
                self._name,
                key.public_key(),
                until=until or datetime.now(UTC) + 30 * _DAY,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "both.pem")
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                + certificate.public_bytes(serialization.Encoding.PEM)
            )
            context.load_cert_chain(path)
        return context


class Cloud:
    """The server, seen by a test. What it counts is there as soon as it has happened."""

    def __init__(self, listener: socket.socket, hosts: Sequence[str], authority: Authority, answer: Answer) -> None:
        self._listener = listener
        self._authority = authority
        self._hosts = hosts
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._contexts: dict[Tls, ssl.SSLContext] = {}
        self._received: list[bytearray] = []
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self.port: int = listener.getsockname()[1]
        self.ca: Final = authority.pem
        self.connections = 0
        """That were made, whatever was said on them."""
        self.complete = 0
        """Requests that have arrived from their first byte to their last."""
        self.hung_up = 0
        """How often the other side ended a connection before everything was said."""
        self.resumed = 0
        """Connections that went on with an earlier one's TLS session."""
        self.names: list[str | None] = []
        """Those that were asked for in TLS (SNI)."""
        self.behave(answer)
        self._threads[0].start()

    @property
    def requests(self) -> list[bytes]:
        """What has arrived, of each connection on which something did."""
        with self._changed:
            return [bytes(received) for received in self._received]

    def behave(self, answer: Answer, *, tls: Tls = Tls.GOOD, reads_bytes: int | None = None) -> None:
        """Meet whoever connects from now on like this; read no more than `reads_bytes` of a request, then answer."""
        if tls not in self._contexts and tls not in (Tls.NONE, Tls.SILENT):
            self._contexts[tls] = self._context(tls)
        self._behaviour = (answer, tls, reads_bytes)

    def wait(self, until: Callable[[Cloud], bool]) -> None:
        """Return when it is so; blocks. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: until(self), DEADLINE_S):
                raise TimeoutError("the cloud waited in vain")

    def stop(self) -> None:
        """End every connection, and take none any more."""
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        with self._changed:
            for link in self._open:
                with suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _context(self, tls: Tls) -> ssl.SSLContext:
        authority = Authority() if tls is Tls.OTHER_AUTHORITY else self._authority
        hosts = ("somebody-else.example",) if tls is Tls.OTHER_NAME else self._hosts
        context = authority.context(hosts, until=datetime.now(UTC) - _DAY if tls is Tls.EXPIRED else None)
        context.sni_callback = lambda _link, name, _context: self.names.append(name)
        if tls is Tls.OLD:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        return context

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                link, _ = self._listener.accept()
            except OSError:
                return  # stopped
            thread = threading.Thread(target=self._meet, args=(link, *self._behaviour))
            with self._changed:
                self.connections += 1
                self._open.add(link)
                self._changed.notify_all()
            self._threads.append(thread)
            thread.start()

    def _meet(self, link: socket.socket, answer: Answer, tls: Tls, reads_bytes: int | None) -> None:
        met = link
        try:
            if tls is Tls.SILENT:
                self._pause(link, HANG)
                return
            if tls is not Tls.NONE:
                # The raw socket stays ours, so that `stop` can end what hangs in here.
                met = encrypted = self._contexts[tls].wrap_socket(link.dup(), server_side=True)
                self.resumed += bool(encrypted.session_reused)
            request = met.recv(_READ_BYTES) if tls is Tls.NONE else self._read(met, reads_bytes)
            steps = answer(request) if callable(answer) else answer
            for step in (steps,) if isinstance(steps, bytes) else steps:
                if isinstance(step, bytes):
                    met.sendall(step)
                else:
                    self._pause(met, step)
        except OSError:
            with self._changed:
                self.hung_up += 1
        finally:
            met.close()
            with self._changed:
                self._open.discard(link)
                self._changed.notify_all()
            link.close()

    def _read(self, met: socket.socket, reads_bytes: int | None) -> bytes:
        """Return the request, or as much of it as is to be read; remember all that comes, when it comes."""
        received = bytearray()
        while not _is_whole(received) and (reads_bytes is None or len(received) < reads_bytes):
            data = met.recv(_READ_BYTES if reads_bytes is None else min(_READ_BYTES, reads_bytes - len(received)))
            if not data:
                raise ConnectionError("it hung up")
            with self._changed:
                if not received:
                    self._received.append(received)
                received += data
                self.complete += _is_whole(received)
                self._changed.notify_all()
        return bytes(received)

    def _pause(self, met: socket.socket, seconds: float) -> None:
        if seconds != HANG:
            self._stopped.wait(seconds)
            return
        while met.recv(_READ_BYTES):
            pass
        raise ConnectionError("it hung up")


@contextmanager
def cloud(
    *,
    hosts: Sequence[str] = ("cloud.example",),
    address: str = "127.0.0.1",
    port: int = 0,
    answer: Answer | None = None,
    authority: Authority | None = None,
) -> Iterator[Cloud]:
    """Run one during the block, at an address that the calling thread's network has; any free port for 0.

    `hosts`, names or addresses, are what its certificate is for.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family, backlog=_BACKLOG) as listener:
        server = Cloud(listener, hosts, authority or Authority(), chat("Seven.") if answer is None else answer)
        try:
            yield server
        finally:
            server.stop()


def _is_whole(received: bytearray) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 60 * _DAY)
        .not_valid_after(until)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
