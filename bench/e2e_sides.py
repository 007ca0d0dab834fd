"""The two sides of `bench e2e`, set up in one Home Assistant, and what each makes of a clip."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.e2e_clips import Clip, Meaning, Understood, understood
from bench.e2e_satellite import SpokenMicrophone, SpokenSatellite, spoken_satellite
from bench.home_assistant.assistant import Answer, Assistant, add_assistant, add_server
from bench.home_assistant.installing import furnish, installed
from bench.home_assistant.watching import Watch
from bench.options import Options
from bench.peers.models import DataFolder
from bench.peers.servers import speaker, transcriber
from bench.speech import room
from gateway.audio import RATE_HZ, SAMPLE_BYTES
from gateway.errors import ConfigError
from gateway.house import House
from gateway.models import ModelStore, make_models_folder
from gateway.paths import APPLICATION
from gateway.satellite.known_gateways import from_pairing
from gateway.turn.tasks import drop
from tests.e2e.home_assistant.connection import connected
from tests.e2e.home_assistant.setting_up import set_up, shown_code
from tests.e2e.serving import serving

LEAD_S: Final = 0.4
"""The room, before a command begins: after the sign that it listens on our side, after the stream's begin on theirs."""
PATIENCE_S: Final = 8.0
"""After the end of speech; what takes longer is not counted as done."""
ROOM_S: Final = 10.0
TOLD_S: Final = 3.0
"""Until the gateway has been told the whole house."""
BEGUN_S: Final = 10.0
"""Until Home Assistant's pipeline takes sound; it takes milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one side made of a clip; times in seconds after the end of speech."""

    acted_s: float | None = None
    """When the house had become what was wanted; None where it had not, or more had changed."""
    first_sound_s: float | None = None
    """When the reply began to sound."""
    note: str = ""
    """What else is known, for the list of what went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both, ready; they take clips in turn."""

    watch: Watch
    assistant: Assistant
    """Theirs."""
    our_agent: Assistant
    """Ours, as Home Assistant's assistant; only for what is written."""
    satellite: SpokenSatellite

    async def understood(self, texts: Iterable[str]) -> Understood:
        """Return what texts do in this house when they are written."""
        return await understood(texts, self.assistant, self.our_agent, self.watch)

    async def ours(self, clip: Clip, meaning: Meaning) -> Outcome:
        """Wake our satellite, say the clip, and wait for the house and for the reply's end."""
        await self.watch.reset(meaning.before)
        self.satellite.speaker.forget()
        try:
            if not await self.satellite.wake():
                return Outcome(note="not woken")
            end_s = await self.satellite.microphone.say(_led(clip)) + LEAD_S + clip.speech_end_s
            acted_s = await self._acted_s(meaning, end_s)
        finally:
            await self.satellite.finish()
        first_s = self.satellite.first_sound_s(end_s)
        note = "" if acted_s is not None else f"changed: {', '.join(self.watch.changed) or 'nothing'}"
        return Outcome(acted_s=acted_s, first_sound_s=_after(first_s, end_s), note=note)

    async def theirs(self, clip: Clip, meaning: Meaning) -> Outcome:
        """Let Home Assistant's pipeline hear the clip, and wait for the house and for the run's end."""
        await self.watch.reset(meaning.before)
        microphone = SpokenMicrophone(_room())
        hearing = asyncio.create_task(self.assistant.hear(_from_now(microphone)))
        try:
            async with asyncio.timeout(BEGUN_S):
                end_s = await microphone.say(_led(clip)) + LEAD_S + clip.speech_end_s
            acted_s = await self._acted_s(meaning, end_s)
            await asyncio.wait({hearing}, timeout=PATIENCE_S)  # its reply is fetched
        except TimeoutError:
            return Outcome(note=f"takes no sound: {_reason(hearing)}")
        finally:
            await drop(hearing)
        answer = hearing.result() if not hearing.cancelled() and hearing.exception() is None else None
        note = f"heard “{answer.heard}”" if answer else f"no reply: {_reason(hearing)}"
        first_s = answer.first_sound_s if answer else None
        return Outcome(
            acted_s=acted_s, first_sound_s=_after(first_s, end_s), note=note if acted_s is None or not answer else ""
        )

    async def _acted_s(self, meaning: Meaning, end_s: float) -> float | None:
        at_s = await self.watch.reached_s(meaning.wanted, end_s + PATIENCE_S - time.monotonic())
        return _after(at_s, end_s)


