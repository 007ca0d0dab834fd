"""Consent over the broker's real port and the owner's socket: who sees what, who decides, and what is told of it."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path

import msgspec
import pytest

from gateway.broker import app, owner, waiting
from gateway.broker.destination import Content
from gateway.broker.owner_link import owner_link
from gateway.wire import channel as channels
from gateway.wire.channel import Channel
from gateway.wire.consent_words import (
    AllowCloud,
    Approve,
    AskAnswer,
    AskConsent,
    AskPreview,
    CloudAnswer,
    ConsentDone,
    ConsentIs,
    Preview,
    PreviewPart,
    Refuse,
    RemoveDestination,
    WatchConsent,
)
from gateway.wire.messages import Message, Refused, encode
from gateway.wire.pairing import Paired
from tests.gateway.broker.consenting import (
    ANSWER,
    CHAT,
    KEY,
    PCM,
    QUESTION,
    ScriptedSender,
    answers,
    chat_service,
    release,
    transcription_service,
)
from tests.gateway.broker.running import Gateway, running, soon


class Home:
    """A home that has people decide."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.heard: list[Message] = []
        self._taken = 0

    def say(self, message: Message) -> None:
        self.channel.say(message)

    async def told[M: Message](self, kind: type[M]) -> M:
        """Return the next message of a kind, which others may come before."""
        while True:
            message = await soon(self.channel.hear)
            assert isinstance(message, Message), "the connection has ended"
            self.heard.append(message)
            if isinstance(message, kind):
                return message

    async def done(self, message: Message) -> ConsentDone:
        self.say(message)
        return await self.told(ConsentDone)

    async def state_with(self, fate: str) -> ConsentIs:
        """Return how it stands as soon as the request decided last has this fate."""
        while not (state := await self.told(ConsentIs)).decided or state.decided[0].fate != fate:
            pass
        return state

    async def shown(self, request_id: str) -> tuple[Preview, bytes]:
        """Return what waits, and all of its bytes."""
        self.say(AskPreview(id=1, request_id=request_id))
        preview = await self.told(Preview)
        raw = b""
        while len(raw) < preview.size_bytes:
            raw += b64decode((await self.told(PreviewPart)).data)
        return preview, raw


@asynccontextmanager
async def watching(gateway: Gateway, home: Paired) -> AsyncIterator[Home]:
    """Be a home that is told how it stands, and has heard that once."""
    async with gateway.channel(home) as channel:
        us = Home(channel)
        us.say(WatchConsent())
        await us.told(ConsentIs)
        yield us


def yes(preview: Preview, **changes: str) -> Approve:
    said = Approve(id=2, request_id=preview.request_id, hash=preview.hash, nonce=preview.nonce)
    return msgspec.structs.replace(said, **changes)


