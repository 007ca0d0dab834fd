from datetime import UTC, datetime

from gateway.broker.decided import Decided, DecidedList
from gateway.broker.destination import Content
from gateway.broker.outgoing import Outgoing
from gateway.broker.sending import Sent
from gateway.broker.waiting import Request
from gateway.wire.consent_words import MOST_DECIDED, DecidedWords
from tests.gateway.broker.test_waiting import destination

NOW = datetime(2026, 11, 22, 4, 5, 6, 789, tzinfo=UTC)


def request(request_id: str) -> Request:
    return Request(
        id=request_id,
        satellite_id="shelf",
        destination=destination("work"),
        outgoing=Outgoing(content=Content.TEXT, raw=b"raw", body_at=0),
        hash=b"",
        asked_at=NOW,
        until=NOW,
        until_s=0.0,
    )


def test_what_became_of_it_is_kept_and_told_without_what_came_back() -> None:
    decided = DecidedList()
    sent = Sent(fate="answered", status=200, sent_bytes=3, received_bytes=7, text="the answer")
    assert decided.put(request("r1"), NOW, sent) == Decided(
        request_id="r1", satellite_id="shelf", content="text", destination_id="work", at=NOW, sent=sent
    )
    assert decided.text("r1") == "the answer"
    assert decided.words() == (
        DecidedWords(
            request_id="r1",
            satellite_id="shelf",
            content="text",
            destination_id="work",
            decided_at="2026-11-22T04:05:06+00:00",
            fate="answered",
            status=200,
            sent_bytes=3,
            received_bytes=7,
            has_answer=True,
        ),
    )


def test_what_was_not_answered_has_no_text() -> None:
    decided = DecidedList()
    decided.put(request("r1"), NOW, Sent(fate="failed", reason="late", text="half of it"))
    assert decided.text("r1") is None
    assert decided.text("r2") is None
    (words,) = decided.words()
    assert (words.fate, words.reason, words.has_answer) == ("failed", "late", False)


def test_the_latest_comes_first_and_what_becomes_of_one_later_takes_the_place_of_what_was() -> None:
    decided = DecidedList()
    decided.put(request("r1"), NOW, Sent(fate="sending"))
    decided.put(request("r2"), NOW, Sent(fate="refused"))
    decided.put(request("r1"), NOW, Sent(fate="answered", text=""))
    assert [(words.request_id, words.fate) for words in decided.words()] == [("r1", "answered"), ("r2", "refused")]
    assert decided.text("r1") == ""


def test_a_few_are_kept() -> None:
    decided = DecidedList()
    for number in range(MOST_DECIDED + 1):
        decided.put(request(f"r{number}"), NOW, Sent(fate="answered", text="x"))
    assert len(decided.words()) == MOST_DECIDED
    assert decided.text("r0") is None
    assert decided.text("r1") == "x"
