"""Turns in a home of two languages: each is understood, asked about and answered in the one that was spoken."""

from dataclasses import replace

from gateway.events import Event, Intent, Outcome, QuestionAsked, Recognition, Reply
from gateway.house import Guard
from gateway.suggestions import Suggestion
from gateway.turn import policy
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.ear import Ear
from gateway.turn.earlier import Earlier
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages, Tongue
from tests.fakes import (
    LIGHT_ON,
    LIT,
    NEVER_MIND,
    UNLOCK,
    UNLOCKED,
    ScriptedCloud,
    ScriptedHome,
    ScriptedMemory,
    ScriptedStt,
    ScriptedTts,
    ScriptedUnderstanding,
    heard,
    quiet,
    recognized,
    speech,
    stages,
)
from tests.gateway.turn.test_run import COMMAND, outcome, the, turn

LAMPE = Intent(name="HassTurnOn", slots={"name": "Lampe"}, text="schalte die Lampe ein")
AUFSPERREN = replace(UNLOCK, text="sperre die Haustür auf")
ANSWER = (speech(320), quiet(1_000))
GOES_ON = (*COMMAND[:3], speech(960), quiet(512), speech(640), quiet(2_000))


def german(*texts: str) -> Recognition:
    return recognized(*texts, language="de")


class Rig:
    """Stages in English and German, and what becomes of them."""

    def __init__(
        self,
        *recognitions: Recognition,
        home: ScriptedHome | None = None,
        cloud: ScriptedCloud | None = None,
        memory: ScriptedMemory | None = None,
    ) -> None:
        self.stt = ScriptedStt(*recognitions)
        self.home = home or ScriptedHome()
        self.german = ScriptedUnderstanding(LAMPE, AUFSPERREN, language="de")
        self.voice = ScriptedTts()
        self.stages: Stages = stages(
            stt=self.stt,
            home=self.home,
            cloud=cloud or ScriptedCloud(),
            memory=memory or ScriptedMemory(),
            understanding=ScriptedUnderstanding(LIGHT_ON, UNLOCK, NEVER_MIND),
            other=Tongue(understanding=self.german, tts=self.voice),
        )

    async def hears(self, *stretches: list[bytes]) -> list[Event]:
        return await turn(*(stretches or COMMAND), parts=self.stages)


def questions(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, QuestionAsked)]


async def test_what_is_said_in_the_second_language_is_done_and_answered_by_its_voice() -> None:
    rig = Rig(german(LAMPE.text))
    events = await rig.hears()
    assert outcome(events) is Outcome.ACTION
    assert [(request.intent, request.language) for request in rig.home.requests] == [(LAMPE, "de")]
    assert rig.voice.said == [the(events, Reply).text]
    assert rig.stages.tts.said == []  # type: ignore[attr-defined]


async def test_what_is_said_in_the_first_is_done_and_answered_as_ever() -> None:
    rig = Rig(recognized(LIGHT_ON.text))
    events = await rig.hears()
    assert [(request.intent, request.language) for request in rig.home.requests] == [(LIGHT_ON, "en")]
    assert rig.stages.tts.said == [the(events, Reply).text]  # type: ignore[attr-defined]
    assert rig.voice.said == []


async def test_words_of_one_language_mean_nothing_in_the_other() -> None:
    rig = Rig(german(LIGHT_ON.text))
    assert outcome(await rig.hears()) is Outcome.NOT_UNDERSTOOD
    assert not rig.home.requests
    assert rig.voice.said != []


async def test_what_sounds_like_a_sentence_is_compared_in_the_language_that_was_spoken() -> None:
    rig = Rig(german("schalte die Lampen ein"))
    heard = "schalte die Lampen ein"
    rig.german.suggested = (Suggestion(sentence=LAMPE.text, written=(LAMPE.text,), heard=heard, edits=1.0, cost=0.1),)
    await rig.hears()
    assert rig.stt.languages == ["", "de"]
    assert rig.stt.compared


async def test_a_question_is_asked_and_its_answer_heard_in_that_language() -> None:
    rig = Rig(german(AUFSPERREN.text), german("Ja."), home=ScriptedHome(foreseen=(UNLOCKED,)))
    events = await rig.hears(*COMMAND, *ANSWER)
    assert rig.stt.languages == ["", "de"]
    assert outcome(events) is Outcome.ACTION
    assert rig.voice.said[0] == questions(events)[0]
    assert rig.home.requests[0].is_confirmed


