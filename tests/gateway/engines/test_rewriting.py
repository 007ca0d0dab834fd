from datetime import UTC, datetime

from gateway.engines.rewriting import MOST_REWRITINGS, Rulebook
from gateway.rules import Rule, RuleKind

NAMES = {"media_player.tv": "Living Room TV", "light.desk": "Desk"}


def words(said: str, meant: str, number: int = 1) -> Rule:
    return rule(RuleKind.WORDS, said, meant, number)


def alias(said: str, entity_id: str, number: int = 9) -> Rule:
    return rule(RuleKind.ALIAS, said, "", number, entity_id)


def rule(kind: RuleKind, said: str, meant: str, number: int, entity_id: str = "") -> Rule:
    return Rule(
        id=str(number),
        kind=kind,
        said=said,
        meant=meant,
        entity_id=entity_id,
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def texts(text: str, *rules: Rule) -> list[str]:
    return [rewriting.text for rewriting in Rulebook(rules).rewritings(text, NAMES.get)]


def test_words_are_replaced_where_they_stand_and_nothing_else_is() -> None:
    assert texts("Turn on the kitten light, please.", words("kitten", "kitchen")) == [
        "Turn on the kitchen light, please."
    ]
    assert texts("Kittens and kitten's food", words("kitten", "kitchen")) == ["Kittens and kitchen's food"]
    assert texts("Turn on the light", words("kitten", "kitchen")) == []
    assert texts("Turn on the kitten light") == []


def test_of_several_rules_the_longest_counts_and_of_equal_ones_the_first() -> None:
    assert texts("the sofa lamb", words("sofa lamb", "Sofa Lamp"), words("sofa", "couch"))[0] == "the Sofa Lamp"
    assert texts("a lamb", words("lamb", "lamp", 1), words("LAMB", "ramp", 2)) == ["a lamp"]


def test_where_rules_meet_all_are_tried_together_and_then_each_alone() -> None:
    assert texts("belly in the kitten", words("belly", "telly", 1), words("kitten", "kitchen", 2)) == [
        "telly in the kitchen",
        "telly in the kitten",
        "belly in the kitchen",
    ]


def test_what_was_misheard_may_be_what_a_thing_is_called_here() -> None:
    rules = (words("belly", "telly"), alias("telly", "media_player.tv"))
    (whole, heard) = Rulebook(rules).rewritings("turn on the belly", NAMES.get)
    assert (whole.text, whole.rule_ids) == ("turn on the Living Room TV", ("1", "9"))
    assert whole.entity_ids == {"Living Room TV": "media_player.tv"}
    assert (heard.text, heard.rule_ids, heard.entity_ids) == ("turn on the telly", ("1",), {})


def test_a_name_alone_is_tried_beside_misheard_words() -> None:
    assert texts("turn on the telly today", words("today", "now"), alias("telly", "media_player.tv")) == [
        "turn on the Living Room TV now",
        "turn on the telly now",
        "turn on the Living Room TV today",
    ]


def test_the_name_of_what_is_gone_is_nothing() -> None:
    assert texts("turn on the telly", alias("telly", "media_player.old")) == []


def test_a_sentence_is_found_however_it_is_punctuated() -> None:
    goodnight = rule(RuleKind.SENTENCE, "Good night", "turn everything off", 1)
    book = Rulebook([goodnight, rule(RuleKind.SENTENCE, "?", "x", 2)])
    assert book.sentence("good  NIGHT!") is goodnight
    assert book.sentence("good night Anna") is None
    assert book.sentence("!") is None
    assert Rulebook([]).sentence("good night") is None


def test_so_many_rewritings_are_enough() -> None:
    rules = [words(f"word{number}", f"other{number}", number) for number in range(20)]
    assert len(texts(" ".join(rule.said for rule in rules), *rules)) <= MOST_REWRITINGS
