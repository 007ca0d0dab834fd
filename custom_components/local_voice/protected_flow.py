"""Deciding what of the house needs a yes or a PIN, what voice never changes, and from where: a subentry each."""

from collections.abc import Mapping
from typing import Any, Final

import probatio
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    AreaSelector,
    AreaSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
)
from homeassistant.helpers.translation import async_get_translations

from .const import CONF_AREAS, CONF_ENTITIES, CONF_KINDS, CONF_LEVEL, DOMAIN
from .house.guards import Level
from .house.kinds import Kind
from .house.pin import is_set

MOST_NAMED: Final = 3
"""Things that the title of a decision names."""
KIND_OPTIONS: Final = "protected_kind"
LEVEL_OPTIONS: Final = "protected_level"
FORM: Final = probatio.Schema(
    {
        probatio.Optional(CONF_ENTITIES, default=[]): EntitySelector(EntitySelectorConfig(multiple=True)),
        probatio.Optional(CONF_KINDS, default=[]): SelectSelector(
            SelectSelectorConfig(options=[*Kind], multiple=True, translation_key=KIND_OPTIONS)
        ),
        probatio.Required(CONF_LEVEL, default=Level.CONFIRM): SelectSelector(
            SelectSelectorConfig(options=[*Level], translation_key=LEVEL_OPTIONS)
        ),
        probatio.Optional(CONF_AREAS, default=[]): AreaSelector(AreaSelectorConfig(multiple=True)),
    }
)


class ProtectedFlow(ConfigSubentryFlow):
    """user or reconfigure: one form."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a decision."""
        if user_input is not None and not (errors := self._errors(user_input)):
            title = await _title(self.hass, user_input)
            return self.async_create_entry(title=title, data=_kept(self.hass, user_input))
        return self._form("user", user_input, {} if user_input is None else errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for another one in its place."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None and not (errors := self._errors(user_input)):
            title = await _title(self.hass, user_input)
            return self.async_update_and_abort(
                self._get_entry(), subentry, title=title, data=_kept(self.hass, user_input)
            )
        shown = _shown(self.hass, subentry.data) if user_input is None else user_input
        return self._form("reconfigure", shown, {} if user_input is None else errors)

    def _form(self, step_id: str, values: Mapping[str, Any] | None, errors: dict[str, str]) -> SubentryFlowResult:
        schema = self.add_suggested_values_to_schema(FORM, values)
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors)

    def _errors(self, decision: Mapping[str, Any]) -> dict[str, str]:
        if not decision[CONF_ENTITIES] and not decision[CONF_KINDS]:
            return {"base": "nothing_chosen"}
        if decision[CONF_LEVEL] == Level.PIN and not is_set(self._get_entry()):
            return {CONF_LEVEL: "no_pin"}
        return {}


@callback
def _kept(hass: HomeAssistant, decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision as it is kept: by registry ids, so that it stays with a thing whose entity id is changed."""
    registry = er.async_get(hass)
    entries = ((one, registry.async_get(one)) for one in decision[CONF_ENTITIES])
    return {**decision, CONF_ENTITIES: [one if entry is None else entry.id for one, entry in entries]}


@callback
def _shown(hass: HomeAssistant, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision as it is shown: by entity ids, without the things that are gone."""
    registry = er.async_get(hass)
    entity_ids = (er.async_resolve_entity_id(registry, one) for one in kept[CONF_ENTITIES])
    return {**kept, CONF_ENTITIES: [one for one in entity_ids if one]}


async def _title(hass: HomeAssistant, decision: Mapping[str, Any]) -> str:
    """Return what a decision is about, and what is decided: "Heater, Locks: never by voice"."""
    words = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])

    def called(options: str, option: str) -> str:
        return words.get(f"component.{DOMAIN}.selector.{options}.options.{option}", option)

    states = ((one, hass.states.get(one)) for one in decision[CONF_ENTITIES])
    names = [one if state is None else state.name for one, state in states]
    names += [called(KIND_OPTIONS, kind) for kind in decision[CONF_KINDS]]
    more = [f"+ {len(names) - MOST_NAMED}"] if len(names) > MOST_NAMED else []
    return f"{', '.join([*names[:MOST_NAMED], *more])}: {called(LEVEL_OPTIONS, decision[CONF_LEVEL])}"
