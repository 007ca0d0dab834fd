"""A new Home Assistant with a benchmark's house in it: started, onboarded, its places and names put into registries."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from bench.home_assistant.furnishing import CONFIGURATION, configuration, descriptions, furniture
from bench.options import PROJECT
from gateway.errors import ConfigError
from gateway.house import House
from tests.e2e.home_assistant.connection import Connection
from tests.e2e.home_assistant.onboarding import User, onboard
from tests.e2e.home_assistant.running import PYTHON, HomeAssistant, write_configuration
from tests.e2e.serving import free_ports

RELEASE_S: Final = 120.0
"""Packing the integration, its page included."""
DOMAIN: Final = "lv_bench_house"


@contextmanager
def installed(folder: Path, house: House) -> Iterator[tuple[HomeAssistant, User]]:
    """Run a Home Assistant during the block, with `house` and our integration in it, and its owner made.

    Raises ConfigError where Home Assistant is not installed.
    """
    with _started(folder, house.name, configuration(house), furniture(house), is_ours_in_it=True) as started:
        yield started


@contextmanager
def told(folder: Path, house: House) -> Iterator[tuple[HomeAssistant, User]]:
    """Run one in which everything in `house` can be spoken of, whatever it is, and nothing acted on; without us.

    Raises ConfigError where Home Assistant is not installed.
    """
    with _started(folder, house.name, {}, descriptions(house), is_ours_in_it=False) as started:
        yield started


@contextmanager
def _started(
    folder: Path, name: str, written: dict[str, Any], things: list[dict[str, Any]], *, is_ours_in_it: bool
) -> Iterator[tuple[HomeAssistant, User]]:
    if not PYTHON.exists():
        raise ConfigError("no Home Assistant here: run scripts/bootstrap dev, which puts 2026.11 into .venv-e2e")
    home_assistant = HomeAssistant(folder=folder / "home-assistant", port=free_ports())
    archive = _release(folder / "release") if is_ours_in_it else None
    write_configuration(home_assistant.folder, home_assistant.port, archive)
    text = CONFIGURATION.format(name=name) + (yaml.safe_dump(written, allow_unicode=True) if written else "")
    (home_assistant.folder / "configuration.yaml").write_text(text, encoding="utf-8")
    (home_assistant.folder / f"{DOMAIN}.json").write_text(json.dumps(things), encoding="utf-8")
    with contextlib.ExitStack() as stack:
        stack.callback(home_assistant.kill)
        home_assistant.start()
        yield home_assistant, onboard(home_assistant)


async def furnish(connection: Connection, house: House, area_id: str) -> str:
    """Put everything into its place and under its names; return the id of the device that people speak to.

    It stands in the area `area_id` of the house.
    """
    for usual in await connection.call("config/area_registry/list"):  # every new Home Assistant has some
        await connection.call("config/area_registry/delete", area_id=usual["area_id"])
    floors = {floor.id: await _place(connection, "floor", floor.name, floor.aliases) for floor in house.floors}
    areas = {}
    for area in house.areas:
        more = {"floor_id": floors[area.floor_id]} if area.floor_id in floors else {}
        areas[area.id] = await _place(connection, "area", area.name, area.aliases, **more)
    for entity in house.entities:
        await connection.call(
            "config/entity_registry/update",
            entity_id=entity.id,
            area_id=areas.get(entity.area_id or ""),
            aliases=[None, *entity.aliases],  # None stands for its own name
        )
        await connection.expose(entity.id, is_exposed=True)
    devices: list[dict[str, Any]] = await connection.call("config/device_registry/list")
    device_id: str = next(one["id"] for one in devices if [DOMAIN, "microphone"] in one["identifiers"])
    await connection.call("config/device_registry/update", device_id=device_id, area_id=areas[area_id])
    return device_id


async def _place(connection: Connection, kind: str, name: str, aliases: tuple[str, ...], **more: str) -> str:
    made = await connection.call(f"config/{kind}_registry/create", name=name, aliases=list(aliases), **more)
    place_id: str = made[f"{kind}_id"]
    return place_id


def _release(folder: Path) -> Path:
    """Pack the integration as HACS gets it; return the archive."""
    folder.mkdir()
    packed = subprocess.run(
        [PROJECT / "scripts" / "release", "--into", folder], check=False, capture_output=True, timeout=RELEASE_S
    )
    if packed.returncode:
        raise ConfigError(f"the integration cannot be packed: {packed.stderr.decode(errors='replace')[-500:]}")
    return folder / "local_voice.zip"
