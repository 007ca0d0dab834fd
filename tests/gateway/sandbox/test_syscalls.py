import os
import sys
from types import SimpleNamespace

import pytest

from gateway.sandbox.syscalls import AARCH64, NEWEST, NUMBERS, X86_64, Architecture, architecture
from tests.gateway.sandbox.headers import numbers

BOTH = pytest.mark.parametrize("machine", [X86_64, AARCH64], ids=lambda machine: machine.name)


@BOTH
def test_the_numbers_are_those_of_the_kernel(machine: Architecture) -> None:
    known = numbers(machine)
    compared = {call: machine.number(call) for call in NUMBERS if call in known}
    assert compared == {call: known[call] for call in compared}
    assert len(compared) >= len(NUMBERS) - 1, "headers of Linux 6.1 lack open_tree_attr, and nothing else"


@BOTH
def test_a_call_that_the_headers_do_not_know_is_newer_than_they_are(machine: Architecture) -> None:
    known = numbers(machine)
    assert all(machine.number(call) > max(known.values()) for call in NUMBERS if call not in known)


def test_calls_that_are_newer_than_both_have_one_number() -> None:
    """From 424 on, the kernel numbers all architectures alike; that holds the two columns together."""
    assert all(of.x86_64 == of.aarch64 for of in NUMBERS.values() if max(of) >= 424)
    assert max(max(of) for of in NUMBERS.values()) <= NEWEST


@pytest.mark.parametrize("name", ["x86_64", "aarch64"])
def test_the_machine_is_told_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=name))
    assert architecture().name == name


@pytest.mark.parametrize(("name", "bits"), [("riscv64", 64), ("armv7l", 32), ("aarch64", 32), ("x86_64", 32)])
def test_a_machine_that_is_not_known_is_named(name: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Raspberry Pi may run a kernel of 64 bits and a Python of 32, which makes other calls."""
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=name))
    monkeypatch.setattr(sys, "maxsize", (1 << (bits - 1)) - 1)
    with pytest.raises(OSError, match=rf"{name} with a Python of {bits} bits"):
        architecture()
