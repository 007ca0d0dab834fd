"""What was recorded of a turn, for whom may hear it, at an address that is good for seconds and one login.

A page asks for the address (`local_voice/ledger/play`); whether the account may hear this is looked at then, and again
when the sound is fetched. No browser may keep it.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS, KEY_HASS_USER
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView

from .errors import NotConnectedError, RefusedError
from .ledger_access import Act, asker_of
from .page_commands import entry_of, gateway_of
from .wav import wav_header
from .wire.client import CLIP_RATE_HZ

if TYPE_CHECKING:
    from .gateway import LocalVoiceConfigEntry

PATH: Final = "/api/local_voice/ledger"
SIGNED: Final = timedelta(seconds=30)
"""How long an address is good: a page fetches it at once."""
NOT_KEPT: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What browsers are told about it: keep no copy, take it for nothing but sound."""
STATUSES: Final = {
    "unauthorized": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "unknown_turn": HTTPStatus.NOT_FOUND,
    "no_clip": HTTPStatus.NOT_FOUND,
    "too_many": HTTPStatus.TOO_MANY_REQUESTS,
}
"""Of the reasons why there is no sound; 401 is not among them, which would count as a wrong login."""


@callback
def signed_path(hass: HomeAssistant, entry: LocalVoiceConfigEntry, turn_id: str, refresh_token_id: str | None) -> str:
    """Return where a turn's sound can be fetched for `SIGNED`, while the login that this token is of lasts."""
    return async_sign_path(hass, f"{PATH}/{entry.entry_id}/{turn_id}", SIGNED, refresh_token_id=refresh_token_id)


class ClipView(HomeAssistantView):
    """Serves the sound of one turn."""

    url = PATH + "/{entry_id}/{turn_id:[0-9a-f]{32}}"
    name = "api:local_voice:ledger:clip"

    async def get(self, request: web.Request, entry_id: str, turn_id: str) -> web.Response:
        """Return a WAV file. Each time it is fetched is a row of the gateway's audit log."""
        hass = request.app[KEY_HASS]
        try:
            entry = entry_of(hass, entry_id)
            asker = asker_of(request[KEY_HASS_USER], entry.options, Act.PLAY)
            ledger = gateway_of(entry).ledger
            sound = await ledger.play(turn_id, of_user=asker.of_user, user_id=asker.user_id)
        except NotConnectedError as error:
            return self._why_not(HTTPStatus.SERVICE_UNAVAILABLE, "not_connected", str(error))
        except RefusedError as error:
            status = STATUSES.get(error.code, HTTPStatus.BAD_GATEWAY)
            return self._why_not(status, error.code, error.message or str(error))
        wav = wav_header(CLIP_RATE_HZ, len(sound)) + sound
        return web.Response(body=wav, content_type="audio/wav", headers=NOT_KEPT)

    def _why_not(self, status: HTTPStatus, code: str, message: str) -> web.Response:
        return self.json({"code": code, "message": message}, status, headers=NOT_KEPT)
