"""The household's own sentences in parts: in order, within limits, whole or not at all."""

import pytest

from gateway.errors import ProtocolError
from gateway.own_sentences import (
    NO_SENTENCES,
    ListValue,
    NumberRange,
    OwnSentences,
    SentenceBlock,
    SentenceList,
    SentenceRule,
)
from gateway.server import sentence_news
from gateway.server.house_news import HouseNews
from gateway.server.sentence_news import SentenceNews
from gateway.wire.sentence_words import (
    ListValueWords,
    NumberRangeWords,
    SentenceBlockWords,
    SentenceListWords,
    SentenceRuleWords,
    SentencesPart,
)
from gateway.wire.voice_words import HouseBegin, HouseEnd

BLOCK = SentenceBlockWords(
    intent="Own", sentences=("order {drink}",), requires={"area": None}, slots_from={"area": "at"}
)
OWN = SentenceBlock(intent="Own", sentences=("order {drink}",), requires={"area": None}, slots_from={"area": "at"})


def drinks(*names: str) -> SentenceListWords:
    return SentenceListWords(name="drink", values=tuple(ListValueWords(text=name, value=name) for name in names))


def test_they_hold_once_all_of_them_are_told() -> None:
    news = SentenceNews()
    assert news.told(SentencesPart(begins=True, blocks=(BLOCK,), lists=(drinks("tea"),))) is None
    more = SentencesPart(
        lists=(
            drinks("coffee"),
            SentenceListWords(name="cups", scope=2, numbers=NumberRangeWords(first=1, last=9, fractions="halves")),
            SentenceListWords(name="any", is_wildcard=True),
        ),
        rules=(SentenceRuleWords(name="the", text="[the]", scope=2),),
    )
    assert news.told(more) is None
    assert news.told(SentencesPart(ends=True, skip_words=("please", ""))) == OwnSentences(
        blocks=(OWN,),
        lists=(
            SentenceList(name="drink", values=tuple(ListValue(text=text, value=text) for text in ("tea", "coffee"))),
            SentenceList(name="cups", scope=2, numbers=NumberRange(first=1, last=9, fractions="halves")),
            SentenceList(name="any", is_wildcard=True),
        ),
        rules=(SentenceRule(name="the", text="[the]", scope=2),),
        skip_words=("please",),
    )


def test_a_part_that_follows_none_is_out_of_order() -> None:
    for news in (SentenceNews(), ended()):
        with pytest.raises(ProtocolError) as raised:
            news.told(SentencesPart(ends=True))
        assert raised.value.refusal == "out_of_order"


def ended() -> SentenceNews:
    news = SentenceNews()
    assert news.told(SentencesPart(begins=True, ends=True)) == NO_SENTENCES
    return news


def test_a_second_beginning_forgets_the_first() -> None:
    news = SentenceNews()
    news.told(SentencesPart(begins=True, blocks=(BLOCK,)))
    assert news.told(SentencesPart(begins=True, ends=True)) == NO_SENTENCES


@pytest.mark.parametrize(
    ("limit", "part"),
    [
        ("MOST_PARTS", SentencesPart()),
        ("MOST_SENTENCES", SentencesPart(blocks=(BLOCK,))),
        ("MOST_VALUES", SentencesPart(lists=(drinks("tea"),))),
    ],
)
def test_more_than_anybody_writes_is_refused_and_forgotten(
    monkeypatch: pytest.MonkeyPatch, limit: str, part: SentencesPart
) -> None:
    monkeypatch.setattr(sentence_news, limit, 2)
    news = SentenceNews()
    for usual in (
        (SentencesPart(begins=True), part) if limit == "MOST_PARTS" else (SentencesPart(begins=True), part, part)
    ):
        news.told(usual)
    with pytest.raises(ProtocolError) as raised:
        news.told(part)
    assert raised.value.refusal == "too_many"
    with pytest.raises(ProtocolError):
        news.told(SentencesPart(ends=True))


def test_what_is_told_before_the_house_comes_with_it() -> None:
    news = HouseNews()
    part = SentencesPart(begins=True, ends=True, blocks=(BLOCK,))
    assert news.told(part)
    assert not news.take()
    for message in (HouseBegin(name="x"), HouseEnd()):
        news.told(message)
    told = news.take()
    assert told.house is not None
    assert told.house.sentences.blocks == (OWN,)
    assert told.sentences is None


def test_what_is_told_later_is_news_and_another_house_has_it_too() -> None:
    news = HouseNews()
    for message in (HouseBegin(name="x"), HouseEnd()):
        news.told(message)
    news.take()
    news.told(SentencesPart(begins=True, ends=True, blocks=(BLOCK,)))
    told = news.take()
    assert told
    assert told.sentences is not None
    assert told.sentences.blocks == (OWN,)
    for message in (HouseBegin(name="y"), HouseEnd()):
        news.told(message)
    house = news.take().house
    assert house is not None
    assert house.sentences.blocks == (OWN,)
