"""Pairing over real TLS on loopback, with everything that can go wrong; and who may say what on the broker's port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.broker import conversations
from gateway.errors import ConfigError, LinkError, TrustError
from gateway.wire import broker_words, consent_words, voice_words
from gateway.wire.broker_words import (
    FROM_BROKER,
    PAIRING_FROM_BROKER,
    Leave,
    ListPeers,
    PairBegin,
    PairChallenge,
    PairDone,
    PairProof,
    Peers,
    RevokePeer,
    WatchAudit,
)
from gateway.wire.channel import Channel
from gateway.wire.codes import Agreement, client_proof, server_proof
from gateway.wire.consent_words import AllowCloud, Approve, AskAnswer, AskPreview, Refuse, WatchConsent
from gateway.wire.dial import Address, dial, fingerprint_of
from gateway.wire.identity import Identity, client_context, load_or_create_identity
from gateway.wire.messages import Hello, Message, Refused, name_of
from gateway.wire.pairing import pair
from gateway.wire.peers import Role
from gateway.wire.port import bind
from tests.gateway.broker.running import HOST, Gateway, running, soon

NONCE = "ab" * 32


@asynccontextmanager
async def stranger(gateway: Gateway) -> AsyncIterator[Channel]:
    """Hold a connection to `/pair`."""
    pin = await fingerprint_of(gateway.port)
    async with dial(gateway.port, "/pair", PAIRING_FROM_BROKER, pin=pin) as channel:
        yield channel


async def refusal(channel: Channel) -> str:
    """Return the code of the refusal that has to come, and with it the end of the connection."""
    refused = await soon(channel.hear)
    assert isinstance(refused, Refused), refused
    assert await soon(channel.hear) is None
    return refused.code


def begin(role: Role = Role.HOME, *, protocol: int = 1) -> PairBegin:
    return PairBegin(protocol=protocol, role=role, name="Device", nonce=NONCE)


async def test_a_wrong_code_says_what_to_do_and_the_right_one_is_still_good(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        code = await gateway.code()
        with pytest.raises(TrustError, match="that code is not right; compare it with the one that the gateway shows"):
            await pair(gateway.voice, gateway.port, code="A" * 16, role=Role.HOME, name="Home")
        typed = f" {code.lower().replace('-', ' ')} "
        paired = await pair(gateway.voice, gateway.port, code=typed, role=Role.HOME, name="Home")
        assert [peer.id for peer in gateway.told[-1]] == [paired.peer_id]


async def test_after_five_wrong_codes_the_right_one_is_good_for_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        code = await gateway.code()
        for _ in range(4):
            with pytest.raises(TrustError, match="that code is not right; compare"):
                await pair(gateway.voice, gateway.port, code="A" * 16, role=Role.HOME, name="Home")
        with pytest.raises(TrustError, match="it was the last try; `local-voice pair` on the gateway shows a new code"):
            await pair(gateway.voice, gateway.port, code="A" * 16, role=Role.HOME, name="Home")
        with pytest.raises(LinkError, match="lets nobody pair now; `local-voice pair` on the gateway opens a window"):
            await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")
        assert gateway.told == [[]]


async def test_when_the_window_has_expired_its_code_is_good_for_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, window_s=0.0) as gateway:
        code = await gateway.code()
        with pytest.raises(LinkError, match="lets nobody pair now"):
            await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")


async def test_when_the_window_was_closed_by_success_its_code_is_good_for_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        await gateway.paired()
        with pytest.raises(LinkError, match="lets nobody pair now"):
            await pair(gateway.voice, gateway.port, code=gateway.opened[0], role=Role.HOME, name="Home")


async def test_a_satellite_does_not_get_in_by_a_homes_code(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        code = await gateway.code(Role.HOME)
        with pytest.raises(LinkError, match="waits for another kind of device"):
            await pair(gateway.voice, gateway.port, code=code, role=Role.SATELLITE, name="Shelf")


async def test_what_cannot_be_a_code_is_not_even_sent(tmp_path: Path) -> None:
    nowhere = Address(host=HOST, port=1)
    with pytest.raises(ConfigError, match="that is no pairing code"):
        await pair(nowhere, nowhere, code="1234", role=Role.HOME, name="Home")
    with pytest.raises(LinkError, match="is not reached"):
        await pair(nowhere, nowhere, code="A" * 16, role=Role.HOME, name="Home")


async def test_a_client_that_says_nothing_is_told_that_it_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "BEGIN_S", 0.05)
    monkeypatch.setattr(conversations, "PROOF_S", 0.05)
    async with running(tmp_path) as gateway:
        gateway.broker.open_first_window()
        async with stranger(gateway) as channel:
            assert await refusal(channel) == "late"
        async with stranger(gateway) as channel:
            channel.say(begin())
            assert isinstance(await soon(channel.hear), PairChallenge)
            assert await refusal(channel) == "late"


async def test_a_client_that_goes_makes_room_for_others(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        gateway.broker.open_first_window()
        for _ in range(6):
            async with stranger(gateway) as channel:
                channel.say(begin())
                assert isinstance(await soon(channel.hear), PairChallenge)
        async with stranger(gateway):
            pass
        await gateway.paired()


async def test_messages_out_of_order_or_of_another_version_end_the_pairing(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        gateway.broker.open_first_window()
        async with stranger(gateway) as channel:
            channel.say(PairProof(proof=NONCE))
            assert await refusal(channel) == "out_of_order"
        async with stranger(gateway) as channel:
            channel.say(begin(protocol=2))
            assert await refusal(channel) == "wrong_version"
        async with stranger(gateway) as channel:
            channel.say(begin())
            assert isinstance(await soon(channel.hear), PairChallenge)
            channel.say(begin())
            assert await refusal(channel) == "out_of_order"
        async with stranger(gateway) as channel:
            await channel.play(b"\0\0")
            assert await refusal(channel) == "out_of_order"


async def test_a_malformed_proof_is_not_counted_as_a_wrong_one(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        code = await gateway.code()
        for _ in range(6):
            async with stranger(gateway) as channel:
                channel.say(begin())
                assert isinstance(await soon(channel.hear), PairChallenge)
                channel.say(PairProof(proof="no hex"))
                refused = await soon(channel.hear)
                assert isinstance(refused, Refused)
                assert refused.code == "malformed"
        await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")


async def test_a_proof_that_was_seen_on_another_connection_is_wrong(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        code = (await gateway.code()).replace("-", "")
        voice, broker = await fingerprint_of(gateway.voice), await fingerprint_of(gateway.port)
        async with stranger(gateway) as first, stranger(gateway) as second:
            first.say(begin())
            challenge = await soon(first.hear)
            assert isinstance(challenge, PairChallenge)
            agreement = Agreement(
                role="home",
                name="Device",
                client_nonce=bytes.fromhex(NONCE),
                server_nonce=bytes.fromhex(challenge.nonce),
                voice_fingerprint=voice,
                broker_fingerprint=broker,
            )
            proof = PairProof(proof=client_proof(code, agreement).hex())
            second.say(begin())  # with the very same nonce
            other = await soon(second.hear)
            assert isinstance(other, PairChallenge)
            assert other.nonce != challenge.nonce
            second.say(proof)
            assert await refusal(second) == "wrong_code"
            first.say(proof)
            done = await soon(first.hear)
            assert isinstance(done, PairDone)
            assert bytes.fromhex(done.proof) == server_proof(code, agreement)
        async with stranger(gateway) as third:
            assert await refusal(third) == "window_closed"


async def test_what_could_not_be_stored_did_not_happen(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    async with running(folder) as gateway:
        code = await gateway.code()
        folder.rename(tmp_path / "moved")
        folder.write_bytes(b"")
        with pytest.raises(LinkError, match="could not keep the pairing; its log says why"):
            await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")
        assert gateway.told == [[]]


async def test_a_peer_that_could_not_be_revoked_hears_so(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    async with running(folder) as gateway:
        home = await gateway.paired()
        async with gateway.channel(home) as channel:
            folder.rename(tmp_path / "moved")
            folder.write_bytes(b"")
            channel.say(RevokePeer(peer_id=home.peer_id))
            refused = await soon(channel.hear)
            assert isinstance(refused, Refused)
            assert refused.code == "not_stored"
            channel.say(ListPeers())
            assert isinstance(await soon(channel.hear), Peers)


# Somebody in between


@asynccontextmanager
async def in_between(identity: Identity, real: Address) -> AsyncIterator[Address]:
    """Answer with another certificate, and hand on everything to the real port and back."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(4_096):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(real.host, real.port, ssl=client_context())
        pipes = [hand_on(reader, upstream_writer), hand_on(upstream_reader, writer)]
        await asyncio.gather(*pipes, return_exceptions=True)
        for end in (writer, upstream_writer):
            end.transport.abort()

    server = await asyncio.start_server(relay, sock=bind(HOST, 0), ssl=identity.server_context())
    try:
        yield Address(host=HOST, port=server.sockets[0].getsockname()[1])
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


