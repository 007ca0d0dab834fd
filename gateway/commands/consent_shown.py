"""How a request is shown in a terminal: every byte of it, and none that the terminal would obey."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from gateway.broker.adding_destination import HTTPS_PORT
from gateway.wire.consent_words import DestinationWords, Preview

UNPRINTABLE = "reverse"
"""How what stands for a byte or letter that cannot be shown is told from the same signs in the text."""
SHORT_ID_CHARS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A request as the gateway showed it."""

    preview: Preview
    destination: DestinationWords
    raw: bytes
    """Exactly what is sent, but for the marker."""

    @property
    def sound(self) -> bytes:
        """The WAV file in it; nothing where it is a text."""
        return self.raw[self.preview.audio_at : self.preview.audio_at + self.preview.audio_bytes]


def lines_of(shown: Shown, asked_at: str) -> Iterator[Text]:
    """Yield everything about a request that waits: where it goes, what was left out, and all of its bytes."""
    preview, destination = shown.preview, shown.destination
    where = "at home" if destination.is_local else "in the cloud"
    yield visible(f"Request {preview.request_id} ({preview.content}), {clock(preview.left_s)} left")
    yield visible(f"  asked:  {asked_at}")
    yield visible(f"  to:     https://{host_of(destination)}{destination.path} ({where})")
    yield visible(f"          {destination.id}, model {destination.model}")
    yield visible(f"  hash:   {preview.hash}")
    if preview.marker:
        yield visible(f"  key:    is put where {preview.marker} stands")
    for replaced in preview.replaced:
        yield Text("  stays:  ") + visible(f"{replaced.original}, it says {replaced.placeholder} instead")
    yield visible(f"  {preview.size_bytes} bytes, exactly these:")
    yield Text("")
    yield from _bytes(shown)
    yield Text("")


def _bytes(shown: Shown) -> Iterator[Text]:
    preview, raw = shown.preview, shown.raw
    if not shown.sound:
        yield from _lines(raw)
        return
    end = preview.audio_at + preview.audio_bytes
    yield from _lines(raw[: preview.audio_at])
    yield Text(f"<a WAV file of {preview.audio_bytes} bytes{_length(shown.sound)}>", style="bold")
    yield from _lines(raw[end:])


def _lines(raw: bytes) -> Iterator[Text]:
    """Yield text as lines; only what ends a line of HTTP does."""
    return map(visible, raw.decode("utf-8", "surrogateescape").split("\r\n"))


def visible(line: str) -> Text:
    """Return a line in which nothing is hidden, and nothing is an order to the terminal."""
    text = Text()
    for letter in line:
        if letter.isprintable():
            text.append(letter)
        elif "\udc80" <= letter <= "\udcff":
            text.append(f"\\x{ord(letter) - 0xDC00:02x}", style=UNPRINTABLE)
        else:
            text.append(letter.encode("unicode_escape").decode("ascii"), style=UNPRINTABLE)
    return text


def clock(seconds: int) -> str:
    """Return a duration as minutes and seconds."""
    return f"{seconds // 60}:{seconds % 60:02}"


def host_of(destination: DestinationWords) -> str:
    """Return a destination's host as it is in its address."""
    host = f"[{destination.host}]" if ":" in destination.host else destination.host
    return host if destination.port == HTTPS_PORT else f"{host}:{destination.port}"


def _length(sound: bytes) -> str:
    try:
        with wave.open(io.BytesIO(sound)) as file:
            return f", {file.getnframes() / file.getframerate():.1f} s long; --save FILE writes it"
    except wave.Error, EOFError, ZeroDivisionError:
        return ""
