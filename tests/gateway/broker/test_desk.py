"""What a home or the owner says of consent is answered, each under its id, and who watches is told."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from gateway.broker import cloud_store
from gateway.broker.audit import Action
from gateway.broker.desk import ASKED, Asked, Desk
from gateway.broker.records import OWNER
from gateway.errors import LinkError, ProtocolError
from gateway.wire.channel import Channel
from gateway.wire.consent_words import (
    FROM_HOME,
    FROM_OWNER,
    PART_BYTES,
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
    SetPin,
    WatchConsent,
)
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, Message, encode
from tests.gateway.broker.consenting import (
    ANSWER,
    CHAT,
    NEVER,
    PIN,
    Consenting,
    answers,
    chat_service,
    consenting,
    release,
    transcription_service,
    turns,
)
from tests.gateway.broker.running import locked


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_store, "SCRYPT", {"n": 2, "r": 1, "p": 1, "dklen": 32})


class Counter:
    """A desk, and somebody before it."""

    def __init__(self, house: Consenting) -> None:
        self.house = house
        self.desk = Desk(house.consent)

    async def ask(self, message: Asked | AskConsent, by: str = OWNER) -> list[Message]:
        """Say something; return what is answered."""
        said: list[Message] = []

        async def say(answer: Message) -> None:
            said.append(answer)

        await self.desk.answer(message, by, say)
        return said


class Watcher:
    """The end of a connection at which a home watches."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.cut_for = ""
        self.is_gone = False

    async def say_patiently(self, message: Message) -> None:
        if self.is_gone:
            raise LinkError("the connection has ended")
        self.told.append(message)

    def cut(self, end: str) -> None:
        self.cut_for = end


@asynccontextmanager
async def watching(counter: Counter, watcher: Watcher) -> AsyncIterator[asyncio.Task[None]]:
    following = asyncio.create_task(counter.desk.follow(cast("Channel", watcher)))
    await turns()
    yield following
    following.cancel()
    await asyncio.wait([following])


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with consenting(tmp_path / "gateway", chat_service(), transcription_service()) as house:
        yield Counter(house)


async def shown(counter: Counter, request_id: str, by: str = OWNER) -> tuple[Preview, bytes]:
    """Return what is shown, and the bytes."""
    preview, *parts = await counter.ask(AskPreview(id=7, request_id=request_id), by)
    assert isinstance(preview, Preview)
    content = b""
    for part in parts:
        assert isinstance(part, PreviewPart)
        assert part.id == 7
        content += b64decode(part.data, validate=True)
    return preview, content


def yes(preview: Preview, **changes: str) -> Approve:
    said = {"request_id": preview.request_id, "hash": preview.hash, "nonce": preview.nonce} | changes
    return Approve(id=8, **said)


async def test_everything_that_is_said_of_consent_is_answered_here() -> None:
    assert {*FROM_HOME, *FROM_OWNER} == {*ASKED, WatchConsent, AskConsent}


async def test_how_it_stands_is_told_to_who_asks(counter: Counter) -> None:
    (told,) = await counter.ask(AskConsent())
    assert told == counter.house.consent.state()


async def test_a_request_goes_over_the_counter_from_the_preview_to_the_answer(counter: Counter) -> None:
    request_id = counter.house.propose()
    preview, content = await shown(counter, request_id, by="home")
    assert (preview.id, preview.size_bytes) == (7, len(content))
    assert await counter.ask(yes(preview, user="u7"), by="home") == [ConsentDone(id=8)]
    (row,) = counter.house.rows(Action.APPROVE)
    assert (row.actor, row.detail["user"]) == ("home", "u7")
    await turns()
    (wire,) = counter.house.sender.wires
    await wire.do(release)
    assert wire.released[0][preview.body_at :].endswith(content[preview.body_at :])
    await wire.do(answers())
    assert await counter.ask(AskAnswer(id=9, request_id=request_id)) == [CloudAnswer(id=9, text=ANSWER)]


