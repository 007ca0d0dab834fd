"""What a gateway's broker tells: how what hears is kept from connecting, how its audit log is, what left the home."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfInformation
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from .entity import BrokerEntity, CloudEntity
from .protection import Level, in_detail, level_of

if TYPE_CHECKING:
    from .gateway import Gateway

PROTECTION: Final = SensorEntityDescription(
    key="protection",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[level.value for level in Level],
)
AUDIT_LOG: Final = SensorEntityDescription(key="audit_log", entity_category=EntityCategory.DIAGNOSTIC)
"""How many rows it has."""
CLOUD_BYTES: Final = SensorEntityDescription(
    key="cloud_bytes_this_month",
    device_class=SensorDeviceClass.DATA_SIZE,
    state_class=SensorStateClass.TOTAL,
    native_unit_of_measurement=UnitOfInformation.BYTES,
    suggested_display_precision=0,
)


class ProtectionSensor(BrokerEntity, SensorEntity):
    """What keeps the process that hears from connecting, in a word, and in detail."""

    _unrecorded_attributes = frozenset({"missing_layers", "ways_out"})

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, PROTECTION.key)
        self.entity_description = PROTECTION

    @property
    @override
    def native_value(self) -> str | None:
        """The word; none before the gateway has said it."""
        protection = self.gateway.broker.protection
        return None if protection is None else level_of(protection).value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """The layers, and what the self-test found."""
        protection = self.gateway.broker.protection
        return {} if protection is None else in_detail(protection)


class AuditLogSensor(BrokerEntity, SensorEntity):
    """The audit log's latest good head, to be compared with what the gateway itself says."""

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, AUDIT_LOG.key)
        self.entity_description = AUDIT_LOG

    @property
    @override
    def native_value(self) -> int | None:
        """How many rows there are."""
        head = self.gateway.broker.head
        return None if head is None else head.size

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """The head as `local-voice audit verify --head` takes it, and whether the log still continues it."""
        head, finding = self.gateway.broker.head, self.gateway.broker.finding
        kept = {} if head is None else {"size": head.size, "head": f"{head.size}:{head.hash}", "last_row_at": head.at}
        if finding is not None:
            return {**kept, "verdict": finding.verdict.value}
        return kept and {**kept, "verdict": "good"}


class CloudBytesSensor(CloudEntity, SensorEntity):
    """How much left the home this month, by the audit log; a month is UTC's, as there."""

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, CLOUD_BYTES.key)
        self.entity_description = CLOUD_BYTES

    @property
    @override
    def native_value(self) -> int | None:
        """How many bytes; none of the last month's, which the broker may not have taken back yet."""
        latest = self.gateway.broker.cloud.latest
        if latest is None:
            return None
        return latest.sent_bytes if latest.month == f"{dt_util.utcnow():%Y-%m}" else 0

    @property
    @override
    def last_reset(self) -> datetime:
        """When the month began."""
        now = dt_util.utcnow()
        return datetime(now.year, now.month, 1, tzinfo=UTC)

    @override
    async def async_added_to_hass(self) -> None:
        """Begin anew with each month."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_utc_time_change(self.hass, self._new_day, hour=0, minute=0, second=0))

    @callback
    def _new_day(self, _now: datetime) -> None:
        self.async_write_ha_state()
