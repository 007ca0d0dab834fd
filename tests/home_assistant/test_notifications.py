"""A request that waits is told, in Home Assistant and on phones, without a word of what, where to, or where."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service

from custom_components.local_voice import notifications
from custom_components.local_voice.approvers import EVERYONE
from custom_components.local_voice.const import CONF_APPROVERS, CONF_NOTIFY_DEVICES
from custom_components.local_voice.wire import backoff
from tests.home_assistant.conftest import SetUp, until_told
from tests.home_assistant.scripted_consent import CANARY, REQUEST
from tests.home_assistant.scripted_gateway import ScriptedGateway
from tests.home_assistant.test_gateway import lines

PHONE, TABLET = "mobile_app_ada_s_phone", "mobile_app_tablet"
LINK = f"/local-voice?request={REQUEST}"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(backoff, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
def pushed(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what was sent to one phone."""
    return async_mock_service(hass, "notify", PHONE)


@pytest.fixture
async def loaded(hass: HomeAssistant, entry: MockConfigEntry, setup_entry: SetUp) -> MockConfigEntry:
    """Set up the entry with one phone."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_NOTIFY_DEVICES: [PHONE]})
    await hass.config_entries.async_setup(entry.entry_id)
    await until_told(entry.runtime_data.broker, lambda broker: broker.cloud.latest is not None)
    return entry


def shown(hass: HomeAssistant) -> list[str]:
    """Return the notifications of ours that are shown in Home Assistant."""
    found = _async_get_or_create_notifications(hass).values()
    return [one["message"] for one in found if one["notification_id"].startswith("local_voice")]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def ask(hass: HomeAssistant, gateway: ScriptedGateway) -> None:
    """Have a request wait, and wait until that is shown."""
    gateway.consent.ask()
    await gateway.tell_consent()
    await until(lambda: bool(shown(hass)))


def touch(hass: HomeAssistant, user_id: str | None, action: object = f"LOCAL_VOICE_REFUSE_{REQUEST}") -> None:
    """Touch a button of a notification, as Home Assistant tells that."""
    hass.bus.async_fire("mobile_app_notification_action", {"action": action}, context=Context(user_id=user_id))


async def test_a_request_is_told_with_a_link_and_nothing_of_what_is_in_it(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, pushed: list[ServiceCall]
) -> None:
    await ask(hass, gateway)
    assert shown(hass) == [f"A request is waiting. [Look at it]({LINK})"]
    await until(lambda: len(pushed) == 1)
    words: dict[str, Any] = dict(pushed[0].data)
    assert (words["title"], words["message"]) == ("Local Voice", "A request is waiting.")
    data = words["data"]
    assert (data["url"], data["clickAction"], data["tag"]) == (LINK, LINK, REQUEST)
    assert data["actions"] == [
        {"action": "URI", "title": "Look at it", "uri": LINK},
        {"action": f"LOCAL_VOICE_REFUSE_{REQUEST}", "title": "Refuse", "destructive": True},
    ]
    assert 290 <= data["timeout"] <= 300
    for secret in (*CANARY.split(), "openai", "example", "kitchen", "Kitchen", "text"):
        assert secret not in repr(words).replace("'text'", "") + repr(shown(hass))


async def test_it_is_told_in_the_homes_language(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry
) -> None:
    hass.config.language = "de"
    await ask(hass, gateway)
    assert shown(hass) == [f"Eine Anfrage wartet. [Ansehen]({LINK})"]


@pytest.mark.parametrize("fate", ["refused", "sending", "expired", "revoked"])
async def test_what_waits_no_more_is_taken_back_everywhere(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, pushed: list[ServiceCall], fate: str
) -> None:
    await ask(hass, gateway)
    gateway.consent.decide(fate)
    await gateway.tell_consent()
    await until(lambda: len(pushed) == 2)
    assert dict(pushed[1].data) == {"message": "clear_notification", "data": {"tag": REQUEST}}
    assert shown(hass) == []


async def test_a_request_is_told_once_however_often_the_broker_comes_back(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, pushed: list[ServiceCall]
) -> None:
    await ask(hass, gateway)
    gateway.drop_broker()
    await gateway.told("watch_consent", 2)
    gateway.consent.ask("second")
    await gateway.tell_consent()
    await until(lambda: len(pushed) == 2)
    assert [call.data["data"]["tag"] for call in pushed] == [REQUEST, "second"]
    assert len(shown(hass)) == 2


async def test_while_the_broker_is_away_a_request_is_shown_until_it_has_expired(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, pushed: list[ServiceCall]
) -> None:
    gateway.consent.ask("short", left_s=1)
    await ask(hass, gateway)
    await until(lambda: len(shown(hass)) == 2)
    gateway.broker_refusal = 503, "too_many_connections"
    gateway.drop_broker()
    await until_told(loaded.runtime_data.broker, lambda broker: not broker.is_connected)
    assert len(shown(hass)) == 2
    await until(lambda: len(shown(hass)) == 1)
    await until(lambda: pushed[-1].data["message"] == "clear_notification")
    assert pushed[-1].data["data"]["tag"] == "short"


async def test_an_entry_that_is_unloaded_leaves_nothing_behind(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, pushed: list[ServiceCall]
) -> None:
    await ask(hass, gateway)
    await until(lambda: len(pushed) == 1)
    await hass.config_entries.async_unload(loaded.entry_id)
    await until(lambda: len(pushed) == 2)
    assert pushed[1].data["message"] == "clear_notification"
    assert shown(hass) == []


async def test_a_phone_that_fails_or_is_gone_does_not_concern_the_others_and_is_not_named(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    pushed: list[ServiceCall],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async_mock_service(hass, "notify", TABLET, raise_exception=HomeAssistantError(f"{TABLET} is not connected"))
    hass.config_entries.async_update_entry(loaded, options={CONF_NOTIFY_DEVICES: ["mobile_app_gone", TABLET, PHONE]})
    await hass.config_entries.async_reload(loaded.entry_id)
    await ask(hass, gateway)
    await until(lambda: len(pushed) == 1)
    warned = lines(caplog, logging.WARNING)
    assert warned == [
        "Gateway: a phone could not be notified: ServiceNotFound",
        "Gateway: a phone could not be notified: HomeAssistantError",
    ]


async def test_a_request_that_was_decided_before_it_could_be_told_is_told_nowhere(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    pushed: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_translate, asked = asyncio.Event(), asyncio.Event()

    async def late(*about: Any) -> dict[str, str]:
        asked.set()
        await may_translate.wait()
        return await async_get_translations(*about)

    monkeypatch.setattr(notifications, "async_get_translations", late)
    gateway.consent.ask()
    await gateway.tell_consent()
    await asked.wait()
    gateway.consent.decide("withdrawn")
    await gateway.tell_consent()
    await until_told(
        loaded.runtime_data.broker, lambda broker: bool(broker.cloud.latest and broker.cloud.latest.decided)
    )
    may_translate.set()
    await until(lambda: len(pushed) == 1)
    assert pushed[0].data["message"] == "clear_notification"
    assert shown(hass) == []


# Refusing on a phone


async def test_who_may_decide_refuses_on_a_phone(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await ask(hass, gateway)
    touch(hass, hass_admin_user.id)
    said = await gateway.told("refuse")
    assert (said["request_id"], said["user"]) == (REQUEST, hass_admin_user.id)
    await until(lambda: not shown(hass))


async def test_everyone_refuses_where_that_was_chosen(
    hass: HomeAssistant, gateway: ScriptedGateway, loaded: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    hass.config_entries.async_update_entry(loaded, options={CONF_APPROVERS: EVERYONE})
    await ask(hass, gateway)
    touch(hass, hass_read_only_user.id)
    assert (await gateway.told("refuse"))["user"] == hass_read_only_user.id


async def test_nobody_else_refuses_and_nothing_else_is_refused(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    pushed: list[ServiceCall],
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await ask(hass, gateway)
    for user_id in (hass_read_only_user.id, "nobody's", None):
        touch(hass, user_id)
    for action in ("LOCAL_VOICE_REFUSE_another", "LOCAL_VOICE_APPROVE", "URI", None, 7):
        touch(hass, hass_admin_user.id, action)
    await hass.async_block_till_done()
    assert gateway.all_told("refuse") == []
    assert lines(caplog, logging.WARNING) == ["Gateway: somebody who may not refused a request on a phone"] * 3


async def test_a_refusal_that_does_not_arrive_is_said(
    hass: HomeAssistant,
    gateway: ScriptedGateway,
    loaded: MockConfigEntry,
    pushed: list[ServiceCall],
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await ask(hass, gateway)
    gateway.consent.error = {"error": "not_stored", "message": "no space left"}
    touch(hass, hass_admin_user.id)
    await gateway.told("refuse")
    await until(lambda: bool(lines(caplog, logging.WARNING)))
    assert lines(caplog, logging.WARNING) == ["Gateway: a request was not refused: not_stored"]
