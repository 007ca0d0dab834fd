from dataclasses import replace

import pytest

from gateway.events import ActionRequest, Intent
from gateway.house import ANYTHING, Entity, Guard
from gateway.turn import policy
from gateway.turn.kinds import PROTECTED_COVERS, UNSAFE_STATES
from gateway.turn.policy import Demand, Refusal
from gateway.turn.policy_wordings import HOME_IS_AWAY, WORDINGS
from gateway.turn.yes import YES

GARAGE = {"device_class": "garage"}
LIGHT = Entity(id="light.lamp", name="Lamp", state="on")
UNLOCKED = Entity(id="lock.front", name="Front Door", state="unlocked")
LOCKED = replace(UNLOCKED, state="locked")
REQUEST = ActionRequest(intent=Intent(name="HassTurnOn"))


def demanded(*changes: Entity, area_id: str | None = None, language: str = "en") -> Demand | None:
    return policy.demanded(changes, area_id=area_id, language=language)


def guard_of(*changes: Entity, area_id: str | None = None) -> Guard | None:
    demand = demanded(*changes, area_id=area_id)
    return None if demand is None else demand.guard


def question(*changes: Entity, language: str = "en") -> str | None:
    demand = demanded(*changes, language=language)
    assert demand is not None
    return policy.question(demand.entities, language)


def test_only_what_needs_a_yes_is_asked_about() -> None:
    demand = demanded(LIGHT, UNLOCKED, LOCKED)
    assert demand is not None
    assert (demand.entities, demand.guard, demand.refusal) == ((UNLOCKED,), Guard.CONFIRM, None)
    assert demanded(LIGHT, LOCKED) is None


@pytest.mark.parametrize(
    ("guard", "unlocking", "locking", "lighting"),
    [
        (Guard.FREE, None, None, None),
        (Guard.CONFIRM, Guard.CONFIRM, None, Guard.CONFIRM),
        (Guard.PIN, Guard.PIN, None, Guard.PIN),
        (Guard.NEVER, Guard.NEVER, Guard.NEVER, Guard.NEVER),
    ],
)
def test_what_the_household_decided_comes_before_what_is_usual(
    guard: Guard, unlocking: Guard | None, locking: Guard | None, lighting: Guard | None
) -> None:
    found = [guard_of(replace(entity, guard=guard)) for entity in (UNLOCKED, LOCKED, LIGHT)]
    assert found == [unlocking, locking, lighting]


def test_of_several_things_the_strictest_counts() -> None:
    assert guard_of(replace(LIGHT, guard=Guard.NEVER), replace(UNLOCKED, guard=Guard.PIN)) is Guard.NEVER
    demands = [demanded(UNLOCKED), None, demanded(replace(LIGHT, guard=Guard.PIN))]
    both = policy.together(demands)
    assert both is not None
    assert (both.guard, len(both.entities)) == (Guard.PIN, 2)
    assert policy.together([None]) is None


@pytest.mark.parametrize("guard", [Guard.FREE, Guard.CONFIRM, Guard.PIN])
def test_what_may_be_asked_for_in_some_rooms_is_refused_in_all_others(guard: Guard) -> None:
    light = replace(LIGHT, guard=guard, guard_area_ids=("hall", "kitchen"))
    for area_id in ("bedroom", None):
        demand = demanded(light, area_id=area_id)
        assert demand is not None
        assert demand.refusal is Refusal.ELSEWHERE
    here = demanded(light, area_id="kitchen")
    assert here is None if guard is Guard.FREE else here is not None and here.refusal is None


def test_a_door_may_be_locked_from_everywhere() -> None:
    assert demanded(replace(LOCKED, guard=Guard.PIN, guard_area_ids=("hall",))) is None


@pytest.mark.parametrize(
    ("demand", "request_", "lacks"),
    [
        (Demand(entities=(), guard=Guard.FREE, is_elsewhere=True), REQUEST, Refusal.ELSEWHERE),
        (Demand(entities=(), guard=Guard.FREE), REQUEST, None),
        (Demand(entities=(), guard=Guard.CONFIRM), REQUEST, Refusal.NOT_CONFIRMED),
        (Demand(entities=(), guard=Guard.CONFIRM), replace(REQUEST, is_confirmed=True), None),
        (Demand(entities=(), guard=Guard.PIN), replace(REQUEST, pin="1234"), Refusal.NOT_CONFIRMED),
        (Demand(entities=(), guard=Guard.PIN), replace(REQUEST, is_confirmed=True), Refusal.LATER),
        (Demand(entities=(), guard=Guard.PIN), replace(REQUEST, is_confirmed=True, pin="1234"), None),
        (Demand(entities=(), guard=Guard.NEVER), replace(REQUEST, is_confirmed=True, pin="1234"), Refusal.NEVER),
    ],
)
def test_a_request_lacks_what_a_demand_has_and_it_has_not(
    demand: Demand, request_: ActionRequest, lacks: Refusal | None
) -> None:
    assert demand.lacks(request_) is lacks


