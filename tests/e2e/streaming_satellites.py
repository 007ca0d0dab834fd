"""A crowd of satellites in a process of its own: each streams 16 kHz sound at the pace of life and says how it went.

Takes host, port, seconds and a file of sound; on standard input pins and tokens as JSON. Writes one JSON object.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

from gateway.audio import paced
from gateway.wire import voice_words
from gateway.wire.dial import Address, dial
from gateway.wire.messages import Greeting, Hello

AT_ONCE = 8
"""All of them have one address, and strangers from one address are few."""


async def satellite(address: Address, pin: bytes, token: str, pcm: bytes, doors: asyncio.Semaphore) -> dict[str, float]:
    """Stream everything; return how many frames were sent, and by how much the last one was late."""
    async with AsyncExitStack() as stack:
        async with doors:
            dialled = dial(address, "/voice", voice_words.TO_SATELLITE, pin=pin, token=token)
            channel = await stack.enter_async_context(dialled)
            channel.say(Hello(protocol=1))
            if not isinstance(await channel.hear(), Greeting):
                raise SystemExit("no greeting")
        start_s, frames = monotonic(), 0
        async for frame in paced(pcm, realtime=True):
            await channel.play(frame)
            frames += 1
        return {"frames": frames, "late_s": monotonic() - start_s - len(pcm) / 32_000}


async def main(host: str, port: str, seconds: str, pcm: bytes) -> None:
    """Run all of them at once."""
    length = int(float(seconds) * 16_000) * 2
    address = Address(host=host, port=int(port))
    doors = asyncio.Semaphore(AT_ONCE)
    crowd = []
    for number, (pin, token) in enumerate(json.loads(sys.stdin.readline())):
        start = number * 32_000 % len(pcm)  # nobody hears the same at the same time
        crowd.append(satellite(address, bytes.fromhex(pin), token, ((pcm[start:] + pcm) * 20)[:length], doors))
    print(json.dumps(await asyncio.gather(*crowd)))  # noqa: T201 - that is what it is for


if __name__ == "__main__":
    host, port, seconds, sound = sys.argv[1:]
    asyncio.run(main(host, port, seconds, Path(sound).read_bytes()))
