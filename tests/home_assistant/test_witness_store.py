"""What the witness keeps is there after whatever happened to Home Assistant, and never begun anew in silence."""

import asyncio
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry, flush_store

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.witness import Finding, Kept, Verdict
from custom_components.local_voice.witness_store import WitnessStore
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_audit import ScriptedLog
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.test_repairs import issues
from tests.home_assistant.test_witness import head_of

ROOT: Final = Path(__file__).parents[2]
KILLS: Final = 25
HEAD: Final = head_of(ScriptedLog(3))
KEPT: Final = [
    Kept(),
    Kept(HEAD),
    Kept(HEAD, Finding(Verdict.FORKED, head_of(ScriptedLog(9, seed=8)))),
    Kept(None, Finding(Verdict.UNSIGNED, HEAD)),
]


@pytest.mark.parametrize("kept", KEPT)
async def test_what_is_kept_is_there_again(hass: HomeAssistant, kept: Kept) -> None:
    await WitnessStore(hass, "entry").save(kept)
    store = WitnessStore(hass, "entry")
    assert await store.load() == kept
    assert store.is_readable
    await store.remove()
    assert await WitnessStore(hass, "entry").load() == Kept()


async def test_what_is_kept_while_home_assistant_stops_is_written_at_the_end(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    store = WitnessStore(hass, "entry")
    hass.set_state(CoreState.stopping)
    await store.save(Kept(HEAD))
    assert hass_storage == {}
    await flush_store(store._store)
    hass.set_state(CoreState.running)
    assert await WitnessStore(hass, "entry").load() == Kept(HEAD)


async def test_what_was_kept_outlives_a_kill_at_any_time(tmp_path: Path) -> None:
    """Home Assistant itself writes here, into a real folder."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.home_assistant.keep_heads", str(tmp_path), str(KILLS)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    lives = [[int(size) for size in line.split()] for line in (await program.communicate())[0].splitlines()]
    assert len(lives) == KILLS
    for (_, said), (found, _) in pairwise(lives):
        assert found in (said, said + 1), "the head that was being kept may be there already"
    assert lives[-1][1] > KILLS


# Corruption


@pytest.mark.parametrize(
    "stored",
    [
        {"version": 1, "key": "k", "data": {"head": None}},
        {"version": 1, "key": "k", "data": {"head": "{}", "finding": None}},
        {"version": 1, "key": "k", "data": {"head": '{"type":"newer"}', "finding": None}},
        {"version": 1, "key": "k", "data": {"head": 7, "finding": None}},
        {"version": 1, "key": "k", "data": {"head": None, "finding": {"verdict": "good", "head": ""}}},
        {"version": 1, "key": "k", "data": []},
        {"version": 2, "key": "k", "data": {}},
    ],
)
async def test_a_file_that_is_of_no_use_is_told_about_and_left_as_it_is(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    entry: MockConfigEntry,
    setup_entry: SetUp,
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
) -> None:
    name = f"{DOMAIN}.audit_{entry.entry_id}"
    hass_storage[name] = dict(stored)

    await setup_entry()
    await gateway.write()
    await until_told(entry.runtime_data.broker, lambda broker: broker.head is not None and broker.head.size == 4)

    assert entry.state is ConfigEntryState.LOADED
    assert hass_storage[name]["data"] == stored["data"]
    issue = issues(hass)[f"audit_unreadable_{entry.entry_id}"]
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["path"].endswith(name)

    del hass_storage[name]
    await hass.config_entries.async_reload(entry.entry_id)
    await until_told(entry.runtime_data.broker, lambda broker: broker.head is not None)
    assert issues(hass) == {}
    assert name in hass_storage
