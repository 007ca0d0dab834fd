"""Home Assistant's own agent in a house of ours: what sentences mean to it, and what it makes of spoken ones.

Asked is a real Home Assistant, which takes its sentences first and its gazetteer where none of them fits, as it does
when it is spoken to. Gold is what its sentences say of the true text.
"""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import batched
from pathlib import Path
from typing import Any, Final

from bench.gold import Command, Meaning, is_in
from bench.home_assistant.installing import DOMAIN, furnish, told
from bench.options import Options
from bench.peers.client import transcribe
from bench.peers.models import data_folder
from bench.peers.process import Peer
from bench.peers.servers import transcriber
from gateway.errors import EngineError
from gateway.house import House
from tests.e2e.home_assistant.connection import CommandError, Connection, connected

AT_ONCE: Final = 25
"""Sentences in one message; each takes some ten milliseconds, and an answer must come within thirty seconds."""
BY_SENTENCES: Final = "sentences"
NOBODY: Final = "Xyzzy"
"""What a place is called that has lost its name: nobody says it."""


class Agent:
    """Home Assistant's agent, as it is spoken to in one area of a house."""

    def __init__(self, connection: Connection, house: House, device_id: str, language: str) -> None:
        """`device_id` is the device that stands in that area."""
        self._connection = connection
        self._house = house
        self._device_id = device_id
        self._language = language

    async def meanings(self, texts: Sequence[str]) -> list[Meaning | None]:
        """Return what each text means to it; None where it would say that it does not understand."""
        return [meaning for meaning, _ in await self._taken(texts)]

    async def gold(self, texts: Sequence[str]) -> list[Meaning | None]:
        """Return what its sentences say that each text means; None where it has none for it."""
        return [meaning if source == BY_SENTENCES else None for meaning, source in await self._taken(texts)]

    async def gold_without(self, name: str, texts: Sequence[str]) -> list[Meaning | None]:
        """Return what texts mean while nothing has `name` in its own."""
        hidden = [one.id for one in self._house.entities if is_in(name, (one.name, *one.aliases))]
        renamed = [
            (kind, place)
            for kind in ("area", "floor")
            for place in await self._connection.call(f"config/{kind}_registry/list")
            if is_in(name, (place["name"], *place["aliases"]))
        ]
        try:
            for entity_id in hidden:
                await self._connection.expose(entity_id, is_exposed=False)
            for kind, place in renamed:
                await self._rename(kind, place, NOBODY, [])
            return await self.gold(texts)
        finally:
            for entity_id in hidden:
                await self._connection.expose(entity_id, is_exposed=True)
            for kind, place in renamed:
                await self._rename(kind, place, place["name"], place["aliases"])

    async def _rename(self, kind: str, place: dict[str, Any], name: str, aliases: list[str]) -> None:
        place_id = {f"{kind}_id": place[f"{kind}_id"]}
        await self._connection.call(f"config/{kind}_registry/update", name=name, aliases=aliases, **place_id)

    async def _taken(self, texts: Sequence[str]) -> list[tuple[Meaning | None, str]]:
        """Return what each text means to the agent, and what of it says so."""
        taken: list[tuple[Meaning | None, str]] = []
        for some in batched(texts, AT_ONCE, strict=False):
            answer = await self._connection.call(
                f"{DOMAIN}/recognize", sentences=list(some), language=self._language, device_id=self._device_id
            )
            taken += [(_meaning(found["intents"]), found["source"]) for found in answer["found"]]
        return taken


class Assist:
    """The agent with wyoming-faster-whisper, as an assistant."""

    def __init__(self, agent: Agent, server: Peer, language: str) -> None:
        """`server` recognises speech."""
        self.agent = agent
        self._server = server
        self._language = language

    async def hear(self, pcm: bytes) -> tuple[str, Meaning | None]:
        """Return what is heard in 16 kHz mono s16le, and what it is taken for. Raises EngineError."""
        heard = (await transcribe(self._server, pcm, language=self._language, is_paced=False)).text.strip()
        (meaning,) = await self.agent.meanings([heard])
        return heard, meaning


@asynccontextmanager
async def agent(house: House, area_id: str, language: str) -> AsyncIterator[Agent]:
    """Run Home Assistant during the block, with a satellite in the area `area_id`.

    Raises EngineError for a house that it does not take, ConfigError where it is not installed.
    """
    house = _numbered(house)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lv-understand-")))
        home_assistant, user = stack.enter_context(told(folder, house))
        connection = await stack.enter_async_context(connected(home_assistant.url, user.token))
        try:
            device_id = await furnish(connection, house, area_id)
        except CommandError as error:
            raise EngineError(f"Home Assistant does not take this house: {error}") from error
        yield Agent(connection, house, device_id, language)


@asynccontextmanager
async def assist(options: Options, house: House, area_id: str) -> AsyncIterator[Assist]:
    """Run that and wyoming-faster-whisper during the block. Raises VoiceError."""
    stt = options.config.stt
    async with AsyncExitStack() as stack:
        asked = await stack.enter_async_context(agent(house, area_id, stt.language))
        model = stack.enter_context(data_folder(stt.model)).model(stt.model)
        server = await stack.enter_async_context(
            transcriber(model, threads=stt.cpu_threads, language=stt.language, compute_type=stt.compute_type)
        )
        yield Assist(asked, server, stt.language)


def _numbered(house: House) -> House:
    """Return `house` with ids that Home Assistant takes, which knows no letters but English ones in them."""
    entities = (replace(entity, id=f"{entity.domain}.thing_{number}") for number, entity in enumerate(house.entities))
    return replace(house, entities=tuple(entities))


def _meaning(intents: Sequence[dict[str, Any]]) -> Meaning | None:
    commands = tuple(Command(name=one["name"], slots=one["slots"]) for one in intents)
    return Meaning(commands=commands) if commands else None
