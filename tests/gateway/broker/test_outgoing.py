import hashlib
import io
import json
import wave
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.destination import Content, Destination, Kind
from gateway.broker.outgoing import (
    INSTRUCTION,
    MARKER,
    Outgoing,
    audio_request,
    consent_hash,
    text_request,
    with_key,
)
from gateway.errors import ConfigError, ProtocolError

CHAT = Destination(
    id="answers",
    kind=Kind.CHAT,
    host="cloud.example",
    port=443,
    path="/v1/chat/completions",
    model="some-model",
    is_local=False,
    key="sk-secret",
    key_version=3,
    added_at="2026-11-22T10:00:00Z",
)
HEARING = replace(CHAT, id="hears", kind=Kind.TRANSCRIPTION, path="/v1/audio/transcriptions", model="whisper-1")
PCM = bytes(range(256)) * 250


def refusal_of(make: object, *arguments: object, **named: object) -> str:
    assert callable(make)
    with pytest.raises(ProtocolError) as refused:
        make(*arguments, **named)
    return refused.value.refusal


def heard(raw: bytes) -> tuple[h11.Request, bytes]:
    """Return request and body as a server reads them, and check that there is nothing else."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(raw)
    request = server.next_event()
    assert isinstance(request, h11.Request)
    body = b""
    while isinstance(event := server.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert server.trailing_data == (b"", False)
    return request, body


def parts(outgoing: Outgoing) -> dict[str, Message]:
    """Return the parts of a form, by their names, as another library reads them."""
    request, body = heard(outgoing.raw)
    content_type = dict(request.headers)[b"content-type"]
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body)
    assert form.is_multipart()
    assert not form.defects
    found = {}
    for part in form.get_payload():
        assert isinstance(part, Message)
        found[str(part.get_param("name", header="content-disposition"))] = part
    return found


def test_a_question_is_these_bytes_and_no_others() -> None:
    outgoing = text_request(CHAT, "How tall is [device 1]?")
    body = (
        '{"model":"some-model","messages":['
        + json.dumps({"role": "system", "content": INSTRUCTION}, separators=(",", ":"))
        + ',{"role":"user","content":"How tall is [device 1]?"}]}'
    ).encode()
    assert outgoing.raw == (
        b"POST /v1/chat/completions HTTP/1.1\r\n"
        b"Host: cloud.example\r\n"
        b"Authorization: Bearer " + MARKER.encode() + b"\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n"
        b"Accept: application/json\r\n"
        b"Accept-Encoding: identity\r\n"
        b"User-Agent: local-voice\r\n"
        b"Connection: close\r\n"
        b"\r\n" + body
    )
    assert outgoing.raw[outgoing.body_at :] == body
    assert (outgoing.content, outgoing.method, outgoing.audio_at, outgoing.audio_bytes) == (Content.TEXT, "POST", 0, 0)


def test_the_same_question_is_the_same_bytes_again() -> None:
    assert text_request(CHAT, "Why?") == text_request(CHAT, "Why?")
    assert audio_request(HEARING, PCM, language="en") == audio_request(HEARING, PCM, language="en")


def test_a_service_that_wants_no_key_gets_no_header_for_one() -> None:
    outgoing = text_request(replace(CHAT, key=""), "Why?")
    assert b"authorization" not in outgoing.raw.lower()
    assert MARKER.encode() not in outgoing.raw
    assert with_key(outgoing, "") == outgoing.raw


@pytest.mark.parametrize(
    ("host", "port", "written"),
    [
        ("cloud.example", 8443, b"cloud.example:8443"),
        ("192.168.1.7", 443, b"192.168.1.7"),
        ("fd00::7", 443, b"[fd00::7]"),
        ("fd00::7", 8000, b"[fd00::7]:8000"),
    ],
)
def test_the_host_is_named_with_its_port_where_that_is_another(host: str, port: int, written: bytes) -> None:
    request, _ = heard(text_request(replace(CHAT, host=host, port=port), "Why?").raw)
    assert dict(request.headers)[b"host"] == written


def test_a_person_can_read_every_script() -> None:
    text = 'Què diu "l\'Àvia"? 東京 🎉 हिन्दी'
    outgoing = text_request(CHAT, text)
    assert json.dumps(text, ensure_ascii=False).encode() in outgoing.raw


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x00", "\x7f", "\u2028", "\u00ad", "\U000e0041", "\ufeff"])
def test_what_nobody_sees_is_written_so_that_it_is_seen(hidden: str) -> None:
    outgoing = text_request(CHAT, f"Send {hidden}this")
    _, body = heard(outgoing.raw)
    assert hidden not in body.decode()
    assert json.loads(body)["messages"][1]["content"] == f"Send {hidden}this"


def test_half_a_character_is_refused() -> None:
    assert refusal_of(text_request, CHAT, "\ud83c") == "malformed"


def test_a_question_cannot_become_a_header_or_another_request() -> None:
    text = f'"}}]}}\r\n\r\nPOST /other HTTP/1.1\r\nAuthorization: Bearer {MARKER}\r\n'
    request, body = heard(text_request(CHAT, text).raw)
    assert request.target == b"/v1/chat/completions"
    assert json.loads(body)["messages"][1] == {"role": "user", "content": text}


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_whatever_is_asked_arrives(text: str) -> None:
    outgoing = text_request(CHAT, text)
    _, body = heard(with_key(outgoing, CHAT.key))
    assert json.loads(body)["messages"][1]["content"] == text
    assert body == outgoing.raw[outgoing.body_at :]


def test_a_sound_is_a_form_with_a_file_that_can_be_played() -> None:
    outgoing = audio_request(HEARING, PCM, language="ca-ES")
    found = parts(outgoing)
    assert [*found] == ["model", "language", "response_format", "file"]
    assert found["model"].get_payload() == "whisper-1"
    assert found["language"].get_payload() == "ca"
    assert found["response_format"].get_payload() == "json"
    assert (found["file"].get_filename(), found["file"].get_content_type()) == ("speech.wav", "audio/wav")
    sound = outgoing.raw[outgoing.audio_at : outgoing.audio_at + outgoing.audio_bytes]
    assert found["file"].get_payload(decode=True) == sound
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, len(PCM) // 2)
        assert file.readframes(file.getnframes()) == PCM
    assert outgoing.content is Content.AUDIO


def test_without_a_language_the_service_finds_it_out() -> None:
    assert [*parts(audio_request(HEARING, PCM, language=""))] == ["model", "response_format", "file"]


@pytest.mark.parametrize("language", ["e", "english", "en\r\nX: y", "en-", "\u017fs", "1n"])
def test_a_language_that_is_none_is_refused(language: str) -> None:
    assert refusal_of(audio_request, HEARING, PCM, language=language) == "malformed"


@pytest.mark.parametrize("pcm", [b"", b"\0\0\0"])
def test_what_is_no_sound_is_refused(pcm: bytes) -> None:
    assert refusal_of(audio_request, HEARING, pcm, language="en") == "malformed"


def test_a_boundary_is_never_in_the_sound() -> None:
    sneaky = b"".join(b"\r\n--local-voice-%08d--\r\n" % number for number in range(1, 200))
    sound = (sneaky + b"\r\n--local-voice-000002000").ljust(8_000, b"\0")
    outgoing = audio_request(HEARING, sound, language="en")
    assert b"boundary=local-voice-00000201\r\n" in outgoing.raw
    found = parts(outgoing)
    assert [*found] == ["model", "language", "response_format", "file"]
    assert bytes(found["file"].get_payload(decode=True) or b"").endswith(sound)


def test_a_boundary_is_never_in_the_model_s_name() -> None:
    outgoing = audio_request(replace(HEARING, model="local-voice-00000001"), PCM, language="en")
    assert parts(outgoing)["model"].get_payload() == "local-voice-00000001"


def test_only_a_service_that_hears_is_sent_sound_and_only_one_that_answers_text() -> None:
    assert refusal_of(text_request, HEARING, "Why?") == "malformed"
    assert refusal_of(audio_request, CHAT, PCM, language="en") == "malformed"


@pytest.mark.parametrize(
    ("host", "path"),
    [("cloud.example\r\nX: y", "/"), ("cloud.example", "/a b"), ("cloud.example", "/ä"), ("", "/\r\n")],
)
def test_a_destination_that_cannot_be_written_is_refused(host: str, path: str) -> None:
    with pytest.raises(ConfigError, match="answers: its host and path"):
        text_request(replace(CHAT, host=host, path=path), "Why?")


# The key


def test_only_the_marker_in_the_headers_becomes_the_key() -> None:
    text = f"\r\nAuthorization: Bearer {MARKER}\r\n {MARKER}"
    for outgoing in (
        text_request(CHAT, text),
        audio_request(HEARING, text.encode().ljust(400, b"\0"), language="en"),
        text_request(replace(CHAT, path=f"/{MARKER}"), text),
    ):
        raw = with_key(outgoing, CHAT.key)
        line = f"\r\nAuthorization: Bearer {MARKER}\r\n".encode()
        assert raw == outgoing.raw.replace(line, b"\r\nAuthorization: Bearer sk-secret\r\n", 1)
        request, body = heard(raw)
        assert dict(request.headers)[b"authorization"] == b"Bearer sk-secret"
        assert body == outgoing.raw[outgoing.body_at :]


@pytest.mark.parametrize("key", ["two words", "a\r\nX: y", "ключ", "tab\t", "\x7f"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        with_key(text_request(CHAT, "Why?"), key)
    assert key not in str(refused.value)


def test_a_request_is_not_written_with_a_key_where_it_was_shown_without_nor_the_other_way_round() -> None:
    assert refusal_of(with_key, text_request(CHAT, "Why?"), "") == "altered"
    assert refusal_of(with_key, text_request(replace(CHAT, key=""), "Why?"), "sk-secret") == "altered"


def test_neither_key_nor_content_is_shown_by_accident() -> None:
    outgoing = text_request(CHAT, "A secret question")
    assert "secret" not in repr(outgoing)
    assert "secret" not in repr(CHAT)


# What a yes is for


def test_the_hash_is_over_all_parts_each_with_its_length() -> None:
    outgoing = text_request(CHAT, "Why?")
    parts = [
        *(b"request-1", b"answers", b"cloud.example", b"443", b"POST", b"/v1/chat/completions", b"text", b"3"),
        outgoing.raw,
    ]
    lined_up = b"lv-consent-v1" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert consent_hash("request-1", CHAT, outgoing) == hashlib.sha256(lined_up).digest()


def test_whatever_differs_makes_another_hash() -> None:
    outgoing = text_request(CHAT, "Why?")
    others = [
        ("request-2", CHAT, outgoing),
        *(
            ("request-1", replace(CHAT, **change), outgoing)
            for change in (
                *({"id": "other"}, {"host": "other.example"}, {"port": 8443}, {"path": "/v2"}, {"key_version": 4}),
            )
        ),
        ("request-1", CHAT, replace(outgoing, method="PUT")),
        ("request-1", CHAT, replace(outgoing, content=Content.AUDIO)),
        ("request-1", CHAT, text_request(CHAT, "Why not?")),
    ]
    found = {consent_hash(*other) for other in (("request-1", CHAT, outgoing), *others)}
    assert len(found) == 1 + len(others)
