"""`converse`: what a home was told is done in that home; what opens a door is asked about, and a yes counts once."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import HomeError, ProtocolError
from gateway.events import ActionRequest, ActionResult, Intent
from gateway.server.conversing import MOST_QUESTIONS, QUESTION_S, Conversing
from gateway.turn import forgetting, policy
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.forgetting_phrases import PHRASES
from gateway.turn.proposals import CloudState, Content, Refusal
from gateway.turn.stages import NO_CLOUD, NO_MEMORY, Memory, Tongue
from gateway.wire.request_words import Converse, Conversed
from gateway.wire.voice_words import ActionAsked, ActionDone, HouseUsable
from tests.fakes import (
    LIGHT_ON,
    LIT,
    PERSON_NAME,
    SWITCHED,
    UNLOCK,
    UNLOCKED,
    ScriptedCloud,
    ScriptedMemory,
    ScriptedTts,
    ScriptedUnderstanding,
    stages,
)
from tests.gateway.server.scripted_gateway import ScriptedEquipment, ScriptedHousehold, scripted_gateway
from tests.gateway.server.test_home_session import HOUSE

LATER = Intent(
    name="HassStartTimer",
    slots={"conversation_command": UNLOCK.text, "minutes": 5},
    text="unlock the front door in five minutes",
)
REFUSED = "Okay, I left it as it is."
SAID = WORDINGS["en"]
OF_MEMORY = PHRASES["en"]
TODAY = "Forget everything I said today"


@dataclass
class Home:
    """A home that notes what it is asked."""

    result: ActionResult = field(default_factory=lambda: ActionResult(changes=(SWITCHED,)))
    fault: HomeError | None = None
    requests: list[ActionRequest] = field(default_factory=list)

    async def act(self, request: ActionRequest) -> ActionResult:
        self.requests.append(request)
        if self.fault is not None:
            raise self.fault
        return self.result

    async def sentence(self, texts: tuple[str, ...], *, area_id: str | None, satellite_id: str) -> None:
        """Have none."""


class Rig:
    """Conversations with a house in which things would happen as `foreseen` says."""

    def __init__(self, *, language: str = "en", cloud: ScriptedCloud | None = None, memory: Memory = NO_MEMORY) -> None:
        self.home = Home()
        self.household = ScriptedHousehold(foreseen=(LIT,))
        self.equipment = ScriptedEquipment([])
        usual = stages().understanding
        assert isinstance(usual, ScriptedUnderstanding)
        self.equipment.understands = ScriptedUnderstanding(*usual.intents.values(), LATER, language=language)
        self.now_s = 0.0
        self.whose: list[tuple[str, str]] = []
        """Whose turns were meant, each time: a user's, or those at a device."""

        def memory_of(asked: Converse) -> Memory:
            self.whose.append((asked.user_id, asked.satellite_id))
            return memory

        self.conversing = Conversing(
            self.home,
            self.household,
            self.equipment,
            lambda: self.now_s,
            NO_CLOUD if cloud is None else cloud,
            memory_of,
        )
        self._id = 0

    async def hears(
        self,
        text: str,
        *,
        conversation: str = "a",
        area: str | None = None,
        user: str = "",
        device: str = "",
        language: str = "en",
    ) -> Conversed:
        self._id += 1
        asked = Converse(
            id=self._id,
            text=text,
            language=language,
            conversation_id=conversation,
            area_id=area,
            user_id=user,
            satellite_id=device,
        )
        answer = await self.conversing.converse(asked)
        assert answer.id == self._id
        return answer

    async def is_asked_whether_to_unlock(self, *, conversation: str = "a") -> None:
        """Ask for what needs a yes."""
        self.household.foreseen = (UNLOCKED,)
        answer = await self.hears(UNLOCK.text, conversation=conversation)
        assert (answer.outcome, answer.is_question) == ("question", True)
        self.household.foreseen = (LIT,)