@asynccontextmanager
async def sides(options: Options, house: House, wake_word: bytes) -> AsyncIterator[Sides]:
    """Have everything run during the block: Home Assistant, the Wyoming servers, our gateway and its satellite.

    `wake_word` wakes it, 16 kHz mono s16le. Raises VoiceError.
    """
    area = next((area for area in house.areas if area.name.casefold() == options.area.casefold()), None)
    if area is None:
        known = ", ".join(area.name for area in house.areas) or "none"
        raise ConfigError(f"{options.house}: has no area {options.area}; its areas are: {known} (--area)")
    stt = options.config.stt
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        home_assistant, user = stack.enter_context(installed(folder, house))
        data = _data(folder / "gateway" / "data")
        hears = await stack.enter_async_context(
            transcriber(data.model(stt.model), threads=stt.cpu_threads, compute_type=stt.compute_type)
        )
        speaks = await stack.enter_async_context(speaker(data.models.find(options.config.tts.voice)))
        for peer in (hears, speaks):
            await asyncio.to_thread(add_server, home_assistant, user, peer.port)
        connection = await stack.enter_async_context(connected(home_assistant.url, user.token))
        device_id = await furnish(connection, house, area.id)
        served = stack.enter_context(serving(folder / "gateway", more=f'[stt]\nmodel = "{options.model}"\n'))
        await asyncio.to_thread(set_up, home_assistant, user, served, shown_code(served))
        paired = await served.satellite("Satellite", area.name)
        satellite = await stack.enter_async_context(
            spoken_satellite(from_pairing(served.voice, paired), room=_room(), wake_word=wake_word)
        )
        watch = Watch(connection, [entity.id for entity in house.entities])
        await watch.start()
        stack.push_async_callback(watch.stop)
        await asyncio.sleep(TOLD_S)
        preferred = (await connection.call("assist_pipeline/pipeline/list"))["preferred_pipeline"]  # by `set_up`
        assistant, our_agent = (
            Assistant(connection, home_assistant.url, pipeline, device_id)
            for pipeline in (await add_assistant(connection), preferred)
        )
        yield Sides(watch=watch, assistant=assistant, our_agent=our_agent, satellite=satellite)


async def _from_now(microphone: SpokenMicrophone) -> AsyncIterator[bytes]:
    """Yield what is heard from the moment on at which somebody asks for it."""
    microphone.listen()
    async for frame in microphone:
        yield frame


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lv-e2e-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the process that hears is another user
        yield folder


def _data(path: Path) -> DataFolder:
    """Make the folder in which the gateway will keep everything; what it is to find lies in it before it starts."""
    models = path / APPLICATION / "models"
    make_models_folder(models)
    return DataFolder(path=path, models=ModelStore(models))


def _room() -> bytes:
    return room(ROOM_S)


def _led(clip: Clip) -> bytes:
    """Return a clip after `LEAD_S` of the room."""
    return _room()[: int(LEAD_S * RATE_HZ) * SAMPLE_BYTES] + clip.pcm


def _reason(task: asyncio.Task[Answer]) -> str:
    """Return why a run has failed, as far as it is known."""
    error = task.exception() if task.done() and not task.cancelled() else None
    return type(error).__name__ if error is not None else "it was still running"


def _after(at_s: float | None, end_s: float) -> float | None:
    return None if at_s is None else at_s - end_s
