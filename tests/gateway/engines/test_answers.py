from datetime import date, time

import home_assistant_intents
import pytest

from gateway.engines.answers import ANSWER_LIMIT_CHARS, HassAnswers
from gateway.engines.sentences import load_sentences
from gateway.errors import ConfigError
from gateway.events import ActionResult, Intent
from gateway.house import AttributeValue, Entity


@pytest.fixture(scope="module")
def answers() -> HassAnswers:
    return HassAnswers("en")


def asked(intent: str, response: str = "default", text: str = "", **slots: AttributeValue) -> Intent:
    return Intent(name=intent, response=response, text=text, slots=slots)


def lights(*names: str, state: str = "on") -> tuple[Entity, ...]:
    return tuple(Entity(id=f"light.{name.casefold()}", name=name, state=state) for name in names)


def test_what_was_done_is_said_by_the_kind_of_thing(answers: HassAnswers) -> None:
    on = answers.render(asked("HassTurnOn"), ActionResult(matched=lights("Lamp")), unit="°C")
    scene = answers.render(asked("HassTurnOn", "scene"), ActionResult(), unit="°C")
    assert on == "Turned on the light"
    assert scene == "Activated"


def test_a_kind_of_thing_without_a_word_for_it_is_left_out(answers: HassAnswers) -> None:
    siren = Entity(id="zone.home", name="Home")
    assert answers.render(asked("HassTurnOn"), ActionResult(matched=(siren,)), unit="°C") == "Turned on"


def test_covers_are_named_in_the_number_in_which_they_were_asked_for(answers: HassAnswers) -> None:
    def said(text: str, device_class: str) -> str:
        intent = asked("HassTurnOff", "cover_device_class", text, device_class=device_class)
        return answers.render(intent, ActionResult(), unit="°C")

    assert said("Close the blinds.", "blind") == "Closing the blinds"
    assert said("Close the garage door.", "garage") == "Closing the garage door"


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ({"minutes": 10}, "Timer set for 10 minutes"),
        ({"hours": 1}, "Timer set for 1 hour"),
        ({"hours": 1, "minutes": 5, "seconds": 30}, "Timer set for 1 hour, 5 minutes and 30 seconds"),
        ({"minutes": 1, "name": "egg"}, "Timer set for 1 minute named egg"),
    ],
)
def test_one_is_said_in_the_singular(answers: HassAnswers, slots: dict[str, AttributeValue], said: str) -> None:
    assert answers.render(Intent(name="HassStartTimer", slots=slots), ActionResult(), unit="°C") == said


def test_the_house_s_own_unit_is_just_degrees(answers: HassAnswers) -> None:
    sensor = Entity(id="sensor.out", name="Outside", state="21.54", attributes={"unit_of_measurement": "°C"})
    intent = asked("HassGetState", "one", name="Outside")
    assert answers.render(intent, ActionResult(matched=(sensor,)), unit="°C") == "Outside is 21.5 degrees"
    assert answers.render(intent, ActionResult(matched=(sensor,)), unit="°F") == "Outside is 21.5 degrees Celsius"


def test_how_warm_it_is_comes_from_a_sensor_or_a_thermostat(answers: HassAnswers) -> None:
    sensor = Entity(id="sensor.bedroom", name="Bedroom", state="19.2")
    thermostat = Entity(id="climate.office", name="Office", state="heat", attributes={"current_temperature": 21.0})
    intent = asked("HassClimateGetTemperature")
    assert answers.render(intent, ActionResult(matched=(sensor,)), unit="°C") == "19.2 degrees"
    assert answers.render(intent, ActionResult(matched=(thermostat,)), unit="°C") == "21 degrees"


def test_the_weather_is_said_in_words(answers: HassAnswers) -> None:
    weather = Entity(
        id="weather.home", name="Home", state="partlycloudy", attributes={"temperature": 18, "temperature_unit": "°C"}
    )
    said = answers.render(asked("HassGetWeather"), ActionResult(matched=(weather,)), unit="°C")
    assert said == "18 degrees and partly cloudy"


