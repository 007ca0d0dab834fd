"""Telling a household that a request waits: a notification in Home Assistant, and on the phones that were chosen.

Neither says what is asked, where to, nor where it was asked: to a phone it travels by way of others' servers. A phone
can refuse, which keeps everything at home; a yes is given on the page only, where the bytes are shown.
"""

import asyncio
import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import CALLBACK_TYPE, Event, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.translation import async_get_translations

from .approvers import may_decide
from .const import CONF_NOTIFY_DEVICES, DOMAIN
from .errors import GatewayError
from .panel import request_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .gateway import LocalVoiceConfigEntry

NOTIFY: Final = "notify"
PHONE_PREFIX: Final = "mobile_app_"
"""What the notify actions of Home Assistant's phone app begin with."""
ACTED: Final = "mobile_app_notification_action"
"""The event of somebody who touched a button of a notification."""
REFUSE: Final = "LOCAL_VOICE_REFUSE_"
"""What the button's action begins with; the request's id follows."""
TITLE: Final = "Local Voice"
PUSHED_S: Final = 15.0
"""Home Assistant gives the servers of the phones ten."""

_LOGGER = logging.getLogger(__name__)


@callback
def async_watch(hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
    """Notify of what waits at a gateway, until its entry is unloaded."""
    notices = Notices(hass, entry)
    entry.async_on_unload(entry.runtime_data.broker.on_change(notices.look))
    entry.async_on_unload(hass.bus.async_listen(ACTED, notices.acted))
    entry.async_on_unload(notices.stop)


@callback
def phones(hass: HomeAssistant) -> list[str]:
    """Return the notify actions of phones."""
    return sorted(name for name in hass.services.async_services_for_domain(NOTIFY) if name.startswith(PHONE_PREFIX))


class Notices:
    """Those of one gateway."""

    def __init__(self, hass: HomeAssistant, entry: LocalVoiceConfigEntry) -> None:
        """Nobody is notified yet."""
        self._hass = hass
        self._entry = entry
        self._cloud = entry.runtime_data.broker.cloud
        self._phones: list[str] = entry.options.get(CONF_NOTIFY_DEVICES, [])
        self._until_s: dict[str, float] = {}
        """The requests that were notified of, and when they expire."""
        self._notifying: dict[str, asyncio.Task[None]] = {}
        self._stop_timer: CALLBACK_TYPE | None = None

    @callback
    def look(self, _now: datetime | None = None) -> None:
        """Notify of what waits and was not notified of, and take back what waits no more.

        While the broker is away, a request is left until it has expired.
        """
        latest, now_s = self._cloud.latest, monotonic()
        if latest is None:
            waiting = {request_id: until_s for request_id, until_s in self._until_s.items() if until_s > now_s}
        else:
            waiting = {words.request_id: self._cloud.told_s + words.left_s for words in latest.waiting}
        before, self._until_s = self._until_s, waiting
        for request_id in before.keys() - waiting.keys():
            self._take_back(request_id)
        for request_id in waiting.keys() - before.keys():
            left_s = round(waiting[request_id] - now_s)
            self._notifying[request_id] = self._entry.async_create_background_task(
                self._hass, self._notify(request_id, left_s), f"{DOMAIN} notify {self._entry.entry_id}"
            )
        self._cancel_timer()
        if latest is None and waiting:
            self._stop_timer = async_call_later(
                self._hass, max(0.0, min(waiting.values()) - now_s), HassJob(self.look, cancel_on_shutdown=True)
            )

    @callback
    def stop(self) -> None:
        """Leave nothing behind."""
        self._cancel_timer()
        for request_id in self._until_s:
            self._take_back(request_id)
        self._until_s = {}

    async def acted(self, event: Event[dict[str, Any]]) -> None:
        """Refuse what somebody refused on a phone, if that somebody may."""
        action = event.data.get("action")
        if not isinstance(action, str) or not action.startswith(REFUSE):
            return
        request_id = action.removeprefix(REFUSE)
        if self._cloud.waiting(request_id) is None:  # another gateway's, or decided
            return
        user = await self._hass.auth.async_get_user(event.context.user_id) if event.context.user_id else None
        if user is None or not may_decide(user, self._entry.options):
            _LOGGER.warning("%s: somebody who may not refused a request on a phone", self._entry.title)
            return
        try:
            await self._cloud.refuse(request_id, user_id=user.id)
        except GatewayError as error:
            _LOGGER.warning("%s: a request was not refused: %s", self._entry.title, error.translation_key)

    # What is shown

    async def _notify(self, request_id: str, left_s: int) -> None:
        texts = await async_get_translations(self._hass, self._hass.config.language, "common", [DOMAIN])
        waits, look, refuse = (
            texts[f"component.{DOMAIN}.common.{key}"] for key in ("request_waits", "look_at_request", "refuse_request")
        )
        if request_id not in self._until_s:  # decided meanwhile
            return
        path = request_path(request_id)
        persistent_notification.async_create(self._hass, f"{waits} [{look}]({path})", TITLE, _notice(request_id))
        pushed = {
            "title": TITLE,
            "message": waits,
            "data": {
                "tag": request_id,
                "url": path,
                "clickAction": path,
                "actions": [
                    {"action": "URI", "title": look, "uri": path},
                    {"action": f"{REFUSE}{request_id}", "title": refuse, "destructive": True},
                ],
                # Now or never: Android.
                "ttl": 0,
                "priority": "high",
                "timeout": left_s,
                # The same for iOS.
                "push": {"interruption-level": "time-sensitive"},
            },
        }
        await self._push(self._phones, pushed)

    @callback
    def _take_back(self, request_id: str) -> None:
        persistent_notification.async_dismiss(self._hass, _notice(request_id))
        notifying = self._notifying.pop(request_id)
        if self._phones:
            # Not a task of the entry's, which may be unloaded now.
            self._hass.async_create_background_task(self._clear(request_id, notifying), f"{DOMAIN} clear")

    async def _clear(self, request_id: str, notifying: asyncio.Task[None]) -> None:
        """Take a notification back from phones, once it is there."""
        await asyncio.wait({notifying})
        await self._push(self._phones, {"message": "clear_notification", "data": {"tag": request_id}})

    async def _push(self, phones: Iterable[str], words: dict[str, Any]) -> None:
        await asyncio.gather(*(self._push_to(phone, words) for phone in phones))

    async def _push_to(self, phone: str, words: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(PUSHED_S):
                await self._hass.services.async_call(NOTIFY, phone, words, blocking=True)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a phone; its name may be somebody's
            _LOGGER.warning("%s: a phone could not be notified: %s", self._entry.title, type(error).__name__)

    @callback
    def _cancel_timer(self) -> None:
        if self._stop_timer is not None:
            self._stop_timer()
            self._stop_timer = None


def _notice(request_id: str) -> str:
    return f"{DOMAIN}_{request_id}"
