"""What the launcher finds on this machine: ports, folders, users, and what the kernel says of threads."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import launcher
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.launcher import Launcher
from gateway.paths import gateway_dir, models_dir
from tests.gateway.launcher.scripted_processes import (
    Stage,
    is_free,
    launched,
    loopback,
)


class TestWhatIsInTheWay:
    pytestmark = pytest.mark.usefixtures("stage")

    @pytest.fixture
    def config(self) -> Config:
        return loopback(wyoming=True)

    @pytest.mark.parametrize("taken", [0, 1, 2])
    def test_a_port_that_is_taken_is_named_and_no_other_is_kept(self, config: Config, taken: int) -> None:
        ports = [config.server.port, config.server.port + 1, config.wyoming.port]
        with socket.socket() as other:
            other.bind(("127.0.0.1", ports[taken]))
            other.listen()
            with pytest.raises(ConfigError, match=str(ports[taken])):
                Launcher(config, show_code=lambda _: None)
        assert all(map(is_free, ports))

    def test_a_folder_for_models_is_made(self, config: Config) -> None:
        with Launcher(config, show_code=lambda _: None)._ports:
            assert models_dir().is_dir()

    def test_one_that_cannot_be_made_is_named(self, config: Config) -> None:
        models_dir().parent.mkdir(parents=True)
        models_dir().write_text("no folder")
        with pytest.raises(ConfigError, match=r"models: cannot be made \(File exists\); choose another place"):
            Launcher(config, show_code=lambda _: None)
        assert is_free(config.server.port)


class TestWhoseTheBrokerIs:
    @pytest.mark.parametrize(
        ("euid", "owner", "user"), [(0, 0, None), (0, 1_000, 1_000), (1_000, 1_000, None), (1_000, 0, None)]
    )
    def test_it_is_of_whom_the_folder_is_where_root_may_choose(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, euid: int, owner: int, user: int | None
    ) -> None:
        status = tmp_path.stat()
        monkeypatch.setattr(os, "geteuid", lambda: euid)
        monkeypatch.setattr(Path, "stat", lambda _: os.stat_result((*status[:4], owner, *status[5:])))
        assert launcher._owner(tmp_path) == user

    async def test_it_is_started_as_that_user_and_voice_is_not(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(launcher, "_owner", lambda folder: 1_000 if folder == gateway_dir() else None)
        async with launched(stage):
            broker, voice = await stage.broker(), await stage.voice()
        assert (broker.how["user"], broker.how["group"], broker.how["extra_groups"]) == (1_000, 1_000, [])
        assert voice.how["user"] is None, "it becomes another one by itself, once it has what it needs"


def is_unfiltered() -> bool:
    return "\nSeccomp:\t0\n" in Path("/proc/self/status").read_text(encoding="ascii")


class TestWhatTheKernelSays:
    """`_is_filtered`, of real processes."""

    pytestmark = pytest.mark.skipif(not is_unfiltered(), reason="these tests run under a filter themselves")

    @pytest.fixture
    def run(self) -> Iterator[subprocess.Popen[str]]:
        """Run a process that does what it is sent, a line each, and says when it has."""
        program = (
            "import sys, threading, time\n"
            "from gateway.sandbox import seccomp\n"
            "def sleep(): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
            "for line in sys.stdin:\n"
            "    exec(line)\n"
            "    print('done', flush=True)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            yield process
            process.kill()

    @staticmethod
    def do(process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    def test_all_its_threads_are_filtered_or_it_is_not(self, run: subprocess.Popen[str]) -> None:
        assert not launcher._is_filtered(run.pid)
        self.do(run, "sleep()")
        self.do(run, "seccomp.install_filter()")
        self.do(run, "sleep()")
        assert launcher._is_filtered(run.pid)

    def test_one_thread_that_was_forgotten_is_seen(self, run: subprocess.Popen[str]) -> None:
        self.do(run, "sleep()")
        self.do(run, "seccomp.SECCOMP_FILTER_FLAG_TSYNC = 0")
        self.do(run, "seccomp.install_filter()")
        assert not launcher._is_filtered(run.pid)

    def test_a_process_that_is_gone_is_not_filtered(self, run: subprocess.Popen[str]) -> None:
        self.do(run, "seccomp.install_filter()")
        run.kill()
        run.wait()
        assert not launcher._is_filtered(run.pid)


def status_of(seccomp: int) -> str:
    return f"Name:\tpythön\nSeccomp:\t{seccomp}\nSeccomp_filters:\t1\n"


def test_a_thread_that_ends_while_it_is_looked_at_needs_no_filter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read_text = Path.read_text

    def read(path: Path, **how: str) -> str:
        if path.parent.name == "2":
            raise ProcessLookupError(3, "No such process")
        if path.parent.name == "3":
            raise FileNotFoundError(2, "No such file or directory")
        return read_text(path, **how)

    for thread, seccomp in (("1", 2), ("2", 0), ("3", 0)):
        (tmp_path / thread).mkdir()
        (tmp_path / thread / "status").write_text(status_of(seccomp), encoding="utf-8")
    monkeypatch.setattr(launcher, "Path", lambda _: tmp_path)
    monkeypatch.setattr(Path, "read_text", read)
    assert launcher._is_filtered(1)
    (tmp_path / "4").mkdir()
    (tmp_path / "4" / "status").write_text(status_of(0), encoding="utf-8")
    assert not launcher._is_filtered(1)
