"""The client in docs/protocol.md is what it says: forty lines, and a home that switches its lamp."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.program import ROOT, run
from tests.e2e.serving import serving
from tests.voices import Voices, silence

LONGEST_LINES = 40


def documented_client() -> str:
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


def test_the_documented_client_is_short() -> None:
    assert len(documented_client().strip().splitlines()) <= LONGEST_LINES


@contextmanager
def running(program: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(program), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_documented_client_is_a_home_that_switches_its_lamp(
    tmp_path: Path, voices: Voices, wav: Callable[[str, bytes], Path]
) -> None:
    program = tmp_path / "client.py"
    program.write_text(documented_client(), encoding="utf-8")
    said = wav("said.wav", silence(0.5) + voices.piper("Okay Nabu, turn on the lamp.") + silence(1.0))
    with serving(tmp_path / "gateway") as served:
        home = asyncio.run(served.home())
        with running(program, "127.0.0.1", str(served.port), home.voice_pin.hex(), home.voice_token) as client:
            assert client.stdout is not None
            told = [client.stdout.readline().strip() for _ in range(6)]
            assert told[:2] == ["greeting", "offered"]
            assert sorted(told[2:]) == ["house_usable", "kept", "satellites", "timers_running"]
            with served.code("satellite", "--area", "Office") as code:
                finished = run(
                    *("satellite", "--gateway", str(served.voice), "--code", code, "--name", "Desk"),
                    *("--wav", said, "--out", tmp_path / "reply.wav", "--once"),
                    environ={"XDG_DATA_HOME": str(tmp_path / "satellite")},
                )
            client.kill()
            heard = client.stdout.read().split()
    assert finished.code == 0, finished.err
    assert "action_asked" in heard
    assert "refused" not in heard
