import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.__main__ import main
from gateway.broker.cloud_store import CloudStore
from gateway.broker.destination import Destination, Kind
from gateway.commands.service import SYSTEM_UNITS, _next_steps, is_kept_at_home, service_dir, unit_path
from gateway.commands.systemd_unit import Program, UnitKind, is_unchanged, unit_text
from gateway.errors import ConfigError

GATEWAY = UnitKind(is_satellite=False, is_user=False)
SATELLITE = UnitKind(is_satellite=True, is_user=False)
OWN = UnitKind(is_satellite=False, is_user=True)
KINDS = [GATEWAY, SATELLITE, OWN, UnitKind(is_satellite=True, is_user=True)]
PROGRAM = Program(executable=Path(sys.executable), arguments=("-m", "gateway", "serve"), folder=Path("/"))
WORST_EXPOSURE = {"local-voice": 2.5, "local-voice-satellite": 2.0}
"""The scale ends at 10. The gateway has what its process that hears needs to be confined further: another user, an
empty network. Who judges the unit alone does not see that."""


def install(root: Path, *arguments: str) -> int:
    return main(["service", "install", "--root", str(root), *arguments])


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another system's root, for a program that everybody may read."""
    monkeypatch.setattr("gateway.commands.service._check_readable", lambda _: None)
    return tmp_path / "root"


@pytest.fixture
def systemd_analyze() -> str:
    if program := shutil.which("systemd-analyze"):
        return program
    pytest.skip("systemd-analyze is not installed (Debian package systemd): nobody can judge the unit")


