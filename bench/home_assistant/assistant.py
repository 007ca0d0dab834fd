"""Home Assistant's own assistant with Wyoming servers, set up as a person does it in the frontend, and spoken to."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from gateway.audio import RATE_HZ
from gateway.errors import EngineError
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.onboarding import User
from tests.e2e.home_assistant.running import HomeAssistant
from tests.e2e.home_assistant.setting_up import FLOWS

RUN_S: Final = 30.0
"""A run takes six seconds."""
HEADER_BYTES: Final = 44
"""Of a WAV; less than an MP3's first frame. What comes after it is sound."""
PIECE_BYTES: Final = 1024
_HEARD_ENOUGH: Final = frozenset({"stt-vad-end", "stt-end", "error", "run-end"})
"""After these a satellite sends no more sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run of the assistant came to."""

    heard: str
    first_sound_s: float | None
    """When the reply's first sound was here, on the monotonic clock."""


def add_server(home_assistant: HomeAssistant, user: User, port: int) -> None:
    """Add the Wyoming server at `port` through the integration's config flow. Raises EngineError."""
    step = home_assistant.ask(FLOWS, {"handler": "wyoming"}, user.token)
    step = home_assistant.ask(f"{FLOWS}/{step['flow_id']}", {"host": "127.0.0.1", "port": port}, user.token)
    if step["type"] != "create_entry":
        raise EngineError(f"Home Assistant does not take a Wyoming server: {step.get('errors') or step['type']}")


async def add_assistant(connection: Connection) -> str:
    """Make an assistant of the Wyoming servers and Home Assistant's own conversation agent; return its id."""
    fields: dict[str, Any] = {
        "name": "Wyoming",
        "language": "en",
        "conversation_engine": "conversation.home_assistant",
        "conversation_language": "en",
        "tts_voice": None,
        "wake_word_entity": None,
        "wake_word_id": None,
    }
    for domain in ("stt", "tts"):
        entity_id = await _wyoming_entity(connection, domain)
        providers = (await connection.call(f"{domain}/engine/list", language="en"))["providers"]
        languages = next(one["supported_languages"] for one in providers if one["engine_id"] == entity_id)
        fields |= {f"{domain}_engine": entity_id, f"{domain}_language": languages[0]}
    made: str = (await connection.call("assist_pipeline/pipeline/create", **fields))["id"]
    return made


async def _wyoming_entity(connection: Connection, domain: str) -> str:
    entities = await connection.call("config/entity_registry/list")
    found: list[str] = [
        one["entity_id"]
        for one in entities
        if one["platform"] == "wyoming" and one["entity_id"].partition(".")[0] == domain
    ]
    if not found:
        raise EngineError(f"the Wyoming integration offers no {domain}")
    return found[0]


class Assistant:
    """The assistant as a satellite in a room speaks to it."""

    def __init__(self, connection: Connection, url: str, pipeline: str, device_id: str) -> None:
        """`device_id` is the device that stands in the room."""
        self._connection = connection
        self._url = url
        self._of_all = {"pipeline": pipeline, "device_id": device_id}

    async def read(self, text: str) -> None:
        """Have it do what a text says; return when that is done, whatever it is."""
        events = await self._connection.subscribe(
            "assist_pipeline/run", start_stage="intent", end_stage="intent", input={"text": text}, **self._of_all
        )
        await events.until("run-end", deadline_s=RUN_S)

    async def hear(self, sound: AsyncIterator[bytes]) -> Answer:
        """Let it hear `sound`, frames at the pace of life, for as long as it listens; return when it has answered."""
        events = await self._connection.subscribe(
            "assist_pipeline/run",
            start_stage="stt",
            end_stage="tts",
            input={"sample_rate": RATE_HZ},
            timeout=RUN_S,
            **self._of_all,
        )
        heard, first_sound_s = "", None
        streaming: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(RUN_S + 1), aiohttp.ClientSession(self._url) as session:
                kind = ""
                while kind != "run-end":
                    event = await events.next(RUN_S)
                    kind, data = event["type"], event["data"] or {}
                    if kind == "run-start":
                        handler = data["runner_data"]["stt_binary_handler_id"]
                        streaming = asyncio.create_task(self._stream(sound, handler))
                    elif kind in _HEARD_ENOUGH and streaming is not None:
                        streaming.cancel()
                    if kind == "stt-end":
                        heard = data["stt_output"]["text"]
                    elif kind == "tts-end":
                        first_sound_s = await _first_sound_s(session, data["tts_output"]["url"])
        finally:
            if streaming is not None:
                streaming.cancel()
                await asyncio.wait({streaming})
        return Answer(heard=heard, first_sound_s=first_sound_s)

    async def _stream(self, sound: AsyncIterator[bytes], handler: int) -> None:
        async for frame in sound:
            await self._connection.send_audio(handler, frame)


async def _first_sound_s(session: aiohttp.ClientSession, path: str) -> float | None:
    """Fetch a reply as a media player does; return when its first sound came, on the monotonic clock."""
    first_s, count_bytes = None, 0
    async with session.get(path) as answer:
        async for piece in answer.content.iter_chunked(PIECE_BYTES):
            count_bytes += len(piece)
            if first_s is None and count_bytes > HEADER_BYTES:
                first_s = time.monotonic()
    return first_s
