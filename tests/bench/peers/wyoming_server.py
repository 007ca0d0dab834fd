"""A tiny Wyoming server without any library, so that it starts at once: `PORT [late|silent|fail|refuse|stay]`."""

import json
import signal
import socket
import sys
import time
from io import BufferedRWPair
from typing import Any

SOUND = {"rate": 16_000, "width": 2, "channels": 1}
STREAMS = ("transcribe", "detect", "synthesize", "describe")
"""What a client asks for first."""


class Connection:
    """One client, who asks for one thing."""

    def __init__(self, stream: BufferedRWPair, how: str) -> None:
        self._stream = stream
        self._how = how
        self._asked_for = ""
        self._heard_bytes = 0

    def serve(self) -> None:
        """Answer until the client leaves, or what is asked for is refused."""
        while line := self._stream.readline():
            header = json.loads(line)
            self._stream.read(header.get("data_length") or 0)
            self._heard_bytes += len(self._stream.read(header.get("payload_length") or 0))
            kind = header["type"]
            self._asked_for = kind if kind in STREAMS else self._asked_for
            if self._how == "refuse" and kind == "synthesize":
                return
            self._answer(kind)

    def _answer(self, kind: str) -> None:
        if kind == "describe":
            self._say("info", {})
        elif kind == "synthesize":
            self._say("audio-start", SOUND)
            self._say("audio-chunk", SOUND, b"\x01\x00" * 4)
            self._say("audio-stop", {})
        elif kind == "audio-stop" and self._how == "refuse":
            self._say("error", {"text": "no"})
        elif kind == "audio-stop" and self._asked_for == "detect":
            self._say("not-detected", {})
        elif kind == "audio-stop":
            self._say("transcript", {"text": f"{self._heard_bytes} bytes"})

    def _say(self, kind: str, data: dict[str, Any], payload: bytes = b"") -> None:
        event = {"type": kind, "data": data, "payload_length": len(payload)}
        self._stream.write(json.dumps(event).encode() + b"\n" + payload)
        self._stream.flush()


def serve(port: int, how: str) -> None:
    """Answer one connection after the other, for ever."""
    if how == "fail":
        sys.exit("there is no model")
    if how == "stay":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if how == "late":
        time.sleep(0.3)
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            connection, _ = listening.accept()
            with connection:
                if how == "silent":
                    time.sleep(10)
                Connection(connection.makefile("rwb"), how).serve()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
