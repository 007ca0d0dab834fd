"""Which words have something forgotten, in six languages, and which do not; what is said about it, and when."""

import asyncio
import json
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import pytest

from gateway.turn import cloud, forgetting
from gateway.turn.cloud_phrases import PHRASES as CLOUD_PHRASES
from gateway.turn.forgetting import LONGEST_CHARS, Wish
from gateway.turn.forgetting_phrases import PHRASES
from gateway.turn.stages import NO_MEMORY
from tests.fakes import ScriptedMemory

LANGUAGES = sorted(PHRASES)
DAY = date(2026, 11, 22)
LAST = {
    "en": [
        "Forget what I just said.",
        "Okay, forget what I\u2019ve just said, please.",
        "delete what I just said",
        "Forget what I said",
        "Forget about what I said just now.",
        "Can you please erase what I said a moment ago?",
        "Could you delete the recording of what I just said?",
        "forget that I said that",
        "Forget I said anything.",
        "please forget that I ever said that",
        "Delete the last thing I said",
        "Delete my last recording.",
        "forget everything I just said",
        "Remove what I just told you from your memory.",
        "don't remember what I just said",
        "You can forget what I said.",
        "I'd like you to forget what I asked you before",
        "forget what you just heard",
        "Clear my last sentence",
    ],
    "de": [
        "Vergiss, was ich gerade gesagt habe.",
        "Vergiss bitte das, was ich eben gesagt hab.",
        "Vergiss, was ich gesagt habe.",
        "Lösche, was ich gerade gesagt habe!",
        "Lösch bitte, was ich dir vorhin gesagt habe",
        "Kannst du bitte vergessen, was ich gerade gesagt habe?",
        "Kannst du, was ich gerade gesagt habe, vergessen?",
        "Könntest du das, was ich eben gerade gesagt habe, löschen?",
        "Vergiss, dass ich das gesagt habe.",
        "Vergiss, das ich das gerade gesagt hab.",
        "Vergiss alles, was ich gerade gesagt habe.",
        "Lösche das gerade Gesagte.",
        "Lösche meinen letzten Satz.",
        "lösche die letzte Aufnahme",
        "Bitte das gerade Gesagte löschen.",
        "Merk dir nicht, was ich gerade gesagt habe.",
        "Könnten Sie bitte vergessen, was ich eben sagte?",
    ],
    "fr": [
        "Oublie ce que je viens de dire.",
        "Oublie ce que j\u2019ai dit.",
        "Efface ce que je viens juste de dire, s'il te plaît.",
        "Supprime ce que j'ai dit à l'instant.",
        "Peux-tu oublier ce que je viens de te dire ?",
        "Pourriez-vous effacer ce que je viens de dire, s'il vous plaît ?",
        "Oubliez tout ce que je viens de dire.",
        "Oublie que j'ai dit ça.",
        "oublie que je l'ai dit",
        "Efface ma dernière phrase.",
        "Efface la dernière chose que j'ai dite.",
        "Efface le dernier enregistrement",
        "oublie ce qu'on vient de dire",
        "Ne retiens pas ce que je viens de dire.",
    ],
    "es": [
        "Olvida lo que acabo de decir.",
        "Olvida lo que he dicho.",
        "Olvídate de lo que acabo de decir, por favor.",
        "Borra lo que acabo de decir.",
        "Elimina lo que dije antes.",
        "¿Puedes olvidar lo que te he dicho?",
        "Quiero que olvides lo que acabo de decir",
        "Olvida que he dicho eso.",
        "olvida que lo he dicho",
        "Borra mi última frase.",
        "Borra lo último que he dicho.",
        "Olvida todo lo que acabo de decir.",
        "No recuerdes lo que acabo de decir.",
    ],
    "nl": [
        "Vergeet wat ik net zei.",
        "Vergeet maar wat ik net heb gezegd.",
        "Vergeet wat ik zojuist gezegd heb, alsjeblieft.",
        "Vergeet wat ik zei.",
        "Wis wat ik net zei.",
        "Verwijder wat ik daarnet tegen je zei.",
        "Kun je vergeten wat ik net heb gezegd?",
        "Kun je wat ik net zei vergeten?",
        "Vergeet dat ik dat net zei.",
        "Vergeet dat ik dat gezegd heb.",
        "Vergeet het laatste wat ik zei",
        "Wis mijn laatste zin.",
        "Vergeet alles wat ik net zei.",
        "Onthoud niet wat ik net zei.",
    ],
    "it": [
        "Dimentica quello che ho appena detto.",
        "Dimentica quello che ho detto.",
        "Dimentica ciò che ho appena detto, per favore.",
        "Cancella quello che ho appena detto.",
        "Elimina quello che ho detto prima.",
        "Puoi dimenticare quello che ti ho detto?",
        "Dimentica che ho detto questo.",
        "Dimentica che l'ho detto.",
        "Cancella la mia ultima frase.",
        "Cancella l'ultima cosa che ho detto.",
        "Dimentica tutto quello che ho appena detto.",
        "Scordati di quello che ho detto",
        "Non ricordare quello che ho appena detto.",
    ],
}
TODAY = {
    "en": [
        "Forget everything I said today.",
        "Delete everything that I\u2019ve said today, please.",
        "Can you forget all the things I said today?",
        "forget everything I told you today",
        "Erase what I said today.",
        "Delete all my recordings from today.",
        "delete today's recordings",
        "Forget everything that was said here today.",
        "forget everything you've heard today",
        "Forget everything from today.",
        "Forget everything I said.",
        "forget everything I've said here today so far",
        "Forget everything I said to me.",
    ],
    "de": [
        "Vergiss alles, was ich heute gesagt habe.",
        "Lösche bitte alles, was ich dir heute gesagt hab!",
        "Kannst du alles vergessen, was ich heute gesagt habe?",
        "Kannst du alles, was ich heute gesagt habe, löschen?",
        "Vergiss, was ich heute gesagt habe.",
        "Vergiss alles, was heute hier gesagt wurde.",
        "Lösche alle Aufnahmen von heute.",
        "Vergiss alles von heute.",
        "Lösche das heute Gesagte.",
        "Vergiss alles, was ich gesagt habe.",
    ],
    "fr": [
        "Oublie tout ce que j'ai dit aujourd'hui.",
        "Efface tout ce que je t\u2019ai dit aujourd\u2019hui, s'il te plaît.",
        "Peux-tu oublier tout ce que j'ai dit aujourd'hui ?",
        "Oublie ce que j'ai dit aujourd'hui.",
        "Oublie tout ce qui a été dit ici aujourd'hui.",
        "Efface mes enregistrements d'aujourd'hui.",
        "Oublie tout ce que j'ai dit.",
        "oublier tout ce que j'ai dit aujourd'hui",
    ],
    "es": [
        "Olvida todo lo que he dicho hoy.",
        "Borra todo lo que te dije hoy, por favor.",
        "¿Puedes olvidar todo lo que he dicho hoy?",
        "Olvida lo que he dicho hoy.",
        "Olvida todo lo que hoy he dicho.",
        "Borra todas las grabaciones de hoy.",
        "Olvida todo lo que se ha dicho aquí hoy",
        "Olvida todo lo que he dicho.",
    ],
    "nl": [
        "Vergeet alles wat ik vandaag heb gezegd.",
        "Vergeet alles wat ik vandaag gezegd heb, alsjeblieft.",
        "Wis alles wat ik vandaag zei.",
        "Kun je alles vergeten wat ik vandaag heb gezegd?",
        "Kun je alles wat ik vandaag gezegd heb vergeten?",
        "Vergeet wat ik vandaag heb gezegd.",
        "Vergeet alles wat ik heb gezegd vandaag.",
        "Wis alle opnames van vandaag.",
        "Vergeet alles wat hier vandaag is gezegd.",
        "Vergeet alles wat ik heb gezegd.",
    ],
    "it": [
        "Dimentica tutto quello che ho detto oggi.",
        "Cancella tutto ciò che ti ho detto oggi, per favore.",
        "Puoi dimenticare tutto quello che ho detto oggi?",
        "Dimentica quello che ho detto oggi.",
        "Dimentica tutto quello che oggi ho detto.",
        "Cancella tutte le registrazioni di oggi.",
        "Dimentica tutto quello che è stato detto qui oggi.",
        "Dimentica tutto quello che ho detto.",
    ],
}
NEITHER = {
    "en": [
        *("forget it", "Forget that.", "forget about it", "never mind", "take that back", "don't send it"),
        *("Don't forget what I just said.", "never forget what I said", "remember what I just said"),
        *("I forgot what I just said", "what did I just say", "did I forget what I said", "forget what Anna said"),
        *("forget my last request", "delete the last command", "forget the last question"),
        *("forget the milk", "delete my last reminder", "delete everything", "forget everything", "clear everything"),
        *("forget what I said about the lamp", "remove what I said to Anna from the list", "forget today"),
        *("delete the shopping list of today", "turn off everything I said", "ask the cloud what I just said"),
        *("ask the cloud to forget what I just said", "remove milk from my list", "forget", ""),
    ],
    "de": [
        *("Vergiss es.", "Vergiss das.", "vergiss das wieder", "doch nicht", "nimm das zurück", "Vergiss alles"),
        *("Lösche den letzten Befehl.", "vergiss die letzte Frage"),
        *("Vergiss nicht, was ich gerade gesagt habe.", "was habe ich gerade gesagt", "vergiss die Milch nicht"),
        *("Merk dir, was ich gerade gesagt habe.", "Lösche die letzte Erinnerung", "Ich habe alles vergessen"),
        *("frag die Cloud, was ich gerade gesagt habe", "mach alles aus, was ich heute eingeschaltet habe"),
    ],
    "fr": [
        *("Oublie.", "oublie ça", "laisse tomber", "annule ça", "N'oublie pas ce que je viens de dire."),
        *("Qu'est-ce que je viens de dire ?", "Rappelle-toi ce que j'ai dit.", "efface la liste d'aujourd'hui"),
        *("oublie la dernière demande", "oublie tout", "J'ai oublié ce que je viens de dire"),
    ],
    "es": [
        *("Olvídalo.", "olvida eso", "Olvídate de eso.", "déjalo", "No olvides lo que acabo de decir."),
        *("¿Qué acabo de decir?", "Recuerda lo que he dicho.", "borra la lista de hoy", "olvida todo"),
        *("olvida la última petición", "No te olvides de lo que he dicho.", "he olvidado lo que acabo de decir"),
    ],
    "nl": [
        *("Vergeet het maar.", "vergeet dat", "laat maar", "Vergeet niet wat ik net zei.", "wat zei ik net"),
        *("Onthoud wat ik net zei.", "Bewaar alles wat ik vandaag zei.", "vergeet alles", "wis de lijst van vandaag"),
        *("vergeet mijn laatste verzoek", "Ik ben vergeten wat ik net zei", "vergeet de melk niet"),
    ],
    "it": [
        *("Dimentica.", "dimenticalo", "Lascia perdere.", "annulla questo", "cosa ho appena detto"),
        *("Non dimenticare quello che ho appena detto.", "Ricorda quello che ho detto.", "dimentica tutto"),
        *("cancella l'ultima richiesta", "cancella la lista di oggi", "Ho dimenticato quello che ho appena detto"),
    ],
}


