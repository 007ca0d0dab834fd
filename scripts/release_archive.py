"""dist/local_voice.zip: the integration as HACS unpacks it. The same files give the same bytes, on any machine."""

import argparse
import hashlib
import json
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = ROOT / "custom_components/local_voice"
PATTERNS: Final = ("*.py", "*.json", "*.yaml", "*.png", "py.typed")
"""What an integration consists of; caches, backups and whatever else lies there is not let in."""
PAGE: Final = "frontend/local-voice-*.js"
"""The page, as scripts/page builds it: one file."""
EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive, as early as ZIP can say."""
MODE: Final = 0o100644 << 16


def check_version(wanted: str | None) -> None:
    """Raise ValueError where project and manifest do not agree on one version, or it is another than is wanted."""
    project = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    manifest = str(json.loads((SOURCE / "manifest.json").read_text(encoding="utf-8"))["version"])
    if project != manifest:
        raise ValueError(f"pyproject.toml says version {project}, manifest.json says {manifest}: make them one")
    if wanted not in (None, project):
        raise ValueError(f"this is version {project}, not {wanted}: see pyproject.toml")


def files() -> list[Path]:
    """Return the files of the integration, in the order of their names. Raises ValueError where the page is not one."""
    pages = list(SOURCE.glob(PAGE))
    if len(pages) != 1:
        raise ValueError(f"there are {len(pages)} pages built, not one: run scripts/page")
    found = {path for pattern in PATTERNS for path in SOURCE.rglob(pattern) if path.is_file()}
    return sorted(path for path in (*pages, *found) if "__pycache__" not in path.parts)


def build(archive: Path) -> str:
    """Write the archive and return its SHA-256. Raises ValueError where not all of it is there."""
    found = files()
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as release:
        for path in found:
            entry = zipfile.ZipInfo(path.relative_to(SOURCE).as_posix(), EARLIEST)
            entry.compress_type = zipfile.ZIP_STORED  # what deflate makes of the same bytes differs between zlibs
            entry.create_system = 3
            entry.external_attr = MODE
            release.writestr(entry, path.read_bytes())
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def main() -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    parser.add_argument("version", nargs="?", help="the version that this is to be: checked, not written")
    parser.add_argument("--into", type=Path, default=ROOT / "dist", metavar="FOLDER", help="default: dist")
    asked = parser.parse_args()
    archive = asked.into / "local_voice.zip"
    try:
        check_version(asked.version)
        digest = build(archive)
    except ValueError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(f"{digest}  {archive}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