async def test_a_yes_of_the_other_language_is_none() -> None:
    rig = Rig(german(AUFSPERREN.text), german("Sure."), home=ScriptedHome(foreseen=(UNLOCKED,)))
    events = await rig.hears(*COMMAND, *ANSWER)
    assert (outcome(events), rig.home.requests) == (Outcome.NOT_CONFIRMED, [])
    assert rig.voice.said[-1] == the(events, Reply).text


async def test_a_pin_is_asked_for_and_heard_in_that_language() -> None:
    guarded = replace(LIT, guard=Guard.PIN)
    rig = Rig(german(LAMPE.text), german("Ja."), german("eins zwei drei vier"), home=ScriptedHome(foreseen=(guarded,)))
    events = await rig.hears(*COMMAND, *ANSWER, speech(2_400), quiet(1_000))
    assert rig.stt.languages == ["", "de", "de"]
    assert questions(events)[1] == policy.pin_question("de")
    assert [request.pin for request in rig.home.requests] == ["1234"]


async def test_the_cloud_is_asked_in_that_language() -> None:
    cloud = ScriptedCloud()
    events = await Rig(german("Frag die Cloud, wie alt ist der Mond"), cloud=cloud).hears()
    assert [proposal.language for proposal in cloud.proposals] == ["de"]
    assert the(events, Reply).text == WORDINGS["de"].asked


async def test_it_is_forgotten_in_that_language() -> None:
    memory = ScriptedMemory()
    rig = Rig(german("Vergiss, was ich gerade gesagt habe"), memory=memory)
    assert outcome(await rig.hears()) is Outcome.FORGOTTEN
    assert memory.asked == [("forget_last", "test")]
    assert rig.voice.said != []


async def test_words_that_follow_are_heard_in_the_language_of_those_before() -> None:
    lampe = replace(LAMPE, entity_id="light.lamp")
    rig = Rig(german(lampe.text), german(f"{lampe.text} und"), german("bitte"))
    rig.german.intents[lampe.text] = lampe
    events = await rig.hears(*GOES_ON)
    assert rig.stt.languages == ["", "", "de"]
    assert rig.voice.said == [the(events, Reply).text]


async def test_later_words_may_show_that_it_was_the_other_language() -> None:
    lamp = replace(LIGHT_ON, entity_id="light.lamp")
    rig = Rig(german(LAMPE.text), recognized(lamp.text))
    rig.german.intents[LAMPE.text] = replace(LAMPE, entity_id="light.bed")
    rig.stages.understanding.intents[lamp.text] = lamp  # type: ignore[attr-defined]
    events = await rig.hears(*GOES_ON)
    done = [(request.intent.entity_id, request.language) for request in rig.home.requests]
    assert done[:2] == [("light.bed", "de"), ("light.lamp", "en")]
    assert rig.stages.tts.said == [the(events, Reply).text]  # type: ignore[attr-defined]
    assert rig.voice.said == []


async def test_stages_are_in_either_language_and_in_no_third() -> None:
    rig = Rig(german(LAMPE.text))
    first = rig.stages
    second = first.in_language("de-AT")
    assert (first.languages, second.languages) == (("en", "de"), ("de", "en"))
    assert (second.understanding, second.tts) == (rig.german, rig.voice)
    assert second.in_language("en") == first
    assert (first.in_language("fr"), first.in_language(""), first.in_language("en")) == (first, first, first)
    alone = stages()
    assert (alone.languages, alone.in_language("de")) == (("en",), alone)


async def test_there_is_the_place_that_was_spoken_of_before_in_the_words_of_that_language() -> None:
    lamp = Intent(name="HassTurnOn", slots={"area": "Küche"}, text="schalte das Licht in der Küche ein")
    rig = Rig(german("schalte das Licht dort ein"))
    rig.german.intents[lamp.text] = lamp
    earlier = Earlier()
    earlier.context.happened(lamp)
    ear = Ear(heard(*COMMAND), rig.stages)
    async for _ in run_turn(ear, rig.stages, Place(), earlier=earlier):
        pass
    assert [request.intent for request in rig.home.requests] == [lamp]
