"""The broker's process and requests to the cloud: voice is played by way of the launcher, a person at the gateway."""

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.broker import consent
from gateway.broker.owner_link import owner_link
from gateway.broker.store import PeerStore
from gateway.errors import ConfigError
from gateway.processes.words import (
    CloudIs,
    Decided,
    NamedThing,
    Ping,
    Pong,
    Propose,
    Proposed,
    Stop,
    Withdraw,
    Withdrawn,
)
from gateway.wire.consent_words import (
    AddDestination,
    AllowCloud,
    Approve,
    AskPreview,
    ConsentDone,
    Preview,
    PreviewPart,
    Refuse,
    RemoveDestination,
    ReplacedWords,
    SetPin,
)
from gateway.wire.messages import Message
from gateway.wire.peers import Role
from tests.clouds import chat, cloud, transcription
from tests.gateway.broker.consenting import KEY, PCM, QUESTION, chat_service, transcription_service
from tests.gateway.test_broker_process import Running, running

ALLOWED: Final = AllowCloud(id=1, is_allowed=True)
HOST: Final = "127.0.0.1"
SOON_S: Final = 5.0
HOME, SHELF = "0" * 16, "1" * 16
TEXT: Final = Propose(id=7, satellite_id=SHELF, content="text", text=QUESTION, language="en")
AUDIO: Final = Propose(id=8, satellite_id=SHELF, content="audio", sound=PCM, language="en")


async def owner(launcher: Running, *messages: Message) -> None:
    """Have the owner say these, each of which is done."""
    async with owner_link(launcher.folder) as us:
        for message in messages:
            assert await us.ask(message) == ConsentDone(id=message.id)  # type: ignore[attr-defined]


def pair(folder: Path) -> None:
    """Have a home and a satellite be peers of a gateway that does not run yet."""
    with closing(PeerStore(folder)) as store:
        store.add(peer_id=HOME, name="Home", role=Role.HOME)
        store.add(peer_id=SHELF, name="Shelf", role=Role.SATELLITE)


@asynccontextmanager
async def sending_to(folder: Path, *destinations: AddDestination) -> AsyncIterator[Running]:
    """Have the process serve, with destinations and the switch on, at a point where voice was told of that."""
    pair(folder)
    async with running(folder) as launcher:
        await launcher.ready()
        await owner(launcher, *destinations, ALLOWED)
        while not (await launcher.told(CloudIs)).is_allowed:
            pass
        yield launcher
        launcher.say(Stop())
        assert await launcher.code() == 0


async def proposed(launcher: Running, propose: Propose) -> Proposed:
    launcher.say(propose)
    return await launcher.told(Proposed)


async def shown(launcher: Running, request_id: str) -> tuple[Preview, bytes]:
    """Return what waits, as the owner sees it, and its bytes; the connection's end is no answer to it."""
    async with owner_link(launcher.folder) as us:
        preview = await us.ask(AskPreview(id=1, request_id=request_id))
        assert isinstance(preview, Preview)
        part = await us.hear(SOON_S)
        assert isinstance(part, PreviewPart)
        return preview, b64decode(part.data)


async def test_voice_is_told_what_it_may_propose_and_again_only_where_that_is_different(tmp_path: Path) -> None:
    async with running(tmp_path) as launcher:
        await launcher.ready()
        await owner(launcher, chat_service(), ALLOWED, SetPin(id=2, pin="1234"), ALLOWED, SetPin(id=3, pin=""))
        assert await launcher.told(CloudIs) == CloudIs(is_allowed=False, contents=("text",))
        assert await launcher.told(CloudIs) == CloudIs(is_allowed=True, contents=("text",))
        await owner(launcher, RemoveDestination(id=4, name=chat_service().name))
        assert await launcher.told(CloudIs) == CloudIs(is_allowed=True)
        assert await launcher.is_told_nothing()


async def test_what_voice_proposes_waits_for_a_person_without_the_names_in_it(tmp_path: Path) -> None:
    async with sending_to(tmp_path, chat_service()) as launcher:
        named = msgspec.structs.replace(TEXT, text="when is Ada here", names=(NamedThing(name="Ada", kind="person"),))
        answer = await proposed(launcher, named)
        assert (answer.id, answer.error) == (7, "")
        preview, raw = await shown(launcher, answer.request_id)
        assert (preview.content, preview.satellite_id) == ("text", SHELF)
        assert preview.replaced == (ReplacedWords(placeholder="[person 1]", original="Ada"),)
        assert b"when is [person 1] here" in raw
        assert b"Ada" not in raw
        assert await launcher.is_told_nothing()


