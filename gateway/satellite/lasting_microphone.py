"""A microphone that comes back: it stays open for as long as it works, and is opened again when it has failed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final, Self

from gateway.audio import Sleep
from gateway.errors import AudioError
from gateway.satellite.microphone import Microphone

RETRY_S: Final = 30.0
"""What is plugged in again is found within this time."""

type OpenMicrophone = Callable[[], AbstractAsyncContextManager[Microphone]]


class LastingMicrophone:
    """An endless iterator of frames, which raises nothing: while the device does not work it waits."""

    def __init__(
        self,
        open_microphone: OpenMicrophone,
        changed: Callable[[AudioError | None], None],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`changed` is told why the device does not work any more, and with None that it does again."""
        self._open_microphone = open_microphone
        self._changed = changed
        self._sleep = sleep
        self._held = AsyncExitStack()
        self._microphone: Microphone | None = None
        self._frames: AsyncIterator[bytes] | None = None
        self.dropped_frames = 0
        """How many frames were lost to a slow reader while the device was open before."""

    async def open(self) -> None:
        """Open the device. Raises AudioError where nothing can be heard."""
        self._microphone = await self._held.enter_async_context(self._open_microphone())
        self._frames = aiter(self._microphone)

    async def close(self) -> None:
        """Give the device back."""
        if self._microphone is not None:
            self.dropped_frames += self._microphone.dropped_frames
        self._frames = self._microphone = None
        await self._held.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while True:
            try:
                if self._frames is None:
                    await self.open()
                    self._changed(None)
                if self._frames is not None:
                    return await anext(self._frames)
            except AudioError as error:
                await self.close()
                self._changed(error)
                await self._sleep(RETRY_S)


@asynccontextmanager
async def lasting_microphone(
    open_microphone: OpenMicrophone, changed: Callable[[AudioError | None], None], sleep: Sleep = asyncio.sleep
) -> AsyncIterator[LastingMicrophone]:
    """Hold a microphone during the block. Raises AudioError where it does not even work at the beginning."""
    microphone = LastingMicrophone(open_microphone, changed, sleep)
    try:
        await microphone.open()
        yield microphone
    finally:
        await microphone.close()
