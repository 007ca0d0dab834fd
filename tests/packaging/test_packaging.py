"""What can be known of the container and the app without Docker: their files fit each other and the project."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.commands.systemd_unit import CAPABILITIES
from gateway.config import Config, load_config
from tests.scripts.conftest import REPOSITORY

PACKAGING = REPOSITORY / "packaging"
APP = PACKAGING / "app"
FREE_KEYS = {"url", "startup", "boot", "init", "stage", "host_network", "watchdog", "timeout", "tmpfs", "apparmor"}
FREE_KEYS |= {"hassio_api", "homeassistant_api", "backup", "options", "schema", "ports", "image", "panel_icon"}
"""Of Home Assistant's documentation of app configurations, as far as we might use them."""
REQUIRED = {"name", "version", "slug", "description", "arch"}
SCHEMA_TYPES = re.compile(r"^(str|bool|int|float|list\(.+\)|match\(.+\))\??$")

NUMBERS = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}
"""Of `linux/capability.h`."""


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def version() -> str:
    found: str = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    return found


def copied() -> set[str]:
    """Return what the Dockerfile copies from its context."""
    lines = [line.split() for line in (PACKAGING / "Dockerfile").read_text().splitlines() if line.startswith("COPY")]
    return {word for words in lines if "--from=build" not in words for word in words[1:-1] if not word.startswith("--")}


def written(options: dict[str, object], folder: Path, *name: str) -> str:
    """Return what the app's own program makes of options."""
    path = folder / "options.json"
    path.write_text(json.dumps(options), encoding="utf-8")
    command = [sys.executable, str(APP / "write_config.py"), str(path), *name]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


# The app


def test_the_app_says_what_the_supervisor_requires_and_nothing_it_does_not_know() -> None:
    config = read(APP / "config.yaml")
    assert config.keys() >= REQUIRED
    assert config.keys() <= REQUIRED | FREE_KEYS
    assert re.fullmatch(r"[-_.A-Za-z0-9]+", config["slug"])
    assert set(config["arch"]) <= {"aarch64", "amd64"}
    assert config["watchdog"] == f"tcp://[HOST]:{Config().server.port}"


def test_the_app_asks_for_no_right_over_home_assistant_or_the_machine() -> None:
    config = read(APP / "config.yaml")
    assert config["hassio_api"] is config["homeassistant_api"] is False
    assert config["apparmor"] is True
    assert not config.keys() & {"privileged", "full_access", "docker_api", "devices", "host_pid", "host_dbus", "map"}


def test_every_option_has_a_type_and_words_in_each_language() -> None:
    config = read(APP / "config.yaml")
    schema = config["schema"]
    assert config["options"].keys() <= schema.keys()
    for kind in schema.values():
        assert SCHEMA_TYPES.match(kind[0] if isinstance(kind, list) else kind)
    needed = {name for name, kind in schema.items() if not str(kind).endswith("?")}
    assert needed == config["options"].keys()
    for language in ("en", "de"):
        texts = read(APP / "translations" / f"{language}.yaml")["configuration"]
        assert texts.keys() == schema.keys()
        assert all(text.keys() == {"name", "description"} for text in texts.values())


