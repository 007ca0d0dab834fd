"""What the gateway hears and speaks with: the Whisper model, the voice, the wake word; and how long it remembers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.components.select import SelectEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import LedgerEntity, LocalVoiceEntity

if TYPE_CHECKING:
    from .gateway import Gateway, LocalVoiceConfigEntry
    from .wire.messages import Offered

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the gateway's settings that is one of several."""

    key: str
    options: Callable[[Offered], Iterable[tuple[str, str]]]
    """What there is to choose from: ids, and how people call them."""
    current: Callable[[Offered], str | None]
    """The id of what is in use."""
    change: Callable[[str], dict[str, Any]]
    """The settings that choosing an id comes to."""


def _wake_word(offered: Offered) -> str | None:
    """Return the first wake word that is listened for.

    A gateway may listen for several; there is one here. Choosing one makes it the only one.
    """
    return next(iter(offered.wake_words), None)


CHOICES: Final = (
    Choice(
        key="stt_model",
        options=lambda offered: ((model, model) for model in offered.stt_models),
        current=lambda offered: offered.stt_model,
        change=lambda model: {"stt_model": model},
    ),
    Choice(
        key="voice",
        options=lambda offered: ((voice.id, f"{voice.name} ({voice.language})") for voice in offered.voices),
        current=lambda offered: offered.voice,
        change=lambda voice: {"voice": voice},
    ),
    Choice(
        key="wake_word",
        options=lambda offered: ((word.id, word.phrase) for word in offered.known_wake_words),
        current=_wake_word,
        change=lambda word: {"wake_words": (word,)},
    ),
)


DAY_S: Final = 24 * 3_600
RETENTIONS: Final[Mapping[str, int | None]] = {
    "off": None,
    "1_day": DAY_S,
    "7_days": 7 * DAY_S,
    "30_days": 30 * DAY_S,
    "90_days": 90 * DAY_S,
    "365_days": 365 * DAY_S,
}
"""For how long turns may be kept, by the key of the option's name."""


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: LocalVoiceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's choices."""
    gateway = entry.runtime_data
    async_add_entities([*(ChoiceSelect(gateway, choice) for choice in CHOICES), RetentionSelect(gateway)])


class ChoiceSelect(LocalVoiceEntity, SelectEntity):
    """One of the gateway's settings that is one of several."""

    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, gateway: Gateway, choice: Choice) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, choice.key)
        self._choice = choice

    @property
    @override
    def options(self) -> list[str]:
        """What there is to choose from, as people call it."""
        return list(self._names().values())

    @property
    @override
    def current_option(self) -> str | None:
        """What is in use."""
        offered = self.gateway.offered
        return None if offered is None else self._names().get(self._choice.current(offered) or "")

    @override
    async def async_select_option(self, option: str) -> None:
        """Use this from now on."""
        chosen = next(one for one, name in self._names().items() if name == option)
        await self.gateway.change_settings(**self._choice.change(chosen))

    def _names(self) -> Mapping[str, str]:
        """Return ids with their names; a name that two have in common tells them apart by their ids."""
        offered = self.gateway.offered
        names = {} if offered is None else dict(self._choice.options(offered))
        all_names = list(names.values())
        return {one: name if all_names.count(name) == 1 else f"{name}, {one}" for one, name in names.items()}


class RetentionSelect(LedgerEntity, SelectEntity):
    """For how long turns are remembered. What there is and is older goes at once."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_options = list(RETENTIONS)  # noqa: RUF012 - Home Assistant's attribute, of the instance's type

    def __init__(self, gateway: Gateway) -> None:
        """Belong to the gateway."""
        super().__init__(gateway, "retention")

    @property
    @override
    def current_option(self) -> str | None:
        """For how long; None for a time that was chosen at the gateway and is none of these."""
        kept = self.gateway.ledger.kept
        names = {kept_s: name for name, kept_s in RETENTIONS.items()}
        return None if kept is None else names.get(kept.transcripts_s)

    @override
    async def async_select_option(self, option: str) -> None:
        """Keep them for so long from now on. Without turns there are no recordings, nor when there are turns again."""
        user_id = await self.async_keeper()
        kept, transcripts_s = self.gateway.ledger.kept, RETENTIONS[option]
        audio_s = None if kept is None or transcripts_s is None else kept.audio_s
        await self.gateway.ledger.keep(transcripts_s=transcripts_s, audio_s=audio_s, user_id=user_id)