# What the unit says


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}{'-user' * kind.is_user}")
def test_systemd_finds_nothing_wrong_with_the_unit(kind: UnitKind, systemd_analyze: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind.name}.service"
    path.write_text(unit_text(kind, PROGRAM), encoding="utf-8")
    done = subprocess.run([systemd_analyze, "verify", path], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("kind", "may_leave"),
    [(GATEWAY, False), (GATEWAY, True), (SATELLITE, False)],
    ids=["gateway", "gateway that may leave", "satellite"],
)
def test_systemd_calls_the_unit_well_protected(
    kind: UnitKind, may_leave: bool, systemd_analyze: str, tmp_path: Path, state: Callable[[str], None]
) -> None:
    path = tmp_path / f"{kind.name}.service"
    path.write_text(unit_text(kind, PROGRAM, may_leave=may_leave), encoding="utf-8")
    command = [systemd_analyze, "security", "--offline=true", "--no-pager", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    score = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    if score is None:
        pytest.skip("this version of systemd-analyze judges no unit that is not installed")
    more = " that may leave" if may_leave else ""
    state(f"exposure of {kind.name}.service{more} (0 best, 10 worst): {score[1]}")
    assert float(score[1]) <= WORST_EXPOSURE[kind.name]


def test_paths_that_need_quoting_reach_systemd_whole(systemd_analyze: str, tmp_path: Path) -> None:
    folder = tmp_path / "a folder of 100 % & $HOME"
    folder.mkdir()
    executable = folder / "py thon"
    executable.symlink_to(sys.executable)
    program = Program(executable=executable, arguments=("-m", 'x "y" $z %h'), folder=folder)
    path = tmp_path / "local-voice.service"
    path.write_text(unit_text(GATEWAY, program), encoding="utf-8")
    done = subprocess.run([systemd_analyze, "verify", path], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert r'"x \"y\" $$z %%h"' in path.read_text()


@pytest.mark.parametrize(
    ("executable", "argument"),
    [("/bin/true\nExecStartPre=/bin/false", ""), ('/bin/"true"', ""), ("/bin/true", "x\nExecStartPre=/bin/false")],
)
def test_a_line_end_is_no_way_into_the_unit(executable: str, argument: str) -> None:
    program = Program(executable=Path(executable), arguments=(argument,), folder=Path("/"))
    with pytest.raises(ConfigError, match="cannot be written into a systemd unit"):
        unit_text(GATEWAY, program)


def test_the_gateway_sees_no_device_and_the_satellite_only_sound() -> None:
    assert "PrivateDevices=yes" in unit_text(GATEWAY, PROGRAM)
    satellite = unit_text(SATELLITE, PROGRAM)
    assert "PrivateDevices" not in satellite
    assert "DevicePolicy=closed\nDeviceAllow=char-alsa rw" in satellite


def settings(kind: UnitKind, *, may_leave: bool = False) -> dict[str, list[str]]:
    """Return what a unit says, each setting with all that is said of it, in order."""
    found: dict[str, list[str]] = {}
    for line in unit_text(kind, PROGRAM, may_leave=may_leave).splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_gateway_can_have_one_process_be_another_user_and_has_no_other_power() -> None:
    said = settings(GATEWAY)
    assert said["AmbientCapabilities"] == said["CapabilityBoundingSet"] == ["CAP_SETUID CAP_SETGID CAP_KILL"]
    assert said["DynamicUser"] == said["NoNewPrivileges"] == ["yes"]
    assert "PrivateUsers" not in said, "in it there is no other user to become"
    assert "ProtectProc" not in said, "the launcher looks at the filter of a process of another user"
    satellite = settings(SATELLITE)
    assert satellite["AmbientCapabilities"] == satellite["CapabilityBoundingSet"] == [""]
    assert satellite["ProtectProc"] == ["invisible"]


@pytest.mark.parametrize("kind", [GATEWAY, OWN], ids=["system", "user"])
def test_the_gateway_may_confine_itself_further_and_the_satellite_need_not(kind: UnitKind) -> None:
    said = settings(kind)
    assert said["RestrictNamespaces"] == ["user net"]
    last = said["SystemCallFilter"][-1].split()
    assert {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "capset"} <= set(last)
    assert said["KillMode"] == ["mixed"]
    satellite = settings(SATELLITE)
    assert satellite["RestrictNamespaces"] == ["yes"]
    assert not {"seccomp", "capset", "@setuid"} & {
        word for line in satellite["SystemCallFilter"] for word in line.split()
    }


def test_only_a_unit_that_may_leave_has_no_filter_of_addresses() -> None:
    closed, opened = settings(GATEWAY), settings(GATEWAY, may_leave=True)
    assert closed.pop("IPAddressDeny") == ["any"]
    assert len(closed.pop("IPAddressAllow")) == 2
    assert closed == opened, "all else is the same"
    assert "the owner has added a destination that is not at home" in unit_text(GATEWAY, PROGRAM, may_leave=True)
    assert settings(OWN, may_leave=True) == settings(OWN)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}{'-user' * kind.is_user}")
def test_calls_of_other_architectures_are_nobodys(kind: UnitKind) -> None:
    assert settings(kind)["SystemCallArchitectures"] == ["native"]


def test_gateway_and_satellite_agree_on_the_folder_that_they_share() -> None:
    modes = [settings(kind)["StateDirectoryMode"] for kind in (GATEWAY, SATELLITE)]
    assert modes == [["0711"], ["0711"]]


def test_a_program_in_a_home_is_readable_there_and_nothing_else_is_writable() -> None:
    at_home = Program(executable=Path("/home/ann/venv/bin/python"), arguments=(), folder=Path("/home/ann"))
    assert "ProtectHome=read-only" in unit_text(GATEWAY, at_home)
    elsewhere = Program(executable=Path("/usr/bin/env"), arguments=(), folder=Path("/opt/local-voice"))
    assert "ProtectHome=yes" in unit_text(GATEWAY, elsewhere)


def test_a_users_unit_asks_for_nothing_that_takes_root() -> None:
    text = unit_text(OWN, PROGRAM)
    for word in ("DynamicUser", "Protect", "Private", "IPAddress", "Capabilit", "Paths", "network-online"):
        assert word not in text
    assert "NoNewPrivileges=yes" in text


# Installing


def test_the_unit_runs_what_runs_now(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install(root) == 0
    text = (root / SYSTEM_UNITS / "local-voice.service").read_text()
    assert f'ExecStart="{sys.executable}" "-m" "gateway" "serve"\n' in text
    assert f"WorkingDirectory={Path(__file__).parents[3]}\n" in text
    assert 'Environment="XDG_DATA_HOME=/var/lib"' in text
    assert "Next" not in capsys.readouterr().out, "another system's manager is not here to be talked to"


def destination(name: str, *, is_local: bool) -> Destination:
    return Destination(
        id=name,
        kind=Kind.CHAT,
        host="api.example",
        port=443,
        path="/v1",
        model="m",
        is_local=is_local,
        key="",
        key_version=0,
        added_at="",
    )


def test_the_unit_lets_the_gateway_out_where_its_owner_has_added_a_destination_and_only_then(root: Path) -> None:
    folder = service_dir(root)
    unit = root / SYSTEM_UNITS / "local-voice.service"
    assert folder == root / "var/lib/local-voice/gateway"
    found = [is_kept_at_home(folder, root)]
    store = CloudStore(folder)
    for change in (
        lambda: store.put(destination("nas", is_local=True)),
        lambda: store.put(destination("work", is_local=False)),
        lambda: store.remove("work"),
    ):
        change()
        assert install(root) == 0
        assert is_unchanged(unit.read_text())
        found.append(is_kept_at_home(folder, root))
        assert install(root, "--satellite") == 0
        assert "IPAddressDeny=any" in unit.with_stem("local-voice-satellite").read_text()
    assert found == [False, True, False, True]
    assert not is_kept_at_home(root / "elsewhere", root), "what the unit says is for the service's folder"


def test_a_store_that_is_damaged_is_no_reason_to_open_the_unit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service_dir(root).mkdir(parents=True)
    (service_dir(root) / "cloud.json").write_text("{")
    assert install(root) == 2
    assert "cloud.json: damaged" in capsys.readouterr().err
    assert not (root / SYSTEM_UNITS).exists()


def test_a_users_unit_keeps_the_folders_that_hold_now(root: Path) -> None:
    assert install(root, "--user", "--satellite", "--gateway", "[fd00::5]:1234") == 0
    kind = UnitKind(is_satellite=True, is_user=True)
    text = unit_path(kind, root).read_text()
    assert '"satellite" "--gateway" "[fd00::5]:1234"' in text
    assert f'Environment="XDG_DATA_HOME={os.environ["XDG_DATA_HOME"]}"' in text


def test_printing_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert install(tmp_path / "root", "--print", "--satellite") == 0
    assert is_unchanged(capsys.readouterr().out)
    assert not (tmp_path / "root").exists()


def test_a_unit_that_was_edited_is_left_alone_without_force(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(root)
    path = root / SYSTEM_UNITS / "local-voice.service"
    edited = path.read_text().replace("MemoryMax=2G", "MemoryMax=8G")
    path.write_text(edited)
    assert install(root) == 2
    assert "was changed by hand" in capsys.readouterr().err
    assert main(["service", "uninstall", "--root", str(root)]) == 2
    assert path.read_text() == edited
    assert install(root, "--force") == 0
    assert is_unchanged(path.read_text())


def test_a_unit_of_another_version_of_ours_is_replaced(root: Path) -> None:
    install(root)
    path = root / SYSTEM_UNITS / "local-voice.service"
    mark, _, body = path.read_text().partition("\n")
    older = body.replace("MemoryMax=2G", "MemoryMax=1G")
    path.write_text(f"{mark[:-64]}{hashlib.sha256(older.encode()).hexdigest()}\n{older}")
    assert install(root) == 0
    assert "MemoryMax=2G" in path.read_text()


def test_a_unit_of_the_machine_takes_root(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for action in ("install", "uninstall"):
        assert main(["service", action]) == 2
        said = capsys.readouterr().err
        assert re.search(f"takes root: sudo .* service {action} …, or a service of your own: --user", said)
        assert said.count("\n") == 1


def test_a_program_that_strangers_cannot_read_is_no_service_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    python = closed / "python"
    python.touch(mode=0o755)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        if folder.stat().st_uid == os.getuid():
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)
    monkeypatch.setattr(sys, "executable", str(python))
    assert install(tmp_path / "root") == 2
    assert "is closed to other users" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--gateway", "host"], "only a satellite has one"),
        (["--satellite", "--gateway", "a b"], "must be a host or an address"),
    ],
)
def test_a_gateway_that_makes_no_sense_is_refused(
    arguments: list[str], said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install(root, *arguments) == 2
    assert said in capsys.readouterr().err
    assert not root.exists()


def test_a_folder_that_cannot_be_written_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root.mkdir()
    (root / "etc").write_text("in the way")
    assert install(root) == 2
    assert str(root / SYSTEM_UNITS) in capsys.readouterr().err


# Talking to systemd, for which a script stands that notes what it was asked


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a systemctl on the PATH that writes down its arguments and calls everything active."""
    folder, asked = tmp_path / "bin", tmp_path / "asked"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$*" >>"{asked}"\n[ "$2" = is-active ] && echo active\nexit 0\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return asked


def test_a_users_service_is_installed_shown_and_removed(systemctl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--user"]) == 0
    said = capsys.readouterr().out
    assert "systemctl --user enable --now local-voice\n" in said
    assert "journalctl --user -u local-voice -f" in said
    assert main(["service", "status"]) == 0
    assert f"gateway: active ({unit_path(OWN, None)})" in capsys.readouterr().out
    assert main(["service", "uninstall", "--user"]) == 0
    assert not unit_path(OWN, None).exists()
    assert "Removed" in capsys.readouterr().out
    asked = systemctl.read_text().splitlines()
    assert asked == ["--user is-active local-voice", "--user disable --now local-voice", "--user daemon-reload"]


def test_a_satellite_is_told_how_to_pair_first(systemctl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["service", "install", "--user", "--satellite", "--gateway", "192.168.1.5"])
    said = capsys.readouterr().out
    assert "satellite --gateway 192.168.1.5\n" in said
    assert said.index("to pair it") < said.index("systemctl --user enable --now local-voice-satellite")


def test_what_comes_next_is_said_for_the_machines_services_too() -> None:
    steps = list(_next_steps(GATEWAY, PROGRAM))
    assert steps[1] == "sudo systemctl enable --now local-voice"
    assert steps[2].startswith("journalctl -u local-voice -f")
    assert steps[3].startswith("sudo ")
    pairing = list(_next_steps(SATELLITE, PROGRAM))[1]
    assert pairing.startswith("sudo systemd-run --pty --collect -p DynamicUser=yes -p User=local-voice ")


def test_without_systemctl_the_status_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["service", "install", "--user"])
    monkeypatch.setenv("PATH", str(tmp_path))
    path = unit_path(OWN, None)
    path.write_text(path.read_text() + "# mine\n")
    capsys.readouterr()
    assert main(["service", "status"]) == 0
    assert "systemctl does not answer" in capsys.readouterr().out
    assert main(["service", "status", "--root", str(tmp_path / "nothing")]) == 3
    assert "No service is installed" in capsys.readouterr().out


def test_what_is_not_there_cannot_be_removed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "uninstall", "--root", str(root)]) == 2
    assert "there is no such unit" in capsys.readouterr().err


def test_the_units_of_the_machine_lie_where_systemd_looks() -> None:
    assert unit_path(GATEWAY, None) == Path("/etc/systemd/system/local-voice.service")
    assert unit_path(SATELLITE, Path("/mnt")) == Path("/mnt/etc/systemd/system/local-voice-satellite.service")
