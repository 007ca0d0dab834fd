"""The systemd units of the gateway and of a satellite, as text: what they run, and everything that they may not do.

Writes no file and asks nobody: whoever calls it says which program runs, and where.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError

MARK: Final = "# Written by `local-voice service install`; SHA-256 of the lines that follow: "
SYSTEM_DATA, SYSTEM_CONFIG, SYSTEM_CACHE = "/var/lib", "/etc", "/var/cache"
"""Instead of a user's own folders (XDG): the unit's StateDirectory= and CacheDirectory= lie there."""
USER_NAME: Final = "local-voice"
STATE_MODE: Final = "0711"
"""Of the folder that gateway and satellite share on one machine, so that neither takes from the other."""
CAPABILITIES: Final = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL")
"""What it takes to have the process that hears run as another user: to start it, and to end it."""
ADDRESS_FILTER: Final = "IPAddressDeny=any"
"""The line by which a unit's processes reach the home network only."""
HOMES: Final = ("/home", "/root", "/run/user")
"""What ProtectHome= hides."""

_HEAD: Final = """\
[Unit]
Description={description}
{order}
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
WorkingDirectory={folder}
{environment}
# What is wrong may be right again in a moment: a network that comes up, a device that is plugged in.
Restart=on-failure
RestartSec=15
TimeoutStopSec=20
# Twice what the largest model that is recommended takes; a leak must not take the whole machine.
MemoryMax={memory_max}
TasksMax=128
UMask=0077
"""

_PROCESSES: Final = """\
# The launcher is asked to stop, and ends the others in order. Where memory is short the kernel takes the largest of
# them, the process that hears, and the launcher starts that anew.
KillMode=mixed
OOMPolicy=continue
"""

_ANYWHERE: Final = """\

# No privileges, now or later.
NoNewPrivileges=yes
RestrictSUIDSGID=yes
RestrictNamespaces={namespaces}
RestrictRealtime=yes
LockPersonality=yes
# Sockets of this machine and of IP; netlink tells which addresses this machine has.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# onnxruntime puts each of its threads on a core.
SystemCallFilter=sched_setaffinity
SystemCallErrorNumber=EPERM
{confining}# MemoryDenyWriteExecute= is missing on purpose: CTranslate2 makes code while it recognises.
"""

_CONFINING: Final = """\
# The process that hears confines itself further: a filter of its own, Landlock, another user, an empty network.
SystemCallFilter=seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self @setuid capset
"""

_SYSTEM: Final = """\

# A user of its own, who exists while the service runs, and its own folders. Others may go through the first of them:
# the models in it are read by the process that hears; all else there is closed to it.
DynamicUser=yes
User={user}
StateDirectory=local-voice
StateDirectoryMode={state_mode}
CacheDirectory=local-voice
ConfigurationDirectory=local-voice
ProtectSystem=strict
ProtectHome={protect_home}
PrivateTmp=yes
PrivateMounts=yes
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
KeyringMode=private
RemoveIPC=yes
"""

_AT_HOME: Final = f"""\

# The home network and nothing beyond it.
{ADDRESS_FILTER}
IPAddressAllow=localhost link-local multicast
IPAddressAllow=10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7
"""

_MAY_LEAVE: Final = """\

# No filter of addresses (IPAddressDeny=): the owner has added a destination that is not at home (`local-voice cloud
# list`), and the broker needs a way there. What hears is kept from every network by its own filter, whatever is here.
"""

_GATEWAY: Final = """\

PrivateDevices=yes
# The launcher starts the process that hears as yet another user, and has to be able to end it. PrivateUsers=yes would
# prevent that, as it knows of no other user; ProtectProc=invisible would hide from the launcher whether it is confined.
AmbientCapabilities={capabilities}
CapabilityBoundingSet={capabilities}
# Who can become another user can become root's, without root's powers: what that one could read or ask is out of reach.
InaccessiblePaths=-/etc/shadow -/etc/gshadow -/etc/ssh -/etc/ssl/private
InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/docker.sock -/run/containerd -/run/podman
"""