async def test_the_end_is_the_end_of_what_waits_and_that_is_told(tmp_path: Path) -> None:
    async with sending_to(tmp_path, chat_service()) as launcher:
        await proposed(launcher, TEXT)
        launcher.say(Stop())
        assert (await launcher.told(Decided)).fate == "revoked"


async def test_sound_waits_as_it_was_heard(tmp_path: Path) -> None:
    async with sending_to(tmp_path, transcription_service()) as launcher:
        preview, raw = await shown(launcher, (await proposed(launcher, AUDIO)).request_id)
        assert preview.content == "audio"
        assert raw[preview.audio_at :][: preview.audio_bytes].endswith(PCM)
        launcher.say(Withdraw(id=9, satellite_id=SHELF))
        assert (await launcher.told(Decided)).fate == "withdrawn"
        assert await launcher.told(Withdrawn) == Withdrawn(id=9, requests=1)


async def test_why_nobody_is_asked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair(tmp_path)
    async with running(tmp_path) as launcher:
        await launcher.ready()
        assert await proposed(launcher, TEXT) == Proposed(id=7, error="switched_off")
        await owner(launcher, ALLOWED, transcription_service())
        await launcher.told(CloudIs)
        await launcher.told(CloudIs)
        assert await proposed(launcher, TEXT) == Proposed(id=7, error="no_destination")
        for odd in (
            msgspec.structs.replace(AUDIO, sound=b"\0" * 5),
            msgspec.structs.replace(AUDIO, content="a smell"),
        ):
            assert await proposed(launcher, odd) == Proposed(id=8, error="malformed")

        def unusable(*_: object, **__: object) -> None:
            raise ConfigError(f"not for the log of voice: {QUESTION}")

        monkeypatch.setattr(consent, "audio_request", unusable)
        assert await proposed(launcher, AUDIO) == Proposed(id=8, error="config")
        launcher.say(Withdraw(id=9, satellite_id=SHELF), Ping())
        assert await launcher.told(Withdrawn) == Withdrawn(id=9)
        await launcher.told(Pong)


async def test_nothing_is_asked_for_in_the_name_of_a_satellite_that_there_is_not(tmp_path: Path) -> None:
    async with sending_to(tmp_path, chat_service()) as launcher:
        for nobody in (HOME, "2" * 16):
            refused = await proposed(launcher, msgspec.structs.replace(TEXT, satellite_id=nobody))
            assert refused == Proposed(id=7, error="malformed")
        asked = await proposed(launcher, msgspec.structs.replace(TEXT, satellite_id=""))
        assert asked.error == "", "what a home was told is asked for nowhere"
        launcher.say(Withdraw(id=9, satellite_id=""))
        assert (await launcher.told(Decided)).satellite_id == ""
        await launcher.told(Withdrawn)


async def test_what_is_approved_leaves_once_and_voice_is_told_what_came_back(tmp_path: Path) -> None:
    with cloud(hosts=(HOST,), answer=chat("Herman Melville.")) as server:
        url = f"https://{HOST}:{server.port}"
        here = msgspec.structs.replace(chat_service(url=url), is_local=True, ca=server.ca)
        async with sending_to(tmp_path, here) as launcher:
            request_id = (await proposed(launcher, TEXT)).request_id
            async with owner_link(tmp_path) as us:
                preview = await us.ask(AskPreview(id=1, request_id=request_id))
                assert isinstance(preview, Preview)
                part = await us.hear(SOON_S)
                assert isinstance(part, PreviewPart)
                yes = Approve(id=2, request_id=request_id, hash=preview.hash, nonce=preview.nonce)
                assert await us.ask(yes) == ConsentDone(id=2)
            assert await launcher.told(Decided) == Decided(
                request_id=request_id,
                satellite_id=SHELF,
                content="text",
                fate="answered",
                text="Herman Melville.",
            )
        assert server.requests == [b64decode(part.data).replace(preview.marker.encode(), KEY.encode())]


async def test_what_is_refused_leaves_never_and_voice_is_told_that(tmp_path: Path) -> None:
    with cloud(hosts=(HOST,), answer=transcription("turn on the light")) as server:
        url = f"https://{HOST}:{server.port}"
        here = msgspec.structs.replace(transcription_service(), url=url, is_local=True, ca=server.ca)
        async with sending_to(tmp_path, here) as launcher:
            request_id = (await proposed(launcher, AUDIO)).request_id
            await owner(launcher, Refuse(id=3, request_id=request_id))
            decided = await launcher.told(Decided)
            assert (decided.request_id, decided.fate, decided.text) == (request_id, "refused", "")
            assert await proposed(launcher, AUDIO) == Proposed(id=8, error="refused_lately")
        assert server.connections == 0
