"""Which words have the cloud asked, or take that back, in six languages; and what is said about it."""

from dataclasses import fields

import pytest

from gateway.turn import cloud
from gateway.turn.choice import Choice
from gateway.turn.cloud import FEWEST_WORDS, MOST_READINGS, MOST_SPOKEN_CHARS, Wish
from gateway.turn.cloud_phrases import PHRASES
from gateway.turn.cloud_wordings import WORDINGS
from gateway.turn.policy_wordings import HOME_IS_AWAY
from gateway.turn.proposals import LONGEST_CHARS, CloudState, Content, Refusal
from tests.fakes import LIGHT_ON, recognized

AUDIO = Wish(content=Content.AUDIO)
BY_ITSELF = Wish(content=Content.TEXT, text="x", is_explicit=False)
LANGUAGES = sorted(WORDINGS)


def text(words: str) -> Wish:
    return Wish(content=Content.TEXT, text=words)


@pytest.mark.parametrize(
    ("language", "said", "wished"),
    [
        ("en", "Ask the cloud what is the capital of Australia?", text("what is the capital of Australia?")),
        ("en", "ask the cloud, what is it", text("what is it")),
        ("en-GB", "Ask the Clouds: how far is the moon", text("how far is the moon")),
        ("en", "Okay, ask the cloud to write a poem about tea.", text("write a poem about tea.")),
        ("en", "ok ask the cloud turn on the lamp", text("turn on the lamp")),
        ("en", "Please, ask the clout who won.", text("who won.")),
        ("en", "Can you ask the Cloud why the sky is blue?", text("why the sky is blue?")),
        ("en", "ask cloud about Anna\u2019s tea", text("about Anna's tea")),
        ("en", "Ask the cloud to listen.", AUDIO),
        ("en", "Ask the cloud to listen again, please.", AUDIO),
        ("en", "ask the cloud what I\u2019ve said", AUDIO),
        ("en", "Ask the cloud what I said about tea", text("what I said about tea")),
        ("en", "Ask the cloud.", None),
        ("en", "Ask the cloud to …", None),
        ("en", "ask the cloudy sky", None),
        ("en", "I will ask the cloud tomorrow", None),
        ("en", "turn on the cloud lamp", None),
        ("de", "Frag die Cloud, wie weit der Mond weg ist.", text("wie weit der Mond weg ist.")),
        ("de", "Frage bitte mal die Wolke wer da ist", text("wer da ist")),
        ("de", "Kannst du die Cloud fragen, warum der Himmel blau ist?", text("warum der Himmel blau ist?")),
        ("de", "frag die Klaut, was ich gesagt habe", AUDIO),
        ("de", "Frag die Cloud, noch einmal zuzuhören.", AUDIO),
        ("de", "Frag bitte die Cloud.", None),
        ("fr", "Demande au cloud quelle est la capitale.", text("quelle est la capitale.")),
        ("fr", "Demande au cloud de traduire bonjour", text("traduire bonjour")),
        ("fr", "Demande au nuage d\u2019écouter, s\u2019il te plaît.", AUDIO),
        ("fr", "Est-ce que tu peux demander au cloud ce que j'ai dit ?", AUDIO),
        ("es", "Pregunta a la nube, ¿qué tiempo hace?", text("¿qué tiempo hace?")),
        ("es", "Pregúntale a la nube qué he dicho.", AUDIO),
        ("nl", "Vraag de cloud wat de hoofdstad is.", text("wat de hoofdstad is.")),
        ("nl", "Kun je de cloud vragen waarom?", text("waarom?")),
        ("nl", "Vraag het eens aan de cloud.", None),
        ("nl", "vraag de cloud om te luisteren", AUDIO),
        ("it", "Chiedi al cloud qual è la capitale.", text("qual è la capitale.")),
        ("it", "Puoi chiedere alla nuvola di scrivere una poesia?", text("scrivere una poesia?")),
        ("it", "chiedi al cloud di ascoltare", AUDIO),
        ("it", "turn on the lamp", None),
        ("sw", "ask the cloud what is it", None),
    ],
)
def test_who_names_the_cloud_is_understood(language: str, said: str, wished: Wish | None) -> None:
    assert cloud.wish([said], language) == wished


