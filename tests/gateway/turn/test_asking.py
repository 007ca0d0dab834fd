"""Who has a person asked whether something may be sent, and what becomes of it."""

import pytest

from gateway.turn import asking
from gateway.turn.asking import Asked, ask, withdraw
from gateway.turn.cloud import Wish
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.proposals import CloudState, Content, Refusal
from gateway.turn.stages import NO_CLOUD, Cloud
from tests.fakes import LAMP_NAME, PERSON_NAME, REQUEST_ID, ScriptedCloud, known_in

SAID = WORDINGS["en"]
TEXT = Wish(content=Content.TEXT, text="how old is Anna's lamp")
BY_ITSELF = Wish(content=Content.TEXT, text="how old is the moon", is_explicit=False)
AUDIO = Wish(content=Content.AUDIO)
PCM = b"\1\0" * 100


async def asked(wished: Wish, cloud: Cloud, *, sound: bytes = b"") -> Asked | None:
    return await ask(wished, cloud, known_in, language="en", satellite_id="shelf", sound=sound)


async def test_a_text_is_proposed_with_the_names_that_are_in_it() -> None:
    cloud = ScriptedCloud()
    assert await asked(TEXT, cloud, sound=PCM) == Asked(speech=SAID.asked, request_id=REQUEST_ID)
    (proposal,) = cloud.proposals
    assert (proposal.satellite_id, proposal.content, proposal.text) == ("shelf", "text", "how old is Anna's lamp")
    assert (proposal.sound, proposal.language, set(proposal.names)) == (b"", "en", {LAMP_NAME, PERSON_NAME})


async def test_a_sound_is_proposed_without_words() -> None:
    cloud = ScriptedCloud()
    assert await asked(AUDIO, cloud, sound=PCM) == Asked(speech=SAID.asked, request_id=REQUEST_ID)
    (proposal,) = cloud.proposals
    assert (proposal.content, proposal.text, proposal.sound, proposal.names) == ("audio", "", PCM, ())
    assert "\\x01" not in repr(proposal)


async def test_where_no_sound_is_kept_that_is_said() -> None:
    cloud = ScriptedCloud()
    assert await asked(AUDIO, cloud) == Asked(speech=SAID.nothing_kept)
    assert cloud.proposals == []


@pytest.mark.parametrize(
    ("state", "speech"),
    [(CloudState.SWITCHED_OFF, SAID.switched_off), (CloudState.NOT_SET_UP, SAID.not_set_up)],
)
async def test_where_nothing_can_be_proposed_who_asked_for_it_learns_why(state: CloudState, speech: str) -> None:
    cloud = ScriptedCloud(states={Content.TEXT: state, Content.AUDIO: CloudState.READY})
    assert await asked(TEXT, cloud) == Asked(speech=speech)
    assert await asked(BY_ITSELF, cloud) is None
    assert cloud.proposals == []


async def test_who_is_refused_learns_why() -> None:
    cloud = ScriptedCloud(refusal=Refusal.ALREADY_WAITING)
    assert await asked(TEXT, cloud) == Asked(speech=SAID.already_waiting)
    assert await asked(BY_ITSELF, cloud) == Asked(speech=f"{SAID.cannot} {SAID.already_waiting}")
    assert await asked(BY_ITSELF, ScriptedCloud(refusal=Refusal.AWAY)) is None


async def test_a_broker_that_does_not_answer_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PROPOSE_S", 0.01)
    cloud = ScriptedCloud(delay_s=60)
    assert await asked(TEXT, cloud) == Asked(speech=SAID.away)
    assert await asked(BY_ITSELF, cloud) is None


async def test_withdrawing_tells_whether_there_was_anything_to_withdraw() -> None:
    cloud = ScriptedCloud(waiting=1)
    assert await withdraw(cloud, "shelf")
    assert cloud.withdrawn == ["shelf"]
    assert not await withdraw(ScriptedCloud(), "shelf")


async def test_a_broker_that_does_not_answer_has_nothing_to_withdraw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WITHDRAW_S", 0.01)
    assert not await withdraw(ScriptedCloud(waiting=1, delay_s=60), "shelf")


async def test_without_a_cloud_nothing_is_set_up() -> None:
    assert await asked(TEXT, NO_CLOUD) == Asked(speech=SAID.not_set_up)
    assert not await withdraw(NO_CLOUD, "local")
    cloud = ScriptedCloud()
    await asked(TEXT, cloud)
    assert (await NO_CLOUD.propose(cloud.proposals[0])).refusal == Refusal.NO_DESTINATION
