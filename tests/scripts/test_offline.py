import os
import socket
import subprocess
import sys

import pytest

from tests.scripts.conftest import REPOSITORY

OFFLINE = str(REPOSITORY / "scripts/offline")
PROBE = """
import os, socket
listening = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listening.getsockname(), timeout=5).close()
away = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    away.connect(("192.0.2.1", 9))  # sends nothing; only asks for a way there
    found = "open"
except OSError:
    found = "cut"
print(os.environ["LOCAL_VOICE_NETWORK"], found)
"""
MULTICAST = """
import os, socket
hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
hearing.settimeout(5)
hearing.bind(("", 0))
hearing.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.251") + bytes(4))
saying = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
saying.sendto(b"hello", ("224.0.0.251", hearing.getsockname()[1]))
print(hearing.recv(100).decode())
"""


def run(program: str) -> str:
    command = [OFFLINE, sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


def test_a_command_runs_without_a_network_or_is_told_that_it_has_one() -> None:
    claimed, found = run(PROBE).split()
    assert claimed in ("cut", "open")
    assert found == "cut" or claimed == "open"


def test_programs_that_are_cut_off_together_hear_each_others_multicast() -> None:
    if run(PROBE).startswith("open"):
        pytest.skip("the network cannot be cut off here")
    assert run(MULTICAST) == "hello"


def test_the_commands_own_exit_code_comes_back() -> None:
    command = [OFFLINE, "sh", "-c", "exit 7"]
    assert subprocess.run(command, timeout=30, check=False, stderr=subprocess.DEVNULL).returncode == 7


def test_arguments_arrive_as_they_are() -> None:
    command = [OFFLINE, "printf", "%s|", "a b", "$HOME", "*"]
    assert subprocess.run(command, timeout=30, check=True, capture_output=True, text=True).stdout == "a b|$HOME|*|"


def test_the_tests_themselves_are_cut_off_where_they_are_told_so() -> None:
    if os.environ.get("LOCAL_VOICE_NETWORK") == "cut":
        assert [name for _, name in socket.if_nameindex()] == ["lo"]
