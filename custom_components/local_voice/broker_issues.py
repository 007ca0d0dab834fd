"""What a gateway's broker tells that its household has to know, as issues in Home Assistant's repairs.

A log that is not what it was stays an issue over restarts, whether the gateway is there or not, until it continues the
kept head again or somebody accepts it.
"""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .protection import Level, level_of
from .witness import Verdict, short

if TYPE_CHECKING:
    from .broker import Broker
    from .gateway import LocalVoiceConfigEntry
    from .wire.broker_messages import Protection
    from .witness import Finding

AUDIT_LOG: Final = "audit_log_"
"""What the issues' ids begin with; the entry's id follows."""
AUDIT_UNREADABLE: Final = "audit_unreadable_"
NOT_ENFORCED: Final = "not_enforced_"
ASKED_OFTEN: Final = "asked_often_"
"""Told in `asked_often.py`."""
PREFIXES: Final = (AUDIT_LOG, AUDIT_UNREADABLE, NOT_ENFORCED, ASKED_OFTEN)
MOST_REASONS: Final = 10
"""Who wants to know more looks at the gateway itself."""
_KEYS: Final = {
    Verdict.WENT_BACK: "audit_went_back",
    Verdict.FORKED: "audit_forked",
    Verdict.REPLACED: "audit_replaced",
    Verdict.UNSIGNED: "audit_unsigned",
}


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Say what is to be said now, and whenever the broker tells something new, until the entry is unloaded."""
    broker = entry.runtime_data.broker

    @callback
    def look() -> None:
        _tell(hass, AUDIT_LOG + entry.entry_id, _about_log(entry, broker))
        _tell(hass, AUDIT_UNREADABLE + entry.entry_id, _about_store(broker))
        if broker.protection is not None:  # otherwise what is shown, or ignored, of the last time stays
            _tell(hass, NOT_ENFORCED + entry.entry_id, _about_protection(broker.protection, broker.name))

    look()
    entry.async_on_unload(broker.on_change(look))


@callback
def async_forget(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """The entry is gone."""
    for prefix in PREFIXES:
        ir.async_delete_issue(hass, DOMAIN, prefix + entry.entry_id)


def shown(broker: Broker, finding: Finding) -> dict[str, str]:
    """Return what people compare of a log that is not what it was."""
    kept = broker.head
    return {"gateway": broker.name, "kept": "—" if kept is None else short(kept), "found": short(finding.head)}


def _about_log(entry: ConfigEntry, broker: Broker) -> dict[str, Any] | None:
    finding = broker.finding
    if finding is None:
        return None
    return {
        "is_fixable": finding.verdict is not Verdict.UNSIGNED,
        "is_persistent": True,
        "severity": ir.IssueSeverity.ERROR,
        "translation_key": _KEYS[finding.verdict],
        "translation_placeholders": shown(broker, finding),
        "data": {"entry_id": entry.entry_id},
    }


def _about_store(broker: Broker) -> dict[str, Any] | None:
    if broker.store.is_readable:
        return None
    return {
        "is_fixable": False,
        "severity": ir.IssueSeverity.ERROR,
        "translation_key": "audit_unreadable",
        "translation_placeholders": {"gateway": broker.name, "path": broker.store.path},
    }


def _about_protection(protection: Protection, gateway: str) -> dict[str, Any] | None:
    if level_of(protection) is not Level.NOT_ENFORCED:
        return None
    reasons = [f"- {way}" for way in protection.ways_out] + [
        f"- {layer}: {why}" for layer, why in protection.missing.items()
    ]
    return {
        "is_fixable": False,
        "severity": ir.IssueSeverity.WARNING,
        "translation_key": "not_enforced",
        "translation_placeholders": {
            "gateway": gateway,
            "attempts": str(protection.attempts),
            "open": str(len(protection.ways_out)),
            "reasons": "\n".join(reasons[:MOST_REASONS]) or "—",
        },
    }


@callback
def _tell(hass: HomeAssistant, issue_id: str, words: dict[str, Any] | None) -> None:
    if words is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    else:
        ir.async_create_issue(hass, DOMAIN, issue_id, **words)