def test_the_first_reading_that_names_the_cloud_counts_and_none_is_looked_at_that_is_too_long() -> None:
    assert cloud.wish(["ask the crowd how old", "ask the cloud how old", "ask the cloud how bold"], "en") == text(
        "how old"
    )
    assert cloud.wish(["ask the cloud " + "x" * LONGEST_CHARS], "en") is None


def test_only_likely_readings_are_looked_at_and_none_below_the_one_that_means_something() -> None:
    recognition = recognized(*"abcde")
    hypotheses = recognition.hypotheses
    heard = Choice(recognition=recognition, heard=hypotheses[0])
    assert cloud.likely_texts(heard) == tuple("abcde")[:MOST_READINGS]
    used = Choice(recognition=recognition, heard=hypotheses[0], used=hypotheses[1], intent=LIGHT_ON)
    assert cloud.likely_texts(used) == ("a", "b")
    assert cloud.likely_texts(Choice(recognition=recognition, heard=None)) == ()


@pytest.mark.parametrize(
    ("language", "said", "is_question"),
    [
        ("en", "what is the capital of Australia", True),
        ("en", "Okay, so how far is the moon?", True),
        ("en", "Could you tell me who won?", True),
        ("en", "the moon is how far?", True),
        ("en", "translate good morning into French", True),
        ("en", "What's up?", True),
        ("en", "who won", False),
        ("en", "can you turn on the flux capacitor?", False),
        ("en", "please turn the flux capacitor on", False),
        ("en", "order a pizza with extra cheese", False),
        ("en", "the weather was fine and so we walked", False),
        ("de", "Wie weit ist der Mond entfernt", True),
        ("de", "Kannst du mir sagen, wie weit der Mond ist?", True),
        ("de", "Kannst du das Dings einschalten?", False),
        ("fr", "Explique-moi la relativité", True),
        ("fr", "Peux-tu m'expliquer la relativité ?", True),
        ("fr", "allume le machin bleu", False),
        ("es", "¿A qué distancia está la luna?", True),
        ("es", "enciende el chisme azul", False),
        ("nl", "vertel me een grap", True),
        ("nl", "zet het ding aan", False),
        ("it", "Quanto dista la luna?", True),
        ("it", "accendi il coso blu", False),
        ("sw", "what is the capital of Australia?", False),
    ],
)
def test_only_what_looks_like_a_question_is_proposed_by_itself(language: str, said: str, is_question: bool) -> None:
    wished = Wish(content=Content.TEXT, text=said, is_explicit=False)
    assert cloud.question(said, language) == (wished if is_question else None)


def test_what_is_too_short_or_too_long_is_no_question() -> None:
    assert cloud.question("what " * (FEWEST_WORDS - 1), "en") is None
    assert cloud.question("what " * LONGEST_CHARS, "en") is None


@pytest.mark.parametrize(
    ("language", "said", "is_taken_back"),
    [
        ("en", "Forget that.", True),
        ("en", "Okay, please don\u2019t send it", True),
        ("en", "forget that lamp", False),
        ("de", "Vergiss das bitte.", True),
        ("fr", "N\u2019envoie rien, s\u2019il te plaît.", True),
        ("es", "Olvídalo.", True),
        ("nl", "Laat maar.", True),
        ("it", "Lascia perdere.", True),
        ("sw", "forget that", False),
    ],
)
def test_what_was_asked_for_can_be_taken_back(language: str, said: str, is_taken_back: bool) -> None:
    assert cloud.takes_back(["something else", said], language) is is_taken_back


