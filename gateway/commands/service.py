"""`local-voice service`: the gateway, or a satellite, as a service of systemd: install, uninstall, status.

Writes and removes the unit and says what to do next; it starts nothing by itself.
"""

import argparse
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import gateway
from gateway.broker.cloud_store import CloudStore
from gateway.commands.systemd_unit import (
    ADDRESS_FILTER,
    STATE_MODE,
    SYSTEM_DATA,
    USER_NAME,
    Program,
    UnitKind,
    is_unchanged,
    unit_text,
)
from gateway.config import Config
from gateway.errors import ConfigError
from gateway.files import read_bounded
from gateway.paths import APPLICATION
from gateway.satellite.known_gateways import parse_address

OK, NOT_INSTALLED = 0, 3
LARGEST_BYTES: Final = 64 * 1024
"""A unit has three kilobytes."""
SYSTEMCTL_S: Final = 30.0
"""Longer than a service may take to stop."""
SYSTEM_UNITS: Final = "etc/systemd/system"
XDG: Final = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command `service` to the program's."""
    parser = subparsers.add_parser("service")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    install = actions.add_parser("install", help="write the systemd unit and say what to do next")
    uninstall = actions.add_parser("uninstall", help="stop the service and remove its unit; data stays")
    status = actions.add_parser("status", help="which units are here, and whether they run")
    for action in (install, uninstall):
        action.add_argument("--user", action="store_true", help="a service of your own instead of the machine's")
        action.add_argument("--satellite", action="store_true", help="a microphone and a speaker, not the gateway")
        action.add_argument("--force", action="store_true", help="even if somebody has changed the unit")
    install.add_argument("--gateway", metavar="HOST", help="where the satellite's gateway is")
    install.add_argument("--print", dest="only_print", action="store_true", help="show the unit and write nothing")
    for action in (install, uninstall, status):
        action.add_argument("--root", type=Path, metavar="DIR", help="another system's root folder, e.g. an image's")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what `args` say and return the exit code. Raises ConfigError where that cannot be done."""
    if args.action == "status":
        return _status(args.root)
    kind = UnitKind(is_satellite=args.satellite, is_user=args.user)
    if args.action == "uninstall":
        _uninstall(kind, args.root, force=args.force)
        return OK
    if args.gateway and not args.satellite:
        raise ConfigError("--gateway: only a satellite has one; add --satellite")
    program = _program(kind, args.gateway)
    text = unit_text(kind, program, may_leave=_may_leave(kind, args.root))
    if args.only_print:
        _say(text.rstrip())
    else:
        _install(kind, program, text, args.root, force=args.force)
    return OK


def unit_path(kind: UnitKind, root: Path | None) -> Path:
    """Return where a unit of this kind lies."""
    if not kind.is_user:
        return (root or Path("/")) / SYSTEM_UNITS / f"{kind.name}.service"
    configured = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    folder = configured if configured.is_absolute() else Path.home() / ".config"
    inside = root / folder.relative_to("/") if root else folder
    return inside / "systemd/user" / f"{kind.name}.service"


def service_dir(root: Path | None = None) -> Path:
    """Return where the machine's gateway keeps what it has to remember."""
    return (root or Path("/")) / SYSTEM_DATA.lstrip("/") / APPLICATION / "gateway"


def is_kept_at_home(folder: Path, root: Path | None = None) -> bool:
    """Tell whether the gateway of this folder is a service that systemd lets reach the home network only."""
    lines = _content(unit_path(_GATEWAY, root)).splitlines()
    return folder == service_dir(root) and ADDRESS_FILTER in lines


def _may_leave(kind: UnitKind, root: Path | None) -> bool:
    """Tell whether a unit is of a gateway that has destinations which are not at home.

    Raises ConfigError where what is stored about them cannot be used.
    """
    if kind.is_user or kind.is_satellite or not os.access(service_dir(root), os.X_OK):
        return False
    return any(not found.is_local for found in CloudStore(service_dir(root)).destinations)


def _program(kind: UnitKind, gateway_host: str | None) -> Program:
    """Return the program that runs now, as the unit is to run it."""
    arguments = ["-m", "gateway", "satellite" if kind.is_satellite else "serve"]
    if gateway_host:
        parse_address(gateway_host, default_port=Config().server.port)
        arguments += ["--gateway", gateway_host]
    kept = XDG if kind.is_user else ()
    return Program(
        executable=Path(sys.executable),
        arguments=tuple(arguments),
        folder=Path(gateway.__file__).parents[1],
        environment=tuple((name, os.environ[name]) for name in kept if os.environ.get(name, "").startswith("/")),
    )


def _install(kind: UnitKind, program: Program, text: str, root: Path | None, *, force: bool) -> None:
    path = unit_path(kind, root)
    if not kind.is_user:
        _check_root(root, "install")
        _check_readable(program)
    if not force:
        _check_ours(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror})") from error
    _say(f"Written: {path}")
    if root is None:
        _say("Next:")
        for line in _next_steps(kind, program):
            _say(f"    {line}")


