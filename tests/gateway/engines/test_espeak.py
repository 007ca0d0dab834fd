import asyncio
import gc
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.audio import RATE_HZ as HEARD_HZ
from gateway.audio import level_dbfs, resample
from gateway.engines import espeak
from gateway.engines.espeak import RATE_HZ, EspeakTextToSpeech, espeak_voices, parsed_voices
from gateway.engines.stt import WhisperSpeechToText
from gateway.engines.worker import Worker
from gateway.errors import EngineError, ModelError
from gateway.events import Sound
from gateway.models import ModelStore
from gateway.offer import Voice
from gateway.paths import models_dir

LISTED = """\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr              \n\
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 5  de              --/M      German             gmw/de               \n\
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  en-gb-x-rp      --/M      English_(Received_Pronunciation) gmw/en-GB-x-rp       (en-gb 4)(en 5)
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
 5  zh-latn-cn

"""

type Program = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return a function that puts a shell script in the place of espeak-ng."""

    def install(script: str) -> None:
        path = tmp_path / "bin" / "espeak-ng"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda _: str(path))

    return install


@pytest.fixture
def installed() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: sudo apt-get install espeak-ng")


async def said(text: str, voice: str = "espeak-en-us") -> list[Sound]:
    return [sound async for sound in EspeakTextToSpeech(voice).speak(text)]


def test_a_voice_is_a_language_that_the_program_lists() -> None:
    assert parsed_voices(LISTED) == (
        Voice(id="espeak-cmn", name="eSpeak Chinese (Mandarin, latin as English)", language="cmn"),
        Voice(id="espeak-de", name="eSpeak German", language="de"),
        Voice(id="espeak-en-gb", name="eSpeak English (Great Britain)", language="en-GB"),
        Voice(id="espeak-en-gb-x-rp", name="eSpeak English (Received Pronunciation)", language="en-GB-x-rp"),
        Voice(id="espeak-yue", name="eSpeak Chinese (Cantonese)", language="yue"),
        Voice(id="espeak-zh", name="eSpeak Chinese (Mandarin, latin as English)", language="zh"),
    )
    assert parsed_voices("") == ()


def test_without_the_program_there_are_no_such_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert espeak_voices() == ()
    with pytest.raises(ModelError, match="espeak-de needs the program espeak-ng: sudo apt install"):
        EspeakTextToSpeech("espeak-de")


@pytest.mark.parametrize("script", ["exit 3", "sleep 5"])
def test_a_program_that_does_not_answer_has_no_voices(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, script: str
) -> None:
    monkeypatch.setattr(espeak, "LIST_S", 0.2)
    program(script)
    assert espeak_voices() == ()
    assert "does not list its voices" in caplog.text


async def test_a_program_that_fails_is_told_without_the_words(program: Program) -> None:
    program("exit 3")
    with pytest.raises(EngineError, match=r"failed while it was speaking \(exit code 3\)$"):
        await said("secret " * 20_000)


async def test_a_program_that_cannot_be_started_is_told(program: Program, tmp_path: Path) -> None:
    program("")
    voice = EspeakTextToSpeech("espeak-de")
    (tmp_path / "bin" / "espeak-ng").unlink()
    with pytest.raises(EngineError, match=r"could not be started \(No such file or directory\)"):
        await anext(voice.speak("hello"))


async def test_a_program_that_takes_too_long_is_ended(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(espeak, "CLAUSE_S", 0.3)
    program(f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(EngineError, match="did not speak a clause"):
        await said("hello")
    assert not is_running(tmp_path / "pid")


async def test_whoever_is_cancelled_ends_the_program(program: Program, tmp_path: Path) -> None:
    program(f"echo $$ > {tmp_path}/pid.part; mv {tmp_path}/pid.part {tmp_path}/pid; exec sleep 60")
    saying = asyncio.create_task(said("hello"))
    async with asyncio.timeout(5):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - another program's file
            await asyncio.sleep(0.01)
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    assert not is_running(tmp_path / "pid")


async def test_a_program_that_never_stops_speaking_is_ended(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "LARGEST_BYTES", 100_000)
    program("exec cat /dev/zero")
    with pytest.raises(EngineError, match="more than 100000 bytes of one clause"):
        await said("hello")
    gc.collect()  # a pipe that was left open would fail the test here


async def test_the_text_is_on_no_command_line(program: Program, tmp_path: Path) -> None:
    program(f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/text')
    assert [sound.pcm for sound in await said("the-word-that-nobody-may-see")] == [b""]
    assert (tmp_path / "arguments").read_text() == "-v en-us -b 1 --stdin --stdout\n"
    assert (tmp_path / "text").read_text() == "the-word-that-nobody-may-see"


@pytest.mark.usefixtures("installed")
def test_the_program_speaks_many_languages() -> None:
    voices = {voice.id: voice.language for voice in espeak_voices()}
    assert voices["espeak-de"] == "de"
    assert len(voices) > 50


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("voice", ["espeak-de", "espeak-zh", "espeak-en-gb-x-rp"])
async def test_a_reply_is_spoken_clause_by_clause(voice: str) -> None:
    sounds = await said("Das Licht in der Küche ist an. Die Garage ist noch offen.", voice)
    assert len(sounds) == 2
    assert {sound.rate_hz for sound in sounds} == {RATE_HZ}
    assert all(sound.duration_ms > 800 and level_dbfs(sound.pcm) > -40 for sound in sounds)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("text", ["", "  ", "…", "\0", "\ud800", "<speak>", "[[hello"])
async def test_a_text_of_no_words_is_no_fault(text: str) -> None:
    assert sum(sound.duration_ms for sound in await said(text)) < 3_000


@pytest.mark.models
@pytest.mark.usefixtures("installed")
async def test_it_is_understood(state: Callable[[str], None]) -> None:
    begun_s = time.monotonic()
    sounds = await said("Turn on the kitchen light.")
    spoken_ms = (time.monotonic() - begun_s) * 1000
    worker = Worker("stt")
    whisper = WhisperSpeechToText(ModelStore(models_dir()).find("tiny.en").path, worker)
    heard = await whisper.recognize(b"".join(resample(sound.pcm, sound.rate_hz, HEARD_HZ) for sound in sounds))
    worker.close()
    state(f"espeak-ng: a sentence spoken after {spoken_ms:.0f} ms, heard by tiny.en as {heard.hypotheses[0].text!r}")
    assert heard.hypotheses[0].text.casefold().rstrip(".") in (
        "turn on the kitchen light",
        "turn on the kitchen lights",
    )


def is_running(pid: Path) -> bool:
    """Tell whether the process whose number is in this file is there, if only as a zombie."""
    return Path(f"/proc/{pid.read_text().strip()}").exists()
