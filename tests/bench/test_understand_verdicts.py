import pytest

from bench.gold import Command, Meaning, Spelling
from bench.understand_clips import Clip, Group, Said
from bench.understand_turns import Ending, Turn
from bench.understand_verdicts import (
    Case,
    Missing,
    Other,
    Theirs,
    Verdict,
    by_peer,
    by_ten_best,
    by_us,
    errors_share,
    of_groups,
    rate,
    rate_by_sentence,
)
from gateway.house import House

ON = Meaning(commands=(Command(name="HassTurnOn", slots={"name": "lamp"}),))
OFF = Meaning(commands=(Command(name="HassTurnOff", slots={"name": "lamp"}),))
NEVER_MIND = Meaning(commands=(Command(name="HassNevermind", slots={}),))
SPELLING = Spelling(House(name="home"))


def understood(meaning: Meaning) -> Turn:
    return Turn(ending=Ending.UNDERSTOOD, heard="on", used="on", meaning=meaning)


def clip(text: str = "on", group: Group = Group.PEOPLE) -> Clip:
    return Clip(said=Said(name="a.wav", text=text, group=group), meant=ON, pcm=b"")


def case(turn: Turn, theirs: Meaning | None = ON, *, text: str = "on", group: Group = Group.PEOPLE) -> Case:
    """Return a clip that means turning the lamp on."""
    return Case(clip=clip(text, group), turn=turn, theirs=Theirs(heard=text, meaning=theirs), spelling=SPELLING)


SORRY = Turn(ending=Ending.SORRY, heard="un")


@pytest.mark.parametrize(
    ("turn", "verdict"),
    [
        (understood(ON), Verdict.RIGHT),
        (understood(OFF), Verdict.WRONG),
        (understood(Meaning(commands=(*ON.commands, *OFF.commands))), Verdict.WRONG),
        (understood(NEVER_MIND), Verdict.REFUSED),
        (Turn(ending=Ending.ASKED), Verdict.ASKED),
        (SORRY, Verdict.REFUSED),
        (Turn(ending=Ending.SILENT), Verdict.REFUSED),
        (Turn(ending=Ending.FAILED), Verdict.REFUSED),
        (Turn(ending=Ending.OTHER), Verdict.WRONG),
    ],
)
def test_wrong_is_only_what_would_have_done_something_else(turn: Turn, verdict: Verdict) -> None:
    assert case(turn).ours is verdict


@pytest.mark.parametrize(("taken", "verdict"), [(ON, Verdict.RIGHT), (OFF, Verdict.WRONG), (None, Verdict.REFUSED)])
def test_the_peer_and_the_ten_best_are_judged_alike(taken: Meaning | None, verdict: Verdict) -> None:
    assert by_peer(case(SORRY, taken)) is verdict
    assert by_ten_best(case(Turn(ending=Ending.SORRY, ten_best=taken))) is verdict


@pytest.mark.parametrize(
    ("turn", "meant", "verdict"),
    [
        (understood(ON), None, Verdict.WRONG),
        (SORRY, None, Verdict.REFUSED),
        (Turn(ending=Ending.ASKED), None, Verdict.ASKED),
        (understood(OFF), OFF, Verdict.RIGHT),
    ],
)
def test_without_a_name_nothing_is_to_be_done_but_what_it_means_anyway(
    turn: Turn, meant: Meaning | None, verdict: Verdict
) -> None:
    assert Missing(clip=clip(), name="lamp", meant=meant, turn=turn, spelling=SPELLING).verdict is verdict


@pytest.mark.parametrize(
    ("ending", "is_acted_on", "is_answered"),
    [
        (Ending.UNDERSTOOD, True, True),
        (Ending.OTHER, True, True),
        (Ending.ASKED, False, True),
        (Ending.SORRY, False, True),
        (Ending.FAILED, False, True),
        (Ending.SILENT, False, False),
    ],
)
def test_only_silence_is_no_answer_to_other_sounds(ending: Ending, is_acted_on: bool, is_answered: bool) -> None:
    other = Other(name="a.wav", kind="negative_noise", turn=Turn(ending=ending))
    assert (other.is_acted_on, other.is_answered) == (is_acted_on, is_answered)


def test_a_sentence_that_is_said_often_counts_once_among_sentences() -> None:
    cases = [case(understood(ON), text=text) for text in ("Lamp on.", "lamp on", "LAMP on!")]
    cases.append(case(SORRY, text="light up"))
    assert rate(cases, by_us) == 0.75
    assert rate(cases, by_us, Verdict.REFUSED) == 0.25
    assert rate_by_sentence(cases, by_us) == 0.5


def test_nothing_is_not_right() -> None:
    assert rate([], by_us) == rate_by_sentence([], by_us) == errors_share([], by_peer) == 0


def test_errors_are_a_share_of_another_sides() -> None:
    assert errors_share([case(SORRY, None), *[case(understood(ON), OFF)] * 3], by_peer) == 0.25
    assert errors_share([case(SORRY, ON)] * 2, by_peer) == 2
    assert errors_share([case(understood(ON), ON)], by_peer) == 0
    assert errors_share([case(SORRY), case(understood(ON))], by_ten_best) == 0.5


def test_groups_are_apart() -> None:
    near, person = case(SORRY, group=Group.NEAR), case(SORRY)
    assert of_groups([near, person], Group.NEAR, Group.ACROSS) == (near,)
