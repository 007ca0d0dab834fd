"""Home Assistant as a household runs it: a process of its own, in a fresh configuration folder, on loopback."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
PYTHON: Final = ROOT / ".venv-e2e/bin/python"
HOUSE: Final = Path(__file__).parent / "house"
START_S: Final = 90.0
"""Three seconds on an idle machine; the tests' machine has two cores and other things to do."""
STOP_S: Final = 10.0
"""What a test allows for a clean stop."""
KILL_S: Final = 20.0
"""When a stop has failed for good."""
ASK_S: Final = 30.0
"""Onboarding loads translations and sets up integrations before it answers."""
CONFIGURATION: Final = """\
homeassistant:
  name: Test house
  unit_system: metric
  time_zone: UTC
  country: GB
  language: en
logger:
  default: warning
  logs:
    custom_components.local_voice: debug
assist_pipeline:
config:
conversation:
ffmpeg:
frontend:
media_source:
recorder:
  commit_interval: 0
system_health:
zeroconf:
lv_test_house:
automation:
  - alias: Movie time
    triggers:
      - trigger: conversation
        command: "it is movie time"
    actions:
      - action: light.turn_off
        target:
          entity_id: light.living_room
      - set_conversation_response: "Enjoy the movie"
  - alias: Song
    triggers:
      - trigger: conversation
        command: "sing about {thing}"
    actions:
      - set_conversation_response: "This song is about {{ trigger.slots.thing }}"
intent_script:
  WaterPlant:
    speech:
      text: "The {{ plant }} in the hall is happy now"
"""
"""Of what `default_config` sets up, what voice needs; nothing that dials out. The recorder shows what would be kept."""

SENTENCES: Final = """\
language: en
intents:
  WaterPlant:
    data:
      - sentences: ["water the {plant}", "give the {plant} [some] water"]
lists:
  plant:
    values: [monstera, begonia, calathea]
"""
"""Of the household's own; recognition mishears some of what they name."""

_COMPLAINT: Final = re.compile(r"^\S+ \S+ (?:(ERROR|CRITICAL) |WARNING .*local_voice)", re.MULTILINE)
_ALWAYS_EXPECTED: Final = (
    "We found a custom integration ",
    "Error loading libturbojpeg",  # a library of the machine's, for cameras
)


@dataclass(slots=True)
class HomeAssistant:
    """A Home Assistant that runs, or can run again in the same folder."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    expected: list[str] = field(default_factory=list)
    """What a test expects to be complained of: part of a line of the log."""

    @property
    def url(self) -> str:
        """Where a browser finds it; a name that browsers take for safe, so that the microphone is allowed."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """Return all that it has said since the folder was made."""
        path = self.folder / "console.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def complaints(self) -> list[str]:
        """Return the errors in the log, and the warnings about Local Voice, which nobody expected."""
        known = (*_ALWAYS_EXPECTED, *self.expected)
        lines = [line for line in self.log.splitlines() if _COMPLAINT.match(line)]
        return [line for line in lines if not any(words in line for words in known)]

    def start(self) -> None:
        """Start it, and return when it answers."""
        environ = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        with (self.folder / "console.log").open("ab") as log:
            self.process = subprocess.Popen(
                # -P and the working folder: the integration comes from the configuration, never from this project.
                # --skip-pip: what is missing fails, and nothing is fetched.
                [PYTHON, "-P", "-m", "homeassistant", "--config", self.folder, "--skip-pip", "--log-no-color"],
                cwd=self.folder,
                env={**environ, "HOME": str(self.folder), "TZ": "UTC", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        over_s = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None, f"Home Assistant has ended: {self.log[-4000:]}"
            assert time.monotonic() < over_s, f"Home Assistant does not answer: {self.log[-4000:]}"
            time.sleep(0.1)

    def stop(self) -> float:
        """Stop it as a service manager does; return how many seconds it took."""
        assert self.process is not None
        start_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(KILL_S)
        finally:
            self.kill()
        assert code == 0, f"Home Assistant ended with {code}: {self.log[-4000:]}"
        return time.monotonic() - start_s

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, path: str, body: object = None, token: str = "", **headers: str) -> Any:
        """Ask its HTTP API: POST with a `body`, else GET. Returns what the JSON says."""
        head = {"Content-Type": "application/json", **headers}
        if token:
            head["Authorization"] = f"Bearer {token}"
        return json.loads(self._fetch(path, body if isinstance(body, bytes | None) else json.dumps(body), head))

    def _answers(self) -> bool:
        try:
            return bool(self._fetch("/manifest.json", None, {}))
        except OSError, HTTPException:  # nobody listens yet, or it listens and is not ready
            return False

    def _fetch(self, path: str, body: str | bytes | None, headers: dict[str, str]) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ASK_S)
        with contextlib.closing(connection):
            connection.request("GET" if body is None else "POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        if answer.status != HTTPStatus.OK:
            raise HTTPException(f"{path}: {answer.status} {content[:200]!r}")
        return content


@contextmanager
def running_home_assistant(folder: Path, archive: Path) -> Iterator[HomeAssistant]:
    """Run Home Assistant during the block, Local Voice unpacked into it from `archive` as HACS does.

    At the end it must stop cleanly, and must not have complained of anything that the block did not expect.
    """
    home_assistant = HomeAssistant(folder=folder, port=_free_port())
    write_configuration(folder, home_assistant.port, archive)
    home_assistant.start()
    try:
        yield home_assistant
        if home_assistant.process is not None:
            took_s = home_assistant.stop()
            assert took_s < STOP_S, f"Home Assistant took {took_s:.1f} s to stop"
        assert not home_assistant.complaints, "\n".join(home_assistant.complaints)
    finally:
        home_assistant.kill()


def write_configuration(folder: Path, port: int, archive: Path | None) -> None:
    """Make a configuration folder with a small house in it, and the integration where there is an archive of it."""
    components = folder / "custom_components"
    (folder / ".storage").mkdir(parents=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "custom_sentences/en").mkdir(parents=True)
    (folder / "custom_sentences/en/plants.yaml").write_text(SENTENCES, encoding="utf-8")
    if archive is not None:
        with zipfile.ZipFile(archive) as release:
            release.extractall(components / "local_voice")
    shutil.copytree(HOUSE, components, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    # `http:` in the YAML is ignored for the first start of a new installation; what is stored is not.
    server = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "ip_ban_enabled": False,
        "login_attempts_threshold": -1,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
    }
    _store(folder, "http", {"stable": server, "pending": None, "yaml_migration_done": True}, version=3)
    # This step would set up weather and radio services, which dial out.
    _store(folder, "onboarding", {"done": ["core_config"]}, version=4)


def _store(folder: Path, key: str, data: object, *, version: int) -> None:
    stored = {"version": version, "minor_version": 1, "key": key, "data": data}
    (folder / ".storage" / key).write_text(json.dumps(stored), encoding="utf-8")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