def test_there_are_words_in_each_language_in_which_a_home_that_is_away_is_spoken_of() -> None:
    assert set(WORDINGS) == set(PHRASES) == set(HOME_IS_AWAY)
    for wordings in WORDINGS.values():
        for field in fields(wordings):
            said = getattr(wordings, field.name)
            assert said
            assert said.count("{text}") == (field.name in ("says", "heard"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_we_say_has_the_cloud_asked_where_we_hear_it_ourselves(language: str) -> None:
    for field in fields(WORDINGS[language]):
        said = getattr(WORDINGS[language], field.name).format(text="")
        assert cloud.wish([said], language) is None


def test_where_a_person_is_asked_that_is_said_and_where_the_answer_is_given() -> None:
    assert cloud.asked(text("x"), "en") == "I asked in Home Assistant for permission to ask the cloud."
    assert cloud.asked(BY_ITSELF, "en-US").startswith("I can't answer that at home. I asked in Home Assistant ")
    for language in LANGUAGES:
        assert "Home Assistant" in cloud.asked(AUDIO, language)


@pytest.mark.parametrize("refusal", [*Refusal, "something new", ""])
def test_who_named_the_cloud_always_learns_why_nobody_is_asked(refusal: str) -> None:
    for language in LANGUAGES:
        assert cloud.not_asked(text("x"), refusal, language)


def test_who_did_not_name_it_learns_only_of_other_requests() -> None:
    told = {refusal for refusal in Refusal if cloud.not_asked(BY_ITSELF, refusal, "en")}
    assert told == {Refusal.ALREADY_WAITING, Refusal.TOO_MANY, Refusal.REFUSED_LATELY}
    assert cloud.not_asked(BY_ITSELF, Refusal.ALREADY_WAITING, "en") == (
        "I can't answer that at home. Another request from here is still waiting in Home Assistant."
    )


def test_what_is_switched_off_or_not_set_up_is_said_to_be_so() -> None:
    assert cloud.not_ready(CloudState.SWITCHED_OFF, "en") == "Cloud requests are switched off, so I asked nobody."
    assert cloud.not_ready(CloudState.NOT_SET_UP, "en").startswith("No cloud service is set up")
    assert cloud.nothing_kept("de") == WORDINGS["de"].nothing_kept
    assert cloud.withdrawn("fr-CA") == WORDINGS["fr"].withdrawn


def test_an_answer_is_spoken_as_the_cloud_s_without_what_is_for_the_eye() -> None:
    answer = "# Canberra\n\n**Canberra** is the `capital`.\n- It has a_name\n- and _lakes_"
    assert cloud.says(answer, "en") == "The cloud says: Canberra Canberra is the capital. It has a_name and lakes"
    assert cloud.says("Canberra.", "sw") == "The cloud says: Canberra."


def test_of_a_long_answer_whole_sentences_are_spoken_and_that_there_is_more() -> None:
    sentence = "It is “so.” "
    said = cloud.says(sentence * 100, "en")
    assert said.endswith("It is “so.” There is more on the page.")
    assert len(said) < MOST_SPOKEN_CHARS + 60
    assert cloud.says(sentence * 3, "en") == f"The cloud says: {(sentence * 3).strip()}"


def test_a_sentence_that_is_too_long_is_cut_between_words_and_a_word_anywhere() -> None:
    assert cloud.says("word " * 200, "en").endswith("word word There is more on the page.")
    endless = cloud.says("x" * 1_000, "en")
    assert endless == f"The cloud says: {'x' * MOST_SPOKEN_CHARS} There is more on the page."


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("turn on the lamp", "The cloud heard: turn on the lamp."),
        ("Turn on the lamp!", "The cloud heard: Turn on the lamp!"),
    ],
)
def test_what_the_cloud_recognised_is_said_as_a_sentence(what: str, said: str) -> None:
    assert cloud.heard(what, "en") == said


def test_a_request_that_ended_otherwise_is_spoken_of_unless_somebody_there_took_it_back() -> None:
    ends = {
        fate: cloud.ended(fate, "en") for fate in ("failed", "refused", "expired", "revoked", "withdrawn", "sending")
    }
    assert ends == {
        "failed": "The cloud did not answer.",
        "refused": "Nothing was sent.",
        "expired": "Nobody approved the request in time, so nothing was sent.",
        "revoked": "Nothing was sent.",
        "withdrawn": "",
        "sending": "",
    }
