"""What the process that hears has the broker do: real links, with a launcher and broker that the test plays."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import msgspec
import pytest

from gateway import voice_relay
from gateway.errors import ConfigError
from gateway.house import Called, KnownName
from gateway.offer import SettingsChange
from gateway.processes.link import Link
from gateway.processes.words import (
    LARGEST_BYTES,
    MOST_NAMES,
    MOST_SOUND_BYTES,
    CloudIs,
    Decided,
    FromVoice,
    KeepSettings,
    NamedThing,
    Propose,
    Proposed,
    SettingsKept,
    ToVoice,
    Withdraw,
    Withdrawn,
)
from gateway.turn.proposals import LONGEST_CHARS, LONGEST_SOUND_BYTES, CloudState, Content, Proposal, Refusal
from gateway.turn.proposals import Proposed as TurnProposed
from gateway.voice_relay import Memory, RelayedCloud
from gateway.wire.messages import NAME_CHARS, Message

SOON_S: Final = 5.0
"""Nothing here takes a tenth of it."""
CHOICE: Final = SettingsChange(wake_sensitivity=70)
BOTH: Final = (Content.TEXT.value, Content.AUDIO.value)


def question(**values: object) -> Proposal:
    """Return the proposal of a question, with other values where there are any."""
    usual: dict[str, object] = {
        "satellite_id": "kitchen",
        "content": Content.TEXT,
        "text": "how far is the moon",
        "language": "en",
    }
    return Proposal(**(usual | values))  # type: ignore[arg-type]


@dataclass
class Broker:
    """The other end, where launcher and broker are, and what voice does by this one."""

    link: Link[FromVoice]
    memory: Memory
    cloud: RelayedCloud

    async def told[M: Message](self, kind: type[M]) -> M:
        async with asyncio.timeout(SOON_S):
            message = await self.link.hear()
        assert isinstance(message, kind)
        return message


@asynccontextmanager
async def played() -> AsyncIterator[Broker]:
    """Have both ends during the block; what is said by the broker's goes where voice's process has it go."""
    ours, theirs = socket.socketpair()
    voice: Link[ToVoice] = await Link.over(ours, msgspec.json.Decoder(ToVoice))
    broker = Broker(await Link.over(theirs, msgspec.json.Decoder(FromVoice)), Memory(voice), RelayedCloud(voice))

    async def hear() -> None:
        while (message := await voice.hear()) is not None:
            match message:
                case SettingsKept():
                    broker.memory.kept(message)
                case CloudIs():
                    broker.cloud.now_is(message)
                case Proposed() | Withdrawn():
                    broker.cloud.answered(message)

    hearing = asyncio.create_task(hear())
    try:
        yield broker
    finally:
        await broker.link.close()
        async with asyncio.timeout(SOON_S):
            await hearing
        await voice.close()


class TestWhatIsRemembered:
    async def test_a_choice_holds_when_the_broker_says_so_and_not_before(self) -> None:
        async with played() as broker:
            remembering = asyncio.create_task(broker.memory.remember(CHOICE))
            asked = await broker.told(KeepSettings)
            assert asked.change == CHOICE
            assert not remembering.done()
            broker.link.say(SettingsKept(id=asked.id))
            await remembering

    async def test_where_it_cannot_be_written_down_the_broker_s_words_are_told(self) -> None:
        async with played() as broker:
            remembering = asyncio.create_task(broker.memory.remember(CHOICE))
            asked = await broker.told(KeepSettings)
            broker.link.say(SettingsKept(id=asked.id, error="the disk is full"))
            with pytest.raises(ConfigError, match="the disk is full"):
                await remembering

    async def test_a_broker_that_does_not_answer_is_not_waited_for_for_ever(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(voice_relay, "KEPT_S", 0.01)
        async with played() as broker:
            with pytest.raises(ConfigError, match="the broker does not answer, so the choice would be forgotten"):
                await broker.memory.remember(CHOICE)
            late = await broker.told(KeepSettings)
            monkeypatch.setattr(voice_relay, "KEPT_S", SOON_S)
            remembering = asyncio.create_task(broker.memory.remember(CHOICE))
            asked = await broker.told(KeepSettings)
            broker.link.say(SettingsKept(id=late.id, error="too late"))
            broker.link.say(SettingsKept(id=asked.id))
            await remembering


class TestWhatCouldBeProposed:
    async def test_before_the_broker_has_said_anything_nothing_is_set_up(self) -> None:
        async with played() as broker:
            assert {broker.cloud.state(content) for content in Content} == {CloudState.NOT_SET_UP}

    @pytest.mark.parametrize(
        ("said", "text", "audio"),
        [
            (CloudIs(is_allowed=False), CloudState.NOT_SET_UP, CloudState.NOT_SET_UP),
            (CloudIs(is_allowed=True), CloudState.NOT_SET_UP, CloudState.NOT_SET_UP),
            (CloudIs(is_allowed=False, contents=BOTH), CloudState.SWITCHED_OFF, CloudState.SWITCHED_OFF),
            (CloudIs(is_allowed=True, contents=BOTH), CloudState.READY, CloudState.READY),
            (CloudIs(is_allowed=True, contents=("text",)), CloudState.READY, CloudState.NOT_SET_UP),
            (CloudIs(is_allowed=False, contents=("audio",)), CloudState.NOT_SET_UP, CloudState.SWITCHED_OFF),
        ],
    )
    async def test_switch_and_destinations_say_so_for_each_kind(
        self, said: CloudIs, text: CloudState, audio: CloudState
    ) -> None:
        async with played() as broker:
            broker.cloud.now_is(said)
            assert (broker.cloud.state(Content.TEXT), broker.cloud.state(Content.AUDIO)) == (text, audio)

    async def test_what_the_broker_said_last_counts(self) -> None:
        async with played() as broker:
            for said in (CloudIs(is_allowed=True, contents=BOTH), CloudIs(is_allowed=False, contents=BOTH)):
                broker.link.say(said)
            async with asyncio.timeout(SOON_S):
                while broker.cloud.state(Content.TEXT) is not CloudState.SWITCHED_OFF:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.001)


class TestProposing:
    async def test_a_text_goes_to_the_broker_with_the_names_in_it_and_its_answer_comes_back(self) -> None:
        proposal = question(
            text="is Ada in the kitchen",
            names=(KnownName(name="Ada", kind=Called.PERSON), KnownName(name="kitchen", kind=Called.AREA)),
        )
        async with played() as broker:
            proposing = asyncio.create_task(broker.cloud.propose(proposal))
            asked = await broker.told(Propose)
            assert (asked.satellite_id, asked.content, asked.text, asked.sound, asked.language) == (
                "kitchen", "text", "is Ada in the kitchen", b"", "en"
            )  # fmt: skip
            assert asked.names == (NamedThing(name="Ada", kind="person"), NamedThing(name="kitchen", kind="area"))
            broker.link.say(Proposed(id=asked.id, request_id="f00d"))
            assert await proposing == TurnProposed(request_id="f00d")
            assert (broker.cloud.language_of("f00d"), broker.cloud.language_of("cafe")) == ("en", "")

    async def test_the_languages_of_so_many_requests_are_known_and_no_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(voice_relay, "MOST_KNOWN", 2)
        async with played() as broker:
            for name in ("one", "two", "three"):
                proposing = asyncio.create_task(broker.cloud.propose(question(language="de")))
                broker.link.say(Proposed(id=(await broker.told(Propose)).id, request_id=name))
                await proposing
            assert [broker.cloud.language_of(name) for name in ("one", "two", "three")] == ["", "de", "de"]

    async def test_sound_goes_there_as_it_is(self) -> None:
        pcm = bytes(range(256)) * 4
        async with played() as broker:
            proposing = asyncio.create_task(
                broker.cloud.propose(question(content=Content.AUDIO, text="", sound=pcm, language="de"))
            )
            asked = await broker.told(Propose)
            assert (asked.content, asked.text, asked.sound, asked.language) == ("audio", "", pcm, "de")
            broker.link.say(Proposed(id=asked.id, request_id="f00d"))
            assert (await proposing).request_id == "f00d"

    @pytest.mark.parametrize("refusal", [refusal.value for refusal in Refusal])
    async def test_why_nobody_is_asked_is_handed_on(self, refusal: str) -> None:
        async with played() as broker:
            proposing = asyncio.create_task(broker.cloud.propose(question()))
            asked = await broker.told(Propose)
            broker.link.say(Proposed(id=asked.id, error=refusal))
            assert await proposing == TurnProposed(refusal=refusal)

    async def test_a_broker_that_does_not_answer_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(voice_relay, "PROPOSED_S", 0.01)
        async with played() as broker:
            assert await broker.cloud.propose(question()) == TurnProposed(refusal=Refusal.AWAY)
            late = await broker.told(Propose)
            broker.link.say(Proposed(id=late.id, request_id="late"))
            assert await broker.cloud.propose(question()) == TurnProposed(refusal=Refusal.AWAY)

    async def test_a_launcher_that_reads_nothing_is_as_good_as_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(voice_relay, "PROPOSED_S", 0.5)
        async with played() as broker:
            long = question(content=Content.AUDIO, text="", sound=bytes(LONGEST_SOUND_BYTES))
            flooding = [asyncio.create_task(broker.cloud.propose(long)) for _ in range(8)]
            async with asyncio.timeout(SOON_S):
                answers = await asyncio.gather(*flooding)
        assert set(answers) == {TurnProposed(refusal=Refusal.AWAY)}

    async def test_questions_that_wait_at_once_each_get_their_own_answer(self) -> None:
        async with played() as broker:
            proposing = [
                asyncio.create_task(broker.cloud.propose(question(satellite_id=place))) for place in ("one", "two")
            ]
            withdrawing = asyncio.create_task(broker.cloud.withdraw("three"))
            asked = [await broker.told(Propose), await broker.told(Propose)]
            withdraw = await broker.told(Withdraw)
            for message in (
                Withdrawn(id=withdraw.id, requests=2),
                Proposed(id=asked[1].id, request_id=f"for {asked[1].satellite_id}"),
                Proposed(id=asked[1].id, error="twice"),
                Proposed(id=77, error="nobody asked"),
                Proposed(id=asked[0].id, request_id=f"for {asked[0].satellite_id}"),
            ):
                broker.link.say(message)
            assert [(await proposed).request_id for proposed in proposing] == ["for one", "for two"]
            assert await withdrawing == 2

    async def test_an_answer_to_something_else_is_none(self) -> None:
        async with played() as broker:
            proposing = asyncio.create_task(broker.cloud.propose(question()))
            withdrawing = asyncio.create_task(broker.cloud.withdraw("kitchen"))
            proposed, withdrawn = await broker.told(Propose), await broker.told(Withdraw)
            broker.link.say(Withdrawn(id=proposed.id, requests=1))
            broker.link.say(Proposed(id=withdrawn.id, request_id="f00d"))
            assert await proposing == TurnProposed(refusal=Refusal.AWAY)
            assert await withdrawing == 0


class TestTakingBack:
    async def test_how_many_requests_that_ended_is_told(self) -> None:
        async with played() as broker:
            withdrawing = asyncio.create_task(broker.cloud.withdraw("kitchen"))
            asked = await broker.told(Withdraw)
            assert asked.satellite_id == "kitchen"
            broker.link.say(Withdrawn(id=asked.id, requests=1))
            assert await withdrawing == 1

    async def test_without_an_answer_none_is_known_to_have_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(voice_relay, "WITHDRAWN_S", 0.01)
        async with played() as broker:
            assert await broker.cloud.withdraw("kitchen") == 0


class TestSizes:
    """What voice may say, at its largest, is a message of the processes: none that is would end one of them."""

    async def test_the_longest_utterance_fits(self) -> None:
        assert LONGEST_SOUND_BYTES == MOST_SOUND_BYTES
        async with played() as broker:
            proposing = asyncio.create_task(
                broker.cloud.propose(
                    question(content=Content.AUDIO, text="", sound=b"\xff\x7f" * (MOST_SOUND_BYTES // 2))
                )
            )
            asked = await broker.told(Propose)
            assert len(asked.sound) == MOST_SOUND_BYTES
            broker.link.say(Proposed(id=asked.id, request_id="f00d"))
            assert (await proposing).request_id == "f00d"

    async def test_all_that_one_message_could_hold_at_once_fits(self) -> None:
        """Even with control characters, which take six bytes each."""
        names = tuple(KnownName(name="\x01" * (NAME_CHARS + 45), kind=Called.PERSON) for _ in range(MOST_NAMES))
        proposal = question(text="\x01" * LONGEST_CHARS, sound=bytes(MOST_SOUND_BYTES), names=names)
        async with played() as broker:
            proposing = asyncio.create_task(broker.cloud.propose(proposal))
            asked = await broker.told(Propose)
            assert len(msgspec.json.encode(asked)) < LARGEST_BYTES
            assert {len(named.name) for named in asked.names} == {NAME_CHARS}
            broker.link.say(Proposed(id=asked.id, request_id="f00d"))
            assert (await proposing).request_id == "f00d"

    def test_the_longest_answer_fits(self) -> None:
        longest = Decided(
            request_id="f" * 32, satellite_id="\x01" * NAME_CHARS, content="text", fate="answered", text="\x01" * 16_384
        )
        assert len(msgspec.json.encode(longest)) < LARGEST_BYTES
