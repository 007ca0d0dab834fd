import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import structs

from gateway.commands import protection_trial
from gateway.commands.protection_checks import NOT_STRICT, SEPARATE, WRITABLE, protection_findings
from gateway.commands.protection_trial import tried
from gateway.commands.service_checks import Finding, Level
from gateway.config import Config, ServerConfig
from gateway.errors import ProcessError
from gateway.paths import gateway_dir
from gateway.protection import SAME_USER, Layer
from gateway.sandbox.targets import Canary, Targets
from gateway.wire.broker_words import Peers, ProtectionIs
from gateway.wire.messages import Message, Refused, encode
from gateway.wire.owners_lines import OWNER_SOCKET

DEADLINE_S = 10.0
WHOLE = ProtectionIs(is_enforced=True, is_same_user=False, layers=tuple(Layer), missing={}, attempts=120, ways_out=())


@contextmanager
def running(answer: Message) -> Iterator[None]:
    """Have a gateway during the block that one may ask one thing, and that says only this."""
    gateway_dir().mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(gateway_dir() / OWNER_SOCKET))
        listener.listen()
        listener.settimeout(DEADLINE_S)

        def say() -> None:
            asking, _ = listener.accept()
            with asking, asking.makefile("rb") as lines:
                lines.readline()
                asking.sendall(encode(answer) + b"\n")

        thread = threading.Thread(target=say, daemon=True)
        thread.start()
        yield
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def asked(answer: Message, config: Config | None = None) -> list[Finding]:
    with running(answer):
        return protection_findings(config or Config(), gateway_dir())


def texts(findings: list[Finding], level: Level) -> list[str]:
    return [finding.text for finding in findings if finding.level is level]


# A gateway that runs


def test_a_gateway_that_runs_says_how_it_is_protected() -> None:
    findings = asked(WHOLE)
    assert (
        findings[0].text
        == "the process that hears cannot connect: 120 ways out tried, none open (when it started last)"
    )
    assert [text.partition(":")[0] for text in texts(findings, Level.GOOD)[1:]] == list(Layer)
    assert {finding.level for finding in findings} == {Level.GOOD}


def test_a_way_out_is_red() -> None:
    found = asked(structs.replace(WHOLE, is_enforced=False, ways_out=("main tcp", "child dns")))
    (problem,) = texts(found, Level.PROBLEM)
    assert "could connect: open are main tcp, child dns (120 ways out tried" in problem


def test_a_missing_filter_is_red_and_another_missing_layer_yellow() -> None:
    missing = {"seccomp": "the kernel refuses the filter", "landlock": "this system's kernel has no Landlock"}
    found = asked(structs.replace(WHOLE, layers=(Layer.NO_CAPABILITIES,), missing=missing))
    first, second = texts(found, Level.PROBLEM)
    assert "could connect: nothing filters what it asks of the kernel" in first
    assert second == "seccomp is missing: the kernel refuses the filter"
    assert texts(found, Level.NOTE) == ["landlock is missing: this system's kernel has no Landlock"]


def test_a_filter_that_nobody_tried_is_red() -> None:
    found = asked(structs.replace(WHOLE, attempts=0))
    assert "could connect: nothing was tried" in texts(found, Level.PROBLEM)[0]


def test_the_same_user_is_said_with_the_way_out() -> None:
    layers = tuple(layer for layer in Layer if layer is not Layer.OWN_USER)
    found = asked(structs.replace(WHOLE, is_same_user=True, layers=layers))
    assert texts(found, Level.NOTE) == [f"{SAME_USER}; {SEPARATE}"]


def test_another_user_who_could_write_the_program_is_as_good_as_the_same() -> None:
    found = asked(structs.replace(WHOLE, is_same_user=True))
    assert texts(found, Level.NOTE) == [f"{SAME_USER}; {WRITABLE}"]


def test_a_layer_of_a_newer_gateway_is_passed_over() -> None:
    found = asked(structs.replace(WHOLE, layers=(Layer.SECCOMP, "quantum")))
    assert not [finding for finding in found if "quantum" in finding.text]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Refused(code="not_known", message="the process that hears has not started yet"), "has not started yet"),
        (Peers(peers=()), "answered out of order"),
    ],
)
def test_a_gateway_that_does_not_say_is_not_called_safe(answer: Message, said: str) -> None:
    (finding,) = asked(answer)
    assert (finding.level, said in finding.text) == (Level.NOTE, True)


def test_a_gateway_that_is_not_strict_is_red_whatever_it_says() -> None:
    found = asked(WHOLE, Config(server=ServerConfig(strict=False)))
    assert texts(found, Level.PROBLEM) == [NOT_STRICT]


# Where none runs


def test_where_none_runs_it_is_tried_and_nothing_is_left_behind() -> None:
    findings = protection_findings(Config(), gateway_dir())
    first = findings[0]
    assert first.level is Level.GOOD, first.text
    assert "none open (tried just now, as no gateway runs)" in first.text
    assert not gateway_dir().exists()


def test_what_is_tried_is_the_real_thing() -> None:
    protection = tried(gateway_dir())
    assert protection.is_enforced
    assert {Layer.SECCOMP, Layer.NO_NEW_PRIVILEGES, Layer.NO_CAPABILITIES} <= set(protection.layers)
    assert set(protection.missing) == set(Layer) - set(protection.layers)
    assert all(protection.missing.values()), "why not is said of each"
    assert protection.attempts >= 100


def test_without_the_filter_the_trial_finds_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sabotage = tmp_path / "sitecustomize.py"
    sabotage.write_text(
        "import os, sys\n"
        "if sys.argv[-1:] and 'protection_trial' in ' '.join(sys.orig_argv):\n"
        "    import gateway.confinement\n"
        "    gateway.confinement.install_filter = lambda: None\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    protection = tried(gateway_dir())
    assert not protection.is_enforced
    assert any(way.startswith("main ") for way in protection.ways_out)
    assert any(way.startswith("reached ") for way in protection.ways_out), "the canaries say so themselves"


def test_a_trial_that_fails_or_hangs_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1, stdout=b"")

    def endless(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        raise subprocess.TimeoutExpired("trial", 1)

    for kind, said in ((silent, "could not be tried"), (endless, "took more than 60 s")):
        monkeypatch.setattr("gateway.commands.protection_trial.subprocess.run", kind)
        with pytest.raises(ProcessError, match=said):
            tried(gateway_dir())
        (finding,) = protection_findings(Config(), gateway_dir())
        assert finding.level is Level.PROBLEM
        monkeypatch.undo()


def test_who_tries_keeps_only_what_it_tries_with_and_ends_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []

    class Ended(BaseException):
        """Instead of the end of this process."""

    def end(code: int) -> None:
        raise Ended(code)

    class Refusing:
        def __init__(self, targets: Targets, *, user: int | None) -> None:
            done.append(user)
            raise OSError(1, "half a user")

    monkeypatch.setattr(protection_trial, "close_other_descriptors", done.append)
    monkeypatch.setattr(protection_trial, "die_with_parent", done.append)
    monkeypatch.setattr(protection_trial, "Confinement", Refusing)
    monkeypatch.setattr("gateway.commands.protection_trial.os._exit", end)
    with Canary(processes=[os.getpid()]) as canary, pytest.raises(Ended):
        protection_trial._try(canary, user=10_871, answer=7, launcher=5)
    assert done == [{7, *canary.descriptors}, 5, 10_871]
