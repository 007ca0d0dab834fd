"""The page in Home Assistant's side bar: its one file, served as it is, and its place there.

The file is built from `frontend/` of the project, and is not part of the source. Its name carries its hash.
"""

import logging
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
BUNDLE: Final = "local-voice-*.js"
SERVED: Final[HassKey[str]] = HassKey("local_voice_panel_url")
"""Where browsers find the file: another address for another file, so that they may keep it."""

_LOGGER = logging.getLogger(__name__)


async def async_serve(hass: HomeAssistant) -> None:
    """Serve the page's file until Home Assistant stops; once."""
    bundle = await hass.async_add_executor_job(_bundle)
    if bundle is None:
        _LOGGER.error(
            "The page of Local Voice is not there: install the integration from a release, or build the page with"
            " scripts/page in the project's folder; then restart Home Assistant"
        )
        return
    url = hass.data[SERVED] = f"/{DOMAIN}/{bundle.name}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(bundle))])


async def async_show(hass: HomeAssistant) -> None:
    """Have the page in the side bar, once for all gateways. Everybody sees it; who may decide is looked at there."""
    if async_panel_exists(hass, URL_PATH) or SERVED not in hass.data:
        return
    await async_register_panel(
        hass,
        frontend_url_path=URL_PATH,
        webcomponent_name=ELEMENT,
        sidebar_title="Local Voice",
        sidebar_icon="mdi:account-voice",
        module_url=hass.data[SERVED],
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


def _bundle() -> Path | None:
    """Return the file that was built last."""
    return max(FOLDER.glob(BUNDLE), key=lambda path: path.stat().st_mtime, default=None)
