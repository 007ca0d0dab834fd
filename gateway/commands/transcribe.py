"""`local-voice transcribe`: what is said in recordings. Long ones are cut where nobody speaks."""

import argparse
import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.markup import escape

from gateway.assembly import Assembly
from gateway.audio import FRAME_MS, frames
from gateway.commands.arguments import add_config, chosen_config
from gateway.events import Hypothesis, Json, Recognition
from gateway.recordings import read_recording
from gateway.turn.stages import VoiceActivity

LONGEST_PIECE_MS = 28_000
"""Whisper takes 30 s at a time."""
CUT_WITHIN_MS = 10_000
"""The quietest moment is looked for in the last part of a piece."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `transcribe` to the program's."""
    parser = subparsers.add_parser("transcribe")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="WAV, FLAC or OGG")
    parser.add_argument("--json", action="store_true", help="one JSON object a file")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    console = Console()
    assembly = Assembly(chosen_config(args))
    recordings = [(path, read_recording(path)) for path in args.files]
    try:
        stt, vad = await assembly.load(assembly.stt), await assembly.load(assembly.vad)
        for path, pcm in recordings:
            start_s = perf_counter()
            transcription = _joined([await stt.recognize(piece) for piece in await _pieces(pcm, vad)])
            transcription_ms = (perf_counter() - start_s) * 1000
            if args.json:
                console.out(json.dumps(_json(path, transcription, transcription_ms), ensure_ascii=False))
            else:
                _show(console, path, transcription, transcription_ms)
    finally:
        assembly.close()
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """What is said in a whole recording."""

    text: str
    score: float
    hypotheses: tuple[Hypothesis, ...]
    """Of a recording in one piece; of a longer one only the best of each piece are kept, joined."""


def _joined(pieces: list[Recognition]) -> Transcription:
    best = [piece.hypotheses[0] for piece in pieces if piece.hypotheses]
    text = " ".join(hypothesis.text for hypothesis in best)
    score = sum(hypothesis.score for hypothesis in best) / len(best) if best else 0.0
    hypotheses = pieces[0].hypotheses if len(pieces) == 1 else (Hypothesis(text=text, score=score),)
    return Transcription(text=text, score=score, hypotheses=hypotheses if best else ())


async def _pieces(pcm: bytes, vad: VoiceActivity) -> list[bytes]:
    """Cut what is longer than Whisper takes, each time where speech is least likely."""
    most, within = LONGEST_PIECE_MS // FRAME_MS, CUT_WITHIN_MS // FRAME_MS
    rest = list(frames(pcm))
    pieces: list[bytes] = []
    while len(rest) > most:
        await vad.reset()
        speech = [await vad.speech_probability(frame) for frame in rest[most - within : most]]
        cut = most - within + min(range(within), key=lambda number: (speech[number], -number))
        pieces.append(b"".join(rest[:cut]))
        rest = rest[cut:]
    pieces.append(pcm[len(b"".join(pieces)) :])
    return pieces


def _json(path: Path, transcription: Transcription, transcription_ms: float) -> dict[str, Json]:
    return {
        "file": str(path),
        "text": transcription.text,
        "score": round(transcription.score, 4),
        "ms": round(transcription_ms, 1),
        "hypotheses": [{"text": h.text, "score": round(h.score, 4)} for h in transcription.hypotheses],
    }


def _show(console: Console, path: Path, transcription: Transcription, transcription_ms: float) -> None:
    console.print(f"[bold]{escape(str(path))}[/] [dim]({transcription_ms:.0f} ms)[/]")
    for hypothesis in transcription.hypotheses:
        console.print(f"  {hypothesis.confidence:4.0%}  {escape(hypothesis.text)}")
    if not transcription.hypotheses:
        console.print("  [dim]no words[/]")
