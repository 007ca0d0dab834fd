"""Turns in which the cloud is to be asked: a person is asked, and nothing else happens."""

import pytest

from gateway.audio import FRAME_BYTES
from gateway.events import ConsentAsked, Event, Outcome, Reply, SentenceAnswer, TurnEnded
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.ear import Ear
from gateway.turn.earlier import Earlier
from gateway.turn.proposals import CloudState, Content, Refusal
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages
from tests.fakes import (
    PERSON_NAME,
    REQUEST_ID,
    ScriptedCloud,
    ScriptedHome,
    ScriptedStt,
    heard,
    quiet,
    recognized,
    speech,
    stages,
    wake_word,
)
from tests.gateway.turn.test_run import COMMAND, outcome, the, types

SAID = WORDINGS["en"]
CAPITAL = "what is the capital of Australia"
NO_AUDIO = {Content.TEXT: CloudState.READY, Content.AUDIO: CloudState.NOT_SET_UP}


def parts(*texts: str, cloud: ScriptedCloud, home: ScriptedHome | None = None, score: float = -0.1) -> Stages:
    return stages(stt=ScriptedStt(recognized(*texts, score=score)), cloud=cloud, home=home)


async def turn(parts: Stages, earlier: Earlier | None = None) -> list[Event]:
    place = Place(area_id="kitchen", satellite_id="shelf")
    ear = Ear(heard(*COMMAND), parts)
    return [event async for event in run_turn(ear, parts, place, earlier=earlier)]


async def test_who_says_ask_the_cloud_has_a_person_asked_and_hears_so() -> None:
    cloud, home = ScriptedCloud(), ScriptedHome()
    events = await turn(parts(f"Ask the cloud {CAPITAL}, Anna?", cloud=cloud, home=home))
    assert types(events)[3:6] == ["transcript", "consent", "reply"]
    assert the(events, ConsentAsked).request_id == REQUEST_ID
    assert the(events, ConsentAsked).content == "text"
    assert the(events, Reply).text == SAID.asked
    assert outcome(events) is Outcome.CONSENT_ASKED
    assert isinstance(events[-1], TurnEnded)
    assert "consent" in events[-1].stages_ms
    (proposal,) = cloud.proposals
    assert (proposal.text, proposal.names) == (f"{CAPITAL}, Anna?", (PERSON_NAME,))
    assert (proposal.satellite_id, proposal.language) == ("shelf", "en")
    assert not home.requests
    assert not home.sentences


async def test_it_counts_whatever_else_the_words_might_mean() -> None:
    said = "ask the cloud how old is the moon"
    cloud, home = ScriptedCloud(), ScriptedHome(own=SentenceAnswer(text=said, speech="old"))
    await turn(parts("ask the crowd how old", said, "turn on the lamp", cloud=cloud, home=home))
    assert [proposal.text for proposal in cloud.proposals] == ["how old is the moon"]
    assert not home.requests
    assert not home.sentences


async def test_but_a_likelier_reading_that_means_something_here_is_done() -> None:
    cloud, home = ScriptedCloud(), ScriptedHome()
    events = await turn(parts("turn on the lamp", "ask the cloud the lamp", cloud=cloud, home=home))
    assert outcome(events) is Outcome.ACTION
    assert cloud.proposals == []


async def test_a_question_that_nobody_here_can_answer_is_proposed_by_itself() -> None:
    cloud, home = ScriptedCloud(), ScriptedHome()
    events = await turn(parts(CAPITAL, cloud=cloud, home=home))
    assert [proposal.text for proposal in cloud.proposals] == [CAPITAL]
    assert the(events, Reply).text == f"{SAID.cannot} {SAID.asked}"
    assert outcome(events) is Outcome.CONSENT_ASKED
    assert home.sentences == [(CAPITAL,)], "the home was asked before"


async def test_a_sentence_of_the_home_s_own_is_not_proposed() -> None:
    cloud = ScriptedCloud()
    events = await turn(parts(CAPITAL, cloud=cloud, home=ScriptedHome(own=SentenceAnswer(text=CAPITAL, speech="C"))))
    assert outcome(events) is Outcome.ANSWER
    assert cloud.proposals == []


@pytest.mark.parametrize("said", ["order a pizza with cheese", "who won"])
async def test_what_is_no_question_is_answered_with_sorry(said: str) -> None:
    cloud = ScriptedCloud()
    events = await turn(parts(said, cloud=cloud))
    assert (the(events, Reply).text, outcome(events)) == ("sorry", Outcome.NOT_UNDERSTOOD)
    assert cloud.proposals == []


async def test_noise_is_not_proposed_but_who_names_the_cloud_is_heard_through_it() -> None:
    cloud = ScriptedCloud()
    events = await turn(parts(CAPITAL, cloud=cloud, score=-0.9))
    assert outcome(events) is Outcome.NOTHING_HEARD
    events = await turn(parts(f"ask the cloud {CAPITAL}", cloud=cloud, score=-0.9))
    assert outcome(events) is Outcome.CONSENT_ASKED
    assert len(cloud.proposals) == 1


