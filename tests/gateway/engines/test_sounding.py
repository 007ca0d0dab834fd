"""The cheapest sentences of a graph are found, whatever was heard: compared with trying all of them."""

from collections.abc import Iterator
from functools import cache

import pytest
from hassil import Intents

from gateway.engines.grammar import Grammar, Place, compiled
from gateway.engines.sounding import LONGEST_WORDS, MOST_WORDS, Candidate, Sounding, phoneme_cost

MEMBERS = {"name": ("ecobee", "bed light", "bad light"), "area": ("kitchen",)}
HEARD = (
    "turn on the bed light", "set the incubi to red", "turn of bat light", "bed", "turn on the kitchen light now",
    "play me a song", "turn on a very bad lie ten", "set set echo bee two red",
)  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> Grammar:
    return compiled(
        Intents.from_dict(
            {
                "language": "en",
                "intents": {
                    "Do": {
                        "data": [
                            {"sentences": ["turn (on|off) [the] {name}", "(set|make) [the] {name} [to] red"]},
                            {"sentences": ["turn on [the] {area} light[s]", "play {song}"]},
                        ]
                    }
                },
                "lists": {"song": {"wildcard": True}},
            }
        )
    )


def letters(words: str) -> str:
    return "".join(words.casefold().split())


def members(place: Place) -> tuple[str, ...]:
    return MEMBERS[place.list_name]


@pytest.fixture(scope="module")
def sounding(graph: Grammar) -> Sounding:
    return Sounding(graph, members, letters)


def sentences(graph: Grammar) -> Iterator[tuple[str, ...]]:
    """Yield all sentences without any words at will, as what they are put together from."""

    def from_(state: int) -> Iterator[tuple[str, ...]]:
        if state in graph.finals:
            yield ()
        for label, after in graph.arcs[state]:
            if isinstance(label, Place) and label.is_wild:
                continue
            for unit in (label,) if isinstance(label, str) else members(label):
                for rest in from_(after):
                    yield (unit, *rest)

    return from_(graph.start)


def cost(units: tuple[str, ...], words: tuple[str, ...]) -> float:
    """Return the cheapest way to have heard `words` for `units`: as the module says it, without its search."""

    @cache
    def rest(unit: int, word: int) -> float:
        ways = []
        if word < len(words):
            ways.append(max(len(letters(words[word])), 1) + rest(unit, word + 1))
        if unit == len(units):
            return ways[0] if ways else 0.0
        for count in range(min(MOST_WORDS, len(words) - word) + 1):
            heard = letters(" ".join(words[word : word + count]))
            ways.append(phoneme_cost(letters(units[unit]), heard) + rest(unit + 1, word + count))
        return min(ways)

    return rest(0, 0)


@pytest.mark.parametrize("heard", HEARD)
def test_the_cheapest_sentences_are_found_and_no_cheaper_ones_are_missed(
    graph: Grammar, sounding: Sounding, heard: str
) -> None:
    by_trying = sorted((cost(units, tuple(heard.split())), " ".join(units)) for units in set(sentences(graph)))
    found = sounding.candidates(heard, 10, worse=100)
    of_sentence = {candidate.text: candidate.cost for candidate in found}
    wild = [candidate for candidate in found if any(piece.is_wild for piece in candidate.pieces)]
    expected = [one for one, _ in by_trying][: len(found) - len(wild)]
    assert [candidate.cost for candidate in found if candidate not in wild] == pytest.approx(expected)
    for known_cost, text in by_trying[: len(expected)]:
        assert of_sentence.get(text, known_cost) == pytest.approx(known_cost)


def test_what_is_a_sentence_costs_nothing(sounding: Sounding) -> None:
    best = sounding.candidates("turn off the ecobee", 1, worse=0)[0]
    assert (best.text, best.cost) == ("turn off the ecobee", 0)
    assert [piece.is_name for piece in best.pieces] == [False, False, False, True]


def test_any_words_stand_where_any_may(sounding: Sounding) -> None:
    best = sounding.candidates("play some quiet music", 1, worse=0)[0]
    assert best.text == "play some quiet music"
    assert [(piece.used, piece.is_wild) for piece in best.pieces] == [("play", False), ("some quiet music", True)]


def test_pieces_say_which_words_they_stand_for(sounding: Sounding) -> None:
    found = {one.text: one for one in sounding.candidates("um set the incubi red", 9, worse=9)}
    pieces = found["set the ecobee red"].pieces
    assert [piece.first for piece in pieces] == [0, *(piece.last for piece in pieces[:-1])]
    assert pieces[-1].last == 5
    assert ("ecobee", 3, 4) in [(piece.used, piece.first, piece.last) for piece in pieces]


@pytest.mark.parametrize("heard", ["", " ".join(["red"] * (LONGEST_WORDS + 1))])
def test_nothing_and_too_much_are_no_sentence(sounding: Sounding, heard: str) -> None:
    assert sounding.candidates(heard, 3, worse=100) == []


def test_a_house_without_names_has_sentences_without_them(graph: Grammar) -> None:
    bare = Sounding(graph, lambda _: (), letters)
    assert [one.text for one in bare.candidates("play red", 1, worse=100)] == ["play red"]


def test_a_language_without_sentences_has_none() -> None:
    empty = compiled(Intents.from_dict({"language": "en", "intents": {}}))
    assert Sounding(empty, lambda _: (), letters).candidates("play", 3, worse=100) == []


def test_similar_sounds_are_half_as_far() -> None:
    assert phoneme_cost("bad", "bat") == 0.5
    assert phoneme_cost("bad", "bas") == 1
    assert phoneme_cost("bad", "") == 3
    assert Candidate(pieces=(), cost=0).text == ""
