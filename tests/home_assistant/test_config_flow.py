"""Setting a gateway up, over real TLS, with a scripted gateway."""

from collections.abc import Iterator
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_USER, SOURCE_ZEROCONF, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.local_voice import wake_word_choice
from custom_components.local_voice.approvers import ADMINISTRATORS, EVERYONE
from custom_components.local_voice.const import (
    CONF_APPROVERS,
    CONF_BROKER_PIN,
    CONF_CUSTOM_SENTENCES,
    CONF_GATEWAY_ID,
    CONF_MEMBERS_SEE_OWN_TURNS,
    CONF_NOTIFY_DEVICES,
    CONF_PEER_ID,
    CONF_PIPELINE,
    CONF_PREFERRED,
    CONF_VOICE_PIN,
    CONF_VOICE_TOKEN,
    CONF_WAKE_WORD,
    DOMAIN,
)
from custom_components.local_voice.wake_word_choice import TRIES
from tests.home_assistant.scripted_gateway import CODE, GATEWAY_ID, PEER_ID, ScriptedGateway

PREFERENCES = {CONF_WAKE_WORD: "okay_nabu", CONF_PIPELINE: True, CONF_PREFERRED: False}


@pytest.fixture(autouse=True)
def set_up() -> Iterator[AsyncMock]:
    """Let no entry be set up: that is `test_init`'s."""
    with patch("custom_components.local_voice.async_setup_entry", return_value=True) as set_up:
        yield set_up


def address(gateway: ScriptedGateway, **changes: Any) -> dict[str, Any]:
    return {CONF_HOST: gateway.host, CONF_PORT: gateway.port, **changes}


def announcement(gateway: ScriptedGateway, host: str = "127.0.0.1", **changes: Any) -> ZeroconfServiceInfo:
    words: dict[str, Any] = {
        "port": gateway.port,
        "properties": {"id": GATEWAY_ID, "fp": gateway.voice_pin[:16]},
        **changes,
    }
    return ZeroconfServiceInfo(
        ip_address=ip_address(host),
        ip_addresses=[ip_address(host)],
        hostname="gateway.local.",
        type="_local-voice._tcp.local.",
        name="gateway._local-voice._tcp.local.",
        **words,
    )


async def begin(hass: HomeAssistant, source: str = SOURCE_USER, data: Any = None) -> ConfigFlowResult:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=data)


async def answer(hass: HomeAssistant, flow: ConfigFlowResult, **user_input: Any) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], user_input)
    await hass.async_block_till_done()
    return result


async def at_code(hass: HomeAssistant, gateway: ScriptedGateway) -> ConfigFlowResult:
    flow = await answer(hass, await begin(hass), **address(gateway))
    assert flow["step_id"] == "pair"
    return flow


async def at_preferences(hass: HomeAssistant, gateway: ScriptedGateway) -> ConfigFlowResult:
    flow = await answer(hass, await at_code(hass, gateway), **{CONF_CODE: CODE})
    assert flow["step_id"] == "preferences"
    return flow


def default_of(flow: ConfigFlowResult, field: str) -> Any:
    schema = flow["data_schema"]
    assert schema is not None
    return next(key.default() for key in schema.schema if key == field)


async def test_a_gateway_is_set_up_with_its_address_and_its_code(
    hass: HomeAssistant, gateway: ScriptedGateway, set_up: AsyncMock
) -> None:
    flow = await at_code(hass, gateway)
    assert flow["description_placeholders"] == {"host": gateway.host, "fingerprint": gateway.voice_pin[:8]}

    flow = await answer(hass, flow, **{CONF_CODE: CODE})
    result = await answer(hass, flow, **PREFERENCES)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Local Voice"
    assert result["result"].unique_id == GATEWAY_ID
    assert result["data"] == {
        CONF_HOST: gateway.host,
        CONF_PORT: gateway.port,
        CONF_GATEWAY_ID: GATEWAY_ID,
        CONF_PEER_ID: PEER_ID,
        CONF_VOICE_TOKEN: gateway.voice_token,
        "broker_token": gateway.broker_token,
        CONF_VOICE_PIN: gateway.voice_pin,
        CONF_BROKER_PIN: gateway.broker_pin,
        CONF_PREFERRED: False,
    }
    assert result["options"] == {CONF_CUSTOM_SENTENCES: True, CONF_PIPELINE: True}
    assert len(set_up.mock_calls) == 1
    assert gateway.all_told("change_settings") == []
    assert gateway.all_told("leave") == []


