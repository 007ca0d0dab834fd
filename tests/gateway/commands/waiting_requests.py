"""Requests for tests of the commands: a broker that really runs, in which some wait, and who answers them."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.broker.destination import Destination
from gateway.broker.egress import Answer, EgressError
from gateway.paths import gateway_dir
from gateway.wire.consent_words import AddDestination, AllowCloud
from tests.gateway.broker.running import Gateway, running


def wav(seconds: float) -> bytes:
    """Return silence as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 16_000, 0, "NONE", ""))
        written.writeframes(bytes(round(32_000 * seconds)))
    return file.getvalue()


GOOD = Answer(status=200, text="A\x1b[31m.", received_bytes=9)


@dataclass(slots=True)
class Cloud:
    """Takes what is sent, in place of the way out."""

    answer: Answer | EgressError = field(
        default_factory=lambda: Answer(status=200, text="A\x1b[31m.", received_bytes=9)
    )
    sent: list[bytes] = field(default_factory=list)

    async def send(self, destination: Destination, release: object) -> Answer:
        """Remember the bytes, and answer."""
        assert callable(release)
        self.sent.append(release())
        if isinstance(self.answer, EgressError):
            raise self.answer
        return self.answer


@asynccontextmanager
async def waiting_gateway(*texts: str, pcm: bytes = b"", pin: str = "") -> AsyncIterator[tuple[Gateway, Cloud]]:
    """Run a gateway that may ask the cloud, in which these requests wait."""
    cloud = Cloud()
    async with running(gateway_dir()) as gateway:
        consent = gateway.broker.consent
        consent._sender = cloud
        for name, kind in (("work", "chat"), ("ears", "transcription")):
            words = AddDestination(
                id=1, name=name, kind=kind, url="https://api.example/v1", model="m-1", key="sk-hidden"
            )
            await consent.add_destination(words, by="owner")
        await consent.allow(AllowCloud(id=1, is_allowed=True), by="owner")
        consent.set_pin(pin, by="owner")
        for number, text in enumerate(texts):
            consent.propose_text(str(number), text, (("Lamp", "device"),))
        if pcm:
            consent.propose_audio("", pcm, language="en")
        yield gateway, cloud