@pytest.mark.parametrize(
    ("response", "names", "others", "said"),
    [
        ("any", ("B", "A"), (), "Yes, A and B"),
        ("any", (), ("A",), "No"),
        ("any", ("E", "D", "C", "B", "A"), (), "Yes, A, B, C and 2 more"),
        ("all", ("A",), (), "Yes"),
        ("all", ("A",), ("B", "C"), "No, B and C are not on"),
        ("which", ("A",), (), "A"),
        ("which", (), ("A",), "Not any"),
        ("how_many", ("A", "B"), (), "2"),
    ],
)
def test_questions_about_several_things_name_them(
    answers: HassAnswers, response: str, names: tuple[str, ...], others: tuple[str, ...], said: str
) -> None:
    result = ActionResult(matched=lights(*names), unmatched=lights(*others, state="off"))
    assert answers.render(asked("HassGetState", response, state="on"), result, unit="°C") == said


def test_a_question_about_one_thing_is_answered_yes_or_with_what_it_is(answers: HassAnswers) -> None:
    window = Entity(id="binary_sensor.w", name="Window", state="off", attributes={"device_class": "window"})
    intent = asked("HassGetState", "one_yesno", name="Window", state="on")
    assert answers.render(intent, ActionResult(unmatched=(window,)), unit="°C") == "No, closed"
    assert answers.render(intent, ActionResult(matched=(window,)), unit="°C") == "Yes"


@pytest.mark.parametrize(
    ("state", "said"), [("home", "Anna is at home"), ("not_home", "Anna is away"), ("Work", "Anna is at Work")]
)
def test_where_somebody_is_is_said_in_words(answers: HassAnswers, state: str, said: str) -> None:
    person = Entity(id="person.anna", name="Anna", state=state)
    intent = asked("HassGetState", "where", name="Anna")
    assert answers.render(intent, ActionResult(matched=(person,)), unit="°C") == said


def test_the_date_and_the_time_are_said(answers: HassAnswers) -> None:
    on = ActionResult(speech_slots={"date": date(2026, 11, 2)})
    at = ActionResult(speech_slots={"time": time(12, 5)})
    assert answers.render(asked("HassGetCurrentDate"), on, unit="°C") == "November 2nd, 2026"
    assert answers.render(asked("HassGetCurrentTime"), at, unit="°C") == "12:05 PM"


@pytest.mark.parametrize(
    ("key", "slots", "said"),
    [
        ("no_entity", {"entity": "Lamp"}, "Sorry, I am not aware of any device called Lamp"),
        (
            "no_domain_in_area",
            {"domain": "climate", "area": "Kitchen"},
            "Sorry, I am not aware of any thermostat in the Kitchen area",
        ),
        ("no_domain", {"domain": "media_player"}, "Sorry, I am not aware of any media player"),
        ("timer_not_found", {}, "Sorry, I couldn't find that timer"),
        ("item_not_found", {"item": "wine"}, "Sorry, wine is not on the list"),
        (
            "temperature_out_of_range",
            {"entity": "Oven", "lowest": 7, "highest": 30},
            "Sorry, Oven can be set from 7 to 30 degrees",
        ),
        ("never_heard_of_it", {}, "Sorry, I couldn't understand that"),
    ],
)
def test_what_could_not_be_done_is_said(
    answers: HassAnswers, key: str, slots: dict[str, AttributeValue], said: str
) -> None:
    result = ActionResult(error=key, error_slots=slots)
    assert answers.render(asked("HassTurnOn"), result, unit="°C") == said


def test_words_without_meaning_are_answered_with_sorry(answers: HassAnswers) -> None:
    assert answers.sorry() == "Sorry, I couldn't understand that"
    assert HassAnswers("de").sorry() != answers.sorry()


