"""The `local-voice` command: reads the command line, runs one command, and turns errors into one clear line."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from gateway.errors import VoiceError
from gateway.processes.habits import be_modest, leave, write_logs

COMMANDS = {
    "demo": "hear the demo house answer: the whole pipeline, once",
    "turn": "one turn over a recording",
    "listen": "talk to the house through this machine's microphone",
    "transcribe": "what is said in recordings",
    "say": "speak a text",
    "understand": "what a sentence means here",
    "models": "list, verify and add models",
    "doctor": "what works on this machine, how fast, and what would help",
    "serve": "run as a service until it is told to stop",
    "pair": "let Home Assistant or a satellite in, by a code",
    "peers": "who is paired, and cutting one off",
    "cloud": "where requests may be sent to, each after a yes of its own",
    "consent": "what waits for a yes: its exact bytes, yes and no",
    "audit": "what was done here, and whether the log of it is whole",
    "ledger": "what is remembered of what was said, and how it is forgotten, corrected and taken away",
    "backup": "the gateway in one file, encrypted with a passphrase",
    "restore": "make a gateway of a backup",
    "service": "have systemd run the gateway or a satellite",
    "satellite": "a microphone and speaker for a gateway elsewhere in the house",
}
"""What `--help` says of each. The module of that name is imported when its command is called: some need seconds."""

BAD_INPUT = 2
INTERRUPTED = 130
"""What shells give for a program that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name and return its exit code."""
    write_logs()
    be_modest()
    words = sys.argv[1:] if arguments is None else arguments
    with _interrupt_leaves_at_once():
        parser = _parser(next((word for word in words if not word.startswith("-")), ""))
    args = parser.parse_args(words)
    try:
        code: int = args.run(args)
    except VoiceError as error:
        print(f"local-voice: {error}", file=sys.stderr)  # noqa: T201 - the one line that every error becomes
        return BAD_INPUT
    except BrokenPipeError:
        return _gone_reader()
    return code


def _parser(called: str) -> argparse.ArgumentParser:
    """Return a parser that knows the arguments of the command `called`, and of the others the names."""
    parser = argparse.ArgumentParser(
        prog="local-voice",
        description="A household's own voice assistant: nothing that is said at home leaves it.",
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        if name == called:
            import_module(f"gateway.commands.{name}").register(subparsers)
        else:
            subparsers.add_parser(name, help=purpose)
    return parser


@contextmanager
def _interrupt_leaves_at_once() -> Iterator[None]:
    """Importing takes a second, leaves nothing to tidy up, and says many lines when an exception breaks it off."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _gone_reader() -> int:
    """Whoever read our output has gone; say nothing more, not even at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def run_and_leave() -> None:
    """Run the program as a process of its own."""
    try:
        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    leave(code)


if __name__ == "__main__":
    run_and_leave()
