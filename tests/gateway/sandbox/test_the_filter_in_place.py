"""The filter on real processes: what they can no longer do, and what they still can."""

import errno
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.sandbox import seccomp
from gateway.sandbox.syscalls import architecture
from gateway.wire.identity import load_or_create_identity
from tests.gateway.sandbox.running import DEADLINE_S, ROOT, run, told

EPERM, ENOSYS = errno.EPERM, errno.ENOSYS

ATTEMPTS = """
import ctypes, errno, json, os, socket, subprocess, sys, threading
from gateway.sandbox.kernel import system_call
from gateway.sandbox.seccomp import install_filter
from gateway.sandbox.syscalls import NUMBERS, architecture

libc = ctypes.CDLL(None, use_errno=True)
nothing = ctypes.create_string_buffer(256)
at = ctypes.addressof(nothing)
one, other = socket.socketpair()

def error(number, *arguments):
    ctypes.set_errno(0)
    answer = libc.syscall(*map(ctypes.c_long, (number, *arguments)))
    return ctypes.get_errno() if answer == -1 else 0

number = architecture().number
ATTEMPTS = {
    "tcp": (number("socket"), socket.AF_INET, socket.SOCK_STREAM, 0),
    "udp": (number("socket"), socket.AF_INET6, socket.SOCK_DGRAM, 0),
    "unix datagrams": (number("socket"), socket.AF_UNIX, socket.SOCK_DGRAM, 0),
    "netlink": (number("socket"), socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "a pair of datagrams": (number("socketpair"), socket.AF_UNIX, socket.SOCK_DGRAM, 0, at),
    "connect": (number("connect"), one.fileno(), at, 16),
    "bind": (number("bind"), one.fileno(), at, 16),
    "listen": (number("listen"), one.fileno(), 1),
    "to an address": (number("sendto"), one.fileno(), at, 1, 0, at, 16),
    "fast open": (number("sendto"), one.fileno(), at, 1, socket.MSG_FASTOPEN, 0, 0),
    "fast open with sendmsg": (number("sendmsg"), one.fileno(), at, socket.MSG_FASTOPEN),
    "sendmmsg": (number("sendmmsg"), one.fileno(), at, 0, 0),
    "io_uring": (number("io_uring_setup"), 8, at),
    "bpf": (number("bpf"), 0, at, 8),
    "ptrace": (number("ptrace"), 999, os.getppid(), 0, 0),
    "memory": (number("process_vm_readv"), os.getpid(), at, 0, at, 0, 0),
    "descriptors": (number("pidfd_getfd"), one.fileno(), 0, 0),
    "setns": (number("setns"), one.fileno(), 0),
    "unshare": (number("unshare"), 0),
    "a process with its own network": (number("clone"), 0x4000_0011, 0, 0, 0, 0),
    "clone3": (number("clone3"), at, 88),
    "typing": (number("ioctl"), 0, 0x5412, at),
    "mount": (number("mount"), at, at, at, 0, 0),
    "a key": (number("request_key"), at, at, 0, 0),
    "x32": (0x4000_0000 | 41, socket.AF_INET, socket.SOCK_STREAM, 0),
    "x32's other numbers": (520,),
    "newer": (500,),
}

def attempts(*chosen):
    return {what: error(*call) for what, call in ATTEMPTS.items() if what in (chosen or ATTEMPTS)}

def in_a_child():
    code = SOURCE + "\\nprint(json.dumps(attempts()))"
    return json.loads(subprocess.run([sys.executable, "-c", code, "child"], capture_output=True, check=True).stdout)

def in_an_earlier_thread(go, found):
    go.wait(30)
    found.update(attempts())
"""
MAIN = """
found, go = {}, threading.Event()
earlier = threading.Thread(target=in_an_earlier_thread, args=(go, found))
earlier.start()
install_filter()
go.set()
earlier.join()
later = {}
after = threading.Thread(target=lambda: later.update(attempts()))
after.start()
after.join()
print(json.dumps({"main": attempts(), "earlier thread": found, "later thread": later, "child": in_a_child()}))
"""
HIDDEN_AS_IN_AN_OLDER_KERNEL = {"clone3", "x32's other numbers", "newer"}


def test_no_thread_and_no_child_can_do_what_is_refused() -> None:
    tried = told(f"SOURCE = {ATTEMPTS!r}\n{ATTEMPTS}\n{MAIN}")
    assert list(tried) == ["main", "earlier thread", "later thread", "child"]
    for errors in tried.values():
        assert {what for what, error in errors.items() if error == ENOSYS} == HIDDEN_AS_IN_AN_OLDER_KERNEL
        assert {what for what, error in errors.items() if error != EPERM} == HIDDEN_AS_IN_AN_OLDER_KERNEL


def test_without_the_filter_the_same_attempts_are_not_refused() -> None:
    """Or the test before could not fail. Those that mean nothing the kernel refuses in other words than the filter."""
    open_without = ["tcp", "udp", "unix datagrams", "a pair of datagrams", "netlink", "unshare"]
    in_other_words = ["connect", "bind", "listen", "fast open", "sendmmsg", "io_uring", "memory", "clone3"]
    errors = told(f"{ATTEMPTS}\nprint(json.dumps(attempts(*sys.argv[1:])))", *open_without, *in_other_words)
    assert {what for what, error in errors.items() if error == 0} >= set(open_without)
    assert EPERM not in errors.values()