async def test_without_a_cloud_a_question_is_answered_with_sorry_and_who_asks_for_it_learns_why() -> None:
    off = ScriptedCloud(states=dict.fromkeys(Content, CloudState.SWITCHED_OFF))
    for cloud, why in (
        (ScriptedCloud(states=dict.fromkeys(Content, CloudState.NOT_SET_UP)), SAID.not_set_up),
        (off, SAID.switched_off),
    ):
        events = await turn(parts(CAPITAL, cloud=cloud))
        assert (the(events, Reply).text, outcome(events)) == ("sorry", Outcome.NOT_UNDERSTOOD)
        events = await turn(parts(f"ask the cloud {CAPITAL}", cloud=cloud))
        assert (the(events, Reply).text, outcome(events)) == (why, Outcome.NOT_UNDERSTOOD)
        assert cloud.proposals == []


async def test_who_is_refused_hears_why_and_nobody_is_said_to_be_asked() -> None:
    events = await turn(parts(f"ask the cloud {CAPITAL}", cloud=ScriptedCloud(refusal=Refusal.TOO_MANY)))
    assert (the(events, Reply).text, outcome(events)) == (SAID.too_many, Outcome.NOT_UNDERSTOOD)
    assert "consent" not in types(events)
    events = await turn(parts(CAPITAL, cloud=ScriptedCloud(refusal=Refusal.AWAY)))
    assert (the(events, Reply).text, outcome(events)) == ("sorry", Outcome.NOT_UNDERSTOOD)


# What was said before


async def test_the_cloud_can_be_asked_to_listen_to_what_was_said_before() -> None:
    cloud, earlier = ScriptedCloud(), Earlier()
    await turn(parts("order a pizza", cloud=cloud), earlier)
    events = await turn(parts("Ask the cloud to listen.", cloud=cloud), earlier)
    assert (the(events, ConsentAsked).content, outcome(events)) == ("audio", Outcome.CONSENT_ASKED)
    (proposal,) = cloud.proposals
    assert (proposal.content, proposal.text, proposal.names) == (Content.AUDIO, "", ())
    assert speech(32)[0] in proposal.sound
    assert len(proposal.sound) % FRAME_BYTES == 0
    earlier.forget()


async def test_where_nothing_was_said_before_that_is_said() -> None:
    cloud = ScriptedCloud()
    events = await turn(parts("ask the cloud what I said", cloud=cloud), Earlier())
    assert (the(events, Reply).text, outcome(events)) == (SAID.nothing_kept, Outcome.NOT_UNDERSTOOD)
    assert cloud.proposals == []


async def test_where_no_service_listens_nothing_is_kept_and_the_words_are_not_sent_instead() -> None:
    cloud, earlier = ScriptedCloud(states=NO_AUDIO), Earlier()
    await turn(parts("order a pizza", cloud=cloud), earlier)
    assert earlier.pcm == b""
    events = await turn(parts("ask the cloud to listen", cloud=cloud), earlier)
    assert the(events, Reply).text == SAID.not_set_up
    assert cloud.proposals == []


@pytest.mark.parametrize("said", ["Thank you.", "never mind", "forget that"])
async def test_a_cough_is_not_kept_and_who_takes_something_back_has_it_forgotten(said: str) -> None:
    cloud, earlier = ScriptedCloud(), Earlier()
    await turn(parts("order a pizza", cloud=cloud), earlier)
    kept = earlier.pcm
    await turn(parts(said, cloud=cloud), earlier)
    assert earlier.pcm == (kept if said == "Thank you." else b"")
    assert kept
    earlier.forget()


# Taken back


@pytest.mark.parametrize("said", ["never mind", "Forget that.", "please don't send it"])
async def test_what_waits_can_be_taken_back_and_that_is_said(said: str) -> None:
    cloud, home = ScriptedCloud(waiting=1), ScriptedHome()
    events = await turn(parts(said, cloud=cloud, home=home))
    assert (the(events, Reply).text, outcome(events)) == (SAID.withdrawn, Outcome.NEVER_MIND)
    assert cloud.withdrawn == ["shelf"]
    assert not home.requests
    assert not home.sentences


async def test_where_nothing_waits_never_mind_is_silent_and_forget_that_is_what_it_was() -> None:
    cloud = ScriptedCloud()
    events = await turn(parts("never mind", cloud=cloud))
    assert "reply" not in types(events)
    assert outcome(events) is Outcome.NEVER_MIND
    events = await turn(parts("forget that", cloud=cloud))
    assert (the(events, Reply).text, outcome(events)) == ("sorry", Outcome.NOT_UNDERSTOOD)
    assert cloud.withdrawn == ["shelf", "shelf"]


async def test_a_broker_that_does_not_answer_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.turn.asking.WITHDRAW_S", 0.01)
    events = await turn(parts("never mind", cloud=ScriptedCloud(waiting=1, delay_s=60)))
    assert "reply" not in types(events)
    assert outcome(events) is Outcome.NEVER_MIND


async def test_in_other_turns_nobody_is_asked_about_anything() -> None:
    cloud = ScriptedCloud()
    await turn(parts("turn on the lamp", cloud=cloud))
    silent = parts("turn on the lamp", cloud=cloud)
    async for _ in run_turn(Ear(heard(wake_word(), quiet(6_000)), silent), silent, Place()):
        pass
    assert cloud.proposals == []
    assert cloud.withdrawn == []
