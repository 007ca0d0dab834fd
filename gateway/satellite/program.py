"""A sound program of the system (arecord, aplay) while it runs: started, spoken to by pipes, killed and reaped."""

import asyncio
import contextlib
import fcntl
import os
import re
import signal
from collections.abc import Callable, Sequence
from typing import Self, cast

from gateway.errors import AudioError

PIPE_BYTES = 4096
"""The smallest pipe that Linux has: about 100 ms of sound, so that a writer is never far ahead of what is heard."""
COMPLAINT_BYTES = 4096
"""How much of a program's complaints is kept; the reason stands in the last line."""
KILLED_S = 2.0
"""A killed program is gone in milliseconds, unless its driver hangs in the kernel."""
FULL_PIPE_S = 5.0
"""A pipe of 100 ms that stays full this long belongs to a sound device that hangs."""


class SoundProgram(asyncio.SubprocessProtocol):
    """One running program, in a process group of its own, so that Ctrl-C on the terminal is ours alone."""

    def __init__(self, on_sound: Callable[[bytes], None], on_exit: Callable[[], None]) -> None:
        self._on_sound = on_sound
        self._on_exit = on_exit
        self._complaint = b""
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = asyncio.Event()
        self.is_ended = False
        """True once we have ended it ourselves."""

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        on_sound: Callable[[bytes], None] = lambda _: None,
        on_exit: Callable[[], None] = lambda: None,
    ) -> Self:
        """Start `command`; its output goes to `on_sound` as it comes.

        Raises AudioError where there is no such program.
        """
        try:
            _, program = await asyncio.get_running_loop().subprocess_exec(
                lambda: cls(on_sound, on_exit), *command, env=os.environ | {"LC_ALL": "C"}, start_new_session=True
            )
        except OSError as error:
            raise AudioError(
                f"{command[0]} cannot be started ({error.strerror}); install the package alsa-utils"
            ) from error
        return program

    @property
    def complaint(self) -> str:
        """The last line that the program wrote about its trouble, without its own name and line numbers."""
        lines = self._complaint.decode(errors="replace").strip().splitlines()
        return re.sub(r"^\w+: (\w+:\d+: )?", "", lines[-1]) if lines else "nothing"

    @property
    def has_failed(self) -> bool:
        """True where the program ended by itself and was not content."""
        return self._gone.is_set() and not self.is_ended and self._transport.get_returncode() != 0

    async def write(self, pcm: bytes) -> None:
        """Hand over sound and return when the pipe has room again, or when the program is gone.

        Raises AudioError for a device that takes nothing.
        """
        try:
            async with asyncio.timeout(FULL_PIPE_S):
                if self._stdin.is_closing():
                    await self._gone.wait()
                else:
                    self._stdin.write(pcm)
                    await self._writable.wait()
        except TimeoutError as error:
            raise AudioError(f"the speaker took no sound for {FULL_PIPE_S:.0f} seconds; is it in use?") from error

    async def finish(self, deadline_s: float) -> None:
        """Let the program come to its end after what was written, and reap it.

        Raises AudioError where it does not end in time; it is killed then.
        """
        self._stdin.close()
        try:
            async with asyncio.timeout(deadline_s):
                await self._gone.wait()
        except TimeoutError as error:
            raise AudioError(f"the speaker did not finish within {deadline_s:.0f} seconds; is it in use?") from error
        finally:
            await self.kill()

    async def kill(self) -> None:
        """Stop the program at once, with all it has buffered, and reap it. May be called twice."""
        self.is_ended = self.is_ended or not self._gone.is_set()
        self._writable.set()
        if not self._gone.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._transport.get_pid(), signal.SIGKILL)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KILLED_S):
                    await self._gone.wait()
        finally:
            self._transport.close()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the pipe to the program small."""
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self._stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
        self._stdin.set_write_buffer_limits(high=0)
        with contextlib.suppress(OSError, ValueError):  # the program may be gone already
            fcntl.fcntl(self._stdin.get_extra_info("pipe").fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Pass sound on, keep complaints."""
        if fd == 1:
            self._on_sound(data)
        else:
            self._complaint = (self._complaint + data)[-COMPLAINT_BYTES:]

    def pause_writing(self) -> None:
        """Let `write` wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `write` go on."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Note that the program has ended and everything it wrote is here, and tell whoever waits."""
        self._gone.set()
        self._writable.set()
        self._on_exit()
