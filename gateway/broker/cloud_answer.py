"""What a service answers: bytes in, a text that can be spoken out. Does no I/O, and believes nothing.

Every refusal is a ProtocolError with one of the reasons of `gateway.broker.egress`; none holds a word of the answer.
"""

import re
import unicodedata
from typing import Annotated, Final

import h11
import msgspec

from gateway.broker.destination import Kind
from gateway.errors import ProtocolError
from gateway.json_depth import is_too_deep
from gateway.wire.consent_words import LONGEST_ANSWER_CHARS

LARGEST_HEAD_BYTES: Final = 16 * 1024
"""Of all that comes before the body, interim answers too; services send one or two KiB."""
LARGEST_ANSWER_BYTES: Final = 1024 * 1024
"""Of the body, however it is cut into pieces on its way; three sentences in JSON are one KiB."""

_REQUEST: Final = h11.Request(
    method="POST", target="/", headers=[("Host", "-"), ("Content-Length", "0"), ("Connection", "close")]
)
"""What matters of a request to who reads its answer."""
_SUCCESS, _REDIRECTION, _CLIENT_ERROR = 200, 300, 400
_WAY_OUT: Final = {
    400: "check the name of the model",
    401: "its key is not accepted: add the destination again, with a key that is",
    402: "the account there is empty",
    403: "its key may not do that: check the account there",
    404: "check the address and the name of the model",
    413: "that is too much for it: ask something shorter",
    429: "it wants fewer requests, or the account there is empty",
}
_TURNS_AROUND: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What changes the direction of writing: invisible, and a way to have a text read other than it is."""
_LINE_ENDS: Final = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_AROUND_LINE_ENDS: Final = re.compile(r" ?\n ?")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")


class AnswerReader:
    """One answer, as its bytes come in."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD_BYTES)
        self._connection.send(_REQUEST)
        self._connection.send(h11.EndOfMessage())
        self._body = bytearray()
        self.status = 0
        """0 before it is known."""
        self.received_bytes = 0
        self.is_complete = False

    @property
    def most_bytes(self) -> int:
        """How much more may come."""
        return LARGEST_HEAD_BYTES + (LARGEST_ANSWER_BYTES if self.status else 0) - self.received_bytes

    def feed(self, data: bytes) -> None:
        """Take what has come, at most `most_bytes`; nothing where the connection has ended. Raises ProtocolError."""
        self.received_bytes += len(data)
        try:
            self._connection.receive_data(data)
            while not self.is_complete and self._take(self._connection.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            raise self._broken_off(data) from error
        if not self.is_complete and self.most_bytes <= 0:
            raise _too_large()

    def text(self) -> str:
        """Return the text in it, once it is complete. Raises ProtocolError."""
        raw = bytes(self._body)
        if is_too_deep(raw):
            raise _broken("it is nested too deeply")
        try:
            if self._kind is Kind.CHAT:
                found = _CHAT.decode(raw).choices[0].message.content
            else:
                found = _TRANSCRIPTION.decode(raw).text
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise _broken(f"it is not what a {self._kind.value} service answers") from error
        if text := speakable(found):
            return text
        raise _broken("there is no text in it")

    def _take(self, event: object) -> bool:
        """Take one event; return whether there may be another."""
        match event:
            case h11.Response():
                self._check(event)
            case h11.Data():
                self._body += event.data
                if len(self._body) > LARGEST_ANSWER_BYTES:
                    raise _too_large()
            case h11.EndOfMessage():
                self.is_complete = True
            case h11.InformationalResponse():
                pass  # that the real one is still to come
            case _:
                return False
        return True

    def _check(self, response: h11.Response) -> None:
        self.status = status = response.status_code
        if _REDIRECTION <= status < _CLIENT_ERROR:
            raise ProtocolError(
                "redirect", "it sends the request on to somewhere else, which nobody has approved; check its address"
            )
        if not _SUCCESS <= status < _REDIRECTION:
            way_out = _WAY_OUT.get(status, "try again later")
            raise ProtocolError("status", f"it answers with the HTTP status {status}; {way_out}")
        for name, value in response.headers:
            if name == b"content-encoding" and value.strip().lower() != b"identity":
                raise _broken("it is packed, which was not asked for")
            if name == b"content-length" and int(value) > LARGEST_ANSWER_BYTES:
                raise _too_large()

    def _broken_off(self, data: bytes) -> ProtocolError:
        if data:
            return _broken("it is no HTTP")
        if self.status:
            return _broken("it ends in the middle")
        return ProtocolError("no_answer", "it ended the connection without an answer; try again later")


def speakable(text: str) -> str:
    """Return text without what cannot be seen, in tidy lines, and not too long."""
    lines = _LINE_ENDS.sub("\n", text)
    seen = "".join(char for char in _BLANKS.sub(" ", lines) if char == "\n" or not _is_hidden(char))
    tidy = _EMPTY_LINES.sub("\n\n", _AROUND_LINE_ENDS.sub("\n", _BLANKS.sub(" ", seen)))
    return tidy.strip()[:LONGEST_ANSWER_CHARS].rstrip()


def _is_hidden(char: str) -> bool:
    return char in _TURNS_AROUND or unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn")


def _broken(how: str) -> ProtocolError:
    return ProtocolError("broken_answer", f"its answer cannot be used: {how}; check its address")


def _too_large() -> ProtocolError:
    return ProtocolError(
        "too_large",
        f"its answer is larger than {LARGEST_ANSWER_BYTES} bytes, or its headers than {LARGEST_HEAD_BYTES}; "
        "ask something shorter",
    )


class _Message(msgspec.Struct):
    content: str


class _Choice(msgspec.Struct):
    message: _Message


class _Chat(msgspec.Struct):
    choices: Annotated[tuple[_Choice, ...], msgspec.Meta(min_length=1)]


class _Transcription(msgspec.Struct):
    text: str


_CHAT: Final = msgspec.json.Decoder(_Chat)
_TRANSCRIPTION: Final = msgspec.json.Decoder(_Transcription)
