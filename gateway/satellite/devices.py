"""Which sound devices and sound libraries this machine has, and which package is missing. Opens no device."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.satellite import portaudio

LIST_S = 5.0
"""arecord answers at once; only a broken driver lets it hang."""
MOST_DEVICES = 64
"""More than any machine has; a bound for what is printed."""

_NAMED = ("default", "pipewire", "pulse")
_HARDWARE = "plughw:"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDevice:
    """A microphone or a speaker; `id` is what the commands take as the device's name."""

    id: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDevices:
    """What this machine can hear and speak with. A device that is listed may still be unplugged or in use."""

    has_portaudio: bool
    has_arecord: bool
    has_aplay: bool
    microphones: tuple[SoundDevice, ...] = ()
    speakers: tuple[SoundDevice, ...] = ()

    @property
    def missing_packages(self) -> tuple[str, ...]:
        """Debian packages without which there is no sound at all; either one would do, the first is advised."""
        if self.has_portaudio or (self.has_arecord and self.has_aplay):
            return ()
        return ("alsa-utils", "libportaudio2")


def find_devices() -> SoundDevices:
    """Look at what is installed and plugged in. May take a second; call it in a thread."""
    library = portaudio.load()
    has_arecord, has_aplay = shutil.which("arecord") is not None, shutil.which("aplay") is not None
    if library is not None:
        microphones, speakers = (_from_portaudio(library.query_devices(), kind) for kind in ("input", "output"))
    else:
        microphones, speakers = (_from_alsa(name) for name in ("arecord", "aplay"))
    return SoundDevices(
        has_portaudio=library is not None,
        has_arecord=has_arecord,
        has_aplay=has_aplay,
        microphones=microphones,
        speakers=speakers,
    )


def parse_alsa_devices(listing: str) -> tuple[SoundDevice, ...]:
    """Return what people would choose of `arecord -L`: the defaults, and hardware with conversion.

    A name stands at the start of a line, its description indented below; everything else there is ALSA's plumbing.
    """
    entries = re.findall(r"^(\S.*)\n((?:[ \t]+.*\n?)*)", listing, flags=re.MULTILINE)
    devices = [
        SoundDevice(id=name, description=", ".join(line.strip() for line in description.splitlines()) or name)
        for name, description in entries
        if name in _NAMED or name.startswith(_HARDWARE)
    ]
    return tuple(devices[:MOST_DEVICES])


def _from_alsa(program: str) -> tuple[SoundDevice, ...]:
    try:
        listed = subprocess.run([program, "-L"], capture_output=True, timeout=LIST_S, check=False)  # noqa: S603
    except OSError, subprocess.TimeoutExpired:
        return ()
    return parse_alsa_devices(listed.stdout.decode(errors="replace"))


def _from_portaudio(known: Iterable[Mapping[str, str | int]], kind: str) -> tuple[SoundDevice, ...]:
    names = [str(device["name"]) for device in known if int(device[f"max_{kind}_channels"]) > 0]
    return tuple(SoundDevice(id=name, description=name) for name in names[:MOST_DEVICES])
