"""A gateway as a script: both ports over real TLS on the loopback. It keeps what it is told, says what a test wants.

It knows the wire as `docs/protocol.md` has it, in plain JSON, and nothing of the integration's own code.
"""

import asyncio
import datetime
import hmac
import json
import secrets
import socket
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from aiohttp import WSCloseCode, WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.home_assistant.scripted_audit import ScriptedLog
from tests.home_assistant.scripted_consent import ScriptedConsent
from tests.home_assistant.scripted_ledger import ScriptedLedger

GATEWAY_ID: Final = "0123456789abcdef"
PEER_ID: Final = "fedcba9876543210"
CODE: Final = "ABCDEFGHIJKLMNOP"
DEADLINE_S: Final = 5.0
SATELLITE: Final = "satellite-kitchen"

type Json = dict[str, Any]
type Say = Json | bytes | None
"""A message, a binary frame, or the end of the connection."""
type Script = Callable[[Json], Iterable[Say]]
"""What is said to a message."""

OFFERED: Final[Json] = {
    "type": "offered",
    "language": "en",
    "stt_model": "tiny.en",
    "stt_models": ["tiny.en", "base"],
    "voice": "en_US-joe-medium",
    "voices": [
        {"id": "en_US-joe-medium", "name": "Joe", "language": "en-US"},
        {"id": "de_DE-thorsten-medium", "name": "Thorsten", "language": "de-DE"},
    ],
    "wake_words": ["okay_nabu"],
    "known_wake_words": [{"id": "okay_nabu", "phrase": "Okay Nabu"}, {"id": "hey_jarvis", "phrase": "Hey Jarvis"}],
    "wake_sensitivity": 50,
    "second_language": "",
    "stt_fitness": {"tiny.en": "good", "base": "good"},
}
KITCHEN: Final[Json] = {
    "type": "satellite_changed",
    "satellite_id": SATELLITE,
    "name": "Kitchen satellite",
    "area_id": "kitchen",
    "connected": True,
}
PROTECTION: Final[Json] = {
    "type": "protection",
    "is_enforced": True,
    "is_same_user": False,
    "layers": ["seccomp", "no_new_privileges", "no_capabilities", "own_user"],
    "missing": {"landlock": "this kernel has none"},
    "attempts": 36,
    "ways_out": [],
}


