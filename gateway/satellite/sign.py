"""How a satellite is, for the people around it: a sign on the terminal, or lines in a log. Never what was said."""

import logging
from typing import Final, Protocol

from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler

from gateway.errors import AudioError, VoiceError

_LOG: Final = logging.getLogger("local-voice")


class Sign(Protocol):
    """Is told everything about a satellite that people should see."""

    def connected(self, *, again: bool) -> None:
        """Show that the gateway is reached; `again` after it was lost."""

    def lost(self, error: VoiceError) -> None:
        """Show that the gateway is not reached, and is being looked for; told once."""

    def muted(self, is_muted: bool) -> None:
        """Show whether no sound leaves the microphone."""

    def listening(self, is_listening: bool) -> None:
        """Show whether what is said now is being recognised."""

    def sound(self, device: str, error: AudioError | None) -> None:
        """Show why `microphone` or `speaker` does not work any more, or with None that it does again."""


class LogSign:
    """A line for what lasts: the connection, mute, and devices that fail."""

    def __init__(self, gateway: str) -> None:
        """`gateway` is the address that the lines name."""
        self._gateway = gateway
        self._is_muted = False

    def connected(self, *, again: bool) -> None:
        """Write that the gateway is reached."""
        _LOG.info("connected to the gateway at %s%s", self._gateway, " again" if again else "")

    def lost(self, error: VoiceError) -> None:
        """Write that the gateway is not reached."""
        _LOG.warning("no connection, trying again: %s", error)

    def muted(self, is_muted: bool) -> None:
        """Write whether the microphone is muted, where that is new."""
        if is_muted != self._is_muted:
            self._is_muted = is_muted
            _LOG.info("muted: nothing that is said here leaves this program" if is_muted else "not muted any more")

    def listening(self, is_listening: bool) -> None:
        """Write nothing: that would be a record of when somebody spoke."""

    def sound(self, device: str, error: AudioError | None) -> None:
        """Write that a device failed, or works again."""
        if error is None:
            _LOG.info("the %s works again", device)
        else:
            _LOG.warning("%s; trying again in half a minute", error)


class TerminalSign(LogSign):
    """One line at the bottom of the terminal that is always right; what is logged stands above it."""

    def __init__(self, gateway: str, console: Console) -> None:
        """Show on `console`, which is a terminal; `gateway` is the address that is named."""
        super().__init__(gateway)
        self._is_connected = self._is_listening = False
        self._status = console.status(self._words())
        self._handler = RichHandler(
            console=console, show_time=False, show_path=False, highlighter=NullHighlighter(), keywords=[]
        )

    def __enter__(self) -> TerminalSign:
        _LOG.addHandler(self._handler)
        _LOG.propagate = False
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()
        _LOG.propagate = True
        _LOG.removeHandler(self._handler)

    def connected(self, *, again: bool) -> None:
        """Show that the gateway is reached."""
        self._is_connected = True
        super().connected(again=again)
        self._show()

    def lost(self, error: VoiceError) -> None:
        """Show that the gateway is not reached."""
        self._is_connected = self._is_listening = False
        super().lost(error)
        self._show()

    def muted(self, is_muted: bool) -> None:
        """Show whether the microphone is muted."""
        super().muted(is_muted)
        self._show()

    def listening(self, is_listening: bool) -> None:
        """Show whether what is said now is being recognised."""
        self._is_listening = is_listening
        self._show()

    def _show(self) -> None:
        self._status.update(self._words())

    def _words(self) -> str:
        if self._is_muted:
            return "[bold red]muted[/] [dim]· m and Enter listens again[/]"
        if not self._is_connected:
            return f"[yellow]not connected[/] [dim]to {self._gateway}[/]"
        if self._is_listening:
            return "[bold green]● listening[/]"
        return "[dim]waiting for the wake word · m and Enter mutes, Ctrl-C ends[/]"
