import os
import socket
import stat
from pathlib import Path

import msgspec
import pytest

from gateway.sandbox import targets
from gateway.sandbox.aims import CHILD, MAIN, WHO, mark
from gateway.sandbox.targets import Canary, Targets, own_program
from gateway.sandbox.ways_out import SPOILING, WAYS


def canary() -> Canary:
    return Canary(processes=[os.getpid()])


def open_descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def age(folder: Path) -> None:
    """Have a folder look as if nobody had been there for longer than canaries are up."""
    long_ago = folder.stat().st_mtime - targets.STALE_S - 1
    os.utime(folder, (long_ago, long_ago))


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_targets_come_back_from_json_as_they_were() -> None:
    with Canary(processes=[1, 2], program=[Path("a"), Path("b")], secrets=[Path("c")]) as opened:
        sent = msgspec.json.encode(msgspec.to_builtins(opened.targets))
        assert msgspec.convert(msgspec.json.decode(sent), Targets) == opened.targets
        assert (opened.targets.processes, opened.targets.program, opened.targets.secrets) == (
            (1, 2),
            ("a", "b"),
            ("c",),
        )


def test_everybody_gets_listeners_of_their_own() -> None:
    with canary() as opened:
        assert len(set(opened.descriptors)) == len(WHO) * len(SPOILING)
        aims = [opened.targets.aims(who) for who in WHO]
        assert {descriptor for aim in aims for descriptor in aim["listeners"].values()} == set(opened.descriptors)
        assert all(aim["process"] == os.getpid() for aim in aims)


def test_at_each_listener_somebody_waits_to_be_let_in() -> None:
    with canary() as opened:
        for descriptor in opened.descriptors:
            with socket.socket(fileno=os.dup(descriptor)) as listener:
                listener.settimeout(1)
                listener.accept()[0].close()


def test_nothing_has_come_as_long_as_nobody_came() -> None:
    with canary() as opened:
        assert opened.reached == ()
        assert opened.reached == ()


def test_who_comes_is_known_by_the_mark() -> None:
    with canary() as opened:
        where = opened.targets
        for way, address in (("tcp", where.tcp), ("fast open", where.tcp)):
            with socket.create_connection(address) as sock:
                sock.sendall(mark(CHILD, way))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(mark(MAIN, "unix pair"), where.abstract_datagram)
        assert opened.reached == ("child fast open", "child tcp", "main unix pair")


def test_a_query_for_a_name_is_known_by_its_first_label() -> None:
    shown = mark(MAIN, "dns name")
    with canary() as opened, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(bytes(12) + bytes([len(shown)]) + shown + b"\x07invalid\x00\x00\x01\x00\x01", opened.targets.dns)
        assert opened.reached == ("main dns name",)


@pytest.mark.parametrize("data", [b"", b"something", b"main-nonsense", bytes(12) + b"\xff", bytes(13), b"x" * 4_000])
def test_who_comes_without_a_mark_is_known_by_where(data: bytes) -> None:
    with canary() as opened, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(data, opened.targets.udp)
        with socket.create_connection(opened.targets.tcp) as connection:
            connection.sendall(data)
            assert opened.reached == ("tcp", "udp")


def test_what_has_come_is_remembered() -> None:
    with canary() as opened:
        for count, way in enumerate(("tcp", "mptcp"), start=1):
            with socket.create_connection(opened.targets.tcp) as sock:
                sock.sendall(mark(MAIN, way))
            assert len(opened.reached) == count


def test_a_visitor_who_hangs_up_hard_came_all_the_same() -> None:
    with canary() as opened:
        with socket.create_connection(opened.targets.tcp) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        assert opened.reached == ("tcp",)


def test_only_so_many_visitors_are_looked_at_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "MOST_VISITORS", 1)
    with canary() as opened, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for way in ("udp", "udp sendmsg"):
            sock.sendto(mark(MAIN, way), opened.targets.udp)
        assert [opened.reached for _ in range(2)] == [("main udp",), ("main udp", "main udp sendmsg")]


def test_any_user_can_reach_the_canaries() -> None:
    with canary() as opened:
        for path in (Path(opened.targets.unix), Path(opened.targets.unix_datagram)):
            assert stat.S_IMODE(path.stat().st_mode) == 0o666
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o711


def test_afterwards_nothing_is_left() -> None:
    before = open_descriptors()
    with canary() as opened:
        folder = Path(opened.targets.unix).parent
        assert all(map(is_open, opened.descriptors))
    assert not folder.exists()
    assert open_descriptors() == before


def test_a_canary_that_cannot_be_opened_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = open_descriptors()
    monkeypatch.setattr(targets, "_LOOPBACK", "192.0.2.1")
    with pytest.raises(OSError, match="assign"), canary():
        raise AssertionError
    assert not list(tmp_path.iterdir())
    assert open_descriptors() == before


class TestWhatAKilledProcessHasLeft:
    @pytest.fixture(autouse=True)
    def _temporary(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    @staticmethod
    def left(folder: Path, *names: str) -> Path:
        """Leave a folder with such sockets, an hour and a bit old."""
        left = folder / f"{targets.FOLDER_PREFIX}x"
        left.mkdir()
        for name in names:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(str(left / name))
        age(left)
        return left

    @pytest.mark.parametrize("names", [("stream", "datagram"), ("stream",), ()])
    def test_it_is_removed_by_the_next(self, tmp_path: Path, names: tuple[str, ...]) -> None:
        left = self.left(tmp_path, *names)
        with canary() as opened:
            assert list(tmp_path.iterdir()) == [Path(opened.targets.unix).parent] != [left]

    def test_what_may_be_in_use_stays(self, tmp_path: Path) -> None:
        left = self.left(tmp_path, "stream", "datagram")
        os.utime(left)
        targets.remove_stale()
        assert {path.name for path in left.iterdir()} == {"stream", "datagram"}

    def test_what_is_somebody_elses_stays(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        left = self.left(tmp_path, "stream")
        monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
        targets.remove_stale()
        assert (left / "stream").is_socket()

    def test_what_is_no_socket_stays(self, tmp_path: Path) -> None:
        left = self.left(tmp_path)
        (left / "stream").write_text("a file", encoding="ascii")
        age(left)
        targets.remove_stale()
        assert (left / "stream").is_file()

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        left = self.left(tmp_path, "stream")
        left.rename(tmp_path / "elsewhere")
        left.symlink_to(tmp_path / "elsewhere")
        targets.remove_stale()
        assert (tmp_path / "elsewhere" / "stream").is_socket()


def test_where_there_is_no_ipv6_it_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "AF_INET6", 0)
    with canary() as opened:
        assert opened.targets.tcp6 is None
        assert opened.targets.aims(MAIN)["tcp6"] is None


def test_the_program_is_ours_its_libraries_and_python() -> None:
    program = own_program()
    assert all(path.exists() for path in program)
    assert {path.is_dir() for path in program} == {True, False}
    with canary() as opened:
        assert opened.targets.program == tuple(map(str, program))


def test_every_way_has_a_mark_of_its_own() -> None:
    marks = [mark(who, way) for who in WHO for way in WAYS]
    assert len(set(marks)) == len(marks)
    assert all(len(shown) <= 63 for shown in marks), "a label of a domain name has no more"
