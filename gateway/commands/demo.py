"""`local-voice demo`: the main job once, with real models: spoken commands go in, and the demo house answers.

The person is Piper's voice; everything after it is what a real turn does, at the pace of real life.
"""

import argparse
import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from gateway.assembly import Assembly
from gateway.audio import FULL_SCALE, RATE_HZ, paced, resample
from gateway.commands.arguments import add_config, chosen_config
from gateway.commands.listen import listen
from gateway.commands.timeline import EXIT_CODES, EventWriter, JsonLines, Timeline
from gateway.commands.turn import SILENCE_AFTER, joined
from gateway.errors import AudioError
from gateway.events import Outcome, QuestionAsked, Reply, ReplyAudio, Sound, TurnEnded
from gateway.recordings import read_recording, write_wav
from gateway.satellite.speaker import open_speaker
from gateway.turn.ear import Ear
from gateway.turn.run import Place, run_turn
from gateway.turn.stages import Stages, TextToSpeech

REPLIES = Path("demo-out")
LONGEST_SILENCE_S = 12.0
"""A scene's person waits this long for the turn to end."""
NOISE_S = 3.0
NOISE_LEVEL = 0.05
"""Of full scale: a noisy kitchen."""
FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
BEFORE_S = 0.6
"""Quiet before the person speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Something that a person does near the microphone."""

    title: str
    says: str = ""
    """Empty for noise."""
    answers: str = ""
    """Said to a question."""


SCENES = (
    Scene(title="A command", says="Okay Nabu, turn on the kitchen lights."),
    Scene(title="A question", says="Okay Nabu, what's the temperature in the bedroom?"),
    Scene(title="A timer", says="Okay Nabu, set a timer for ten minutes."),
    Scene(title="Something that needs a yes", says="Okay Nabu, open the garage door.", answers="Yes."),
    Scene(title="Something this house cannot do", says="Okay Nabu, order a pizza with extra cheese."),
    Scene(title="Three seconds of noise", says=""),
)