def _next_steps(kind: UnitKind, program: Program) -> Iterator[str]:
    systemctl, log = _systemctl(kind), f"journalctl {'--user ' if kind.is_user else ''}-u {kind.name} -f"
    command = _command(program)
    if kind.is_satellite:
        yield "# once, to pair it; `local-voice pair satellite --area ROOM` on the gateway shows the code; then Ctrl-C"
        yield f"{_as_service_user(kind)}{command} {' '.join(program.arguments[2:])}"
    yield f"{systemctl} daemon-reload"
    yield f"{systemctl} enable --now {kind.name}"
    if kind.is_user:
        yield "loginctl enable-linger    # so that it runs while you are not logged in"
    yield f"{log}    # {'what it does' if kind.is_satellite else 'the first start shows a pairing code here'}"
    if not kind.is_satellite:
        yield f"{_as_owner(kind)}{command} pair    # a new code, at any time"


def _as_owner(kind: UnitKind) -> str:
    return "" if kind.is_user else "sudo "


def _as_service_user(kind: UnitKind) -> str:
    """Return how to run a command as the user that the unit runs as, which exists only then."""
    if kind.is_user:
        return ""
    folder = f"-p StateDirectory=local-voice -p StateDirectoryMode={STATE_MODE}"
    properties = f"-p DynamicUser=yes -p User={USER_NAME} {folder} -p SupplementaryGroups=audio"
    return f"sudo systemd-run --pty --collect {properties} -E XDG_DATA_HOME={SYSTEM_DATA} "


def _command(program: Program) -> str:
    script = program.executable.with_name("local-voice")
    return str(script) if script.exists() else f"{program.executable} -m gateway"


def _uninstall(kind: UnitKind, root: Path | None, *, force: bool) -> None:
    path = unit_path(kind, root)
    if not kind.is_user:
        _check_root(root, "uninstall")
    if not path.exists():
        raise ConfigError(f"{path}: there is no such unit; `local-voice service status` shows which there are")
    if not force:
        _check_ours(path)
    if root is None:
        _ask_systemctl(kind, "disable", "--now", kind.name)
    try:
        path.unlink()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be removed ({error.strerror})") from error
    if root is None:
        _ask_systemctl(kind, "daemon-reload")
    data = "~/.local/share/local-voice" if kind.is_user else f"{SYSTEM_DATA}/local-voice"
    _say(f"Removed: {path}\nWhat it kept (pairings, models) is still in {data}.")


def _status(root: Path | None) -> int:
    kinds = [UnitKind(is_satellite=satellite, is_user=user) for satellite in (False, True) for user in (False, True)]
    found = [(kind, path) for kind in kinds if (path := unit_path(kind, root)).exists()]
    for kind, path in found:
        edited = "" if is_unchanged(_content(path)) else ", changed by hand"
        state = "" if root else f": {_ask_systemctl(kind, 'is-active', kind.name) or 'systemctl does not answer'}"
        _say(f"{kind.subject}{state} ({path}{edited})")
    if not found:
        _say("No service is installed; `local-voice service install` writes one.")
    return OK if found else NOT_INSTALLED


def _check_root(root: Path | None, action: str) -> None:
    if root is None and os.geteuid() != 0:
        raise ConfigError(
            f"a service of the machine takes root: sudo {_command(_program(_GATEWAY, None))} service {action} …, "
            "or a service of your own: --user"
        )


def _check_readable(program: Program) -> None:
    """Raise ConfigError where the service's user, who is a stranger to everybody, could not read the program."""
    for place in (program.executable, program.executable.resolve(), program.folder):
        for path in (place, *place.parents):
            needed = stat.S_IXOTH | (stat.S_IROTH if path == place else 0)
            if path.stat().st_mode & needed != needed:
                raise ConfigError(
                    f"{path} is closed to other users, and the service runs as one; put the project in a folder that "
                    "everybody may read, e.g. /opt/local-voice, or install a service of your own: --user"
                )


def _check_ours(path: Path) -> None:
    """Raise ConfigError for a unit that somebody else wrote, or that was edited since we wrote it."""
    if path.exists() and not is_unchanged(_content(path)):
        raise ConfigError(
            f"{path} was changed by hand and is left as it is; keep changes in a drop-in (systemctl edit "
            f"{path.stem}), or give up this file's with --force"
        )


def _content(path: Path) -> str:
    return (read_bounded(path, LARGEST_BYTES) or b"").decode("utf-8", "replace")


def _systemctl(kind: UnitKind) -> str:
    return "systemctl --user" if kind.is_user else "sudo systemctl"


def _ask_systemctl(kind: UnitKind, *arguments: str) -> str:
    """Return what systemctl says first; nothing where there is none, or where it does not know."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return ""
    whose = ["--user"] if kind.is_user else []
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [systemctl, *whose, *arguments], capture_output=True, text=True, timeout=SYSTEMCTL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.partition("\n")[0]


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command's answer


_GATEWAY: Final = UnitKind(is_satellite=False, is_user=False)