def cases(sentences: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, said) for language, all_said in sentences.items() for said in all_said]


@pytest.mark.parametrize(("language", "said"), cases(LAST))
def test_who_says_so_has_forgotten_what_was_said_before(language: str, said: str) -> None:
    assert forgetting.wish([said], language) is Wish.LAST
    assert forgetting.wish([said.casefold()], f"{language}-XX") is Wish.LAST
    assert not cloud.takes_back([said], language)


@pytest.mark.parametrize(("language", "said"), cases(TODAY))
def test_or_all_that_was_said_today(language: str, said: str) -> None:
    assert forgetting.wish([said], language) is Wish.TODAY
    assert not cloud.takes_back([said], language)


@pytest.mark.parametrize(("language", "said"), cases(NEITHER))
def test_what_takes_a_request_back_or_says_the_opposite_or_means_other_things_is_neither(
    language: str, said: str
) -> None:
    assert forgetting.wish([said], language) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_that_the_cloud_knows_have_anything_forgotten(language: str) -> None:
    phrases = CLOUD_PHRASES[language]
    assert forgetting.wish([*phrases.forgets, *phrases.listens, *phrases.questions], language) is None


def test_no_sentence_that_home_assistant_understands_has_anything_forgotten(shared: Path) -> None:
    files = sorted((shared / "text" / "ha_intents").glob("*.jsonl"))
    sentences = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(sentences) > 5_000
    wrong = [said["sentence"] for said in sentences if forgetting.wish([said["sentence"]], said["lang"])]
    assert wrong == []


