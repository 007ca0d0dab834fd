"""scripts/page on a copy of the project, with the packages that are here already."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.scripts.conftest import NO_NETWORK, REPOSITORY

BUNDLES = "custom_components/local_voice/frontend"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what the page is built from."""
    packages = REPOSITORY / "frontend/node_modules"
    if not packages.exists():
        pytest.skip("no packages of npm here: scripts/bootstrap dev fetches them")
    (tmp_path / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts/page", tmp_path / "scripts")
    shutil.copytree(REPOSITORY / "frontend", tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(packages, tmp_path / "frontend/node_modules", symlinks=True, copy_function=_linked)
    texts = "custom_components/local_voice/translations"
    shutil.copytree(REPOSITORY / texts, tmp_path / texts)
    return tmp_path


def page(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": path, "HOME": str(folder), **NO_NETWORK}
    return subprocess.run(
        ["scripts/page"], cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def bundles(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / BUNDLES).iterdir()}


def test_the_same_source_gives_the_same_file_and_another_source_another(copy: Path) -> None:
    path = f"{REPOSITORY}/.venv/bin:/usr/bin:/bin"
    assert page(copy, path).returncode == 0
    first = bundles(copy)
    assert len(first) == 1
    assert first == bundles(REPOSITORY), "the folder makes no difference"
    source = copy / "frontend/src/panel.ts"
    source.write_text(source.read_text().replace("Local Voice</h1>", "Another Voice</h1>"))
    assert page(copy, path).returncode == 0
    second = bundles(copy)
    assert len(second) == 1, "what was there before is gone"
    assert second.keys() != first.keys(), "browsers keep a file by its name"


def test_without_node_it_says_what_to_do(copy: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "env", "dirname", "cut", "fold", "sha256sum"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = page(copy, str(tools))
    assert done.returncode == 1
    assert "Run scripts/bootstrap dev, which fetches one" in done.stderr


def test_a_source_that_is_wrong_leaves_the_page_that_was_there(copy: Path) -> None:
    path = f"{REPOSITORY}/.venv/bin:/usr/bin:/bin"
    page(copy, path)
    before = bundles(copy)
    (copy / "frontend/src/panel.ts").write_text("this is not TypeScript")
    done = page(copy, path)
    assert done.returncode != 0
    assert "panel.ts" in done.stderr
    assert bundles(copy) == before


def _linked(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:  # another file system
        shutil.copy2(source, target)
