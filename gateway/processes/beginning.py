"""How each of the launcher's processes begins, with what they were handed and nothing else; how it tells an error."""

import argparse
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from gateway.errors import VoiceError
from gateway.processes.habits import heed_the_launcher_alone
from gateway.processes.link import Link
from gateway.processes.words import Failed
from gateway.sandbox.privileges import STANDARD_STREAMS, close_other_descriptors, die_with_parent, harden
from gateway.wire.messages import Message

ENDED: Final = 0
FAILED: Final = 3
"""Exit code of one that has told the launcher why."""


def begun(*, optional: Sequence[str] = ()) -> argparse.Namespace:
    """Return what the launcher handed over: `parent`, `link`, `port` and those that are `optional`, as numbers.

    Every other descriptor is closed, unless the launcher says `--keep`; the process ends with the launcher, leaves
    signals to it, and lets nobody look into it.
    """
    parser = argparse.ArgumentParser()
    for name in ("parent", "link", "port", *optional):
        parser.add_argument(f"--{name}", type=int, required=name not in optional)
    parser.add_argument("--keep", type=int, action="append", default=[])
    handed = parser.parse_args()
    numbers = (handed.link, handed.port, *(getattr(handed, name) for name in optional), *handed.keep)
    close_other_descriptors({*STANDARD_STREAMS, *(number for number in numbers if number is not None)})
    die_with_parent(handed.parent)
    heed_the_launcher_alone()
    harden()
    return handed


async def linked[Heard: Message](
    link_number: int, decoder: msgspec.json.Decoder[Heard], serve: Callable[[Link[Heard]], Awaitable[None]]
) -> int:
    """Return the exit code of `serve`, which speaks with the launcher; what it raises of ours is told to it."""
    link = await Link.over(socket.socket(fileno=link_number), decoder)
    try:
        await serve(link)
    except VoiceError as error:
        link.say(Failed(code=error.code, message=str(error)))
        return FAILED
    finally:
        await link.close()
    return ENDED
