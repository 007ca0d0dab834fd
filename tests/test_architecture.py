"""The directions in which modules may import each other (DESIGN: layout), and what may not be imported at all."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GATEWAY = ROOT / "gateway"

BASE = frozenset(
    {
        "errors",
        "house",
        "events",
        "audio",
        "ballast",
        "chimes",
        "files",
        "foreground",
        "frame_queue",
        "json_depth",
        "languages",
        "offer",
        "own_sentences",
        "protection",
        "recordings",
        "rules",
        "settings_file",
        "suggestions",
        "sound_files",
        "sqlite_copies",
        "paths",
        "timers",
    }
)
"""What everybody may know."""
MAY_KNOW = {
    "turn": BASE,
    "engines": BASE,
    "home": BASE,
    "models": BASE,
    "wire": BASE,
    "broker": BASE | {"wire"},
    "ledger": BASE,
    "backup": BASE | {"broker", "ledger", "wire"},
    "processes": BASE | {"wire", "sandbox"},
    "sandbox": BASE,
    "satellite": BASE | {"wire"},
    "wyoming": BASE | {"turn"},
    "server": BASE | {"turn", "wire", "ledger", "processes"},
}
"""What the modules of a package may import besides each other. `broker` is a process of its own."""
TOP = frozenset(
    {
        "config",
        "assembly",
        "announce",
        "equipment",
        "voices",
        "confinement",
        "launcher",
        "voice_service",
        "broker_process",
        "voice_process",
        "voice_relay",
        "voice_ledger",
        "ledger_process",
        "ledger_acts",
        "ledger_pages",
        "ledger_desk",
        "ledger_link",
        "ledger_owner",
        "ledger_receipts",
        "ledger_translate",
        "local_gateway",
        "commands",
        "__main__",
        "__init__",
    }
)
"""What puts the parts together: may know everything."""
MAX_LINES = 400
"""A longer module has grown a second job."""

MODULES = sorted(GATEWAY.rglob("*.py"))


def unit(path: Path) -> str:
    """Return the package or module directly below `gateway` that a file belongs to."""
    first = path.relative_to(GATEWAY).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return the full names of everything that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def ours(path: Path) -> set[str]:
    """Return the units below `gateway` that a module imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("gateway.")} - {unit(path)}


def test_every_unit_has_its_place() -> None:
    units = {unit(path) for path in MODULES}
    assert units <= BASE | MAY_KNOW.keys() | TOP, (
        f"say in this test where {units - BASE - MAY_KNOW.keys() - TOP} belong"
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(GATEWAY)))
def test_a_module_imports_only_what_it_may_know(path: Path) -> None:
    if unit(path) not in TOP:
        assert ours(path) <= MAY_KNOW.get(unit(path), BASE)


def test_the_base_does_not_go_round_in_circles() -> None:
    order: list[str] = []
    waiting = {name: ours(GATEWAY / f"{name}.py") for name in BASE}
    while waiting:
        free = sorted(name for name, needed in waiting.items() if needed <= set(order))
        assert free, f"these import each other: {sorted(waiting)}"
        order += free
        for name in free:
            del waiting[name]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(GATEWAY)))
def test_the_gateway_never_imports_home_assistant(path: Path) -> None:
    assert not any(name.split(".")[0] in ("homeassistant", "custom_components") for name in imports(path))


@pytest.mark.parametrize("path", sorted((GATEWAY / "turn").glob("*.py")), ids=lambda path: path.name)
def test_the_turn_does_no_input_or_output(path: Path) -> None:
    forbidden = {"socket", "subprocess", "pathlib", "os", "io", "soundfile", "numpy", "faster_whisper", "piper"}
    assert not {name.split(".")[0] for name in imports(path)} & forbidden


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(GATEWAY)))
def test_no_module_has_grown_a_second_job(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
