"""A gateway whose only satellite is the machine it runs on: its house, its timers, its microphone and speaker."""

import asyncio
from collections.abc import Callable

from gateway.assembly import Assembly
from gateway.config import Config
from gateway.events import Event
from gateway.satellite.local_device import LocalDevice
from gateway.satellite.microphone import open_microphone
from gateway.satellite.speaker import open_speaker
from gateway.server.conversation import Conversation
from gateway.timers import TimerFinished
from gateway.turn.stages import Stages


class LocalGateway:
    """Belongs to the event loop that is running when it is made."""

    def __init__(self, config: Config) -> None:
        """Raises HouseError or ConfigError; loads no model yet."""
        self._config = config
        self._assembly = Assembly(config)
        house = self._assembly.house()
        self._place = self._assembly.place(house)
        self._home = self._assembly.home(house, asyncio.get_running_loop(), on_timer_finished=self._ring)
        self._satellite: Conversation | None = None

    async def load(self) -> Stages:
        """Load the models; takes seconds. Raises ModelError."""
        return await self._assembly.load(self._assembly.stages, self._home)

    async def listen(
        self,
        stages: Stages,
        *,
        opened: Callable[[], None],
        show: Callable[[Event], None],
        listening: Callable[[bool], None],
    ) -> None:
        """Take turns until the microphone ends; `opened` is called when it hears, `show` gets every event.

        Raises AudioError where there is no microphone or speaker.
        """
        devices = self._config.satellite
        async with (
            open_microphone(devices.microphone or None) as microphone,
            open_speaker(devices.speaker or None) as speaker,
        ):
            device = LocalDevice(microphone, speaker, listening)
            self._satellite = Conversation(device, stages, self._place, self._assembly.endpoint(), show=show)
            opened()
            try:
                await self._satellite.run()
            finally:
                self._satellite = None

    def close(self) -> None:
        """Stop the timers and let the models go."""
        self._home.close()
        self._assembly.close()

    def _ring(self, timer: TimerFinished) -> None:
        if self._satellite is not None:
            self._satellite.timer_finished(timer)
