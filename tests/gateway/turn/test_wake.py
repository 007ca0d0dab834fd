import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.turn.wake import (
    COOLDOWN_MS,
    FIRST_ALONE_RANGE,
    FIRST_RANGE,
    SECOND_OPINION_MS,
    SECOND_RANGE,
    THRESHOLDS,
    TOGETHER_RANGE,
    UNAIDED_RANGE,
    Thresholds,
    Wake,
    WakeListener,
)
from tests.fakes import WAKE, ScriptedOpinion, ScriptedWakeWord, quiet, sound, speech, wake_word

PLAIN = {"alexa": Thresholds(first=0.5, second=0.4, lead_in_ms=64, tail_ms=200)}
ALONE = {"alexa": Thresholds(first=0.5, second=0.4, first_alone=0.95, lead_in_ms=0)}


def listener(
    opinion: ScriptedOpinion | None = None, *, score: float = 0.9, thresholds: dict[str, Thresholds] | None = None
) -> WakeListener:
    return WakeListener(ScriptedWakeWord("alexa", score), opinion, thresholds=thresholds or PLAIN)


async def wakes(listener: WakeListener, *stretches: list[bytes]) -> list[Wake]:
    found = [await listener.hear(frame) for stretch in stretches for frame in stretch]
    return [wake for wake in found if wake is not None]


async def test_without_a_second_model_the_first_decides() -> None:
    (wake,) = await wakes(listener(), quiet(320), wake_word(), quiet(320))
    assert wake.wake_word == "alexa"
    assert wake.score == 0.9
    assert wake.second_score is None


async def test_a_score_below_the_threshold_wakes_nobody() -> None:
    opinion = ScriptedOpinion(1.0)
    assert await wakes(listener(opinion, score=0.49), quiet(320), wake_word(), quiet(960)) == []
    assert opinion.asked == []


async def test_the_second_model_agrees_at_once() -> None:
    (wake,) = await wakes(listener(ScriptedOpinion(0.8)), quiet(320), wake_word(), quiet(32))
    assert wake.second_score == 0.8


async def test_the_first_sign_of_a_wake_word_does_not_wait_for_the_second_model() -> None:
    listening = listener(ScriptedOpinion(0.8))
    assert await wakes(listening, quiet(320), wake_word()) == []
    assert listening.has_candidate


async def test_a_word_that_the_second_model_does_not_know_needs_no_agreement() -> None:
    (wake,) = await wakes(listener(ScriptedOpinion(None)), wake_word(), quiet(32))
    assert wake.second_score is None


@pytest.mark.parametrize(("first", "second", "is_woken"), [
    (0.95, 0.1, True), (0.3, 0.8, True), (0.3, 0.6, False), (0.6, 0.3, False), (0.99, 0.04, False), (0.19, 1.0, False),
])  # fmt: skip
async def test_one_model_may_doubt_where_the_other_is_sure(first: float, second: float, is_woken: bool) -> None:
    listening = listener(ScriptedOpinion(second, second), score=first, thresholds={"alexa": Thresholds()})
    assert bool(await wakes(listening, wake_word(), quiet(960))) is is_woken


async def test_what_no_second_model_can_judge_needs_a_surer_first() -> None:
    eager = {"alexa": Thresholds(first=0.2, unaided=0.5)}
    for opinion in (None, ScriptedOpinion(None)):
        assert await wakes(listener(opinion, score=0.45, thresholds=eager), wake_word(), quiet(960)) == []
    for opinion in (None, ScriptedOpinion(None)):
        assert len(await wakes(listener(opinion, score=0.55, thresholds=eager), wake_word(), quiet(960))) == 1


async def test_a_first_model_that_grows_surer_needs_no_second_proposal() -> None:
    first = ScriptedWakeWord("alexa", 0.3)
    listening = WakeListener(first, None, thresholds={"alexa": Thresholds(first=0.2, unaided=0.5, lead_in_ms=0)})
    assert await wakes(listening, wake_word()) == []
    assert listening.has_candidate
    first.score = 0.8
    (wake,) = await wakes(listening, wake_word())
    assert wake.score == 0.8


async def test_the_second_model_may_agree_a_little_later_and_nothing_said_meanwhile_is_lost() -> None:
    (wake,) = await wakes(listener(ScriptedOpinion(0.0, 0.1, 0.7)), quiet(320), wake_word(), speech(320))
    assert wake.second_score == 0.7
    assert wake.lead_in == b"".join([*quiet(32), *wake_word(), *speech(224)])
    assert wake.tail_ms == 264


