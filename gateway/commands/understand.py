"""`local-voice understand`: what a sentence means in this house, and what would be answered, from text."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator

from rich.console import Console
from rich.markup import escape

from gateway.assembly import Assembly
from gateway.commands.arguments import add_config, add_house, chosen_config
from gateway.engines.worker import Worker
from gateway.errors import ConfigError
from gateway.events import ActionRequest, Intent

LONGEST_LINE_BYTES = 1_000
"""A sentence is shorter; a longer line is the wrong file."""
OK, NOT_UNDERSTOOD = 0, 4


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `understand` to the program's."""
    parser = subparsers.add_parser(
        "understand",
        description="Exit code: 0 where every sentence was understood, 4 where one was not.",
    )
    parser.add_argument("text", metavar="TEXT", help="a sentence; - reads one from each line of standard input")
    add_house(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a sentence")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    console = Console()
    assembly = Assembly(chosen_config(args))
    house = assembly.house()
    place = assembly.place(house)
    home = assembly.home(house, asyncio.get_running_loop())
    understanding = assembly.understanding(house, by_sound=False)
    code = OK
    try:
        async for sentence in _sentences(args.text):
            intent = await understanding.match(sentence, area_id=place.area_id)
            if intent is None:
                code = NOT_UNDERSTOOD
                answer = await understanding.sorry()
            else:
                result = await home.perform(ActionRequest(intent=intent, area_id=place.area_id))
                answer = await understanding.answer(intent, result)
            if args.json:
                console.out(_json(intent, answer), highlight=False)
            else:
                _show(console, sentence, intent, answer)
    finally:
        home.close()
        assembly.close()
    return code


async def _sentences(text: str) -> AsyncIterator[str]:
    if text != "-":
        yield text
        return
    reader = Worker("standard-input")  # Ctrl-C does not wait for the next line
    while line := await reader.run(sys.stdin.buffer.readline, LONGEST_LINE_BYTES + 1):
        if len(line) > LONGEST_LINE_BYTES:
            raise ConfigError(f"standard input: a line of more than {LONGEST_LINE_BYTES} bytes is no sentence; cut it")
        try:
            sentence = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise ConfigError("standard input: is not text in UTF-8; convert it") from error
        if sentence:
            yield sentence


def _json(intent: Intent | None, answer: str) -> str:
    slots = {} if intent is None else dict(intent.slots)
    return json.dumps({"intent": intent and intent.name, "slots": slots, "answer": answer}, ensure_ascii=False)


def _show(console: Console, sentence: str, intent: Intent | None, answer: str) -> None:
    if intent is None:
        meaning = "[yellow]means nothing here[/]"
    else:
        slots = ", ".join(f"{name}={escape(str(value))}" for name, value in intent.slots.items())
        meaning = f"[blue]{intent.name}[/]({slots})"
    console.print(f"“{escape(sentence)}”  {meaning}  [magenta]“{escape(answer)}”[/]")
