"""Local Voice in Home Assistant: the face of a gateway that hears, understands and answers at home."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from . import (
    asked_often,
    assistant,
    broker_issues,
    consent,
    consent_api,
    devices,
    forget_repair,
    issues,
    last_wakes,
    ledger_api,
    notifications,
    page_api,
    panel,
    reply_cache,
    timer_notices,
    turn_log,
)
from .const import DOMAIN, PLATFORMS
from .errors import GatewayError, NotConnectedError, TrustError, WrongVersionError
from .gateway import Gateway, LocalVoiceConfigEntry
from .house.home import Home
from .keeper import CONF_REASON
from .services import async_setup_services
from .wire.pairing import leave
from .witness_store import WitnessStore

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - Home Assistant's signature
    """Register the actions and the page's commands, which are there whether a gateway is or not."""
    async_setup_services(hass)
    consent_api.async_setup(hass)
    ledger_api.async_setup(hass)
    page_api.async_setup(hass)
    await panel.async_serve(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> bool:
    """Connect to a gateway, then have its devices, its entities and its assistant."""
    gateway = entry.runtime_data = Gateway(hass, entry)
    entry.async_on_unload(gateway.stop)

    async def stop(_event: Event) -> None:
        await gateway.stop()

    # When Home Assistant stops it unloads nothing.
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    await _connect(hass, entry, Home(hass, gateway, entry))
    await panel.async_show(hass)
    consent_api.async_watch(hass, entry)
    ledger_api.async_watch(hass, entry)
    page_api.async_watch(hass, entry)
    notifications.async_watch(hass, entry)
    asked_often.async_watch(hass, entry)
    timer_notices.async_watch(hass, entry)
    devices.async_watch(hass, entry)
    await reply_cache.async_watch(hass, entry)
    turn_log.async_watch(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await gateway.broker.start()  # whose news are events of entities that are there by now
    broker_issues.async_watch(hass, entry)
    await assistant.async_keep(hass, entry)
    await issues.async_watch(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> bool:
    """Let the entities go, then the connection; the rest follows."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.stop()
    panel.async_forget(hass)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Leave the gateway, forget what was known of it, and take our assistant and the page away."""
    panel.async_forget(hass)
    consent.forget(hass, entry.entry_id)
    last_wakes.async_forget(hass, entry.entry_id)
    issues.async_forget_too_old(hass, entry)
    broker_issues.async_forget(hass, entry)
    forget_repair.async_forget(hass, entry)
    await WitnessStore(hass, entry.entry_id).remove()
    await reply_cache.async_forget(hass, entry)
    await assistant.async_remove(hass, entry)
    await leave(hass, entry.data)


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    device: DeviceEntry,
) -> bool:
    """Let go of a satellite that is not paired any more; others come and go by themselves."""
    satellite_id = devices.satellite_of(entry.runtime_data, device)
    return satellite_id is not None and satellite_id not in entry.runtime_data.satellites


async def _connect(hass: HomeAssistant, entry: LocalVoiceConfigEntry, home: Home) -> None:
    """Connect, or say in Home Assistant's terms why not.

    What heals by itself, an updated gateway included, is tried again; a forgotten token needs a new code; another
    gateway at the address needs its owner.
    """
    host = {"host": entry.data[CONF_HOST]}
    try:
        await entry.runtime_data.start(home)
    except NotConnectedError as error:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN, translation_key="not_reached", translation_placeholders=host
        ) from error
    except TrustError as error:
        if error.translation_key == "unknown_token":
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=error.translation_key) from error
        entry.async_start_reauth(hass, data={CONF_REASON: error.translation_key})
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key=error.translation_key) from error
    except GatewayError as error:
        if isinstance(error, WrongVersionError):
            issues.async_tell_too_old(hass, entry, error)
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key=error.translation_key,
            translation_placeholders=error.translation_placeholders,
        ) from error
    issues.async_forget_too_old(hass, entry)
