"""Setting a gateway up: where it is, the code that it shows, what is wanted of it; and putting it right later on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, override

import probatio
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline  # exported since 2026.11
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .approvers import ADMINISTRATORS, EVERYONE
from .const import (
    CONF_APPROVERS,
    CONF_BROKER_PIN,
    CONF_CUSTOM_SENTENCES,
    CONF_MEMBERS_SEE_OWN_TURNS,
    CONF_NOTIFY_DEVICES,
    CONF_PIN_HASH,
    CONF_PIPELINE,
    CONF_PREFERRED,
    CONF_VOICE_PIN,
    CONF_WAKE_WORD,
    DEFAULT_PORT,
    DOMAIN,
    SUBENTRY_PROTECTED,
)
from .house.pin import hashed, is_pin
from .keeper import CONF_REASON
from .model_fitness import hearing
from .notifications import PHONE_PREFIX, phones
from .protected_flow import ProtectedFlow
from .wake_word_choice import listen_for, offered
from .wire.errand import ErrandError, fingerprint_of
from .wire.pairing import Paired, leave, pair

if TYPE_CHECKING:
    from .wire.messages import Offered

FINGERPRINT_CHARS: Final = 8
"""Of a fingerprint, to tell two gateways apart by eye; the pairing compares all of it."""
LAST_PORT: Final = 65_534
"""The broker's is the one after it."""

CONF_NEW_PIN: Final = "new_pin"
"""A field of the form: what is typed here is kept as a hash."""
CONF_REMOVE_PIN: Final = "remove_pin"
"""Another: that none is kept any more. What needs a PIN is then refused; it is not open."""

ADDRESS: Final = {
    probatio.Required(CONF_HOST): TextSelector(),
    probatio.Required(CONF_PORT, default=DEFAULT_PORT): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=LAST_PORT)
    ),
}
CODE: Final = probatio.Schema({probatio.Required(CONF_CODE): TextSelector()})
OPTIONS: Final = {
    probatio.Required(CONF_CUSTOM_SENTENCES, default=True): BooleanSelector(),
    probatio.Required(CONF_PIPELINE, default=True): BooleanSelector(),
    probatio.Required(CONF_APPROVERS, default=ADMINISTRATORS): SelectSelector(
        SelectSelectorConfig(options=[ADMINISTRATORS, EVERYONE], translation_key=CONF_APPROVERS)
    ),
    probatio.Required(CONF_MEMBERS_SEE_OWN_TURNS, default=False): BooleanSelector(),
    probatio.Optional(CONF_NEW_PIN): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD)),
}


