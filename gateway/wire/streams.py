"""Binary frames of a home's connection: which request they belong to, and a piece of its sound.

Four bytes of request id, big-endian, then the piece; a frame without one is the end of that request's sound.
"""

from collections.abc import Iterator
from typing import Final

from gateway.errors import ProtocolError
from gateway.wire.messages import LARGEST_FRAME_BYTES

ID_BYTES: Final = 4
LARGEST_PIECE_BYTES: Final = LARGEST_FRAME_BYTES - ID_BYTES


def pieces(request_id: int, sound: bytes) -> Iterator[bytes]:
    """Yield the frames that carry `sound` of a request."""
    for start in range(0, len(sound), LARGEST_PIECE_BYTES):
        yield request_id.to_bytes(ID_BYTES) + sound[start : start + LARGEST_PIECE_BYTES]


def end_of_sound(request_id: int) -> bytes:
    """Return the frame that says that a request's sound is over."""
    return request_id.to_bytes(ID_BYTES)


def parted(frame: bytes) -> tuple[int, bytes]:
    """Return a frame's request id, and its piece. Raises ProtocolError where it is too short for an id."""
    if len(frame) < ID_BYTES:
        raise ProtocolError("malformed", f"a frame of a home begins with {ID_BYTES} bytes of request id")
    return int.from_bytes(frame[:ID_BYTES]), frame[ID_BYTES:]
