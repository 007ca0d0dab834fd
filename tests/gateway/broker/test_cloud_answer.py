import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.cloud_answer import LARGEST_ANSWER_BYTES, LARGEST_HEAD_BYTES, AnswerReader, speakable
from gateway.broker.destination import Kind
from gateway.errors import ProtocolError
from gateway.wire.consent_words import LONGEST_ANSWER_CHARS
from tests.clouds import as_json, chat, http, redirect, transcription

END = b""


def read(*pieces: bytes, kind: Kind = Kind.CHAT) -> AnswerReader:
    """Feed these pieces, as long as there is need for more, and no more at a time than may be fed."""
    reader = AnswerReader(kind)
    for piece in pieces:
        start = 0
        while not reader.is_complete and (start < len(piece) or piece == END):
            most = reader.most_bytes
            assert most > 0
            reader.feed(piece[start : start + most])
            start += most
    assert reader.is_complete
    return reader


def reason(*pieces: bytes, kind: Kind = Kind.CHAT) -> str:
    with pytest.raises(ProtocolError) as refused:
        read(*pieces, kind=kind).text()
    assert "secret" not in str(refused.value)
    return refused.value.refusal


def chunked(*pieces: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def test_an_answer_is_its_text() -> None:
    reader = read(chat("Seven."))
    assert (reader.text(), reader.status, reader.received_bytes) == ("Seven.", 200, len(chat("Seven.")))
    assert read(transcription("turn on the lamp"), kind=Kind.TRANSCRIPTION).text() == "turn on the lamp"


def test_it_may_come_byte_by_byte_in_chunks_or_until_the_connection_ends() -> None:
    body = json.dumps({"text": "Sí."}).encode()
    for raw in (http(body), chunked(body), chunked(*(bytes([byte]) for byte in body))):
        assert read(*(bytes([byte]) for byte in raw), kind=Kind.TRANSCRIPTION).text() == "Sí."
    assert read(b"HTTP/1.0 200 OK\r\n\r\n", body, END, kind=Kind.TRANSCRIPTION).text() == "Sí."


def test_interim_answers_are_not_the_answer() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </secret>\r\n\r\n"
    assert read(interim, chat("Seven.")).text() == "Seven."


def test_they_have_to_end() -> None:
    assert reason(*[b"HTTP/1.1 102 Processing\r\n\r\n"] * 1_000) == "too_large"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308, 399])
def test_whatever_leads_elsewhere_is_not_followed(status: int) -> None:
    assert reason(redirect("https://secret.example/", status)) == "redirect"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 418, 429, 500, 503, 999])
def test_another_status_than_success_is_named(status: int) -> None:
    reader = AnswerReader(Kind.CHAT)
    with pytest.raises(ProtocolError, match=f"the HTTP status {status}; ") as refused:
        reader.feed(as_json({"error": {"message": "secret"}}, status=status))
    assert (refused.value.refusal, reader.status) == ("status", status)
    assert "secret" not in str(refused.value)


def test_a_success_without_a_body_is_none() -> None:
    assert reason(http(b"", status=204)) == "broken_answer"


def test_headers_have_a_limit() -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: "
    fits = start + b"x" * (LARGEST_HEAD_BYTES - len(start) - 4) + b"\r\n\r\n"
    assert read(fits).received_bytes == LARGEST_HEAD_BYTES
    assert reason(start + b"x" * LARGEST_HEAD_BYTES) == "too_large"
    assert reason(*[b"HTTP/1.1 200 OK\r\n", *[b"X: secret\r\n"] * 10_000]) == "too_large"


def test_a_body_has_a_limit_too() -> None:
    body = json.dumps({"text": "Yes."}).encode()
    largest = body.ljust(LARGEST_ANSWER_BYTES)
    assert read(http(largest), kind=Kind.TRANSCRIPTION).text() == "Yes."
    until_the_end = b"HTTP/1.1 200 OK\r\n\r\n"
    assert read(until_the_end + largest, END, kind=Kind.TRANSCRIPTION).text() == "Yes."
    assert reason(until_the_end + largest + b" ", END) == "too_large"
    assert reason(chunked(largest, b" ")) == "too_large"