async def test_voice_is_told_at_the_start_and_whenever_it_is_different_what_it_may_propose(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, owner_link(tmp_path) as us:
        assert gateway.cloud == [(False, ())]
        for message in (
            chat_service(),
            AllowCloud(id=1, is_allowed=True),
            transcription_service(),
            RemoveDestination(id=1, name=CHAT),
            AllowCloud(id=1, is_allowed=False),
        ):
            assert await us.ask(message) == ConsentDone(id=message.id)
        assert [said for said, _ in groupby(gateway.cloud)] == [
            (False, ()),
            (False, (Content.TEXT,)),
            (True, (Content.TEXT,)),
            (True, (Content.TEXT, Content.AUDIO)),
            (True, (Content.AUDIO,)),
            (False, (Content.AUDIO,)),
        ]
    async with running(tmp_path) as gateway:
        assert gateway.cloud == [(False, (Content.AUDIO,))]


async def test_a_home_is_shown_exactly_what_leaves_and_hears_what_came_back(tmp_path: Path) -> None:
    sender = ScriptedSender()
    async with running(tmp_path, sender=sender) as gateway, watching(gateway, await gateway.paired()) as home:
        await gateway.sends_to(chat_service())
        request_id = gateway.broker.consent.propose_text("shelf", QUESTION, ())
        while not (state := await home.told(ConsentIs)).waiting:
            pass
        assert (state.waiting[0].request_id, state.waiting[0].satellite_id) == (request_id, "shelf")
        preview, raw = await home.shown(request_id)
        assert QUESTION.encode() in raw
        assert KEY.encode() not in raw
        assert await home.done(yes(preview, user="somebody")) == ConsentDone(id=2)
        (wire,) = sender.wires
        await wire.do(release)
        assert wire.released == [raw.replace(preview.marker.encode(), KEY.encode())]
        await wire.do(answers())
        state = await home.state_with("answered")
        assert (state.waiting, state.decided[0].has_answer) == ((), True)
        assert state.sent_bytes == state.decided[0].sent_bytes == len(wire.released[0])
        told = b"".join(encode(message) for message in home.heard if isinstance(message, ConsentIs)).decode()
        assert not [word for word in (QUESTION, ANSWER, KEY) if word in told]
        home.say(AskAnswer(id=3, request_id=request_id))
        assert await home.told(CloudAnswer) == CloudAnswer(id=3, text=ANSWER)
        (decided,) = gateway.decided
        assert (decided.request_id, decided.sent.fate, decided.sent.text) == (request_id, "answered", ANSWER)
        assert await home.done(yes(preview)) == ConsentDone(
            id=2, error="not_waiting", message="this request does not wait any more; what became of it is in the list"
        )
        assert len(sender.wires) == 1


async def test_sound_is_shown_in_parts_that_each_fit_into_a_message(tmp_path: Path) -> None:
    async with running(tmp_path, sender=ScriptedSender()) as gateway, watching(gateway, await gateway.paired()) as home:
        await gateway.sends_to(transcription_service())
        pcm = PCM * 2_000
        preview, raw = await home.shown(gateway.broker.consent.propose_audio("shelf", pcm, language="en"))
        assert len(home.heard) > 20
        assert raw[preview.audio_at :][: preview.audio_bytes].endswith(pcm)
        assert raw[preview.audio_at :].startswith(b"RIFF")


async def test_a_request_that_nobody_decides_expires_by_itself_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "EXPIRY_LOOK_S", 0.01)
    monkeypatch.setattr(waiting, "WAITS_S", 0.05)
    async with running(tmp_path, sender=ScriptedSender()) as gateway, watching(gateway, await gateway.paired()) as home:
        await gateway.sends_to(chat_service())
        gateway.broker.consent.propose_text("shelf", QUESTION, ())
        assert (await home.state_with("expired")).waiting == ()
        assert [decided.sent.fate for decided in gateway.decided] == ["expired"]


async def test_the_gateway_s_end_ends_what_waits_and_what_is_being_sent(tmp_path: Path) -> None:
    sender = ScriptedSender()
    async with running(tmp_path, sender=sender) as gateway, watching(gateway, await gateway.paired()) as home:
        await gateway.sends_to(chat_service())
        consent = gateway.broker.consent
        preview, _ = await home.shown(consent.propose_text("shelf", QUESTION, ()))
        await home.done(yes(preview))
        consent.propose_text("other shelf", QUESTION, ())
        await gateway.broker.close()
        assert {(decided.satellite_id, decided.sent.fate, decided.sent.reason) for decided in gateway.decided} == {
            ("shelf", "revoked", "stopped"),
            ("other shelf", "revoked", "stopped"),
        }
        (wire,) = sender.wires
        assert (wire.cuts, wire.released) == (1, [])


async def test_what_a_home_said_yes_to_is_not_sent_any_more_once_it_is_revoked(tmp_path: Path) -> None:
    sender = ScriptedSender()
    async with running(tmp_path, sender=sender) as gateway:
        await gateway.sends_to(chat_service())
        paired = await gateway.paired()
        async with watching(gateway, paired) as home:
            preview, _ = await home.shown(gateway.broker.consent.propose_text("shelf", QUESTION, ()))
            await home.done(yes(preview))
            await gateway.revoke(paired)
        await soon(lambda: _until(lambda: bool(gateway.decided)))
        assert (gateway.decided[0].sent.fate, gateway.decided[0].sent.reason) == ("revoked", "peer_revoked")
        assert sender.wires[0].released == []


