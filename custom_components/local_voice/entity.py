"""What all entities share: their device, when they are available, and how a new satellite gets its own."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .errors import GatewayError, RefusedError
from .ledger_access import Act, asker_of

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry
    from .wire.messages import SatelliteChanged


_LOGGER = logging.getLogger(__name__)


def hub_info(gateway: Gateway) -> DeviceInfo:
    """Return what the device registry is told about the gateway."""
    return DeviceInfo(
        identifiers={(DOMAIN, gateway.id)},
        manufacturer="Local Voice",
        model="Gateway",
        name=gateway.name,
        sw_version=gateway.version or None,
    )


def satellite_identifier(gateway: Gateway, satellite_id: str) -> tuple[str, str]:
    """Return what a satellite's device is known by."""
    return DOMAIN, f"{gateway.id}_{satellite_id}"


@callback
def hub_device_id(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> str:
    """Return the id of the gateway's device, registered where it was not: satellites are reached by way of it."""
    registry = dr.async_get(hass)
    return registry.async_get_or_create(config_entry_id=entry.entry_id, **hub_info(entry.runtime_data)).id


class LocalVoiceEntity(Entity):
    """An entity of the gateway: available while that is connected, written again when that says something new."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _has_failed = False

    def __init__(self, gateway: Gateway, key: str) -> None:
        """`key` tells the gateway's entities apart, and is the name's and icon's in the translations."""
        self.gateway = gateway
        self._attr_unique_id = f"{gateway.id}-{key}"
        self._attr_translation_key = key

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """The gateway."""
        return hub_info(self.gateway)

    @property
    @override
    def available(self) -> bool:
        """Whether the gateway is there."""
        return self.gateway.is_connected

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of changes from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.gateway.on_change(self.gateway_changed))

    @callback
    def gateway_changed(self) -> None:
        """Write the state, which may be different now."""
        self.async_write_ha_state()

    @callback
    def note_failure(self, error: GatewayError) -> None:
        """Log why a request failed, once until one succeeds; for those whose callers would log what was said."""
        if not self._has_failed:
            code = error.code if isinstance(error, RefusedError) else error.translation_key
            _LOGGER.warning("%s failed: %s", self.entity_id, code)
        self._has_failed = True

    @callback
    def note_success(self) -> None:
        """Log the next failure again."""
        self._has_failed = False


class BrokerEntity(LocalVoiceEntity):
    """An entity that is available while the broker is there, whether what hears is or not."""

    @property
    @override
    def available(self) -> bool:
        """Whether the broker is there."""
        return self.gateway.broker.is_connected

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of changes from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.gateway.broker.on_change(self.gateway_changed))


class CloudEntity(BrokerEntity):
    """An entity about what may leave the home: available while the broker tells of it, which an older one does not."""

    @property
    @override
    def available(self) -> bool:
        """Whether the broker has told how it stands."""
        return self.gateway.broker.cloud.latest is not None


class LedgerEntity(LocalVoiceEntity):
    """An entity about what is remembered: available while there is a ledger that works, which an older one has not."""

    @property
    @override
    def available(self) -> bool:
        """Whether there is one."""
        return super().available and self.gateway.ledger.is_there

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of changes from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(self.gateway.ledger.on_change(self.gateway_changed))

    async def async_keeper(self) -> str:
        """Return who asks for other times, for the audit log; nothing for an automation, which administrators write.

        Raises Unauthorized for who may not.
        """
        user_id = None if self._context is None else self._context.user_id
        if user_id is None:
            return ""
        user = await self.hass.auth.async_get_user(user_id)
        entry = self.platform.config_entry
        assert entry is not None  # noqa: S101 - the type says that a platform may have none; ours are set up by an entry
        if user is None:
            raise Unauthorized(context=self._context, entity_id=self.entity_id)
        try:
            return asker_of(user, entry.options, Act.KEEP).user_id
        except RefusedError as error:
            raise Unauthorized(context=self._context, entity_id=self.entity_id) from error


class SatelliteEntity(LocalVoiceEntity):
    """An entity of a satellite: available while that is connected too."""

    def __init__(self, gateway: Gateway, satellite_id: str, key: str) -> None:
        """`key` tells the satellite's entities apart."""
        super().__init__(gateway, key)
        self.satellite_id = satellite_id
        self._attr_unique_id = f"{gateway.id}-{satellite_id}-{key}"

    @property
    def satellite(self) -> SatelliteChanged | None:
        """How the satellite is; None where it is not paired any more."""
        return self.gateway.satellites.get(self.satellite_id)

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """The satellite. Its room is only suggested: once it has a device, its people say where it stands."""
        entry = self.platform.config_entry
        assert entry is not None  # noqa: S101 - the type says that a platform may have none; ours are set up by an entry
        satellite = self.satellite
        area = ar.async_get(self.hass).async_get_area(satellite.area_id) if satellite and satellite.area_id else None
        return DeviceInfo(
            identifiers={satellite_identifier(self.gateway, self.satellite_id)},
            manufacturer="Local Voice",
            model="Satellite",
            name=satellite.name if satellite else self.satellite_id,
            suggested_area=area.name if area else None,
            via_device_id=hub_device_id(self.hass, entry),
        )

    @property
    @override
    def available(self) -> bool:
        """Whether gateway and satellite are there."""
        satellite = self.satellite
        return super().available and satellite is not None and satellite.connected


@callback
def add_for_each_satellite(
    gateway: Gateway,
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[str], Iterable[Entity]],
) -> None:
    """Add what `make` makes of a satellite's id: for those that are paired, and for each that will be."""
    known: set[str] = set()

    @callback
    def add_new() -> None:
        paired = set(gateway.satellites)
        new = sorted(paired - known)
        known.clear()
        known.update(paired)  # one that went and is paired again is new again
        if new:
            async_add_entities(entity for satellite_id in new for entity in make(satellite_id))

    add_new()
    entry.async_on_unload(gateway.on_change(add_new))
