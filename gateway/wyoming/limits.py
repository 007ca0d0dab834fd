"""What strangers may do to the Wyoming port. It cannot tell who they are: these limits are all that protects it."""

from dataclasses import dataclass
from typing import Final

HEADER_BYTES: Final = 8 * 1024
"""Home Assistant's longest is below 200 bytes; small events may carry their data in it."""
DATA_BYTES: Final = 64 * 1024
PAYLOAD_BYTES: Final = 64 * 1024
"""Two seconds of sound; clients send a tenth."""
UTTERANCE_S: Final = 30
"""What recognition looks at."""
COMMAND_CHARS: Final = 500
"""Half a minute of fast speech."""
TEXT_CHARS: Final = 4_096
"""Five minutes of speech in one reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Deadlines in seconds, and how many may be here at once."""

    first_header_s: float = 5.0
    """From the connection to the end of its first header; clients send it at once."""
    event_s: float = 10.0
    """From an event's first byte to its last."""
    idle_s: float = 60.0
    """From one event to the next; who listens for a wake word sends many a second."""
    write_s: float = 5.0
    """Until the peer has taken an event, or the kernel for it."""
    answer_s: float = 30.0
    """For one piece of work of a model, waiting for its turn included."""
    linger_s: float = 1.0
    """For the peer to read our last word."""
    connections: int = 16
    connections_an_address: int = 8
    """So that one machine, gone wild, does not keep the others out."""
