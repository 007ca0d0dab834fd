"""A sound card for tests: a PulseAudio server of our own with a virtual microphone and a virtual speaker.

What is played to the microphone's sink is what every program on this card hears; what programs play is recorded from
the speaker's sink, piece by piece with the time of each. The programs under test are real, and so is their pace.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

RATE_HZ = 16_000
LOUD = 300
"""A sample beyond this (-41 dB) is sound, not noise."""
READY_S = 10.0

_ASOUNDRC = """
pcm_type.pulse { lib "libasound_module_pcm_pulse.so" }
ctl_type.pulse { lib "libasound_module_ctl_pulse.so" }
pcm.!default { type pulse hint { show on description "The test's sound card" } }
ctl.!default { type pulse }
pcm.plug { @args [ SLAVE ] @args.SLAVE { type string } type plug slave.pcm $SLAVE }
"""
_PROGRAMS = ("pulseaudio", "pactl", "pacat", "parec", "setpriv")
_PLUGIN = "libasound_module_pcm_pulse.so"


def tone(hz: float, *, seconds: float, rate_hz: int = RATE_HZ) -> bytes:
    """Return a pure tone as mono s16le, a quarter of full scale."""
    phases = 2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz
    return (np.sin(phases) * 8192).astype("<i2").tobytes()


def why_missing() -> str | None:
    """Return why there can be no sound card here, or none."""
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"no virtual sound card: {', '.join(missing)} not installed (pulseaudio, pulseaudio-utils)"
    if not any(Path("/usr/lib").glob(f"*/alsa-lib/{_PLUGIN}")):
        return "no virtual sound card: ALSA's PulseAudio plug-in is not installed (libasound2-plugins)"
    return None


@dataclass(slots=True)
class SpeakerRecording:
    """What came out of the speaker, in pieces of about 10 ms, each with the monotonic time at which it was heard."""

    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    is_running: threading.Event = field(default_factory=threading.Event)
    has_sound: threading.Event = field(default_factory=threading.Event)

    def put(self, pcm: bytes) -> None:
        """Note what has just been heard."""
        self.pieces.append((time.monotonic(), pcm))
        self.is_running.set()
        if _is_loud(pcm):
            self.has_sound.set()

    @property
    def pcm(self) -> bytes:
        """Everything, 16 kHz mono s16le."""
        return b"".join(pcm for _, pcm in self.pieces)

    def loud_times_s(self) -> list[float]:
        """Return when sound was heard."""
        return [at for at, pcm in self.pieces if _is_loud(pcm)]

    @property
    def loud_ms(self) -> float:
        """Return how much sound was heard, in milliseconds."""
        return len(b"".join(pcm for _, pcm in self.pieces if _is_loud(pcm))) / 2 / RATE_HZ * 1000

    async def wait_for_sound(self, deadline_s: float = 5.0) -> None:
        """Return once something was heard."""
        if not await asyncio.to_thread(self.has_sound.wait, deadline_s):
            raise TimeoutError(f"nothing was heard from the speaker within {deadline_s} s")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundCard:
    """A running virtual sound card; `environ` brings any program onto it."""

    environ: dict[str, str]
    server: subprocess.Popen[bytes]

    def unplug(self) -> None:
        """Take the card away from the programs that use it, for good."""
        self.server.kill()
        self.server.wait()

    def listeners(self) -> int:
        """Return how many programs listen to the microphone or record the speaker at this moment."""
        command = ["pactl", "list", "short", "source-outputs"]
        return len(subprocess.check_output(command, env=os.environ | self.environ).splitlines())

    async def play_to_microphone(self, pcm: bytes) -> None:
        """Let the microphone hear 16 kHz mono s16le `pcm`, and return when it has."""
        player = await asyncio.create_subprocess_exec(
            *("pacat", "--playback", "--device=mic", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1"),
            "--latency-msec=30",
            stdin=asyncio.subprocess.PIPE,
            env=os.environ | self.environ,
        )
        try:
            await player.communicate(pcm)
        finally:
            if player.returncode is None:
                player.kill()
                await player.wait()

    @contextmanager
    def recorded_from_speaker(self, device: str = "speaker") -> Iterator[SpeakerRecording]:
        """Record the speaker during the block, in a thread of its own: busy event loops do not spoil the times.

        With `mic`, record what the microphone hears.
        """
        recording = SpeakerRecording()
        recorder = subprocess.Popen(
            [
                *(
                    "parec",
                    f"--device={device}.monitor",
                    "--raw",
                    "--format=s16le",
                    f"--rate={RATE_HZ}",
                    "--channels=1",
                ),
                "--latency-msec=10",
            ],
            stdout=subprocess.PIPE,
            bufsize=0,
            env=os.environ | self.environ,
        )
        thread = threading.Thread(target=_record, args=(recorder.stdout, recording))
        thread.start()
        try:
            if not recording.is_running.wait(READY_S):
                raise TimeoutError(f"the virtual {device} cannot be recorded")
            yield recording
        finally:
            recorder.kill()
            recorder.wait()
            thread.join()


@contextmanager
def running_soundcard() -> Iterator[SoundCard]:
    """Run the sound server for the time of the block; it dies with the test process, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="soundcard-") as name:
        folder = Path(name)
        socket = folder / "native"
        asoundrc = folder / "asound.conf"
        asoundrc.write_text(_ASOUNDRC)
        private = {"HOME": name, "XDG_RUNTIME_DIR": name, "PULSE_RUNTIME_PATH": name, "DBUS_SESSION_BUS_ADDRESS": ""}
        environ = {
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_COOKIE": str(folder / "cookie"),
            "ALSA_CONFIG_PATH": str(asoundrc),
        }
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(_server_command(socket), env=os.environ | private, stderr=log)
        try:
            _wait_until_ready(server, os.environ | environ, folder / "log")
            yield SoundCard(environ=environ, server=server)
        finally:
            server.terminate()
            try:
                server.wait(READY_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _is_loud(pcm: bytes) -> bool:
    return bool(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max() > LOUD)


def _record(source: IO[bytes], recording: SpeakerRecording) -> None:
    with source:
        rest = b""
        while piece := source.read(RATE_HZ):
            pcm = rest + piece
            whole_bytes = len(pcm) - len(pcm) % 2
            rest = pcm[whole_bytes:]
            if whole_bytes:
                recording.put(pcm[:whole_bytes])


def _server_command(socket: Path) -> list[str]:
    # Without `norewinds` a null sink renders two seconds ahead, and no time measured on it means anything.
    return [
        *("setpriv", "--pdeathsig", "KILL", "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no"),
        *("--exit-idle-time=-1", "--disable-shm=yes", "--realtime=no", "--high-priority=no", "--log-target=stderr"),
        *("-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"),
        *("-L", f"module-null-sink sink_name=mic rate={RATE_HZ} channels=1 norewinds=1"),
        *("-L", "module-null-sink sink_name=speaker rate=48000 channels=2 norewinds=1"),
    ]


def _wait_until_ready(server: subprocess.Popen[bytes], environ: dict[str, str], log: Path) -> None:
    deadline_s = time.monotonic() + READY_S
    commands = [["pactl", "set-default-sink", "speaker"], ["pactl", "set-default-source", "mic.monitor"]]
    while commands:
        if subprocess.run(commands[0], env=environ, capture_output=True, check=False).returncode == 0:
            commands.pop(0)
        elif server.poll() is not None or time.monotonic() > deadline_s:
            raise RuntimeError(f"the virtual sound card did not start: {log.read_text()}")
        else:
            time.sleep(0.05)