NEXT = (
    ("local-voice listen", "talk to the demo house yourself; `doctor` tells what your machine needs for it"),
    ("local-voice turn FILE", "one turn over a recording of yours"),
    ('local-voice understand "is the garage door open"', "what a sentence means in the demo house"),
    ("local-voice models list", "which models there are"),
)
"""What to do next; the commands are in `.venv/bin`."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `demo` to the program's."""
    parser = subparsers.add_parser("demo")
    parser.add_argument("--wav", type=Path, metavar="FILE", help="use a recording of your own instead")
    parser.add_argument("--microphone", action="store_true", help="use your own voice instead, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="events as JSON lines")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="keep what is shown as a picture")
    parser.add_argument("--out", type=Path, default=REPLIES, metavar="FOLDER", help="where the replies are written")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code."""
    if args.microphone:
        return asyncio.run(listen(chosen_config(args), is_json=args.json))
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    console = Console(record=args.picture is not None)
    recording = None if args.wav is None else read_recording(args.wav)
    assembly = Assembly(chosen_config(args))
    house = assembly.house()
    home = assembly.home(house, asyncio.get_running_loop())
    writer = JsonLines(console) if args.json else Timeline(console)
    try:
        with Console(stderr=True).status("loading the models"):
            stages = await assembly.load(assembly.stages, home)
            scenes = SCENES if recording is None else (Scene(title=str(args.wav)),)
        outcomes: list[Outcome] = []
        for number, scene in enumerate(scenes, start=1):
            if not args.json:
                console.print("\n", Rule(f"{scene.title}  [italic]{scene.says}[/]", align="left"), sep="")
            said = await _sound_of(scene, stages.tts) if recording is None else recording
            person = Person(said, await _spoken(scene.answers, stages.tts))
            ear = Ear(person.frames(), stages, assembly.endpoint())
            outcome, reply = await _play_scene(ear, stages, person, assembly.place(house), writer)
            outcomes.append(outcome)
            if reply is not None:
                await _keep_and_play(args.out / f"reply-{number}.wav", reply)
    finally:
        home.close()
        assembly.close()
    if args.picture is not None:
        keep_picture(console, args.picture)
    if not args.json:
        _show_next(console, args.out)
    return 0 if recording is None else EXIT_CODES[outcomes[0]]


def keep_picture(console: Console, path: Path) -> None:
    """Write what was shown as an SVG that looks nothing up: rich's own asks a server for its font."""
    svg = FONT_FACE.sub("", console.export_svg(title="./scripts/demo"))
    path.write_text(svg.replace("Fira Code, monospace", "monospace"), encoding="utf-8")


def _show_next(console: Console, replies: Path) -> None:
    console.print(Rule("What to do next", align="left"))
    table = Table.grid(padding=(0, 2))
    for command, purpose in NEXT:
        table.add_row(f"[cyan].venv/bin/{command}[/]", purpose)
    table.add_row("[cyan]./scripts/test[/]", "every test, on the real models")
    console.print(table)
    console.print(f"The spoken replies are in [cyan]{replies}/[/].", highlight=False)


class Person:
    """Speaks at the pace of life, waits, and answers a question."""

    def __init__(self, says: bytes, answers: bytes) -> None:
        self._says = says
        self._answers = answers
        self._asked = asyncio.Event()

    def asked(self) -> None:
        """The question was heard."""
        self._asked.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield what the microphone hears: the sentence, silence, and the answer when there was a question."""
        async for frame in paced(self._says + SILENCE_AFTER, realtime=True):
            yield frame
        if not self._answers:
            return
        async for frame in paced(bytes(int(LONGEST_SILENCE_S * RATE_HZ) * 2), realtime=True):
            yield frame
            if self._asked.is_set():
                break
        async for frame in paced(self._answers + SILENCE_AFTER, realtime=True):
            yield frame


async def _play_scene(
    ear: Ear, stages: Stages, person: Person, place: Place, writer: EventWriter
) -> tuple[Outcome, Sound | None]:
    """Run the scene's turn and show it; return how it ended and the reply."""
    outcome = Outcome.ERROR
    sounds: list[Sound] = []
    async for event in run_turn(ear, stages, place):
        writer.write(event)
        match event:
            case QuestionAsked():
                person.asked()
            case Reply():
                sounds.clear()  # a question's sound came before
            case ReplyAudio():
                sounds.append(event.sound)
            case TurnEnded():
                outcome = event.outcome
    return outcome, joined(sounds)


async def _sound_of(scene: Scene, tts: TextToSpeech) -> bytes:
    return await _spoken(scene.says, tts) if scene.says else noise(NOISE_S)


async def _spoken(text: str, tts: TextToSpeech) -> bytes:
    """Return `text` as it reaches the microphone, after a moment of quiet; nothing for no text."""
    sound = joined([sound async for sound in tts.speak(text)])
    return b"" if sound is None else bytes(int(BEFORE_S * RATE_HZ) * 2) + resample(sound.pcm, sound.rate_hz, RATE_HZ)


def noise(seconds: float) -> bytes:
    """Return a kitchen's hood: hum of the mains and hiss, 16 kHz mono s16le, the same every time."""
    count = int(seconds * RATE_HZ)
    times_s = np.arange(count) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * hz * times_s) / number for number, hz in enumerate((50, 100, 150, 200), start=1))
    hiss = np.random.default_rng(1).standard_normal(count)
    mixed = NOISE_LEVEL * (0.5 * hum + 0.5 * hiss)
    return bytes(np.clip(mixed * FULL_SCALE, -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes())


async def _keep_and_play(path: Path, reply: Sound) -> None:
    """Write the reply, and play it where there is a sound card."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, reply)
    try:
        async with open_speaker() as speaker:
            await speaker.write(reply)
            await speaker.drain()
    except AudioError:
        return  # no sound card: the file is there