async def test_a_command_is_done_by_the_home_that_said_it(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home, gateway.home() as newer:
        for each in (home, newer):
            each.tell(HOUSE)
            await each.told(HouseUsable)
        home.say(Converse(id=41, text="turn on the lamp", area_id="Kitchen"))
        told = await home.told(Conversed)
        assert (told.id, told.outcome, told.speech, told.error) == (41, "action", "answer to HassTurnOn", "")
        asked = await home.told(ActionAsked)
        assert (asked.converse_id, asked.area_id, asked.satellite_id) == (41, "kitchen", "")
        assert not newer.all_told(ActionAsked)
        home.answers = lambda asked: ActionDone(id=asked.id, error="no_entity")
        home.say(Converse(id=42, text="turn on the lamp"))
        told = await home.told(Conversed, 2)
        assert (told.outcome, told.error, told.speech) == ("answer", "no_entity", "no_entity")


async def test_nothing_is_understood_before_the_house_is_told(tmp_path: Path) -> None:
    async with scripted_gateway(tmp_path) as gateway, gateway.home() as home:
        home.say(Converse(id=1, text="turn on the lamp"))
        told = await home.told(Conversed)
        assert (told.error, told.speech) == ("out_of_order", "")


async def test_what_means_nothing_is_answered_so() -> None:
    rig = Rig()
    answer = await rig.hears("sing a song")
    assert (answer.outcome, answer.speech, answer.is_question) == ("not_understood", "sorry", False)
    assert (await rig.hears("turn on the lamp" + " please" * 100)).outcome == "not_understood"
    never_mind = await rig.hears("never mind")
    assert (never_mind.outcome, never_mind.speech) == ("never_mind", "")
    assert rig.home.requests == []


async def test_an_area_that_there_is_none_of_is_none() -> None:
    rig = Rig()
    await rig.hears(LIGHT_ON.text, area="cellar")
    assert rig.home.requests[0].area_id is None


async def test_a_sentence_of_the_households_own_that_the_home_did_not_know_itself_means_nothing() -> None:
    rig = Rig()
    rig.equipment.understands = ScriptedUnderstanding(Intent(name="Own", text="brew it", is_own=True))
    assert (await rig.hears("brew it")).outcome == "not_understood"
    assert not rig.home.requests


async def test_another_language_is_not_understood() -> None:
    with pytest.raises(ProtocolError, match="understand 'de'") as refused:
        await Rig(language="de").hears("turn on the lamp")
    assert refused.value.refusal == "unsupported_language"


async def test_a_home_that_does_not_do_it_is_said_to_be_away() -> None:
    rig = Rig()
    rig.home.fault = HomeError("the home did not answer within 5 s")
    answer = await rig.hears("turn on the lamp")
    assert (answer.outcome, answer.error, answer.speech) == ("error", "home", "Home Assistant does not answer.")


async def test_a_yes_does_what_was_asked_about_once() -> None:
    rig = Rig()
    await rig.is_asked_whether_to_unlock()
    assert rig.home.requests == []
    assert (await rig.hears("Yes, please.")).outcome == "action"
    (request,) = rig.home.requests
    assert (request.intent, request.is_confirmed, request.converse_id) == (UNLOCK, True, 2)
    assert (await rig.hears("Yes, please.")).outcome == "not_understood"
    assert len(rig.home.requests) == 1


async def test_the_question_names_what_would_be_opened() -> None:
    rig = Rig()
    rig.household.foreseen = (UNLOCKED,)
    assert (await rig.hears(UNLOCK.text)).speech == "Should I unlock the Front Door?"


@pytest.mark.parametrize("said", ["no", "what", "never mind", ""])
async def test_anything_but_a_yes_leaves_it_as_it_is(said: str) -> None:
    rig = Rig()
    await rig.is_asked_whether_to_unlock()
    answer = await rig.hears(said)
    assert (answer.outcome, answer.speech, answer.is_question) == ("not_confirmed", REFUSED, False)
    assert (await rig.hears("yes")).outcome == "not_understood"
    assert rig.home.requests == []


async def test_a_new_command_in_place_of_an_answer_is_done_and_the_question_forgotten() -> None:
    rig = Rig()
    await rig.is_asked_whether_to_unlock()
    assert (await rig.hears("turn on the lamp")).outcome == "action"
    assert (await rig.hears("yes")).outcome == "not_understood"
    assert [request.intent for request in rig.home.requests] == [LIGHT_ON]


async def test_a_yes_in_another_conversation_or_too_late_is_no_answer() -> None:
    rig = Rig()
    await rig.is_asked_whether_to_unlock()
    assert (await rig.hears("yes", conversation="b")).outcome == "not_understood"
    rig.now_s = QUESTION_S + 0.1
    assert (await rig.hears("yes")).outcome == "not_understood"
    assert rig.home.requests == []


async def test_only_so_many_questions_wait() -> None:
    rig = Rig()
    for number in range(MOST_QUESTIONS + 1):
        await rig.is_asked_whether_to_unlock(conversation=str(number))
    assert (await rig.hears("yes", conversation="0")).outcome == "not_understood"
    assert (await rig.hears("yes", conversation="1")).outcome == "action"


async def test_what_will_be_opened_later_needs_its_yes_now() -> None:
    rig = Rig()
    rig.household.foreseen = (UNLOCKED,)
    assert (await rig.hears(LATER.text)).is_question
    await rig.hears("yes")
    assert [(request.intent.name, request.is_confirmed) for request in rig.home.requests] == [("HassStartTimer", True)]


async def test_where_nobody_can_be_asked_it_is_refused() -> None:
    rig = Rig()
    rig.household.foreseen = (UNLOCKED,)
    answer = await rig.hears(UNLOCK.text, conversation="")
    assert (answer.outcome, answer.speech) == ("not_confirmed", REFUSED)
    wordless = Rig(language="sw")
    wordless.household.foreseen = (UNLOCKED,)
    asked = Converse(id=1, text=UNLOCK.text, conversation_id="a")
    assert (await wordless.conversing.converse(asked)).outcome == "not_confirmed"
    assert rig.home.requests == wordless.home.requests == []


async def test_what_a_home_was_told_has_a_person_asked_as_what_is_said_at_a_satellite() -> None:
    cloud = ScriptedCloud()
    rig = Rig(cloud=cloud)
    answer = await rig.hears("Ask the cloud how old Anna is")
    assert (answer.outcome, answer.speech, answer.is_question) == ("consent_asked", SAID.asked, False)
    answer = await rig.hears("how old is the moon")
    assert (answer.outcome, answer.speech) == ("consent_asked", f"{SAID.cannot} {SAID.asked}")
    assert [(asked.satellite_id, asked.text) for asked in cloud.proposals] == [
        ("", "how old Anna is"),
        ("", "how old is the moon"),
    ]
    assert [asked.names for asked in cloud.proposals] == [(PERSON_NAME,), ()]
    assert rig.home.requests == []


async def test_where_nobody_is_asked_a_home_is_told_why_or_sorry() -> None:
    rig = Rig(cloud=ScriptedCloud(states=dict.fromkeys(Content, CloudState.SWITCHED_OFF)))
    answer = await rig.hears("ask the cloud how old the moon is")
    assert (answer.outcome, answer.speech) == ("not_understood", SAID.switched_off)
    assert (await rig.hears("how old is the moon")).speech == "sorry"
    rig = Rig(cloud=ScriptedCloud(refusal=Refusal.TOO_MANY))
    assert (await rig.hears("ask the cloud how old the moon is")).outcome == "not_understood"
    assert (await Rig().hears("ask the cloud how old the moon is")).speech == SAID.not_set_up


async def test_what_was_written_has_no_sound_that_could_be_listened_to() -> None:
    cloud = ScriptedCloud()
    answer = await Rig(cloud=cloud).hears("ask the cloud to listen")
    assert (answer.outcome, answer.speech) == ("not_understood", SAID.nothing_kept)
    assert cloud.proposals == []


@pytest.mark.parametrize("said", ["never mind", "forget that"])
async def test_what_waits_can_be_taken_back_in_writing(said: str) -> None:
    cloud = ScriptedCloud(waiting=1)
    rig = Rig(cloud=cloud)
    answer = await rig.hears(said)
    assert (answer.outcome, answer.speech) == ("never_mind", SAID.withdrawn)
    cloud.waiting = 0
    answer = await rig.hears(said)
    assert answer.speech == ("" if said == "never mind" else "sorry")
    assert cloud.withdrawn == ["", ""]


async def test_who_is_asked_for_a_yes_and_says_never_mind_takes_nothing_else_back() -> None:
    cloud = ScriptedCloud(waiting=1)
    rig = Rig(cloud=cloud)
    await rig.is_asked_whether_to_unlock()
    assert (await rig.hears("never mind")).speech == REFUSED
    assert cloud.withdrawn == []


# What is to be forgotten


async def test_who_is_logged_in_has_forgotten_what_they_said_and_at_a_device_what_was_said_there() -> None:
    memory = ScriptedMemory()
    rig = Rig(memory=memory)
    answer = await rig.hears("forget what I just said", user="anna", device="tablet")
    assert (answer.outcome, answer.speech, answer.is_question) == ("forgotten", OF_MEMORY.forgotten, False)
    await rig.hears("Delete what I just said.", device="puck")
    assert rig.whose == [("anna", "tablet"), ("", "puck")]
    assert memory.asked == [("forget_last", "tablet"), ("forget_last", "puck")]
    assert rig.home.requests == []


async def test_all_of_today_is_forgotten_after_a_yes_that_counts_once() -> None:
    memory = ScriptedMemory()
    rig = Rig(memory=memory)
    answer = await rig.hears(TODAY, user="anna")
    assert (answer.outcome, answer.is_question) == ("question", True)
    assert answer.speech == "Should I forget everything that you said today, 3 things?"
    assert memory.asked == [("said_today", "")]
    answer = await rig.hears("Yes, please.", user="anna")
    assert (answer.outcome, answer.speech) == ("forgotten", "Okay, I have forgotten 3 things.")
    assert (await rig.hears("yes", user="anna")).outcome == "not_understood"
    assert memory.asked == [("said_today", ""), ("forget_today", "")]
    assert "said here today" in (await rig.hears(TODAY, device="puck")).speech


async def test_a_yes_after_midnight_is_about_the_day_that_was_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter([date(2026, 11, 22), date(2026, 11, 23)])
    monkeypatch.setattr(forgetting, "this_day", lambda: next(days))
    memory = ScriptedMemory()
    rig = Rig(memory=memory)
    await rig.hears(TODAY, user="anna")
    assert (await rig.hears("yes", user="anna")).outcome == "forgotten"
    assert memory.days == [date(2026, 11, 22)] * 2


@pytest.mark.parametrize("said", ["no", "what", "never mind", ""])
async def test_anything_but_a_yes_forgets_nothing(said: str) -> None:
    memory = ScriptedMemory()
    rig = Rig(memory=memory)
    await rig.hears(TODAY, user="anna")
    answer = await rig.hears(said, user="anna")
    assert (answer.outcome, answer.speech, answer.is_question) == ("not_confirmed", OF_MEMORY.kept, False)
    assert (await rig.hears("yes", user="anna")).outcome == "not_understood"
    assert memory.asked == [("said_today", "")]


async def test_nobody_says_yes_for_another() -> None:
    memory = ScriptedMemory()
    rig = Rig(memory=memory)
    await rig.hears(TODAY, user="anna")
    assert (await rig.hears("yes", user="ben")).outcome == "not_understood"
    assert (await rig.hears("yes", user="anna")).outcome == "not_understood"
    assert memory.asked == [("said_today", "")]


async def test_who_has_no_conversation_cannot_be_asked_so_nothing_is_forgotten() -> None:
    answer = await Rig(memory=ScriptedMemory()).hears(TODAY, conversation="", user="anna")
    assert (answer.outcome, answer.speech) == ("not_confirmed", OF_MEMORY.kept)


async def test_where_nothing_of_today_is_remembered_nothing_is_asked() -> None:
    answer = await Rig(memory=ScriptedMemory(today=0)).hears(TODAY, user="anna")
    assert (answer.outcome, answer.speech) == ("forgotten", OF_MEMORY.nothing)


async def test_where_nobody_can_be_asked_to_forget_a_home_is_told_so() -> None:
    answer = await Rig().hears("forget what I just said", user="anna")
    assert (answer.outcome, answer.error, answer.speech) == ("error", "ledger", OF_MEMORY.unknown)
    assert answer.message


async def test_what_the_cloud_was_to_be_asked_is_taken_back_with_it() -> None:
    cloud = ScriptedCloud(waiting=1)
    answer = await Rig(cloud=cloud, memory=ScriptedMemory()).hears("forget what I said")
    assert (answer.outcome, answer.speech) == ("forgotten", f"{SAID.withdrawn} {OF_MEMORY.forgotten}")
    assert cloud.withdrawn == [""]


async def test_who_is_asked_for_a_yes_and_wants_something_forgotten_has_not_said_yes() -> None:
    memory = ScriptedMemory()
    rig = Rig(memory=memory)
    await rig.is_asked_whether_to_unlock()
    assert (await rig.hears("forget what I just said")).outcome == "forgotten"
    assert (await rig.hears("yes")).outcome == "not_understood"
    assert rig.home.requests == []


async def test_in_a_home_of_two_languages_each_is_understood_and_answered_by_its_own() -> None:
    rig = Rig()
    german = ScriptedUnderstanding(replace(UNLOCK, text="sperre die Haustür auf"), language="de")
    rig.equipment.other = Tongue(understanding=german, tts=ScriptedTts())
    rig.household.foreseen = (UNLOCKED,)
    asked = await rig.hears("sperre die Haustür auf", language="de-AT")
    assert (asked.outcome, asked.speech) == ("question", policy.question((UNLOCKED,), "de"))
    assert (await rig.hears("sure", language="de")).speech == policy.refused("de")
    await rig.hears("sperre die Haustür auf", language="de")
    assert (await rig.hears("ja", language="de")).outcome == "action"
    assert [request.language for request in rig.home.requests] == ["de"]
    assert (await rig.hears("sperre die Haustür auf", language="en")).outcome == "not_understood"
    with pytest.raises(ProtocolError, match="set to understand 'en' and 'de'") as refused:
        await rig.hears("ouvre la porte", language="fr")
    assert refused.value.refusal == "unsupported_language"
