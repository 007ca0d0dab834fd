"""How it stands with a gateway, as the page tells it: what it offers, its satellites, its timers, its trust."""

from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .approvers import ADMINISTRATORS, is_administrator
from .const import CONF_APPROVERS, CONF_MEMBERS_SEE_OWN_TURNS, SUBENTRY_PROTECTED
from .house import pin
from .last_wakes import last_wake_at
from .log_check import GOOD
from .page_commands import Told
from .protection import level_of

if TYPE_CHECKING:
    from homeassistant.auth.models import User

    from .broker import Broker
    from .gateway import Gateway, LocalVoiceConfigEntry
    from .wire.broker_messages import AuditHead

UNKNOWN_TRUST: Final[Told] = {
    "connected": False,
    "level": "",
    "layers": [],
    "missing": {},
    "attempts": 0,
    "ways_out": [],
    "head": None,
    "verdict": "",
}


@callback
def standing(hass: HomeAssistant, entry: LocalVoiceConfigEntry, user: User) -> Told:
    """Return how it stands with a gateway.

    What a delayed command says, what is protected, and the options are for administrators.
    """
    is_admin = is_administrator(user)
    about: Told = {
        "entry_id": entry.entry_id,
        "name": entry.title,
        "is_admin": is_admin,
        "options": _options(entry) if is_admin else None,
        "guarded": _guarded(entry) if is_admin else None,
        "connected": False,
        "version": "",
        "offered": None,
        "satellites": [],
        "timers": [],
        "trust": UNKNOWN_TRUST,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return about
    gateway = entry.runtime_data
    return about | {
        "connected": gateway.is_connected,
        "version": gateway.version,
        "offered": None if gateway.offered is None else asdict(gateway.offered),
        "satellites": _satellites(hass, entry),
        "timers": _timers(gateway, is_admin=is_admin),
        "trust": _trust(gateway.broker),
    }


@callback
def without_time(entry: LocalVoiceConfigEntry, told: Told) -> Told:
    """Return what does not change by itself: timers as the gateway has told them."""
    is_loaded = entry.state is ConfigEntryState.LOADED
    return told | {"timers": entry.runtime_data.timers.running if is_loaded else ()}


def head_words(head: AuditHead | None) -> Told | None:
    """Return a head as people look at it: whose it is and what proves that is checked by then."""
    return None if head is None else {"size": head.size, "hash": head.hash, "at": head.at}


def _options(entry: LocalVoiceConfigEntry) -> Told:
    return {
        CONF_APPROVERS: entry.options.get(CONF_APPROVERS, ADMINISTRATORS),
        CONF_MEMBERS_SEE_OWN_TURNS: entry.options.get(CONF_MEMBERS_SEE_OWN_TURNS) is True,
    }


def _guarded(entry: LocalVoiceConfigEntry) -> Told:
    """Return what the household decided about its things, each decision by its title, and whether there is a PIN."""
    titles = (one.title for one in entry.subentries.values() if one.subentry_type == SUBENTRY_PROTECTED)
    return {"decisions": sorted(titles, key=str.casefold), "has_pin": pin.is_set(entry)}


def _satellites(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> list[Told]:
    paired = sorted(
        entry.runtime_data.satellites.values(), key=lambda words: (words.name.casefold(), words.satellite_id)
    )
    return [{**asdict(words), "last_wake_at": last_wake_at(hass, entry, words.satellite_id)} for words in paired]


def _timers(gateway: Gateway, *, is_admin: bool) -> list[Told]:
    passed_s = monotonic() - gateway.timers.told_s
    timers: list[dict[str, Any]] = []
    for words in gateway.timers.running:
        left_s = max(0.0, words.left_s - passed_s) if words.is_active else words.left_s
        timers.append({**asdict(words), "left_s": round(left_s, 1), "command": words.command if is_admin else ""})
    return timers


def _trust(broker: Broker) -> Told:
    protection, head, finding = broker.protection, broker.head, broker.finding
    told = UNKNOWN_TRUST | {"connected": broker.is_connected, "head": head_words(head)}
    if protection is not None:
        told |= {
            "level": level_of(protection),
            "layers": protection.layers,
            "missing": protection.missing,
            "attempts": protection.attempts,
            "ways_out": protection.ways_out,
        }
    if finding is not None:
        told["verdict"] = finding.verdict
    elif head is not None:
        told["verdict"] = GOOD
    return told
