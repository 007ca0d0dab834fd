"""Devices as the gateway has them: satellites that are gone go here too, and the gateway learns where others stand."""

from typing import TYPE_CHECKING

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .entity import hub_device_id

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry


@callback
def satellite_of(gateway: Gateway, device: dr.AnyDeviceEntry) -> str | None:
    """Return the id of the satellite that a device is; None for the gateway itself."""
    prefix = f"{gateway.id}_"
    known = (name for domain, name in device.identifiers if domain == DOMAIN)
    return next((name.removeprefix(prefix) for name in known if name.startswith(prefix)), None)


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Register the gateway's device, and keep its satellites' as the gateway has them, until the entry is unloaded."""
    gateway = entry.runtime_data
    hub = hub_device_id(hass, entry)

    @callback
    def follow_gateway() -> None:
        dr.async_get(hass).async_update_device(hub, sw_version=gateway.version)
        _remove_stale(hass, entry)

    @callback
    def follow_owner(event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        changes = event.data["changes"] if event.data["action"] == "update" else {}
        device = dr.async_get(hass).async_get(event.data["device_id"])
        if "area_id" in changes and device is not None and device.config_entry_id == entry.entry_id:
            _tell_place(gateway, device)

    follow_gateway()
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        _tell_place(gateway, device)
    entry.async_on_unload(gateway.on_change(follow_gateway))
    entry.async_on_unload(hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, follow_owner))


@callback
def _remove_stale(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    registry, gateway = dr.async_get(hass), entry.runtime_data
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        satellite_id = satellite_of(gateway, device)
        if satellite_id is not None and satellite_id not in gateway.satellites:
            registry.async_remove_device(device.id)


@callback
def _tell_place(gateway: Gateway, device: dr.AnyDeviceEntry) -> None:
    satellite_id = satellite_of(gateway, device)
    if satellite_id is not None:
        gateway.place(satellite_id, device.area_id)