@pytest.mark.parametrize("between", ["the broker's port", "the voice port", "both"])
async def test_somebody_in_between_who_hands_on_everything_gets_nobody_paired(between: str, tmp_path: Path) -> None:
    async with running(tmp_path / "gateway") as gateway:
        identity = load_or_create_identity(tmp_path / "other.pem")
        code = await gateway.code()
        async with in_between(identity, gateway.voice) as voice, in_between(identity, gateway.port) as broker:
            via_voice = gateway.voice if between == "the broker's port" else voice
            via_broker = gateway.port if between == "the voice port" else broker
            with pytest.raises(TrustError, match="or something in between answers in its place"):
                await pair(via_voice, via_broker, code=code, role=Role.HOME, name="Home")
        assert gateway.told == [[]]
        await pair(gateway.voice, gateway.port, code=code, role=Role.HOME, name="Home")


async def test_the_relay_of_these_tests_does_hand_everything_on(tmp_path: Path) -> None:
    """The relay itself works: with the real certificate it would hand a pairing on."""
    async with running(tmp_path / "gateway") as gateway:
        code = await gateway.code()
        identity = load_or_create_identity(tmp_path / "gateway" / "broker.pem")
        async with in_between(identity, gateway.port) as broker:
            paired = await pair(gateway.voice, broker, code=code, role=Role.HOME, name="Home")
        assert [peer.id for peer in gateway.told[-1]] == [paired.peer_id]


