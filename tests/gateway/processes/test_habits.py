"""What every process of ours does first and last."""

import logging
import os
import signal
import subprocess
import sys

import pytest

from gateway.processes.habits import SWITCH_S, be_modest, heed_the_launcher_alone, run_quietly


def test_a_fault_is_told_by_its_place_and_not_by_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    def main() -> int:
        raise ValueError("turn on the kitchen light")

    with caplog.at_level(logging.ERROR):
        assert run_quietly(main) == 1
    assert "ValueError" in caplog.text
    assert "test_habits.py" in caplog.text
    assert "kitchen" not in caplog.text


def test_what_comes_out_well_is_handed_on() -> None:
    assert run_quietly(lambda: 3) == 3


@pytest.mark.parametrize(("name", "other"), [("OPENBLAS_NUM_THREADS", "4"), ("MKL_DISABLE_FAST_MM", "0")])
def test_libraries_are_modest_unless_somebody_wants_otherwise(
    monkeypatch: pytest.MonkeyPatch, name: str, other: str
) -> None:
    monkeypatch.delenv(name, raising=False)
    be_modest()
    assert os.environ[name] == "1"
    monkeypatch.setenv(name, other)
    be_modest()
    assert os.environ[name] == other


def test_no_thread_keeps_the_others_waiting_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    before_s = sys.getswitchinterval()
    try:
        be_modest()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    finally:
        sys.setswitchinterval(before_s)


def test_signals_for_all_are_left_to_the_launcher() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        heed_the_launcher_alone()
        for number in before:
            os.kill(os.getpid(), number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_leaving_waits_for_no_thread() -> None:
    program = (
        "import threading, time, logging\n"
        "from gateway.processes.habits import leave, log_what_happens, write_logs\n"
        "write_logs(), log_what_happens()\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "logging.getLogger('gateway.x').info('here')\n"
        "logging.getLogger('other').info('not here')\n"
        "print('said'), leave(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "said\n", "INFO gateway.x: here\n")
