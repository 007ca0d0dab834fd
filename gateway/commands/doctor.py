"""`local-voice doctor`: what works on this machine, how fast, and what would help. Measures for about ten seconds."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.assembly import Assembly
from gateway.audio import FRAME_BYTES, FRAME_MS, RATE_HZ, frames, resample
from gateway.commands.arguments import add_config, chosen_config
from gateway.commands.cloud_checks import cloud_findings
from gateway.commands.ledger_checks import ledger_findings
from gateway.commands.protection_checks import protection_findings
from gateway.commands.recognition_checks import recognition_findings
from gateway.commands.service_checks import service_findings
from gateway.commands.turn import joined
from gateway.config import Config
from gateway.engines.espeak import INSTALL, espeak_voices
from gateway.errors import VoiceError
from gateway.models import Kind, ModelStore
from gateway.offer import ROBOT
from gateway.paths import config_file, models_dir, owned_gateway_dir
from gateway.satellite.devices import SoundDevices, find_devices
from gateway.settings_file import SettingsFile, told

TEST_SENTENCE = "Turn on the lights in the living room and close the blinds."
MEASURING_S = 1.5
"""For each stage; with loading, about ten seconds in all."""
MOST_RUNS = 200
COMFORTABLE_MS = 1_000
"""Recognition that takes longer is felt as waiting."""
BASE_PER_TINY = 2.0
"""What base is taken to need until it is installed and measured: it took 1.5 times as long on two quick cores."""
FAST_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "asimd", "asimddp", "i8mm")
OK, PROBLEM = 0, 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `doctor` to the program's."""
    parser = subparsers.add_parser("doctor")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look, measure and advise; return 2 where turns cannot run."""
    config = chosen_config(args)
    chosen = SettingsFile(owned_gateway_dir())
    console = Console()
    used = args.config or config_file()
    console.print(f"[bold]Configuration[/] {escape(str(used)) if used.exists() else 'none; the defaults hold'}")
    console.print(f"[bold]Processor[/]     {_processor()}")
    for text in told(config.settings, chosen.chosen):
        console.print(f"[bold]Set to[/]        {escape(text)}", highlight=False)
    models_work = _show_models(console, config)
    devices_work = _show_devices(console, find_devices())
    _show_service(console, config)
    if not models_work:
        return PROBLEM
    asyncio.run(_show_speed(console, config))
    if not devices_work:
        console.print("[yellow]Without a microphone and a speaker, `turn`, `transcribe` and `demo` still work.[/]")
    return OK


def _processor() -> str:
    import ctranslate2

    cores = len(os.sched_getaffinity(0))
    try:
        with Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as file:
            words = set(file.read(65_536).split())  # the first cores are enough
    except OSError:
        words = set()
    flags = [flag for flag in FAST_CPU_FLAGS if flag in words]
    types = ", ".join(sorted(ctranslate2.get_supported_compute_types("cpu")))
    return f"{cores} cores; {', '.join(flags) or 'no vector extensions known to us'}; compute types: {types}"


def _show_models(console: Console, config: Config) -> bool:
    """List the models that the configuration names; tell whether all that are needed are whole."""
    store = ModelStore(models_dir())
    is_robot = config.tts.voice.startswith(ROBOT)
    wanted = [config.stt.model, *([] if is_robot else [config.tts.voice]), "silero-v6", *config.wake.words]
    works = True
    if is_robot and config.tts.voice not in (voice.id for voice in espeak_voices()):
        works = False
        console.print(f"[bold]Voice[/]         [red]{escape(config.tts.voice)} needs espeak-ng: {INSTALL}[/]")
    for name in wanted:
        try:
            directory = store.find(name)
        except VoiceError as error:
            works = False
            console.print(f"[bold]Model[/]         [red]{escape(str(error))}[/]")
        else:
            size_mb = directory.model.bytes / 1e6
            console.print(f"[bold]Model[/]         [green]{name}[/] {size_mb:.1f} MB, whole [dim]{directory.path}[/]")
    return works


def _show_devices(console: Console, devices: SoundDevices) -> bool:
    """List the sound devices; tell whether one can speak and listen here."""
    for label, found in (("Microphone", devices.microphones), ("Speaker", devices.speakers)):
        for device in found:
            console.print(f"[bold]{label:<13}[/] [green]{escape(device.id)}[/] [dim]{escape(device.description)}[/]")
        if not found:
            console.print(f"[bold]{label:<13}[/] [yellow]none found[/]")
    if devices.missing_packages:
        packages = " or ".join(devices.missing_packages)
        console.print(f"              [yellow]no program for sound is here: sudo apt install {packages}[/]")
    return bool(devices.microphones and devices.speakers)


def _show_service(console: Console, config: Config) -> None:
    """Say how it stands with the service, what keeps it from connecting, and what may leave all the same."""
    folder = owned_gateway_dir()
    found = (
        *recognition_findings(config),
        *service_findings(config, folder),
        *protection_findings(config, folder),
        *ledger_findings(folder),
        *cloud_findings(folder),
    )
    for finding in found:
        console.print(
            f"[bold]{finding.label:<13}[/] [{finding.level}]{escape(finding.text)}[/]", soft_wrap=True, highlight=False
        )


async def _show_speed(console: Console, config: Config) -> None:
    """Measure each stage on a sentence that our own voice speaks."""
    assembly = Assembly(config)
    try:
        with console.status("measuring"):
            rows, stt_ms = await _measure(assembly, config)
    finally:
        assembly.close()
    table = Table("stage", "time", "", box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"[bold]Advice[/]        {_advice(config, stt_ms)}")


async def _measure(assembly: Assembly, config: Config) -> tuple[list[tuple[str, str, str]], dict[str, float]]:
    tts = await assembly.load(assembly.tts)
    spoken = joined([sound async for sound in tts.speak(TEST_SENTENCE)])
    pcm = b"" if spoken is None else resample(spoken.pcm, spoken.rate_hz, RATE_HZ)
    speech_s = len(pcm) / 2 / RATE_HZ
    wake, vad = await assembly.load(assembly.wake), await assembly.load(assembly.vad)
    understanding = await assembly.load(assembly.understanding, assembly.house())
    frame = next(frames(pcm))[:FRAME_BYTES]

    async def speak() -> None:
        async for _ in tts.speak(TEST_SENTENCE):
            return

    stt_ms: dict[str, float] = {}
    installed = [model.name for model in ModelStore(models_dir()).models(Kind.STT)]
    for name in dict.fromkeys([config.stt.model, *installed]):
        try:
            stt_ms[name] = await _recognition_ms(replace(config, stt=replace(config.stt, model=name)), pcm)
        except VoiceError:
            continue  # not installed
    wake_ms = await _median_ms(lambda: wake.scores(frame))
    vad_ms = await _median_ms(lambda: vad.speech_probability(frame))
    understood_ms = await _median_ms(lambda: understanding.match(TEST_SENTENCE.partition(" and ")[0], area_id=None))
    first_ms = await _median_ms(speak)
    rows = [
        ("wake", f"{wake_ms:.2f} ms a frame", f"{wake_ms / FRAME_MS:.1%} of a core, always"),
        ("vad", f"{vad_ms:.2f} ms a frame", f"{vad_ms / FRAME_MS:.1%} of a core, while listening"),
        *((f"stt {name}", f"{ms:.0f} ms", f"for {speech_s:.1f} s of speech") for name, ms in stt_ms.items()),
        ("intent", f"{understood_ms:.1f} ms", "a sentence it has seen before"),
        ("tts", f"{first_ms:.0f} ms", "to the first sound of a reply"),
    ]
    return rows, stt_ms


async def _recognition_ms(config: Config, pcm: bytes) -> float:
    assembly = Assembly(config)
    try:
        stt = await assembly.load(assembly.stt)
        return await _median_ms(lambda: stt.recognize(pcm))
    finally:
        assembly.close()


async def _median_ms(call: Callable[[], Awaitable[object]]) -> float:
    """Return the median time of `call`, after one that does not count."""
    await call()
    times_ms: list[float] = []
    begun_s = perf_counter()
    while perf_counter() - begun_s < MEASURING_S and len(times_ms) < MOST_RUNS:
        start_s = perf_counter()
        await call()
        times_ms.append((perf_counter() - start_s) * 1000)
    return median(times_ms)


def _advice(config: Config, stt_ms: dict[str, float]) -> str:
    """Return which Whisper size fits."""
    own_ms = stt_ms.get(config.stt.model)
    if own_ms is None:
        return f"{config.stt.model} does not run as it is configured here: choose another one under \\[stt]"
    base_ms = stt_ms.get("base", stt_ms.get("tiny.en", own_ms) * BASE_PER_TINY)
    if base_ms <= COMFORTABLE_MS:
        size = f"base fits this machine (about {base_ms:.0f} ms a sentence) and hears names and accents better"
        add = "" if "base" in stt_ms else "; add it: local-voice models add base"
        return f'{size}{add}; choose it with `model = "base"` under \\[stt]'
    if own_ms <= COMFORTABLE_MS:
        return f"stay with {config.stt.model}: base would take about {base_ms:.0f} ms a sentence here"
    return f"this machine is slow: {config.stt.model} takes {own_ms:.0f} ms a sentence; fewer `hypotheses` help"