async def test_an_ipv6_address_may_stand_in_brackets(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    flow = await answer(hass, await begin(hass), **address(gateway, host=f" [{gateway.host}] "))

    assert flow["step_id"] == "pair"


async def test_a_second_gateway_is_named_by_where_it_is(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id="another", data={CONF_VOICE_PIN: "00"}).add_to_hass(hass)

    result = await answer(hass, await at_preferences(hass, gateway), **PREFERENCES)

    assert result["title"] == f"Local Voice {gateway.host}"


async def test_another_wake_word_is_told_to_the_gateway(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    flow = await at_preferences(hass, gateway)
    assert default_of(flow, CONF_WAKE_WORD) == "okay_nabu"

    result = await answer(hass, flow, **(PREFERENCES | {CONF_WAKE_WORD: "hey_jarvis"}))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert gateway.all_told("change_settings")[0]["wake_words"] == ["hey_jarvis"]


async def test_a_wake_word_that_is_not_changed_can_be_chosen_again(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    flow = await at_preferences(hass, gateway)
    gateway.scripts["change_settings"] = lambda heard: [
        {"type": "settings_changed", "id": heard["id"], "error": "not_stored"}
    ]

    flow = await answer(hass, flow, **(PREFERENCES | {CONF_WAKE_WORD: "hey_jarvis"}))
    assert flow["errors"] == {"base": "not_changed"}
    result = await answer(hass, flow, **PREFERENCES)

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_gateway_that_listens_for_nothing_offers_its_first_wake_word(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    gateway.offered = gateway.offered | {"wake_words": []}

    assert default_of(await at_preferences(hass, gateway), CONF_WAKE_WORD) == "okay_nabu"


@pytest.mark.parametrize(("refused", "is_offered"), [(2, True), (TRIES, False)])
async def test_a_gateway_whose_ear_is_not_told_of_the_pairing_yet_is_asked_again(
    hass: HomeAssistant, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch, refused: int, is_offered: bool
) -> None:
    monkeypatch.setattr(wake_word_choice, "PAUSE_S", 0.0)
    gateway.refused_tokens = refused

    flow = await at_preferences(hass, gateway)

    schema = flow["data_schema"]
    assert schema is not None
    assert (CONF_WAKE_WORD in schema.schema) is is_offered


async def test_without_an_offer_there_is_no_choice_of_wake_words_and_all_the_rest(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    flow = await at_code(hass, gateway)
    gateway.scripts["hello"] = lambda _: [{"type": "refused", "code": "internal", "message": ""}]

    flow = await answer(hass, flow, **{CONF_CODE: CODE})
    assert flow["errors"] == {}
    assert flow["data_schema"] is not None
    assert CONF_WAKE_WORD not in flow["data_schema"].schema
    result = await answer(hass, flow, **{CONF_PIPELINE: False, CONF_PREFERRED: False})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"][CONF_PIPELINE] is False


async def test_where_no_assistant_hears_ours_is_proposed_as_the_preferred_one(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    assert default_of(await at_preferences(hass, gateway), CONF_PREFERRED) is True


async def test_a_preferred_assistant_that_hears_is_kept_by_default(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    preferred = SimpleNamespace(stt_engine="stt.another")
    with patch("custom_components.local_voice.config_flow.async_get_pipeline", return_value=preferred):
        assert default_of(await at_preferences(hass, gateway), CONF_PREFERRED) is False


# How well it hears


def hearing_of(flow: ConfigFlowResult) -> str:
    placeholders = flow["description_placeholders"]
    assert placeholders is not None
    return placeholders["hearing"]


@pytest.mark.parametrize(
    ("language", "offer", "said"),
    [
        ("en", {}, "English, tiny.en: good."),
        ("en", {"language": "de-CH", "stt_model": "base", "stt_fitness": {"base": "weak"}}, "German, base: weak. "),
        ("de", {"language": "fr", "stt_model": "base", "stt_fitness": {"base": "fair"}}, "Französisch, base: ordent"),
        ("de", {"language": "sv", "stt_fitness": {"tiny.en": "unmeasured"}}, "sv, tiny.en: nicht gemessen."),
        ("en", {"stt_fitness": {}}, "English, tiny.en: The gateway does not say it; "),
        ("en", {"stt_fitness": {"tiny.en": "of a newer gateway"}}, "English, tiny.en: The gateway does not say it; "),
    ],
)
async def test_it_is_said_how_well_the_gateway_s_model_hears_its_language(
    hass: HomeAssistant, gateway: ScriptedGateway, language: str, offer: dict[str, Any], said: str
) -> None:
    hass.config.language = language
    gateway.offered |= offer

    assert hearing_of(await at_preferences(hass, gateway)).startswith(said)


async def test_of_a_gateway_that_does_not_answer_nothing_is_claimed(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    flow = await at_code(hass, gateway)
    gateway.scripts["hello"] = lambda _: [{"type": "refused", "code": "internal", "message": ""}]

    assert hearing_of(await answer(hass, flow, **{CONF_CODE: CODE})).startswith("The gateway does not say it; ")


async def test_where_nothing_answers_another_address_may_be_typed(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    await gateway.stop()
    flow = await answer(hass, await begin(hass), **address(gateway))
    assert flow["errors"] == {"base": "cannot_connect"}

    await gateway.start()
    flow = await answer(hass, flow, **address(gateway))

    assert flow["step_id"] == "pair"


async def test_a_gateway_that_is_there_already_is_not_set_up_again(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)

    result = await answer(hass, await begin(hass), **address(gateway))

    assert result["reason"] == "already_configured"
    assert gateway.heard == []


async def test_a_gateway_that_is_there_under_another_certificate_is_left_again(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    await gateway.be_another()

    result = await answer(hass, await at_code(hass, gateway), **{CONF_CODE: CODE})

    assert result["reason"] == "already_configured"
    await gateway.told("leave")


async def test_a_dialog_that_is_closed_after_pairing_leaves_no_peer(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    flow = await at_preferences(hass, gateway)

    hass.config_entries.flow.async_abort(flow["flow_id"])
    await hass.async_block_till_done()

    await gateway.told("leave")


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ("wrong_code", "wrong_code"),
        ("too_many_wrong_codes", "too_many_wrong_codes"),
        ("window_closed", "window_closed"),
        ("wrong_role", "wrong_role"),
        ("wrong_version", "wrong_version"),
        ("too_many", "busy"),
        ("not_stored", "not_stored"),
        ("something_new", "unknown"),
    ],
)
async def test_a_refused_code_may_be_typed_again(
    hass: HomeAssistant, gateway: ScriptedGateway, refusal: str, error: str
) -> None:
    flow = await at_code(hass, gateway)
    gateway.pair_refusal = refusal
    flow = await answer(hass, flow, **{CONF_CODE: CODE})
    assert flow["errors"] == {"base": error}

    gateway.pair_refusal = ""
    flow = await answer(hass, flow, **{CONF_CODE: CODE})

    assert flow["step_id"] == "preferences"


async def test_what_cannot_be_a_code_is_not_told_to_the_gateway(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    flow = await answer(hass, await at_code(hass, gateway), **{CONF_CODE: "ABCD"})

    assert flow["errors"] == {"base": "invalid_code"}
    assert gateway.heard == []


async def test_an_announced_gateway_is_offered_by_host_and_fingerprint(
    hass: HomeAssistant, gateway: ScriptedGateway
) -> None:
    flow = await begin(hass, SOURCE_ZEROCONF, announcement(gateway))
    assert flow["step_id"] == "pair"
    in_progress = hass.config_entries.flow.async_progress()[0]
    assert in_progress["context"]["title_placeholders"] == {"name": f"127.0.0.1 ({gateway.voice_pin[:8]})"}

    flow = await answer(hass, flow, **{CONF_CODE: CODE})
    result = await answer(hass, flow, **PREFERENCES)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == GATEWAY_ID


async def test_a_link_local_address_is_not_offered(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    result = await begin(hass, SOURCE_ZEROCONF, announcement(gateway, "fe80::1"))

    assert result["reason"] == "link_local_address"


@pytest.mark.parametrize("changes", [{"port": None}, {"properties": {}}, {"properties": {"id": GATEWAY_ID}}])
async def test_an_announcement_that_lacks_something_is_not_offered(
    hass: HomeAssistant, gateway: ScriptedGateway, changes: dict[str, Any]
) -> None:
    result = await begin(hass, SOURCE_ZEROCONF, announcement(gateway, **changes))

    assert result["reason"] == "not_a_gateway"


async def test_a_gateway_that_moved_is_followed(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "127.0.0.9"})

    result = await begin(hass, SOURCE_ZEROCONF, announcement(gateway))
    await hass.async_block_till_done()

    assert result["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == "127.0.0.1"
    assert entry.state is ConfigEntryState.LOADED


async def test_an_announcement_alone_moves_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "127.0.0.9"})
    await gateway.be_another()

    result = await begin(hass, SOURCE_ZEROCONF, announcement(gateway))

    assert result["reason"] == "already_configured"
    assert entry.data[CONF_HOST] == "127.0.0.9"


async def test_an_announcement_of_the_same_address_changes_nothing(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)

    result = await begin(hass, SOURCE_ZEROCONF, announcement(gateway))

    assert result["reason"] == "already_configured"
    assert entry.state is ConfigEntryState.NOT_LOADED


async def test_a_gateway_that_is_connected_keeps_the_address_that_was_typed(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "gateway.home"})
    entry.runtime_data = SimpleNamespace(is_connected=True)
    entry.mock_state(hass, ConfigEntryState.LOADED)

    await begin(hass, SOURCE_ZEROCONF, announcement(gateway))

    assert entry.data[CONF_HOST] == "gateway.home"


async def test_an_ignored_gateway_stays_ignored(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=GATEWAY_ID, source=SOURCE_IGNORE, data={}).add_to_hass(hass)

    result = await begin(hass, SOURCE_ZEROCONF, announcement(gateway))

    assert result["reason"] == "already_configured"


async def test_an_ignored_gateway_can_be_set_up_by_hand(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    MockConfigEntry(domain=DOMAIN, unique_id=GATEWAY_ID, source=SOURCE_IGNORE, data={}).add_to_hass(hass)

    result = await answer(hass, await at_preferences(hass, gateway), **PREFERENCES)

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_gateway_that_forgot_us_is_paired_again(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_VOICE_TOKEN: "old"})

    flow = await entry.start_reauth_flow(hass)
    assert flow["step_id"] == "pair"
    result = await answer(hass, flow, **{CONF_CODE: CODE})

    assert result["reason"] == "reauth_successful"
    assert entry.data[CONF_VOICE_TOKEN] == gateway.voice_token
    assert gateway.all_told("leave") == []


async def test_another_gateway_cannot_take_an_entrys_place(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, unique_id="another")

    result = await answer(hass, await entry.start_reauth_flow(hass), **{CONF_CODE: CODE})

    assert result["reason"] == "another_gateway"
    await gateway.told("leave")


async def test_who_answers_in_a_gateways_place_is_told_nothing_and_the_address_can_be_put_right(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "127.0.0.9"})

    entry.async_start_reauth(hass, data={"reason": "changed_pin"})
    await hass.async_block_till_done()
    flow = hass.config_entries.flow.async_progress()[0]
    assert flow["step_id"] == "moved"
    result = await answer(hass, flow, **address(gateway))

    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_HOST] == gateway.host


async def test_the_address_can_be_changed(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_HOST: "127.0.0.9"})

    flow = await entry.start_reconfigure_flow(hass)
    assert flow["step_id"] == "reconfigure"
    result = await answer(hass, flow, **address(gateway))

    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_HOST] == gateway.host


async def test_the_address_of_another_gateway_is_not_taken(
    hass: HomeAssistant, gateway: ScriptedGateway, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    voice_pin = entry.data[CONF_VOICE_PIN]
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_VOICE_PIN: "00" * 32})

    flow = await answer(hass, await entry.start_reconfigure_flow(hass), **address(gateway))
    assert flow["errors"] == {"base": "another_gateway"}
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_VOICE_PIN: voice_pin})
    result = await answer(hass, flow, **address(gateway))

    assert result["reason"] == "reconfigure_successful"


async def test_the_options_reload_the_entry(hass: HomeAssistant, entry: MockConfigEntry, set_up: AsyncMock) -> None:
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)

    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["step_id"] == "init"
    options = {CONF_CUSTOM_SENTENCES: False, CONF_PIPELINE: False, CONF_APPROVERS: EVERYONE}
    with patch("custom_components.local_voice.async_unload_entry", return_value=True):
        await hass.config_entries.options.async_configure(flow["flow_id"], options)
        await hass.async_block_till_done()

    assert entry.options == options | {CONF_MEMBERS_SEE_OWN_TURNS: False}
    assert len(set_up.mock_calls) == 2


