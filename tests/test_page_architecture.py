"""The directions in which the page's modules (`frontend/src`) may import each other."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.test_architecture import MAX_LINES, ROOT

SOURCE: Final = ROOT / "frontend/src"
TABS: Final = frozenset({"turns", "cloud", "quality", "home", "settings", "trust"})
PARTS: Final = "parts"
"""What tabs share."""
BASE: Final = frozenset({"context.ts", "format.ts", "hass.ts", "view.ts", "words.ts"})
"""What everybody may know. `panel.ts` and what it is made of put the tabs together."""
IMPORT: Final = re.compile(r'^(?:import|\} from|export .* from) (?:.*? from )?"(\.[^"]+)";', re.MULTILINE)
ONLY_FROM: Final = frozenset({"lit", "@mdi/js", "@lit-labs/virtualizer"})
PACKAGE: Final = re.compile(r'from "((?:@[^/"]+/)?[^./"][^/"]*)')

MODULES: Final = sorted(SOURCE.rglob("*.ts"))


def unit(path: Path) -> str:
    """Return the folder or module directly below `src` that a file belongs to."""
    return path.relative_to(SOURCE).parts[0]


def imports(path: Path) -> set[Path]:
    """Return the files of ours that a module imports."""
    named = IMPORT.findall(path.read_text(encoding="utf-8"))
    return {(path.parent / name).resolve() for name in named}


def test_the_folders_are_the_tabs_and_what_they_share() -> None:
    assert {unit(path) for path in MODULES if path.parent != SOURCE} == TABS | {PARTS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_of_the_page_imports_only_what_it_may_know(path: Path) -> None:
    known = imports(path)
    assert all(one.is_file() for one in known if "translations" not in one.parts)
    own = {unit(one) for one in known if one.is_relative_to(SOURCE)}
    if unit(path) in TABS:
        assert own <= {unit(path), PARTS} | BASE, "tabs do not know each other"
    elif unit(path) == PARTS:
        assert own <= {PARTS} | BASE, "what tabs share knows none of them"
    elif unit(path) in BASE:
        assert own <= {PARTS} | BASE
    assert set(PACKAGE.findall(path.read_text(encoding="utf-8"))) <= ONLY_FROM


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_of_the_page_has_grown_a_second_job(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_of_the_page_begins_with_what_it_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("/**")
