import pytest

from gateway.house import ANYTHING, Entity
from gateway.turn import policy

GARAGE = {"device_class": "garage"}
BLIND = {"device_class": "blind"}
LIGHT = Entity(id="light.lamp", name="Lamp", state="on")


@pytest.mark.parametrize(
    ("entity", "is_protected"),
    [
        (Entity(id="lock.front", name="Front Door", state="unlocked"), True),
        (Entity(id="lock.front", name="Front Door", state="locked"), False),
        (Entity(id="cover.garage", name="Garage Door", state="open", attributes=GARAGE), True),
        (Entity(id="cover.garage", name="Garage Door", state="closed", attributes=GARAGE), False),
        (Entity(id="cover.blind", name="Blind", state="open", attributes=BLIND), False),
        (Entity(id="alarm_control_panel.home", name="Alarm", state="disarmed"), True),
        (Entity(id="alarm_control_panel.home", name="Alarm", state="armed_away"), False),
        (Entity(id="valve.water", name="Water", state="closed"), True),
    ],
)
def test_what_opens_unlocks_or_disarms_needs_a_yes(entity: Entity, is_protected: bool) -> None:
    assert policy.protected((LIGHT, entity)) == ((entity,) if is_protected else ())


def test_the_question_reads_back_what_would_be_done_to_what() -> None:
    lock = Entity(id="lock.front", name="Front Door", state="unlocked")
    alarm = Entity(id="alarm_control_panel.home", name="Alarm", state="disarmed")
    assert policy.question((lock,), "en") == "Should I unlock the Front Door?"
    assert policy.question((alarm, lock), "en") == "Should I disarm the Alarm and unlock the Front Door?"


def test_what_a_script_does_to_things_that_nobody_told_of_is_asked_by_their_kind() -> None:
    lock = Entity(id="lock", name="Good Night", state="unlocked")
    door = Entity(id="cover", name="Good Night", state="open", attributes=GARAGE)
    front = Entity(id="lock.front", name="Front Door", state="unlocked")
    blind = Entity(id="cover", name="Good Night", state="open")
    assert policy.protected((lock, blind, lock, door, front)) == (lock, lock, door, front)
    assert policy.question((lock, lock), "en") == "Should I run Good Night and unlock a lock?"
    said = "Should I unlock the Front Door and run Good Night and unlock a lock and open a garage door?"
    assert policy.question((front, lock, door), "en") == said


def test_a_script_that_nobody_could_read_is_asked_about_by_its_name() -> None:
    unread = Entity(id=ANYTHING, name="Good Night", state="")
    assert policy.protected((unread,)) == (unread,)
    assert policy.question((unread,), "en") == "Should I run Good Night?"


def test_every_kind_that_needs_a_yes_has_its_noun_in_every_language() -> None:
    kinds = {*policy.UNSAFE_STATES, *policy.PROTECTED_COVERS} - {"cover"}
    assert all(kinds == set(wording.things) for wording in policy.WORDINGS.values())


def test_every_state_that_needs_a_yes_has_its_verb_in_every_language() -> None:
    unsafe = frozenset[str]().union(*policy.UNSAFE_STATES.values())
    assert all(unsafe <= set(wording.verbs) for wording in policy.WORDINGS.values())


def test_a_language_without_words_for_it_cannot_be_asked_in_so_the_answer_is_no() -> None:
    lock = Entity(id="lock.front", name="Front Door", state="unlocked")
    assert policy.question((lock,), "eo") is None
    assert policy.refused("eo") == ""


def test_a_refusal_is_said() -> None:
    assert policy.refused("en") == "Okay, I left it as it is."


@pytest.mark.parametrize(("language", "said"), [("en", "Home"), ("de-CH", "Home Assistant antwortet"), ("eo", "")])
def test_a_home_that_is_away_is_spoken_of_in_the_language_s_own_words(language: str, said: str) -> None:
    assert policy.home_is_away(language).startswith(said)
    assert bool(policy.home_is_away(language)) == bool(said)
