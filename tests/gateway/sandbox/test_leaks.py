"""The self-test itself: what it makes of answers, silence and nonsense. What it finds is in the leak matrix."""

import ctypes
import errno
import json
import os
import platform
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.sandbox import attempts, leaks, ways_out
from gateway.sandbox.aims import CHILD, EARLIER, MAIN, WHO, Aims, Attempt, NotHereError, checked
from gateway.sandbox.attempts import ATTEMPTS, CLOSED, open_ways
from gateway.sandbox.leaks import Findings, SelfTest
from gateway.sandbox.targets import Canary, Targets


@pytest.fixture
def targets() -> Iterator[Targets]:
    """Targets with nothing in them that would have to be inherited, or could be altered."""
    with Canary(processes=[os.getpid()], program=[]) as canary:
        yield replace(canary.targets, listeners={who: {} for who in WHO}, processes=())


@pytest.fixture
def aims() -> Iterator[Aims]:
    with Canary(processes=[os.getpid()]) as canary:
        yield canary.targets.aims(MAIN)


@pytest.fixture
def _quiet_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Main and thread try one way, which is open; the child tries two, and neither is."""
    monkeypatch.setattr(Targets, "aims", lambda _targets, _who: {"listeners": {}})
    monkeypatch.setattr(leaks, "open_ways", lambda _aims, who: (1, [f"{who} tcp"]))
    monkeypatch.setattr(leaks, "_AS_CHILD", "print('[2, []]')")


def run(targets: Targets) -> Findings:
    return SelfTest(targets).run()


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


class TestWhoAnswers:
    pytestmark = pytest.mark.usefixtures("_quiet_attempts")

    def test_what_all_three_found_is_put_together(self, targets: Targets) -> None:
        assert run(targets) == Findings(attempts=4, ways_out=("main tcp", "earlier thread tcp"), alterable=())

    def test_the_thread_tries_nothing_before_it_is_told_to(
        self, targets: Targets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        who_tried: dict[str, int] = {}

        def note(_aims: Aims, who: str) -> tuple[int, list[str]]:
            who_tried[who] = threading.get_ident()
            return 1, []

        monkeypatch.setattr(leaks, "open_ways", note)
        before = threading.active_count()
        self_test = SelfTest(targets)
        assert threading.active_count() == before + 1
        assert not who_tried
        self_test.run()
        assert who_tried[MAIN] == threading.get_ident() != who_tried[EARLIER]
        assert threading.active_count() == before

    @pytest.mark.parametrize(
        "child",
        [
            "pass",
            "print('what')",
            "print('[1]')",
            "print('[1, [2]]')",
            "import time; time.sleep(60)",
            "import sys; sys.stdout.write('[1, []]' + ' ' * 1_000_000 + '!')",
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        ],
    )
    def test_a_child_that_does_not_say_what_it_found_may_have_got_out(
        self, child: str, targets: Targets, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(leaks, "_AS_CHILD", child)
        monkeypatch.setattr(leaks, "DEADLINE_S", 1.0)
        found = run(targets)
        assert found.ways_out == ("main tcp", "child no answer", "earlier thread tcp")
        assert found.attempts == 2

    def test_a_child_that_cannot_be_started_may_have_got_out(
        self, targets: Targets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
        assert "child no answer" in run(targets).ways_out
        assert "no child could be started (No such file or directory)" in caplog.text

    def test_a_thread_that_hangs_may_have_got_out(self, targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
        go_on = threading.Event()

        def hang(_aims: Aims, who: str) -> tuple[int, list[str]]:
            if who == EARLIER:
                go_on.wait()
            return 1, []

        monkeypatch.setattr(leaks, "open_ways", hang)
        monkeypatch.setattr(leaks, "DEADLINE_S", 1.0)
        try:
            assert run(targets).ways_out == ("earlier thread no answer",)
        finally:
            go_on.set()

    def test_what_is_for_the_child_does_not_stay_open_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = open_descriptors()
        for_child = os.open("/dev/null", os.O_RDONLY)
        monkeypatch.setattr(Targets, "aims", lambda *_: {"listeners": {"tcp": for_child}})
        with Canary(processes=[os.getpid()], program=[]) as canary:
            run(replace(canary.targets, processes=()))
        assert open_descriptors() == before


class TestWhatCouldBeAltered:
    pytestmark = pytest.mark.usefixtures("_quiet_attempts")

    def test_what_can_be_opened_is_named_and_left_as_it_is(self, targets: Targets, tmp_path: Path) -> None:
        file, secret = tmp_path / "app.py", tmp_path / "broker.pem"
        for path in (file, secret):
            path.write_text("as it was", encoding="ascii")
        program = (str(tmp_path), str(file), str(tmp_path / "missing.py"))
        found = run(replace(targets, program=program, secrets=(str(secret), str(tmp_path / "missing.pem"))))
        assert found.alterable == (f"could write {tmp_path}", f"could write {file}", f"could read {secret}")
        assert file.read_text(encoding="ascii") == "as it was"
        assert sorted(tmp_path.iterdir()) == [file, secret]

    def test_the_memory_of_a_process_that_has_ended_cannot_be_opened(self, targets: Targets) -> None:
        ended = os.posix_spawn("/bin/true", ["true"], {})
        os.waitpid(ended, 0)
        assert run(replace(targets, processes=(ended,))).alterable == ()

    def test_that_of_ones_own_can(self, targets: Targets) -> None:
        found = run(replace(targets, processes=(os.getpid(),)))
        assert found.alterable == (f"could write the memory of process {os.getpid()}",)


class TestWhatCountsAsOut:
    @pytest.fixture
    def only(self, monkeypatch: pytest.MonkeyPatch) -> list[BaseException | None]:
        """The attempts, by what each raises, or None for those that get through."""
        outcomes: list[BaseException | None] = []

        def attempt(number: int) -> Attempt:
            def act(_aims: Aims, _shown: bytes) -> None:
                outcome = outcomes[number] if number < len(outcomes) else NotHereError()
                if outcome is not None:
                    raise outcome

            return act

        monkeypatch.setattr(attempts, "ATTEMPTS", {str(number): attempt(number) for number in range(8)})
        return outcomes

    def test_what_the_kernel_refuses_is_closed(self, aims: Aims, only: list[BaseException | None]) -> None:
        only += [OSError(number, "no") for number in (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENETUNREACH)]
        assert open_ways(aims, MAIN) == (4, [])

    def test_what_others_refuse_is_open(self, aims: Aims, only: list[BaseException | None]) -> None:
        only += [ConnectionRefusedError(errno.ECONNREFUSED, "no"), TimeoutError("nobody there"), None]
        only += [OSError(number, "no") for number in (errno.EHOSTUNREACH, errno.EINVAL, errno.EAGAIN)]
        assert open_ways(aims, CHILD) == (6, [f"child {number}" for number in range(6)])

    def test_what_this_machine_does_not_have_was_not_tried(self, aims: Aims, only: list[BaseException | None]) -> None:
        only += [NotHereError(), None]
        assert open_ways(aims, MAIN) == (1, ["main 1"])

    def test_an_answer_that_only_others_give_is_not_in_the_list(self) -> None:
        assert not CLOSED & {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.ECONNRESET, errno.EINVAL}


def test_a_child_answers_in_one_line_and_ends_without_waiting(
    aims: Aims, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(code: int) -> None:
        raise SystemExit(code)

    def refused(_aims: Aims, _shown: bytes) -> None:
        raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr(attempts, "ATTEMPTS", {"one": refused, "two": lambda *_: None})
    monkeypatch.setattr("sys.argv", ["-c", json.dumps(aims)])
    monkeypatch.setattr(os, "_exit", end)
    with pytest.raises(SystemExit, match="0"):
        attempts.main()
    assert capsys.readouterr().out == '[2, ["child two"]]\n'


def test_without_ipv6_there_is_nothing_to_try(aims: Aims) -> None:
    aims["tcp6"] = None
    with pytest.raises(NotHereError):
        ATTEMPTS["tcp v6"](aims, b"")


def test_calls_whose_numbers_are_not_known_are_not_tried(aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    for name in ("bpf", "clone", "x32"):
        with pytest.raises(NotHereError):
            ATTEMPTS[name](aims, b"")


class TestLookingUpAName:
    """`getaddrinfo` itself is not called: in this process nothing may be looked up."""

    def test_one_that_is_answered_got_out(self, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
        ATTEMPTS["dns name"](aims, b"main-dns-name")

    def test_one_that_waits_for_an_answer_got_out(self, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
        answered = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: answered.wait())
        monkeypatch.setattr(ways_out, "DEADLINE_S", 0.05)
        try:
            ATTEMPTS["dns name"](aims, b"main-dns-name")
        finally:
            answered.set()

    def test_one_that_fails_at_once_did_not(self, aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise socket.gaierror(socket.EAI_AGAIN, "no")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with pytest.raises(PermissionError):
            ATTEMPTS["dns name"](aims, b"main-dns-name")

    def test_a_c_library_that_has_no_such_resolver_asks_whom_it_always_asks(
        self, aims: Aims, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
        monkeypatch.setattr(ways_out, "LIBC", object())
        ATTEMPTS["dns name"](aims, b"main-dns-name")


def test_a_socket_that_will_not_forget_is_closed(aims: Aims, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def connect(self, *_: object) -> int:
            ctypes.set_errno(errno.EPERM)
            return -1

    aims["listeners"] = {way: os.dup(number) for way, number in aims["listeners"].items()}
    monkeypatch.setattr(ways_out, "LIBC", Refusing())
    for way in (ways_out.LISTENER, ways_out.ACCEPTED):
        with pytest.raises(PermissionError):
            ATTEMPTS[way](aims, b"")
    for way in (ways_out.LISTENER, ways_out.ACCEPTED):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(aims["listeners"][way])
    for way in ways_out.SPOILING[2:]:
        os.close(aims["listeners"][way])


def test_what_the_c_library_returns_is_kept() -> None:
    assert checked(3) == 3
