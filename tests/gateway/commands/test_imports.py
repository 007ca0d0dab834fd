"""What each command imports: seconds of waiting, where it is more than it needs."""

import subprocess
import sys

import pytest

from gateway.__main__ import COMMANDS

WHISPER, PIPER = {"faster_whisper", "ctranslate2"}, {"piper", "onnxruntime"}
PROBE = """
import sys
from gateway.__main__ import main
try:
    code = main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print(*{name.partition(".")[0] for name in sys.modules})
sys.exit(code)
"""


def imported(*arguments: str) -> set[str]:
    """Return the packages that are imported when the command has ended."""
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], check=True, capture_output=True, timeout=60)
    return set(done.stdout.decode().splitlines()[-1].split())


def test_the_list_of_commands_imports_none_of_them() -> None:
    assert not imported("--help") & {"numpy", "asyncio", "rich", "hassil", *WHISPER, *PIPER}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_waits_for_no_model(command: str) -> None:
    assert not imported(command, "--help") & {"hassil", *WHISPER, *PIPER}


def test_listing_models_loads_none() -> None:
    assert not imported("models", "list") & {"numpy", "hassil", *WHISPER, *PIPER}


def test_understanding_text_hears_and_says_nothing() -> None:
    packages = imported("understand", "turn on the kitchen lights")
    assert "hassil" in packages
    assert not packages & (WHISPER | PIPER)
