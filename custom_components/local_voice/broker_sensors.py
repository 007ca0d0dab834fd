"""What a gateway's broker tells: how well the process that hears is kept from connecting, and how its audit log is."""

from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory

from .entity import LocalVoiceEntity
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


class _OfBroker(LocalVoiceEntity, SensorEntity):
    """A sensor that is available while the broker is there, whether what hears is or not."""

    def __init__(self, gateway: Gateway, description: SensorEntityDescription) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, description.key)
        self.entity_description = description

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


class ProtectionSensor(_OfBroker):
    """What keeps the process that hears from connecting, in a word, and in detail."""

    _unrecorded_attributes = frozenset({"missing_layers", "ways_out"})

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, PROTECTION)

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


class AuditLogSensor(_OfBroker):
    """The audit log's latest good head, to be compared with what the gateway itself says."""

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, AUDIT_LOG)

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
