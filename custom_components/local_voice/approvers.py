"""Who in Home Assistant may decide about a request that wants to leave the home: people, never a program's account."""

from typing import TYPE_CHECKING, Final

from .const import CONF_APPROVERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from homeassistant.auth.models import User

ADMINISTRATORS: Final = "administrators"
EVERYONE: Final = "everyone"


def may_decide(user: User | None, options: Mapping[str, Any]) -> bool:
    """Return whether somebody may see, approve and refuse what waits; `options` are the entry's."""
    if user is None or not is_somebody(user):
        return False
    return user.is_admin or options.get(CONF_APPROVERS) == EVERYONE


def may_allow(user: User) -> bool:
    """Return whether somebody may turn the switch on the page."""
    return is_somebody(user) and user.is_admin


def is_somebody(user: User) -> bool:
    """Return whether an account is a person's: add-ons and casting have accounts that Home Assistant made."""
    return user.is_active and not user.system_generated
