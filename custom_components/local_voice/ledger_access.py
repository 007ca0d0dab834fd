"""Who in Home Assistant may do what with the turns that are remembered.

Administrators may do everything. Others may do nothing, or with an option of the entry look at, hear, correct and
forget what came from their own login. No program's account may do anything; an automation, which only administrators
can write, may forget, and nothing else.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from homeassistant.components.websocket_api import ERR_UNAUTHORIZED

from .approvers import is_somebody
from .const import CONF_MEMBERS_SEE_OWN_TURNS
from .errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from homeassistant.auth.models import User


class Act(StrEnum):
    """What somebody may do, or not."""

    LOOK = "look"
    PLAY = "play"
    FORGET = "forget"
    CORRECT = "correct"
    FORGET_EVERYTHING = "forget_everything"
    CORRECT_DESPITE_HARM = "correct_despite_harm"
    """Keep a rule by which turns that were right, whoever's, would be understood otherwise."""
    RULES = "rules"
    TUNE = "tune"
    STATS = "stats"
    KEEP = "keep"
    """Say for how long things are kept."""


class Scope(StrEnum):
    """Whose turns there are for somebody."""

    ALL = "all"
    OWN = "own"
    NOTHING = "nothing"


ON_OWN_TURNS: Final = frozenset({Act.LOOK, Act.PLAY, Act.FORGET, Act.CORRECT})
"""What members may do, with the option."""
BY_AUTOMATIONS: Final = frozenset({Act.FORGET, Act.FORGET_EVERYTHING})


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who may do what they ask for."""

    user_id: str
    """For the audit log; empty for an automation."""
    of_user: str | None
    """The user outside whose turns nothing exists for them; None: there is no such limit."""


AUTOMATION: Final = Asker(user_id="", of_user=None)


def scope_of(user: User, options: Mapping[str, Any]) -> Scope:
    """Return whose turns there are for this account; `options` are the entry's."""
    if not is_somebody(user):
        return Scope.NOTHING
    if user.is_admin:
        return Scope.ALL
    return Scope.OWN if options.get(CONF_MEMBERS_SEE_OWN_TURNS) is True else Scope.NOTHING


def asker_of(user: User, options: Mapping[str, Any], act: Act) -> Asker:
    """Return as whom this account may do this. Raises RefusedError `unauthorized`."""
    scope = scope_of(user, options)
    if scope is Scope.ALL:
        return Asker(user.id, None)
    if scope is Scope.OWN and act in ON_OWN_TURNS:
        return Asker(user.id, user.id)
    raise RefusedError(ERR_UNAUTHORIZED)
