"""Writes `docs/benchmarks.md`: what was found, how, and on what kind of machine. Names no host and no folder."""

import html
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench.findings import Finding, Plot, Section, Table, figure
from bench.plots import WIDTH_PX
from gateway.errors import ConfigError

HEADING = "\n## "
"""How a part begins."""
INTRODUCTION = """\
# Benchmarks

Written by `./scripts/bench all --write`; `./scripts/bench NAME` measures one part alone and lists every case, and with
`--write` puts it in the place of what stood here. The recordings are the shared ones; `--manifest` takes others.
Whoever we are compared with is installed from the package index into an environment of its own, at the versions of
`requirements/bench.txt` and `requirements/e2e.txt`, runs on this machine's loopback, and gets the very same sound from
the very same client.
"""


def write_report(path: Path, sections: Iterable[Section], *, load: float) -> None:
    """Write all sections into `path`; `load` is how busy the machine was before (programs that wanted to run)."""
    parts = [INTRODUCTION, _machine(load), *(_section(section, page=path.parent) for section in sections)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def write_again(path: Path, section: Section) -> None:
    """Put a section that was measured by itself in the place of the one with its title; at the end where there is none.

    Raises ConfigError for a report that is missing or cannot be read.
    """
    try:
        before, *parts = path.read_text(encoding="utf-8").split(HEADING)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); write it with: ./scripts/bench all --write") from error
    alone = f"{_section(section, page=path.parent)}\nMeasured by itself on {_today()}.\n".removeprefix(HEADING.lstrip())
    titles = [part.partition("\n")[0] for part in parts]
    if section.title in titles:
        parts[titles.index(section.title)] = alone
    else:
        parts.append(alone)
    path.write_text(HEADING.join([before, *parts]), encoding="utf-8")


def shown(section: Section) -> str:
    """Return a section for the terminal."""
    return "\n".join([*section.listing, "", _section(section, page=None)])


def _section(section: Section, *, page: Path | None) -> str:
    """Return a section as Markdown; its plots by their way from the folder `page`, or by name for a terminal."""
    findings = Table(
        caption="",
        headings=("what", "measured", "target", ""),
        rows=tuple(map(_row, section.findings)),
    )
    tables = [f"{table.caption}:\n\n{_table(table)}" for table in section.tables if table.rows]
    plots = [_plot(plot, page) for plot in section.plots]
    figures = [_table(findings)] if findings.rows else []
    return "\n".join([f"## {section.title}\n", *figures, *plots, *tables, f"{section.method}\n"])


def _plot(plot: Plot, page: Path | None) -> str:
    if page is None:
        return f"{plot.caption}: {plot.path}\n"
    source = plot.path.relative_to(page, walk_up=True).as_posix()
    return f'<img src="{source}" alt="{html.escape(plot.caption)}" width="{WIDTH_PX}">\n'


def _row(finding: Finding) -> tuple[str, ...]:
    target = finding.target
    wanted = f"{target.bound} {figure(target.value)} {finding.unit}".strip() if target else ""
    verdict = {True: "met", False: "**missed**", None: ""}[finding.is_met]
    return finding.what, f"{figure(finding.value)} {finding.unit}".strip(), wanted, verdict


def _table(table: Table) -> str:
    lines = [table.headings, tuple("---" for _ in table.headings), *table.rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def _machine(load: float) -> str:
    rows = (
        ("processor", _processor()),
        ("cores", str(len(os.sched_getaffinity(0)))),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release().split('-')[0]}, {platform.libc_ver()[0]}"),
        ("Python", platform.python_version()),
        ("other load before the run", f"{load:.1f}"),
        ("date", _today()),
    )
    return "## The machine\n\n" + _table(Table(caption="", headings=("", ""), rows=rows))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model"):
            return value.strip()
    return platform.machine()
