"""What stands against the promise is an issue, can be repaired, and goes when it is so no more."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from homeassistant.components.assist_pipeline import Pipeline, async_get_pipelines, async_update_pipeline
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline
from homeassistant.components.repairs import ConfirmRepairFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.local_voice.const import DOMAIN
from custom_components.local_voice.issues import CHECK_EVERY
from custom_components.local_voice.repairs import async_create_fix_flow
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.test_assistant import ours, prefer

RECORDING = {"assist_pipeline": {"debug_recording_dir": "/share/wav"}}
CLOUD_TTS = "tts.somewhere_else"


@pytest.fixture(autouse=True)
async def repairs(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "repairs", {})


@pytest.fixture
def cloud_tts(hass: HomeAssistant) -> str:
    """A voice of an integration that needs the internet; Google's, because every installation has it."""
    known = er.async_get(hass).async_get_or_create("tts", "google_translate", "1", suggested_object_id="somewhere_else")
    assert known.entity_id == CLOUD_TTS
    return known.entity_id


def issues(hass: HomeAssistant) -> Mapping[str, ir.IssueEntry]:
    return {issue_id: issue for (domain, issue_id), issue in ir.async_get(hass).issues.items() if domain == DOMAIN}


def now(hass: HomeAssistant, pipeline: Pipeline) -> Pipeline:
    return next(known for known in async_get_pipelines(hass) if known.id == pipeline.id)


async def repair(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, issue_id: str, *answers: dict[str, Any]
) -> dict[str, Any]:
    """Do as the user interface does; return how it ended."""
    client = await hass_client()
    response = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id})
    assert response.status == HTTPStatus.OK
    flow: dict[str, Any] = await response.json()
    for answer in answers:
        response = await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json=answer)
        assert response.status == HTTPStatus.OK
        flow = await response.json()
    await hass.async_block_till_done()
    return flow


async def test_a_home_that_keeps_its_promise_has_no_issue(hass: HomeAssistant, setup_entry: SetUp) -> None:
    await setup_entry()

    assert issues(hass) == {}


async def test_recordings_for_debugging_are_an_issue(hass: HomeAssistant, setup_entry: SetUp) -> None:
    assert await async_setup_component(hass, "assist_pipeline", RECORDING)

    await setup_entry()

    issue = issues(hass)["debug_recordings"]
    assert issue.translation_placeholders == {"folder": "/share/wav"}
    assert not issue.is_fixable


async def test_issues_go_with_the_last_entry(hass: HomeAssistant, setup_entry: SetUp) -> None:
    assert await async_setup_component(hass, "assist_pipeline", RECORDING)
    entry = await setup_entry()

    await hass.config_entries.async_unload(entry.entry_id)

    assert issues(hass) == {}