@pytest.mark.skipif(architecture().name != "x86_64", reason="the other kind of calls is i386's: only x86-64 has them")
def test_calls_of_another_architecture_end_the_process() -> None:
    """`int 0x80` makes a call by i386's numbers, which a filter for 64 bits would take for others."""
    by_i386 = """
import ctypes, mmap, sys
from gateway.sandbox.seccomp import install_filter
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
if sys.argv[1] == "filter":
    install_filter()
print(call() > 0)
"""
    run(by_i386, "filter", is_measured=False, expect=-signal.SIGSYS)
    try:
        assert run(by_i386, "none", is_measured=False).strip() == "True"
    except AssertionError:
        pytest.skip("this kernel has no calls of i386 anyway")


def test_a_thread_with_another_filter_of_its_own_is_named() -> None:
    said = run("""
import ctypes, struct, threading
from gateway.sandbox.kernel import give_no_new_privileges, system_call
from gateway.sandbox.seccomp import install_filter
ready, go = threading.Event(), threading.Event()
def other():
    allow = ctypes.create_string_buffer(struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000), 8)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(allow)))
    give_no_new_privileges()
    system_call("seccomp", 1, 0, ctypes.addressof(program))
    ready.set()
    go.wait(30)
thread = threading.Thread(target=other)
thread.start()
ready.wait(30)
try:
    install_filter()
except OSError as error:
    print(str(thread.native_id) in str(error), error)
go.set()
""")
    assert said.startswith("True")
    assert "has a filter of its own, and cannot be given ours" in said


def test_a_kernel_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *_: int) -> int:
        raise OSError(errno.EINVAL, f"{name}: Invalid argument")

    monkeypatch.setattr(seccomp, "system_call", refuse)
    monkeypatch.setattr(seccomp, "give_no_new_privileges", lambda: None)
    with pytest.raises(OSError, match="seccomp: Invalid argument"):
        seccomp.install_filter()


def test_it_can_be_put_on_twice_and_not_be_taken_off() -> None:
    assert (
        told("""
import json, socket
from gateway.sandbox.seccomp import install_filter
install_filter()
install_filter()
try:
    socket.socket()
except PermissionError as error:
    print(json.dumps(error.errno))
""")
        == EPERM
    )


SERVER = """
import asyncio, ctypes, json, os, socket, ssl, subprocess, sys, threading
from aiohttp import web
from gateway.sandbox.seccomp import install_filter

listening = socket.socket(fileno=int(sys.argv[1]))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2])
install_filter()

async def main():
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    async def handle(request):
        child = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said, _ = await child.communicate(await request.read())
        told = await asyncio.to_thread(lambda: said.decode() + " from a thread")
        done.set()
        return web.Response(text=told)
    server = web.Server(handle)
    connection, _ = await loop.sock_accept(listening)
    await loop.connect_accepted_socket(server, connection, ssl=context)
    await asyncio.wait_for(done.wait(), 30)
    await asyncio.sleep(0.2)
    await server.shutdown(1)
    killed = subprocess.Popen(["sleep", "60"])
    killed.kill()
    assert killed.wait(10) == -9
    pidfd = os.pidfd_open(os.getpid())
    os.close(pidfd)
    os.close(os.memfd_create("sound"))
    os.close(os.eventfd(0))

listening.setblocking(False)
asyncio.run(main())
print("served")
"""


def test_a_server_on_an_inherited_socket_serves_with_tls_threads_and_programs(tmp_path: Path) -> None:
    load_or_create_identity(tmp_path / "voice.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(listening.fileno()), str(tmp_path / "voice.pem")],
            cwd=ROOT,
            pass_fds=[listening.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 30) as plain, context.wrap_socket(plain) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        answer = client.recv(65_536).decode()
    said, errors = server.communicate(timeout=DEADLINE_S)
    assert said == "served\n", errors
    assert answer.endswith("hello from a thread")


MEASURE = """
import json, os, time
from gateway.sandbox.seccomp import install_filter

ROUNDS, CALLS = 10, 20_000

def one_us(call):
    start = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - start) / CALLS * 1e6

def each_us(call):
    return min(one_us(call) for _ in range(ROUNDS))

reading, writing = os.pipe()
calls = {"getppid": os.getppid, "write": lambda: os.write(writing, b"")}
before = {name: each_us(call) for name, call in calls.items()}
start = time.perf_counter()
install_filter()
install_ms = (time.perf_counter() - start) * 1e3
after = {name: each_us(call) for name, call in calls.items()}
print(json.dumps({"install_ms": install_ms, "before": before, "after": after}))
"""


def test_what_it_costs(state: Callable[[str], None]) -> None:
    found = told(MEASURE, is_measured=False)
    added_us = max(found["after"][call] - found["before"][call] for call in found["before"])
    state(f"filter of system calls: put on in {found['install_ms']:.2f} ms, adds {added_us:.3f} us to a call")
    assert found["install_ms"] < 100
    assert added_us < 5
