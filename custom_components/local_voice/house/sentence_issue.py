"""Sentences of the household's own that cannot be used, as an issue in Home Assistant's repairs: in which files."""

from collections.abc import Sequence
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN

SENTENCES_UNUSABLE: Final = "sentences_unusable"
MOST_NAMED: Final = 10
"""Files; who has put these right sees the others."""


@callback
def note_unusable(hass: HomeAssistant, names: Sequence[str]) -> None:
    """Say in which files something cannot be used, or that there is nothing of the kind any more."""
    if not names:
        ir.async_delete_issue(hass, DOMAIN, SENTENCES_UNUSABLE)
        return
    files = "\n".join(f"- `{name}`" for name in dict.fromkeys(names[:MOST_NAMED]))
    ir.async_create_issue(
        hass,
        DOMAIN,
        SENTENCES_UNUSABLE,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=SENTENCES_UNUSABLE,
        translation_placeholders={"files": files},
    )