class Identity:
    """A self-signed certificate on P-256, as every port of a gateway has."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lv-gateway")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
            .not_valid_after(datetime.datetime(9999, 12, 31, tzinfo=datetime.UTC))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = certificate.fingerprint(hashes.SHA256())
        path = folder / f"{self.fingerprint.hex()[:16]}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(path)


class ScriptedGateway:
    """Both ports. Attributes are the script: a test sets them before, or between, what it does."""

    host: Final = "127.0.0.1"
    voice_token = f"{PEER_ID}.voice-secret"
    broker_token = f"{PEER_ID}.broker-secret"

    def __init__(self, folder: Path) -> None:
        """Keep certificates in `folder`."""
        self._folder = folder
        self._voice, self._broker = Identity(folder), Identity(folder)
        self._runners: list[web.AppRunner] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self._voices: set[web.WebSocketResponse] = set()
        self._homes: list[web.WebSocketResponse] = []
        self._watchers: list[web.WebSocketResponse] = []
        self._pairing: Json = {}
        self._news = asyncio.Event()
        self._texts: dict[int, str] = {}
        self._requests: dict[int, Json] = {}
        self.port = 0

        self.protocol = 1
        self.version = "1.2.3"
        self.refusal: tuple[int, str] | None = None
        """The HTTP status and code that whoever dials is refused with, whatever the token."""
        self.refused_tokens = 0
        """So many connections are refused before the right token is known."""
        self.broker_refusal: tuple[int, str] | None = None
        """The same for whoever dials the broker's port only."""
        self.is_silent = False
        """Whether nothing is said to `hello`."""
        self.broker_is_silent = False
        self.offered: Json = dict(OFFERED)
        self.satellites: dict[str, Json] = {SATELLITE: dict(KITCHEN)}
        self.scripts: dict[str, Script] = {}
        """What is said to a type of message instead of the usual answer."""
        self.words = "turn on the light"
        """What `recognized` says, as soon as `enough_bytes` of sound came or the sound is over."""
        self.enough_bytes = 32_000
        self.wake_word = "okay_nabu"
        self.rate_hz = 22_050
        self.speech_frame = b"\1\0" * 512
        """The sound that each piece of text becomes."""
        self.timers: list[Json] | None = []
        """What runs; None for a gateway that is too old to tell."""
        self.conversed: Json = {"speech": "Done", "outcome": "action"}
        self.answer = ""
        """What is said to an announcement that waits for it."""
        self.code = CODE
        self.pair_refusal = ""
        self.peers: list[Json] = []
        self.log = ScriptedLog(3)
        self.protection: Json | None = dict(PROTECTION)
        self.consent = ScriptedConsent()
        self.ledger = ScriptedLedger()

        self.heard: list[Json] = []
        """Everything that was said, on all connections, in order."""
        self.sounds: dict[int, bytearray] = {}
        """Binary frames by the id that they begin with."""
        self.frames: list[bytes] = []
        self.sound_over: set[int] = set()
        self.pongs = 0
        self.connections = 0
        """How many homes were greeted on the voice port."""

    @property
    def voice_pin(self) -> str:
        return self._voice.fingerprint.hex()

    @property
    def broker_pin(self) -> str:
        return self._broker.fingerprint.hex()

    @property
    def is_connected(self) -> bool:
        """Whether a home is connected."""
        return bool(self._homes)

    @property
    def is_watched(self) -> bool:
        """Whether a home watches the audit log."""
        return bool(self._watchers)

    @property
    def lets_watch(self) -> bool:
        """Whether a home that wants to watch the audit log can."""
        return self.broker_refusal is None and not self.broker_is_silent and self.protection is not None

    # What a test does

    async def start(self) -> None:
        """Listen; again at the same ports after `stop`."""
        _pass_over_broken_handshakes(asyncio.get_running_loop())
        voice, broker = _two_ports(self.host, self.port)
        self.port = voice.getsockname()[1]
        await self._serve(voice, self._voice, {"/voice": self._on_voice})
        await self._serve(broker, self._broker, {"/pair": self._on_pair, "/broker": self._on_broker})

    async def stop(self) -> None:
        """Go away: every connection ends, nobody listens."""
        for websocket in list(self._sockets):
            _abort(websocket)
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def restart(self) -> None:
        """Go away and come back."""
        await self.stop()
        await self.start()

    async def be_another(self) -> None:
        """Come back with other certificates, as whoever answers in a gateway's place."""
        await self.stop()
        self._voice, self._broker = Identity(self._folder), Identity(self._folder)
        await self.start()

    def drop(self) -> None:
        """End the connections of homes without a word."""
        for websocket in list(self._homes):
            _abort(websocket)

    def drop_broker(self) -> None:
        """End the connections of those who watch the audit log without a word."""
        for websocket in list(self._watchers):
            _abort(websocket)

    async def tell_watchers(self, *sayings: Say) -> None:
        """Say something to those who watch the audit log."""
        for websocket in list(self._watchers):
            await _say(websocket, sayings)

    async def write(self, rows: int = 1) -> None:
        """Write rows into the audit log, and tell who watches it."""
        known = len(self.log.rows)
        for _ in range(rows):
            self.log.append()
        await self.tell_watchers(*self.log.pages(known), self.log.head())

    async def tell_consent(self) -> None:
        """Tell who watches how it stands with consent."""
        await self.tell_watchers(self.consent.told())

    async def close(self, reason: str) -> None:
        """End the connections of homes, and say why."""
        for websocket in list(self._homes):
            await websocket.close(code=WSCloseCode.POLICY_VIOLATION, message=reason.encode())

    async def say(self, *sayings: Say) -> None:
        """Say something to the homes that are connected."""
        for websocket in list(self._homes):
            await _say(websocket, sayings)

    async def ping(self) -> None:
        """Ask homes for a sign of life, and wait for it."""
        for websocket in list(self._homes):
            await websocket.ping()
        await self.until(lambda: self.pongs > 0)

    async def told(self, kind: str, count: int = 1) -> Json:
        """Wait until a message of this type was said `count` times, and return the last of them."""
        await self.until(lambda: len(self.all_told(kind)) >= count)
        return self.all_told(kind)[count - 1]

    def all_told(self, kind: str) -> list[Json]:
        """Return all messages of a type, so far."""
        return [message for message in self.heard if message["type"] == kind]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so. It is looked at whenever something was heard, and homes come or go."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def change_satellite(self, satellite_id: str, **changes: object) -> None:
        """Be told something new by a satellite, and pass it on."""
        words = {**KITCHEN, "satellite_id": satellite_id, **self.satellites.get(satellite_id, {}), **changes}
        self.satellites[satellite_id] = words
        await self.say(words)

    async def pair_satellite(self, satellite_id: str, **words: object) -> None:
        """Have a new satellite."""
        await self.change_satellite(satellite_id, **words)
        await self.say(self._paired())

    async def unpair_satellite(self, satellite_id: str) -> None:
        """Have a satellite no more."""
        del self.satellites[satellite_id]
        await self.say(self._paired())

    # Both ports

    async def _serve(
        self, bound: socket.socket, identity: Identity, paths: dict[str, Callable[[web.Request], Any]]
    ) -> None:
        app = web.Application()
        for path, handler in paths.items():
            app.router.add_get(path, handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.SockSite(runner, bound, ssl_context=identity.context).start()
        self._runners.append(runner)

    async def _upgraded(self, request: web.Request, token: str | None) -> web.WebSocketResponse:
        if self.refusal is not None:
            raise _refused(*self.refusal)
        if token is not None and request.headers.get("Authorization") != f"Bearer {token}":
            raise _refused(401, "unknown_token")
        if token is not None and self.refused_tokens:
            self.refused_tokens -= 1
            raise _refused(401, "unknown_token")
        websocket = web.WebSocketResponse(max_msg_size=64 * 1024, compress=False, autoping=False)
        await websocket.prepare(request)
        self._sockets.add(websocket)
        return websocket

    async def _listen(self, websocket: web.WebSocketResponse, answer: Script) -> web.WebSocketResponse:
        try:
            async for message in websocket:
                if message.type is WSMsgType.PING:
                    await websocket.pong(message.data)
                    continue
                if message.type is WSMsgType.PONG:
                    self.pongs += 1
                    self._news.set()
                    continue
                if message.type is WSMsgType.BINARY:
                    sayings = self._on_frame(message.data)
                else:
                    heard: Json = json.loads(message.data)
                    sayings = self.scripts.get(heard["type"], answer)(heard)
                    self.heard.append(heard)
                    if heard["type"] == "watch_audit":
                        self._watchers.append(websocket)
                await _say(websocket, sayings)
                if self._is_greeted(websocket):
                    self._homes.append(websocket)
                    self.connections += 1
                self._news.set()
        except ConnectionError:
            pass
        finally:
            self._sockets.discard(websocket)
            for known in (self._homes, self._watchers):
                if websocket in known:
                    known.remove(websocket)
            self._news.set()
        return websocket

    def _is_greeted(self, websocket: web.WebSocketResponse) -> bool:
        is_home = websocket in self._voices and websocket not in self._homes
        return is_home and not self.is_silent and not websocket.closed

    def _greeting(self, role: str) -> Json:
        return {
            "type": "greeting",
            "protocol": self.protocol,
            "version": self.version,
            "gateway_id": GATEWAY_ID,
            "peer_id": PEER_ID,
            "role": role,
            "name": "Home Assistant",
        }

    # Voice

    async def _on_voice(self, request: web.Request) -> web.WebSocketResponse:
        websocket = await self._upgraded(request, self.voice_token)
        self._voices.add(websocket)
        return await self._listen(websocket, self._answer)

    def _answer(self, heard: Json) -> Iterable[Say]:
        if self.ledger.knows(heard["type"]):
            return self.ledger.answer(heard)
        answer = getattr(self, f"_to_{heard['type']}", None)
        return answer(heard) if answer is not None else ()

    def timers_running(self) -> Json:
        """Return what is told of timers."""
        return {"type": "timers_running", "timers": self.timers}

    def _to_cancel_timer(self, heard: Json) -> Iterable[Say]:
        kept = [timer for timer in self.timers or () if timer["timer_id"] != heard["timer_id"]]
        if kept == self.timers:
            yield {"type": "timer_cancelled", "id": heard["id"], "error": "unknown_timer", "message": "it is up"}
            return
        self.timers = kept
        yield self.timers_running()
        yield {"type": "timer_cancelled", "id": heard["id"]}

    def _paired(self) -> Json:
        return {"type": "satellites", "satellite_ids": list(self.satellites)}

    def _to_hello(self, heard: Json) -> Iterable[Say]:
        if self.is_silent:
            return
        if heard["protocol"] != self.protocol:
            yield {
                "type": "refused",
                "code": "wrong_version",
                "message": "update the older of the two",
                "about": "hello",
                "protocol": self.protocol,
            }
            yield None
            return
        yield self._greeting("home")
        yield self.offered
        if not self.ledger.is_older:
            yield self.ledger.kept()
        if self.timers is not None:
            yield self.timers_running()
        yield from self.satellites.values()
        yield self._paired()

    def _to_house_end(self, _: Json) -> Iterable[Say]:
        count = sum(len(part.get("entities", ())) for part in self.all_told("house_part"))
        yield {"type": "house_usable", "entities": count}

    def _to_recognize(self, heard: Json) -> Iterable[Say]:
        self._requests[heard["id"]] = heard
        return ()

    _to_detect = _to_recognize

    def _on_frame(self, frame: bytes) -> Iterable[Say]:
        request_id, piece = int.from_bytes(frame[:4]), frame[4:]
        self.frames.append(frame)
        sound = self.sounds.setdefault(request_id, bytearray())
        sound += piece
        if not piece:
            self.sound_over.add(request_id)
        request = self._requests.get(request_id)
        if request is None:
            return
        if request["type"] == "announce":
            is_enough = len(sound) >= request["sound_bytes"]
        else:
            is_enough = not piece or len(sound) >= self.enough_bytes
        if is_enough:
            del self._requests[request_id]
            yield from self._to_sound(request, bytes(sound))

    def _to_sound(self, request: Json, sound: bytes) -> Iterable[Say]:
        """Answer a request whose sound was heard."""
        if request["type"] == "announce":
            yield from self._announced(request)
        elif request["type"] == "recognize":
            yield {"type": "recognized", "id": request["id"], "text": self.words}
        else:
            heard_ms = len(sound) // 32
            yield {
                "type": "detected",
                "id": request["id"],
                "wake_word": self.wake_word,
                "heard_ms": heard_ms,
                "lead_in_ms": min(heard_ms, 500),
                "tail_ms": min(heard_ms, 100),
            }

    def _to_speak(self, heard: Json) -> Iterable[Say]:
        self._texts[heard["id"]] = ""
        if heard.get("text"):
            yield {"type": "speaking", "id": heard["id"], "rate_hz": self.rate_hz}
        yield from self._to_speak_more(heard)

    def _to_speak_more(self, heard: Json) -> Iterable[Say]:
        request_id, text = heard["id"], heard.get("text", "")
        if request_id not in self._texts:
            return
        if text:
            if not self._texts[request_id] and heard["type"] == "speak_more":
                yield {"type": "speaking", "id": request_id, "rate_hz": self.rate_hz}
            self._texts[request_id] += text
            yield request_id.to_bytes(4) + self.speech_frame
        if not heard.get("more"):
            del self._texts[request_id]
            yield {"type": "spoken", "id": request_id}

    def _to_converse(self, heard: Json) -> Iterable[Say]:
        yield {"type": "conversed", "id": heard["id"], **self.conversed}

    def _to_announce(self, heard: Json) -> Iterable[Say]:
        if heard.get("sound_bytes"):
            self._requests[heard["id"]] = heard
        else:
            yield from self._announced(heard)

    def _announced(self, heard: Json) -> Iterable[Say]:
        yield {"type": "announced", "id": heard["id"], "satellite_ids": heard.get("satellite_ids", [])}
        yield {"type": "announce_over", "id": heard["id"]}
        if heard.get("then") == "answer":
            yield {"type": "answered", "id": heard["id"], "text": self.answer}

    def _to_change_settings(self, heard: Json) -> Iterable[Say]:
        self.offered = {**self.offered, **{name: heard[name] for name in self.offered.keys() & heard.keys() - {"type"}}}
        yield self.offered
        yield {"type": "settings_changed", "id": heard["id"]}

    def _to_mute_satellite(self, heard: Json) -> Iterable[Say]:
        yield from self._changed(heard["satellite_id"], muted=heard["muted"])

    def _to_place_satellite(self, heard: Json) -> Iterable[Say]:
        yield from self._changed(heard["satellite_id"], area_id=heard.get("area_id"))

    def _changed(self, satellite_id: str, **changes: object) -> Iterable[Say]:
        if satellite_id in self.satellites:
            self.satellites[satellite_id] |= changes
            yield self.satellites[satellite_id]

    # Broker

    async def _on_broker(self, request: web.Request) -> web.WebSocketResponse:
        if self.broker_refusal is not None:
            raise _refused(*self.broker_refusal)
        return await self._listen(await self._upgraded(request, self.broker_token), self._to_consent)

    def _to_consent(self, heard: Json) -> Iterable[Say]:
        if self.broker_is_silent:
            return
        if heard["type"] == "hello":
            yield self._greeting("consent")
        elif heard["type"] == "leave":
            yield None
        elif heard["type"] == "watch_audit":
            if "hash" in heard:
                yield from self.log.pages(heard.get("size", 0))
            yield self.log.head()
            if self.protection is not None:
                yield self.protection
        elif heard["type"] in self.consent.HEARD:
            yield from self.consent.answer(heard)
        else:
            yield {"type": "peers", "peers": self.peers}

    async def _on_pair(self, request: web.Request) -> web.WebSocketResponse:
        return await self._listen(await self._upgraded(request, None), self._to_stranger)

    def _to_stranger(self, heard: Json) -> Iterable[Say]:
        if self.pair_refusal:
            yield {"type": "refused", "code": self.pair_refusal, "message": "", "about": heard["type"]}
            yield None
        elif heard["type"] == "pair_begin":
            self._pairing = {**heard, "server_nonce": secrets.token_hex(32)}
            yield {"type": "pair_challenge", "nonce": self._pairing["server_nonce"]}
        elif heard["proof"] != self._proof("client"):
            yield {"type": "refused", "code": "wrong_code", "message": "", "about": "pair_proof"}
        else:
            yield {
                "type": "pair_done",
                "proof": self._proof("server"),
                "gateway_id": GATEWAY_ID,
                "peer_id": PEER_ID,
                "voice_token": self.voice_token,
                "broker_token": self.broker_token,
            }

    def _proof(self, side: str) -> str:
        begun = self._pairing
        parts = (
            b"local-voice pairing 1",
            side.encode(),
            begun["role"].encode(),
            begun["name"].encode(),
            bytes.fromhex(begun["nonce"]),
            bytes.fromhex(begun["server_nonce"]),
            self._voice.fingerprint,
            self._broker.fingerprint,
        )
        agreed = b"".join(len(part).to_bytes(4) + part for part in parts)
        return hmac.digest(self.code.encode(), agreed, "sha256").hex()


async def _say(websocket: web.WebSocketResponse, sayings: Iterable[Say]) -> None:
    for saying in sayings:
        if saying is None:
            await websocket.close()
            return
        if isinstance(saying, bytes):
            await websocket.send_bytes(saying)
        else:
            await websocket.send_str(json.dumps(saying))


def _refused(status: int, code: str) -> web.HTTPException:
    text = json.dumps({"code": code, "message": "a message for people"})
    kinds = {
        401: web.HTTPUnauthorized,
        403: web.HTTPForbidden,
        404: web.HTTPNotFound,
        429: web.HTTPTooManyRequests,
        503: web.HTTPServiceUnavailable,
    }
    return kinds[status](text=text, content_type="application/json")


def _abort(websocket: web.WebSocketResponse) -> None:
    transport = websocket._req.transport if websocket._req is not None else None
    if transport is not None:
        transport.abort()


def _pass_over_broken_handshakes(loop: asyncio.AbstractEventLoop) -> None:
    """Let clients go in the middle of a handshake: asyncio reports that, and the harness takes it for a failure."""
    report = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), ConnectionError) and "incoming connection" in context["message"]:
            return
        if report is not None:
            report(loop, context)

    loop.set_exception_handler(handle)


def _two_ports(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Return sockets bound to `port` (0: any) and the one after it."""
    while True:
        first, second = socket.socket(), socket.socket()
        for bound in (first, second):
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            first.bind((host, port))
            second.bind((host, first.getsockname()[1] + 1))
        except OSError, OverflowError:
            first.close()
            second.close()
            if port:
                raise
        else:
            return first, second