def test_a_body_that_is_announced_as_too_large_is_not_waited_for() -> None:
    assert reason(f"HTTP/1.1 200 OK\r\nContent-Length: {LARGEST_ANSWER_BYTES + 1}\r\n\r\n".encode()) == "too_large"


def test_cutting_a_body_into_small_pieces_is_no_way_round_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert reason(head, b"1;%b\r\n \r\n" % (b"x" * 1_000) * (LARGEST_ANSWER_BYTES // 900)) == "too_large"


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "secret"])
def test_a_packed_answer_is_not_unpacked(coding: str) -> None:
    assert reason(http(b"secret", headers=[("Content-Encoding", coding)])) == "broken_answer"


def test_one_that_says_that_it_is_not_packed_is_read() -> None:
    body = json.dumps({"text": "Yes."}).encode()
    raw = http(body, headers=[("content-encoding", "Identity")])
    assert read(raw, kind=Kind.TRANSCRIPTION).text() == "Yes."


@pytest.mark.parametrize(
    "raw",
    [
        b"secret",
        b"SSH-2.0-secret\r\n",
        b"HTTP/1.1 200 OK\r\nsecret\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n",
    ],
)
def test_what_is_no_http_is_refused(raw: bytes) -> None:
    assert reason(raw, *[b"\r\n\r\n"] * 3, END) in ("broken_answer", "no_answer")


def test_no_answer_is_another_thing_than_half_an_answer() -> None:
    assert reason(END) == "no_answer"
    assert reason(chat("secret")[:30], END) == "no_answer"
    assert reason(chat("secret")[:-10], END) == "broken_answer"
    assert reason(chunked(b"secret")[:-3], END) == "broken_answer"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"secret", b"{", b"null", b"[]", b"\xff", b'"secret"', b'{"error": "secret"}', b"[" * 100_000),
        *(b'{"choices": []}', b'{"choices": [{}]}', b'{"choices": [{"message": {"content": null}}]}'),
        b'{"choices": [{"message": {"content": ["secret"]}}]}',
        b'{"choices": [{"message": {"content": "\\ud800 secret"}}]}',
        b'{"choices": [{"message": {"content": "secret"}}], "more": [[[[[[[[0]]]]]]]]}',
        b'{"choices": [{"message": {"content": " \\u0000\\u202e\\n"}}]}',
        b'{"text": "secret"}',
        chat("secret"),
    ],
)
def test_what_is_not_the_answer_of_such_a_service_is_refused(body: bytes) -> None:
    assert reason(http(body)) == "broken_answer"


def test_an_answer_of_the_other_kind_is_refused() -> None:
    assert reason(chat("secret"), kind=Kind.TRANSCRIPTION) == "broken_answer"


@given(st.lists(st.binary(max_size=60), max_size=5), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n\r\n"]))
def test_whatever_comes_is_an_answer_or_refused(pieces: list[bytes], head: bytes) -> None:
    assert reason(head, *(piece for piece in pieces if piece), END) in ("no_answer", "broken_answer")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  Seven.\n", "Seven."),
        ("One.\r\nTwo.\rThree.\u2028Four.", "One.\nTwo.\nThree.\nFour."),
        ("One. \n \n\n\t\n Two.", "One.\n\nTwo."),
        ("a\tb \x07 c\u00a0\u00a0d\x1b[31m", "a b c d[31m"),
        ("pay \u202eeve\u202c \u2066now\u2069", "pay eve now"),
        ("👩\u200d🚀 के\u200c\ud800\ue000", "👩\u200d🚀 के\u200c"),
        ("x" * 20_000, "x" * LONGEST_ANSWER_CHARS),
        ("x" * (LONGEST_ANSWER_CHARS - 1) + " yes", "x" * (LONGEST_ANSWER_CHARS - 1)),
        ("\x00 \u200f", ""),
    ],
)
def test_a_text_is_tidied_for_being_spoken(said: str, kept: str) -> None:
    assert speakable(said) == kept


@given(st.text(max_size=300))
def test_tidying_twice_changes_nothing(text: str) -> None:
    tidy = speakable(text)
    assert speakable(tidy) == tidy
    assert all(char.isprintable() or char == "\n" or char.isspace() or char > "\x9f" for char in tidy)