class LocalVoiceConfigFlow(ConfigFlow, domain=DOMAIN):
    """user or zeroconf ─► pair ─► preferences ─► entry; reauth ─► pair ─► entry as it was, with a new token."""

    VERSION = 1

    def __init__(self) -> None:
        """Begin, knowing nothing."""
        self._host = ""
        self._port = DEFAULT_PORT
        self._fingerprint = ""
        self._paired: Paired | None = None
        self._offered: Offered | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> LocalVoiceOptionsFlow:
        """Return what changes the options."""
        return LocalVoiceOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what is decided one by one."""
        return {SUBENTRY_PROTECTED: ProtectedFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the gateway is, and look whether it is there."""
        errors = {}
        if user_input is not None:
            self._host, self._port = _address(user_input)
            try:
                pin = await fingerprint_of(self._host, self._port)
            except ErrandError as error:
                errors["base"] = error.key
            else:
                self._async_abort_entries_match({CONF_VOICE_PIN: pin.hex()})
                self._fingerprint = pin.hex()
                return await self.async_step_pair()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(probatio.Schema(ADDRESS), user_input),
            errors=errors,
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer a gateway that announced itself, or learn that a known one has another address."""
        address, port = discovery_info.ip_address, discovery_info.port
        gateway_id, fingerprint = discovery_info.properties.get("id"), discovery_info.properties.get("fp")
        if address.is_link_local and address.version == 6:
            return self.async_abort(reason="link_local_address")
        if not (port and gateway_id and fingerprint):
            return self.async_abort(reason="not_a_gateway")
        self._host, self._port, self._fingerprint = discovery_info.host, port, fingerprint
        if entry := await self.async_set_unique_id(gateway_id):
            await self._async_follow(entry)
            return self.async_abort(reason="already_configured")
        name = f"{self._host} ({fingerprint[:FINGERPRINT_CHARS]})"
        self.context["title_placeholders"] = {"name": name}
        return await self.async_step_pair()

    async def async_step_pair(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that the gateway shows, and become its peer."""
        errors = {}
        if user_input is not None:
            name = self.hass.config.location_name or "Home Assistant"
            try:
                self._paired = await pair(self.hass, self._host, self._port, code=user_input[CONF_CODE], name=name)
            except ErrandError as error:
                errors["base"] = error.key
            else:
                return await self._async_step_paired(self._paired)
        return self.async_show_form(
            step_id="pair", data_schema=CODE, errors=errors, description_placeholders=self._placeholders
        )

    async def _async_step_paired(self, paired: Paired) -> ConfigFlowResult:
        """Keep a new token where it was wanted, or go on to what is wanted of a new gateway."""
        await self.async_set_unique_id(paired.gateway_id, raise_on_progress=False)
        if self.source == SOURCE_REAUTH:
            self._abort_if_unique_id_mismatch(reason="another_gateway")
            self._paired = None
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data_updates=paired.as_data(self._host, self._port)
            )
        self._abort_if_unique_id_configured()
        return await self.async_step_preferences()

    async def async_step_preferences(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what the gateway is to listen for, and whether it becomes an assistant of Home Assistant."""
        assert self._paired is not None  # noqa: S101 - this step follows pairing
        data = self._paired.as_data(self._host, self._port)
        errors = {}
        try:
            if user_input is None:
                self._offered = await offered(self.hass, data)
            else:
                await self._async_listen_for(user_input.get(CONF_WAKE_WORD), data)
        except ErrandError as error:
            errors["base"] = error.key
        if user_input is None or errors:
            return self.async_show_form(
                step_id="preferences",
                data_schema=self.add_suggested_values_to_schema(self._preferences, user_input),
                # The first look may fail: then there is no choice of wake words, and nothing else is missing.
                errors=errors if user_input else {},
                description_placeholders={"hearing": await hearing(self.hass, self._offered)},
            )
        self._paired = None
        return self.async_create_entry(
            title=f"Local Voice {self._host}" if self._async_current_entries() else "Local Voice",
            data=data | {CONF_PREFERRED: user_input[CONF_PREFERRED]},
            options={CONF_CUSTOM_SENTENCES: True, CONF_PIPELINE: user_input[CONF_PIPELINE]},
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to pair again with a gateway that knows us no more, or to find one where another answers."""
        if entry_data.get(CONF_REASON) == "changed_pin":
            return await self.async_step_moved()
        self._host, self._port = entry_data[CONF_HOST], entry_data[CONF_PORT]
        self._fingerprint = entry_data[CONF_VOICE_PIN]
        return await self.async_step_pair()

    async def async_step_moved(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Tell that another answers in the gateway's place, and ask where the gateway is."""
        return await self._async_step_address("moved", self._get_reauth_entry(), user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the gateway is now."""
        return await self._async_step_address("reconfigure", self._get_reconfigure_entry(), user_input)

    async def _async_step_address(
        self, step_id: str, entry: ConfigEntry, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Take another address, where the same gateway answers."""
        errors = {}
        if user_input is not None:
            host, port = _address(user_input)
            try:
                await _check_is_same(entry, host, port)
            except ErrandError as error:
                errors["base"] = error.key
            else:
                return self.async_update_reload_and_abort(
                    entry, data_updates={CONF_HOST: host, CONF_PORT: port}, reason="reconfigure_successful"
                )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(probatio.Schema(ADDRESS), user_input or entry.data),
            errors=errors,
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Leave a gateway that was paired for nothing: whoever closes the dialog halfway leaves no peer behind."""
        if self._paired is not None:
            data = self._paired.as_data(self._host, self._port)
            self.hass.async_create_task(leave(self.hass, data), f"{DOMAIN}: leave")

    @property
    def _placeholders(self) -> dict[str, str]:
        return {"host": self._host, "fingerprint": self._fingerprint[:FINGERPRINT_CHARS]}

    @property
    def _preferences(self) -> probatio.Schema:
        wanted = {}
        if self._offered and self._offered.known_wake_words:
            options = [SelectOptionDict(value=word.id, label=word.phrase) for word in self._offered.known_wake_words]
            default = next(iter(self._offered.wake_words), options[0]["value"])
            wanted[probatio.Required(CONF_WAKE_WORD, default=default)] = SelectSelector(
                SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN)
            )
        # A home whose assistant cannot hear has none that would be missed.
        is_deaf = async_get_pipeline(self.hass).stt_engine is None
        return probatio.Schema(
            wanted
            | {
                probatio.Required(CONF_PIPELINE, default=True): BooleanSelector(),
                probatio.Required(CONF_PREFERRED, default=is_deaf): BooleanSelector(),
            }
        )

    async def _async_listen_for(self, wake_word: str | None, data: Mapping[str, Any]) -> None:
        """Change the wake word where another was chosen."""
        if wake_word and self._offered and wake_word not in self._offered.wake_words:
            await listen_for(self.hass, data, wake_word)

    async def _async_follow(self, entry: ConfigEntry) -> None:
        """Take over a gateway's new address once it has shown its pins there; an announcement proves nothing."""
        if entry.source == SOURCE_IGNORE or (entry.data[CONF_HOST], entry.data[CONF_PORT]) == (self._host, self._port):
            return
        if entry.state is ConfigEntryState.LOADED and entry.runtime_data.is_connected:
            return
        try:
            await _check_is_same(entry, self._host, self._port)
        except ErrandError:
            return
        self.hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_HOST: self._host, CONF_PORT: self._port}
        )
        self.hass.config_entries.async_schedule_reload(entry.entry_id)


class LocalVoiceOptionsFlow(OptionsFlowWithReload):
    """What may be chosen again at any time."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the options; a PIN that was chosen once stays unless another one is typed, or it is to be removed."""
        errors = {}
        kept = self.config_entry.options.get(CONF_PIN_HASH)
        if user_input is not None:
            new_pin, is_removed = user_input.pop(CONF_NEW_PIN, ""), user_input.pop(CONF_REMOVE_PIN, False)
            if new_pin and is_removed:
                errors[CONF_REMOVE_PIN] = "new_and_removed"
            elif new_pin and not is_pin(new_pin):
                errors[CONF_NEW_PIN] = "not_a_pin"
            else:
                pin = await self.hass.async_add_executor_job(hashed, new_pin) if new_pin else kept
                keeps = pin and not is_removed
                return self.async_create_entry(data=user_input | ({CONF_PIN_HASH: pin} if keeps else {}))
        removing = {probatio.Required(CONF_REMOVE_PIN, default=False): BooleanSelector()} if kept else {}
        chosen = self.config_entry.options.get(CONF_NOTIFY_DEVICES, [])
        schema = probatio.Schema({**OPTIONS, **removing, **_phones(self.hass, chosen)})
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self.config_entry.options),
            errors=errors,
        )


def _phones(hass: HomeAssistant, chosen: list[str]) -> dict[probatio.Optional, SelectSelector]:
    """Return the field for the phones that are notified: those that there are, and those that were chosen once."""
    options = [
        SelectOptionDict(value=name, label=name.removeprefix(PHONE_PREFIX).replace("_", " "))
        for name in sorted({*phones(hass), *chosen})
    ]
    if not options:
        return {}
    return {
        probatio.Optional(CONF_NOTIFY_DEVICES, default=[]): SelectSelector(
            SelectSelectorConfig(options=options, multiple=True)
        )
    }


def _address(user_input: Mapping[str, Any]) -> tuple[str, int]:
    """Return a typed host, without the brackets of an IPv6 address, and the port."""
    return user_input[CONF_HOST].strip().strip("[]"), user_input[CONF_PORT]


async def _check_is_same(entry: ConfigEntry, host: str, port: int) -> None:
    """Raise ErrandError where another gateway than the entry's, or none, answers at an address."""
    pins = await fingerprint_of(host, port), await fingerprint_of(host, port + 1)
    if [pin.hex() for pin in pins] != [entry.data[CONF_VOICE_PIN], entry.data[CONF_BROKER_PIN]]:
        raise ErrandError("another_gateway")
