"""Downloads from a server of our own on the loopback, over real TLS."""

import hashlib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from gateway.errors import ModelError
from gateway.models import Addition, Kind, ModelStore, add, https, transfer
from tests.gateway.models.conftest import LETTERS, VOICE


class Mirror(BaseHTTPRequestHandler):
    """A mirror that has some faults, by path."""

    protocol_version = "HTTP/1.1"
    done = threading.Event()
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        match self.path:
            case "/voice.onnx" | "/voice.onnx.json":
                self._send(VOICE if self.path.endswith("onnx") else LETTERS)
            case "/moved/voice.onnx" | "/moved/voice.onnx.json":
                self._redirect(self.path.removeprefix("/moved"))
            case "/away":
                self._redirect("http://localhost:9/away")
            case "/short/voice.onnx":
                self._send(VOICE[:10], claimed_bytes=len(VOICE))
            case "/broken":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"64\r\nnot a hundred bytes")
                self.close_connection = True
            case "/silent":
                self.done.wait()
            case "/nonsense":
                self.wfile.write(b"HELLO\r\n")
                self.close_connection = True
            case _:
                self.send_error(404)

    def _send(self, content: bytes, claimed_bytes: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(claimed_bytes or len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is http.server's
        """Keep quiet."""


class QuietServer(ThreadingHTTPServer):
    """Does not print that a client hung up, which is what several tests are about."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(path), "-out", str(path.with_name("certificate.pem"))),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    path.write_text(path.read_text() + path.with_name("certificate.pem").read_text())
    return path


@pytest.fixture
def mirror(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    Mirror.done.clear()
    with QuietServer(("localhost", 0), Mirror) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://localhost:{server.server_port}"
        Mirror.done.set()
        server.shutdown()
        thread.join()


def write(tmp_path: Path, address: str, limit_bytes: int = 1000) -> tuple[int, str]:
    return transfer.write(tmp_path / "target", [address], limit_bytes, lambda _: None)


@pytest.mark.parametrize("folder", ["/", "/moved/"])
def test_a_registered_model_comes_from_a_mirror(store: ModelStore, mirror: str, folder: str) -> None:
    written: list[int] = []
    add(store, Addition(name="voice", sources=(mirror + folder,)), written.append)
    assert store.find("voice").path == store.folder / "voice"
    assert sum(written) == len(VOICE) + len(LETTERS)


def test_a_model_of_ones_own_comes_from_addresses_with_hashes(store: ModelStore, mirror: str) -> None:
    hashes = tuple(hashlib.sha256(content).hexdigest().upper() for content in (LETTERS, VOICE))
    sources = (f"{mirror}/voice.onnx.json", f"{mirror}/voice.onnx")
    add(store, Addition(name="own", kind=Kind.TTS, sources=sources, sha256=hashes), lambda _: None)
    assert store.find("own").main.read_bytes() == VOICE


def test_before_anything_is_fetched_somebody_is_told_and_may_forbid_it(store: ModelStore, mirror: str) -> None:
    told: list[tuple[str, str]] = []

    def forbid(model: str, host: str) -> None:
        told.append((model, host))
        raise ModelError("not today")

    Mirror.asked.clear()
    with pytest.raises(ModelError, match="not today"):
        add(store, Addition(name="voice", sources=(f"{mirror}/",)), lambda _: None, forbid)
    assert (told, Mirror.asked) == ([("voice", "localhost")], [])
    assert list(store.folder.iterdir()) == []
    add(store, Addition(name="voice", sources=(f"{mirror}/",)), lambda _: None, lambda *at: told.append(at))
    assert told == [("voice", "localhost")] * 2, "each host once"
    assert len(Mirror.asked) == 2


def test_nobody_is_told_of_what_is_not_fetched(store: ModelStore, tmp_path: Path) -> None:
    def forbid(*_: str) -> None:
        raise AssertionError

    (tmp_path / "voice.onnx.json").write_bytes(LETTERS)
    (tmp_path / "voice.onnx").write_bytes(VOICE)
    add(store, Addition(name="voice", sources=(str(tmp_path),)), lambda _: None, forbid)
    add(store, Addition(name="voice"), lambda _: None, forbid)
    with pytest.raises(ModelError, match="only https:// addresses are fetched"):
        add(store, Addition(name="voice", sources=("http://localhost/",)), lambda _: None, forbid)


def test_a_download_with_another_hash_is_thrown_away(store: ModelStore, mirror: str, tmp_path: Path) -> None:
    (tmp_path / "voice.onnx.json").write_bytes(LETTERS)
    sources = (f"{mirror}/voice.onnx", str(tmp_path / "voice.onnx.json"))
    with pytest.raises(ModelError, match=r"its SHA-256 is .* and should be 000000000000…; nothing was added"):
        add(store, Addition(name="own", kind=Kind.TTS, sources=sources, sha256=("0" * 64,)), lambda _: None)
    assert list(store.folder.iterdir()) == []


def test_a_download_that_ends_early_is_thrown_away(store: ModelStore, mirror: str) -> None:
    with pytest.raises(ModelError, match="it has 10 bytes and should have 700; nothing was added"):
        add(store, Addition(name="voice", sources=(f"{mirror}/short/",)), lambda _: None)
    assert list(store.folder.iterdir()) == []


def test_a_download_stops_at_its_limit(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(ModelError, match="larger than 99 bytes"):
        write(tmp_path, f"{mirror}/voice.onnx", limit_bytes=99)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/missing", "the server answered 404 Not Found; check the address"),
        ("/away", r"no connection \(the server leads away from https\)"),
        ("/broken", "broke off .*try again"),
        ("/nonsense", "cannot be read"),
    ],
)
def test_a_server_with_faults_is_named_with_its_fault(tmp_path: Path, mirror: str, path: str, said: str) -> None:
    with pytest.raises(ModelError, match=f"{path}: {said}"):
        write(tmp_path, mirror + path)


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "STALL_S", 0.2)
    with pytest.raises(ModelError, match="timed out"):
        write(tmp_path, f"{mirror}/silent")


def test_a_download_that_takes_for_ever_is_given_up(
    tmp_path: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "DEADLINE_S", -1)
    with pytest.raises(ModelError, match="try again on a faster line"):
        write(tmp_path, f"{mirror}/voice.onnx")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ModelError, match=r"no connection .*certificate"):
        write(tmp_path, f"{mirror}/voice.onnx")


@pytest.mark.parametrize("address", ["http://localhost/voice.onnx", "ftp://localhost/voice.onnx", "file:///etc/passwd"])
def test_only_https_is_fetched(tmp_path: Path, address: str) -> None:
    with pytest.raises(ModelError, match="only https:// addresses are fetched"):
        write(tmp_path, address)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gone: cannot be read \\(No such file"):
        transfer.write(tmp_path / "target", [tmp_path / "gone"], 1, lambda _: None)
