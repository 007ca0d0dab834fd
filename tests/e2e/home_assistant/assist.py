"""Talking to Home Assistant's Assist, through its WebSocket API, as a satellite or the frontend does."""

import asyncio
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

from gateway.audio import FRAME_MS, RATE_HZ, resample
from gateway.sound_files import decode
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.setting_up import Household
from tests.voices import silence

PIECE_BYTES: Final = RATE_HZ * 2 * FRAME_MS // 1000
PATIENCE_S: Final = 4.0
"""How much silence follows what is said: Home Assistant stops listening before that is over."""
REPLY_S: Final = 20.0
RUN_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of an assistant that is over."""

    events: list[dict[str, Any]]
    seen_s: list[float]
    """When each event came, on the event loop's clock."""
    spoken_until_s: float
    """When the last word of the recording was sent."""

    def event(self, kind: str) -> dict[str, Any]:
        """Return the data of the first event of a type; the types are shown where there is none."""
        found = next((event for event in self.events if event["type"] == kind), None)
        assert found is not None, [(event["type"], event["data"]) for event in self.events]
        return found["data"] or {}

    @property
    def types(self) -> list[str]:
        """Return the types of the events, in order."""
        return [event["type"] for event in self.events]

    @property
    def speech(self) -> str:
        """Return the answer in words."""
        speech: str = self.event("intent-end")["intent_output"]["response"]["speech"]["plain"]["speech"]
        return speech

    @property
    def text(self) -> str:
        """Return what was heard."""
        text: str = self.event("stt-end")["stt_output"]["text"]
        return text

    def after_speech_ms(self, kind: str) -> float:
        """Return how long after the last word the first event of a type came."""
        number = self.types.index(kind)
        return (self.seen_s[number] - self.spoken_until_s) * 1000


async def say(connection: Connection, pcm: bytes, *, start: str = "stt", **fields: Any) -> Run:
    """Have the preferred assistant hear 16 kHz mono s16le at the pace of real life, from stage `start` to the reply."""
    events = await connection.subscribe(
        "assist_pipeline/run",
        start_stage=start,
        end_stage="tts",
        input={"sample_rate": RATE_HZ, **({"timeout": 30} if start == "wake_word" else {})},
        **fields,
    )
    clock = asyncio.get_running_loop().time
    handler: int = 0
    spoken_until_s = clock()

    async def speak() -> None:
        nonlocal spoken_until_s
        begun_s = clock()
        whole = pcm + silence(PATIENCE_S)
        for start in range(0, len(whole), PIECE_BYTES):
            await asyncio.sleep(begun_s + start / (RATE_HZ * 2) - clock())
            await connection.send_audio(handler, whole[start : start + PIECE_BYTES])
            if start < len(pcm):
                spoken_until_s = clock()
        await connection.send_audio(handler)

    seen: list[dict[str, Any]] = []
    seen_s: list[float] = []
    speaking: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(RUN_S):
            while not seen or seen[-1]["type"] != "run-end":
                event = await events.next(RUN_S)
                seen.append(event)
                seen_s.append(clock())
                if event["type"] == "run-start":
                    handler = event["data"]["runner_data"]["stt_binary_handler_id"]
                    speaking = asyncio.create_task(speak())
    finally:
        if speaking is not None:
            speaking.cancel()
            await asyncio.wait({speaking})
    return Run(events=seen, seen_s=seen_s, spoken_until_s=spoken_until_s)


async def write(connection: Connection, text: str, **fields: Any) -> Run:
    """Have the preferred assistant read `text` instead."""
    events = await connection.subscribe(
        "assist_pipeline/run", start_stage="intent", end_stage="tts", input={"text": text}, **fields
    )
    seen = await events.until("run-end", deadline_s=RUN_S)
    return Run(events=seen, seen_s=[0.0] * len(seen), spoken_until_s=0.0)


async def until_understood(connection: Connection, text: str, answer: str, *, deadline_s: float = 5.0) -> Run:
    """Write `text` until the answer has these words: a house that changes, or is told anew, is known a moment later."""
    async with asyncio.timeout(deadline_s):
        while answer not in (run := await write(connection, text)).speech.casefold():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.2)
    return run


async def reply_of(household: Household, run: Run) -> bytes:
    """Return the sound of a run's reply as a media player fetches it, 16 kHz mono s16le."""
    return await fetched(household, run.event("tts-end")["tts_output"]["url"])


async def fetched(household: Household, path: str) -> bytes:
    """Return a sound that Home Assistant offers, 16 kHz mono s16le."""

    def fetch() -> bytes:
        with urllib.request.urlopen(f"{household.home_assistant.url}{path}", timeout=REPLY_S) as answer:  # noqa: S310 - Home Assistant on loopback
            content: bytes = answer.read()
            return content

    sound = decode(await asyncio.to_thread(fetch))
    return resample(sound.pcm, sound.rate_hz, RATE_HZ)