def test_what_this_program_says_of_itself_is_true_of_it(answers: HassAnswers) -> None:
    for response in ("hello", "listening", "data", "commands", "creator"):
        said = answers.render(asked("HassRespond", response), ActionResult(), unit="°C")
        assert said
        assert "sent to your Home Assistant" not in said


def test_never_mind_and_unknown_answers_say_nothing(answers: HassAnswers) -> None:
    assert answers.render(asked("HassNevermind"), ActionResult(), unit="°C") == ""
    assert answers.render(asked("HassTurnOn", "no_such_response"), ActionResult(), unit="°C") == ""


def test_an_answer_that_cannot_be_put_in_words_is_silent_and_not_a_failure(answers: HassAnswers) -> None:
    assert answers.render(asked("HassGetCurrentTime"), ActionResult(), unit="°C") == ""


def test_what_a_thing_is_called_is_never_a_template(answers: HassAnswers) -> None:
    lamp = Entity(id="light.x", name="{{ 7 * 7 }}", state="{% raw %}")
    intent = asked("HassGetState", "one", name=lamp.name)
    assert answers.render(intent, ActionResult(matched=(lamp,)), unit="°C") == "{{ 7 * 7 }} is {% raw %}"


def test_an_endless_answer_is_cut(answers: HassAnswers) -> None:
    lamp = Entity(id="light.x", name="Lamp", state="on and " * ANSWER_LIMIT_CHARS)
    said = answers.render(asked("HassGetState", "one", name="Lamp"), ActionResult(matched=(lamp,)), unit="°C")
    assert len(said) == ANSWER_LIMIT_CHARS


def test_german_keeps_the_words_of_the_package() -> None:
    answers = HassAnswers("de")
    sensor = Entity(id="sensor.a", name="Außen", state="21.54", attributes={"unit_of_measurement": "°C"})
    said = answers.render(asked("HassGetState", "one", name="Außen"), ActionResult(matched=(sensor,)), unit="°C")
    assert answers.language == "de"
    assert said == "Außen ist 21.5 Grad"


@pytest.mark.parametrize("language", home_assistant_intents.get_languages())
def test_every_language_s_templates_can_be_read(language: str) -> None:
    answers = HassAnswers(language)
    sentences = load_sentences(language)
    result = ActionResult(
        matched=lights("Lamp"), speech_slots={"canceled": 1, "timers": (), "date": date(2026, 1, 2), "time": time(8)}
    )
    for name, responses in sentences.answers.items():
        for response in responses:
            assert isinstance(answers.render(asked(name, response, minutes=1, name="x"), result, unit="°C"), str)
    assert answers.sorry()


@pytest.mark.parametrize(
    ("language", "opening"),
    [
        *(("en", "In the demo house: "), ("de", "Im Demohaus: "), ("de-CH", "Im Demohaus: ")),
        *(("fr", "Dans la maison de démonstration : "), ("es", "En la casa de demostración: ")),
        *(("nl", "In het demohuis: "), ("it", "Nella casa dimostrativa: "), ("fi", "Demo: ")),
    ],
)
def test_what_is_true_of_the_demo_house_only_is_said_to_be(language: str, opening: str) -> None:
    answers = HassAnswers(language)
    real, demo = (ActionResult(matched=lights("Lamp"), is_demo=is_demo) for is_demo in (False, True))
    said = answers.render(asked("HassTurnOn"), real, unit="°C")
    assert said
    assert answers.render(asked("HassTurnOn"), demo, unit="°C") == opening + said


def test_an_error_of_the_demo_house_is_said_to_be_one_and_silence_stays_silence(answers: HassAnswers) -> None:
    error = ActionResult(error="timer_not_found", is_demo=True)
    said = answers.render(asked("HassCancelTimer"), error, unit="°C")
    assert said == "In the demo house: Sorry, I couldn't find that timer"
    assert answers.render(asked("HassNevermind"), ActionResult(is_demo=True), unit="°C") == ""


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="tlh"):
        HassAnswers("tlh")
