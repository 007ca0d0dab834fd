import pytest

from gateway.commands.consent_shown import UNPRINTABLE, Shown, clock, host_of, lines_of, visible
from gateway.wire.consent_words import DestinationWords, Preview, ReplacedWords
from tests.gateway.commands.waiting_requests import wav

DESTINATION = DestinationWords(
    id="work", kind="chat", host="api.example", port=443, path="/v1/x", model="m", added_at="2026-11-22T04:05:06+00:00"
)


def lines(
    raw: bytes,
    *,
    audio: tuple[int, int] = (0, 0),
    destination: DestinationWords = DESTINATION,
    marker: str = "<key>",
) -> list[str]:
    """Return what is shown below the line that says that these are the bytes."""
    preview = Preview(
        id=1,
        request_id="0123",
        hash="f" * 64,
        destination=destination,
        method="POST",
        content="text",
        left_s=272,
        size_bytes=len(raw),
        marker=marker,
        audio_at=audio[0],
        audio_bytes=audio[1],
        replaced=(ReplacedWords(placeholder="[device 1]", original="Lamp\x1b"),),
    )
    shown = Shown(preview=preview, destination=destination, raw=raw)
    return [line.plain for line in lines_of(shown, "Kitchen, 04:05:06")]


def test_where_it_goes_is_said_before_the_bytes() -> None:
    assert lines(b"x") == [
        "Request 0123 (text), 4:32 left",
        "  asked:  Kitchen, 04:05:06",
        "  to:     https://api.example/v1/x (in the cloud)",
        "          work, model m",
        f"  hash:   {'f' * 64}",
        "  key:    is put where <key> stands",
        "  stays:  Lamp\\x1b, it says [device 1] instead",
        "  1 bytes, exactly these:",
        "",
        "x",
        "",
    ]


def test_where_no_key_goes_along_none_is_spoken_of() -> None:
    assert not any("key" in line for line in lines(b"x", marker=""))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"POST / HTTP/1.1\r\nHost: h\r\n\r\n{}", ["POST / HTTP/1.1", "Host: h", "", "{}"]),
        ("Küche 大 🙂".encode(), ["Küche 大 🙂"]),
        (b"\x1b]0;title\x07\x9b\x00", [r"\x1b]0;title\x07\x9b\x00"]),
        (b"a\nb\rc\td\r\ne", [r"a\nb\rc\td", "e"]),
        ("a\u202eb\u200bc\u2028d\u0085e\xa0f".encode(), [r"a\u202eb\u200bc\u2028d\x85e\xa0f"]),
        (b"\xff\xc3(", [r"\xff\xc3("]),
        (b"[bold]x[/]", ["[bold]x[/]"]),
    ],
)
def test_every_byte_is_shown_and_none_is_an_order_to_the_terminal(raw: bytes, shown: list[str]) -> None:
    found = lines(raw)[9:-1]
    assert found == shown
    assert all(line.isprintable() for line in found)


def test_what_stands_for_a_byte_looks_unlike_the_same_signs_in_the_text() -> None:
    text = visible("\\x1b\x1b")
    assert text.plain == r"\x1b\x1b"
    assert [(span.start, span.end, span.style) for span in text.spans] == [(4, 8, UNPRINTABLE)]


def test_of_sound_only_its_length_is_shown_and_the_rest_as_it_is() -> None:
    sound = wav(1.5)
    raw = b"before\r\n" + sound + b"\r\nafter"
    assert lines(raw, audio=(8, len(sound)))[9:-1] == [
        "before",
        "",
        "<a WAV file of 48044 bytes, 1.5 s long; --save FILE writes it>",
        "",
        "after",
    ]


@pytest.mark.parametrize("sound", [b"RIFF", b"no sound at all, whatever it says" * 3])
def test_sound_that_is_none_is_called_bytes(sound: bytes) -> None:
    assert f"<a WAV file of {len(sound)} bytes>" in lines(b"a" + sound, audio=(1, len(sound)))


def test_a_host_is_written_as_in_an_address() -> None:
    assert clock(299) == "4:59"
    assert host_of(DESTINATION) == "api.example"
    at_home = DestinationWords(
        id="nas", kind="chat", host="fd00::5", port=8443, path="/", model="m", is_local=True, added_at=""
    )
    assert host_of(at_home) == "[fd00::5]:8443"
    assert "  to:     https://[fd00::5]:8443/ (at home)" in lines(b"", destination=at_home)
