"""The page of consent in Home Assistant's side bar: its files, served as they are, and its place there."""

import hashlib
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import async_panel_exists, async_remove_panel
from homeassistant.components.http import StaticPathConfig
from homeassistant.components.panel_custom import async_register_panel
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

URL_PATH: Final = "local-voice"
"""Where the page is; notifications link to it."""
ELEMENT: Final = "local-voice-panel"
FOLDER: Final = Path(__file__).parent / "frontend"
MODULE: Final = "panel.js"
SERVED: Final[HassKey[str]] = HassKey("local_voice_panel_url")
"""Where browsers find the files: another address for other files, so that they may keep them."""
_HASH_CHARS: Final = 12


async def async_serve(hass: HomeAssistant) -> None:
    """Serve the page's files until Home Assistant stops; once."""
    version = await hass.async_add_executor_job(_version)
    url = hass.data[SERVED] = f"/{DOMAIN}/{version}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(FOLDER))])


async def async_show(hass: HomeAssistant) -> None:
    """Have the page in the side bar, once for all gateways. Everybody sees it; who may decide is looked at there."""
    if async_panel_exists(hass, URL_PATH):
        return
    await async_register_panel(
        hass,
        frontend_url_path=URL_PATH,
        webcomponent_name=ELEMENT,
        sidebar_title="Local Voice",
        sidebar_icon="mdi:account-voice",
        module_url=f"{hass.data[SERVED]}/{MODULE}",
        require_admin=False,
        config={},
    )


@callback
def async_forget(hass: HomeAssistant) -> None:
    """Have it there no more when the last gateway has gone."""
    if not hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False):
        async_remove_panel(hass, URL_PATH, warn_if_unknown=False)


def request_path(request_id: str) -> str:
    """Return the link to one request, in Home Assistant."""
    return f"/{URL_PATH}?request={request_id}"


def _version() -> str:
    """Return what is different when the files are."""
    hashed = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.js")):
        hashed.update(f"{path.name}\n".encode())
        hashed.update(hashlib.sha256(path.read_bytes()).digest())
    return hashed.hexdigest()[:_HASH_CHARS]