def test_the_apps_defaults_are_the_gateways_own(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(written(read(APP / "config.yaml")["options"], tmp_path), encoding="utf-8")
    assert load_config(path) == Config()


def test_what_a_person_types_into_an_option_reaches_the_configuration_whole(tmp_path: Path) -> None:
    voice = 'de_DE "x" \\ ü 🎙 \n[server]\nport = 1'
    options = read(APP / "config.yaml")["options"] | {
        "voice": voice,
        "second_language": "de",
        "wake_words": ["alexa", "okay_nabu"],
        "wyoming": True,
    }
    path = tmp_path / "config.toml"
    path.write_text(written(options, tmp_path), encoding="utf-8")
    config = load_config(path)
    assert config.tts.voice == voice
    assert config.stt.languages == ("en", "de")
    assert config.wake.words == ("alexa", "okay_nabu")
    assert config.wyoming.enabled
    assert config.server == Config().server


def test_an_option_that_is_not_set_is_empty(tmp_path: Path) -> None:
    assert written({"pair": "satellite"}, tmp_path, "pair") == "satellite"
    assert written({"pair": "satellite"}, tmp_path, "area") == ""


def test_the_app_is_put_together_with_all_that_its_dockerfile_copies(tmp_path: Path) -> None:
    folder = tmp_path / "apps" / "local_voice"
    for _ in range(2):  # the second time in place of the first
        subprocess.run([PACKAGING / "make-app", folder], capture_output=True, timeout=60, check=True)
    for name in copied() | {"config.yaml", "Dockerfile", "DOCS.md", "translations/en.yaml"}:
        assert (folder / name).exists(), name
    assert list(folder.rglob("config.yaml")) == [folder / "config.yaml"], "the Supervisor would take another for an app"
    assert not list(folder.rglob("__pycache__"))


@pytest.mark.parametrize("where", ["outside", "inside"])
def test_an_app_is_not_put_where_something_else_lies(where: str, tmp_path: Path) -> None:
    (tmp_path / "photos").touch()
    folder = tmp_path if where == "outside" else APP
    before = sorted(APP.rglob("*"))
    done = subprocess.run([PACKAGING / "make-app", folder], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("make-app: ")
    assert (tmp_path / "photos").exists()
    assert sorted(APP.rglob("*")) == before


# The container


def test_everything_that_the_dockerfile_copies_exists_and_is_let_into_the_context() -> None:
    let_in = {line[1:] for line in (PACKAGING / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    assert copied() == let_in
    for name in copied():
        assert (REPOSITORY / name).exists(), name


def test_every_package_in_the_container_is_locked_with_its_hash() -> None:
    text = (PACKAGING / "Dockerfile").read_text().replace("\\\n", " ")
    installs = re.findall(r"pip install [^&]*?(?=&&|\n)", text)
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--offline --no-deps" in install


def test_the_base_image_has_the_python_that_the_project_needs() -> None:
    images = re.findall(r"^FROM (\S+)", (PACKAGING / "Dockerfile").read_text(), re.MULTILINE)
    assert {image.partition("-")[0] for image in images} == {"python:3.14"}


def test_compose_gives_the_gateway_no_more_than_it_needs() -> None:
    service = read(PACKAGING / "compose.yaml")["services"]["gateway"]
    assert service["network_mode"] == "host"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert {f"CAP_{name}" for name in service["cap_add"]} == set(CAPABILITIES)
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert f"--uid {user_of(service['command'])} " in (PACKAGING / "Dockerfile").read_text()
    assert "data:/data" in service["volumes"]
    context = (PACKAGING / service["build"]["context"]).resolve()
    assert (context / service["build"]["dockerfile"]).is_file()
    assert not service.keys() & {"privileged", "user", "devices", "pid", "ipc"}


def user_of(command: list[str]) -> str:
    """Return whom `setpriv` makes of root, the group as well."""
    named = dict(word.split("=", 1) for word in command if "=" in word)
    assert named["--reuid"] == named["--regid"]
    return named["--reuid"]


def status_of(*command: str, bounds: str) -> dict[str, str]:
    """Return what the kernel says of what root starts by `command`, where root has only those capabilities."""
    bound = ("setpriv", "--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", f"--bounding-set=-all,{bounds}")
    done = subprocess.run(
        [*bound, *command, "cat", "/proc/self/status"], capture_output=True, text=True, timeout=30, check=True
    )
    return {name: value.strip() for name, _, value in (line.partition(":") for line in done.stdout.splitlines())}


def mask(*names: str) -> str:
    """Return capabilities as the kernel writes a set of them."""
    return f"{sum(1 << NUMBERS[name] for name in names):016x}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become who Docker's root is")
def test_what_compose_runs_becomes_the_gateways_user_with_the_capabilities_that_it_needs() -> None:
    service = read(PACKAGING / "compose.yaml")["services"]["gateway"]
    command = service["command"]
    assert command[-2:] == ["local-voice", "serve"]
    status = status_of(*command[:-2], bounds=",".join(f"+{name.lower()}" for name in service["cap_add"]))
    assert status["Uid"].split() == status["Gid"].split() == [user_of(command)] * 4
    assert status["Groups"] == ""
    assert {status[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {mask(*CAPABILITIES)}
    assert status["NoNewPrivs"] == "1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become who the app's root is")
def test_the_app_serves_with_the_capabilities_that_it_needs_and_pairs_with_none() -> None:
    script = (
        (APP / "run.sh").read_text().replace("--reuid local-voice --regid local-voice", "--reuid 10870 --regid 10870")
    )
    given = "\n".join(line for line in script.splitlines() if re.match(r"readonly (drop|no_power|changes_user)=", line))
    serving = script[script.index("exec setpriv") :].replace("local-voice serve", '"$@"')
    docker = "+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw"
    served = status_of("bash", "-euc", f"{given}\n{serving}", "run.sh", bounds=docker)
    assert served["Uid"].split() == ["10870"] * 4
    assert {served[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {mask(*CAPABILITIES)}
    assert served["NoNewPrivs"] == "1"
    pairing = 'exec setpriv "${drop[@]}" "${no_power[@]}" "$@"'
    assert pairing.removeprefix("exec ") in script
    paired = status_of("bash", "-euc", f"{given}\n{pairing}", "run.sh", bounds=docker)
    assert {paired[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {mask()}


def test_the_user_that_hears_gets_to_the_models_and_no_further() -> None:
    assert "-m 0711 /data" in (PACKAGING / "Dockerfile").read_text()
    assert 'chmod a+x /data "$own"' in (APP / "run.sh").read_text()


def test_all_versions_are_the_projects() -> None:
    assert read(APP / "config.yaml")["version"] == version()
    assert read(PACKAGING / "compose.yaml")["services"]["gateway"]["image"] == f"local-voice:{version()}"


@pytest.mark.parametrize("name", ["app/run.sh", "make-app"])
def test_shellcheck_finds_nothing_in_the_scripts(name: str) -> None:
    beside = Path(sys.executable).with_name("shellcheck")
    shellcheck = str(beside) if beside.exists() else shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed; no package of it exists for this processor")
    subprocess.run([shellcheck, PACKAGING / name], timeout=60, check=True)
    assert (PACKAGING / name).stat().st_mode & 0o111


def test_the_app_pairs_with_words_that_the_command_line_knows() -> None:
    from gateway.__main__ import main

    roles = read(APP / "config.yaml")["schema"]["pair"].removeprefix("list(").removesuffix(")").split("|")
    script = (APP / "run.sh").read_text()
    for role in set(roles) - {"no"}:
        assert f"pair {role}" in script
        assert main(["pair", role]) == 2, "no gateway runs here, so it ends with what run.sh calls no_answer"
    assert "readonly no_answer=2 " in script
