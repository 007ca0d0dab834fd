import os
from pathlib import Path

import pytest

from bench.resident import family, resident_mib


def process(proc: Path, pid: int, parent: int, *, rss_kib: int, pss_kib: int | None) -> None:
    """Put a process into a folder as the kernel shows them; one without PSS lets nobody look into it."""
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "status").write_text(f"Name:\tx\nPPid:\t{parent}\nVmRSS:\t{rss_kib} kB\n")
    if pss_kib is not None:
        (folder / "smaps_rollup").write_text(
            f"00-ff [rollup]\nRss: {rss_kib} kB\nPss:  {pss_kib} kB\nPss_Dirty: 1 kB\n"
        )


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    process(tmp_path, 10, 1, rss_kib=4096, pss_kib=1024)
    process(tmp_path, 12, 10, rss_kib=4096, pss_kib=2048)
    process(tmp_path, 13, 12, rss_kib=4096, pss_kib=None)
    process(tmp_path, 20, 1, rss_kib=9999, pss_kib=9999)
    (tmp_path / "meminfo").write_text("MemTotal: 1 kB\n")
    return tmp_path


def test_a_process_counts_with_all_that_descend_from_it_and_with_nobody_else(proc: Path) -> None:
    assert family(10, proc) == (10, 12, 13)
    assert family(20, proc) == (20,)


def test_pages_count_by_share_and_all_of_them_where_the_share_is_not_told(proc: Path) -> None:
    assert resident_mib([10, 12], proc) == 3
    assert resident_mib([10, 13], proc) == 5


def test_who_has_ended_has_nothing(proc: Path) -> None:
    assert family(99, proc) == (99,)
    assert resident_mib([99], proc) == 0


def test_this_process_has_something() -> None:
    assert resident_mib([os.getpid()]) > 1