async def test_a_yes_to_what_another_home_was_shown_is_none(tmp_path: Path) -> None:
    async with running(tmp_path, sender=ScriptedSender()) as gateway:
        await gateway.sends_to(chat_service())
        first, second = await gateway.paired(), await gateway.paired()
        async with watching(gateway, first) as home, watching(gateway, second) as other:
            preview, _ = await home.shown(gateway.broker.consent.propose_text("shelf", QUESTION, ()))
            assert (await other.done(yes(preview))).error == "not_shown"
            assert (await home.done(yes(preview, hash="0" * 64))).error == "altered"
            assert (await other.done(Refuse(id=4, request_id=preview.request_id))) == ConsentDone(id=4)
            assert (await home.done(yes(preview))).error == "not_waiting"


async def test_how_it_stands_is_followed_once_a_connection_and_no_longer_than_it_lasts(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        paired = await gateway.paired()
        listeners = gateway.broker.consent._listeners
        assert len(listeners) == 1
        async with watching(gateway, paired) as home:
            assert len(listeners) == 2
            home.say(WatchConsent())
            refused = await home.told(Refused)
            assert (refused.code, refused.about) == ("out_of_order", "watch_consent")
            assert len(listeners) == 2
        await soon(lambda: _until(lambda: len(listeners) == 1))


async def test_the_owner_decides_at_the_gateway_itself(tmp_path: Path) -> None:
    sender = ScriptedSender()
    async with running(tmp_path, sender=sender) as gateway, owner_link(tmp_path) as us:
        await gateway.sends_to(chat_service())
        request_id = gateway.broker.consent.propose_text("", QUESTION, ())
        state = await us.ask(AskConsent())
        assert isinstance(state, ConsentIs)
        assert [waits.request_id for waits in state.waiting] == [request_id]
        preview = await us.ask(AskPreview(id=1, request_id=request_id))
        assert isinstance(preview, Preview)
        assert isinstance(await us.hear(1.0), PreviewPart)
        assert await us.ask(yes(preview)) == ConsentDone(id=2)
        await sender.wires[0].do(release)
        await sender.wires[0].do(answers())
        assert await us.ask(AskAnswer(id=3, request_id=request_id)) == CloudAnswer(id=3, text=ANSWER)
        assert [decided.sent.fate for decided in gateway.decided] == ["answered"]


async def test_a_terminal_that_reads_nothing_of_what_it_is_shown_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "SEND_S", 0.05)
    async with running(tmp_path) as gateway:
        await gateway.sends_to(transcription_service())
        request_id = gateway.broker.consent.propose_audio("shelf", PCM * 2_000, language="en")
        _, writer = await asyncio.open_unix_connection(str(tmp_path / "owner.sock"), limit=1)

        async def ask_and_never_read() -> None:
            while True:
                writer.write(encode(AskPreview(id=1, request_id=request_id)) + b"\n")
                await writer.drain()
                await asyncio.sleep(0.001)

        with pytest.raises(ConnectionError):
            await soon(ask_and_never_read)
        writer.transport.abort()
        async with owner_link(tmp_path) as us:
            assert isinstance(await us.ask(AskConsent()), ConsentIs)


async def test_a_home_that_reads_nothing_of_what_it_is_shown_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SEND_S", 0.05)
    async with running(tmp_path) as gateway, gateway.channel(await gateway.paired()) as channel:
        await gateway.sends_to(transcription_service())
        request_id = gateway.broker.consent.propose_audio("shelf", PCM * 2_000, language="en")
        for number in range(40):
            channel.say(AskPreview(id=number, request_id=request_id))
        await soon(lambda: _until(lambda: not gateway.broker._channels))
        assert [waits.request_id for waits in gateway.broker.consent.state().waiting] == [request_id]


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.005)