# Who may say what

SAYABLE: dict[type[Message], Message] = {
    PairBegin: begin(),
    PairProof: PairProof(proof=NONCE),
    Hello: Hello(protocol=1),
    ListPeers: ListPeers(),
    RevokePeer: RevokePeer(peer_id="nobody"),
    Leave: Leave(),
    WatchAudit: WatchAudit(),
    WatchConsent: WatchConsent(),
    AskPreview: AskPreview(id=1, request_id="none"),
    Approve: Approve(id=1, request_id="none", hash=NONCE, nonce="ab" * 16),
    Refuse: Refuse(id=1, request_id="none"),
    AllowCloud: AllowCloud(id=1, is_allowed=False),
    AskAnswer: AskAnswer(id=1, request_id="none"),
}
"""An example of each message that somebody may say on the broker's port."""


def all_messages() -> list[type[Message]]:
    """Return each message of both ports, whoever says it."""
    kinds = {
        kind
        for words in (broker_words, consent_words, voice_words)
        for kind in vars(words).values()
        if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
    }
    return sorted(kinds, key=name_of)


def expected(role: Role, kind: type[Message]) -> str:
    """Return what comes of a message after the greeting: the table of `docs/protocol.md`, written down once more."""
    answers = {
        "hello": "out_of_order",
        "list_peers": "peers",
        "revoke_peer": "peers",
        "leave": "end",
        "watch_audit": "audit_head",
        "watch_consent": "consent",
        "ask_preview": "preview",
        "approve": "consent_done",
        "refuse": "consent_done",
        "allow_cloud": "consent_done",
        "ask_answer": "cloud_answer",
    }
    may = {Role.CONSENT: set(answers), Role.SATELLITE: {"hello", "leave"}}
    name = name_of(kind)
    if name not in answers:
        return "unknown_type"
    return answers[name] if name in may[role] else "not_allowed"


async def outcome(channel: Channel, kind: type[Message]) -> str:
    """Say a message, or one of its type and nothing else where no role may say it; return what comes of it."""
    if kind in SAYABLE:
        channel.say(SAYABLE[kind])
    else:
        channel.say(_Bare[name_of(kind)])
    answer = await soon(channel.hear)
    if isinstance(answer, Refused):
        return answer.code
    return "end" if answer is None else name_of(type(answer))  # type: ignore[arg-type]


class _Bares(dict[str, Message]):
    """Messages that consist of their type."""

    def __missing__(self, name: str) -> Message:
        kind: type[Message] = type("Bare", (Message,), {"__module__": __name__}, frozen=True, tag=name)
        return self.setdefault(name, kind())


_Bare = _Bares()


async def test_each_role_may_say_what_the_table_says_and_nothing_else(
    tmp_path: Path, state: Callable[[str], None]
) -> None:
    tried = 0
    paired_as = {Role.CONSENT: Role.HOME, Role.SATELLITE: Role.SATELLITE}
    async with running(tmp_path) as gateway:
        peers = {role: await gateway.paired(asked) for role, asked in paired_as.items()}
        await gateway.code()
        for kind in all_messages():
            for role, peer in peers.items():
                async with gateway.channel(peer) as channel:
                    assert await outcome(channel, kind) == expected(role, kind), f"{role}: {name_of(kind)}"
                    tried += 1
            async with stranger(gateway) as channel:
                may = {"pair_begin": "pair_challenge", "pair_proof": "out_of_order"}
                assert await outcome(channel, kind) == may.get(name_of(kind), "unknown_type"), name_of(kind)
                tried += 1
            if kind is Leave:
                peers = {role: await gateway.paired(asked) for role, asked in paired_as.items()}
                await gateway.code()
    state(f"the broker's port: {tried} pairs of a role and a message, each as the table says")
    assert tried == 3 * len(all_messages()) > 100


async def test_a_token_of_the_voice_port_and_none_at_all_let_nobody_say_anything(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        home, satellite = await gateway.paired(Role.HOME), await gateway.paired(Role.SATELLITE)
        for token in (home.voice_token, satellite.voice_token, f"{home.peer_id}.", "nobody.secret", ""):
            with pytest.raises(TrustError, match="does not know this device"):
                async with dial(gateway.port, "/broker", FROM_BROKER, pin=home.broker_pin, token=token):
                    pass


async def test_sound_is_refused_at_this_port(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, gateway.channel(await gateway.paired()) as channel:
        await channel.play(b"\0\0")
        refused = await soon(channel.hear)
        assert isinstance(refused, Refused)
        assert refused.code == "not_allowed"
