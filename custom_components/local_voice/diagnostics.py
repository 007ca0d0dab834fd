"""Diagnostics for an issue report: how gateway and satellites are, and not a word of what was said, nor a secret.

Names of satellites and rooms are left out too: they say who lives where.
"""

import re
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant

from .const import (
    CONF_BROKER_PIN,
    CONF_BROKER_TOKEN,
    CONF_NOTIFY_DEVICES,
    CONF_PIN_HASH,
    CONF_VOICE_PIN,
    CONF_VOICE_TOKEN,
)
from .devices import satellite_of
from .protection import in_detail, level_of
from .turn_log import LOGS
from .witness import short

if TYPE_CHECKING:
    from homeassistant.helpers.device_registry import DeviceEntry

    from .broker import Broker
    from .gateway import LocalVoiceConfigEntry
    from .wire.consent_messages import Consent
    from .wire.messages import SatelliteChanged

REDACTED: Final = {CONF_VOICE_TOKEN, CONF_BROKER_TOKEN, CONF_HOST, CONF_NOTIFY_DEVICES, CONF_PIN_HASH}
"""A phone is called after somebody."""
PINS: Final = (CONF_VOICE_PIN, CONF_BROKER_PIN)
PIN_CHARS: Final = 8
"""Enough to compare with what the gateway shows."""
REDACTED_PATH: Final = "/…"
_PATH: Final = re.compile(r"/\S+")
"""A folder of the gateway's may be called after somebody."""


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> dict[str, Any]:
    """Return what there is to know of a gateway."""
    gateway = entry.runtime_data
    offered = gateway.offered
    return {
        "entry": {
            "data": async_redact_data(entry.data, REDACTED) | {pin: entry.data[pin][:PIN_CHARS] for pin in PINS},
            "options": async_redact_data(entry.options, REDACTED),
        },
        "gateway": {"connected": gateway.is_connected, "version": gateway.version},
        "broker": _broker(gateway.broker),
        "ledger": gateway.ledger.kept and asdict(gateway.ledger.kept),
        "offered": offered
        and {
            "languages": offered.languages,
            "stt_model": offered.stt_model,
            "stt_models": list(offered.stt_models),
            "voice": offered.voice,
            "voices": [voice.id for voice in offered.voices],
            "wake_words": list(offered.wake_words),
            "known_wake_words": [word.id for word in offered.known_wake_words],
            "wake_sensitivity": offered.wake_sensitivity,
        },
        "satellites": {known: _satellite(satellite) for known, satellite in gateway.satellites.items()},
        "turns": hass.data[LOGS][entry.entry_id].as_dict(),
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: LocalVoiceConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return what there is to know of a satellite; of the gateway, all."""
    satellite_id = satellite_of(entry.runtime_data, device)
    if satellite_id is None:
        return await async_get_config_entry_diagnostics(hass, entry)
    satellite = entry.runtime_data.satellites.get(satellite_id)
    return {"satellite_id": satellite_id, "satellite": satellite and _satellite(satellite)}


def _broker(broker: Broker) -> dict[str, Any]:
    protection, head, finding = broker.protection, broker.head, broker.finding
    if protection is not None:
        missing = {layer: _PATH.sub(REDACTED_PATH, why) for layer, why in protection.missing.items()}
        protection = replace(protection, missing=missing)
    return {
        "connected": broker.is_connected,
        "trouble": broker.trouble,
        "protection": protection and {"level": level_of(protection).value, **in_detail(protection)},
        "audit_log": {
            "kept": head and short(head),
            "last_row_at": head and head.at,
            "finding": finding and {"verdict": finding.verdict.value, "found": short(finding.head)},
        },
        "cloud": _cloud(broker.cloud.latest),
    }


def _cloud(consent: Consent | None) -> dict[str, Any] | None:
    """Return how many there are of what; what became of requests is told without which they were."""
    if consent is None:
        return None
    return {
        "is_allowed": consent.is_allowed,
        "has_pin": consent.has_pin,
        "destinations": len(consent.destinations),
        "waiting": len(consent.waiting),
        "decided": dict(Counter(decided.fate for decided in consent.decided)),
        "month": consent.month,
        "sent_bytes": consent.sent_bytes,
    }


def _satellite(satellite: SatelliteChanged) -> dict[str, Any]:
    return {
        "connected": satellite.connected,
        "muted": satellite.muted,
        "activity": satellite.activity,
        "has_area": satellite.area_id is not None,
    }
