"""All engines are loaded and work in a process that has given up everything: each model, and the programs it starts."""

import shutil
from collections.abc import Callable
from typing import Final

import pytest

from gateway.sandbox.users import VOICE_USER
from tests.gateway.sandbox.running import READABLE, is_root, told

pytestmark = pytest.mark.models

CONFINED: Final = """
import asyncio, json, socket, sys, time
from pathlib import Path
from gateway.sandbox.privileges import give_up_rights
from gateway.sandbox.seccomp import install_filter

given = give_up_rights(readable=[Path(path) for path in sys.argv[2:]], user=json.loads(sys.argv[1]))
install_filter()

from gateway.assembly import Assembly
from gateway.audio import RATE_HZ, frames, resample
from gateway.config import Config
from gateway.engines.espeak import EspeakTextToSpeech, espeak_voices

async def spoken(voice, text):
    return b"".join([resample(sound.pcm, sound.rate_hz, RATE_HZ) async for sound in voice.speak(text)])

async def main():
    assembly = Assembly(Config())
    home = assembly.home(assembly.house(), asyncio.get_running_loop())
    start = time.monotonic()
    stages = await assembly.load(assembly.stages, home)
    load_s = time.monotonic() - start
    called = bytes(RATE_HZ) + await spoken(stages.tts, "Okay Nabu.") + bytes(RATE_HZ)
    wake, speech = 0.0, 0.0
    for frame in frames(called):
        wake = max(wake, (await stages.wake.scores(frame))["okay_nabu"])
        speech = max(speech, await stages.vad.speech_probability(frame))
    sentence = await spoken(stages.tts, "Turn on the lights in the kitchen.")
    start = time.monotonic()
    recognition = await stages.stt.recognize(sentence)
    recognize_s = time.monotonic() - start
    intent = await stages.understanding.match(recognition.hypotheses[0].text, area_id=None)
    robot = espeak_voices()
    home.close()
    try:
        socket.socket()
        is_open = True
    except PermissionError:
        is_open = False
    print(json.dumps({
        "layers": given.layers,
        "load_s": load_s,
        "recognize_s": recognize_s,
        "wake": wake,
        "speech": speech,
        "second opinion": await stages.second_opinion.begin("okay_nabu", called),
        "text": recognition.hypotheses[0].text,
        "is understood": intent is not None,
        "robot_bytes": len(await spoken(EspeakTextToSpeech(robot[0].id), "Guten Tag.")) if robot else None,
        "is_open": is_open,
    }))
    assembly.close()

asyncio.run(main())
"""


def test_it_wakes_hears_understands_and_speaks_without_a_way_out(state: Callable[[str], None]) -> None:
    found = told(CONFINED, str(VOICE_USER) if is_root else "null", *map(str, READABLE), is_measured=False)
    assert not found["is_open"]
    assert {"no_new_privileges", "no_capabilities"} <= set(found["layers"])
    assert found["text"].casefold().strip(" .") == "turn on the lights in the kitchen"
    assert found["is understood"]
    assert found["wake"] > 0.9
    assert found["second opinion"] > 0.5
    assert found["speech"] > 0.9
    if shutil.which("espeak-ng"):
        assert found["robot_bytes"] > 10_000
    state(
        f"engines under the filter ({', '.join(found['layers'])}): loaded in {found['load_s']:.1f} s, "
        f"a sentence recognised in {found['recognize_s']:.2f} s"
    )
