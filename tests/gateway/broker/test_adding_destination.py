from datetime import UTC, datetime

import pytest

from gateway.broker.adding_destination import destination_of
from gateway.broker.destination import Content, Destination, Kind
from gateway.errors import ConfigError
from gateway.wire.consent_words import AddDestination
from tests.gateway.broker.certificates import authority_pem

NOW = datetime(2026, 11, 22, 4, 5, 6, 789, tzinfo=UTC)


def destination(
    url: str = "https://api.example/v1",
    *,
    kind: str = "chat",
    name: str = "work",
    model: str = "m",
    key: str = "",
    ca: str = "",
) -> Destination:
    return destination_of(AddDestination(id=1, name=name, kind=kind, url=url, model=model, key=key, ca=ca), NOW)


def refusal(url: str = "https://api.example/v1", **more: str) -> str:
    with pytest.raises(ConfigError) as refused:
        destination(url, **more)
    return str(refused.value)


def test_what_the_owner_says_becomes_a_destination() -> None:
    words = AddDestination(
        id=1,
        name="work_2-b",
        kind="transcription",
        url="https://API.Example:8443/v1",
        model="whisper-1",
        is_local=True,
        key="sk-123",
    )
    assert destination_of(words, NOW) == Destination(
        id="work_2-b",
        kind=Kind.TRANSCRIPTION,
        host="api.example",
        port=8443,
        path="/v1/audio/transcriptions",
        model="whisper-1",
        is_local=True,
        key="sk-123",
        key_version=0,
        added_at="2026-11-22T04:05:06+00:00",
    )


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://h", "/v1/chat/completions"),
        ("https://h/", "/v1/chat/completions"),
        ("https://h/v1", "/v1/chat/completions"),
        ("https://h/v1/", "/v1/chat/completions"),
        ("https://h/api/openai", "/api/openai/chat/completions"),
        ("https://h/v1/chat/completions", "/v1/chat/completions"),
        ("https://h/v1/chat/completions/", "/v1/chat/completions"),
        ("https://h/a%20b/(v1)", "/a%20b/(v1)/chat/completions"),
    ],
)
def test_the_tail_that_all_services_have_is_added_where_it_is_missing(url: str, whole: str) -> None:
    made = destination(url)
    assert (made.path, made.port, made.content) == (whole, 443, Content.TEXT)


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("api.EXAMPLE", "api.example"),
        ("a_b.c-d.example", "a_b.c-d.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("\uff11\uff12\uff17.0.0.1", "127.0.0.1"),
        ("192.168.1.5", "192.168.1.5"),
        ("[FD00::0:5]", "fd00::5"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_is_one_name_or_one_address_in_ascii(given: str, host: str) -> None:
    assert destination(f"https://{given}:1/v1").host == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        "a.example.",
        "-a.example",
        "a-.example",
        "a%20b",
        "a;b",
        "a" * 64,
        ".".join(["a" * 60] * 5),
        "256.1.1.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "127.0.0.0x1",
        "[::1%25eth0]",
        "[::1%eth0]",
        "[v1.x]",
        "[v1.a:b]",
        "[:::]",
        "a:b:c",
        "a:0",
        "a:65536",
        "a:x",
        "a\u2100b",
        "a\uff0fb",
    ],
)
def test_what_is_no_host_or_may_be_taken_for_another_is_refused(host: str) -> None:
    assert refusal(f"https://{host}/v1").startswith("work: ")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h",
        "http://h/v1",
        "ftp://h/v1",
        "https:h",
        "https://",
        "//h/v1",
        "https://h/v1\n",
        "https://h /v1",
        "\thttps://h",
        "https:\\\\h",
        "https://h\\@other",
        "https://h/é",
        "https://h/v1/\x7f",
        'https://h/"',
        "https://h/<a>",
        "https://h/" + "a" * 240,
    ],
)
def test_an_address_of_another_form_is_refused(url: str) -> None:
    assert refusal(url).startswith("work: ")


@pytest.mark.parametrize(
    "url",
    ["https://ann:hidden@h/v1", "https://hidden@h", "https://h/v1?key=hidden", "https://h?", "https://h/v1#hidden"],
)
def test_what_may_hold_a_password_is_refused_and_not_repeated(url: str) -> None:
    said = refusal(url)
    assert "a key is asked for by itself" in said
    assert "hidden" not in said


def test_the_address_of_the_other_kind_is_told_apart() -> None:
    assert refusal("https://h/v1/audio/transcriptions").endswith("--kind transcription")
    assert refusal("https://h/v1/chat/completions", kind="transcription").endswith("--kind chat")


@pytest.mark.parametrize("name", ["", "Work", "a b", "ä", "a" * 33, "a\n", "a\x1b[2J"])
def test_a_name_is_a_short_plain_word(name: str) -> None:
    said = refusal(name=name)
    assert "1 to 32 of the characters a-z, 0-9, - and _" in said
    assert said.isprintable()


def test_a_kind_that_there_is_not_is_named_beside_those_that_there_are() -> None:
    assert refusal(kind="video") == "'video': a destination's kind is one of: chat, transcription"


@pytest.mark.parametrize("model", ["", "  ", "m" * 101, "m\n", "m\x1b"])
def test_a_model_is_a_line_of_a_few_words(model: str) -> None:
    assert "is not 1 to 100 printable characters" in refusal(model=model)


def test_a_model_may_have_any_script() -> None:
    assert destination(model="Modèle 3 (大)").model == "Modèle 3 (大)"


@pytest.mark.parametrize("key", ["hidden key", "hidden\n", "hiddén", "\x01hidden", "hidden" * 86])
def test_a_key_that_fits_into_no_header_is_refused_and_not_repeated(key: str) -> None:
    said = refusal(key=key)
    assert "512 printable ASCII characters" in said
    assert "hidden" not in said


def test_of_an_authoritys_file_only_the_certificates_are_kept() -> None:
    pem = authority_pem(with_key=True)
    other = authority_pem()
    kept = destination(ca=f"an authority\n{pem}\n{other}").ca
    assert kept.count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE KEY" not in kept
    assert "an authority" not in kept


@pytest.mark.parametrize(
    "ca",
    [
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "é",
    ],
)
def test_a_file_without_certificates_is_refused(ca: str) -> None:
    assert refusal(ca=ca) == "work: the authority's file holds no certificates in PEM form"


def test_certificates_that_a_message_has_no_room_for_are_refused() -> None:
    pem = authority_pem().replace("\n", "")
    pem = pem.replace("CERTIFICATE-----", "CERTIFICATE-----\n", 1).replace("-----END", "\n-----END") + "\n"
    many = pem * (32_768 // len(pem))
    assert len(many) <= 32_768
    assert "more than 32768 characters" in refusal(ca=many)
