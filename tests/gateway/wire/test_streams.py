"""Sound of requests: which one a frame belongs to, in frames of a size that may be sent."""

import pytest

from gateway.errors import ProtocolError
from gateway.wire.messages import LARGEST_FRAME_BYTES
from gateway.wire.streams import end_of_sound, parted, pieces

GREATEST_ID = 2**32 - 1


@pytest.mark.parametrize("size_bytes", [0, 2, 8_188, 8_190, 50_000])
def test_what_is_cut_into_pieces_is_put_together_again(size_bytes: int) -> None:
    pcm = (bytes(range(256)) * 200)[:size_bytes]
    frames = list(pieces(GREATEST_ID, pcm))
    assert all(len(frame) <= LARGEST_FRAME_BYTES and len(frame) % 2 == 0 for frame in frames)
    assert {parted(frame)[0] for frame in frames} <= {GREATEST_ID}
    assert b"".join(parted(frame)[1] for frame in frames) == pcm


def test_the_end_is_a_frame_without_a_piece() -> None:
    assert parted(end_of_sound(7)) == (7, b"")


@pytest.mark.parametrize("frame", [b"", b"\0\0"])
def test_a_frame_without_an_id_is_malformed(frame: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        parted(frame)
    assert refused.value.refusal == "malformed"
