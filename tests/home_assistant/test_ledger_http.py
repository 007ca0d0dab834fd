"""Sound at a signed address: good for seconds and one login, looked at again when it is fetched, kept by nobody."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.local_voice.const import CONF_MEMBERS_SEE_OWN_TURNS
from custom_components.local_voice.ledger_http import PATH, SIGNED
from custom_components.local_voice.wav import wav_header
from tests.home_assistant.conftest import SetUp
from tests.home_assistant.ledger_users import Login, Page, log_in, open_page
from tests.home_assistant.remembered import ANOTHERS, CLIP, OWN, Remembered
from tests.home_assistant.scripted_gateway import ScriptedGateway

type Browser = TestClient[Any, Any]


@pytest.fixture
async def member(hass: HomeAssistant) -> Login:
    """Somebody who may hear what they said themselves."""
    return await log_in(hass, "member")


@pytest.fixture
def remembered(gateway: ScriptedGateway, member: Login) -> Remembered:
    return Remembered(gateway, {OWN: member.user.id, ANOTHERS: "another"})


@pytest.fixture
async def loaded(hass: HomeAssistant, setup_entry: SetUp, remembered: Remembered) -> MockConfigEntry:
    entry = await setup_entry()
    hass.config_entries.async_update_entry(entry, options={CONF_MEMBERS_SEE_OWN_TURNS: True})
    await remembered.tell_kept()
    return entry


@pytest.fixture
async def page(hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator, member: Login) -> Page:
    return await open_page(hass, hass_ws_client, loaded, member)


@pytest.fixture
async def browser(loaded: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator) -> Browser:
    """A browser that brings no token: an address is all that it has."""
    return await hass_client_no_auth()


async def test_the_sound_is_a_wav_file_that_no_browser_keeps(page: Page, browser: Browser, member: Login) -> None:
    address = await page.result("play", turn_id=OWN)
    assert address["good_s"] == SIGNED.total_seconds() == 30
    response = await browser.get(address["path"])
    assert await response.read() == wav_header(16_000, len(CLIP)) + CLIP
    assert (response.status, response.content_type) == (200, "audio/wav")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_the_gateway_is_told_who_hears_it_when_it_is_fetched_and_not_before(
    page: Page, browser: Browser, remembered: Remembered, member: Login
) -> None:
    address = await page.result("play", turn_id=OWN)
    assert remembered.asked() == []
    await browser.get(address["path"])
    await browser.get(address["path"])
    whose = {"turn_id": OWN, "of_user": member.user.id, "user_id": member.user.id}
    assert [{name: asked[name] for name in whose} for asked in remembered.asked()] == [whose, whose]


async def test_an_address_is_good_for_its_seconds_its_turn_and_nothing_else(
    page: Page, browser: Browser, remembered: Remembered, freezer: FrozenDateTimeFactory
) -> None:
    path = (await page.result("play", turn_id=OWN))["path"]
    assert (await browser.get(path.replace(OWN, ANOTHERS))).status == 401
    assert (await browser.get(path.partition("?")[0])).status == 401
    assert (await browser.get(f"{path}&more=1")).status == 401
    freezer.tick(SIGNED + timedelta(seconds=1))
    assert (await browser.get(path)).status == 401
    assert remembered.asked() == []


async def test_an_address_is_worth_nothing_when_its_login_has_ended(
    hass: HomeAssistant, page: Page, browser: Browser, remembered: Remembered, member: Login
) -> None:
    path = (await page.result("play", turn_id=OWN))["path"]
    await page.client.close()
    hass.auth.async_remove_refresh_token(member.token)
    assert (await browser.get(path)).status == 401
    assert remembered.asked() == []


async def test_what_an_account_may_is_looked_at_again_when_it_is_fetched(
    hass: HomeAssistant, page: Page, browser: Browser, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    path = (await page.result("play", turn_id=OWN))["path"]
    hass.config_entries.async_update_entry(loaded, options={})
    response = await browser.get(path)
    assert (response.status, (await response.json())["code"]) == (403, "unauthorized")
    assert response.headers["Cache-Control"] == "no-store"
    assert remembered.asked() == []


async def test_anothers_turn_does_not_exist_whatever_is_signed(
    hass: HomeAssistant, browser: Browser, loaded: MockConfigEntry, member: Login
) -> None:
    answers = []
    for turn_id in (ANOTHERS, "ee" * 16):
        signed = async_sign_path(hass, f"{PATH}/{loaded.entry_id}/{turn_id}", SIGNED, refresh_token_id=member.token.id)
        response = await browser.get(signed)
        answers.append((response.status, await response.json()))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code"]) == (404, "unknown_turn")


async def test_an_address_that_home_assistant_signs_for_nobody_in_particular_is_refused(
    hass: HomeAssistant, browser: Browser, loaded: MockConfigEntry, remembered: Remembered
) -> None:
    signed = async_sign_path(hass, f"{PATH}/{loaded.entry_id}/{OWN}", SIGNED, use_content_user=True)
    assert (await browser.get(signed)).status == 403
    assert remembered.asked() == []


async def test_why_there_is_no_sound_is_told(page: Page, browser: Browser, remembered: Remembered) -> None:
    path = (await page.result("play", turn_id=OWN))["path"]
    for code, status in {"no_clip": 404, "unknown_turn": 404, "too_many": 429, "not_recorded": 502}.items():
        remembered.error = {"error": code, "message": "what to do about it"}
        response = await browser.get(path)
        assert (response.status, await response.json()) == (status, {"code": code, "message": "what to do about it"})


async def test_a_gateway_that_is_away_or_is_none_has_no_sound(
    hass: HomeAssistant, page: Page, browser: Browser, loaded: MockConfigEntry, member: Login
) -> None:
    path = (await page.result("play", turn_id=OWN))["path"]
    other = async_sign_path(hass, f"{PATH}/another/{OWN}", SIGNED, refresh_token_id=member.token.id)
    assert (await browser.get(other)).status == 404
    await hass.config_entries.async_unload(loaded.entry_id)
    response = await browser.get(path)
    assert (response.status, (await response.json())["code"]) == (503, "not_connected")
    assert await page.outcome("play", turn_id=OWN) == "not_connected"
