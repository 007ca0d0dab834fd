"""Who in Home Assistant may decide about a request that wants to leave the home, and who may change what is set up.

People only, never a program's account.
"""

from typing import TYPE_CHECKING, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL

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


def is_administrator(user: User) -> bool:
    """Return whether somebody may turn the switch on the page, and change the gateway's settings there."""
    return is_somebody(user) and user.is_admin


def may_control(user: User) -> bool:
    """Return whether somebody may do there what is done with switches: who may not, only looks at this home."""
    return is_somebody(user) and user.permissions.access_all_entities(POLICY_CONTROL)


def is_somebody(user: User) -> bool:
    """Return whether an account is a person's: add-ons and casting have accounts that Home Assistant made."""
    return user.is_active and not user.system_generated
