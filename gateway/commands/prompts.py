"""What a person types while a command runs: keys and PINs, which are no arguments and are not shown."""

import sys
from getpass import getpass
from typing import Final

LONGEST_LINE_CHARS: Final = 4_096
"""What a terminal takes in one line."""


def is_at_terminal() -> bool:
    """Tell whether a person sees what is printed, and types."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def secret(prompt: str) -> str:
    """Return what is typed, unseen; where no terminal is, a script's line from standard input."""
    try:
        line = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline(LONGEST_LINE_CHARS)
    except EOFError:
        return ""
    return line.rstrip("\r\n")


def typed(prompt: str) -> str:
    """Return the line that a person types; nothing where the input ends."""
    print(prompt, end="", flush=True)  # noqa: T201 - a question
    return sys.stdin.readline(LONGEST_LINE_CHARS).rstrip("\r\n")
