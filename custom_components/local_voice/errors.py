"""What can go wrong between Home Assistant and the gateway. A message is a translation key, never what was said."""

from collections.abc import Mapping
from typing import Final

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN

REFUSALS: Final[Mapping[str, str]] = {
    "altered": "altered",
    "audio": "sound_not_played",
    "away": "ledger_away",
    "broker_silent": "broker_silent",
    "config": "not_there",
    "engine": "model_failed",
    "full": "ledger_full",
    "harm": "would_harm",
    "home": "home_too_slow",
    "internal": "gateway_failed",
    "late": "no_answer",
    "ledger": "ledger_failed",
    "malformed": "makes_no_sense",
    "model": "model_damaged",
    "no_answer": "no_answer",
    "no_clip": "no_recording",
    "no_ledger": "no_ledger",
    "no_meaning": "means_nothing",
    "no_rule": "no_rule_helps",
    "not_connected": "satellite_away",
    "not_found": "no_such_gateway",
    "not_recorded": "not_recorded",
    "not_stored": "not_stored",
    "nothing_kept": "nothing_kept",
    "out_of_order": "home_not_known",
    "satellite_away": "satellite_away",
    "too_large": "too_large",
    "too_many": "busy",
    "unauthorized": "not_allowed",
    "unknown_satellite": "no_such_satellite",
    "unknown_timer": "no_such_timer",
    "unknown_turn": "no_such_turn",
    "unsupported_language": "unsupported_language",
    "unsupported_voice": "unsupported_voice",
}
"""What a person is told for the codes that ordinary use may meet; for any other the code itself, as `refused`."""


class GatewayError(HomeAssistantError):
    """Something of the gateway's; `translation_key` says what, and what to do."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """`key` is one of `exceptions` in the translations."""
        super().__init__(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None)


class NotConnectedError(GatewayError):
    """The gateway is not reached, or the connection ended before the answer."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("not_connected")


class TrustError(GatewayError):
    """It is not the gateway that was paired (`changed_pin`), or it knows us no more (`unknown_token`)."""


class WrongVersionError(GatewayError):
    """One side is too old for the other (`wrong_version`)."""

    def __init__(self, *, ours: int, gateways: int) -> None:
        """Tell which versions of the protocol each side speaks."""
        super().__init__("wrong_version", ours=str(ours), gateways=str(gateways))
        self.is_gateway_too_old = gateways < ours
        """Otherwise this integration is."""


class RefusedError(GatewayError):
    """The gateway said why it does not do something, or said nothing for too long (`no_answer`)."""

    def __init__(self, code: str, message: str = "") -> None:
        """`code` is the gateway's: short, and safe to log. `message` is its own, where it has one: for people."""
        super().__init__(REFUSALS.get(code, "refused"), code=code)
        self.code = code
        self.message = message