def test_the_first_reading_that_says_so_counts_and_none_is_looked_at_that_is_too_long() -> None:
    assert forgetting.wish(["a", "forget what I just said", "forget everything I said today"], "en") is Wish.LAST
    assert forgetting.wish(["please " * LONGEST_CHARS + "forget what I just said"], "en") is None
    assert forgetting.wish(["forget what I just said"], "sw") is None


# What is said


def test_there_are_words_of_it_in_all_languages_of_the_cloud() -> None:
    assert set(PHRASES) == set(CLOUD_PHRASES)
    for phrases in PHRASES.values():
        for field in fields(phrases):
            said = getattr(phrases, field.name)
            assert said
            if field.name not in ("last", "today"):
                assert said.count("{count}") == (field.name == "many")
                assert said.count("{things}") == (field.name.startswith("question") or field.name == "forgotten_today")


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_we_say_has_anything_forgotten_where_we_hear_it_ourselves(language: str) -> None:
    for field in fields(PHRASES[language]):
        said = getattr(PHRASES[language], field.name)
        assert forgetting.wish([said], language) is None


async def test_it_is_asked_how_many_turns_are_to_be_forgotten() -> None:
    memory = ScriptedMemory(today=12)
    assert await forgetting.question(memory, "shelf", "en", today=DAY) == (
        "Should I forget everything that was said here today, 12 things?"
    )
    assert await forgetting.question(memory, "", "en-GB", is_own=True, today=DAY) == (
        "Should I forget everything that you said today, 12 things?"
    )
    memory.today = 1
    assert "also eine Äußerung?" in await forgetting.question(memory, "shelf", "de-AT", today=DAY)
    assert memory.asked == [("said_today", "shelf"), ("said_today", ""), ("said_today", "shelf")]
    assert set(memory.days) == {DAY}


