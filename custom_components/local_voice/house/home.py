"""This home, as the gateway knows it: the house, what is done in it, and sentences of its own."""

from typing import TYPE_CHECKING

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import CONF_CUSTOM_SENTENCES
from ..wire.house_messages import ActionAsked, ActionDone, SentenceAsked, SentenceDone
from . import sentences
from .actions import act
from .guarding import may_be_done_unasked, refusal
from .guards import Guards
from .origin import language_of, said_at_satellite, said_to_home_assistant
from .ringing import ring
from .telling import Say, Telling

if TYPE_CHECKING:
    from hassil.recognize import RecognizeResult

    from ..gateway import Gateway, LocalVoiceConfigEntry, Said
    from ..wire.timer_messages import RingTimer, TimerRung


class Home:
    """What the connection to a gateway asks of Home Assistant (`gateway.Home`)."""

    def __init__(self, hass: HomeAssistant, gateway: Gateway, entry: LocalVoiceConfigEntry) -> None:
        """Belong to an entry and its gateway."""
        self._hass = hass
        self._gateway = gateway
        self._entry = entry
        self._telling: Telling | None = None
        self._sentences: sentences.OwnSentences | None = None

    async def tell(self, say: Say) -> None:
        """Tell the whole house, then what is different, until cancelled."""
        own = sentences.OwnSentences(self._hass, language_of(self._hass, self._gateway), self._look_again)
        stop = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)
        try:
            if self._entry.options.get(CONF_CUSTOM_SENTENCES, True):
                await own.start()
            self._sentences = own
            self._telling = Telling(self._hass, own, say, self._guards)
            await self._telling.run()
        finally:
            self._telling = None
            stop()
            own.stop()

    async def act(self, asked: ActionAsked, said: Said | None) -> ActionDone:
        """Do what was understood, at a satellite of the gateway or, with `said`, in a conversation; or refuse to."""
        if said is None:
            origin = said_at_satellite(self._hass, self._gateway, self._entry, asked.satellite_id, asked.area_id)
        else:
            origin = said_to_home_assistant(self._hass, self._gateway, self._entry, said, asked.area_id)
        why_not = await refusal(self._hass, self._entry, self._guards(), asked, origin)
        if why_not is not None:
            return ActionDone(id=asked.id, error=why_not)
        done = await act(self._hass, asked, origin)
        if said is not None:
            states = (self._hass.states.get(matched.id) for matched in done.matched)
            said.states.extend(state for state in states if state is not None)
        return done

    async def sentence(self, asked: SentenceAsked) -> SentenceDone:
        """Do what was said at a satellite of the gateway, if it is a sentence of Home Assistant's own."""
        if self._sentences is None:
            return SentenceDone(id=asked.id)
        origin = said_at_satellite(self._hass, self._gateway, self._entry, asked.satellite_id, asked.area_id)
        decided = Guards(self._hass, self._entry, origin.language, usual=None)

        def may_do(result: RecognizeResult) -> bool:
            return may_be_done_unasked(self._hass, decided, result, origin)

        return await sentences.answer(self._hass, asked, origin, self._sentences, may_do)

    @callback
    def _guards(self) -> Guards:
        """Return what the household decided about its things, as it is now."""
        return Guards(self._hass, self._entry, language_of(self._hass, self._gateway))

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Look at everything again: what is protected may be something else."""
        if self._telling is not None and entry.entry_id == self._entry.entry_id:
            self._telling.notice_all()

    async def ring(self, asked: RingTimer) -> TimerRung:
        """Have a timer that is up heard at a satellite of Home Assistant's."""
        return await ring(self._hass, asked)

    @callback
    def _look_again(self) -> None:
        if self._telling is not None:
            self._telling.notice()