async def test_sound_is_shown_in_parts_that_fit_into_messages(counter: Counter) -> None:
    pcm = bytes(range(256)) * 300
    request_id = counter.house.consent.propose_audio("shelf", pcm, language="de")
    said = await counter.ask(AskPreview(id=7, request_id=request_id))
    assert len(said) == 1 + -(-len(pcm) // PART_BYTES)
    assert max(len(encode(message)) for message in said) <= LARGEST_MESSAGE_BYTES
    preview, content = await shown(counter, request_id)
    assert content[preview.audio_at :][: preview.audio_bytes].endswith(pcm)


async def test_a_no_the_switch_destinations_and_the_pin_go_over_it_too(counter: Counter) -> None:
    house = counter.house
    assert await counter.ask(Refuse(id=1, request_id=house.propose(), user="u7"), "home") == [ConsentDone(id=1)]
    assert house.rows(Action.REFUSE)[0].detail["user"] == "u7"
    assert await counter.ask(AllowCloud(id=2, is_allowed=False, user="u7"), "home") == [ConsentDone(id=2)]
    assert not house.consent.is_allowed
    assert (house.rows()[-1].actor, house.rows()[-1].detail) == ("home", {"allowed": False, "user": "u7"})
    assert await counter.ask(chat_service()) == [ConsentDone(id=1)]
    assert await counter.ask(RemoveDestination(id=4, name=CHAT)) == [ConsentDone(id=4)]
    assert [found.id for found in house.records.cloud.destinations] == ["transcription-service"]
    assert await counter.ask(SetPin(id=5, pin=PIN)) == [ConsentDone(id=5)]
    assert house.records.cloud.is_pin(PIN)


async def test_a_refusal_comes_as_an_answer_of_its_kind_with_a_code_and_a_sentence(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    preview, _ = await shown(counter, counter.house.propose())
    for message, kind, code in (
        (AskPreview(id=1, request_id=NEVER), Preview, "not_waiting"),
        (AskAnswer(id=1, request_id=NEVER), CloudAnswer, "not_known"),
        (Refuse(id=1, request_id=NEVER), ConsentDone, "not_waiting"),
        (yes(preview, nonce=NEVER), ConsentDone, "not_shown"),
        (yes(preview, hash="0" * 64), ConsentDone, "altered"),
        (RemoveDestination(id=1, name="none"), ConsentDone, "no_such_destination"),
        (SetPin(id=1, pin="1"), ConsentDone, "malformed"),
        (chat_service(url="http://x" + "x" * 4_000), ConsentDone, "malformed"),
    ):
        (said,) = await counter.ask(cast("Asked", message), "home")
        assert type(said) is kind
        assert isinstance(said, (Preview, CloudAnswer, ConsentDone))
        assert (said.id, said.error) == (cast("AskPreview", message).id, code)
        assert said.message
        encode(said)
    assert "approve by home: not_shown" in caplog.text


async def test_who_does_not_hear_the_answer_any_more_ends_the_conversation(counter: Counter) -> None:
    async def say(_: Message) -> None:
        raise LinkError("the connection has ended")

    with pytest.raises(LinkError):
        await counter.desk.answer(AskPreview(id=1, request_id=counter.house.propose()), OWNER, say)


# Watching


async def test_who_watches_is_told_at_once_and_whenever_it_is_different(counter: Counter) -> None:
    watcher = Watcher()
    async with watching(counter, watcher):
        assert watcher.told == [counter.house.consent.state()]
        request_id = counter.house.propose()
        await turns()
        assert len(watcher.told) == 2
        counter.house.propose("other", "kitchen")
        counter.house.refuse(request_id)
        await turns()
        assert len(watcher.told) == 3, "what changes at once is told at once"
        last = watcher.told[-1]
        assert isinstance(last, ConsentIs)
        assert [waiting.satellite_id for waiting in last.waiting] == ["kitchen"]
        assert [decided.fate for decided in last.decided] == ["refused"]
    counter.house.propose("more")
    await turns()
    assert len(watcher.told) == 3


async def test_watching_ends_with_the_connection(counter: Counter) -> None:
    watcher = Watcher()
    async with watching(counter, watcher) as following:
        watcher.is_gone = True
        counter.house.propose()
        await turns()
        assert following.done()
        assert following.exception() is None


async def test_where_the_log_cannot_be_read_who_watches_is_cut_off_and_who_asks_hears_why(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    watcher = Watcher()
    async with watching(counter, watcher) as following:
        counter.house.records.audit.close()
        counter.house.propose()
        await turns()
        assert following.done()
        assert watcher.cut_for == "internal"
    assert "consent: " in caplog.text
    with pytest.raises(ProtocolError, match="cannot be read") as refused:
        await counter.ask(AskConsent())
    assert (refused.value.refusal, refused.value.about) == ("not_stored", "ask_consent")


@pytest.mark.usefixtures("impatient")
async def test_what_cannot_be_written_down_is_told(counter: Counter, tmp_path: Path) -> None:
    preview, _ = await shown(counter, counter.house.propose())
    with locked(tmp_path / "gateway"):
        (said,) = await counter.ask(yes(preview))
    assert isinstance(said, ConsentDone)
    assert said.error == "not_stored"
    assert said.message.startswith("nothing is sent: ")
