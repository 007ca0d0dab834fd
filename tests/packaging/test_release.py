"""What HACS needs of the repository and of a release, as its documentation asks for it."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scripts.conftest import REPOSITORY

INTEGRATION = REPOSITORY / "custom_components/local_voice"
HACS_KEYS = {"name", "content_in_root", "country", "filename", "hacs", "hide_default_branch", "homeassistant"}
HACS_KEYS |= {"persistent_directory", "render_readme", "zip_release"}
HACS_MANIFEST_KEYS = {"codeowners", "documentation", "domain", "issue_tracker", "name", "version"}
"""What HACS requires of a manifest, besides what Home Assistant does."""
PAGE = "custom_components/local_voice/frontend/local-voice-ABCD2345.js"
"""Where a page that stands for the one that is built lies in a copy."""


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def release(*arguments: str | Path, project: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, project / "scripts/release_archive.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what a release is made from, with a page that is built."""
    folder = tmp_path / "copy"
    shutil.copytree(INTEGRATION, folder / INTEGRATION.relative_to(REPOSITORY), ignore=shutil.ignore_patterns("*.js"))
    built = folder / PAGE
    built.parent.mkdir(exist_ok=True)
    built.write_text("export {};\n", encoding="utf-8")
    for name in ("pyproject.toml", "scripts/release_archive.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


# HACS


def test_hacs_finds_one_integration_with_all_that_it_requires() -> None:
    assert [path.name for path in INTEGRATION.parent.iterdir() if (path / "manifest.json").exists()] == [
        INTEGRATION.name
    ]
    manifest = read_json(INTEGRATION / "manifest.json")
    assert manifest.keys() >= HACS_MANIFEST_KEYS
    assert all(manifest[key] for key in HACS_MANIFEST_KEYS)


def test_hacs_json_says_nothing_that_hacs_does_not_know() -> None:
    hacs = read_json(REPOSITORY / "hacs.json")
    assert hacs.keys() <= HACS_KEYS
    assert hacs["name"] == read_json(INTEGRATION / "manifest.json")["name"]
    assert (hacs["zip_release"], hacs["filename"]) == (True, "local_voice.zip")


@pytest.mark.parametrize("shade", ["", "dark_"])
def test_the_mark_is_there_in_the_sizes_that_home_assistant_shows(shade: str) -> None:
    assert png_size(INTEGRATION / f"brand/{shade}icon.png") == (256, 256)
    assert png_size(INTEGRATION / f"brand/{shade}icon@2x.png") == (512, 512)


# The archive


def test_the_archive_holds_the_integration_at_its_root_with_its_page_and_nothing_else(
    copy: Path, tmp_path: Path
) -> None:
    integration = copy / INTEGRATION.relative_to(REPOSITORY)
    files = {path.relative_to(integration) for path in integration.rglob("*") if path.is_file()}
    ignored = {"__pycache__", ".mypy_cache", ".ruff_cache"}
    wanted = {path.as_posix() for path in files if not ignored & set(path.parts)}
    (integration / "frontend/notes.js").touch()
    (integration / "frontend/local-voice-ABCD2345.js.map").touch()
    (integration / "old.js").touch()
    release("--into", tmp_path, project=copy)
    with zipfile.ZipFile(tmp_path / "local_voice.zip") as archive:
        assert set(archive.namelist()) == wanted
        assert {"manifest.json", "frontend/local-voice-ABCD2345.js"} <= wanted
        assert archive.testzip() is None


def test_the_same_files_give_the_same_bytes_whenever_and_wherever(copy: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    said = release("--into", here, project=copy).stdout.split()[0]
    elsewhere = shutil.copytree(copy, tmp_path / "elsewhere")
    for path in elsewhere.rglob("*.py"):
        path.chmod(0o600)
        path.touch()
    (elsewhere / "custom_components/local_voice/__pycache__").mkdir(exist_ok=True)
    (elsewhere / "custom_components/local_voice/__pycache__/old.py").touch()
    assert release("--into", there, project=elsewhere).stdout.split()[0] == said
    assert (here / "local_voice.zip").read_bytes() == (there / "local_voice.zip").read_bytes()


@pytest.mark.parametrize("pages", [0, 2])
def test_without_its_page_or_with_an_old_one_beside_it_there_is_no_archive(
    copy: Path, tmp_path: Path, pages: int
) -> None:
    (copy / PAGE).unlink()
    for number in range(pages):
        (copy / PAGE).with_name(f"local-voice-{number}.js").touch()
    done = release("--into", tmp_path / "dist", project=copy)
    assert done.returncode == 1
    assert f"{pages} pages" in done.stderr
    assert "scripts/page" in done.stderr
    assert not (tmp_path / "dist").exists()


def test_a_release_of_another_version_is_refused(tmp_path: Path) -> None:
    done = release("99.0.0", "--into", tmp_path)
    assert done.returncode == 1
    assert "not 99.0.0" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_manifest_of_another_version_than_the_project_is_refused(copy: Path, tmp_path: Path) -> None:
    path = copy / "custom_components/local_voice/manifest.json"
    path.write_text(path.read_text().replace('"version": "', '"version": "9'))
    done = release("--into", tmp_path / "dist", project=copy)
    assert done.returncode == 1
    assert "make them one" in done.stderr
    assert not (tmp_path / "dist").exists()


# The workflows


def workflow(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((REPOSITORY / f".github/workflows/{name}.yml").read_text())
    return found


@pytest.mark.parametrize("name", ["validate", "release"])
def test_a_workflow_has_no_more_rights_than_it_names_and_no_action_without_a_version(name: str) -> None:
    found = workflow(name)
    assert found["permissions"] in ({}, {"contents": "read"})
    for job in found["jobs"].values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@(v\d+|main|master)", step.get("uses", "a/b@v1"))
            assert "${{" not in step.get("run", ""), "what others may have written gets in as a variable, not as code"
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_a_release_gets_the_very_archive_that_hacs_json_names_and_a_proof_of_where_it_was_made() -> None:
    job = workflow("release")["jobs"]["archive"]
    archive = f"dist/{read_json(REPOSITORY / 'hacs.json')['filename']}"
    assert job["permissions"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    assert [step["with"]["subject-path"] for step in job["steps"] if "attest" in step.get("uses", "")] == [archive]
    assert any(step.get("run", "").endswith(f'upload "$TAG" {archive}') for step in job["steps"])


def test_every_push_is_put_to_home_assistants_and_hacss_own_validators_and_to_our_tests() -> None:
    steps = [step for job in workflow("validate")["jobs"].values() for step in job["steps"]]
    used = {step["uses"].partition("@")[0] for step in steps if "uses" in step}
    assert {"home-assistant/actions/hassfest", "hacs/action"} <= used
    assert "scripts/test" in [step.get("run") for step in steps]