async def test_local_intents_before_the_gateways_are_an_issue_that_can_be_repaired(
    hass: HomeAssistant, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    await setup_entry()
    (assistant,) = ours(hass)

    await async_update_pipeline(hass, assistant, prefer_local_intents=True)
    issue_id = f"prefer_local_intents_{assistant.id}"
    assert list(issues(hass)) == [issue_id]
    result = await repair(hass, hass_client, issue_id, {})

    assert result["type"] == "create_entry"
    assert now(hass, assistant).prefer_local_intents is False
    assert issues(hass) == {}


async def test_the_repair_asks_about_the_assistant_by_its_name(
    hass: HomeAssistant, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    await setup_entry()
    (assistant,) = ours(hass)
    await async_update_pipeline(hass, assistant, prefer_local_intents=True)

    flow = await repair(hass, hass_client, f"prefer_local_intents_{assistant.id}")

    assert flow["step_id"] == "confirm"
    assert flow["description_placeholders"] == {"assistant": "Local Voice"}


async def test_the_preferred_assistant_in_a_cloud_is_an_issue(
    hass: HomeAssistant, setup_entry: SetUp, cloud_tts: str
) -> None:
    await setup_entry()
    preferred = async_get_pipeline(hass)

    await async_update_pipeline(hass, preferred, tts_engine=cloud_tts, tts_language="en")

    issue = issues(hass)[f"cloud_engine_{preferred.id}"]
    assert issue.translation_placeholders == {"assistant": preferred.name, "engines": "Google Translate text-to-speech"}


async def test_an_assistant_that_nobody_prefers_may_use_a_cloud(
    hass: HomeAssistant, setup_entry: SetUp, cloud_tts: str
) -> None:
    await setup_entry()
    before = async_get_pipeline(hass)
    await prefer(hass, ours(hass)[0].id)

    await async_update_pipeline(hass, before, tts_engine=cloud_tts, tts_language="en")

    assert issues(hass) == {}


async def test_another_preferred_assistant_is_noticed_within_minutes(
    hass: HomeAssistant, setup_entry: SetUp, cloud_tts: str
) -> None:
    await setup_entry()
    before = async_get_pipeline(hass)
    await prefer(hass, ours(hass)[0].id)
    await async_update_pipeline(hass, before, tts_engine=cloud_tts, tts_language="en")

    await prefer(hass, before.id)
    async_fire_time_changed(hass, dt_util.utcnow() + CHECK_EVERY + timedelta(seconds=1))
    async with asyncio.timeout(5):
        while list(issues(hass)) != [f"cloud_engine_{before.id}"]:  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)  # the look is a background task, like the connection, which never ends


async def test_engines_are_known_by_entity_by_entry_and_by_domain(hass: HomeAssistant, setup_entry: SetUp) -> None:
    await setup_entry()
    cloud_agent = MockConfigEntry(domain="openai_conversation")
    cloud_agent.add_to_hass(hass)
    preferred = async_get_pipeline(hass)

    await async_update_pipeline(
        hass,
        preferred,
        conversation_engine=cloud_agent.entry_id,
        tts_engine="google_translate",
        tts_language="en",
        stt_engine="stt_of_nobody",
        stt_language="en",
    )

    (issue,) = issues(hass).values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["engines"] == "Google Translate text-to-speech, OpenAI"


async def test_the_gateway_can_take_a_clouds_place(
    hass: HomeAssistant, setup_entry: SetUp, cloud_tts: str, hass_client: ClientSessionGenerator
) -> None:
    await setup_entry()
    preferred = async_get_pipeline(hass)
    await async_update_pipeline(hass, preferred, tts_engine=cloud_tts, tts_language="en", tts_voice="somebody")

    result = await repair(hass, hass_client, f"cloud_engine_{preferred.id}", {"next_step_id": "use_gateway"})

    assert result["type"] == "create_entry"
    repaired = now(hass, preferred)
    assert repaired.tts_engine == ours(hass)[0].tts_engine
    assert (repaired.tts_language, repaired.tts_voice) == (ours(hass)[0].tts_language, None)
    assert repaired.conversation_engine == preferred.conversation_engine
    assert issues(hass) == {}


async def test_a_cloud_that_is_wanted_is_not_asked_about_again(
    hass: HomeAssistant, setup_entry: SetUp, cloud_tts: str, hass_client: ClientSessionGenerator
) -> None:
    await setup_entry()
    preferred = async_get_pipeline(hass)
    await async_update_pipeline(hass, preferred, tts_engine=cloud_tts, tts_language="en")
    issue_id = f"cloud_engine_{preferred.id}"

    result = await repair(hass, hass_client, issue_id, {"next_step_id": "ignore"})
    await async_update_pipeline(hass, now(hass, preferred), name="Another name")

    assert result["reason"] == "ignored"
    assert issues(hass)[issue_id].dismissed_version is not None


async def test_a_language_that_the_gateway_does_not_speak_stays_in_the_cloud(
    hass: HomeAssistant, setup_entry: SetUp, hass_client: ClientSessionGenerator
) -> None:
    await setup_entry()
    preferred = async_get_pipeline(hass)
    await async_update_pipeline(hass, preferred, language="fr", stt_engine="google_translate", stt_language="fr")

    result = await repair(hass, hass_client, f"cloud_engine_{preferred.id}", {"next_step_id": "use_gateway"})

    assert (result["reason"], result["description_placeholders"]) == ("not_spoken", {"language": "fr"})


async def test_a_gateway_without_the_engine_cannot_take_a_clouds_place(
    hass: HomeAssistant, setup_entry: SetUp, cloud_tts: str, hass_client: ClientSessionGenerator
) -> None:
    await setup_entry()
    preferred, our_tts = async_get_pipeline(hass), ours(hass)[0].tts_engine
    assert our_tts is not None
    await async_update_pipeline(hass, preferred, tts_engine=cloud_tts, tts_language="en")
    er.async_get(hass).async_remove(our_tts)

    result = await repair(hass, hass_client, f"cloud_engine_{preferred.id}", {"next_step_id": "use_gateway"})

    assert result["reason"] == "gone"


@pytest.mark.parametrize(
    ("issue_id", "step"), [("cloud_engine_gone", "use_gateway"), ("prefer_local_intents_gone", "confirm")]
)
async def test_repairing_what_is_gone_ends(hass: HomeAssistant, setup_entry: SetUp, issue_id: str, step: str) -> None:
    await setup_entry()
    flow: Any = await async_create_fix_flow(hass, issue_id, {"pipeline_id": "gone", "entry_id": "gone"})
    flow.hass, flow.context, flow.flow_id, flow.handler = hass, {"issue_id": issue_id}, "flow", DOMAIN

    result = await getattr(flow, f"async_step_{step}")({})

    assert result["reason"] == "gone"


async def test_what_has_nothing_to_repair_is_confirmed(hass: HomeAssistant) -> None:
    assert isinstance(await async_create_fix_flow(hass, "debug_recordings", None), ConfirmRepairFlow)
