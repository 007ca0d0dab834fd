"""A copy of the project that needs one tiny package, which lies next to it: scripts/bootstrap is tried on that."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LOCKS = ("gateway", "dev", "home-assistant", "e2e", "bench")
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
"""Nobody listens there, so whatever dials fails at once, whether or not this machine has a network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with the project's scripts, and the PATH they see."""

    folder: Path
    path: str

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `command` in the folder, in an environment of its own without a network."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return what every command sees."""
        return {"PATH": self.path, "HOME": str(self.folder.parent), **NO_NETWORK, **variables}


def tiny_wheel(folder: Path, version: str = "1.0") -> str:
    """Make a wheel of a package `tiny`, and return the line that asks for it."""
    info = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_record_hash(text)},{len(text)}\n" for name, text in files.items())
    wheel = folder / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return f"tiny @ {wheel.as_uri()} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def empty_project(folder: Path) -> None:
    """Copy into `folder` what scripts/bootstrap works on, without the requirements."""
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    page = folder / "scripts/page"  # the real one is tried on the real project
    page.write_text("#!/bin/sh\necho built >>built.txt\n")
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    (folder / "README.md").write_text("A copy for a test.\n")
    (folder / "gateway").mkdir()
    (folder / "gateway" / "__init__.py").write_text("")
    (folder / "gateway" / "__main__.py").write_text('def __getattr__(name):\n    return lambda: print("here")\n')
    (folder / "requirements").mkdir()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project on a machine that has Python 3.14 and uv."""
    uv = next(
        (path for path in (shutil.which("uv"), str(REPOSITORY / ".uv/bin/uv")) if path and Path(path).exists()), ""
    )
    if not uv:
        pytest.skip("uv is not installed")
    folder, programs = tmp_path / "project", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    base_python = getattr(sys, "_base_executable", sys.executable)
    for name, program in (("uv", uv), ("python3.14", base_python)):
        (programs / name).write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
        (programs / name).chmod(0o755)
    empty_project(folder)
    for lock in LOCKS:
        (folder / "requirements" / f"{lock}.txt").write_text(tiny_wheel(tmp_path))
    return Project(folder=folder, path=f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")


@pytest.fixture
def bare_project(tmp_path: Path) -> Project:
    """A project with the real requirements, on a machine that has neither Python 3.14 nor uv."""
    folder, programs = tmp_path / "project", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    for name in ("python3.14", "python3", "uv"):
        (programs / name).write_text("#!/bin/sh\nexit 127\n")
        (programs / name).chmod(0o755)
    empty_project(folder)
    for file in (REPOSITORY / "requirements").iterdir():
        shutil.copy(file, folder / "requirements")
    return Project(folder=folder, path=f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
