"""Words and data: what is said of a house arrives as it was meant."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.events import ActionRequest, ActionResult, Intent, SentenceAnswer, StateChange
from gateway.house import Area, AttributeValue, Entity, Floor, Guard, House
from gateway.offer import Fitness, Offer, Settings, SettingsChange, Voice, WakeWordModel
from gateway.server.house_news import HouseNews
from gateway.server.translate import (
    area_of,
    asked,
    attribute_words,
    entity_of,
    offered,
    result_of,
    sentence_of,
    settings_change_of,
    timers_running,
)
from gateway.timers import MOST_TIMERS, RunningTimer
from gateway.wire.messages import LARGEST_MESSAGE_BYTES, NAME_CHARS, encode
from gateway.wire.request_words import ChangeSettings, Offered, VoiceWords, WakeWordWords
from gateway.wire.timer_words import LONGEST_COMMAND_CHARS, TimersRunning, TimerWords
from gateway.wire.voice_words import (
    TO_GATEWAY,
    TO_HOME,
    ActionAsked,
    ActionDone,
    AreaWords,
    EntityWords,
    HouseBegin,
    HouseEnd,
    SentenceDone,
    SpeechSlot,
    StateChangeWords,
)
from tests.gateway.server.peers import entity_words, parts

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = NAMES.filter(bool)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | NAMES
ATTRIBUTES = st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=3).map(tuple), max_size=3)
RECORDS = st.dictionaries(NAMES, SCALARS, max_size=2)
SPEECH_SLOTS = st.dictionaries(NAMES, SCALARS | st.lists(SCALARS | RECORDS, max_size=3).map(tuple), max_size=3)
ALIASES = st.lists(NAMES, max_size=2).map(tuple)
FLOORS = st.builds(Floor, id=IDS, name=NAMES, aliases=ALIASES, level=st.none() | st.integers(-3, 9))


@st.composite
def houses(draw: st.DrawFn) -> House:
    floors = draw(st.lists(FLOORS, max_size=3, unique_by=lambda floor: floor.id))
    floor_ids = st.sampled_from([None, *(floor.id for floor in floors)])
    areas = draw(
        st.lists(
            st.builds(Area, id=IDS, name=NAMES, aliases=ALIASES, floor_id=floor_ids),
            max_size=3,
            unique_by=lambda area: area.id,
        )
    )
    area_ids = st.sampled_from([None, *(area.id for area in areas)])
    entities = st.builds(
        Entity,
        id=IDS,
        name=NAMES,
        aliases=ALIASES,
        area_id=area_ids,
        state=NAMES,
        attributes=ATTRIBUTES,
        guard=st.none() | st.sampled_from(Guard),
        guard_area_ids=ALIASES,
    )
    return House(
        name=draw(NAMES),
        language=draw(NAMES),
        temperature_unit=draw(NAMES),
        floors=tuple(floors),
        areas=tuple(areas),
        entities=tuple(draw(st.lists(entities, max_size=4, unique_by=lambda entity: entity.id))),
    )


@given(houses())
def test_a_house_arrives_as_it_was_told(house: House) -> None:
    news = HouseNews()
    begin = HouseBegin(name=house.name, language=house.language, temperature_unit=house.temperature_unit)
    for message in (begin, *parts(house), HouseEnd()):
        assert news.told(TO_GATEWAY.decode(encode(message)))
    assert news.take().house == house


@given(
    st.builds(
        ActionRequest,
        intent=st.builds(Intent, name=NAMES, slots=ATTRIBUTES, response=NAMES, text=NAMES, entity_id=st.none() | NAMES),
        area_id=st.none() | NAMES,
        satellite_id=NAMES,
        is_confirmed=st.booleans(),
        pin=st.text("0123456789", max_size=12),
    )
)
def test_a_request_arrives_as_it_was_asked(request: ActionRequest) -> None:
    words = TO_HOME.decode(encode(asked(request, number=5, deadline_ms=5_000)))
    assert isinstance(words, ActionAsked)
    intent = Intent(
        name=words.intent, slots=words.slots, response=words.response, text=words.text, entity_id=words.entity_id
    )
    assert (words.id, words.deadline_ms) == (5, 5_000)
    arrived = ActionRequest(
        intent=intent,
        area_id=words.area_id,
        satellite_id=words.satellite_id,
        is_confirmed=words.is_confirmed,
        pin=words.pin,
    )
    assert arrived == request


def test_what_a_newer_home_demands_and_we_do_not_know_is_never_done() -> None:
    assert entity_of(EntityWords(id="light.lamp", name="Lamp", guard="two yeses"), ()).guard is Guard.NEVER


@given(st.none() | NAMES, ATTRIBUTES, SPEECH_SLOTS, houses(), st.lists(st.tuples(IDS, NAMES, NAMES, NAMES), max_size=3))
def test_a_result_arrives_as_it_was_told(
    error: str | None,
    error_slots: dict[str, AttributeValue],
    speech_slots: dict[str, SpeechSlot],
    house: House,
    changes: list[tuple[str, str, str, str]],
) -> None:
    words = ActionDone(
        id=1,
        error=error,
        error_slots=attribute_words(error_slots),
        speech_slots=speech_slots,
        matched=tuple(entity_words(entity) for entity in house.entities),
        unmatched=tuple(entity_words(entity) for entity in house.entities[:1]),
        changes=tuple(StateChangeWords(entity_id=i, name=n, before=b, after=a) for i, n, b, a in changes),
    )
    heard = TO_GATEWAY.decode(encode(words))
    assert isinstance(heard, ActionDone)
    assert result_of(heard, {area.id for area in house.areas}) == ActionResult(
        error=error,
        error_slots=error_slots,
        speech_slots=speech_slots,
        matched=house.entities,
        unmatched=house.entities[:1],
        changes=tuple(StateChange(entity_id=i, name=n, before=b, after=a) for i, n, b, a in changes),
    )


def test_what_lies_in_a_room_that_is_not_there_lies_nowhere() -> None:
    assert entity_of(EntityWords(id="light.x", name="X", area_id="moon"), {"kitchen"}).area_id is None
    assert area_of(AreaWords(id="a", name="A", floor_id="9"), ()).floor_id is None


def test_lists_within_lists_and_endless_sentences_stay_behind() -> None:
    assert attribute_words({"a": (1, (2, 3), "x")}) == {"a": (1, "x")}
    assert len(asked(ActionRequest(intent=Intent(name="x", text="a" * 9_000)), number=1, deadline_ms=1).text) == 4_096


def test_what_is_offered_travels() -> None:
    offer = Offer(
        language="de",
        second_language="fr",
        stt_models=("tiny", "base"),
        voices=(Voice(id="espeak-de", name="German", language="de"),),
        wake_words=(WakeWordModel(id="alexa", phrase="Alexa"), WakeWordModel(id="okay_nabu", phrase="Okay Nabu")),
        settings=Settings(stt_model="base", voice="espeak-de", wake_words=("alexa",), wake_sensitivity=70),
        stt_fitness={"tiny": Fitness.UNMEASURED, "base": Fitness.WEAK},
    )
    words = TO_HOME.decode(encode(offered(offer)))
    assert words == Offered(
        language="de",
        second_language="fr",
        stt_model="base",
        stt_models=("tiny", "base"),
        voice="espeak-de",
        voices=(VoiceWords(id="espeak-de", name="German", language="de"),),
        wake_words=("alexa",),
        known_wake_words=(WakeWordWords(id="alexa", phrase="Alexa"), WakeWordWords(id="okay_nabu", phrase="Okay Nabu")),
        wake_sensitivity=70,
        stt_fitness={"tiny": "unmeasured", "base": "weak"},
    )


def test_what_is_to_be_different_is_understood_and_the_rest_stays() -> None:
    words = ChangeSettings(id=1, voice="joe", wake_words=("alexa",), wake_sensitivity=0)
    assert settings_change_of(words) == SettingsChange(voice="joe", wake_words=("alexa",), wake_sensitivity=0)
    assert settings_change_of(ChangeSettings(id=1)) == SettingsChange()


def test_a_sentence_that_the_home_has_none_of_is_none() -> None:
    assert sentence_of(SentenceDone(id=1, speech="never said")) is None
    assert sentence_of(SentenceDone(id=1, text="movie time")) == SentenceAnswer(text="movie time", speech="")


def timer(number: int, left_s: int = 60, *, name: str | None = None, command: str | None = None) -> RunningTimer:
    return RunningTimer(
        number=number,
        name=name,
        command=command,
        satellite_id="shelf",
        area_id=None,
        duration_s=600,
        left_s=left_s,
        is_active=number % 2 == 1,
    )


def test_what_runs_is_told_soonest_first() -> None:
    told = timers_running((timer(1, 500, name="egg"), timer(2, 40, command="turn off the lamp")))
    assert told.timers == (
        TimerWords(
            timer_id=2,
            satellite_id="shelf",
            duration_s=600,
            left_s=40,
            is_active=False,
            is_command=True,
            command="turn off the lamp",
        ),
        TimerWords(timer_id=1, name="egg", satellite_id="shelf", duration_s=600, left_s=500),
    )
    assert timers_running(()) == TimersRunning()


def test_long_names_and_commands_are_told_in_part() -> None:
    (told,) = timers_running((timer(1, name="n" * 300, command="c" * 201),)).timers
    assert told.name == "n" * NAME_CHARS
    assert told.command == "c" * (LONGEST_COMMAND_CHARS - 1) + "…"
    (whole,) = timers_running((timer(1, command="c" * LONGEST_COMMAND_CHARS),)).timers
    assert whole.command == "c" * LONGEST_COMMAND_CHARS


def test_as_many_timers_as_there_may_be_are_told_and_what_is_too_much_for_a_message_is_left_out() -> None:
    usual = timers_running(timer(number, name="n" * 60, command="c" * 120) for number in range(MOST_TIMERS + 1))
    assert len(usual.timers) == MOST_TIMERS
    assert TO_HOME.decode(encode(usual)) == usual
    hostile = timers_running(timer(n, n, name="\1" * 300, command="\1" * 300) for n in range(MOST_TIMERS))
    assert 0 < len(hostile.timers) < MOST_TIMERS
    assert [told.left_s for told in hostile.timers] == list(range(len(hostile.timers)))
    assert LARGEST_MESSAGE_BYTES * 0.9 < len(encode(hostile)) <= LARGEST_MESSAGE_BYTES
    assert TO_HOME.decode(encode(hostile)) == hostile