_SATELLITE: Final = """\

ProtectProc=invisible
AmbientCapabilities=
CapabilityBoundingSet=
# Microphone and speaker, and no other device.
SupplementaryGroups=audio
DevicePolicy=closed
DeviceAllow=char-alsa rw
"""

_TAIL: Final = """\

[Install]
WantedBy={target}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a unit runs."""

    executable: Path
    arguments: tuple[str, ...]
    folder: Path
    """Where it runs, which is where Python finds the package."""
    environment: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitKind:
    """Which unit: whose, and of what."""

    is_satellite: bool
    is_user: bool
    """Of one user's own service manager instead of the system's."""

    @property
    def name(self) -> str:
        """The unit's name without `.service`."""
        return "local-voice-satellite" if self.is_satellite else "local-voice"

    @property
    def subject(self) -> str:
        """What it runs, for people."""
        return "satellite" if self.is_satellite else "gateway"


def unit_text(kind: UnitKind, program: Program, *, may_leave: bool = False) -> str:
    """Return the unit, first the line by which `is_unchanged` knows it. Raises ConfigError.

    `may_leave` is for a gateway that has destinations which are not at home: it gets no filter of addresses.
    """
    environment = {"PYTHONUNBUFFERED": "1", **dict(program.environment)}
    if not kind.is_user:
        environment |= {"XDG_DATA_HOME": SYSTEM_DATA, "XDG_CONFIG_HOME": SYSTEM_CONFIG, "XDG_CACHE_HOME": SYSTEM_CACHE}
    parts = [
        _HEAD.format(
            description=f"Local Voice, {'a satellite' if kind.is_satellite else 'the gateway'}",
            order="# A user's manager knows of no network to wait for; the program waits for it by itself."
            if kind.is_user
            else "Wants=network-online.target\nAfter=network-online.target sound.target",
            command=" ".join([_executable(program.executable), *map(_argument, program.arguments)]),
            folder=_plain(str(program.folder)),
            environment="\n".join(f"Environment={_quoted(f'{key}={value}')}" for key, value in environment.items()),
            memory_max="1G" if kind.is_satellite else "2G",
        ),
        "" if kind.is_satellite else _PROCESSES,
        _ANYWHERE.format(
            namespaces="yes" if kind.is_satellite else "user net",
            confining="" if kind.is_satellite else _CONFINING,
        ),
        "\n# What needs namespaces or the firewall is left to the system's manager: not every kernel lets a user.\n"
        if kind.is_user
        else _SYSTEM.format(user=USER_NAME, state_mode=STATE_MODE, protect_home=_protect_home(program)),
        "" if kind.is_user else _MAY_LEAVE if may_leave else _AT_HOME,
        ""
        if kind.is_user
        else _SATELLITE
        if kind.is_satellite
        else _GATEWAY.format(capabilities=" ".join(CAPABILITIES)),
        _TAIL.format(target="default.target" if kind.is_user else "multi-user.target"),
    ]
    body = "".join(parts)
    return f"{MARK}{_hash(body)}\n{body}"


def is_unchanged(text: str) -> bool:
    """Tell whether a unit is as `unit_text` made it, in this version or another: nobody has edited it since."""
    first, _, body = text.partition("\n")
    return first == f"{MARK}{_hash(body)}"


def _protect_home(program: Program) -> str:
    places = (program.executable, program.executable.resolve(), program.folder)
    return "read-only" if any(place.is_relative_to(home) for place in places for home in HOMES) else "yes"


def _executable(path: Path) -> str:
    """Return the path of a program; in it systemd replaces no variables, and allows no quotation marks."""
    if set(str(path)) & set("\"'\\"):
        raise _unwritable(str(path))
    return _quoted(str(path))


def _argument(text: str) -> str:
    return _quoted(text.replace("$", "$$"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_plain(escaped)}"'


def _plain(text: str) -> str:
    if not text.isprintable():
        raise _unwritable(text)
    return text.replace("%", "%%")


def _unwritable(text: str) -> ConfigError:
    return ConfigError(
        f"{text!r} cannot be written into a systemd unit; move the program to a folder with a plain name"
    )


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
