"""What can go wrong between Home Assistant and the gateway. A message is a translation key, never what was said."""

from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN


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
    """The gateway said why it does not do something."""

    def __init__(self, code: str) -> None:
        """`code` is the gateway's: short, and safe to log."""
        super().__init__("refused", code=code)
        self.code = code