@pytest.mark.parametrize("count", [0, None])
async def test_where_there_is_nothing_to_lose_or_nobody_can_tell_nothing_is_asked(count: int | None) -> None:
    assert not await forgetting.question(ScriptedMemory(today=count), "shelf", "en", today=DAY)


@dataclass(frozen=True)
class Case:
    """How many turns a memory forgets, and what is said to it."""

    wished: Wish
    count: int | None
    speech: str
    is_known: bool = True


SAID = PHRASES["en"]


@pytest.mark.parametrize(
    "case",
    [
        Case(Wish.LAST, 1, SAID.forgotten),
        Case(Wish.LAST, 0, SAID.nothing),
        Case(Wish.LAST, None, SAID.unknown, is_known=False),
        Case(Wish.TODAY, 1, "Okay, I have forgotten one thing."),
        Case(Wish.TODAY, 3, "Okay, I have forgotten 3 things."),
        Case(Wish.TODAY, 0, SAID.nothing),
        Case(Wish.TODAY, None, SAID.unknown, is_known=False),
    ],
)
async def test_it_is_said_what_became_of_it(case: Case) -> None:
    memory = ScriptedMemory(last=case.count, today=case.count)
    forgotten = await forgetting.forget(case.wished, memory, "shelf", "en", today=DAY)
    assert (forgotten.speech, forgotten.is_known) == (case.speech, case.is_known)
    assert memory.asked == [(f"forget_{case.wished}", "shelf")]


async def test_where_there_is_no_memory_nothing_is_said_to_be_forgotten() -> None:
    for wished in Wish:
        assert (await forgetting.forget(wished, NO_MEMORY, "shelf", "sw", today=DAY)).speech == SAID.unknown
    assert not await forgetting.question(NO_MEMORY, "shelf", "en", today=DAY)
    assert forgetting.kept("fr-CA") == PHRASES["fr"].kept


async def test_a_memory_that_does_not_answer_in_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "FORGET_S", 0.01)
    monkeypatch.setattr(forgetting, "COUNT_S", 0.01)
    memory = ScriptedMemory(last=1, today=1, delay_s=30)
    async with asyncio.timeout(5):
        assert not (await forgetting.forget(Wish.LAST, memory, "shelf", "en", today=DAY)).is_known
        assert not await forgetting.question(memory, "shelf", "en", today=DAY)