def test_the_question_reads_back_what_would_be_done_to_what() -> None:
    alarm = Entity(id="alarm_control_panel.home", name="Alarm", state="disarmed")
    assert question(UNLOCKED) == "Should I unlock the Front Door?"
    assert question(alarm, UNLOCKED) == "Should I disarm the Alarm and unlock the Front Door?"


def test_what_the_household_marked_is_read_back_as_what_it_is() -> None:
    light, heat = replace(LIGHT, guard=Guard.PIN), Entity(id="climate.hall", name="Hall", state="heat")
    scene = Entity(id="scene.film", name="Film", state="2026-11-23", guard=Guard.CONFIRM)
    heat = replace(heat, guard=Guard.CONFIRM)
    assert question(light, heat, scene) == "Should I turn on the Lamp and change the Hall and run Film?"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Soll ich Front Door aufschließen?"),
        ("de-CH", "Soll ich Front Door aufschließen?"),
        ("fr", "Dois-je déverrouiller Front Door ?"),
        ("es", "¿Debo desbloquear Front Door?"),
        ("it", "Devo sbloccare Front Door?"),
        ("nl", "Zal ik Front Door ontgrendelen?"),
    ],
)
def test_the_question_is_asked_in_each_language(language: str, said: str) -> None:
    assert question(UNLOCKED, language=language) == said


def test_what_a_script_does_to_things_that_nobody_told_of_is_asked_by_their_kind() -> None:
    lock = Entity(id="lock", name="Good Night", state="unlocked")
    door = Entity(id="cover", name="Good Night", state="open", attributes=GARAGE)
    blind = Entity(id="cover", name="Good Night", state="open")
    demand = demanded(lock, blind, lock, door, UNLOCKED)
    assert demand is not None
    assert demand.entities == (lock, lock, door, UNLOCKED)
    assert question(lock, lock) == "Should I run Good Night and unlock a lock?"
    said = "Should I unlock the Front Door and run Good Night and unlock a lock and open a garage door?"
    assert question(UNLOCKED, lock, door) == said


def test_a_script_that_nobody_could_read_is_asked_about_by_its_name() -> None:
    assert question(Entity(id=ANYTHING, name="Good Night", state="")) == "Should I run Good Night?"


@pytest.mark.parametrize("language", WORDINGS)
def test_every_language_has_words_for_all_of_it(language: str) -> None:
    wording = WORDINGS[language]
    assert set(wording.kinds) == {*UNSAFE_STATES, *PROTECTED_COVERS} - {"cover"}
    assert frozenset[str]().union(*UNSAFE_STATES.values()) <= set(wording.verbs)
    assert set(wording.refused) == set(Refusal)
    assert "?" in policy.pin_question(language)


def test_all_of_it_is_spoken_in_the_languages_that_have_a_yes() -> None:
    assert set(WORDINGS) == set(YES) == set(HOME_IS_AWAY)


def test_a_language_without_words_for_it_cannot_be_asked_in_so_the_answer_is_no() -> None:
    assert policy.question((UNLOCKED,), "eo") is None
    assert policy.pin_question("eo") == policy.refused("eo") == ""


def test_a_refusal_is_said() -> None:
    assert policy.refused("en") == "Okay, I left it as it is."
    assert policy.refused("de-AT", Refusal.NEVER) == "Das mache ich nie auf Zuruf."


@pytest.mark.parametrize(("language", "said"), [("en", "Home"), ("de-CH", "Home Assistant antwortet"), ("eo", "")])
def test_a_home_that_is_away_is_spoken_of_in_the_language_s_own_words(language: str, said: str) -> None:
    assert policy.home_is_away(language).startswith(said)
    assert bool(policy.home_is_away(language)) == bool(said)
