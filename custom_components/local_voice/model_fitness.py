"""What a person is told of the Whisper model while a gateway is set up: whether it is good enough for the language."""

from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

if TYPE_CHECKING:
    from .wire.messages import Offered

FITNESS: Final = "stt_fitness"
LANGUAGES: Final = "stt_language"
UNTOLD: Final = "untold"
"""For a gateway that does not say it: one that is older, or did not answer."""


async def hearing(hass: HomeAssistant, offered: Offered | None) -> str:
    """Return it in the language of the home: "German with base: weak …"."""
    words = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])

    def called(options: str, option: str) -> str | None:
        return words.get(f"component.{DOMAIN}.selector.{options}.options.{option}")

    fitness = offered.stt_fitness.get(offered.stt_model, "") if offered else ""
    told = called(FITNESS, fitness) or called(FITNESS, UNTOLD) or ""
    if offered is None:
        return told
    code = offered.language.replace("_", "-").partition("-")[0].casefold()
    return f"{called(LANGUAGES, code) or offered.language}, {offered.stt_model}: {told}"
