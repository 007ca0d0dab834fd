import pytest

from gateway.events import Hypothesis, Intent, Recognition
from gateway.turn.choice import AS_LIKELY, LONGEST_ASKED_WORDS, LOWEST_ACTED_SCORE, choose, is_invention
from tests.fakes import LIGHT_ON, recognized


async def means(text: str) -> Intent | None:
    return LIGHT_ON if "lamp" in text else None


async def means_one_thing(text: str) -> Intent | None:
    return LIGHT_ON if text == "turn on the lamp" else None


async def means_anything(text: str) -> Intent | None:
    return LIGHT_ON


async def test_the_likeliest_reading_that_means_something_is_used() -> None:
    choice = await choose(recognized("turn on the lamb", "turn on the lamp", "lamp"), means)
    assert choice.intent is LIGHT_ON
    assert choice.heard is not None
    assert choice.used is not None
    assert (choice.heard.text, choice.used.text) == ("turn on the lamb", "turn on the lamp")
    assert choice.silence_reason is None


async def test_a_reading_that_leaves_out_half_of_what_was_said_is_not_used() -> None:
    choice = await choose(recognized("turn on the lamp, then turn off the fan", "turn on the lamp"), means_one_thing)
    assert choice.intent is None
    assert choice.best is choice.heard


@pytest.mark.parametrize(("words", "is_talk"), [(LONGEST_ASKED_WORDS, False), (LONGEST_ASKED_WORDS + 1, True)])
async def test_more_words_than_anybody_asks_with_are_talk(words: int, is_talk: bool) -> None:
    said = " ".join(["well"] * words)
    assert (await choose(recognized(said), means)).is_talk is is_talk
    assert not (await choose(recognized(f"{said} lamp"), means)).is_talk
    assert not (await choose(Recognition(hypotheses=()), means)).is_talk


async def test_words_that_mean_nothing_here_are_answered() -> None:
    choice = await choose(recognized("order a pizza"), means)
    assert choice.intent is None
    assert choice.used is None
    assert choice.silence_reason is None


async def test_unclear_words_that_mean_nothing_are_not_answered() -> None:
    choice = await choose(recognized("all out all out come", score=-0.9), means)
    assert choice.silence_reason == "noise"


async def test_nothing_is_acted_on_below_the_lowest_score() -> None:
    choice = await choose(recognized("turn on the lamp", score=LOWEST_ACTED_SCORE - 0.01), means)
    assert choice.intent is None


async def test_a_number_alone_is_no_command() -> None:
    assert (await choose(recognized("36."), means_anything)).intent is None
    assert (await choose(recognized("36."), means_anything)).silence_reason is None
    assert (await choose(recognized("36 degrees"), means_anything)).intent is LIGHT_ON


async def test_what_whisper_itself_takes_for_noise_is_never_acted_on() -> None:
    choice = await choose(recognized("turn on the lamp", score=-0.7, no_speech=0.9), means)
    assert choice.heard is None
    assert choice.silence_reason == "no_words"


async def test_a_clear_sentence_counts_although_whisper_doubts_it() -> None:
    choice = await choose(recognized("turn on the lamp", score=-0.2, no_speech=0.9), means)
    assert choice.intent is LIGHT_ON


async def test_no_hypotheses_are_no_words() -> None:
    choice = await choose(Recognition(hypotheses=()), means)
    assert choice.silence_reason == "no_words"


@pytest.mark.parametrize("text", ["Thank you.", "Thanks for watching!", "you", "You you", ". . .", "♪", "[Music]"])
async def test_what_whisper_invents_for_silence_is_neither_acted_on_nor_answered(text: str) -> None:
    choice = await choose(recognized(text), means_anything)
    assert choice.intent is None
    assert choice.silence_reason == "no_words"


@pytest.mark.parametrize("text", ["thank you lamp", "turn turn", "you are"])
def test_a_sentence_with_such_words_is_no_invention(text: str) -> None:
    assert not is_invention(text)


async def test_the_reading_that_means_something_comes_before_the_likelier_ones() -> None:
    choice = await choose(recognized("turn on the lamb", "turn on the lamp", "turn on the lamb", "Thank you."), means)
    assert choice.readings == ("turn on the lamp", "turn on the lamb")


async def test_readings_that_are_too_unlikely_or_too_many_are_none() -> None:
    texts = [f"sentence number {number}" for number in range(30)]
    assert (await choose(recognized(*texts, score=-1.5), means)).readings == tuple(texts[:6])
    assert (await choose(recognized(*texts, score=0.0), means)).readings == tuple(texts[:10])


async def test_noise_has_no_readings() -> None:
    assert (await choose(recognized("turn on the lamp", score=-0.9, no_speech=0.9), means)).readings == ()


async def test_the_same_over_and_over_is_noise_unless_it_means_something() -> None:
    choice = await choose(recognized("so long, so long, so long"), means)
    assert (choice.intent, choice.silence_reason) == (None, "noise")
    assert (await choose(recognized("lamp lamp lamp"), means)).intent is LIGHT_ON


async def test_a_greeting_over_and_over_is_none() -> None:
    async def greets(text: str) -> Intent | None:
        return Intent(name="HassRespond", text=text) if text.startswith("hello") else None

    assert (await choose(recognized("hello, hello, hello"), greets)).silence_reason == "noise"
    assert (await choose(recognized("hello, hello"), greets)).intent is not None


QUEEN = {
    "play the r's queen": {"search_query": "the r's queen"},
    "play the artist queen": {"media_class": "artist", "search_query": "queen"},
    "play a queen": {"search_query": "a queen"},
    "play the artist the queen": {"media_class": "artist", "search_query": "the queen"},
}


async def plays(text: str) -> Intent | None:
    return Intent(name="HassMediaSearchAndPlay", slots=QUEEN[text], text=text) if text in QUEEN else None


async def reading(*texts_and_scores: tuple[str, float]) -> str:
    hypotheses = tuple(Hypothesis(text=text, score=score) for text, score in texts_and_scores)
    choice = await choose(Recognition(hypotheses=hypotheses), plays)
    assert choice.used is not None
    return choice.used.text


async def test_where_any_words_may_stand_what_says_more_and_is_as_likely_is_taken() -> None:
    assert await reading(("play the r's queen", -0.3), ("play the artist queen", -0.35)) == "play the artist queen"
    likelier = ("play the r's queen", -0.3), ("play the artist queen", -0.3 - AS_LIKELY - 0.01)
    assert await reading(*likelier) == "play the r's queen"


async def test_where_it_says_no_more_the_likeliest_is_taken() -> None:
    assert await reading(("play the r's queen", -0.3), ("play a queen", -0.31)) == "play the r's queen"
    said = ("play the artist queen", -0.3), ("play a queen", -0.31), ("play the artist the queen", -0.32)
    assert await reading(*said) == "play the artist queen"
