"""The desk at which consent is given: what a home or the owner says of it is answered, and who watches is told."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.broker.consent import Consent
from gateway.errors import ConfigError, LinkError, ProtocolError
from gateway.wire.channel import Channel
from gateway.wire.consent_words import (
    PART_BYTES,
    AddDestination,
    AllowCloud,
    Approve,
    AskAnswer,
    AskConsent,
    AskPreview,
    CloudAnswer,
    ConsentDone,
    Preview,
    PreviewPart,
    Refuse,
    RemoveDestination,
    SetPin,
)
from gateway.wire.messages import TEXT_CHARS, Message, name_of

type Say = Callable[[Message], Awaitable[None]]
type Asked = AskPreview | Approve | Refuse | AllowCloud | AskAnswer | AddDestination | RemoveDestination | SetPin

ASKED: Final = (AskPreview, Approve, Refuse, AllowCloud, AskAnswer, AddDestination, RemoveDestination, SetPin)
"""What is answered here, besides `ask_consent`. Who may say which of them is decided where they come in."""

_LOG = logging.getLogger(__name__)


class Desk:
    """One gateway's. Belongs to the event loop that is running when it is used."""

    def __init__(self, consent: Consent) -> None:
        self._consent = consent

    async def answer(self, message: Asked | AskConsent, by: str, say: Say) -> None:
        """Do what is asked, and say the answer; `by` is who the audit log says it was. Raises LinkError of `say`."""
        if isinstance(message, AskConsent):
            await say(self._state())
            return
        try:
            await self._do(message, by, say)
        except ProtocolError as error:
            _LOG.info("%s by %s: %s", name_of(type(message)), by, error.refusal)
            await say(_refusal(message, error))

    async def cut(self) -> None:
        """Return when nothing leaves any more that a peer said yes to who is none now."""
        await self._consent.cut()

    async def follow(self, channel: Channel) -> None:
        """Tell a home how it stands, now and whenever that is different, until its connection ends."""
        news = asyncio.Event()
        stop = self._consent.on_change(news.set)
        try:
            while True:
                news.clear()
                await channel.say_patiently(self._state())
                await news.wait()
        except LinkError:
            pass  # the connection has ended
        except ProtocolError as error:
            _LOG.error("consent: %s", error)
            channel.cut("internal")
        finally:
            stop()

    async def _do(self, message: Asked, by: str, say: Say) -> None:
        consent = self._consent
        match message:
            case AskPreview():
                preview, outgoing = consent.preview(message, by=by)
                await say(preview)
                for start in range(0, len(outgoing.raw), PART_BYTES):
                    part = outgoing.raw[start : start + PART_BYTES]
                    await say(PreviewPart(id=message.id, data=b64encode(part).decode("ascii")))
                return
            case AskAnswer():
                await say(CloudAnswer(id=message.id, text=consent.answer(message.request_id)))
                return
            case Approve():
                consent.approve(message, by=by)
            case Refuse():
                consent.refuse(message, by=by)
            case AllowCloud():
                await consent.allow(message, by=by)
            case AddDestination():
                await consent.add_destination(message, by=by)
            case RemoveDestination():
                await consent.remove_destination(message.name, by=by)
            case _:
                consent.set_pin(message.pin, by=by)
        await say(ConsentDone(id=message.id))

    def _state(self) -> Message:
        try:
            return self._consent.state()
        except ConfigError as error:
            raise ProtocolError("not_stored", str(error), about=name_of(AskConsent)) from error


def _refusal(message: Asked, error: ProtocolError) -> Message:
    """Return the answer to `message` that says why not."""
    said = str(error)[:TEXT_CHARS]
    match message:
        case AskPreview():
            return Preview(id=message.id, error=error.refusal, message=said)
        case AskAnswer():
            return CloudAnswer(id=message.id, error=error.refusal, message=said)
    return ConsentDone(id=message.id, error=error.refusal, message=said)