async def test_phones_are_offered_and_one_that_went_can_be_taken_out(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    hass.config_entries.async_update_entry(entry, options={CONF_NOTIFY_DEVICES: ["mobile_app_old_phone"]})
    for name in ("mobile_app_ada_s_phone", "smtp"):
        async_mock_service(hass, "notify", name)

    flow = await hass.config_entries.options.async_init(entry.entry_id)
    schema = flow["data_schema"]
    assert schema is not None
    field = next(selector for key, selector in schema.schema.items() if key == CONF_NOTIFY_DEVICES)
    assert [option["label"] for option in field.config["options"]] == ["ada s phone", "old phone"]
    with patch("custom_components.local_voice.async_unload_entry", return_value=True):
        await hass.config_entries.options.async_configure(
            flow["flow_id"], {CONF_NOTIFY_DEVICES: ["mobile_app_ada_s_phone"]}
        )
        await hass.async_block_till_done()

    assert entry.options[CONF_NOTIFY_DEVICES] == ["mobile_app_ada_s_phone"]
    assert entry.options[CONF_APPROVERS] == ADMINISTRATORS


async def test_where_there_is_no_phone_none_is_asked_for(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)

    flow = await hass.config_entries.options.async_init(entry.entry_id)

    schema = flow["data_schema"]
    assert schema is not None
    assert CONF_NOTIFY_DEVICES not in schema.schema