async def test_a_second_model_that_disagrees_prevails() -> None:
    listening = listener(ScriptedOpinion(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert await wakes(listening, wake_word(), quiet(SECOND_OPINION_MS - 32)) == []
    assert listening.has_candidate
    assert await wakes(listening, quiet(320)) == []
    assert not listening.has_candidate


async def test_where_the_second_model_is_known_to_miss_people_a_certain_first_prevails() -> None:
    quiet_second = ScriptedOpinion(0.0, 0.0)
    (wake,) = await wakes(listener(quiet_second, score=0.96, thresholds=ALONE), wake_word(), quiet(960))
    assert wake.score == 0.96
    assert await wakes(listener(ScriptedOpinion(0.0, 0.0), score=0.9, thresholds=ALONE), wake_word(), quiet(960)) == []


async def test_a_second_wake_word_within_the_cooldown_is_ignored() -> None:
    listening = listener()
    assert len(await wakes(listening, wake_word(), quiet(320), wake_word(), quiet(COOLDOWN_MS))) == 1
    assert len(await wakes(listening, wake_word())) == 1


async def test_a_new_stream_has_no_cooldown_and_no_past() -> None:
    listening = listener()
    assert len(await wakes(listening, speech(320), wake_word())) == 1
    await listening.reset()
    (wake,) = await wakes(listening, wake_word())
    assert wake.lead_in == b"".join(wake_word())


async def test_a_word_without_thresholds_of_its_own_gets_the_usual_ones() -> None:
    listening = WakeListener(ScriptedWakeWord("hey_house", 0.6), None)
    assert len(await wakes(listening, wake_word())) == 1


async def test_no_wake_words_at_all_never_wake() -> None:
    class Deaf(ScriptedWakeWord):
        async def scores(self, frame: bytes) -> dict[str, float]:
            return {}

    assert await wakes(WakeListener(Deaf(), None), wake_word(), quiet(64)) == []


@pytest.mark.parametrize("usual", [*THRESHOLDS.values(), Thresholds()])
def test_at_50_the_thresholds_are_the_measured_ones(usual: Thresholds) -> None:
    assert usual.at(50) == usual


@given(st.integers(0, 99), st.sampled_from([*THRESHOLDS.values(), Thresholds()]))
def test_the_more_sensitive_the_lower_and_never_beyond_the_range(sensitivity: int, usual: Thresholds) -> None:
    lower, higher = usual.at(sensitivity + 1), usual.at(sensitivity)
    assert (lower.lead_in_ms, lower.tail_ms) == (usual.lead_in_ms, usual.tail_ms)
    for low, high, allowed in (
        (lower.first, higher.first, FIRST_RANGE),
        (lower.second, higher.second, SECOND_RANGE),
        (lower.together, higher.together, TOGETHER_RANGE),
        (lower.unaided, higher.unaided, UNAIDED_RANGE),
        (lower.first_alone, higher.first_alone, FIRST_ALONE_RANGE),
    ):
        assert (low is None) == (high is None)
        if low is not None and high is not None:
            assert allowed[0] <= low < high <= allowed[1]


@pytest.mark.parametrize("sensitivity", [-5, 0, 100, 900])
def test_a_sensitivity_beyond_its_ends_is_the_end(sensitivity: int) -> None:
    usual = THRESHOLDS["okay_nabu"]
    assert usual.at(sensitivity) == usual.at(0 if sensitivity <= 0 else 100)


def test_a_threshold_outside_the_range_stays_where_it_is_at_that_end() -> None:
    strict = Thresholds(first=0.99, second=0.01)
    assert strict.at(0).first == 0.99
    assert strict.at(100).second == 0.01


@pytest.mark.parametrize(("sensitivity", "wake_word", "is_woken"), [
    (50, "alexa", False), (100, "alexa", True), (0, "alexa", False),
    (50, "hey_house", False), (100, "hey_house", True),
])  # fmt: skip
async def test_sensitivity_decides_where_a_word_is_mumbled(sensitivity: int, wake_word: str, is_woken: bool) -> None:
    mumbled = ScriptedWakeWord(wake_word, 0.3)
    listening = WakeListener(mumbled, None, sensitivity=sensitivity, thresholds=PLAIN)
    assert bool(await wakes(listening, sound(WAKE, 32), quiet(64))) is is_woken
