"""How a turn looks to a person: one readable line for each event, as it happens. Or, for programs, a line of JSON."""

import json
from collections.abc import Callable
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.events import (
    ActionDone,
    ConsentAsked,
    Event,
    IntentRecognized,
    NothingHeard,
    Outcome,
    PartialTranscript,
    QuestionAsked,
    Reply,
    ReplyAudio,
    SpeechEnded,
    SpeechResumed,
    SpeechStarted,
    Transcript,
    TurnEnded,
    TurnFailed,
    WakeDetected,
    as_json,
)
from gateway.suggestions import replaced_words

EXIT_CODES = {
    Outcome.ACTION: 0,
    Outcome.ANSWER: 0,
    Outcome.NOT_CONFIRMED: 0,
    Outcome.NEVER_MIND: 0,
    Outcome.CONSENT_ASKED: 0,
    Outcome.FORGOTTEN: 0,
    Outcome.NO_WAKE: 3,
    Outcome.NOTHING_HEARD: 3,
    Outcome.NOT_UNDERSTOOD: 4,
    Outcome.ERROR: 2,
}
SILENCES = {
    "no_wake": "no wake word",
    "silence": "nobody spoke",
    "noise": "noise, or speech too unclear to act on",
    "no_words": "no words",
}
ENDINGS = {
    "understood": "a complete command, then a short pause",
    "pause": "a pause",
    "max_length": "the longest that is listened to",
    "end_of_audio": "the end of the recording",
}
OUTCOMES = {
    Outcome.ACTION: "[green]done[/]",
    Outcome.ANSWER: "[green]answered[/]",
    Outcome.NOT_UNDERSTOOD: "[yellow]not understood[/]",
    Outcome.NOT_CONFIRMED: "[yellow]not confirmed: nothing was done[/]",
    Outcome.NOTHING_HEARD: "[dim]nothing heard: nothing said[/]",
    Outcome.NO_WAKE: "[dim]no wake word: nothing was recognised[/]",
    Outcome.NEVER_MIND: "[dim]never mind[/]",
    Outcome.CONSENT_ASKED: "[yellow]a person is asked whether it may be sent[/]",
    Outcome.FORGOTTEN: "[green]forgotten[/]",
    Outcome.ERROR: "[red]failed[/]",
}


class EventWriter(Protocol):
    """Shows events."""

    def write(self, event: Event) -> None:
        """Show one."""


class JsonLines:
    """One JSON object a line; sound is left out."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, event: Event) -> None:
        """Show one."""
        if not isinstance(event, ReplyAudio):
            self._console.out(json.dumps(as_json(event), ensure_ascii=False), highlight=False)


class Timeline:
    """A line an event: when, what, and in which words."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, event: Event) -> None:
        """Show one."""
        if isinstance(event, ReplyAudio):
            return
        label, text = _SAID[type(event)](event)
        line = Table.grid(padding=(0, 2))
        line.add_row(f"[dim]{event.t_ms / 1000:7.2f} s[/]", f"[bold]{label:<7}[/]", text)
        self._console.print(line)


def _wake(event: WakeDetected) -> tuple[str, str]:
    second = "" if event.second_score is None else f", second opinion {event.second_score:.0%}"
    return "wake", f"[cyan]{event.wake_word.replace('_', ' ')}[/] [dim]({event.score:.0%}{second})[/]"


def _heard(event: Transcript) -> tuple[str, str]:
    return "heard", f"“{escape(event.text)}” [dim]({event.hypotheses[0].confidence:.0%} sure)[/]"


def _meaning(event: IntentRecognized) -> tuple[str, str]:
    slots = ", ".join(f"{name}={escape(str(value))}" for name, value in event.slots.items())
    used = "" if event.used == event.heard else f" [dim]as if it were “{escape(event.used)}”[/]"
    why = "; ".join(f"“{escape(one.heard)}” sounds like {escape(one.used)}" for one in replaced_words(event.replaced))
    return "meaning", f"[blue]{event.name}[/]({slots}){used}{f' [dim]({why})[/]' if why else ''}"


def _changed(event: ActionDone) -> tuple[str, str]:
    changes = "; ".join(f"{escape(c.name)}: {escape(c.before)} → {escape(c.after)}" for c in event.changes)
    return "changed", f"[green]{changes}[/]"


def _end(event: TurnEnded) -> tuple[str, str]:
    stages = ", ".join(f"{name.replace('_', ' ')} {ms:.0f}" for name, ms in event.stages_ms.items())
    return "end", OUTCOMES[event.outcome] + (f" [dim]· ms after speech: {stages}[/]" if stages else "")


_SAID: dict[type, Callable[[Any], tuple[str, str]]] = {
    WakeDetected: _wake,
    SpeechStarted: lambda _: ("speech", "[dim]begins[/]"),
    PartialTranscript: lambda event: ("hears", f"[dim]“{escape(event.text)}” …[/]"),
    SpeechResumed: lambda _: ("speech", "[dim]goes on[/]"),
    SpeechEnded: lambda event: ("speech", f"[dim]is over: {ENDINGS[event.reason]}[/]"),
    Transcript: _heard,
    IntentRecognized: _meaning,
    QuestionAsked: lambda event: ("asks", f"[yellow]“{escape(event.text)}”[/]"),
    ActionDone: _changed,
    ConsentAsked: lambda event: ("cloud", f"[yellow]asked whether {event.content} may be sent[/]"),
    Reply: lambda event: ("says", f"[magenta]“{escape(event.text)}”[/]"),
    NothingHeard: lambda event: ("silence", f"[dim]{SILENCES[event.reason]}[/]"),
    TurnFailed: lambda event: ("error", f"[red]{event.code}[/]"),
    TurnEnded: _end,
}
"""Each event's label and words, as rich markup."""
